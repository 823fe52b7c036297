#include "score.h"
#include <math.h>

double score_loss(const struct engine *e, const struct lstmc_training_slots *slots)
{
    return engine_real(e, slots->loss, 0);
}

double score_correct(const struct engine *e, const struct lstmc_training_slots *slots)
{
    return slots->correct.count > 0 ? engine_real(e, slots->correct, 0) : NAN;
}

bool score_part(struct engine *e, const uint32_t *indices, struct part part,
                int (*interrupted)(void), struct score *score)
{
    const struct lstmc_model *m = e->model;
    double loss = 0, correct = 0;
    for (int64_t i = 0; i < batches_in(m, part); i++) {
        if (interrupted && interrupted())
            return false;
        int n = batches_fill(m, &m->grads_slots, e->arena, indices, part, NULL, i);
        engine_run(e, m->eval, 0);
        loss += n * score_loss(e, &m->grads_slots);
        correct += n * score_correct(e, &m->grads_slots);
    }
    *score = (struct score){ loss / (double)part.count, correct / (double)part.count, part.count };
    return true;
}
