#define _DEFAULT_SOURCE /* madvise */
#include "engine.h"
#include "cores.h"
#include "init.h"
#include "isa.h"
#include "number.h"
#include "products.h"
#include "say.h"
#include "team.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- reals and tensors -------------------------------------------------------------------- */

size_t real_size(const struct lstmc_model *m)
{
    return m->dtype == LSTMC_FLOAT64 ? sizeof(double) : sizeof(float);
}

double real_get(const struct lstmc_model *m, const void *plain, int64_t i)
{
    return m->dtype == LSTMC_FLOAT64 ? ((const double *)plain)[i]
                                     : (double)((const float *)plain)[i];
}

bool reals_are_finite(const struct lstmc_model *m, const void *plain, int64_t count)
{
    int64_t i = 0;
    while (i < count && isfinite(real_get(m, plain, i)))
        i++;
    return i == count;
}

void real_put(const struct lstmc_model *m, void *plain, int64_t i, double value)
{
    if (m->dtype == LSTMC_FLOAT64)
        ((double *)plain)[i] = value;
    else
        ((float *)plain)[i] = (float)value;
}

int engine_tensors(const struct lstmc_model *m)
{
    return m->param_count + m->state_count;
}

const struct lstmc_tensor *engine_tensor(const struct lstmc_model *m, int i)
{
    return i < m->param_count ? &m->params[i] : &m->states[i - m->param_count];
}

int64_t tensor_elements(const struct lstmc_tensor *t)
{
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++)
        n *= t->dims[i];
    return n;
}

static int64_t largest_tensor(const struct lstmc_model *m)
{
    int64_t most = 1;
    for (int i = 0; i < engine_tensors(m); i++) {
        int64_t n = tensor_elements(engine_tensor(m, i));
        most = n > most ? n : most;
    }
    return most;
}

double engine_real(const struct engine *e, struct lstmc_slot slot, int64_t i)
{
    return real_get(e->model, e->arena + slot.offset, i);
}

int engine_hyper(const struct lstmc_model *m, const char *name)
{
    for (int i = 0; i < m->hyper_count; i++)
        if (strcmp(m->hypers[i].name, name) == 0)
            return i;
    return -1;
}

/* ---- beginning and end -------------------------------------------------------------------- */

/* Large blocks are fresh pages of zeros, which calloc does not touch. */
static void *allocate(size_t bytes)
{
    void *memory = calloc(bytes + 1, 1);
    if (!memory)
        quit(STATUS_FAILED, "out of memory: %s are needed", number_bytes((int64_t)bytes).text);
    return memory;
}

/* An update walks through matrices row by row, and small pages would cost it a few hundredths of
 * its time: as many huge ones as are full are asked for. */
static void allocate_arena(struct engine *e)
{
    const size_t bytes = (size_t)e->model->arena_bytes, line = 64, huge = (size_t)2 << 20;
    const size_t unit = bytes < huge ? line : huge;
    e->memory = allocate(bytes + unit);
    e->arena = (unsigned char *)e->memory + (unit - (uintptr_t)e->memory % unit) % unit;
#ifdef MADV_HUGEPAGE
    if (unit == huge)
        madvise(e->arena, bytes / huge * huge, MADV_HUGEPAGE); /* a wish, no more */
#endif
}

struct engine engine_open(const struct lstmc_model *m, int threads, const char *isa)
{
    int cores = cores_allowed("");
    struct engine e = { .model = m, .isa = isa_choose(m, isa), .weights = LSTMC_PACKED };
    if (threads == 0)
        threads = cores;
    const char *why = products_prepare(threads);
    if (why)
        quit(STATUS_FAILED, "%s", why);
    allocate_arena(&e);
    e.plain = allocate((size_t)largest_tensor(m) * real_size(m));
    e.hypers = allocate((size_t)m->hyper_count * sizeof *e.hypers);
    for (int i = 0; i < m->hyper_count; i++)
        e.hypers[i] = m->hypers[i].value;
    e.team = team_start(threads, cores, m->param_count);
    if (!e.team)
        quit(STATUS_FAILED, "%d threads cannot be had; give fewer with --threads", threads);
    say("running   %d thread%s, %s, %s; %s of memory", threads, threads == 1 ? "" : "s",
        e.isa->name, products_name(), number_bytes(m->arena_bytes).text);
    return e;
}

void engine_close(struct engine *e)
{
    team_end(e->team);
    free(e->memory);
    free(e->plain);
    free(e->hypers);
    *e = (struct engine){ 0 };
}

/* ---- initial values ----------------------------------------------------------------------- */

/* The call of fill_tensors. Tensors are taken in turn: who fills one does not matter to its values,
 * and memory is needed for those at hand only. */
struct filling {
    struct lstmc_call call;
    const struct lstmc_model *model;
    atomic_int *next, *failed; /* failed: a tensor for which memory was out */
};

static void round_reals(const struct lstmc_model *m, void *plain, const double *values, int64_t n)
{
    float *reals = plain;
    if (m->dtype == LSTMC_FLOAT64)
        memcpy(plain, values, (size_t)n * sizeof *values);
    else
        for (int64_t i = 0; i < n; i++)
            reals[i] = (float)values[i];
}

static bool fill_tensor(const struct filling *f, const struct lstmc_tensor *t)
{
    const int64_t n = tensor_elements(t);
    double *values = malloc((size_t)n * sizeof *values);
    void *plain = malloc((size_t)n * real_size(f->model));
    const bool ok = values && plain && init_tensor(t, f->call.seed, values) == 0;
    if (ok) {
        round_reals(f->model, plain, values, n);
        t->load(f->call.arena, plain);
    }
    free(values);
    free(plain);
    return ok;
}

static void fill_tensors(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct filling *f = (const void *)call;
    (void)me;
    for (int i; (i = atomic_fetch_add(f->next, 1)) < engine_tensors(f->model);)
        if (!fill_tensor(f, engine_tensor(f->model, i)))
            atomic_store(f->failed, i);
}

void engine_initialise(struct engine *e, uint32_t seed)
{
    atomic_int next = 0, failed = -1;
    const struct filling f = { .call = { .arena = e->arena, .seed = seed },
                               .model = e->model,
                               .next = &next,
                               .failed = &failed };
    lstmc_program *const program = fill_tensors;
    team_run(e->team, &program, 1, &f.call);
    if (failed >= 0)
        quit(STATUS_FAILED, "out of memory for the initial values of %s",
             engine_tensor(e->model, failed)->name);
    e->seed = seed;
}

/* ---- running ------------------------------------------------------------------------------ */

static struct lstmc_call call_of(const struct engine *e)
{
    return (struct lstmc_call){
        .arena = e->arena, .kernels = e->isa->kernels, .seed = e->seed, .hypers = e->hypers
    };
}

void engine_run(struct engine *e, lstmc_program *program, uint32_t update)
{
    struct lstmc_call call = call_of(e);
    call.update = update;
    team_run(e->team, &program, 1, &call);
}

void engine_predict(struct engine *e, lstmc_program *const *phases, int count)
{
    struct lstmc_call call = call_of(e);
    call.weights = e->model->pack ? e->weights : LSTMC_PLAIN;
    team_run(e->team, phases, count, &call);
}

void engine_pack(struct engine *e)
{
    if (e->model->pack)
        engine_predict(e, &e->model->pack, 1);
}
