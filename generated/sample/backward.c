/* sample/backward.c: written by lstmc 0.1 from the spec of model "sample".
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
#include <lstmc/scalar.h>

static void train_backward_loss(const struct lstmc_call *call, struct lstmc_worker *me)
{
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols1 = lstmc_share(me, 1, 16, 1);

    /* loss: categorical_crossentropy */
    k->loss_backward_0(w + TRAIN_LOSS_D_NEG, w + TRAIN_LOSS_D_DIV, w + TRAIN_WEIGHT,
        cols1); /* %180 and 1 more */
}

void sample_train_backward(const struct lstmc_call *call, struct lstmc_worker *me)
{
    train_backward_loss(call, me);
}

static void train_backward_loss_2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct sample_weights *p = sample_weights(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols37 = lstmc_share(me, 1, 16, 37);
    const struct lstmc_range rows4 = lstmc_share(me, 1, 1, 4);

    /* loss: categorical_crossentropy */
    k->loss_backward_1(w + TRAIN_LOSS_D_ADD, (int32_t *)(w + TRAIN_Y), w + TRAIN_LOSS_D_NEG,
        w + TRAIN_LOSS_D_DIV, cols37); /* %187 */

    /* dense: Dense { 37, activation = "softmax" } */
    lstmc_phase(me, LSTMC_WEIGHT_GRADIENTS);
    k->sum_4x37_2(w + TRAIN_DENSE_D_SUM, w + TRAIN_LOSS_D_ADD, cols37); /* %188 */
    lstmc_phase(me, LSTMC_PROJECTIONS);
    k->product_tb_4x2x37(w + TRAIN_DENSE_D_MATMUL, w + TRAIN_LOSS_D_ADD, p->dense_kernel,
        rows4); /* %190 */
    lstmc_phase(me, LSTMC_WEIGHT_GRADIENTS);
    k->product_ta_2x37x4(w + TRAIN_D_DENSE_KERNEL, w + TRAIN_LSTM_MUL_3, w + TRAIN_LOSS_D_ADD,
        cols37); /* %191 */
}

static void train_backward_lstm_t2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols2 = lstmc_share(me, 1, 16, 2);

    /* lstm, t = 2: LSTM { 2 } */
    lstmc_phase(me, LSTMC_BACKWARD_RECURRENT);
    k->lstm_backward_0(w + TRAIN_LSTM_D_MUL + 8 * 8, w + TRAIN_LSTM_D_MUL_2, w + TRAIN_LSTM_TANH_5,
        cols2); /* %201 and 4 more */
}

void sample_train_backward_2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    train_backward_loss_2(call, me);
    train_backward_lstm_t2(call, me);
}

