/* How well a model predicts. */
#ifndef LSTMC_SCORE_H
#define LSTMC_SCORE_H
#include "batches.h"
#include "engine.h"
#include <stdbool.h>

struct score {
    double loss;     /* mean over the samples; nats a character for a cross-entropy */
    double accuracy; /* NaN when the model has no such metric */
    int64_t samples;
};

/* Dropout off, in text order. `interrupted` (may be NULL) is asked between batches: false is
 * returned when it says yes. */
bool score_part(struct engine *e, const uint32_t *indices, struct part part,
                int (*interrupted)(void), struct score *score);
/* Loss and share of right answers that a program left in its slots; NaN without such a slot. */
double score_loss(const struct engine *e, const struct lstmc_training_slots *slots);
double score_correct(const struct engine *e, const struct lstmc_training_slots *slots);
#endif
