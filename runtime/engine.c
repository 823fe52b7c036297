#define _DEFAULT_SOURCE /* madvise */
#include "engine.h"
#include "cores.h"
#include "init.h"
#include "isa.h"
#include "number.h"
#include "products.h"
#include "say.h"
#include "team.h"
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

/* Zeros. What is large asks for huge pages: an update walks through matrices row by row, and small
 * pages would cost it a few hundredths of its time. */
static void *allocate(size_t bytes)
{
    const size_t line = 64, huge = (size_t)2 << 20, unit = bytes < huge ? line : huge;
    bytes = (bytes + unit) / unit * unit;
    void *memory = aligned_alloc(unit, bytes);
    if (!memory)
        quit(STATUS_FAILED, "out of memory: %s are needed", number_bytes((int64_t)bytes).text);
#ifdef MADV_HUGEPAGE
    if (unit == huge)
        madvise(memory, bytes, MADV_HUGEPAGE); /* a wish: without them all works as well */
#endif
    return memset(memory, 0, bytes);
}

struct engine engine_open(const struct lstmc_model *m, int threads, const char *isa)
{
    int cores = cores_allowed("");
    struct engine e = { .model = m, .isa = isa_choose(m, isa) };
    if (threads == 0)
        threads = cores;
    const char *why = products_prepare(threads);
    if (why)
        quit(STATUS_FAILED, "%s", why);
    e.arena = allocate((size_t)m->arena_bytes);
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
    free(e->arena);
    free(e->plain);
    free(e->hypers);
    *e = (struct engine){ 0 };
}

void engine_initialise(struct engine *e, uint32_t seed)
{
    const struct lstmc_model *m = e->model;
    double *values = allocate((size_t)largest_tensor(m) * sizeof *values);
    for (int i = 0; i < engine_tensors(m); i++) {
        const struct lstmc_tensor *t = engine_tensor(m, i);
        if (init_tensor(t, seed, values) != 0)
            quit(STATUS_FAILED, "out of memory for the initial values of %s", t->name);
        for (int64_t j = 0; j < tensor_elements(t); j++)
            real_put(m, e->plain, j, values[j]);
        t->load(e->arena, e->plain);
    }
    free(values);
    e->seed = seed;
}

/* ---- running ------------------------------------------------------------------------------ */

static void run(struct engine *e, lstmc_program *const *programs, int count, uint32_t update)
{
    const struct lstmc_call call = { .arena = e->arena,
                                     .kernels = e->isa->kernels,
                                     .seed = e->seed,
                                     .update = update,
                                     .hypers = e->hypers };
    team_run(e->team, programs, count, &call);
}

void engine_run(struct engine *e, lstmc_program *program, uint32_t update)
{
    run(e, &program, 1, update);
}

void engine_run_phases(struct engine *e, lstmc_program *const *phases, int count)
{
    run(e, phases, count, 0);
}
