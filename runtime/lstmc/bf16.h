/* bfloat16: the upper half of a float, rounded to nearest even. What the products of a mixed
 * model read, and how it comes to lie as they read it; the products themselves are in
 * bf16_product.h.
 *
 * Terms of a sum go in pairs, since machines take two at a time, and in chunks of CHUNK. A left
 * operand is plain rows. A right one is panels of 16 columns, [panel][chunk][pair][column][2].
 * There are at least CHUNK terms, and the last chunk is that of the last CHUNK, whichever the
 * number: terms that the chunk before has already are zeros in it, so that rows of a left
 * operand need no fill. */
#ifndef LSTMC_BF16_H
#define LSTMC_BF16_H
#include <lstmc/panels.h>

enum { CHUNK = 32, PAIRS = CHUNK / 2 };

/* Kinds of arithmetic, see bf16_product.h. */
#define BF16_PLAIN 0
#define BF16_DOT   1
#define BF16_AMX   2

/* ---- numbers -------------------------------------------------------------------------------- */

typedef uint16_t halves __attribute__((vector_size(2 * V)));
typedef halves halves_anywhere __attribute__((aligned(2), may_alias));
typedef uint32_t pair_anywhere __attribute__((aligned(2), may_alias));

/* In the upper halves of words, whose lower ones are 0. A NaN stays one. */
INLINE words v_bf16(vec x)
{
    const words bits = (words)x, nan = (words)(x != x);
    const words nearest = bits + 0x7fff + (bits >> 16 & 1);
    return ((nan & (bits | 0x400000)) | (~nan & nearest)) & 0xffff0000;
}

INLINE void store_bf16(uint16_t *p, words x, int n)
{
    const halves h = __builtin_convertvector(x >> 16, halves);
    if (n == V)
        *(halves_anywhere *)p = h;
    else
        memcpy(p, &h, (size_t)n * sizeof *p);
}

INLINE vec load_bf16(const uint16_t *p, int n)
{
    halves h = { 0 };
    if (n == V)
        h = *(const halves_anywhere *)p;
    else
        memcpy(&h, p, (size_t)n * sizeof *p);
    return (vec)(__builtin_convertvector(h, words) << 16);
}

/* ---- chunks --------------------------------------------------------------------------------- */

INLINE int chunks_of(int k)
{
    return (k + CHUNK - 1) / CHUNK;
}

/* The first term that lies in a chunk. */
INLINE int chunk_first(int chunk, int k)
{
    return step_at(chunk * CHUNK, CHUNK, k);
}

/* How many of its terms are zeros. */
INLINE int chunk_zeros(int chunk, int k)
{
    return chunk * CHUNK - chunk_first(chunk, k);
}

/* What a matrix holds. */
enum source { REALS, ROUNDED };

INLINE words rounded_from(enum source source, const void *x, int at, int n)
{
    return source == ROUNDED ? (words)load_bf16((const uint16_t *)x + at, n)
                             : v_bf16(load((const REAL *)x + at, n));
}

/* Pairs of rows of x, the first `zeros` left out, side by side: n columns from x[at] on. */
INLINE void pair_rows(enum source source, uint32_t *y, const void *x, int at, int stride, int zeros,
                      int n)
{
    for (int i = 0; i < CHUNK; i += 2)
        for (int j = 0; j < PANEL; j += V) {
            const int from = at + i * stride + j, live = lanes_of(j / V, n);
            const words none = { 0 };
            const words a = i < zeros ? none : rounded_from(source, x, from, live);
            const words b = i + 1 < zeros ? none : rounded_from(source, x, from + stride, live);
            *(words_anywhere *)(y + i / 2 * PANEL + j) = a >> 16 | b;
        }
}

/* A square of V x V words is turned in steps: in each, pairs of rows that are `step` apart
 * exchange the lanes in which that bit of the number differs. */
#define FIRST_TURNED(i, step)  ((i) & (step) ? V + (i) - (step) : (i))
#define SECOND_TURNED(i, step) ((i) & (step) ? V + (i) : (i) + (step))
#if V == 16
#define EACH_LANE(F, s)                                                                            \
    F(0, s), F(1, s), F(2, s), F(3, s), F(4, s), F(5, s), F(6, s), F(7, s), F(8, s), F(9, s),      \
        F(10, s), F(11, s), F(12, s), F(13, s), F(14, s), F(15, s)
