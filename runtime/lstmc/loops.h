/* Loops over rows: reductions and moves, to which an emitted kernels.inc gives its shapes, as it does to the products
 * of product.h, panels.h and terms.h. Everything is inlined where it is called, with a number for each shape and
 * stride, so that loops have constant ends.
 *
 * A matrix is rows of reals, `stride` elements apart. A range is the share of the result's rows
 * or columns that one worker computes. Every element of a result is computed by itself and in
 * one order, whatever the tiles and the ranges are: they never change a bit. */
#ifndef LSTMC_LOOPS_H
#define LSTMC_LOOPS_H
#include <lstmc/model.h>
#include <lstmc/vector.h>

INLINE struct lstmc_range all_of(int n)
{
    return (struct lstmc_range){ 0, n };
}

INLINE int length(struct lstmc_range r)
{
    return r.end - r.first;
}

/* What there is of r from `first` on, n at most. */
INLINE struct lstmc_range part_of(struct lstmc_range r, int first, int n)
{
    return (struct lstmc_range){ first, first + n < r.end ? first + n : r.end };
}

/* For loops in steps of `step` over a range at least as long: where the last step would pass the
 * end it begins earlier, and does a part of the work again. */
INLINE int step_at(int i, int step, int end)
{
    return i < end - step ? i : end - step;
}

/* ---- reductions ---------------------------------------------------------------------------------
 * y has one row or one column; `all` is the number of x's columns. Sums over rows take 32 rows at a
 * time and add these sums up, which loses less than one long sum. */

enum reduction { SUM, MAX };

INLINE vec reduced(enum reduction how, vec x, vec y)
{
    return how == SUM ? x + y : v_max(x, y);
}

enum { ROWS_AT_A_TIME = 32, VECTORS_AT_A_TIME = 4 };

/* Over n columns, in so many vectors; more: y has what earlier rows gave. */
INLINE void reduce_rows_at(enum reduction how, int vectors, int n, int more, REAL *y, const REAL *x,
                           int x_stride, int x_rows)
{
    vec part[VECTORS_AT_A_TIME];
    UNROLLED
    for (int j = 0; j < vectors; j++)
        part[j] = load(x + j * V, lanes_of(j, n));
    for (int row = 1; row < x_rows; row++) {
        UNROLLED
        for (int j = 0; j < vectors; j++)
            part[j] = reduced(how, part[j], load(x + row * x_stride + j * V, lanes_of(j, n)));
    }
    UNROLLED
    for (int j = 0; j < vectors; j++) {
        const int lanes = lanes_of(j, n);
        store(y + j * V, more ? reduced(how, load(y + j * V, lanes), part[j]) : part[j], lanes);
    }
}

/* All columns of some rows before the next ones, so that few pages are in use at a time. */
INLINE void reduce_rows(enum reduction how, REAL *y, const REAL *x, int x_stride, int x_rows,
                        int all, struct lstmc_range cols)
{
    enum { WIDE = VECTORS_AT_A_TIME * V };
    for (int row = 0; row < x_rows; row += ROWS_AT_A_TIME) {
        const int n = length(part_of(all_of(x_rows), row, ROWS_AT_A_TIME)), more = row > 0;
        const REAL *from = x + row * x_stride;
        int col = cols.first;
        for (; cols.end - col >= WIDE; col += WIDE)
            reduce_rows_at(how, VECTORS_AT_A_TIME, WIDE, more, y + col, from + col, x_stride, n);
        for (; col < cols.end; col += V)
            reduce_rows_at(how, 1, lanes_at(col, all), more, y + col, from + col, x_stride, n);
    }
}

/* Of more than two axes: x is `outer` blocks of x_rows times `inner` rows, y as many of `inner` rows. */
INLINE void reduce_planes(enum reduction how, REAL *y, int y_stride, const REAL *x, int x_stride,
                          int outer, int x_rows, int inner, int all, struct lstmc_range cols)
{
    for (int row = 0; row < outer * inner; row++) {
        const REAL *from = x + (row / inner * x_rows * inner + row % inner) * x_stride;
        reduce_rows(how, y + row * y_stride, from, inner * x_stride, x_rows, all, cols);
    }
}

