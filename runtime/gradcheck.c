/* The gradients that the compiler derived against differences of the loss.
 *
 * float64: some entries of each tensor by a central difference of fourth order; with c(h) = (f(w+h)
 * - f(w-h)) / 2h it is (4 c(h) - c(2h)) / 3. Near a kink (relu, max, clipping) differences mean
 * nothing: there the two c, or the one-sided differences, disagree, and a shorter step is tried, at
 * last the entry is skipped and counted.
 *
 * float32: the loss has too few digits for single entries. Along a line that follows the tensor's own
 * gradient it changes enough to be seen: by the integral of the derivative, be there kinks or not. */
#include "batches.h"
#include "corpus.h"
#include "number.h"
#include "options.h"
#include "random.h"
#include "say.h"
#include "score.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 64, POINTS = 16 }; /* of a tensor in float64; of a line in float32 */
static const double limits[] = {
    [LSTMC_FLOAT32] = 1e-2, [LSTMC_FLOAT64] = 1e-6, [LSTMC_MIXED_BFLOAT16] = 5e-2
};

struct checker {
    struct engine *e;
    const struct corpus *corpus;
    const struct lstmc_tensor *tensor;
    int number;    /* of the tensor */
    int64_t count; /* its elements */
    const double *analytic;
    double *values; /* of the tensor, as they are */
    double loss;    /* there */
};

struct finding {
    double error; /* relative; NaN: nothing could be measured */
    int checked, skipped;
};

/* Runs the program on the first batch, which is filled in each time: a program may use the memory
 * of its inputs again. */
static void run_batch(struct engine *e, const struct corpus *corpus, lstmc_program *program)
{
    const struct lstmc_model *m = e->model;
    struct part part = { 0, batches_samples(m, corpus->count) };
    batches_fill(m, &m->grads_slots, e->arena, corpus->indices, part, NULL, 0);
    engine_run(e, program, 1);
}

/* The tensor becomes values + step * direction; NULL is the unit vector of element `index`. */
static void move(struct checker *c, double step, const double *direction, int64_t index)
{
    for (int64_t i = 0; i < c->count; i++) {
        double d = direction ? direction[i] : i == index;
        real_put(c->e->model, c->e->plain, i, c->values[i] + step * d);
    }
    c->tensor->load(c->e->arena, c->e->plain);
}

/* The loss there. */
static double loss_at(struct checker *c, double step, const double *direction, int64_t index)
{
    const struct lstmc_model *m = c->e->model;
    move(c, step, direction, index);
    run_batch(c->e, c->corpus, m->eval);
    return score_loss(c->e, &m->grads_slots);
}

/* ---- float64 -------------------------------------------------------------------------------- */

/* What rounding of the loss leaves of a difference over this step. */
static double noise(const struct checker *c, double step)
{
    return 32 * DBL_EPSILON * fabs(c->loss) / step;
}

/* The derivative by one element. False: there is a kink within the step. */
static bool differentiate(struct checker *c, int64_t i, double h, double scale, double *derivative)
{
    double up = loss_at(c, h, NULL, i), down = loss_at(c, -h, NULL, i);
    double up2 = loss_at(c, 2 * h, NULL, i), down2 = loss_at(c, -2 * h, NULL, i);
    double near = (up - down) / (2 * h), far = (up2 - down2) / (4 * h);
    double bend = (up - 2 * c->loss + down) / h, bend2 = (up2 - 2 * c->loss + down2) / (2 * h);
    double tolerance = 1e-6 * scale + noise(c, h);
    *derivative = (4 * near - far) / 3;
    return fabs(near - far) <= tolerance && fabs(bend2 - 2 * bend) <= tolerance;
}

static struct finding check_entries(struct checker *c)
{
    static const double steps[] = { 1e-3, 1e-4, 1e-5, 1e-6 };
    enum { STEPS = sizeof steps / sizeof *steps };
    struct finding f = { 0 };
    int n = c->count < ENTRIES ? (int)c->count : ENTRIES;
    int64_t chosen[ENTRIES];
    double squares = 0, errors = 0, sure = 0; /* sure: without what rounding explains */
    for (int k = 0; k < n; k++) {
        uint64_t draw = (uint64_t)c->number * ENTRIES + (uint64_t)k;
        double u = random_uniform(1, STREAM_CHECK, draw);
        chosen[k] = n == c->count ? k : (int64_t)(u * (double)c->count);
        squares += c->analytic[chosen[k]] * c->analytic[chosen[k]];
    }
    double scale = sqrt(squares / n), sum = 0;
    for (int k = 0; k < n; k++) {
        double numeric = 0, a = c->analytic[chosen[k]];
        int s = 0;
        while (s < STEPS && !differentiate(c, chosen[k], steps[s], fmax(scale, fabs(a)), &numeric))
            s++;
        if (s == STEPS) {
            f.skipped++;
            continue;
        }
        double error = fabs(a - numeric), beyond = fmax(0, error - noise(c, steps[s]));
        errors += error * error;
        sure += beyond * beyond;
        sum += fmax(a * a, numeric * numeric);
        f.checked++;
    }
    /* A tensor with gradients near zero has differences that are all rounding: that is no fault. */
    f.error = errors > 0 ? sqrt(errors / sum) : 0;
    if (f.error > limits[LSTMC_FLOAT64])
        f.error = sure > 0 ? sqrt(sure / sum) : 0;
    if (f.checked == 0)
        f.error = NAN;
    return f;
}

