/* Vector mathematics: the text that an emitted kernels.inc is written in. It is compiled once for
 * every instruction set, by gcc and clang alike, in plain C with vector extensions; parts of vectors,
 * bits of masks and bounds alone take instructions by name: <immintrin.h> has functions for them, but
 * so many others that a file took half a second longer. The file that includes it says before:
 *
 *   REAL, REAL_BITS   float and 32, or double and 64
 *   V                 lanes of a vector: 4, 8 or 16 floats fill a register of SSE, AVX or AVX-512,
 *                     2, 4 or 8 doubles
 *
 * and opens with pragmas that set the instruction set and allow contraction (a * b + c may become a
 * fused multiply-add). Only the three kernel files of a trainer include this.
 *
 * In float32 v_exp, v_log, v_tanh and v_sigmoid are branch-free and lie within 2 ulp of the exact
 * value, the last two within 2.5, on every instruction set; results below the smallest normal number
 * may be flushed to zero, and so may the sign of a zero.
 * (tests/unit/vector_checks.inc looks at the floats one by one.) The method is the argument
 * reduction of Cody and Waite, "Software Manual for the Elementary Functions" (1980); the polynomials
 * are our own: minimax in the relative error of the function (Remez exchange in 40 digits), then
 * rounded to float. In float64 these functions are libm's, lane by lane.
 */
#ifndef LSTMC_VECTOR_H
#define LSTMC_VECTOR_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline, unused))
/* UNROLLED stands before loops over arrays of vectors that are to lie in registers. */
#ifdef __clang__
#define NOT_INLINE __attribute__((noinline, unused))
#define UNROLLED   _Pragma("clang loop unroll(full)")
#else /* gcc would make one for each set of known arguments */
#define NOT_INLINE __attribute__((noinline, noclone, unused))
#define UNROLLED   _Pragma("GCC unroll 32")
#endif

/* to = x `instruction` y, lane by lane. */
#if V * REAL_BITS > 128
#define COMBINE(to, instruction, x, y)                                                             \
    __asm__("v" instruction " %2, %1, %0" : "=v"(to) : "v"(x), "v"(y))
#elif defined(__SSE2__)
#define COMBINE(to, instruction, x, y) __asm__(instruction " %2, %0" : "=x"(to) : "0"(x), "x"(y))
#endif

#if REAL_BITS == 32
#define OF_REALS "ps"
#else
#define OF_REALS "pd"
#endif

/* ---- lanes ----------------------------------------------------------------------------------- */

#if REAL_BITS == 32
typedef int32_t lane_int;
typedef uint32_t lane_word;
#else
typedef int64_t lane_int;
typedef uint64_t lane_word;
#endif

typedef REAL vec __attribute__((vector_size(V * sizeof(REAL))));
typedef lane_int ints __attribute__((vector_size(V * sizeof(REAL)))); /* indices; masks: 0 or -1 */
typedef lane_word words __attribute__((vector_size(V * sizeof(REAL))));

/* A vector at any address, whatever the type of what lies there. */
typedef vec vec_anywhere __attribute__((aligned(sizeof(REAL)), may_alias));
typedef words words_anywhere __attribute__((aligned(2), may_alias)); /* of pairs of bfloat16, too */

#if V == 16
#define LANES                                                                                      \
    {                                                                                              \
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15                                       \
    }
#elif V == 8
#define LANES                                                                                      \
    {                                                                                              \
        0, 1, 2, 3, 4, 5, 6, 7                                                                     \
    }
#elif V == 4
#define LANES                                                                                      \
    {                                                                                              \
        0, 1, 2, 3                                                                                 \
    }
#else
#define LANES                                                                                      \
    {                                                                                              \
        0, 1                                                                                       \
    }
#endif

INLINE vec splat(REAL x)
{
    return x - (vec){ 0 }; /* a sum would lose the sign of -0 */
}

INLINE ints splat_int(int32_t i)
{
    return (ints){ 0 } + i;
}

/* col, col + 1, ... */
INLINE ints columns_from(int col)
{
    return (ints)LANES + col;
}

/* The first n lanes, as a mask. */
INLINE ints first_lanes(int n)
{
    return columns_from(0) < splat_int(n);
}

/* Quarters of panels, in the order in which they are transposed. */
#if V > 2
typedef REAL vec4 __attribute__((vector_size(4 * sizeof(REAL))));
typedef vec4 vec4_anywhere __attribute__((aligned(sizeof(REAL)), may_alias));
#endif

/* The first n < V elements, by the masks that all but the oldest vectors have. There they are put
 * together: through memory, which is what gcc makes of a memcpy, they would have to wait for each other. */
