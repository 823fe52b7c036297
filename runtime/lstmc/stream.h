/* Products of a prediction. Batches have one row or few, so that a weight is read once for each use
 * and what counts is how fast it streams in. Hence it is packed when it is loaded, in the order in
 * which it is read, into as much room as it has as plain rows:
 *
 *   floats   16 columns at a time, term by term; the last panel is as narrow as what is left
 *   halves   bfloat16, 32 columns at a time as 16 words, column j in the low half of word j and
 *            column 16 + j in the high half, so that a vector of words is two vectors of floats
 *            after one instruction each; the last panel is filled up with zeros
 *
 * Sums are of REALs in both, in one order, whatever the tiles and the ranges are. */
#ifndef LSTMC_STREAM_H
#define LSTMC_STREAM_H
#include <lstmc/panels.h>

/* ---- floats ---------------------------------------------------------------------------------- */

/* A column of a weight, and how far its elements are from each other: in plain rows (`parts` is 0), or in panels,
 * in which training has it. */
struct lstmc_column {
    const REAL *first;
    int step;
};

INLINE struct lstmc_column column_of(const REAL *x, int parts, int terms, int all, int col)
{
    if (parts == 0)
        return (struct lstmc_column){ x + col, all };
    const int width = all / parts, at = sums_at(parts, col / width, col % width);
    return (struct lstmc_column){ x + at / PANEL * terms * PANEL + at % PANEL, PANEL };
}

INLINE void pack_floats(REAL *y, const REAL *x, int parts, int terms, int all,
                        struct lstmc_range cols)
{
    for (int col = cols.first; col < cols.end; col += PANEL) {
        const int width = all - col < PANEL ? all - col : PANEL;
        for (int j = 0; j < width; j++) {
            const struct lstmc_column from = column_of(x, parts, terms, all, col + j);
            for (int i = 0; i < terms; i++)
                y[col * terms + i * width + j] = from.first[i * from.step];
        }
    }
}

/* Whole panels of the columns [first, end). */
INLINE void floats_strip(int tile_rows, int vectors, struct lstmc_range rows, int first, int end,
                         int k, REAL *c, int c_stride, const REAL *a, int a_row, const REAL *b)
{
    for (int col = first; col < end; col += vectors * V)
        product_strip(tile_rows, vectors, vectors * V, rows, k, c + col, plain_sums(c_stride), a,
                      a_row, 1, b + col * k, packed(k));
}

/* Several panels at a time, for loads that do not wait for each other; `vectors` fill two or four
 * of them, or one. */
INLINE void product_floats(int tile_rows, int vectors, struct lstmc_range rows,
                           struct lstmc_range cols, int all, int k, REAL *c, int c_stride,
                           const REAL *a, int a_row, const REAL *b)
{
    const int one = PANEL / V, rest = all % PANEL;
    const int end = cols.end < all ? cols.end : all - rest;
    const int wide = cols.first + (end - cols.first) / (vectors * V) * (vectors * V);
    const int two = wide + (end - wide) / (2 * PANEL) * (2 * PANEL);
    floats_strip(tile_rows, vectors, rows, cols.first, wide, k, c, c_stride, a, a_row, b);
    if (vectors > 2 * one)
        floats_strip(tile_rows, 2 * one, rows, wide, two, k, c, c_stride, a, a_row, b);
    if (vectors > one)
        floats_strip(tile_rows, one, rows, vectors > 2 * one ? two : wide, end, k, c, c_stride, a,
                     a_row, b);
    if (rest > 0 && end < cols.end)
        product_strip(tile_rows, (rest + V - 1) / V, rest, rows, k, c + end, plain_sums(c_stride),
                      a, a_row, 1, b + end * k, plain_rows(rest));
}

/* ---- halves ---------------------------------------------------------------------------------- */

#if REAL_BITS == 32
enum { WIDE_PANEL = 2 * PANEL };