/* ---- float32 -------------------------------------------------------------------------------- */

/* The mean of the analytic derivative from -step to step, by the middles of as many parts. */
static double mean_slope(struct checker *c, double step, const double *direction)
{
    const struct lstmc_slot slot = c->e->model->grads_results[c->number];
    double sum = 0;
    for (int k = 0; k < POINTS; k++) {
        move(c, step * ((2 * k + 1.0) / POINTS - 1), direction, 0);
        run_batch(c->e, c->corpus, c->e->model->grads);
        for (int64_t i = 0; i < c->count; i++)
            sum += direction[i] * engine_real(c->e, slot, i);
    }
    return sum / POINTS;
}

/* Lines from long to short, as far as the loss changes by much more than its own rounding, until one
 * agrees. */
static struct finding check_direction(struct checker *c)
{
    struct finding f = { NAN, 1, 0 };
    double norm = 0, *direction = malloc((size_t)c->count * sizeof *direction);
    if (!direction)
        quit(STATUS_FAILED, "out of memory");
    for (int64_t i = 0; i < c->count; i++)
        norm += c->analytic[i] * c->analytic[i];
    norm = sqrt(norm);
    for (int64_t i = 0; i < c->count; i++)
        direction[i] = norm > 0 ? c->analytic[i] / norm : 0;
    double rounding = FLT_EPSILON * fabs(c->loss);
    for (double step = 1; norm > 0 && 2 * step * norm > 500 * rounding; step /= 4) {
        double change = loss_at(c, step, direction, 0) - loss_at(c, -step, direction, 0);
        double slope = mean_slope(c, step, direction);
        f.error = fmin(f.error, fabs(change / (2 * step) - slope) / fabs(slope)); /* not the NaN */
        if (f.error <= limits[c->e->model->dtype])
            break;
    }
    if (isnan(f.error))
        f = (struct finding){ NAN, 0, 1 };
    free(direction);
    return f;
}

/* ---- the command ---------------------------------------------------------------------------- */

/* The analytic gradient of each parameter, one behind the other. */
static double *gradients(struct engine *e, const struct corpus *corpus)
{
    const struct lstmc_model *m = e->model;
    int64_t total = 0;
    for (int i = 0; i < m->param_count; i++)
        total += tensor_elements(&m->params[i]);
    double *all = malloc((size_t)total * sizeof *all), *out = all;
    if (!all)
        quit(STATUS_FAILED, "out of memory");
    run_batch(e, corpus, e->model->grads);
    for (int i = 0; i < m->param_count; i++)
        for (int64_t j = 0; j < m->grads_results[i].count; j++)
            *out++ = engine_real(e, m->grads_results[i], j);
    return all;
}

static struct finding check_tensor(struct checker *c)
{
    const struct lstmc_model *m = c->e->model;
    for (int64_t i = 0; i < c->count; i++)
        if (!isfinite(c->analytic[i]))
            return (struct finding){ INFINITY, 0, 0 };
    c->values = malloc((size_t)c->count * sizeof *c->values);
    if (!c->values)
        quit(STATUS_FAILED, "out of memory");
    c->tensor->store(c->e->arena, c->e->plain);
    for (int64_t i = 0; i < c->count; i++)
        c->values[i] = real_get(m, c->e->plain, i);
    c->loss = loss_at(c, 0, NULL, 0);
    struct finding f = m->dtype == LSTMC_FLOAT64 ? check_entries(c) : check_direction(c);
    loss_at(c, 0, NULL, 0); /* the tensor as it was */
    free(c->values);
    return f;
}

static void print(const char *name, const struct finding *f, double limit)
{
    printf("%-32s %7d %7d  %-12s %s\n", name, f->checked, f->skipped,
           isnan(f->error) ? "-" : number_short(f->error, 3).text,
           isnan(f->error)     ? "not measurable"
           : f->error <= limit ? "ok"
                               : "WRONG");
}

int command_gradcheck(const struct lstmc_model *m, const struct settings *s)
{
    bool exact = m->dtype == LSTMC_FLOAT64;
    double limit = limits[m->dtype];
    struct corpus corpus = corpus_open(m, s->text, NULL, corpus_of_its_own);
    struct engine e = engine_open(m, s->threads > 0 ? (int)s->threads : 0, s->isa);
    engine_initialise(&e, 1);
    double *analytic = gradients(&e, &corpus), *at = analytic;
    int wrong = 0, blind = 0;
    printf("%-32s %7s %7s  %s\n", "tensor", "checked", "skipped", "relative error");
    for (int i = 0; i < m->param_count; i++) {
        const struct lstmc_tensor *t = &m->params[i];
        struct checker c = { .e = &e,
                             .corpus = &corpus,
                             .tensor = t,
                             .number = i,
                             .count = tensor_elements(t),
                             .analytic = at };
        struct finding f = check_tensor(&c);
        print(t->name, &f, limit);
        wrong += !isnan(f.error) && f.error > limit;
        blind += isnan(f.error);
        at += c.count;
    }
    printf("limit %s%s\n", number_short(limit, 1).text,
           exact ? ""
                 : ", along each gradient in float32; a trainer written with --dtype=float64 "
                   "checks exactly");
    free(analytic);
    corpus_close(&corpus);
    engine_close(&e);
    if (wrong || blind == m->param_count)
        say("%d of %d tensors have wrong gradients", wrong, m->param_count);
    return wrong || blind == m->param_count ? STATUS_FAILED : STATUS_DONE;
}
