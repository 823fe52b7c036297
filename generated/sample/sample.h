/* sample/sample.h: written by lstmc 0.1 from the spec of model "sample".
 * Do not edit; change the spec and run lstmc again.
 * model   LSTM 2 > Dense 37 softmax, float32, batch 4, steps 3
 * cost    0.001 MFLOP forward, 0.003 MFLOP an update; 431 parameters; work 4.03 kB
 *
 * How to read the rest. Take one paragraph of forward.c, `lstm, t = 1` in train_*, and its twin of
 * the same title in backward.c. They call k->lstm_forward_1 and k->lstm_backward_1: find these
 * names in kernels.inc, where each function is preceded by its equations. The other time steps
 * differ in t only, the program grads is the same with nothing left out at random, and its forward
 * part evaluates. Then update.c, and sample.c, which is the model with a batch of 1.
 * Addresses: p the weights, s the states, w the memory in which a program works; k is the table of
 * kernels for one instruction set, me the worker, rows30 his share of 30 rows. lstmc_phase tells
 * `bench` where an update's time goes. A comment %412 at the end of a call is the number of its
 * result in sample.ir, the model as lstmc compiled it.
 */
#ifndef SAMPLE_H
#define SAMPLE_H
#include <stddef.h>
#include <stdint.h>

#define SAMPLE_SYMBOLS 37
#define SAMPLE_STEPS 3
#define SAMPLE_BATCH 4

/* Code points, sorted; a symbol is an index in this table. */
extern const uint32_t sample_symbols[];

/* Under the names that checkpoints have, with _ for the point. */
struct sample_weights {
    _Alignas(64) float lstm_kernel[296]; /* 37x8 */
    _Alignas(64) float lstm_recurrent_kernel[16]; /* 2x8 */
    _Alignas(64) float lstm_bias[8]; /* 8 */
    _Alignas(64) float dense_kernel[74]; /* 2x37 */
    _Alignas(64) float dense_bias[37]; /* 37 */
};
_Static_assert(offsetof(struct sample_weights, lstm_kernel) == 0, "lstm.kernel");
_Static_assert(offsetof(struct sample_weights, lstm_recurrent_kernel) == 1216,
    "lstm.recurrent_kernel");
_Static_assert(offsetof(struct sample_weights, lstm_bias) == 1280, "lstm.bias");
_Static_assert(offsetof(struct sample_weights, dense_kernel) == 1344, "dense.kernel");
_Static_assert(offsetof(struct sample_weights, dense_bias) == 1664, "dense.bias");

struct sample_carried {
    _Alignas(64) float lstm_h[2]; /* 1x2 */
    _Alignas(64) float lstm_c[2]; /* 1x2 */
};
_Static_assert(offsetof(struct sample_carried, lstm_h) == 0, "lstm.h");
_Static_assert(offsetof(struct sample_carried, lstm_c) == 64, "lstm.c");

/* What one stream of symbols needs: the state that is carried, and room to compute. */
struct sample_state {
    struct sample_carried carried;
    _Alignas(64) float work[128];
};

/* Before the first symbol. */
void sample_reset(struct sample_state *state);

/* Takes one symbol and gives the probabilities of the next. Runs on the kernels that
 * SAMPLE_KERNELS names when sample.c is compiled: sample_baseline, which runs everywhere, unless
 * it is defined as sample_avx2 or sample_avx512. */
void sample_step(const struct sample_weights *weights, struct sample_state *state, int symbol,
    float p[SAMPLE_SYMBOLS]);

/* ---- for the files beside this one ---- */
#if defined(SAMPLE_INTERNAL)
#include <lstmc/model.h>
#if LSTMC_ABI != 6
#error "written by another version of lstmc than these headers: run lstmc again"
#endif

struct sample_optimizer {
    _Alignas(64) float optimizer_m_lstm_kernel[296]; /* 37x8 */
    _Alignas(64) float optimizer_v_lstm_kernel[296]; /* 37x8 */
    _Alignas(64) float optimizer_m_lstm_recurrent_kernel[16]; /* 2x8 */
    _Alignas(64) float optimizer_v_lstm_recurrent_kernel[16]; /* 2x8 */
    _Alignas(64) float optimizer_m_lstm_bias[8]; /* 8 */
    _Alignas(64) float optimizer_v_lstm_bias[8]; /* 8 */
    _Alignas(64) float optimizer_m_dense_kernel[74]; /* 2x37 */
    _Alignas(64) float optimizer_v_dense_kernel[74]; /* 2x37 */
    _Alignas(64) float optimizer_m_dense_bias[37]; /* 37 */
    _Alignas(64) float optimizer_v_dense_bias[37]; /* 37 */
};
_Static_assert(offsetof(struct sample_optimizer, optimizer_m_lstm_kernel) == 0,
    "optimizer.m.lstm.kernel");
