/* sample/forward.c: written by lstmc 0.1 from the spec of model "sample".
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

static void train_forward_lstm_t0_t2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct sample_weights *p = sample_weights(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range rows12 = lstmc_share(me, 1, 1, 12);
    const struct lstmc_range cols2 = lstmc_share(me, 1, 16, 2);
    const struct lstmc_range cols8 = lstmc_share(me, 1, 16, 8);

    /* lstm: LSTM { 2 } */
    lstmc_phase(me, LSTMC_PROJECTIONS);
    k->gather_37x8(w + TRAIN_LSTM_GATHER, p->lstm_kernel, (int32_t *)(w + TRAIN_X),
        rows12); /* %315 */

    /* lstm, t = 0: LSTM { 2 } */
    lstmc_phase(me, LSTMC_FORWARD_RECURRENT);
    k->lstm_forward_0(w + TRAIN_LSTM_SIGMOID, w + TRAIN_LSTM_TANH, w + TRAIN_LSTM_SIGMOID_2,
        w + TRAIN_LSTM_MUL_2, p->lstm_bias, cols2); /* %14 and 5 more */

    /* lstm, t = 1: LSTM { 2 } */
    k->product_4x8x2(w + TRAIN_LSTM_MATMUL(1), w + TRAIN_LSTM_MUL_2, p->lstm_recurrent_kernel,
        cols8); /* %23 */
    k->lstm_forward_1(w + TRAIN_LSTM_SIGMOID_4, w + TRAIN_LSTM_SIGMOID_5,
        w + TRAIN_LSTM_MUL_2 + 4 * 2, p->lstm_bias, w + TRAIN_LSTM_MUL, cols2); /* %30 and 6 more */

    /* lstm, t = 2: LSTM { 2 } */
    k->product_4x8x2(w + TRAIN_LSTM_MATMUL(2), w + TRAIN_LSTM_MUL_2 + 4 * 2,
        p->lstm_recurrent_kernel, cols8); /* %41 */
    k->lstm_forward_2(w + TRAIN_LSTM_TANH_5, w + TRAIN_LSTM_SIGMOID_8, p->lstm_bias,
        w + TRAIN_LSTM_ADD, cols2); /* %48 and 5 more */
}

static void train_forward_dense(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct sample_weights *p = sample_weights(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols37 = lstmc_share(me, 1, 16, 37);
    const struct lstmc_range rows4 = lstmc_share(me, 1, 1, 4);
    const struct lstmc_range cols1 = lstmc_share(me, 1, 16, 1);

    /* dense: Dense { 37, activation = "softmax" } */
    lstmc_phase(me, LSTMC_PROJECTIONS);
    k->product_4x37x2(w + TRAIN_DENSE_MATMUL, w + TRAIN_LSTM_MUL_3, p->dense_kernel,
        cols37); /* %57 */
    lstmc_phase(me, LSTMC_OTHER);
    k->dense_forward_0(w + TRAIN_DENSE_ADD, p->dense_bias, cols37); /* %58 */
    k->reduce_max_4x37(w + TRAIN_DENSE_REDUCE_MAX, w + TRAIN_DENSE_ADD, rows4); /* %59 */

    /* loss: categorical_crossentropy */
    k->pick_4x37(w + TRAIN_LOSS_PICK, w + TRAIN_DENSE_ADD, (int32_t *)(w + TRAIN_Y),
        rows4); /* %69 */
    k->argmax_4x37((int32_t *)(w + TRAIN_LOSS_ARGMAX), w + TRAIN_DENSE_ADD, rows4); /* %73 */

    /* dense: Dense { 37, activation = "softmax" } */
    k->dense_forward_1(w + TRAIN_DENSE_EXP, w + TRAIN_DENSE_REDUCE_MAX, cols37); /* %62 */

    /* loss: categorical_crossentropy */
    k->loss_forward_0(w + TRAIN_LOSS_SELECT, (int32_t *)(w + TRAIN_LOSS_ARGMAX),
        (int32_t *)(w + TRAIN_Y), w + TRAIN_WEIGHT, cols1); /* %76 */

    /* dense: Dense { 37, activation = "softmax" } */
    k->sum_4x37(w + TRAIN_DENSE_SUM, w + TRAIN_DENSE_EXP, rows4); /* %63 */

    /* loss: categorical_crossentropy */
    k->sum_4x1(w + TRAIN_CORRECT, w + TRAIN_LOSS_SELECT, cols1); /* %77 */
    k->loss_forward_1(w + TRAIN_LOSS_MUL, w + TRAIN_DENSE_SUM, w + TRAIN_LOSS_PICK,
        w + TRAIN_WEIGHT, cols1); /* %71 */
}

void sample_train_forward(const struct lstmc_call *call, struct lstmc_worker *me)
{
    train_forward_lstm_t0_t2(call, me);
    train_forward_dense(call, me);
}

static void train_forward_loss(const struct lstmc_call *call, struct lstmc_worker *me)
{
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols1 = lstmc_share(me, 1, 16, 1);

    /* loss: categorical_crossentropy */
    k->sum_4x1(w + TRAIN_LOSS, w + TRAIN_LOSS_MUL, cols1); /* %72 */
}

void sample_train_forward_2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    train_forward_loss(call, me);
}

