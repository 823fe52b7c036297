/* The functions of kernels.inc, found by what they depend on. */
#ifndef LSTMC_EMIT_FORMS_H
#define LSTMC_EMIT_FORMS_H
#include "emission.h"

/* The form that a node calls with these values (results, then operands); `checked` is the operand whose
 * NaN and infinities it reports, or -1. */
struct form *form_of(struct emission *e, const struct work *w, const struct node *n,
                     const struct value *const *values, int checked);

/* The space that an elementwise form walks, as rows and columns; a flat one is one row. */
int64_t form_rows(const struct form *f);
int64_t form_cols(const struct form *f);
/* Does the body's product read the operand? */
bool form_operand_is_of_product(const struct form *f, int operand);
/* Are there random bits in the body? Such forms take the seed, the update and the time step as
 * well. */
bool form_is_random(const struct form *f);
#endif
