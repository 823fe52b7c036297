/* The stages of main.c, one verb each. What a stage needs, keeps and breaks stands above its definition. */
#ifndef LSTMC_PASSES_H
#define LSTMC_PASSES_H
#include "ir.h"
#include "options.h"

enum pass {
#define PASS(name, text) PASS_##name,
#include "passes.def"
#undef PASS
    PASS_COUNT
};
extern const char *const pass_names[PASS_COUNT];
static inline bool pass_on(const struct options *o, enum pass p)
{
    return !(o->passes_off >> p & 1);
}

/* trace: runs the spec in its fenced child, or reads a .ir (the stage is then that of the file). */
struct module *read_model(struct arena *a, const struct options *o);
struct module *trace_spec(struct arena *a, const struct options *o); /* spec.c */

void differentiate(struct module *m);                              /* trace -> grad */
void optimise(struct module *m, const struct options *o);          /* grad -> opt */
void schedule_work(struct module *m, const struct options *o);     /* opt -> schedule */
void plan_memory(struct module *m, const struct options *o);       /* schedule -> plan */

/* One rewrite each; every one keeps a module sound alone. */
void fold(struct module *m);
void cse(struct module *m);
void dce(struct module *m);
/* Moves all nodes into new memory, in the order of their lists. */
void compact(struct module *m);
void batch(struct module *m);
/* Of a module of mixed_bfloat16: large products become products of rounded operands. */
void mixed(struct module *m);
/* Puts every elementwise node of REAL or BIT into a kernel; `chains` false: each into one of its own; `products`: with
 * the products before them. */
void fuse(struct module *m, bool chains, bool products);

/* Packs what products read again and again in the order in which they read it. */
void layout(struct module *m);
/* Of these the parameters, with their states, lie in that order themselves. */
void layout_tensors(struct module *m);

/* After every stage: the module as a table for people (--summary). */
void print_summary(const struct module *m);
#endif
