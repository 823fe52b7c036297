/* sample/kernels.h: written by lstmc 0.1 from the spec of model "sample".
 * Do not edit; change the spec and run lstmc again.
 * model   LSTM 2 > Dense 37 softmax, float32, batch 4, steps 3
 * cost    0.001 MFLOP forward, 0.003 MFLOP an update; 431 parameters; work 4.03 kB
 */
#ifndef SAMPLE_KERNELS_H
#define SAMPLE_KERNELS_H
#include <lstmc/model.h>

/* The products of a prediction, for weights that lie in one of the ways of enum
 * lstmc_weights, and what packs the columns of a weight so, from plain rows or from panels of so many parts. */
struct sample_products {
    void (*pack)(float *y, const float *x, int parts, int terms, int all, struct lstmc_range cols);
    void (*product_1x37x2)(float *c, const float *a, const float *b, struct lstmc_range cols);
};

/* What the steps of the model are made of, for one instruction set, in the order of kernels.inc.
 * Results come first, then operands; the range is the caller's share of the result's rows or
 * columns. What returns a number returns 1 when it met a NaN or an infinity. */
struct sample_kernels {
    void (*gather_37x8)(float *y, const float *x, const int32_t *index, struct lstmc_range rows);
    void (*lstm_forward_0)(float *sigmoid, float *tanh, float *sigmoid_2, float *mul,
        const float *bias, struct lstmc_range cols);
    void (*product_4x8x2)(float *c, const float *a, const float *b, struct lstmc_range cols);
    void (*lstm_forward_1)(float *sigmoid, float *sigmoid_2, float *mul, const float *bias,
        const float *mul_2, struct lstmc_range cols);
    void (*lstm_forward_2)(float *tanh, float *sigmoid, const float *bias, const float *add,
        struct lstmc_range cols);
    void (*product_4x37x2)(float *c, const float *a, const float *b, struct lstmc_range cols);
    void (*dense_forward_0)(float *add, const float *bias, struct lstmc_range cols);
    void (*reduce_max_4x37)(float *y, const float *x, struct lstmc_range rows);
    void (*pick_4x37)(float *y, const float *x, const int32_t *index, struct lstmc_range rows);
    void (*argmax_4x37)(int32_t *y, const float *x, struct lstmc_range rows);
    void (*dense_forward_1)(float *exp, const float *reduce_max, struct lstmc_range cols);
    void (*loss_forward_0)(float *select, const int32_t *argmax, const int32_t *y,
        const float *weight, struct lstmc_range cols);
    void (*sum_4x37)(float *y, const float *x, struct lstmc_range rows);
    void (*sum_4x1)(float *y, const float *x, struct lstmc_range cols);
    void (*loss_forward_1)(float *mul, const float *sum, const float *pick, const float *weight,
        struct lstmc_range cols);
    void (*loss_backward_0)(float *d_neg, float *d_div, const float *weight,
        struct lstmc_range cols);
    void (*loss_backward_1)(float *d_add, const int32_t *y, const float *d_neg, const float *d_div,
        struct lstmc_range cols);
    void (*sum_4x37_2)(float *y, const float *x, struct lstmc_range cols);
    void (*product_tb_4x2x37)(float *c, const float *a, const float *b, struct lstmc_range rows);
    void (*product_ta_2x37x4)(float *c, const float *a, const float *b, struct lstmc_range cols);
    void (*lstm_backward_0)(float *d_mul, float *d_mul_2, const float *tanh,
        struct lstmc_range cols);
    uint32_t (*optimizer_update_0)(float *m, float *v, float *kernel, const float *d_dense_kernel,
        double d2, double d3, double d5, double d6, struct lstmc_range cols);
    uint32_t (*optimizer_update_1)(float *m, float *v, float *bias, const float *d_sum, double d2,
        double d3, double d5, double d6, struct lstmc_range cols);
    void (*product_tb_4x2x8)(float *c, const float *a, const float *b, struct lstmc_range rows);
    void (*lstm_backward_1)(float *d_mul, float *sigmoid, const float *mul,
        struct lstmc_range cols);
    void (*lstm_backward_2)(float *d_mul, const float *d_mul_2, const float *sigmoid,
        const float *tanh, struct lstmc_range cols);
    void (*fill_4_2)(float *d_mul, struct lstmc_range cols);
    void (*scatter_12x8)(float *y, const float *x, const int32_t *index, struct lstmc_range cols);
    void (*product_ta_2x8x8)(float *c, const float *a, const float *b, struct lstmc_range cols);
    void (*sum_12x8)(float *y, const float *x, struct lstmc_range cols);
    uint32_t (*optimizer_update_2)(float *m, float *v, float *kernel, const float *d_lstm_kernel,
        double d2, double d3, double d5, double d6, struct lstmc_range rows);
    uint32_t (*optimizer_update_3)(float *m, float *v, float *recurrent_kernel,
        const float *d_lstm_recurrent_kernel, double d2, double d3, double d5, double d6,
        struct lstmc_range cols);
    uint32_t (*optimizer_update_4)(float *m, float *v, float *bias, const float *d_sum, double d2,
        double d3, double d5, double d6, struct lstmc_range cols);
    void (*product_1x8x2)(float *c, const float *a, const float *b, struct lstmc_range cols);
    void (*gather_37x8_2)(float *y, const float *x, const int32_t *index, struct lstmc_range rows);
    void (*lstm_forward_3)(float *c, float *h, const float *gather, const float *matmul,
        const float *bias, struct lstmc_range cols);
    void (*dense_forward_2)(float *add, const float *bias, struct lstmc_range cols);
    void (*reduce_max_1x37)(float *y, const float *x, struct lstmc_range rows);
    void (*dense_forward_3)(float *exp, const float *reduce_max, struct lstmc_range cols);
    void (*sum_1x37)(float *y, const float *x, struct lstmc_range rows);
    void (*dense_forward_4)(float *p_, const float *sum, struct lstmc_range cols);
    void (*gather_37x8_3)(float *y, const float *x, const int32_t *index, struct lstmc_range rows);
    void (*lstm_forward_4)(float *mul, const float *bias, struct lstmc_range cols);
    void (*lstm_forward_3_2)(float *mul, const float *matmul, const float *bias, const float *mul_2,
        struct lstmc_range cols);
    void (*lstm_forward_5)(float *add, const float *matmul, const float *bias,
        struct lstmc_range cols);
    const struct sample_products *products; /* by enum lstmc_weights */
};

extern const struct sample_kernels sample_avx512, sample_avx2, sample_baseline;
#endif
