#include "weights.h"
#include "batches.h"
#include "number.h"
#include "say.h"
#include "score.h"
#include <string.h>

bool weights_narrow(const struct lstmc_model *m, const char *word)
{
    if (!word || strcmp(word, "bf16") != 0)
        return false;
    if (m->dtype == LSTMC_FLOAT64)
        quit(STATUS_USAGE,
             "--weights bf16: this model is float64; only float32 weights are rounded");
    if (m->packed_count == 0)
        quit(STATUS_USAGE,
             "--weights bf16: no product of this model reads a weight of 16 columns or more");
    return true;
}

static void round_tensor(const struct engine *e, const struct lstmc_tensor *t)
{
    float *x = e->plain;
    t->store(e->arena, x);
    for (int64_t i = 0; i < tensor_elements(t); i++)
        x[i] = lstmc_float(lstmc_bfloat16(x[i]));
    t->load(e->arena, x);
}

void weights_round(struct engine *e)
{
    const struct lstmc_model *m = e->model;
    for (int i = 0; i < m->packed_count; i++)
        round_tensor(e, &m->params[m->packed[i]]);
    e->weights = LSTMC_PACKED_BFLOAT16;
}

void weights_round_and_tell(struct engine *e, const struct corpus *text, double split)
{
    enum { BATCHES = 16 }; /* at most: a second of work or so */
    const struct lstmc_model *m = e->model;
    struct score before, after;
    if (!text) {
        weights_round(e);
        say("weights   bfloat16; what that does to the loss is not known, since the text of the "
            "run is not found (--text FILE)");
        return;
    }
    const struct part all = { 0, batches_samples(m, text->count) };
    const struct part held_out = batches_validation_part(all.count, split);
    struct part part = held_out.count > 0 ? held_out : all;
    if (part.count > (int64_t)BATCHES * m->batch)
        part.count = (int64_t)BATCHES * m->batch;
    score_part(e, text->indices, part, NULL, &before);
    weights_round(e);
    score_part(e, text->indices, part, NULL, &after);
    say("weights   bfloat16: loss %s nats a character, %s with float32, difference %s; over %s "
        "characters from the start of the %s",
        number_short(after.loss, 6).text, number_short(before.loss, 6).text,
        number_short(after.loss - before.loss, 2).text,
        number_grouped(part.count * (m->every ? m->steps : 1)).text,
        held_out.count > 0 ? "validation part" : "text");
}
