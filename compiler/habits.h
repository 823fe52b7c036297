/* What people who come from Keras write, and what they probably meant. */
#ifndef LSTMC_HABITS_H
#define LSTMC_HABITS_H
#include "lexemes.h"

/* Who is told; `place` as in lexemes.h. */
struct habit_listener {
    void (*hear)(void *self, int place, const char *message);
    void *self;
};

/* Tells of every habit in a file that Lua could not read, with the fix. Returns how many there
 * were. */
int find_habits(const struct lexemes *l, int file, struct habit_listener listener);
/* A forgotten comma, if that is why Lua stumbled over the word at `place`; else NULL. */
const char *find_missing_comma(const struct lexemes *l, int place);
/* The message about a word such as True, which Lua takes for a variable; NULL if it is none of
 * those. */
const char *habit_of_word(const char *word);
/* The word of a NULL-terminated list that was probably meant; NULL if none is near. */
const char *closest_word(const char *word, const char *const *words);
#endif
