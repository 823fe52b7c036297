/* The scalars of the host: an emitted program computes the numbers of its optimizer (bias
 * corrections, schedules) from the number of the update in plain double arithmetic. The
 * functions of vector.h and functions.h with one lane; C's own where they have the same meaning. */
#ifndef LSTMC_SCALAR_H
#define LSTMC_SCALAR_H
#include <math.h>

#define s_exp  exp
#define s_log  log
#define s_sqrt sqrt
#define s_tanh tanh
#define s_abs  fabs
#define s_pow  pow

static inline double s_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static inline double s_sign(double x)
{
    return (x > 0) - (x < 0);
}

static inline double s_max(double x, double y)
{
    return x > y || x != x ? x : y;
}

static inline double s_min(double x, double y)
{
    return x < y || x != x ? x : y;
}

static inline double s_select(int yes, double x, double y)
{
    return yes ? x : y;
}
#endif
