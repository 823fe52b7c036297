/* Forms that are no elementwise bodies: products, reductions, moves of rows. */
#ifndef LSTMC_EMIT_LOOPS_H
#define LSTMC_EMIT_LOOPS_H
#include "emission.h"

/* A function of kernels.inc: the shapes, given to a loop of lstmc/loops.h. */
void put_loop(struct emission *e, const struct form *f, struct buffer *out);
/* A product by BLAS, called once for each block: a static function of the program's file. */
void put_blas(struct emission *e, const struct form *f, struct buffer *out);
#endif
