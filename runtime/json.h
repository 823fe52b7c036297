/* Reading JSON from untrusted bytes, as little of it as headers of safetensors and run.json need:
 * objects, arrays, strings and whole numbers. Strict: what RFC 8259 does not allow is refused, and
 * so are fractions, lone surrogates and bytes that are no UTF-8.
 *
 * The reader is pulled along:
 *
 *     json_open(r, '{');
 *     while (json_more(r, '}'))
 *         key = json_key(r), value = json_string(r);
 *
 * After a fault every call does nothing and json_more ends, so that `r->fault` is looked at once,
 * afterwards. */
#ifndef LSTMC_JSON_H
#define LSTMC_JSON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    unsigned char *start, *at, *end;
    bool first;        /* no member of the innermost object or array was read yet */
    const char *fault; /* NULL, or what is wrong at `at` */
};

/* A decoded string; a NUL byte stands behind it, others may stand in it. */
struct json_text {
    const char *text;
    size_t length;
};

/* Strings are decoded in place: the bytes are changed, and what is returned points into them. */
struct json json_over(unsigned char *bytes, size_t n);
void json_open(struct json *r, char bracket);
/* True when another member follows, false at the closing bracket, which is read. */
bool json_more(struct json *r, char bracket);
struct json_text json_string(struct json *r);
/* A string and the colon behind it. */
struct json_text json_key(struct json *r);
/* 0 to 2^63-1 without sign, fraction, exponent or leading zeros. */
int64_t json_integer(struct json *r);
/* Nothing but white space may be left. */
void json_end(struct json *r);

/* Writes a string with its quotes; controls are escaped, those of Latin-1, too. The bytes must be
 * UTF-8. */
void json_put(FILE *f, const char *text, size_t n);
#endif