_Static_assert(offsetof(struct sample_optimizer, optimizer_v_lstm_kernel) == 1216,
    "optimizer.v.lstm.kernel");
_Static_assert(offsetof(struct sample_optimizer, optimizer_m_lstm_recurrent_kernel) == 2432,
    "optimizer.m.lstm.recurrent_kernel");
_Static_assert(offsetof(struct sample_optimizer, optimizer_v_lstm_recurrent_kernel) == 2496,
    "optimizer.v.lstm.recurrent_kernel");
_Static_assert(offsetof(struct sample_optimizer, optimizer_m_lstm_bias) == 2560,
    "optimizer.m.lstm.bias");
_Static_assert(offsetof(struct sample_optimizer, optimizer_v_lstm_bias) == 2624,
    "optimizer.v.lstm.bias");
_Static_assert(offsetof(struct sample_optimizer, optimizer_m_dense_kernel) == 2688,
    "optimizer.m.dense.kernel");
_Static_assert(offsetof(struct sample_optimizer, optimizer_v_dense_kernel) == 3008,
    "optimizer.v.dense.kernel");
_Static_assert(offsetof(struct sample_optimizer, optimizer_m_dense_bias) == 3328,
    "optimizer.m.dense.bias");
_Static_assert(offsetof(struct sample_optimizer, optimizer_v_dense_bias) == 3520,
    "optimizer.v.dense.bias");

/* The arena of a trainer, in bytes: the weights, the states of the optimizer, the carried state, and
 * the memory in which the programs work, one after the other. */
#define SAMPLE_OPTIMIZER 1856
#define SAMPLE_CARRIED 5568
#define SAMPLE_WORK 5696
#define SAMPLE_ARENA 9728

static inline struct sample_weights *sample_weights(const struct lstmc_call *call)
{
    return (struct sample_weights *)call->arena;
}

static inline struct sample_optimizer *sample_optimizer(const struct lstmc_call *call)
{
    return (struct sample_optimizer *)(call->arena + SAMPLE_OPTIMIZER);
}

static inline struct sample_carried *sample_carried(const struct lstmc_call *call)
{
    return (struct sample_carried *)(call->arena + SAMPLE_CARRIED);
}

static inline float *sample_work(const struct lstmc_call *call)
{
    return (float *)(call->arena + SAMPLE_WORK);
}

/* The weights that the products of a prediction read, packed: each in its room. */
#define SAMPLE_PACKED 6336
static inline struct sample_weights *sample_packed(const struct lstmc_call *call)
{
    return (struct sample_weights *)(call->arena + SAMPLE_PACKED);
}

