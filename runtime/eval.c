#include "batches.h"
#include "corpus.h"
#include "number.h"
#include "options.h"
#include "run.h"
#include "say.h"
#include "score.h"
#include "weights.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct part all(int64_t samples, double split)
{
    (void)split;
    return (struct part){ 0, samples };
}

static const struct {
    const char *name;
    struct part (*of)(int64_t samples, double split);
} parts[] = { { "all", all },
              { "train", batches_training_part },
              { "validation", batches_validation_part } };

int command_eval(const struct lstmc_model *m, const struct settings *s)
{
    struct run run = run_at(m, s->run);
    struct engine e = engine_open(m, s->threads > 0 ? (int)s->threads : 0, s->isa);
    struct progress at;
    struct score score;
    const char *name = s->part ? s->part : "all";
    const bool narrow = weights_narrow(m, s->weights);
    run_load(&run, &e, &at, s->checkpoint, s->best);
    if (narrow)
        weights_round(&e);
    if (strcmp(name, "validation") == 0 && at.split == 0)
        quit(STATUS_INPUT, "--part validation: this run has no validation split");

    char *remembered = run_text(&run);
    bool skip = s->unknown && strcmp(s->unknown, "skip") == 0;
    struct corpus c =
        corpus_open(m, s->text, remembered, skip ? NULL : "--unknown skip leaves such out");
    if (skip)
        say("skipped   %s characters that the model does not know", number_grouped(c.skipped).text);
    size_t i = 0;
    while (strcmp(parts[i].name, name) != 0)
        i++;
    struct part part = parts[i].of(batches_samples(m, c.count), at.split);
    if (part.count == 0)
        quit(STATUS_INPUT, "--part %s: no sample of %s belongs to it", name, c.path);
    score_part(&e, c.indices, part, NULL, &score);
    if (!isfinite(score.loss))
        quit(STATUS_DIVERGED, "the loss is not a finite number");

    printf("loss %s nats, %s bits a character", number_short(score.loss, 6).text,
           number_short(score.loss / log(2), 6).text);
    if (!isnan(score.accuracy))
        printf("; accuracy %s", number_short(score.accuracy, 5).text);
    printf(" (%s, %s samples)\n", name, number_grouped(score.samples).text);
    free(remembered);
    corpus_close(&c);
    engine_close(&e);
    return STATUS_DONE;
}
