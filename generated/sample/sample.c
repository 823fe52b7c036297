/* sample/sample.c: written by lstmc 0.1 from the spec of model "sample".
 * Do not edit; change the spec and run lstmc again.
 * model   LSTM 2 > Dense 37 softmax, float32, batch 4, steps 3
 * cost    0.001 MFLOP forward, 0.003 MFLOP an update; 431 parameters; work 4.03 kB
 *
 * Prediction. With one of the kernel files this compiles and runs alone: no BLAS, no threads, no
 * allocation. A function is a phase: what all workers do between two barriers. */
/* Calls one after another: what gcc does beyond this only takes it twice as long. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O1")
#endif
#define SAMPLE_INTERNAL
#include "sample.h"
#include "kernels.h"
#include <string.h>

const uint32_t sample_symbols[] = {
    10, 32, 33, 34, 39, 44, 45, 46, 58, 59, 63, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107,
        108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122
};

#if !defined(SAMPLE_KERNELS)
#define SAMPLE_KERNELS sample_baseline
#endif

/* What a phase works with: in a trainer parts of its arena, elsewhere what the caller of
 * sample_step has. */
struct tools {
    const struct sample_weights *p;
    struct sample_carried *s;
    float *w;
    const struct sample_kernels *k;
    const struct sample_weights *b;  /* the weights as the products read them */
    const struct sample_products *m; /* that do so */
};

static struct tools tools_of(const struct lstmc_call *call)
{
    const struct sample_kernels *k = call->kernels;
    return (struct tools){
        .p = sample_weights(call),
        .s = sample_carried(call),
        .w = sample_work(call),
        .k = k,
        .b = call->weights == LSTMC_PLAIN ? sample_weights(call) : sample_packed(call),
        .m = &k->products[call->weights],
    };
}

/* Once for weights that do not change from one character to the next. */
void sample_pack(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct tools x = tools_of(call);
    const struct sample_weights *p = sample_weights(call);
    struct sample_weights *y = sample_packed(call);

    x.m->pack(y->dense_kernel, p->dense_kernel, 0, 2, 37, lstmc_share(me, 8, 32, 37));
}

static void step_0(struct tools x, const struct lstmc_worker *me)
{
    /* lstm, t = 0 */
    x.k->product_1x8x2(x.w + SAMPLE_LSTM_MATMUL, x.s->lstm_h, x.p->lstm_recurrent_kernel,
        lstmc_share(me, 1, 16, 8)); /* %2 */
    x.k->gather_37x8_2(x.w + SAMPLE_LSTM_GATHER, x.p->lstm_kernel, (int32_t *)(x.w + SAMPLE_X),
        lstmc_share(me, 1, 1, 1)); /* %1 */
    x.k->lstm_forward_3(x.s->lstm_c, x.s->lstm_h, x.w + SAMPLE_LSTM_GATHER,
        x.w + SAMPLE_LSTM_MATMUL, x.p->lstm_bias, lstmc_share(me, 1, 16, 2)); /* %14 and 1 more */

    /* dense */
    x.m->product_1x37x2(x.w + SAMPLE_DENSE_MATMUL, x.s->lstm_h, x.b->dense_kernel,
        lstmc_share(me, 1, 16, 37)); /* %18 */
    x.k->dense_forward_2(x.w + SAMPLE_DENSE_ADD, x.p->dense_bias,
        lstmc_share(me, 1, 16, 37)); /* %19 */
    x.k->reduce_max_1x37(x.w + SAMPLE_DENSE_REDUCE_MAX, x.w + SAMPLE_DENSE_ADD,
        lstmc_share(me, 1, 1, 1)); /* %20 */
    x.k->dense_forward_3(x.w + SAMPLE_DENSE_EXP, x.w + SAMPLE_DENSE_REDUCE_MAX,
        lstmc_share(me, 1, 16, 37)); /* %23 */
    x.k->sum_1x37(x.w + SAMPLE_DENSE_SUM, x.w + SAMPLE_DENSE_EXP,
        lstmc_share(me, 1, 1, 1)); /* %24 */
    x.k->dense_forward_4(x.w + SAMPLE_P, x.w + SAMPLE_DENSE_SUM,
        lstmc_share(me, 1, 16, 37)); /* %25 */
}

