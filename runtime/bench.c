/* How fast it is: updates on random symbols, since speed does not depend on what the text says. */
#define _DEFAULT_SOURCE
#include "batches.h"
#include "clock.h"
#include "engine.h"
#include "isa.h"
#include "number.h"
#include "options.h"
#include "peak.h"
#include "products.h"
#include "random.h"
#include "sampler.h"
#include "say.h"
#include "team.h"
#include "weights.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct timing {
    double median, minimum, maximum; /* seconds; NaN: nothing was measured */
    int count;
};

enum { MOST = 20000, FEWEST = 5, WARM_UP = 3 };

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median; sorts them. */
static double middle(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, by_size);
    return times[count / 2];
}

/* What is measured, again and again: `work`, `each` times between two looks at the clock. */
struct series {
    void (*work)(struct engine *, int64_t i);
    int each;
    double times[MOST];
    int count;
};

static void warm_up(struct engine *e, struct series *s, void (*work)(struct engine *, int64_t i),
                    int each)
{
    s->work = work;
    s->each = each;
    s->count = 0;
    for (int64_t i = 0; i < WARM_UP * each; i++)
        work(e, i);
}

/* For so many seconds, and so many times at least and at most. Returns the seconds that it took. */
static double go_on(struct engine *e, struct series *s, double seconds, int fewest, int most)
{
    const double start = clock_seconds();
    double now = start;
    for (int n = 0; n < most && (n < fewest || now - start < seconds); n++) {
        const double before = now;
        for (int j = 0; j < s->each; j++)
            s->work(e, (int64_t)(WARM_UP + s->count) * s->each + j);
        now = clock_seconds();
        s->times[s->count++] = (now - before) / s->each;
    }
    return now - start;
}

static struct timing timing_of(struct series *s)
{
    const double median = middle(s->times, s->count);
    return (struct timing){ median, s->times[0], s->times[s->count - 1], s->count };
}

static struct timing measure(struct engine *e, void (*work)(struct engine *, int64_t i), int each,
                             double seconds)
{
    static struct series s;
    warm_up(e, &s, work, each);
    go_on(e, &s, seconds, FEWEST, MOST);
    return timing_of(&s);
}

/* ---- what is measured ----------------------------------------------------------------------- */

static uint32_t *symbols; /* enough for a few batches */
static struct part part;

static void make_symbols(const struct lstmc_model *m)
{
    part = (struct part){ 0, 4 * (int64_t)m->batch };
    int64_t count = (part.count - 1) * m->stride + m->steps + 1;
    symbols = malloc((size_t)count * sizeof *symbols);
    if (!symbols)
        quit(STATUS_FAILED, "out of memory");
    for (int64_t i = 0; i < count; i++)
        symbols[i] = (uint32_t)(random_uniform(1, STREAM_CHECK, (uint64_t)i) * m->symbol_count);
}

/* Seconds that update i spent in each phase. */
static double spent[LSTMC_PHASES][WARM_UP + MOST];

static void update(struct engine *e, int64_t i)
{
    const struct lstmc_model *m = e->model;
    double seconds[LSTMC_PHASES] = { 0 };
    team_start_clock(e->team, seconds);
    batches_fill(m, &m->train_slots, e->arena, symbols, part, NULL, i % 4);
    engine_run(e, m->train, (uint32_t)i + 1);
    team_flagged(e->team);
    team_stop_clock(e->team);
    for (int phase = 0; phase < LSTMC_PHASES; phase++)
        spent[phase][i] = seconds[phase];
}

/* As `sample` does it: what was drawn, as the spec's own defaults say, is read next. */
static struct draw {
    struct sampling how;
    double *p;
    void *scratch;  /* of sampler_pick */
    uint32_t *last; /* T symbols */
} draw;

static void make_draw(const struct lstmc_model *m)
{
    const size_t n = (size_t)m->symbol_count, choice = 16, T = (size_t)m->steps;
    draw.how = (struct sampling){
        .temperature = m->temperature, .top_k = m->top_k, .top_p = m->top_p, .seed = 1
    };
    draw.p = malloc(n * sizeof *draw.p);
    draw.scratch = malloc(n * choice);
    draw.last = calloc(T, sizeof *draw.last);
    if (!draw.p || !draw.scratch || !draw.last)
        quit(STATUS_FAILED, "out of memory");
}

static void free_draw(void)
{
    free(draw.p);
    free(draw.scratch);
    free(draw.last);
    draw = (struct draw){ 0 };
}

static uint32_t drawn(const struct engine *e, struct lstmc_slot p, int64_t i)
{
    const int n = e->model->symbol_count;
    for (int j = 0; j < n; j++)
        draw.p[j] = engine_real(e, p, j);
    const double u = random_uniform(draw.how.seed, STREAM_SAMPLE, (uint64_t)i + 1);
    return sampler_pick(&draw.how, draw.p, n, u, draw.scratch);
}