static void grads_forward_lstm_t0_t2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct sample_weights *p = sample_weights(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range rows12 = lstmc_share(me, 1, 1, 12);
    const struct lstmc_range cols2 = lstmc_share(me, 1, 16, 2);
    const struct lstmc_range cols8 = lstmc_share(me, 1, 16, 8);

    /* lstm: LSTM { 2 } */
    k->gather_37x8(w + GRADS_LSTM_GATHER, p->lstm_kernel, (int32_t *)(w + GRADS_X),
        rows12); /* %221 */

    /* lstm, t = 0: LSTM { 2 } */
    k->lstm_forward_0(w + GRADS_LSTM_SIGMOID, w + GRADS_LSTM_TANH, w + GRADS_LSTM_SIGMOID_2,
        w + GRADS_LSTM_MUL_2, p->lstm_bias, cols2); /* %14 and 5 more */

    /* lstm, t = 1: LSTM { 2 } */
    k->product_4x8x2(w + GRADS_LSTM_MATMUL(1), w + GRADS_LSTM_MUL_2, p->lstm_recurrent_kernel,
        cols8); /* %23 */
    k->lstm_forward_1(w + GRADS_LSTM_SIGMOID_4, w + GRADS_LSTM_SIGMOID_5,
        w + GRADS_LSTM_MUL_2 + 4 * 2, p->lstm_bias, w + GRADS_LSTM_MUL, cols2); /* %30 and 6 more */

    /* lstm, t = 2: LSTM { 2 } */
    k->product_4x8x2(w + GRADS_LSTM_MATMUL(2), w + GRADS_LSTM_MUL_2 + 4 * 2,
        p->lstm_recurrent_kernel, cols8); /* %41 */
    k->lstm_forward_2(w + GRADS_LSTM_TANH_5, w + GRADS_LSTM_SIGMOID_8, p->lstm_bias,
        w + GRADS_LSTM_ADD, cols2); /* %48 and 5 more */
}

static void grads_forward_dense(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct sample_weights *p = sample_weights(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols37 = lstmc_share(me, 1, 16, 37);
    const struct lstmc_range rows4 = lstmc_share(me, 1, 1, 4);
    const struct lstmc_range cols1 = lstmc_share(me, 1, 16, 1);

    /* dense: Dense { 37, activation = "softmax" } */
    k->product_4x37x2(w + GRADS_DENSE_MATMUL, w + GRADS_LSTM_MUL_3, p->dense_kernel,
        cols37); /* %57 */
    k->dense_forward_0(w + GRADS_DENSE_ADD, p->dense_bias, cols37); /* %58 */
    k->reduce_max_4x37(w + GRADS_DENSE_REDUCE_MAX, w + GRADS_DENSE_ADD, rows4); /* %59 */

    /* loss: categorical_crossentropy */
    k->pick_4x37(w + GRADS_LOSS_PICK, w + GRADS_DENSE_ADD, (int32_t *)(w + GRADS_Y),
        rows4); /* %69 */
    k->argmax_4x37((int32_t *)(w + GRADS_LOSS_ARGMAX), w + GRADS_DENSE_ADD, rows4); /* %73 */

    /* dense: Dense { 37, activation = "softmax" } */
    k->dense_forward_1(w + GRADS_DENSE_EXP, w + GRADS_DENSE_REDUCE_MAX, cols37); /* %62 */

    /* loss: categorical_crossentropy */
    k->loss_forward_0(w + GRADS_LOSS_SELECT, (int32_t *)(w + GRADS_LOSS_ARGMAX),
        (int32_t *)(w + GRADS_Y), w + GRADS_WEIGHT, cols1); /* %76 */

    /* dense: Dense { 37, activation = "softmax" } */
    k->sum_4x37(w + GRADS_DENSE_SUM, w + GRADS_DENSE_EXP, rows4); /* %63 */

    /* loss: categorical_crossentropy */
    k->sum_4x1(w + GRADS_CORRECT, w + GRADS_LOSS_SELECT, cols1); /* %77 */
    k->loss_forward_1(w + GRADS_LOSS_MUL, w + GRADS_DENSE_SUM, w + GRADS_LOSS_PICK,
        w + GRADS_WEIGHT, cols1); /* %71 */
}

void sample_grads_forward(const struct lstmc_call *call, struct lstmc_worker *me)
{
    grads_forward_lstm_t0_t2(call, me);
    grads_forward_dense(call, me);
}

static void grads_forward_loss(const struct lstmc_call *call, struct lstmc_worker *me)
{
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols1 = lstmc_share(me, 1, 16, 1);

    /* loss: categorical_crossentropy */
    k->sum_4x1(w + GRADS_LOSS, w + GRADS_LOSS_MUL, cols1); /* %72 */
}

void sample_grads_forward_2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    grads_forward_loss(call, me);
}

/* Loss and right answers of a batch, at the places of grads. */
void sample_eval(const struct lstmc_call *call, struct lstmc_worker *me)
{
    sample_grads_forward(call, me);
    lstmc_barrier(me);
    sample_grads_forward_2(call, me);
}