static void train_backward_lstm_t2_t0(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct sample_weights *p = sample_weights(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range rows4 = lstmc_share(me, 1, 1, 4);
    const struct lstmc_range cols2 = lstmc_share(me, 1, 16, 2);
    const struct lstmc_range cols8 = lstmc_share(me, 1, 16, 8);

    /* lstm, t = 2: LSTM { 2 } */
    lstmc_phase(me, LSTMC_BACKWARD_RECURRENT);
    k->product_tb_4x2x8(w + TRAIN_LSTM_D_MATMUL(2), w + TRAIN_LSTM_D_MUL + 8 * 8,
        p->lstm_recurrent_kernel, rows4); /* %221 */

    /* lstm, t = 1: LSTM { 2 } */
    k->lstm_backward_1(w + TRAIN_LSTM_D_MUL + 4 * 8, w + TRAIN_LSTM_SIGMOID_4, w + TRAIN_LSTM_MUL,
        cols2); /* %233 and 4 more */
    k->product_tb_4x2x8(w + TRAIN_LSTM_D_MATMUL(1), w + TRAIN_LSTM_D_MUL + 4 * 8,
        p->lstm_recurrent_kernel, rows4); /* %254 */

    /* lstm, t = 0: LSTM { 2 } */
    k->lstm_backward_2(w + TRAIN_LSTM_D_MUL, w + TRAIN_LSTM_D_MUL_3, w + TRAIN_LSTM_SIGMOID,
        w + TRAIN_LSTM_TANH, cols2); /* %266 and 2 more */
    k->fill_4_2(w + TRAIN_LSTM_D_MUL + 2, cols2); /* %347 */

    /* lstm: LSTM { 2 } */
    lstmc_phase(me, LSTMC_WEIGHT_GRADIENTS);
    k->scatter_12x8(w + TRAIN_D_LSTM_KERNEL, w + TRAIN_LSTM_D_MUL, (int32_t *)(w + TRAIN_X),
        cols8); /* %289 */
    k->product_ta_2x8x8(w + TRAIN_D_LSTM_RECURRENT_KERNEL, w + TRAIN_LSTM_MUL_2,
        w + TRAIN_LSTM_D_MUL + 4 * 8, cols8); /* %290 */
    k->sum_12x8(w + TRAIN_LSTM_D_SUM, w + TRAIN_LSTM_D_MUL, cols8); /* %313 */
}

void sample_train_backward_3(const struct lstmc_call *call, struct lstmc_worker *me)
{
    train_backward_lstm_t2_t0(call, me);
}

static void grads_backward_loss(const struct lstmc_call *call, struct lstmc_worker *me)
{
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols1 = lstmc_share(me, 1, 16, 1);

    /* loss: categorical_crossentropy */
    k->loss_backward_0(w + GRADS_LOSS_D_NEG, w + GRADS_LOSS_D_DIV, w + GRADS_WEIGHT,
        cols1); /* %86 and 1 more */
}

void sample_grads_backward(const struct lstmc_call *call, struct lstmc_worker *me)
{
    grads_backward_loss(call, me);
}

static void grads_backward_loss_2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct sample_weights *p = sample_weights(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols37 = lstmc_share(me, 1, 16, 37);
    const struct lstmc_range rows4 = lstmc_share(me, 1, 1, 4);

    /* loss: categorical_crossentropy */
    k->loss_backward_1(w + GRADS_LOSS_D_ADD, (int32_t *)(w + GRADS_Y), w + GRADS_LOSS_D_NEG,
        w + GRADS_LOSS_D_DIV, cols37); /* %93 */

    /* dense: Dense { 37, activation = "softmax" } */
    k->sum_4x37_2(w + GRADS_DENSE_D_SUM, w + GRADS_LOSS_D_ADD, cols37); /* %94 */
    k->product_tb_4x2x37(w + GRADS_DENSE_D_MATMUL, w + GRADS_LOSS_D_ADD, p->dense_kernel,
        rows4); /* %96 */
    k->product_ta_2x37x4(w + GRADS_D_DENSE_KERNEL, w + GRADS_LSTM_MUL_3, w + GRADS_LOSS_D_ADD,
        cols37); /* %97 */
}

static void grads_backward_lstm_t2_t0(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct sample_weights *p = sample_weights(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols2 = lstmc_share(me, 1, 16, 2);
    const struct lstmc_range rows4 = lstmc_share(me, 1, 1, 4);
    const struct lstmc_range cols8 = lstmc_share(me, 1, 16, 8);

    /* lstm, t = 2: LSTM { 2 } */
    k->lstm_backward_0(w + GRADS_LSTM_D_MUL + 8 * 8, w + GRADS_LSTM_D_MUL_2, w + GRADS_LSTM_TANH_5,
        cols2); /* %107 and 4 more */
    k->product_tb_4x2x8(w + GRADS_LSTM_D_MATMUL(2), w + GRADS_LSTM_D_MUL + 8 * 8,
        p->lstm_recurrent_kernel, rows4); /* %127 */

    /* lstm, t = 1: LSTM { 2 } */
    k->lstm_backward_1(w + GRADS_LSTM_D_MUL + 4 * 8, w + GRADS_LSTM_SIGMOID_4, w + GRADS_LSTM_MUL,
        cols2); /* %139 and 4 more */
    k->product_tb_4x2x8(w + GRADS_LSTM_D_MATMUL(1), w + GRADS_LSTM_D_MUL + 4 * 8,
        p->lstm_recurrent_kernel, rows4); /* %160 */

    /* lstm, t = 0: LSTM { 2 } */
    k->lstm_backward_2(w + GRADS_LSTM_D_MUL, w + GRADS_LSTM_D_MUL_3, w + GRADS_LSTM_SIGMOID,
        w + GRADS_LSTM_TANH, cols2); /* %172 and 2 more */
    k->fill_4_2(w + GRADS_LSTM_D_MUL + 2, cols2); /* %253 */

    /* lstm: LSTM { 2 } */
    k->scatter_12x8(w + GRADS_D_LSTM_KERNEL, w + GRADS_LSTM_D_MUL, (int32_t *)(w + GRADS_X),
        cols8); /* %195 */
    k->product_ta_2x8x8(w + GRADS_D_LSTM_RECURRENT_KERNEL, w + GRADS_LSTM_MUL_2,
        w + GRADS_LSTM_D_MUL + 4 * 8, cols8); /* %196 */
    k->sum_12x8(w + GRADS_LSTM_D_SUM, w + GRADS_LSTM_D_MUL, cols8); /* %219 */
}

void sample_grads_backward_2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    grads_backward_loss_2(call, me);
    grads_backward_lstm_t2_t0(call, me);
}

void sample_grads(const struct lstmc_call *call, struct lstmc_worker *me)
{
    sample_grads_forward(call, me);
    sample_grads_backward(call, me);
    sample_grads_forward_2(call, me);
    sample_grads_backward_2(call, me);
}
