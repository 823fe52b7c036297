/* What the parts of differentiation share:
 *
 *   differentiate.c    the walk back over a program
 *   gradient_rules.c   what an operation gives on to its operands
 *   gradient_sums.c    what comes to a value from all who use it
 */
#ifndef LSTMC_GRADIENT_H
#define LSTMC_GRADIENT_H
#include "ir.h"

struct reverse {
    struct program *program;
    struct builder b;
};

/* From now on what comes to v is kept. */
void open_flow(struct reverse *r, struct value *v);

/* Is the gradient of operand `arg` kept? */
static inline bool wants(const struct node *n, int arg)
{
    return n->args[arg]->note != NULL;
}

static inline enum op slice_op(int axis)
{
    return axis == 0 ? OP_ROWS : OP_COLS;
}

/* g comes to v, if it is kept: to all of it, or to its part from `start` on along an axis. */
void add_to(struct reverse *r, struct value *v, struct value *g);
void add_to_part(struct reverse *r, struct value *v, struct value *g, int axis, int64_t start);
/* g, of the shape of n's result, comes to an operand that may have been broadcast. */
void give(struct reverse *r, const struct node *n, int arg, struct value *g);
/* The gradient of v, NULL if none has come: whole pieces in the order in which they came, then the
 * slices. */
struct value *resolve(struct reverse *r, struct value *v);

bool has_gradient_rule(enum op op);
/* By the rule that ops.def names g, the gradient of n's result, goes on to n's operands. */
void apply_gradient_rule(struct reverse *r, const struct node *n, struct value *g);
#endif
