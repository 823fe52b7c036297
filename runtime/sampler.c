#include "sampler.h"
#include "batches.h"
#include "random.h"
#include "say.h"
#include "team.h"
#include "text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one symbol --------------------------------------------------------------------------- */

struct choice {
    double weight;
    uint32_t symbol;
};

static int likeliest_first(const void *a, const void *b)
{
    const struct choice *p = a, *q = b;
    if (p->weight != q->weight)
        return p->weight > q->weight ? -1 : 1;
    return (p->symbol > q->symbol) - (p->symbol < q->symbol);
}

/* How many of the choices, sorted, remain. */
static int cut(const struct sampling *s, const struct choice *choices, int count)
{
    if (s->top_k > 0 && s->top_k < count)
        count = (int)s->top_k;
    double total = 0, sum = 0;
    for (int i = 0; i < count; i++)
        total += choices[i].weight;
    for (int i = 0; i < count; i++) {
        sum += choices[i].weight;
        if (sum >= s->top_p * total)
            return i + 1;
    }
    return count;
}

uint32_t sampler_pick(const struct sampling *s, const double *p, int count, double u, void *scratch)
{
    struct choice *choices = scratch;
    int best = 0;
    for (int i = 1; i < count; i++)
        if (p[i] > p[best])
            best = i;
    if (s->temperature == 0)
        return (uint32_t)best;
    /* softmax(log p / temperature), the likeliest scaled to 1 */
    for (int i = 0; i < count; i++)
        choices[i] =
            (struct choice){ exp((log(p[i]) - log(p[best])) / s->temperature), (uint32_t)i };
    if (s->top_k > 0 || s->top_p < 1) {
        qsort(choices, (size_t)count, sizeof *choices, likeliest_first);
        count = cut(s, choices, count);
    }
    double total = 0, sum = 0;
    for (int i = 0; i < count; i++)
        total += choices[i].weight;
    int last = 0; /* with a weight: rounding must not end on a symbol of probability 0 */
    for (int i = 0; i < count; i++) {
        sum += choices[i].weight;
        if (choices[i].weight > 0)
            last = i;
        if (u * total < sum)
            break;
    }
    return choices[last].symbol;
}

/* ---- a text ------------------------------------------------------------------------------- */

struct reader {
    struct engine *e;
    bool window;
    uint32_t *last; /* T symbols, of which the last min(T, known) are known */
    int64_t known;
};

const char *sampler_refuses(const struct lstmc_model *m, bool window, int64_t n)
{
    if (m->step_phases)
        return NULL;
    if (!window)
        return "this model reads its window backwards, so it has the window form only";
    return n < m->steps ? "this model reads its window backwards: a shorter prompt will not do"
                        : NULL;
}

void sampler_step(struct engine *e, uint32_t symbol)
{
    const struct lstmc_model *m = e->model;
    batches_put_inputs(m, m->step_slots.x, e->arena, &symbol, 0, 1);
    engine_predict(e, m->step_phases, m->step_phase_count);
}

void sampler_window(struct engine *e, const uint32_t *symbols)
{
    const struct lstmc_model *m = e->model;
    batches_put_inputs(m, m->window_slots.x, e->arena, symbols, 0, m->steps);
    if (m->window)
        engine_run(e, m->window, 0);
    else
        engine_predict(e, m->window_phases, m->window_phase_count);
}

/* Whether the next character comes from a whole window rather than from the carried state. */
static bool by_window(const struct reader *r)
{
    return r->window && r->known >= r->e->model->steps;
}

static void remember(struct reader *r, uint32_t symbol)
{
    size_t T = (size_t)r->e->model->steps;
    memmove(r->last, r->last + 1, (T - 1) * sizeof *r->last);
    r->last[T - 1] = symbol;
    r->known++;
}

static void read_symbol(struct reader *r, uint32_t symbol)
{
    remember(r, symbol);
    if (!by_window(r))
        sampler_step(r->e, symbol);
}

static void read_prompt(struct reader *r, const uint32_t *prompt, int64_t n)
{
    const struct lstmc_model *m = r->e->model;
    if (n > m->steps) {
        prompt += n - m->steps;
        n = m->steps;
    }
    memset(r->e->arena + m->carried.offset, 0, (size_t)m->carried.count);
    for (int64_t i = 0; i < n; i++) {
        if (r->window && n == m->steps)
            remember(r, prompt[i]);
        else
            read_symbol(r, prompt[i]);
    }
}

/* Whether one can draw by them: a model that was trained on another loss may predict anything. */
static bool are_probabilities(const double *p, int count)
{
    double most = 0;
    for (int i = 0; i < count; i++) {
        if (p[i] < 0)
            return false;
        most = fmax(most, p[i]);
    }
    return most > 0;
}

/* The probabilities of what comes next. */
static void predict(struct reader *r, double *p)
{
    const struct lstmc_model *m = r->e->model;
    struct lstmc_slot slot = m->step_slots.p;
    if (by_window(r)) {
        sampler_window(r->e, r->last);
        slot = m->window_slots.p;
    }
    for (int i = 0; i < m->symbol_count; i++) {
        p[i] = engine_real(r->e, slot, i);
        if (isnan(p[i]))
            quit(STATUS_FAILED, "the model predicts no probabilities (NaN)");
    }
}

const char *sampler_write(struct engine *e, const struct sampling *s, const uint32_t *prompt,
                          int64_t n, int64_t length, FILE *out)
{
    const struct lstmc_model *m = e->model;
    size_t symbols = (size_t)m->symbol_count;
    double *p = malloc(symbols * sizeof *p);
    struct choice *scratch = malloc(symbols * sizeof *scratch);
    struct reader r = { e, s->window, calloc((size_t)m->steps, sizeof *r.last), 0 };
    const char *why = NULL;
    if (!p || !scratch || !r.last)
        quit(STATUS_FAILED, "out of memory");
    engine_pack(e);
    team_be_patient(e->team, true);
    read_prompt(&r, prompt, n);
    for (int64_t i = 0; i < length; i++) {
        predict(&r, p);
        if (s->temperature > 0 && !are_probabilities(p, m->symbol_count)) {
            why = "this model predicts no probabilities; temperature 0 takes the largest";
            break;
        }
        double u = random_uniform(s->seed, STREAM_SAMPLE, (uint64_t)i + 1);
        uint32_t symbol = sampler_pick(s, p, m->symbol_count, u, scratch);
        char bytes[4];
        fwrite(bytes, 1, (size_t)text_encode(m->symbols[symbol], bytes), out);
        if (i + 1 < length)
            read_symbol(&r, symbol);
    }
    team_be_patient(e->team, false);
    free(p);
    free(scratch);
    free(r.last);
    return why;
}
