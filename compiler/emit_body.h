/* The C functions of elementwise forms. emit_body.c has what is computed at one vector, emit_walk.c
 * the walk over rows and columns, emit_tiles.c the product before it. */
#ifndef LSTMC_EMIT_BODY_H
#define LSTMC_EMIT_BODY_H
#include "emission.h"

struct body {
    const struct emission *e;
    const struct form *f;
    struct arena *arena;
    struct buffer *out;
    struct buffer statements;
    bool uses_row, uses_col; /* what the statements take from the walk */
    bool uses_n;             /* the lanes, which follow from the column */
    int *uses;               /* of values, by id */
    const char **known; /* what the comment's equations call a value, by id; NULL: its formula */
};

/* Fills in the statements and what they use. */
struct body body_of_form(const struct emission *e, const struct form *f, struct buffer *out);
/* The comment above a form: its equations, and what is of another shape than the space. */
void put_equations(struct body *b);

void put_elementwise(const struct emission *e, const struct form *f, struct buffer *out);
/* Of a form with a product or random words, called with these parameters: all but its equations and body. */
void put_parts(struct body *b, const char **params, int n);

bool form_checks(const struct form *f);
/* Room for the parameters of any function of the form. */
const char **param_room(struct body *b);
/* static uint32_t NAME(float *c, ...) { */
void put_form_head(struct body *b, const char **params, int n);
/* NAME_walk, the body over some rows and columns, and a call of it. */
void put_part_walk(struct body *b);
void put_walk_call(struct body *b, int indent, const char *rows, const char *cols);
/* "float *c", "const float *a", ..., doubles, the seed of random bits, the range: what a form is
 * called with. Returns how many; out has room for FORM_PARAMS more than the form's operands. */
enum { FORM_PARAMS = 4 };
int form_params(const struct emission *e, const struct form *f, const char **out);
#endif
