/* A model written by hand, for tests of the runtime: it has all that an emitted trainer has, and
 * trains in microseconds, so that a test can kill and resume it a hundred times. It predicts a
 * character from the one before it:
 *
 *     z = kernel[x] + bias,   p = softmax(z),   SGD with momentum, a random mask on the gradient's
 * rows
 *
 * Compiled with -DFAKE_DOUBLE it is a float64 model. Faults can be planted from outside, so that a
 * test can prove that it would see them:
 *
 *     FAKE_NAN_AT=N     the gradient of the kernel is NaN in update N; N = 1: in gradients, too
 *     FAKE_WRONG=N      the gradient of the bias is N % too large
 *     FAKE_SCORES=1     it predicts p - 1, as a model without a softmax may
 *     FAKE_SLEEP_US=N   an update takes so much longer, at its end
 */
#define _POSIX_C_SOURCE 200809L
#include "lstmc/model.h"
#include "random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef FAKE_DOUBLE
typedef double real;
#define NAME  "fake64"
#define DTYPE LSTMC_FLOAT64
#else
typedef float real;
#define NAME  "fake"
#define DTYPE LSTMC_FLOAT32
#endif

enum { B = 3, T = 4, V = 29 };

/* The arena. Regions begin on cache lines, as emitted ones do. */
struct params {
    _Alignas(64) real kernel[V][V], bias[V];
};
struct states {
    _Alignas(64) real momentum[V][V];
};
struct work {
    _Alignas(64) int32_t x[T * B];
    int32_t y[B], step_x[1], window_x[T];
    real weight[B], z[B][V], dz[B][V], loss[1], correct[1], row_loss[B], row_correct[B];
    real dkernel[V][V], dbias[V], p[V];
    int32_t carried[2]; /* how many symbols were read; the last */
};
struct arena {
    struct params params;
    struct states states;
    struct work work;
};
#define AT(member) offsetof(struct arena, member)
#define SLOT(member, n)                                                                            \
    {                                                                                              \
        AT(member), n                                                                              \
    }

static long from_environment(const char *name)
{
    const char *value = getenv(name);
    return value ? strtol(value, NULL, 10) : -1;
}

/* ---- the equations -------------------------------------------------------------------------- */

static void softmax(const struct params *p, int32_t x, real out[V])
{
    real most = -INFINITY, sum = 0;
    for (int j = 0; j < V; j++) {
        out[j] = p->kernel[x][j] + p->bias[j];
        most = out[j] > most ? out[j] : most;
    }
    for (int j = 0; j < V; j++)
        sum += out[j] = (real)exp((double)(out[j] - most));
    for (int j = 0; j < V; j++)
        out[j] /= sum;
}

/* Row b: probabilities, loss, and the gradient of z; keep is 0 or 1/0.9. */
static void forward_row(struct arena *a, int b, real keep)
{
    struct work *w = &a->work;
    int32_t y = w->y[b];
    int best = 0;
    softmax(&a->params, w->x[(T - 1) * B + b], w->z[b]);
    for (int j = 0; j < V; j++) {
        best = w->z[b][j] > w->z[b][best] ? j : best;
        w->dz[b][j] = (w->z[b][j] - (real)(j == y)) * w->weight[b] * keep;
    }
    w->row_loss[b] = -(real)log((double)w->z[b][y]) * w->weight[b];
    w->row_correct[b] = (real)(best == y) * w->weight[b];
}

static void sum_rows(struct work *w)
{
    w->loss[0] = w->correct[0] = 0;
    for (int b = 0; b < B; b++) {
        w->loss[0] += w->row_loss[b];
        w->correct[0] += w->row_correct[b];
    }
}

/* Column j of both gradients. */
static void backward_column(struct work *w, int j, uint32_t update)
{
    w->dbias[j] = 0;
    for (int i = 0; i < V; i++)
        w->dkernel[i][j] = 0;
    for (int b = 0; b < B; b++) {
        w->dkernel[w->x[(T - 1) * B + b]][j] += w->dz[b][j];
        w->dbias[j] += w->dz[b][j];
    }
    const long percent = from_environment("FAKE_WRONG");
    if (percent > 0)
        w->dbias[j] *= 1 + (real)percent / 100;
    if (from_environment("FAKE_NAN_AT") == (long)update)
        w->dkernel[0][j] = (real)NAN;
}

