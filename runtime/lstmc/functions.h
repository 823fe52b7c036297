/* Functions of vectors.
 *
 * In float32 v_exp, v_log, v_tanh and v_sigmoid are branch-free and lie within 2 ulp of the exact
 * value, the last two within 2.5, on every instruction set; results below the smallest normal number
 * may be flushed to zero, and so may the sign of a zero.
 * (tests/unit/vector_checks.inc looks at the floats one by one.) The method is the argument
 * reduction of Cody and Waite, "Software Manual for the Elementary Functions" (1980); the polynomials
 * are our own: minimax in the relative error of the function (Remez exchange in 40 digits), then
 * rounded to float. In float64 these functions are libm's, lane by lane. */
#ifndef LSTMC_FUNCTIONS_H
#define LSTMC_FUNCTIONS_H
#include <lstmc/vector.h>

#if REAL_BITS == 32

/* x = n ln 2 + r with n whole and |r| <= ln 2 / 2, for |x| < 2^21. The sum with 1.5 * 2^23 rounds
 * x / ln 2 to n, which then stands in its low bits. ln 2 is split so that n times its first part is
 * exact. Returns e^r - 1. */
INLINE vec reduced_expm1(vec x, words *n_bits)
{
    const float rounder = 0x1.8p+23f;
    const vec rounded = x * 0x1.715476p+0f + rounder, n = rounded - rounder;
    const vec r = x - n * 0x1.63p-1f - n * -0x1.bd0106p-13f;
    vec q = r * 0x1.a17eacp-13f + 0x1.6da824p-10f;
    q = q * r + 0x1.1110acp-7f;
    q = q * r + 0x1.555470p-5f;
    q = q * r + 0x1.555556p-3f;
    q = q * r + 0x1p-1f;
    *n_bits = (words)rounded;
    return q * (r * r) + r;
}

/* 2^n for -126 <= n <= 127; only the low bits of n count. */
INLINE vec power_of_two(words n)
{
    return (vec)((n << 23) + 0x3f800000);
}

/* Bounds that a NaN passes: of two operands machines' min and max give the second where either is one. */
INLINE vec at_most(vec x, float high)
{
#ifdef COMBINE
    vec y;
    COMBINE(y, "minps", splat(high), x);
    return y;
#else
    return v_select(splat(high) < x, splat(high), x);
#endif
}

INLINE vec at_least(vec x, float low)
{
#ifdef COMBINE
    vec y;
    COMBINE(y, "maxps", splat(low), x);
    return y;
#else
    return v_select(splat(low) > x, splat(low), x);
#endif
}

/* 2^n may be out of range where the result is not, so it is applied in halves. */
INLINE vec v_exp(vec x)
{
    words n;
    const vec p = reduced_expm1(at_least(at_most(x, 89.0f), -104.0f), &n);
    const words half = (words)((ints)(n << 22) >> 23);
    return (p + 1.0f) * power_of_two(half) * power_of_two(n - half);
}

/* 1 / (1 + e^-x), where scale + 1 is exact but for |x| > 16. */
INLINE vec v_sigmoid(vec x)
{
    words n;
    const vec p = reduced_expm1(-at_least(at_most(x, 87.0f), -88.0f), &n);
    const vec scale = power_of_two(n);
    return 1.0f / (p * scale + (scale + 1.0f));
}

/* e / (e + 2) of e = e^2x - 1, which keeps the digits of a small x. */
INLINE vec v_tanh(vec x)
{
    words n;
    const vec p = reduced_expm1(at_least(at_most(x + x, 20.0f), -20.0f), &n);
    const vec scale = power_of_two(n), e = p * scale + (scale - 1.0f);
    return e / (e + 2.0f);
}

/* x = m 2^n with sqrt(1/2) <= m < sqrt(2): log x = n ln 2 + log(1 + f), f = m - 1. */
INLINE vec v_log(vec x)
{
    const uint32_t root_half = 0x3f3504f3; /* the bits of sqrt(1/2) */
    const ints tiny = x < splat(0x1p-126f);
    const words shifted = (words)v_select(tiny, x * 0x1p+24f, x) - root_half;
    const vec n = __builtin_convertvector(((ints)shifted >> 23) - (tiny & 24), vec);
    const vec f = (vec)((shifted & 0x007fffff) + root_half) - 1.0f, ff = f * f;
    vec q = f * -0x1.38b5bep-4f + 0x1.055b60p-3f;
    q = q * f - 0x1.0d8532p-3f;
    q = q * f + 0x1.22da1ep-3f;
    q = q * f - 0x1.547246p-3f;
    q = q * f + 0x1.99a008p-3f;
    q = q * f - 0x1.000226p-2f;
    q = q * f + 0x1.555554p-2f;
    vec y = q * (f * ff) + n * -0x1.bd0106p-13f;
    y = y - ff * 0.5f + f + n * 0x1.63p-1f;
    y = v_select(x > splat(0x1.fffffep+127f), x, y);
    y = v_select(x == splat(0.0f), splat(-INFINITY), y);
    return v_select((x < splat(0.0f)) | (x != x), splat(NAN), y);
}

#else

#define LANE_BY_LANE(name, function)                                                               \
    INLINE vec name(vec x)                                                                         \
    {                                                                                              \
        for (int k = 0; k < V; k++)                                                                \
            x[k] = function(x[k]);                                                                 \
        return x;                                                                                  \
    }

LANE_BY_LANE(v_exp, exp)
LANE_BY_LANE(v_log, log)
LANE_BY_LANE(v_tanh, tanh)

INLINE vec v_sigmoid(vec x)
{
    return 1.0 / (1.0 + v_exp(-x));
}
#endif

/* libm's square root rounds correctly, as the instruction does. Declared const, since nothing here
 * reads errno: else compilers keep a call for negative numbers, and no vector comes about. */
#if REAL_BITS == 32
float sqrtf(float) __attribute__((const));
#define REAL_SQRT sqrtf
#define REAL_POW  powf
#else
double sqrt(double) __attribute__((const));
#define REAL_SQRT sqrt
#define REAL_POW  pow
#endif

INLINE vec v_sqrt(vec x)
{
    REAL lane[V];
    memcpy(lane, &x, sizeof x);
    for (int k = 0; k < V; k++)
        lane[k] = REAL_SQRT(lane[k]);
    memcpy(&x, lane, sizeof x);
    return x;
}

INLINE vec v_pow(vec x, vec y)
{
    for (int k = 0; k < V; k++)
        x[k] = REAL_POW(x[k], y[k]);
    return x;
}
#endif
