/* Checkpoints: all that a run needs to go on as if it had never stopped, in one safetensors file.
 * What stands in it depends on spec, corpus, seed, update and BLAS only: no time, thread count,
 * path or count of resumes. */
#ifndef LSTMC_CHECKPOINT_H
#define LSTMC_CHECKPOINT_H
#include "engine.h"
#include <stdbool.h>
#include <stddef.h>

/* Where a run stands. */
struct progress {
    char corpus_hash[65];
    uint32_t seed;
    bool shuffle;
    double split;   /* validation_split */
    int64_t update; /* done */
    int64_t epoch;  /* ended, with validation */
    /* Updates done in the epoch after those; all of them: its end is still to come. */
    int64_t position;
    double loss_sum, correct_sum;   /* over those updates, each times its samples */
    double last_loss, last_correct; /* of the newest update, for the log */
    double best_loss;               /* of the epochs ended; infinite: none yet */
    int64_t best_epoch;
};

enum verdict {
    CHECKPOINT_FITS,
    CHECKPOINT_DAMAGED, /* the file is none, or not whole */
    CHECKPOINT_MISFIT   /* a good file of another model */
};

/* Writes parameters, states, hypers and progress. NULL, or what went wrong: then what was there
 * stands untouched, or the new file stands there but may not survive a power cut. */
const char *checkpoint_save(struct engine *e, const struct progress *p, const char *path);
/* Reads and checks all of it, and only then touches the engine and *p. `why` gets what is wrong,
 * over several lines where two specs differ. p may be NULL. */
enum verdict checkpoint_load(struct engine *e, struct progress *p, const char *path, char *why,
                             size_t room);
/* --init: weights only, from any safetensors file in F32 or F64; further tensors are ignored. Ends
 * with exit 3 and both shapes when one is missing or does not fit. */
void checkpoint_load_weights(struct engine *e, const char *path);
#endif
