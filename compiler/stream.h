/* Which products of a prediction read a weight that was packed for them once, when it was loaded
 * (lstmc/stream.h has the loops), and where such weights lie. */
#ifndef LSTMC_STREAM_PASS_H
#define LSTMC_STREAM_PASS_H
#include "ir.h"

/* sample, window: run on their own, character after character, with weights that do not change. */
bool program_predicts(const struct program *p);
/* Is the right operand of this product a whole parameter, which can lie packed? */
bool node_streams(const struct program *p, const struct node *n);
/* Does a product of a prediction read the parameter so? */
bool tensor_streams(const struct module *m, const struct tensor *t);
bool module_streams(const struct module *m);
/* Each lies at its offset among the parameters, counted from this byte of the work region on: behind
 * what predictions work in, and in what updates work in, since the two take turns. */
int64_t packed_offset(const struct module *m);
/* Work memory that all this takes; 0: nothing is packed. */
int64_t packed_end(const struct module *m);
#endif
