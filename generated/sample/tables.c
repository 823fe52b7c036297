/* sample/tables.c: written by lstmc 0.1 from the spec of model "sample".
 * Do not edit; change the spec and run lstmc again.
 * model   LSTM 2 > Dense 37 softmax, float32, batch 4, steps 3
 * cost    0.001 MFLOP forward, 0.003 MFLOP an update; 431 parameters; work 4.03 kB
 */
/* Calls one after another: what gcc does beyond this only takes it twice as long. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O1")
#endif
#define SAMPLE_INTERNAL
#include "sample.h"
#include "kernels.h"
#include <string.h>

/* Between the arena and a plain array of the tensor. */
#define COPIES(name, offset, bytes)                                       \
    static void load_##name(unsigned char *arena, const void *plain)      \
    {                                                                     \
        memcpy(arena + (offset), plain, bytes);                           \
    }                                                                     \
    static void store_##name(const unsigned char *arena, void *plain)     \
    {                                                                     \
        memcpy(plain, arena + (offset), bytes);                           \
    }
COPIES(lstm_kernel, 0, 1184)
COPIES(lstm_recurrent_kernel, 1216, 64)
COPIES(lstm_bias, 1280, 32)
COPIES(dense_kernel, 1344, 296)
COPIES(dense_bias, 1664, 148)
COPIES(optimizer_m_lstm_kernel, SAMPLE_OPTIMIZER + 0, 1184)
COPIES(optimizer_v_lstm_kernel, SAMPLE_OPTIMIZER + 1216, 1184)
COPIES(optimizer_m_lstm_recurrent_kernel, SAMPLE_OPTIMIZER + 2432, 64)
COPIES(optimizer_v_lstm_recurrent_kernel, SAMPLE_OPTIMIZER + 2496, 64)
COPIES(optimizer_m_lstm_bias, SAMPLE_OPTIMIZER + 2560, 32)
COPIES(optimizer_v_lstm_bias, SAMPLE_OPTIMIZER + 2624, 32)
COPIES(optimizer_m_dense_kernel, SAMPLE_OPTIMIZER + 2688, 296)
COPIES(optimizer_v_dense_kernel, SAMPLE_OPTIMIZER + 3008, 296)
COPIES(optimizer_m_dense_bias, SAMPLE_OPTIMIZER + 3328, 148)
COPIES(optimizer_v_dense_bias, SAMPLE_OPTIMIZER + 3520, 148)

static const struct lstmc_init init_lstm_kernel[] = {
    { LSTMC_GLOROT_UNIFORM, 0.0, 0.0, 0, 8, 1 },
};
static const struct lstmc_init init_lstm_recurrent_kernel[] = {
    { LSTMC_ORTHOGONAL, 1.0, 0.0, 0, 8, 2 },
};
static const struct lstmc_init init_lstm_bias[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 2, 3 },
    { LSTMC_ONES, 0.0, 0.0, 2, 4, 3 },
    { LSTMC_ZEROS, 0.0, 0.0, 4, 8, 3 },
};
static const struct lstmc_init init_dense_kernel[] = {
    { LSTMC_GLOROT_UNIFORM, 0.0, 0.0, 0, 37, 4 },
};
static const struct lstmc_init init_dense_bias[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 37, 5 },
};

static const struct lstmc_tensor params[] = {
    { "lstm.kernel", 2, 1, { 37, 8 }, init_lstm_kernel, load_lstm_kernel, store_lstm_kernel },
    { "lstm.recurrent_kernel", 2, 1, { 2, 8 }, init_lstm_recurrent_kernel, load_lstm_recurrent_kernel, store_lstm_recurrent_kernel },
    { "lstm.bias", 1, 3, { 8 }, init_lstm_bias, load_lstm_bias, store_lstm_bias },
    { "dense.kernel", 2, 1, { 2, 37 }, init_dense_kernel, load_dense_kernel, store_dense_kernel },
    { "dense.bias", 1, 1, { 37 }, init_dense_bias, load_dense_bias, store_dense_bias },
};

static const int packed[] = { 3 };

static const struct lstmc_init init_optimizer_m_lstm_kernel[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 8, 0 },
};
static const struct lstmc_init init_optimizer_v_lstm_kernel[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 8, 0 },
};
static const struct lstmc_init init_optimizer_m_lstm_recurrent_kernel[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 8, 0 },
};
static const struct lstmc_init init_optimizer_v_lstm_recurrent_kernel[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 8, 0 },
};
static const struct lstmc_init init_optimizer_m_lstm_bias[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 8, 0 },
};
static const struct lstmc_init init_optimizer_v_lstm_bias[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 8, 0 },
};
static const struct lstmc_init init_optimizer_m_dense_kernel[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 37, 0 },
};
static const struct lstmc_init init_optimizer_v_dense_kernel[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 37, 0 },
};
static const struct lstmc_init init_optimizer_m_dense_bias[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 37, 0 },
};
static const struct lstmc_init init_optimizer_v_dense_bias[] = {
    { LSTMC_ZEROS, 0.0, 0.0, 0, 37, 0 },
};

