/* The barrier counts arrivals; the last one starts a new generation, for which the others wait:
 * first spinning, since the next phase of a small model comes in microseconds, then asleep. */
#define _POSIX_C_SOURCE 200809L
#include "team.h"
#include "clock.h"
#include "shares.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* Microseconds of spinning. */
enum { PATIENCE = 20, GREAT_PATIENCE = 1000 };

/* What is written often has a cache line to itself. */
enum { LINE = 64 };

struct lstmc_team {
    _Alignas(LINE) atomic_uint arrived;
    _Alignas(LINE) atomic_uint generation;
    _Alignas(LINE) atomic_uint sleepers;
    atomic_int patience;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool spin;
    int size, started, flag_count;
    /* The job, written by worker 0 while the others wait; programs NULL: go home. */
    lstmc_program *const *programs;
    int program_count;
    const struct lstmc_call *call;
    /* Where the seconds of worker 0 go, who alone touches these; NULL: nobody asks. */
    double *seconds;
    enum lstmc_phase phase;
    double since;
    /* Shares follow the time that each worker is busy; after short jobs, in which looks at the clock
     * would count, they are equal. */
    bool weighs;
    double took; /* the last job */
    int *bounds; /* shares.h */
    double *busy;
    struct member {
        _Alignas(LINE) pthread_t thread;
        struct lstmc_worker me;
        double since, busy, counted; /* of the present job; in the phases that count */
    } * members;
    uint32_t *flags; /* a block for each worker, of whole cache lines */
    size_t flag_stride;
};

void flush_denormals(void)
{
#if defined(__SSE__)
    enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x0040 };
    _mm_setcsr(_mm_getcsr() | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | UINT64_C(1) << 24));
#endif
}

/* ---- the barrier -------------------------------------------------------------------------- */

static void pause_core(void)
{
#if defined(__SSE__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static bool spin_past(struct lstmc_team *t, unsigned generation)
{
    enum {
        LOOKS = 32
    }; /* between two looks at the clock, which is dearer than a look at the flag */
    double end = clock_seconds() + 1e-6 * atomic_load_explicit(&t->patience, memory_order_relaxed);
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (atomic_load_explicit(&t->generation, memory_order_acquire) != generation)
                return true;
            pause_core();
        }
    } while (clock_seconds() < end);
    return false;
}

/* No wake-up is lost: a sleeper announces itself before it looks at the generation, and who changes
 * the generation looks for sleepers afterwards; both in the one order of sequential consistency. */
static void sleep_past(struct lstmc_team *t, unsigned generation)
{
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(&t->generation) == generation)
        pthread_cond_wait(&t->wake, &t->lock);
    atomic_fetch_sub(&t->sleepers, 1);
    pthread_mutex_unlock(&t->lock);
}

static void meet(struct lstmc_team *t)
{
    if (t->size == 1)
        return;
    unsigned generation = atomic_load_explicit(&t->generation, memory_order_relaxed);
    unsigned before = atomic_fetch_add_explicit(&t->arrived, 1, memory_order_acq_rel);
    if (before + 1 < (unsigned)t->size) {
        if (!t->spin || !spin_past(t, generation))
            sleep_past(t, generation);
        return;
    }
    atomic_store_explicit(&t->arrived, 0, memory_order_relaxed);
    atomic_store(&t->generation, generation + 1);
    if (atomic_load(&t->sleepers) > 0) {
        pthread_mutex_lock(&t->lock);
        pthread_cond_broadcast(&t->wake);
        pthread_mutex_unlock(&t->lock);
    }
}

/* A worker that waits for most of a phase had no share in it. */
static void weigh(struct member *m, double arrived)
{
    const double now = clock_seconds(), busy = arrived - m->since, whole = now - m->since;
    if (3 * busy >= whole) {
        m->busy += busy;
        m->counted += whole;
    }
    m->since = now;
}

void lstmc_barrier(const struct lstmc_worker *me)
{
    struct lstmc_team *t = me->team;
    if (me->count == 1) /* perhaps without a team */
        return;
    const double arrived = t->weighs ? clock_seconds() : 0;
    meet(t);
    if (t->weighs)
        weigh(&t->members[me->index], arrived);
}

/* ---- the clock ----------------------------------------------------------------------------- */

static void turn_to(struct lstmc_team *t, enum lstmc_phase phase)
{
    const double now = clock_seconds();
    t->seconds[t->phase] += now - t->since;
    t->since = now;
    t->phase = phase;
}

void lstmc_phase(const struct lstmc_worker *me, enum lstmc_phase phase)
{
    if (me->index == 0 && me->team->seconds)
        turn_to(me->team, phase);
}

void team_start_clock(struct lstmc_team *t, double seconds[LSTMC_PHASES])
{
    t->seconds = seconds;
    t->since = clock_seconds();
    t->phase = LSTMC_OTHER;
}

void team_stop_clock(struct lstmc_team *t)
{
    turn_to(t, LSTMC_OTHER);
    t->seconds = NULL;
}

/* ---- jobs --------------------------------------------------------------------------------- */