/* Places in the work memory, in floats; (t) for time step t. */
#define TRAIN_X 768
#define TRAIN_Y 784
#define TRAIN_WEIGHT 800
#define TRAIN_LSTM_GATHER 464
#define TRAIN_LSTM_SIGMOID 816
#define TRAIN_LSTM_TANH 832
#define TRAIN_LSTM_SIGMOID_2 464
#define TRAIN_LSTM_MUL 470
#define TRAIN_LSTM_TANH_2 468
#define TRAIN_LSTM_MUL_2 752
#define TRAIN_LSTM_MATMUL(t) (656 + (t) * 32)
#define TRAIN_LSTM_SIGMOID_3 690
#define TRAIN_LSTM_SIGMOID_4 688
#define TRAIN_LSTM_TANH_3 692
#define TRAIN_LSTM_SIGMOID_5 496
#define TRAIN_LSTM_ADD 498
#define TRAIN_LSTM_TANH_4 500
#define TRAIN_LSTM_SIGMOID_6 722
#define TRAIN_LSTM_SIGMOID_7 530
#define TRAIN_LSTM_TANH_5 720
#define TRAIN_LSTM_SIGMOID_8 528
#define TRAIN_LSTM_TANH_6 532
#define TRAIN_LSTM_MUL_3 724
#define TRAIN_DENSE_MATMUL 304
#define TRAIN_DENSE_ADD 304
#define TRAIN_DENSE_REDUCE_MAX 848
#define TRAIN_LOSS_PICK 864
#define TRAIN_LOSS_ARGMAX 880
#define TRAIN_DENSE_EXP 304
#define TRAIN_LOSS_SELECT 896
#define TRAIN_DENSE_SUM 912
#define TRAIN_CORRECT 928
#define TRAIN_LOSS_MUL 848
#define TRAIN_LOSS_D_NEG 912
#define TRAIN_LOSS_D_DIV 944
#define TRAIN_LOSS 960
#define TRAIN_LOSS_D_ADD 304
#define TRAIN_DENSE_D_SUM 640
#define TRAIN_DENSE_D_MATMUL 534
#define TRAIN_D_DENSE_KERNEL 560
#define TRAIN_LSTM_D_MUL 464
#define TRAIN_LSTM_D_MUL_2 498
#define TRAIN_LSTM_D_MATMUL(t) (438 + (t) * 32)
#define TRAIN_LSTM_D_MUL_3 690
#define TRAIN_D_LSTM_KERNEL 0
#define TRAIN_D_LSTM_RECURRENT_KERNEL 976
#define TRAIN_LSTM_D_SUM 992
#define GRADS_X 768
#define GRADS_Y 784
#define GRADS_WEIGHT 800
#define GRADS_LSTM_GATHER 464
#define GRADS_LSTM_SIGMOID 816
#define GRADS_LSTM_TANH 832
#define GRADS_LSTM_SIGMOID_2 464
#define GRADS_LSTM_MUL 470
#define GRADS_LSTM_TANH_2 468
#define GRADS_LSTM_MUL_2 752
#define GRADS_LSTM_MATMUL(t) (656 + (t) * 32)
#define GRADS_LSTM_SIGMOID_3 690
#define GRADS_LSTM_SIGMOID_4 688
#define GRADS_LSTM_TANH_3 692
#define GRADS_LSTM_SIGMOID_5 496
#define GRADS_LSTM_ADD 498
#define GRADS_LSTM_TANH_4 500
#define GRADS_LSTM_SIGMOID_6 722
#define GRADS_LSTM_SIGMOID_7 530
#define GRADS_LSTM_TANH_5 720
#define GRADS_LSTM_SIGMOID_8 528
#define GRADS_LSTM_TANH_6 532
#define GRADS_LSTM_MUL_3 724
#define GRADS_DENSE_MATMUL 304
#define GRADS_DENSE_ADD 304
#define GRADS_DENSE_REDUCE_MAX 848
#define GRADS_LOSS_PICK 864
#define GRADS_LOSS_ARGMAX 880
#define GRADS_DENSE_EXP 304
#define GRADS_LOSS_SELECT 896
#define GRADS_DENSE_SUM 912
#define GRADS_CORRECT 928
#define GRADS_LOSS_MUL 848
#define GRADS_LOSS_D_NEG 912
#define GRADS_LOSS_D_DIV 944
#define GRADS_LOSS 960
#define GRADS_LOSS_D_ADD 304
#define GRADS_DENSE_D_SUM 640
#define GRADS_DENSE_D_MATMUL 534
#define GRADS_D_DENSE_KERNEL 560
#define GRADS_LSTM_D_MUL 464
#define GRADS_LSTM_D_MUL_2 498
#define GRADS_LSTM_D_MATMUL(t) (438 + (t) * 32)
#define GRADS_LSTM_D_MUL_3 690
#define GRADS_D_LSTM_KERNEL 0
#define GRADS_D_LSTM_RECURRENT_KERNEL 976
#define GRADS_LSTM_D_SUM 992
#define SAMPLE_X 48
#define SAMPLE_LSTM_MATMUL 64
#define SAMPLE_LSTM_GATHER 80
#define SAMPLE_DENSE_MATMUL 0
#define SAMPLE_DENSE_ADD 0
#define SAMPLE_DENSE_REDUCE_MAX 96
#define SAMPLE_DENSE_EXP 0
#define SAMPLE_DENSE_SUM 112
#define SAMPLE_P 0
#define WINDOW_X 80
#define WINDOW_LSTM_GATHER 48
#define WINDOW_LSTM_MUL 48
#define WINDOW_LSTM_MUL_2 52
#define WINDOW_LSTM_MATMUL(t) (80 + (t) * 16)
#define WINDOW_LSTM_ADD 58
#define WINDOW_LSTM_MUL_3 56
#define WINDOW_LSTM_MUL_4 66
#define WINDOW_DENSE_MATMUL 0
#define WINDOW_DENSE_ADD 0
#define WINDOW_DENSE_REDUCE_MAX 128
#define WINDOW_DENSE_EXP 0
#define WINDOW_DENSE_SUM 144
#define WINDOW_P 0

/* The programs, and their parts in forward.c, backward.c and update.c. */
lstmc_program sample_train_forward;
lstmc_program sample_train_backward;
lstmc_program sample_train_forward_2;
lstmc_program sample_train_backward_2;
lstmc_program sample_train_update;
lstmc_program sample_train_backward_3;
lstmc_program sample_train_update_2;
lstmc_program sample_train;
lstmc_program sample_grads_forward;
lstmc_program sample_grads_backward;
lstmc_program sample_grads_forward_2;
lstmc_program sample_grads_backward_2;
lstmc_program sample_grads;
extern lstmc_program *const sample_step_phases[1];
extern lstmc_program *const sample_window_phases[1];
lstmc_program sample_eval;
lstmc_program sample_pack;

extern const struct lstmc_model sample_model;
#endif
#endif
