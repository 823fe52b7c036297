/* Products of predictions with packed weights, a function for each way in which these can lie. */
#ifndef LSTMC_EMIT_STREAM_H
#define LSTMC_EMIT_STREAM_H
#include "emit_loops.h"

/* What a function's name ends in: as the weight lies in the parameters, packed as reals, packed as
 * bfloat16. In the order of enum lstmc_weights. */
enum { STREAM_PLAIN, STREAM_FLOATS, STREAM_HALVES, STREAM_WAYS };
extern const char *const stream_words[STREAM_WAYS];
/* How many functions the form has; 1 where it does not stream. */
int form_ways(const struct emission *e, const struct form *f);
/* Adds the arguments of the loop of lstmc/stream.h, and names it. */
const char *stream_loop(struct loop *l, int way);

/* struct NAME_products of kernels.h, and its tables in kernels.inc; nothing where nothing streams. */
void put_products_type(struct emission *e, struct buffer *out);
void put_products_tables(struct emission *e, struct buffer *out);
/* The program that packs the weights. */
void put_pack(struct emission *e, struct buffer *out);
#endif