#if V * REAL_BITS == 512
INLINE uint16_t first_bits(int n)
{
    return (uint16_t)((1u << n) - 1);
}

INLINE vec load_part(const REAL *p, int n)
{
    vec x;
    __asm__("vmovu" OF_REALS " %1, %0%{%2%}%{z%}"
            : "=v"(x)
            : "m"(*(const vec_anywhere *)p), "Yk"(first_bits(n)));
    return x;
}

INLINE void store_part(REAL *p, vec x, int n)
{
    __asm__("vmovu" OF_REALS " %1, %0%{%2%}"
            : "+m"(*(vec_anywhere *)p)
            : "v"(x), "Yk"(first_bits(n)));
}
#elif V * REAL_BITS == 256
INLINE vec load_part(const REAL *p, int n)
{
    vec x;
    __asm__("vmaskmov" OF_REALS " %1, %2, %0"
            : "=x"(x)
            : "m"(*(const vec_anywhere *)p), "x"(first_lanes(n)));
    return x;
}

INLINE void store_part(REAL *p, vec x, int n)
{
    __asm__("vmaskmov" OF_REALS " %1, %2, %0"
            : "+m"(*(vec_anywhere *)p)
            : "x"(x), "x"(first_lanes(n)));
}
#else
INLINE vec load_part(const REAL *p, int n)
{
#if V == 2
    return (vec){ n > 0 ? p[0] : 0 };
#else
    return (vec){ n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0 };
#endif
}

INLINE void store_part(REAL *p, vec x, int n)
{
    memcpy(p, &x, (size_t)n * sizeof *p);
}
#endif

/* The lanes of the vector at `col` that a row of `all` elements fills. */
INLINE int lanes_at(int col, int all)
{
    return all % V == 0 || all - col >= V ? V : all - col;
}

/* n elements from p, zeros in the other lanes; nothing behind the n elements is read. Where a mask costs
 * nothing, which is not so in AVX2, no branch asks for an n that compilers do not know. */
INLINE vec load(const REAL *p, int n)
{
    if (V * REAL_BITS < 512 ? n == V : __builtin_constant_p(n) && n == V)
        return *(const vec_anywhere *)p;
    return load_part(p, n);
}

/* The first n lanes of x; nothing behind them is written. */
INLINE void store(REAL *p, vec x, int n)
{
    if (n == V)
        *(vec_anywhere *)p = x;
    else
        store_part(p, x, n);
}

INLINE ints load_ints(const int32_t *p, int n)
{
    ints x = { 0 };
    for (int k = 0; k < n; k++)
        x[k] = p[k];
    return x;
}

/* Bit k is lane k of a mask. */
INLINE unsigned bits_of(ints mask)
{
#if V == 16
    uint16_t bits;
    __asm__("vptestmd %1, %1, %0" : "=Yk"(bits) : "v"(mask));
#elif V * REAL_BITS == 512
    uint16_t bits;
    __asm__("vptestmq %1, %1, %0" : "=Yk"(bits) : "v"(mask));
#elif V * REAL_BITS == 256
    unsigned bits;
    __asm__("vmovmsk" OF_REALS " %1, %0" : "=r"(bits) : "x"(mask));
#elif defined(__SSE2__)
    unsigned bits;
    __asm__("movmsk" OF_REALS " %1, %0" : "=r"(bits) : "x"(mask));
#else
    unsigned bits = 0;
    for (int k = 0; k < V; k++)
        bits |= (unsigned)(mask[k] & 1) << k;
#endif
    return bits;
}

/* Lane k of the mask is bit col + k of a row of bits; col is a multiple of V. */
INLINE ints load_bits(const uint16_t *row, int col)
{
    const words bit = ((words){ 0 } + 1) << (words)LANES;
    const unsigned first = (unsigned)col;
    return (((words){ 0 } + (lane_word)(row[first / 16] >> first % 16)) & bit) != 0;
}

/* The reverse. The first vector of a 16-bit word clears the rest of it, so the columns of a word
 * are stored from left to right. */
INLINE void store_bits(uint16_t *row, int col, ints mask)
{
    const unsigned first = (unsigned)col, word = bits_of(mask);
    uint16_t *to = row + first / 16;
    *to = (uint16_t)(first % 16 ? *to | word << first % 16 : word);
}

/* ---- selections ------------------------------------------------------------------------------ */

INLINE vec v_select(ints mask, vec yes, vec no)
{
    return (vec)((mask & (ints)yes) | (~mask & (ints)no));
}

