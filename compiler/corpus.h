/* The text that a model learns: found, read and counted here, in C, so that it never is a Lua
 * string. */
#ifndef LSTMC_CORPUS_H
#define LSTMC_CORPUS_H
#include "arena.h"
#include "ir.h"

struct corpus {
    const char *name,
        *path; /* as the spec names it (of --text: the file's name alone); where it was found */
    bool lowercase;
    int64_t characters;
    const char *sha256; /* of the text after its options, as UTF-8 */
    double unigram;     /* nats a character: the loss of one who knows the letters' frequencies */
    int symbol_count;
    uint32_t *symbols; /* sorted */
    struct casing *casings;
    int casing_count, cased_count, ignorable_count;
    struct code_range *cased, *ignorable;
};

/* Where a corpus may be: --text FILE (NULL: none), else `name` below the spec's folder, else below
 * $LSTMC_DATA (NULL: not set). A name that is absolute or climbs (`..`) is refused; only --text may
 * name such a file. */
struct corpus_search {
    const char *text, *spec_folder, *data_folder;
};

/* NULL and *fault, one line for users, if there is no such regular file or it is no UTF-8. */
struct corpus *corpus_read(struct arena *a, const struct corpus_search *where, const char *name,
                           bool lowercase, const char **fault);
/* What the trainer is told of it. */
void corpus_describe(const struct corpus *c, struct data *out);
#endif
