/* bfloat16 for the weights that products read: what --weights asks for. */
#ifndef LSTMC_WEIGHTS_H
#define LSTMC_WEIGHTS_H
#include "corpus.h"
#include "engine.h"

/* Whether the word of --weights (NULL: not given) asks for bfloat16. Exit 2 when this model cannot
 * have it. */
bool weights_narrow(const struct lstmc_model *m, const char *word);
/* Rounds these weights to bfloat16, to nearest even, where they lie: every program then computes
 * with the rounded values, and predictions hold them in half the bytes. */
void weights_round(struct engine *e);
/* The same, and says what that does to the loss over a piece of the text, of the validation part if
 * the run has a split. `text` may be NULL: there is none. */
void weights_round_and_tell(struct engine *e, const struct corpus *text, double split);
#endif
