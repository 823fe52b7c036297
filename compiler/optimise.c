/* The rewrites, in order. */
#include "passes.h"

const char *const pass_names[PASS_COUNT] = {
#define PASS(name, text) #name,
#include "passes.def"
#undef PASS
};

static void fuse_chains(struct module *m)
{
    fuse(m, true);
}

static void fuse_nothing(struct module *m)
{
    fuse(m, false);
}

/* `without` runs where a pass is switched off that the rest of the road cannot do without. What
 * batch joins is folded and compared once more. */
static const struct {
    enum pass pass;
    void (*run)(struct module *m), (*without)(struct module *m);
} order[] = {
    { PASS_fold, fold, NULL }, { PASS_cse, cse, NULL },
    { PASS_dce, dce, NULL },   { PASS_batch, batch, NULL },
    { PASS_fold, fold, NULL }, { PASS_cse, cse, NULL },
    { PASS_dce, dce, NULL },   { PASS_fuse, fuse_chains, fuse_nothing },
    { PASS_dce, dce, NULL },
};

/* needs   gradients
 * keeps   every loss and gradient up to the order of sums (see each pass)
 * breaks  nothing; from here on elementwise operations stand in kernels */
void optimise(struct module *m, const struct options *o)
{
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        void (*run)(struct module *) = pass_on(o, order[i].pass) ? order[i].run : order[i].without;
        if (run)
            run(m);
    }
    if (pass_on(o, PASS_layout) && o->gemm != GEMM_OPENBLAS) /* BLAS knows no panels */
        layout(m);
    m->stage = STAGE_OPT;
}
