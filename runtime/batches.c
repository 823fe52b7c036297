#include "batches.h"
#include "engine.h"
#include <math.h>

int64_t batches_samples(const struct lstmc_model *m, int64_t characters)
{
    return characters > m->steps ? (characters - m->steps - 1) / m->stride + 1 : 0;
}

struct part batches_training_part(int64_t samples, double split)
{
    return (struct part){ 0, (int64_t)floor((double)samples * (1 - split)) };
}

struct part batches_validation_part(int64_t samples, double split)
{
    int64_t first = batches_training_part(samples, split).count;
    return (struct part){ first, samples - first };
}

int64_t batches_in(const struct lstmc_model *m, struct part part)
{
    return (part.count + m->batch - 1) / m->batch;
}

/* The only place where the runtime knows how inputs look in memory. */
static void put_input(const struct lstmc_model *m, unsigned char *base, int64_t i, uint32_t symbol)
{
    if (m->input == LSTMC_INDICES)
        ((int32_t *)(void *)base)[i] = (int32_t)symbol;
    else
        real_put(m, base, i, (double)symbol / m->symbol_count);
}

void batches_put_inputs(const struct lstmc_model *m, struct lstmc_slot slot, unsigned char *arena,
                        const uint32_t *symbols, int64_t at, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        put_input(m, arena + slot.offset, at + i, symbols[i]);
}

int batches_fill(const struct lstmc_model *m, const struct lstmc_training_slots *slots,
                 unsigned char *arena, const uint32_t *indices, struct part part,
                 const uint32_t *order, int64_t position)
{
    const int B = m->batch, T = m->steps;
    int64_t begin = position * B, left = part.count - begin;
    int real = left < B ? (int)left : B;
    int rows = m->every ? T : 1;
    for (int b = 0; b < B; b++) {
        int64_t k = begin + (b < real ? b : 0);
        const uint32_t *window = indices + (part.first + (order ? order[k] : k)) * m->stride;
        double weight = b < real ? 1.0 / ((double)real * rows) : 0;
        for (int t = 0; t < T; t++)
            put_input(m, arena + slots->x.offset, (int64_t)t * B + b, window[t]);
        for (int r = 0; r < rows; r++) {
            int64_t row = (int64_t)r * B + b;
            int32_t *y = (int32_t *)(void *)(arena + slots->y.offset);
            y[row] = (int32_t)window[m->every ? r + 1 : T];
            real_put(m, arena + slots->weight.offset, row, weight);
        }
    }
    return real;
}