/* A NaN in either operand gives NaN, so that it reaches the gradients, where it is looked for. */
INLINE vec v_max(vec x, vec y)
{
    return v_select((x > y) | (x != x), x, y);
}

INLINE vec v_min(vec x, vec y)
{
    return v_select((x < y) | (x != x), x, y);
}

INLINE vec v_abs(vec x)
{
    return (vec)((words)x & ~(words)splat((REAL)-0.0));
}

INLINE vec v_sign(vec x)
{
    const vec zero = { 0 }, one = splat(1);
    return v_select(x > zero, one, v_select(x < zero, -one, zero));
}

/* NaN or infinite: all bits of the exponent are set. An integer test, which no compiler removes. */
INLINE ints not_finite(vec x)
{
    const words infinity = (words)splat((REAL)INFINITY);
    return ((words)x & infinity) == infinity;
}

INLINE uint32_t any_lane(ints mask)
{
    lane_int any = 0;
    for (int k = 0; k < V; k++)
        any |= mask[k];
    return any != 0;
}

/* Lane k of the result is lane k + by of x, around. */
#if V == 16
#define ROTATED(x, by)                                                                             \
    __builtin_shufflevector(x, x, by, by + 1, by + 2, by + 3, by + 4, by + 5, by + 6, by + 7,      \
                            by + 8, by + 9, by + 10, by + 11, by + 12, by + 13, by + 14, by + 15)
#elif V == 8
#define ROTATED(x, by)                                                                             \
    __builtin_shufflevector(x, x, by, by + 1, by + 2, by + 3, by + 4, by + 5, by + 6, by + 7)
#elif V == 4
#define ROTATED(x, by) __builtin_shufflevector(x, x, by, by + 1, by + 2, by + 3)
#else
#define ROTATED(x, by) __builtin_shufflevector(x, x, by, by + 1)
#endif

INLINE REAL sum_of_lanes(vec x)
{
#if V > 8
    x += ROTATED(x, 8);
#endif
#if V > 4
    x += ROTATED(x, 4);
#endif
#if V > 2
    x += ROTATED(x, 2);
#endif
    x += ROTATED(x, 1);
    return x[0];
}

INLINE REAL max_of_lanes(vec x)
{
#if V > 8
    x = v_max(x, ROTATED(x, 8));
#endif
#if V > 4
    x = v_max(x, ROTATED(x, 4));
#endif
#if V > 2
    x = v_max(x, ROTATED(x, 2));
#endif
    x = v_max(x, ROTATED(x, 1));
    return x[0];
}

/* ---- random bits ----------------------------------------------------------------------------- */

typedef uint64_t wide_words __attribute__((vector_size(sizeof(words))));

/* The 64-bit products of the even 32-bit lanes by the machine's own instruction: gcc makes long sums of shifts where
 * it knows a factor. */
INLINE wide_words product_of_even(wide_words x, wide_words y)
{
#ifdef COMBINE
    wide_words product;
    COMBINE(product, "pmuludq", x, y);
    return product;
#else
    return (x & 0xffffffff) * y;
#endif
}

/* Both halves of the 64-bit products of factor and 32-bit lanes. */
INLINE words product_high(words x, uint32_t factor, words *low)
{
    const wide_words y = (wide_words){ 0 } + factor, even = product_of_even((wide_words)x, y);
#if REAL_BITS == 32
    const wide_words odd = product_of_even((wide_words)x >> 32, y);
    *low = x * factor;
    return (words)((even >> 32) | (odd & 0xffffffff00000000));
#else
    *low = even & 0xffffffff;
    return even >> 32;
#endif
}

/* Philox4x32-10 with key (seed, stream) and counter (update, t, quad, col + lane): four vectors
 * of 32 random bits a lane, for the rows 4 quad to 4 quad + 3. runtime/random.h names the paper. */
INLINE void random_quad(words out[4], uint32_t seed, uint32_t stream, uint32_t update, uint32_t t,
                        uint32_t quad, int col)
{
    words c0 = (words){ 0 } + update, c1 = (words){ 0 } + t, c2 = (words){ 0 } + quad;
    words c3 = (words)columns_from(col);
    for (int round = 0; round < 10; round++) {
        words low0, low1;
        const words high0 = product_high(c0, 0xD2511F53, &low0);
        const words high1 = product_high(c2, 0xCD9E8D57, &low1);
        c0 = high1 ^ c1 ^ seed;
        c1 = low1;
        c2 = high0 ^ c3 ^ stream;
        c3 = low0;
        seed += 0x9E3779B9;
        stream += 0xBB67AE85;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* ---- functions ------------------------------------------------------------------------------- */

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
