/* Where things lie, in words: `w + TRAIN_LSTM_TANH(7)`, `p->lstm_bias + 300`. */
#ifndef LSTMC_EMIT_MEMORY_H
#define LSTMC_EMIT_MEMORY_H
#include "emission.h"

/* Names the places of a program's work region. */
void memory_open(struct emission *e, struct work *w);

/* The value or tensor of which v is a part: views have their operand's, parts that were computed
 * into a joint place have that of the join. */
const struct value *memory_root(const struct memory *m, const struct value *v);
/* What a kernel calls v's root: tanh, bias. */
const char *memory_word(struct emission *e, const struct memory *m, const struct value *v);
/* A pointer expression of v's first element. */
const char *memory_address(struct emission *e, const struct memory *m, const struct value *v);
/* The #define lines of a program. */
void memory_define(struct emission *e, const struct memory *m, struct buffer *out);

/* Bytes from the first element to behind the last one. */
int64_t value_extent(const struct module *m, const struct value *v);
/* Bytes of an element of v, of the 16-bit word of a BIT. */
int64_t unit_bytes(const struct module *m, enum elem elem);
/* The field of struct NAME_weights, NAME_optimizer or NAME_carried. */
const char *tensor_field(const struct tensor *t);
/* The struct that training has them in: `weights`, as predictions, or `parameters`, where some lie in panels. */
const char *weights_of_training(const struct module *m);
/* Gives each tensor its field's name. */
void name_tensors(struct emission *e);
#endif
