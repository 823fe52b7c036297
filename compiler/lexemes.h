/* The words of a spec with their places. Lua tells the line of a call and no more; looking the
 * line's words up here gives messages their column, and a syntax error the habit behind it. */
#ifndef LSTMC_LEXEMES_H
#define LSTMC_LEXEMES_H
#include "arena.h"
#include <stdbool.h>

enum lexeme_kind {
    LEXEME_NAME, /* keywords too */
    LEXEME_NUMBER,
    LEXEME_STRING,
    LEXEME_SYMBOL,
    LEXEME_COMMENT, /* another language's, up to the end of the line: # or // */
    LEXEME_END      /* one behind each file */
};

struct lexeme {
    const char *s;
    int length, file, line, column;
    enum lexeme_kind kind;
    int calls; /* how often lexemes_call gave this one */
};

/* Of all files, one after the other. A place in a spec is an index in `all`; 0 is nowhere. */
struct lexemes {
    struct arena *arena;
    struct lexeme *all;
    int count, capacity;
};

/* Appends the words of a file; what is no Lua is cut into words too. */
void lexemes_add(struct lexemes *l, int file, const char *text, size_t length);
bool lexeme_is(const struct lexeme *x, const char *word);
/* Whether an expression may end here: a name that is no operator, a literal, a closing bracket,
 * `end`. */
bool lexeme_ends_expression(const struct lexeme *x);

/* The first word of a line; 0 if it has none. */
int lexemes_line(const struct lexemes *l, int file, int line);
/* The word on that line, the next one of several equal ones each time; if there is none, the line's
 * first. */
int lexemes_call(struct lexemes *l, int file, int line, const char *word);
/* The name of a field, or the start of the item (from 1) without a name, in the braces behind
 * `place`; else `place`. */
int lexemes_field(const struct lexemes *l, int place, const char *name);
int lexemes_item(const struct lexemes *l, int place, int item);
#endif
