#define _POSIX_C_SOURCE 200809L
#include "batches.h"
#include "corpus.h"
#include "number.h"
#include "options.h"
#include "random.h"
#include "run.h"
#include "sampler.h"
#include "say.h"
#include "text.h"
#include "weights.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct prompt {
    uint32_t *symbols;
    int64_t count;
};

static uint32_t fresh_seed(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    const uint32_t key[2] = { (uint32_t)t.tv_nsec, (uint32_t)t.tv_sec };
    const uint32_t counter[4] = { (uint32_t)getpid() };
    uint32_t words[4];
    philox(key, counter, words);
    return words[0];
}

/* The user's own, through the text options of the spec. */
static struct prompt given_prompt(const struct lstmc_model *m, const char *words)
{
    struct text t;
    struct text_fault fault;
    struct text_rules rules = corpus_rules(m);
    if (!text_decode((const unsigned char *)words, strlen(words), &rules, &t, &fault))
        quit(STATUS_INPUT, "--prompt: byte offset %zu: %s; the prompt must be UTF-8", fault.offset,
             fault.what ? fault.what : "out of memory");
    if (t.count == 0)
        quit(STATUS_USAGE, "--prompt: at least one character is needed");
    corpus_encode(m, &t, "--prompt", "it was not in the text that it learned");
    return (struct prompt){ t.points, (int64_t)t.count };
}

/* A window of the training part, by the seed. */
static struct prompt window_prompt(const struct lstmc_model *m, const struct corpus *c,
                                   double split, uint32_t seed)
{
    struct part part = batches_training_part(batches_samples(m, c->count), split);
    int64_t k = (int64_t)(random_uniform(seed, STREAM_SAMPLE, 0) * (double)part.count);
    struct prompt p = { malloc((size_t)m->steps * sizeof *p.symbols), m->steps };
    if (!p.symbols)
        quit(STATUS_FAILED, "out of memory");
    memcpy(p.symbols, c->indices + k * m->stride, (size_t)m->steps * sizeof *p.symbols);
    say("prompt    the %d characters from character %s on, by seed %" PRIu32, m->steps,
        number_grouped(k * m->stride + 1).text, seed);
    return p;
}

/* The text of the run: needed where the prompt comes from it, and welcome where `wanted`. No text:
 * no indices. */
static struct corpus open_text(const struct lstmc_model *m, const struct settings *s,
                               const struct run *run, bool wanted)
{
    char *remembered = run_text(run);
    struct corpus c = { 0 };
    if (!s->prompt || (wanted && corpus_is_there(m, s->text, remembered)))
        c = corpus_open(m, s->text, remembered, corpus_of_its_own);
    free(remembered);
    return c;
}

static bool choose_mode(const struct lstmc_model *m, const struct settings *s)
{
    bool window = s->mode ? strcmp(s->mode, "window") == 0 : m->window_mode != 0;
    if (!window && !m->every)
        warn("--mode stateful: this model was trained to predict after %d characters from a zero "
             "state; it has never seen a state carried further",
             m->steps);
    if (window && m->every)
        warn("--mode window: this model was trained to predict at every step; it has never seen "
             "that only the last of a window counts, and --mode stateful is faster");
    return window;
}

int command_sample(const struct lstmc_model *m, const struct settings *s)
{
    struct run run = run_at(m, s->run);
    struct engine e = engine_open(m, s->threads > 0 ? (int)s->threads : 0, s->isa);
    struct progress at;
    const bool narrow = weights_narrow(m, s->weights);
    const struct sampling sampling = {
        .temperature = isnan(s->temperature) ? m->temperature : s->temperature,
        .top_k = s->top_k >= 0 ? s->top_k : m->top_k,
        .top_p = isnan(s->top_p) ? m->top_p : s->top_p,
        .window = choose_mode(m, s),
        .seed = s->seed >= 0 ? (uint32_t)s->seed : fresh_seed(),
    };
    run_load(&run, &e, &at, s->checkpoint, s->best);
    struct corpus text = open_text(m, s, &run, narrow);
    struct prompt prompt =
        s->prompt ? given_prompt(m, s->prompt) : window_prompt(m, &text, at.split, sampling.seed);
    const char *why = sampler_refuses(m, sampling.window, prompt.count);
    if (why)
        quit(STATUS_INPUT, "%s", why);
    if (narrow)
        weights_round_and_tell(&e, text.indices ? &text : NULL, at.split);
    say("seed      %" PRIu32, sampling.seed);
    if (isatty(STDOUT_FILENO))
        setvbuf(stdout, NULL, _IONBF, 0); /* characters appear as they are made */
    for (int64_t i = 0; i < prompt.count && !s->no_echo; i++) {
        char bytes[4];
        int n = text_encode(m->symbols[prompt.symbols[i]], bytes);
        fwrite(bytes, 1, (size_t)n, stdout);
    }
    why = sampler_write(&e, &sampling, prompt.symbols, prompt.count,
                        s->length >= 0 ? s->length : m->sample_length, stdout);
    if (why)
        quit(STATUS_INPUT, "%s", why);
    putchar('\n');
    free(prompt.symbols);
    corpus_close(&text);
    engine_close(&e);
    return STATUS_DONE;
}
