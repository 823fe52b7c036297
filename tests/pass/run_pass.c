/* run_pass PASS[,PASS...] FILE.ir: the module after one rewrite or several, as text. The cases of this folder are made by
 * it and compared with what it gives. */
#include "diag.h"
#include "passes.h"
#include <stdio.h>
#include <string.h>

static void fuse_chains(struct module *m)
{
    fuse(m, true);
    m->stage = STAGE_OPT;
}

static void fuse_nothing(struct module *m)
{
    fuse(m, false);
    m->stage = STAGE_OPT;
}

static void optimise_all(struct module *m)
{
    optimise(m, &(struct options){ .passes_off = 0 });
}

static const struct {
    const char *name;
    void (*run)(struct module *m);
} passes[] = {
    { "differentiate", differentiate }, { "fold", fold },         { "cse", cse },
    { "dce", dce },                     { "batch", batch },       { "fuse", fuse_chains },
    { "no_fuse", fuse_nothing },        { "optimise", optimise_all },
};

static void run(struct module *m, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        if (strlen(passes[i].name) == length && strncmp(passes[i].name, name, length) == 0) {
            passes[i].run(m);
            module_check(m, passes[i].name, false);
            return;
        }
    err("there is no pass %.*s", (int)length, name);
}

static struct buffer read_file(struct arena *a, const char *path)
{
    struct buffer text = { .arena = a };
    char piece[4096];
    FILE *f = fopen(path, "rb");
    if (!f)
        err("%s cannot be read", path);
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        buffer_add(&text, piece, n);
    fclose(f);
    return text;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new();
    if (argc != 3)
        err("usage: run_pass PASS[,PASS...] FILE.ir");
    struct buffer text = read_file(a, argv[2]);
    diag_source(argv[2], text.text, text.length);
    struct module *m = module_read(a, argv[2], text.text, text.length);
    diag_stop_on_errors();
    module_check(m, "reading", true);
    for (const char *name = argv[1]; *name; name += strspn(name, ",")) {
        size_t length = strcspn(name, ",");
        run(m, name, length);
        name += length;
    }
    struct buffer out = { .arena = a };
    module_write(m, &out, 0);
    fwrite(out.text, 1, out.length, stdout);
    arena_free(a);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_USER;
}