#elif V == 8
#define EACH_LANE(F, s) F(0, s), F(1, s), F(2, s), F(3, s), F(4, s), F(5, s), F(6, s), F(7, s)
#else
#define EACH_LANE(F, s) F(0, s), F(1, s), F(2, s), F(3, s)
#endif
#define TURN_STEP(row, step)                                                                       \
    UNROLLED                                                                                       \
    for (int i = 0; i < V; i++)                                                                    \
        if (!(i & (step))) {                                                                       \
            const words a = (row)[i], b = (row)[i + (step)];                                       \
            (row)[i] = __builtin_shufflevector(a, b, EACH_LANE(FIRST_TURNED, step));               \
            (row)[i + (step)] = __builtin_shufflevector(a, b, EACH_LANE(SECOND_TURNED, step));     \
        }

INLINE void turn(words row[V])
{
    TURN_STEP(row, 1)
    TURN_STEP(row, 2)
#if V > 4
    TURN_STEP(row, 4)
#endif
#if V > 8
    TURN_STEP(row, 8)
#endif
}

/* Rows of y, of CHUNK terms each, from the columns of such pairs. */
INLINE void part_columns(uint16_t *y, int y_stride, const uint32_t *x, int rows)
{
    for (int left = 0; left < rows; left += V)
        for (int top = 0; top < PAIRS; top += V) {
            words row[V];
            UNROLLED
            for (int i = 0; i < V; i++)
                row[i] = *(const words_anywhere *)(x + (top + i) * PANEL + left);
            turn(row);
            UNROLLED
            for (int i = 0; i < V; i++)
                if (left + i < rows)
                    *(words_anywhere *)(y + (left + i) * y_stride + 2 * top) = row[i];
        }
}

/* ---- operands ------------------------------------------------------------------------------- */

/* A chunk of one panel, if the terms of a sum are a row of x: the first `zeros` left out, n rows
 * from x[at] on. */
INLINE void pair_columns(enum source source, uint32_t *y, const void *x, int at, int stride,
                         int zeros, int n)
{
    uint16_t rows[PANEL * CHUNK] = { 0 };
    for (int j = 0; j < PANEL && j < n; j++) {
        for (int i = 0; i < CHUNK; i += V)
            store_bf16(rows + j * CHUNK + i, rounded_from(source, x, at + j * stride + i, V), V);
        for (int i = 0; i < zeros; i++)
            rows[j * CHUNK + i] = 0;
    }
    for (int left = 0; left < PAIRS; left += V)
        for (int top = 0; top < PANEL; top += V) {
            words row[V];
            UNROLLED
            for (int i = 0; i < V; i++)
                row[i] = *(const words_anywhere *)(rows + (top + i) * CHUNK + 2 * left);
            turn(row);
            UNROLLED
            for (int i = 0; i < V; i++)
                *(words_anywhere *)(y + (left + i) * PANEL + top) = row[i];
        }
}

/* y = x in panels, `cols` being columns of panels; `width` the columns of a part. Element (i, j) of
 * x is x[i * x_term + j * x_col], and one of the two is 1. */
INLINE void pack_bf16(enum source source, int parts, int width, int k, uint16_t *y, const void *x,
                      int x_term, int x_col, struct lstmc_range cols)
{
    for (int chunk = 0; chunk < chunks_of(k); chunk++)
        for (int panel = cols.first / PANEL; panel < cols.end / PANEL; panel++) {
            const int n = width - panel / parts * PANEL;
            const int at =
                chunk_first(chunk, k) * x_term + panel_column(parts, width, panel) * x_col;
            uint32_t *to = (uint32_t *)y + (panel * chunks_of(k) + chunk) * PAIRS * PANEL;
            if (x_col == 1)
                pair_rows(source, to, x, at, x_term, chunk_zeros(chunk, k), n);
            else
                pair_columns(source, to, x, at, x_col, chunk_zeros(chunk, k), n);
        }
}

/* y = x', where x has k rows. */
INLINE void transpose_bf16(uint16_t *y, int y_stride, const uint16_t *x, int x_stride, int k,
                           struct lstmc_range rows)
{
    for (int row = rows.first; row < rows.end; row += PANEL)
        for (int chunk = 0; chunk < chunks_of(k); chunk++) {
            uint32_t square[PAIRS * PANEL];
            const int first = chunk_first(chunk, k),
                      n = rows.end - row < PANEL ? rows.end - row : PANEL;
            pair_rows(ROUNDED, square, x, first * x_stride + row, x_stride, 0, n);
            part_columns(y + row * y_stride + first, y_stride, square, n);
        }
}
#endif
