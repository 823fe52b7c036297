/* The rewrites, in order. */
#include "passes.h"

const char *const pass_names[PASS_COUNT] = {
#define PASS(name, text) #name,
#include "passes.def"
#undef PASS
};

/* Those that can be left out without another in their place. What batch joins is folded and
 * compared once more. */
static const struct {
    enum pass pass;
    void (*run)(struct module *m);
} order[] = {
    { PASS_fold, fold }, { PASS_cse, cse }, { PASS_dce, dce }, { PASS_batch, batch },
    { PASS_fold, fold }, { PASS_cse, cse }, { PASS_dce, dce },
};

/* needs   gradients
 * keeps   every loss and gradient up to the order of sums (see each pass)
 * breaks  nothing; from here on elementwise operations stand in kernels */
void optimise(struct module *m, const struct options *o)
{
    const bool mix = m->dtype == DTYPE_MIXED_BFLOAT16; /* its products read nothing but panels */
    const bool panels =
        mix || (pass_on(o, PASS_layout) && o->gemm != GEMM_OPENBLAS); /* BLAS knows none */
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (pass_on(o, order[i].pass))
            order[i].run(m);
    if (mix)
        mixed(m);
    if (mix && pass_on(o, PASS_dce))
        dce(m);
    fuse(m, pass_on(o, PASS_fuse), panels);
    if (pass_on(o, PASS_dce))
        dce(m);
    if (panels)
        layout(m);
    if (panels && pass_on(o, PASS_layout))
        layout_tensors(m);
    compact(m); /* most of the nodes are gone by now */
    m->stage = STAGE_OPT;
}
