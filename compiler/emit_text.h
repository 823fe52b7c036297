/* Names, numbers, strings and comments as C text. Nothing of a spec reaches C but through here. */
#ifndef LSTMC_EMIT_TEXT_H
#define LSTMC_EMIT_TEXT_H
#include "arena.h"
#include "ir.h"

/* A dotted name of the IR as an identifier that is no keyword, macro or word of the runtime. */
const char *c_word(struct arena *a, const char *name);
const char *c_upper(struct arena *a, const char *name);

/* The names in use in one namespace of C. */
struct c_names *names_in(struct arena *a);
/* `wanted`, or wanted_2, wanted_3, ... if it is in use; in use from now on. */
const char *names_take(struct c_names *n, const char *wanted);
bool names_has(const struct c_names *n, const char *name);

const char *c_integer(struct arena *a, int64_t n);
/* A floating-point constant of float or double. */
const char *c_number(struct arena *a, double x, enum dtype dtype);
/* The same for people, in comments. */
const char *plain_number(struct arena *a, double x);
/* 30x300 */
const char *shape_text(struct arena *a, struct shape s);
/* What a worker has a range of: rows, cols or cells. */
const char *share_word(struct grid g);

/* An elementwise operation on these operands; `prefix` tells whose functions it calls, v_ or s_
 * (see ops.def). */
const char *c_operation(struct arena *a, enum op op, const char *prefix,
                        const char *const *operands);

/* A string literal of ASCII characters, whatever the bytes are. */
const char *c_string(struct arena *a, const char *s);
/* What may stand inside a comment. */
const char *c_comment(struct arena *a, const char *s);

/* Writes `before`, the parts with commas between them, and `after`, in lines of at most 100
 * columns; what runs over stands four columns deeper than `indent`. */
void put_list(struct buffer *out, int indent, const char *before, const char *const *parts, int n,
              const char *after);
/* Text without commas, broken at its blanks; lines after the first begin with `margin`. */
void put_wrapped(struct buffer *out, const char *first, const char *margin, const char *text);
#endif