static void update_column(struct arena *a, int j, double rate)
{
    for (int i = 0; i < V; i++) {
        real *v = &a->states.momentum[i][j];
        *v = (real)0.9 * *v - (real)rate * a->work.dkernel[i][j];
        a->params.kernel[i][j] += *v;
    }
    a->params.bias[j] -= (real)rate * a->work.dbias[j];
}

/* ---- programs: rows in one phase, columns in the next ------------------------------------ */

static void train(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct arena *a = (struct arena *)(void *)call->arena;
    lstmc_phase(me, LSTMC_PROJECTIONS);
    for (int b = lstmc_first_block(me, B); b < lstmc_end_block(me, B); b++) {
        const uint32_t key[2] = { call->seed, 1 }, counter[4] = { call->update, 0, (uint32_t)b };
        uint32_t words[4];
        philox(key, counter, words);
        forward_row(a, b, words[0] < 429496730u ? 0 : (real)(1 / 0.9));
    }
    lstmc_barrier(me);
    lstmc_phase(me, LSTMC_WEIGHT_GRADIENTS);
    if (me->index == 0)
        sum_rows(&a->work);
    for (int j = lstmc_first_block(me, V); j < lstmc_end_block(me, V); j++) {
        backward_column(&a->work, j, call->update);
        for (int i = 0; i < V; i++)
            me->flags[0] |= isfinite(a->work.dkernel[i][j]) ? 0u : 1u;
        update_column(a, j, call->hypers[0]);
    }
    long sleep = from_environment("FAKE_SLEEP_US");
    struct timespec left = { sleep / 1000000, sleep % 1000000 * 1000 };
    while (me->index == 0 && sleep > 0 && nanosleep(&left, &left) != 0)
        continue; /* a signal came: no update ends early for that */
}

static void grads(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct arena *a = (struct arena *)(void *)call->arena;
    for (int b = lstmc_first_block(me, B); b < lstmc_end_block(me, B); b++)
        forward_row(a, b, 1);
    lstmc_barrier(me);
    if (me->index == 0)
        sum_rows(&a->work);
    for (int j = lstmc_first_block(me, V); j < lstmc_end_block(me, V); j++)
        backward_column(&a->work, j, call->update);
}

static void eval(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct arena *a = (struct arena *)(void *)call->arena;
    for (int b = lstmc_first_block(me, B); b < lstmc_end_block(me, B); b++)
        forward_row(a, b, 1);
    lstmc_barrier(me);
    if (me->index == 0)
        sum_rows(&a->work);
}

static void predict(struct arena *a, int32_t x)
{
    softmax(&a->params, x, a->work.p);
    for (int j = 0; j < V && from_environment("FAKE_SCORES") > 0; j++)
        a->work.p[j] -= 1;
}

static void window(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct arena *a = (struct arena *)(void *)call->arena;
    if (me->index == 0)
        predict(a, a->work.window_x[T - 1]);
}

static void step_reads(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct work *w = &((struct arena *)(void *)call->arena)->work;
    if (me->index == 0) {
        w->carried[0]++;
        w->carried[1] = w->step_x[0];
    }
}

static void step_predicts(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct arena *a = (struct arena *)(void *)call->arena;
    if (me->index == me->count - 1)
        predict(a, a->work.carried[1]);
}

/* ---- what the runtime is told ------------------------------------------------------------ */

#define DEFINE_COPIES(TENSOR, MEMBER)                                                              \
    static void load_##TENSOR(unsigned char *arena, const void *plain)                             \
    {                                                                                              \
        struct arena *a = (struct arena *)(void *)arena;                                           \
        memcpy(a->MEMBER, plain, sizeof a->MEMBER);                                                \
    }                                                                                              \
    static void store_##TENSOR(const unsigned char *arena, void *plain)                            \
    {                                                                                              \
        const struct arena *a = (const struct arena *)(const void *)arena;                         \
        memcpy(plain, a->MEMBER, sizeof a->MEMBER);                                                \
    }
DEFINE_COPIES(kernel, params.kernel)
DEFINE_COPIES(bias, params.bias)
DEFINE_COPIES(momentum, states.momentum)