/* Whatever is packed is read once, so that compilers may take this as it stands. */
static NOT_INLINE void pack_halves(REAL *packed_y, const REAL *x, int parts, int terms, int all,
                                   struct lstmc_range cols)
{
    static const REAL zero;
    uint32_t *y = (uint32_t *)(void *)packed_y;
    for (int col = cols.first / WIDE_PANEL * WIDE_PANEL; col < cols.end; col += WIDE_PANEL)
#pragma GCC unroll 1
        for (int j = 0; j < WIDE_PANEL; j++) {
            const struct lstmc_column from = col + j < all
                                                 ? column_of(x, parts, terms, all, col + j)
                                                 : (struct lstmc_column){ &zero, 0 };
            const int shift = j / PANEL * 16;
#pragma GCC unroll 1
            for (int i = 0; i < terms; i++) {
                uint32_t *word = y + col / 2 * terms + i * PANEL + j % PANEL;
                const uint32_t half = lstmc_bfloat16(from.first[i * from.step]);
                *word = shift > 0 ? *word | half << 16 : half;
            }
        }
}

/* Panels side by side, of whose columns those from `skip` up to n are wanted. */
INLINE void halves_tile(int rows, int panels, int skip, int n, int k, REAL *c, int c_stride,
                        const REAL *a, int a_row, const uint32_t *b)
{
    enum { HALF = PANEL / V, ALL = 2 * HALF };
    vec sum[MAX_TILE] = { { 0 } };
    for (int i = 0; i < k; i++) {
        UNROLLED
        for (int j = 0; j < panels * HALF; j++) {
            const int p = j / HALF, at = j % HALF;
            const words w = *(const words_anywhere *)(b + (p * k + i) * PANEL + at * V);
            const vec low = (vec)(w << 16), high = (vec)(w & ~(words){ 0 } << 16);
            UNROLLED
            for (int r = 0; r < rows; r++) {
                vec *to = sum + (r * panels + p) * ALL + at;
                to[0] += a[r * a_row + i] * low;
                to[HALF] += a[r * a_row + i] * high;
            }
        }
    }
    UNROLLED
    for (int j = 0; j < rows * panels * ALL; j++) {
        const int r = j / (panels * ALL), at = j % (panels * ALL);
        if (at * V >= skip && lanes_of(at, n) > 0)
            store(c + r * c_stride + at * V, sum[j], lanes_of(at, n));
    }
}

INLINE void halves_strip(int tile_rows, int panels, int skip, int n, struct lstmc_range rows, int k,
                         REAL *c, int c_stride, const REAL *a, int a_row, const uint32_t *b)
{
    const int step = length(rows) < tile_rows ? 1 : tile_rows;
    for (int r = rows.first; r < rows.end; r += step) {
        const int row = step_at(r, step, rows.end);
        if (step == 1)
            halves_tile(1, panels, skip, n, k, c + row * c_stride, c_stride, a + row * a_row, a_row,
                        b);
        else
            halves_tile(tile_rows, panels, skip, n, k, c + row * c_stride, c_stride,
                        a + row * a_row, a_row, b);
    }
}

/* A worker's range may begin and end in the middle of a panel. */
INLINE void product_halves(int tile_rows, int panels, struct lstmc_range rows,
                           struct lstmc_range cols, int k, REAL *c, int c_stride, const REAL *a,
                           int a_row, const REAL *packed_b)
{
    const uint32_t *b = (const uint32_t *)(const void *)packed_b;
    const int wide = panels * WIDE_PANEL;
    for (int col = cols.first / WIDE_PANEL * WIDE_PANEL; col < cols.end;) {
        const int skip = col < cols.first ? cols.first - col : 0, n = cols.end - col;
        const uint32_t *from = b + col / 2 * k;
        if (skip == 0 && n >= wide) {
            halves_strip(tile_rows, panels, 0, wide, rows, k, c + col, c_stride, a, a_row, from);
            col += wide;
        } else {
            halves_strip(tile_rows, 1, skip, n < WIDE_PANEL ? n : WIDE_PANEL, rows, k, c + col,
                         c_stride, a, a_row, from);
            col += WIDE_PANEL;
        }
    }
}
#endif
#endif