static void step(struct engine *e, int64_t i)
{
    sampler_step(e, draw.last[0]);
    draw.last[0] = drawn(e, e->model->step_slots.p, i);
}

static void window(struct engine *e, int64_t i)
{
    const struct lstmc_model *m = e->model;
    const size_t kept = (size_t)m->steps - 1;
    sampler_window(e, draw.last);
    memmove(draw.last, draw.last + 1, kept * sizeof *draw.last);
    draw.last[kept] = drawn(e, m->window_slots.p, i);
}

/* Whether a row of the matrix belongs to each symbol and only the row of the symbol at hand is
 * read: the kernels of the first layer when it gets one-hot symbols. (A recurrent kernel there with
 * as many units as there are symbols looks the same and is taken for one.) */
static bool looked_up(const struct lstmc_model *m, const struct lstmc_tensor *t)
{
    const size_t length = strlen(m->layers[0].name);
    return m->input == LSTMC_INDICES && t->rank == 2 && t->dims[0] == m->symbol_count &&
           strncmp(t->name, m->layers[0].name, length) == 0 && t->name[length] == '.';
}

/* Bytes of the weights that one more character with the carried state has to read: every weight
 * once, padding left out. */
static int64_t weight_bytes(const struct lstmc_model *m, enum lstmc_weights weights)
{
    const int64_t real = (int64_t)real_size(m);
    int64_t bytes = 0;
    for (int i = 0; i < m->param_count; i++) {
        const struct lstmc_tensor *t = &m->params[i];
        bytes += real * (looked_up(m, t) ? t->dims[1] : tensor_elements(t));
    }
    for (int i = 0; i < m->packed_count && weights == LSTMC_PACKED_BFLOAT16; i++)
        bytes -= tensor_elements(&m->params[m->packed[i]]) * (real - (int64_t)sizeof(uint16_t));
    return bytes;
}

/* ---- what is told --------------------------------------------------------------------------- */

struct result {
    struct timing update, step, window;
    double gflop, gflops, peak, share;
    double read_gbs, floor; /* floor: seconds that reading the weights takes at this rate */
    int64_t weight_bytes, peak_memory;
    struct phase {
        double seconds, gflop, share; /* median; of its products; of the peak, NaN: it has none */
    } phases[LSTMC_PHASES];
};

static const struct {
    const char *key, *title, *told;
} phase_words[LSTMC_PHASES] = {
    [LSTMC_FORWARD_RECURRENT] = { "forward_recurrent", "  steps forward", "one after the other" },
    [LSTMC_PROJECTIONS] = { "projections", "  projections", "products of all steps at once" },
    [LSTMC_BACKWARD_RECURRENT] = { "backward_recurrent", "  steps backward",
                                   "one after the other" },
    [LSTMC_WEIGHT_GRADIENTS] = { "weight_gradients", "  new weights", "gradients, optimizer" },
    [LSTMC_OTHER] = { "other", "  other", "batch, loss, packing" },
};

static const char *or_null(double x, struct number *n)
{
    *n = number_short(x, 6);
    return isnan(x) ? "null" : n->text;
}

static void print_json(const struct engine *e, const struct result *r)
{
    struct number n;
    printf("{\"threads\":%d,\"isa\":\"%s\"", team_size(e->team), isa_lanes(e->isa->name));
    printf(",\"ms_per_update\":{\"median\":%s", or_null(1e3 * r->update.median, &n));
    printf(",\"min\":%s", or_null(1e3 * r->update.minimum, &n));
    printf(",\"max\":%s}", or_null(1e3 * r->update.maximum, &n));
    printf(",\"gflop_per_update\":%s", or_null(r->gflop, &n));
    printf(",\"gflops\":%s", or_null(r->gflops, &n));
    printf(",\"peak_gflops\":%s", or_null(r->peak, &n));
    printf(",\"share_of_peak\":%s", or_null(r->share, &n));
    printf(",\"phases\":{");
    for (int i = 0; i < LSTMC_PHASES; i++) {
        const struct phase *p = &r->phases[i];
        printf("%s\"%s\":{\"ms\":%s", i > 0 ? "," : "", phase_words[i].key,
               or_null(1e3 * p->seconds, &n));
        printf(",\"gflop\":%s", or_null(p->gflop, &n));
        printf(",\"share_of_peak\":%s}", or_null(p->share, &n));
    }
    printf("},\"sample_us\":%s", or_null(1e6 * r->step.median, &n));
    printf(",\"window_ms\":%s", or_null(1e3 * r->window.median, &n));
    printf(",\"read_gbs\":%s", or_null(r->read_gbs, &n));
    printf(",\"weights\":\"%s\"", e->weights == LSTMC_PACKED_BFLOAT16 ? "bf16" : "float32");
    printf(",\"weight_bytes\":%lld", (long long)r->weight_bytes);
    printf(",\"sample_floor_us\":%s", or_null(1e6 * r->floor, &n));
    printf(",\"peak_memory_bytes\":%lld", (long long)r->peak_memory);
    printf(",\"blas\":\"%s\"}\n", products_name());
}

