/* sample/update.c: written by lstmc 0.1 from the spec of model "sample".
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

static void train_update_optimizer(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct sample_weights *p = sample_weights(call);
    struct sample_optimizer *s = sample_optimizer(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range cols37 = lstmc_share(me, 1, 16, 37);
    const double beta_1 = call->hypers[1];
    const double d98 = 1.0 - beta_1;
    const double learning_rate = call->hypers[0];
    const double beta_2 = call->hypers[2];
    const double update = call->update;
    const double d86 = s_pow(beta_2, update);
    const double d88 = 1.0 - d86;
    const double d89 = s_sqrt(d88);
    const double d90 = learning_rate * d89;
    const double d92 = s_pow(beta_1, update);
    const double d94 = 1.0 - d92;
    const double d95 = d90 / d94;
    const double d104 = 1.0 - beta_2;
    const double epsilon = call->hypers[3];

    /* optimizer: Adam */
    lstmc_phase(me, LSTMC_WEIGHT_GRADIENTS);
    me->flags[3] |= k->optimizer_update_0(s->optimizer_m_dense_kernel, s->optimizer_v_dense_kernel,
        p->dense_kernel, w + TRAIN_D_DENSE_KERNEL, d98, d95, d104, epsilon,
        cols37); /* %149 and 2 more */
    me->flags[4] |= k->optimizer_update_1(s->optimizer_m_dense_bias, s->optimizer_v_dense_bias,
        p->dense_bias, w + TRAIN_DENSE_D_SUM, d98, d95, d104, epsilon,
        cols37); /* %165 and 2 more */
}

void sample_train_update(const struct lstmc_call *call, struct lstmc_worker *me)
{
    train_update_optimizer(call, me);
}

static void train_update_optimizer_2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    struct sample_weights *p = sample_weights(call);
    struct sample_optimizer *s = sample_optimizer(call);
    float *w = sample_work(call);
    const struct sample_kernels *k = call->kernels;
    const struct lstmc_range rows37 = lstmc_share(me, 1, 1, 37);
    const struct lstmc_range cols8 = lstmc_share(me, 1, 16, 8);
    const double beta_1 = call->hypers[1];
    const double d98 = 1.0 - beta_1;
    const double learning_rate = call->hypers[0];
    const double beta_2 = call->hypers[2];
    const double update = call->update;
    const double d86 = s_pow(beta_2, update);
    const double d88 = 1.0 - d86;
    const double d89 = s_sqrt(d88);
    const double d90 = learning_rate * d89;
    const double d92 = s_pow(beta_1, update);
    const double d94 = 1.0 - d92;
    const double d95 = d90 / d94;
    const double d104 = 1.0 - beta_2;
    const double epsilon = call->hypers[3];

    /* optimizer: Adam */
    me->flags[0] |= k->optimizer_update_2(s->optimizer_m_lstm_kernel, s->optimizer_v_lstm_kernel,
        p->lstm_kernel, w + TRAIN_D_LSTM_KERNEL, d98, d95, d104, epsilon,
        rows37); /* %100 and 2 more */
    me->flags[1] |= k->optimizer_update_3(s->optimizer_m_lstm_recurrent_kernel,
        s->optimizer_v_lstm_recurrent_kernel, p->lstm_recurrent_kernel,
        w + TRAIN_D_LSTM_RECURRENT_KERNEL, d98, d95, d104, epsilon, cols8); /* %117 and 2 more */
    me->flags[2] |= k->optimizer_update_4(s->optimizer_m_lstm_bias, s->optimizer_v_lstm_bias,
        p->lstm_bias, w + TRAIN_LSTM_D_SUM, d98, d95, d104, epsilon, cols8); /* %133 and 2 more */
}

void sample_train_update_2(const struct lstmc_call *call, struct lstmc_worker *me)
{
    train_update_optimizer_2(call, me);
}

void sample_train(const struct lstmc_call *call, struct lstmc_worker *me)
{
    sample_train_forward(call, me);
    sample_train_backward(call, me);
    sample_train_forward_2(call, me);
    sample_train_backward_2(call, me);
    sample_train_update(call, me);
    sample_train_backward_3(call, me);
    sample_train_update_2(call, me);
}
