/* The C function of an elementwise form: its body over one vector, and the walk over rows and columns. */
#ifndef LSTMC_EMIT_BODY_H
#define LSTMC_EMIT_BODY_H
#include "emission.h"

void put_elementwise(struct emission *e, const struct form *f, struct buffer *out);
/* "float *c", "const float *a", ..., doubles, the seed of random bits, the range: what a form is called with. Returns
 * how many; out has room for FORM_PARAMS more than the form's operands. */
enum { FORM_PARAMS = 4 };
int form_params(struct emission *e, const struct form *f, const char **out);
#endif
