#include "batches.h"
#include "checkpoint.h"
#include "corpus.h"
#include "number.h"
#include "options.h"
#include "safetensors.h"
#include "say.h"
#include "score.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The results of the gradients' program: one for each parameter, then the loss. */
static struct lstmc_slot result(const struct lstmc_model *m, int i)
{
    return i < m->param_count ? m->grads_results[i] : m->grads_slots.loss;
}

static void fetch(void *context, int i, void *plain)
{
    const struct engine *e = context;
    const struct lstmc_slot slot = result(e->model, i);
    memcpy(plain, e->arena + slot.offset, (size_t)slot.count * real_size(e->model));
}

int command_gradients(const struct lstmc_model *m, const struct settings *s)
{
    static const int64_t one[] = { 1 };
    if (!s->output)
        quit(STATUS_USAGE, "gradients needs a file to write: -o OUT.safetensors");
    struct corpus c = corpus_open(m, s->text, NULL, corpus_of_its_own);
    struct engine e = engine_open(m, s->threads > 0 ? (int)s->threads : 0, s->isa);
    engine_initialise(&e, 1);
    if (s->init)
        checkpoint_load_weights(&e, s->init);

    struct part part = { 0, batches_samples(m, c.count) };
    batches_fill(m, &m->grads_slots, e.arena, c.indices, part, NULL, 0);
    engine_run(&e, m->grads, 1);

    struct tensor_to_write *list = calloc((size_t)m->param_count + 1, sizeof *list);
    if (!list)
        quit(STATUS_FAILED, "out of memory");
    for (int i = 0; i < m->param_count; i++)
        list[i] =
            (struct tensor_to_write){ m->params[i].name, m->params[i].rank, m->params[i].dims };
    list[m->param_count] = (struct tensor_to_write){ "loss", 1, one };
    for (int i = 0; i <= m->param_count; i++) {
        const struct lstmc_slot slot = result(m, i);
        if (!reals_are_finite(m, e.arena + slot.offset, slot.count))
            quit(STATUS_DIVERGED, "NaN or infinity in the %s%s",
                 i < m->param_count ? "gradient of " : "", list[i].name);
    }
    const struct text_to_write format = { "format", "pt", 2 };
    const char *why = safetensors_write(s->output, &(struct write_order){
                                                       .dtype = m->dtype,
                                                       .tensors = list,
                                                       .tensor_count = m->param_count + 1,
                                                       .texts = &format,
                                                       .text_count = 1,
                                                       .fetch = fetch,
                                                       .context = &e,
                                                       .plain = e.plain,
                                                   });
    if (why)
        quit(STATUS_DISK, "%s cannot be written: %s", s->output, why);
    say("loss      %s; gradients in %s", number_short(score_loss(&e, &m->grads_slots), 9).text,
        s->output);
    free(list);
    corpus_close(&c);
    engine_close(&e);
    return STATUS_DONE;
}
