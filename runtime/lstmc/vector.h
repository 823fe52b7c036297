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
 * fused multiply-add). Only the three kernel files of a trainer include this. */
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

/* The lanes of vector j of a row of which n elements are left in all. */
INLINE int lanes_of(int j, int n)
{
    return n <= j * V ? 0 : n - j * V < V ? n - j * V : V;
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
#endif