static const struct lstmc_tensor states[] = {
    { "optimizer.m.lstm.kernel", 2, 1, { 37, 8 }, init_optimizer_m_lstm_kernel, load_optimizer_m_lstm_kernel, store_optimizer_m_lstm_kernel },
    { "optimizer.v.lstm.kernel", 2, 1, { 37, 8 }, init_optimizer_v_lstm_kernel, load_optimizer_v_lstm_kernel, store_optimizer_v_lstm_kernel },
    { "optimizer.m.lstm.recurrent_kernel", 2, 1, { 2, 8 }, init_optimizer_m_lstm_recurrent_kernel, load_optimizer_m_lstm_recurrent_kernel, store_optimizer_m_lstm_recurrent_kernel },
    { "optimizer.v.lstm.recurrent_kernel", 2, 1, { 2, 8 }, init_optimizer_v_lstm_recurrent_kernel, load_optimizer_v_lstm_recurrent_kernel, store_optimizer_v_lstm_recurrent_kernel },
    { "optimizer.m.lstm.bias", 1, 1, { 8 }, init_optimizer_m_lstm_bias, load_optimizer_m_lstm_bias, store_optimizer_m_lstm_bias },
    { "optimizer.v.lstm.bias", 1, 1, { 8 }, init_optimizer_v_lstm_bias, load_optimizer_v_lstm_bias, store_optimizer_v_lstm_bias },
    { "optimizer.m.dense.kernel", 2, 1, { 2, 37 }, init_optimizer_m_dense_kernel, load_optimizer_m_dense_kernel, store_optimizer_m_dense_kernel },
    { "optimizer.v.dense.kernel", 2, 1, { 2, 37 }, init_optimizer_v_dense_kernel, load_optimizer_v_dense_kernel, store_optimizer_v_dense_kernel },
    { "optimizer.m.dense.bias", 1, 1, { 37 }, init_optimizer_m_dense_bias, load_optimizer_m_dense_bias, store_optimizer_m_dense_bias },
    { "optimizer.v.dense.bias", 1, 1, { 37 }, init_optimizer_v_dense_bias, load_optimizer_v_dense_bias, store_optimizer_v_dense_bias },
};

/* What lower-casing takes for the symbols. */
static const struct lstmc_casing casings[] = {
    { 65, 1, { 97, 0, 0 } },
    { 66, 1, { 98, 0, 0 } },
    { 67, 1, { 99, 0, 0 } },
    { 68, 1, { 100, 0, 0 } },
    { 69, 1, { 101, 0, 0 } },
    { 70, 1, { 102, 0, 0 } },
    { 71, 1, { 103, 0, 0 } },
    { 72, 1, { 104, 0, 0 } },
    { 73, 1, { 105, 0, 0 } },
    { 74, 1, { 106, 0, 0 } },
    { 75, 1, { 107, 0, 0 } },
    { 76, 1, { 108, 0, 0 } },
    { 77, 1, { 109, 0, 0 } },
    { 78, 1, { 110, 0, 0 } },
    { 79, 1, { 111, 0, 0 } },
    { 80, 1, { 112, 0, 0 } },
    { 81, 1, { 113, 0, 0 } },
    { 82, 1, { 114, 0, 0 } },
    { 83, 1, { 115, 0, 0 } },
    { 84, 1, { 116, 0, 0 } },
    { 85, 1, { 117, 0, 0 } },
    { 86, 1, { 118, 0, 0 } },
    { 87, 1, { 119, 0, 0 } },
    { 88, 1, { 120, 0, 0 } },
    { 89, 1, { 121, 0, 0 } },
    { 90, 1, { 122, 0, 0 } },
    { 8490, 1, { 107, 0, 0 } },
};

static const struct lstmc_hyper hypers[] = {
    { "learning_rate", 0x1.0624dd2f1a9fcp-10 }, /* 0.001 */
    { "beta_1", 0x1.ccccccccccccdp-1 }, /* 0.9 */
    { "beta_2", 0x1.ff7ced916872bp-1 }, /* 0.999 */
    { "epsilon", 0x1.ad7f29abcaf48p-24 }, /* 1e-07 */
};

static const struct lstmc_layer layers[] = {
    { "lstm", "LSTM", "LSTM { 2 }", "(None, 2)", 320 },
    { "dense", "Dense", "Dense { 37, activation = \"softmax\" }", "(None, 37)", 111 },
};