static const struct lstmc_init orthogonal[] = { { LSTMC_ORTHOGONAL, 1, 0, 0, V, 1 } };
static const struct lstmc_init uniform[] = { { LSTMC_UNIFORM, -0.05, 0.05, 0, V, 2 } };
static const struct lstmc_init zeros[] = { { LSTMC_ZEROS, 0, 0, 0, V, 0 } };

static const struct lstmc_tensor params[] = {
    { "dense.kernel", 2, 1, { V, V }, orthogonal, load_kernel, store_kernel },
    { "dense.bias", 1, 1, { V }, uniform, load_bias, store_bias },
};
static const struct lstmc_tensor states[] = {
    { "optimizer.v.dense.kernel", 2, 1, { V, V }, zeros, load_momentum, store_momentum },
};

static const uint32_t symbols[V] = { '\n', ' ', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',
                                     'i',  'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r',
                                     's',  't', 'u', 'v', 'w', 'x', 'y', 'z', 0xE9 };
static const struct lstmc_casing casings[] = {
    { 'A', 1, { 'a' } }, { 'B', 1, { 'b' } }, { 'C', 1, { 'c' } }, { 0xC9, 1, { 0xE9 } }
};
static const struct lstmc_hyper hypers[] = { { "learning_rate", 0.1 } };
static const struct lstmc_layer layers[] = { { "dense", "Dense", "Dense { 29 }", "(None, 29)",
                                               V *V + V } };
static const struct lstmc_isa isas[] = { { "baseline", NULL } };
static const struct lstmc_slot grads_results[] = { SLOT(work.dkernel, V *V), SLOT(work.dbias, V) };
static lstmc_program *const step_phases[] = { step_reads, step_predicts };

#define TRAINING_SLOTS                                                                             \
    {                                                                                              \
        SLOT(work.x, T *B), SLOT(work.y, B), SLOT(work.weight, B), SLOT(work.loss, 1),             \
            SLOT(work.correct, 1)                                                                  \
    }

static const struct lstmc_model model = {
    .abi = LSTMC_ABI,
    .version = LSTMC_VERSION,
    .name = NAME,
    .title = "one character from the one before it",
    .spec_hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    .compiled = "window: 4\nbatch: 3\nlayers: Dense { 29 }\nsymbols: 29\n",
    .loss = "categorical_crossentropy",
    .optimizer = "SGD",
    .dtype = DTYPE,
    .corpus = "fake.txt",
    .corpus_hash = "",
    .characters = 200,
    .steps = T,
    .stride = 1,
    .batch = B,
    .input = LSTMC_INDICES,
    .lowercase = 1,
    .symbol_count = V,
    .symbols = symbols,
    .casing_count = 4,
    .casings = casings,
    .epochs = 2,
    .sample_length = 20,
    .shuffle = 1,
    .window_mode = 1,
    .temperature = 0,
    .top_p = 1,
    .hyper_count = 1,
    .hypers = hypers,
    .arena_bytes = sizeof(struct arena),
    .param_bytes = sizeof(struct params),
    .state_bytes = sizeof(struct states),
    .work_bytes = sizeof(struct work),
    .flop_update = 6.0 * B * V,
    .flop_forward = 2.0 * B * V,
    .flop_phases = { [LSTMC_PROJECTIONS] = 2.0 * B * V, [LSTMC_WEIGHT_GRADIENTS] = 4.0 * B * V },
    .param_count = 2,
    .state_count = 1,
    .layer_count = 1,
    .params = params,
    .states = states,
    .layers = layers,
    .isa_count = 1,
    .isas = isas,
    .train = train,
    .grads = grads,
    .eval = eval,
    .window = window,
    .train_slots = TRAINING_SLOTS,
    .grads_slots = TRAINING_SLOTS,
    .grads_results = grads_results,
    .window_slots = { SLOT(work.window_x, T), SLOT(work.p, V) },
    .step_slots = { SLOT(work.step_x, 1), SLOT(work.p, V) },
    .step_phase_count = 2,
    .step_phases = step_phases,
    .carried = SLOT(work.carried, sizeof(int32_t[2])),
};

int main(int argc, char **argv)
{
    return lstmc_main(&model, argc, argv);
}
