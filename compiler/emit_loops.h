/* Forms that are no elementwise bodies: products, reductions, moves of rows. */
#ifndef LSTMC_EMIT_LOOPS_H
#define LSTMC_EMIT_LOOPS_H
#include "emission.h"

/* A function of kernels.inc: the shapes, given to a loop of the runtime (lstmc/loops.h, product.h and so on). */
void put_loop(struct emission *e, const struct form *f, struct buffer *out);

/* The call of a loop, while its arguments are put together. */
struct loop {
    struct emission *e;
    const struct form *f;
    const struct node *n;
    const char *rows, *cols; /* ranges of the result */
    struct buffer *out;      /* where a function that it shares with others goes */
    const char *args[16];
    int count;
};
void loop_add_text(struct loop *l, const char *text);
void loop_add_number(struct loop *l, int64_t n);
void loop_add_matrix(struct loop *l, int operand); /* a pointer and the distance of its rows */
int64_t loop_stride(const struct loop *l, int operand);
/* For a comment: y 1x1200 = sum of x 1500x1200. */
const char *loop_description(struct emission *e, const struct form *f);
#endif