static const char compiled[] =
    "model: sample\n"
    "dtype: float32\n"
    "layers: LSTM 2 > Dense 37 softmax\n"
    "loss: categorical_crossentropy\n"
    "optimizer: Adam\n"
    "window: 3 characters, stride 1\n"
    "input: onehot, predict last\n"
    "batch: 4\n"
    "text: lower-cased, 37 symbols\n"
    "layer lstm: LSTM { 2 }\n"
    "layer dense: Dense { 37, activation = \"softmax\" }\n";

/* The gradients, in the order of the parameters. */
static const struct lstmc_slot gradients[] = {
    { SAMPLE_WORK + 0, 296 }, /* lstm.kernel */
    { SAMPLE_WORK + 3904, 16 }, /* lstm.recurrent_kernel */
    { SAMPLE_WORK + 3968, 8 }, /* lstm.bias */
    { SAMPLE_WORK + 2240, 74 }, /* dense.kernel */
    { SAMPLE_WORK + 2560, 37 }, /* dense.bias */
};

static const struct lstmc_isa isas[] = {
#if defined(__x86_64__)
    { "avx512", &sample_avx512 },
    { "avx2", &sample_avx2 },
#endif
    { "baseline", &sample_baseline },
};

const struct lstmc_model sample_model = {
    .abi = LSTMC_ABI,
    .version = LSTMC_VERSION,
    .name = "sample",
    .title = "LSTM 2 > Dense 37 softmax",
    .spec_hash = "b675454f8c20ae052b666e403c92be39b9addf9d952ea2692f2d54df42d71964",
    .compiled = compiled,
    .loss = "categorical_crossentropy",
    .optimizer = "Adam",
    .dtype = LSTMC_FLOAT32,

    .corpus = "bundled.txt",
    .corpus_hash = "477d2e07703d33d25f8830f38265eee73a81ff92ff931ccdc52832c7c9930669",
    .characters = 48964,
    .steps = 3,
    .stride = 1,
    .batch = 4,
    .every = 0,
    .input = LSTMC_INDICES,
    .lowercase = 1,
    .symbol_count = SAMPLE_SYMBOLS,
    .symbols = sample_symbols,
    .casing_count = 27,
    .casings = casings,

    .epochs = 1,
    .shuffle = 1,
    .validation_split = 0.0,
    .sample_length = 3,
    .window_mode = 1,
    .temperature = 0.0,
    .top_k = 0,
    .top_p = 1.0,
    .hyper_count = 4,
    .hypers = hypers,

    .arena_bytes = SAMPLE_ARENA,
    .param_bytes = 1856,
    .state_bytes = 3840,
    .work_bytes = 4032,
    .flop_update = 2544.0,
    .flop_forward = 848.0,
    .flop_phases = {
        [LSTMC_FORWARD_RECURRENT] = 256.0,
        [LSTMC_PROJECTIONS] = 1184.0,
        [LSTMC_BACKWARD_RECURRENT] = 256.0,
        [LSTMC_WEIGHT_GRADIENTS] = 848.0,
        [LSTMC_OTHER] = 0.0,
    },
    .param_count = 5,
    .params = params,
    .state_count = 10,
    .states = states,
    .layer_count = 2,
    .layers = layers,
    .carried = { SAMPLE_CARRIED, 128 },

    .isa_count = sizeof isas / sizeof *isas,
    .isas = isas,
    .train = sample_train,
    .train_slots = {
        .x = { SAMPLE_WORK + 3072, 12 },
        .y = { SAMPLE_WORK + 3136, 4 },
        .weight = { SAMPLE_WORK + 3200, 4 },
        .loss = { SAMPLE_WORK + 3840, 1 },
        .correct = { SAMPLE_WORK + 3712, 1 },
    },
    .grads = sample_grads,
    .grads_slots = {
        .x = { SAMPLE_WORK + 3072, 12 },
        .y = { SAMPLE_WORK + 3136, 4 },
        .weight = { SAMPLE_WORK + 3200, 4 },
        .loss = { SAMPLE_WORK + 3840, 1 },
        .correct = { SAMPLE_WORK + 3712, 1 },
    },
    .grads_results = gradients,
    .eval = sample_eval,
    .step_phase_count = 1,
    .step_phases = sample_step_phases,
    .step_slots = { .x = { SAMPLE_WORK + 192, 1 }, .p = { SAMPLE_WORK + 0, 37 } },
    .window_phase_count = 1,
    .window_phases = sample_window_phases,
    .window_slots = { .x = { SAMPLE_WORK + 320, 3 }, .p = { SAMPLE_WORK + 0, 37 } },
    .pack = sample_pack,
    .packed_count = sizeof packed / sizeof *packed,
    .packed = packed,
};