/* The job is read before the last barrier: behind it worker 0 may be writing the next one. */
static void walk(struct lstmc_team *t, struct member *m)
{
    lstmc_program *const *programs = t->programs;
    const struct lstmc_call *call = t->call;
    const int count = t->program_count;
    m->busy = m->counted = 0;
    for (int i = 0; i < count; i++) {
        m->since = t->weighs ? clock_seconds() : 0;
        programs[i](call, &m->me);
        meet(t);
    }
}

static void *work(void *argument)
{
    struct member *m = argument;
    flush_denormals();
    for (;;) {
        meet(m->me.team);
        if (!m->me.team->programs)
            return NULL;
        walk(m->me.team, m);
    }
}

static void deal_out(struct lstmc_team *t)
{
    for (int i = 0; i < t->size; i++) {
        t->members[i].me.from = t->bounds[i];
        t->members[i].me.to = t->bounds[i + 1];
    }
}

static void deal_equally(struct lstmc_team *t)
{
    shares_equal(t->size, t->bounds);
    deal_out(t);
}

/* From what the last job told. What one worker did alone the others left out: off its own time it is
 * taken here. */
static void follow(struct lstmc_team *t)
{
    double least = t->members[0].counted;
    for (int i = 1; i < t->size; i++)
        least = t->members[i].counted < least ? t->members[i].counted : least;
    for (int i = 0; i < t->size; i++) {
        const struct member *m = &t->members[i];
        t->busy[i] = m->busy - (m->counted - least);
        if (least < 0.5 * t->took || t->busy[i] < 0.1 * least)
            return;
    }
    shares_follow(t->size, t->bounds, t->busy);
    deal_out(t);
}

void team_run(struct lstmc_team *t, lstmc_program *const *programs, int count,
              const struct lstmc_call *call)
{
    const double long_job = 5e-3, start = clock_seconds();
    t->programs = programs;
    t->program_count = count;
    t->call = call;
    if (t->weighs)
        follow(t);
    t->weighs = t->size > 1 && t->took > long_job;
    if (!t->weighs)
        deal_equally(t);
    meet(t);
    walk(t, &t->members[0]);
    t->took = clock_seconds() - start;
}

int team_flagged(struct lstmc_team *t)
{
    int first = t->flag_count;
    for (int w = 0; w < t->size; w++)
        for (int i = 0; i < first; i++)
            if (t->members[w].me.flags[i])
                first = i;
    memset(t->flags, 0, t->flag_stride * (size_t)t->size * sizeof *t->flags);
    return first < t->flag_count ? first : -1;
}

void team_be_patient(struct lstmc_team *t, bool patient)
{
    atomic_store(&t->patience, patient ? GREAT_PATIENCE : PATIENCE);
}

int team_size(const struct lstmc_team *t)
{
    return t->size;
}

/* ---- beginning and end -------------------------------------------------------------------- */

/* Signals are for the main thread, which looks at them between two updates. */
static bool start_workers(struct lstmc_team *t)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = true;
    for (t->started = 1; ok && t->started < t->size;) {
        struct member *m = &t->members[t->started];
        ok = pthread_create(&m->thread, NULL, work, m) == 0;
        t->started += ok;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

struct lstmc_team *team_start(int threads, int cores, int flag_count)
{
    const size_t per_line = LINE / sizeof(uint32_t);
    size_t stride = ((size_t)flag_count / per_line + 1) * per_line;
    struct lstmc_team *t = aligned_alloc(LINE, sizeof *t);
    if (!t)
        return NULL;
    memset(t, 0, sizeof *t);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    t->spin = threads <= cores;
    atomic_store(&t->patience, PATIENCE);
    t->size = threads;
    t->flag_count = flag_count;
    t->flag_stride = stride;
    t->members = aligned_alloc(LINE, (size_t)threads * sizeof *t->members);
    t->bounds = calloc((size_t)threads + 1, sizeof *t->bounds);
    t->busy = calloc((size_t)threads, sizeof *t->busy);
    t->flags = calloc(stride * (size_t)threads, sizeof *t->flags);
    if (!t->members || !t->bounds || !t->busy || !t->flags) {
        team_end(t);
        return NULL;
    }
    for (int i = 0; i < threads; i++)
        t->members[i] = (struct member){ .me = { .index = i,
                                                 .count = threads,
                                                 .team = t,
                                                 .flags = t->flags + stride * (size_t)i } };
    deal_equally(t);
    flush_denormals();
    if (!start_workers(t)) {
        team_end(t);
        return NULL;
    }
    return t;
}

void team_end(struct lstmc_team *t)
{
    /* A team whose start failed half way cannot meet: its workers wait until the process ends. */
    bool whole = t->started == t->size;
    t->programs = NULL;
    if (whole)
        meet(t);
    for (int i = 1; whole && i < t->size; i++)
        pthread_join(t->members[i].thread, NULL);
    if (t->started > 1 && !whole)
        return;
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    free(t->members);
    free(t->bounds);
    free(t->busy);
    free(t->flags);
    free(t);
}
