/* Text as code points: UTF-8, line ends, lower-casing, vocabulary. Shared by the compiler and every
 * trainer, so that both read a corpus alike. */
#ifndef LSTMC_TEXT_H
#define LSTMC_TEXT_H
#include "lstmc/model.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the text options make of code points, as tables sorted by code point: the compiler's are
 * complete (from utf8proc), a trainer's hold what concerns its symbols. */
struct text_rules {
    bool lowercase;
    const struct lstmc_casing *casings;
    int casing_count;
    const struct lstmc_code_range *cased, *ignorable; /* Python's rule for the final sigma */
    int cased_count, ignorable_count;
};

struct text {
    uint32_t *points; /* malloc'ed */
    size_t count;
};

/* Why bytes are no text: byte offset from 0 and what is wrong there ("truncated character",
 * "overlong form", ...). */
struct text_fault {
    size_t offset;
    const char *what;
};

/* Decodes UTF-8; drops a BOM, makes CRLF and CR into LF, lower-cases as Python's str.lower if the
 * rules say so. False: the bytes are no UTF-8 (fault says where) or memory is gone (fault->what =
 * NULL). */
bool text_decode(const unsigned char *bytes, size_t n, const struct text_rules *rules,
                 struct text *out, struct text_fault *fault);
void text_free(struct text *t);
/* Whether the bytes are UTF-8 by the same strict rules. */
bool text_is_utf8(const unsigned char *bytes, size_t n);
/* ASCII controls, and those of Latin-1 as UTF-8 writes them (C2 80 to C2 9F): `before` is the byte
 * before c. */
bool text_is_control(unsigned char before, unsigned char c);
/* What others may have written, for a terminal: controls become ?, newlines stay. Returns `text`. */
char *text_tame(char *text);
/* Encodes one code point; returns its bytes, 1 to 4. */
int text_encode(uint32_t point, char out[4]);
/* Sorted distinct code points, malloc'ed; NULL when memory is gone. */
uint32_t *text_symbols(const struct text *t, int *count);
/* Index in the sorted symbols, or -1. */
int text_index(const uint32_t *symbols, int count, uint32_t point);

/* Reads a regular file whole (opened non-blocking, so that a FIFO answers at once). NULL and *why
 * (static text, or strerror) on failure. malloc'ed. */
unsigned char *read_regular_file(const char *path, size_t *size, const char **why);
#endif