static void run_step_0(const struct lstmc_call *call, struct lstmc_worker *me)
{
    step_0(tools_of(call), me);
}

lstmc_program *const sample_step_phases[] = {
    run_step_0
};

void sample_reset(struct sample_state *state)
{
    memset(state, 0, sizeof *state);
}

void sample_step(const struct sample_weights *weights, struct sample_state *state, int symbol,
    float p[SAMPLE_SYMBOLS])
{
    const struct tools x = { .p = weights, .s = &state->carried, .w = state->work, .k = &SAMPLE_KERNELS,
        .b = weights, .m = SAMPLE_KERNELS.products };
    const struct lstmc_worker me = { .count = 1, .to = LSTMC_WHOLE };

    *(int32_t *)(x.w + SAMPLE_X) = symbol;
    step_0(x, &me);
    memcpy(p, x.w + SAMPLE_P, SAMPLE_SYMBOLS * sizeof *p);
}

static void window_0(const struct lstmc_call *call, struct lstmc_worker *me)
{
    const struct tools x = tools_of(call);

    /* lstm */
    x.k->gather_37x8_3(x.w + WINDOW_LSTM_GATHER, x.p->lstm_kernel, (int32_t *)(x.w + WINDOW_X),
        lstmc_share(me, 1, 1, 3)); /* %70 */

    /* lstm, t = 0 */
    x.k->lstm_forward_4(x.w + WINDOW_LSTM_MUL, x.p->lstm_bias,
        lstmc_share(me, 1, 16, 2)); /* %16 and 1 more */

    /* lstm, t = 1 */
    x.k->product_1x8x2(x.w + WINDOW_LSTM_MATMUL(1), x.w + WINDOW_LSTM_MUL_2,
        x.p->lstm_recurrent_kernel, lstmc_share(me, 1, 16, 8)); /* %23 */
    x.k->lstm_forward_3_2(x.w + WINDOW_LSTM_MUL_3, x.w + WINDOW_LSTM_MATMUL(1), x.p->lstm_bias,
        x.w + WINDOW_LSTM_MUL, lstmc_share(me, 1, 16, 2)); /* %35 and 1 more */

    /* lstm, t = 2 */
    x.k->product_1x8x2(x.w + WINDOW_LSTM_MATMUL(2), x.w + WINDOW_LSTM_MUL_3,
        x.p->lstm_recurrent_kernel, lstmc_share(me, 1, 16, 8)); /* %41 */
    x.k->lstm_forward_5(x.w + WINDOW_LSTM_ADD, x.w + WINDOW_LSTM_MATMUL(2), x.p->lstm_bias,
        lstmc_share(me, 1, 16, 2)); /* %56 */

    /* dense */
    x.m->product_1x37x2(x.w + WINDOW_DENSE_MATMUL, x.w + WINDOW_LSTM_MUL_4, x.b->dense_kernel,
        lstmc_share(me, 1, 16, 37)); /* %57 */
    x.k->dense_forward_2(x.w + WINDOW_DENSE_ADD, x.p->dense_bias,
        lstmc_share(me, 1, 16, 37)); /* %58 */
    x.k->reduce_max_1x37(x.w + WINDOW_DENSE_REDUCE_MAX, x.w + WINDOW_DENSE_ADD,
        lstmc_share(me, 1, 1, 1)); /* %59 */
    x.k->dense_forward_3(x.w + WINDOW_DENSE_EXP, x.w + WINDOW_DENSE_REDUCE_MAX,
        lstmc_share(me, 1, 16, 37)); /* %62 */
    x.k->sum_1x37(x.w + WINDOW_DENSE_SUM, x.w + WINDOW_DENSE_EXP,
        lstmc_share(me, 1, 1, 1)); /* %63 */
    x.k->dense_forward_4(x.w + WINDOW_P, x.w + WINDOW_DENSE_SUM,
        lstmc_share(me, 1, 16, 37)); /* %64 */
}

lstmc_program *const sample_window_phases[] = {
    window_0
};