INLINE void reduce_cols(enum reduction how, REAL *y, int y_stride, const REAL *x, int x_stride,
                        int all, struct lstmc_range rows)
{
    for (int row = rows.first; row < rows.end; row++) {
        const REAL *from = x + row * x_stride;
        const vec nothing = how == SUM ? (vec){ 0 } : splat(from[0]);
        vec total = nothing;
        for (int col = 0; col < all - all % V; col += V)
            total = reduced(how, total, load(from + col, V));
        if (all % V > 0) {
            const vec rest = load(from + all - all % V, all % V);
            total = reduced(how, total, v_select(first_lanes(all % V), rest, nothing));
        }
        y[row * y_stride] = how == SUM ? sum_of_lanes(total) : max_of_lanes(total);
    }
}

/* The column of the largest element of each row, the first of equals. */
INLINE void argmax_cols(int32_t *y, int y_stride, const REAL *x, int x_stride, int all,
                        struct lstmc_range rows)
{
    for (int row = rows.first; row < rows.end; row++) {
        const REAL *from = x + row * x_stride;
        int largest = 0;
        for (int col = 1; col < all; col++)
            largest = from[col] > from[largest] ? col : largest;
        y[row * y_stride] = largest;
    }
}

/* ---- moves --------------------------------------------------------------------------------------
 * `all` is the number of columns of y. */

INLINE void copy_row(REAL *y, const REAL *x, int all, struct lstmc_range cols)
{
    for (int col = cols.first; col < cols.end; col += V) {
        const int n = lanes_at(col, all);
        store(y + col, load(x + col, n), n);
    }
}

INLINE void add_row(REAL *y, const REAL *x, int all, struct lstmc_range cols)
{
    for (int col = cols.first; col < cols.end; col += V) {
        const int n = lanes_at(col, all);
        store(y + col, load(y + col, n) + load(x + col, n), n);
    }
}

/* Row r of y is row index[r] of x. */
INLINE void gather_rows(REAL *y, int y_stride, const REAL *x, int x_stride, const int32_t *index,
                        int index_stride, int all, struct lstmc_range rows, struct lstmc_range cols)
{
    for (int row = rows.first; row < rows.end; row++)
        copy_row(y + row * y_stride, x + index[row * index_stride] * x_stride, all, cols);
}

/* Row r of x is added, in order, to row index[r] of y, which begins as zeros. */
INLINE void scatter_rows(REAL *y, int y_stride, const REAL *x, int x_stride, const int32_t *index,
                         int index_stride, int x_rows, int all, struct lstmc_range rows,
                         struct lstmc_range cols)
{
    for (int row = rows.first; row < rows.end; row++)
        memset(y + row * y_stride + cols.first, 0, (size_t)length(cols) * sizeof *y);
    for (int row = 0; row < x_rows; row++) {
        const int to = index[row * index_stride];
        if (to >= rows.first && to < rows.end)
            add_row(y + to * y_stride, x + row * x_stride, all, cols);
    }
}

/* Element index[r] of row r of x. */
INLINE void pick_cols(REAL *y, int y_stride, const REAL *x, int x_stride, const int32_t *index,
                      int index_stride, struct lstmc_range rows)
{
    for (int row = rows.first; row < rows.end; row++)
        y[row * y_stride] = x[row * x_stride + index[row * index_stride]];
}

/* y = x', in squares that fit the nearest cache. */
INLINE void transpose(REAL *y, int y_stride, const REAL *x, int x_stride, struct lstmc_range rows,
                      struct lstmc_range cols)
{
    enum { SIDE = 16 };
    for (int top = rows.first; top < rows.end; top += SIDE)
        for (int left = cols.first; left < cols.end; left += SIDE)
            for (int row = top; row < rows.end && row < top + SIDE; row++)
                for (int col = left; col < cols.end && col < left + SIDE; col++)
                    y[row * y_stride + col] = x[col * x_stride + row];
}
#endif
