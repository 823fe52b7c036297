/* The text that a command works on: where it is found, and what it becomes. */
#ifndef LSTMC_CORPUS_H
#define LSTMC_CORPUS_H
#include "lstmc/model.h"
#include "text.h"

struct corpus {
    char *path;        /* absolute */
    char hash[65];     /* SHA-256 of the file's bytes */
    uint32_t *indices; /* into the model's symbols */
    int64_t count;     /* characters */
    int64_t skipped;   /* characters outside the vocabulary that were left out */
};

/* The text options of the model, for text_decode, of texts and of prompts. */
struct text_rules corpus_rules(const struct lstmc_model *m);
/* Replaces code points by indices; `name` names the text in the message when a character is no
 * symbol of the model (exit 3 with its place and the `remedy`); no remedy, NULL: it is left out.
 * Returns how many were left out. */
int64_t corpus_encode(const struct lstmc_model *m, struct text *t, const char *name,
                      const char *remedy);
/* Finds and reads the text: `given` (--text), else `remembered` by the run folder, else the model's
 * corpus in $LSTMC_DATA, the working folder or the executable's folder. Says which it took. Ends
 * with exit 3 and the places where it looked when there is none, and when what it finds is no text
 * of the model's symbols (remedy: see corpus_encode). given and remembered may be NULL. */
struct corpus corpus_open(const struct lstmc_model *m, const char *given, const char *remembered,
                          const char *remedy);
/* Whether corpus_open would find one to read. */
bool corpus_is_there(const struct lstmc_model *m, const char *given, const char *remembered);
/* The remedy where all of a text must be known. */
extern const char corpus_of_its_own[];
void corpus_close(struct corpus *c);
#endif