static void print_line(const char *what, double value, const char *unit)
{
    if (!isnan(value))
        printf("%-18s %10s %s\n", what, number_short(value, 4).text, unit);
}

static void print_phase(int i, const struct phase *p)
{
    printf("%-18s %10s ms", phase_words[i].title, number_short(1e3 * p->seconds, 4).text);
    if (!isnan(p->share))
        printf(", %s %% of peak", number_short(100 * p->share, 3).text);
    printf(" (%s)\n", phase_words[i].told);
}

static void print_table(const struct engine *e, const struct result *r)
{
    printf("%s, %d threads, %s\n", e->isa->name, team_size(e->team), products_name());
    print_line("an update", 1e3 * r->update.median, "ms (median)");
    print_line("  fastest", 1e3 * r->update.minimum, "ms");
    print_line("  slowest", 1e3 * r->update.maximum, "ms");
    for (int i = 0; i < LSTMC_PHASES; i++)
        print_phase(i, &r->phases[i]);
    print_line("its products", r->gflop, "GFLOP");
    print_line("speed", r->gflops, "GFLOP/s");
    print_line("peak here", r->peak, "GFLOP/s in multiply-adds");
    print_line("share of peak", 100 * r->share, "%");
    print_line("a character", 1e6 * r->step.median, "us, state carried on");
    print_line("  its weights", (double)r->weight_bytes / 1e6, "MB");
    print_line("  reading them", 1e6 * r->floor, "us at the rate below: no faster than that");
    print_line("  reads here", r->read_gbs, "GB/s at this size");
    print_line("a window", 1e3 * r->window.median, "ms");
    print_line("memory", (double)r->peak_memory / 1e6, "MB at most");
}

/* ---- the command ------------------------------------------------------------------------------ */

/* In slices, with the peak before and after each: the machine's speed may change, and then changes for
 * both. Slices, too, have a median. */
static void measure_updates(struct engine *e, struct result *r)
{
    enum { SLICES = 30 };
    static struct series s;
    double peaks[SLICES + 1], shares[SLICES];
    const double slice = 0.1;
    r->gflop = e->model->flop_update / 1e9;
    warm_up(e, &s, update, 1);
    peaks[0] = peak_gflops(e->team, e->isa->name, e->model->dtype);
    for (int i = 0; i < SLICES; i++) {
        const int before = s.count;
        const double seconds = go_on(e, &s, slice, 1, MOST / SLICES);
        peaks[i + 1] = peak_gflops(e->team, e->isa->name, e->model->dtype);
        shares[i] = r->gflop * (s.count - before) / seconds / (0.5 * (peaks[i] + peaks[i + 1]));
    }
    r->share = middle(shares, SLICES);
    r->peak = middle(peaks, SLICES + 1);
    r->update = timing_of(&s);
    r->gflops = r->gflop / r->update.median;
}

/* Of the updates that were measured; those to warm up stand before them. */
static void find_phases(const struct lstmc_model *m, struct result *r)
{
    for (int i = 0; i < LSTMC_PHASES; i++) {
        struct phase *p = &r->phases[i];
        p->seconds = middle(spent[i] + WARM_UP, r->update.count);
        p->gflop = m->flop_phases[i] / 1e9;
        p->share = p->gflop > 0 ? p->gflop / p->seconds / r->peak : NAN;
    }
}

int command_bench(const struct lstmc_model *m, const struct settings *s)
{
    const struct timing none = { NAN, NAN, NAN, 0 };
    struct engine e = engine_open(m, s->threads > 0 ? (int)s->threads : 0, s->isa);
    struct rusage usage;
    if (weights_narrow(m, s->weights))
        e.weights = LSTMC_PACKED_BFLOAT16;
    engine_initialise(&e, 1);
    make_symbols(m);
    make_draw(m);
    struct result r = { .step = none };
    measure_updates(&e, &r);
    engine_pack(&e);
    if (m->step_phases)
        r.step = measure(&e, step, 16, 0.5);
    /* The arena begins with the parameters: the rate at their size, and where they lie. */
    r.weight_bytes = weight_bytes(m, e.weights);
    r.read_gbs = peak_read_gbs(e.team, e.isa->name, e.arena, (size_t)r.weight_bytes);
    r.floor = (double)r.weight_bytes / (1e9 * r.read_gbs);
    r.window = measure(&e, window, 1, 0.5);
    find_phases(m, &r);
    getrusage(RUSAGE_SELF, &usage);
    r.peak_memory = (int64_t)usage.ru_maxrss * 1024;
    (s->json ? print_json : print_table)(&e, &r);
    free_draw();
    free(symbols);
    engine_close(&e);
    return STATUS_DONE;
}
