/* One rewrite or several, by name, as the cases of this folder want them. */
#ifndef RUN_PASS_H
#define RUN_PASS_H
#include "passes.h"
#include <string.h>

static inline void fuse_chains(struct module *m)
{
    fuse(m, true, false);
    m->stage = STAGE_OPT;
}

/* The two belong together. */
static inline void fuse_products(struct module *m)
{
    fuse(m, true, true);
    m->stage = STAGE_OPT;
    layout(m);
}

static inline void fuse_nothing(struct module *m)
{
    fuse(m, false, false);
    m->stage = STAGE_OPT;
}

static inline void optimise_all(struct module *m)
{
    optimise(m, &(struct options){ .passes_off = 0 });
}

static const struct named_pass {
    const char *name;
    void (*run)(struct module *m);
} named_passes[] = {
    { "differentiate", differentiate },
    { "fold", fold },
    { "cse", cse },
    { "dce", dce },
    { "batch", batch },
    { "fuse", fuse_chains },
    { "no_fuse", fuse_nothing },
    { "fuse_products", fuse_products },
    { "layout_tensors", layout_tensors },
    { "optimise", optimise_all },
};

static inline const struct named_pass *find_pass(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof named_passes / sizeof *named_passes; i++)
        if (strlen(named_passes[i].name) == length &&
            strncmp(named_passes[i].name, name, length) == 0)
            return &named_passes[i];
    return NULL;
}

/* names: NAME[,NAME...], ended by anything that is no letter. The module is checked after each.
 * Gives false if there is no pass of a name. */
static inline bool run_passes(struct module *m, const char *names)
{
    for (size_t length;; names += length + 1) {
        length = strspn(names, "abcdefghijklmnopqrstuvwxyz_");
        const struct named_pass *pass = find_pass(names, length);
        if (!pass)
            return false;
        pass->run(m);
        module_check(m, pass->name, false);
        if (names[length] != ',')
            return true;
    }
}
#endif
