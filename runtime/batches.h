/* From a text as indices to the x, y and weights of an update: windows, validation split, shuffle,
 * batches. */
#ifndef LSTMC_BATCHES_H
#define LSTMC_BATCHES_H
#include "lstmc/model.h"
#include <stdbool.h>
#include <stdint.h>

/* Samples [first, first + count) of a text; sample k is the window that starts at character k *
 * stride. */
struct part {
    int64_t first, count;
};

/* How many windows of the model, each with what follows it, fit into so many characters. */
int64_t batches_samples(const struct lstmc_model *m, int64_t characters);
/* Keras's validation_split: the first floor(n * (1 - split)) samples train, the rest validate. */
struct part batches_training_part(int64_t samples, double split);
struct part batches_validation_part(int64_t samples, double split);
/* Batches that cover a part, the last of them perhaps with fewer samples. */
int64_t batches_in(const struct lstmc_model *m, struct part part);

/* Writes batch `position` (from 0) of the part into the slots of the arena: x and y time-major (row
 * t * B + b), weight 1/n for the n entries that count. A last, partial batch repeats its first
 * sample with weight 0. `order` is a permutation of 0..part.count-1, or NULL for text order.
 * Returns how many samples count, 1 to B. */
int batches_fill(const struct lstmc_model *m, const struct lstmc_training_slots *slots,
                 unsigned char *arena, const uint32_t *indices, struct part part,
                 const uint32_t *order, int64_t position);
/* Writes `count` symbols as inputs of a program, from element `at` of the slot on. */
void batches_put_inputs(const struct lstmc_model *m, struct lstmc_slot slot, unsigned char *arena,
                        const uint32_t *symbols, int64_t at, int64_t count);
#endif
