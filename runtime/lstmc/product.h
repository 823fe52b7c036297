/* Products of matrices in plain rows, and the tile of sums that all products are made of: rows x vectors of them
 * stay in registers.
 *
 * c = a b over k terms. Element (r, i) of a is a[r * a_row + i * a_term], so that a may be stored either way round.
 * b is read in panels of 16 columns: column j of term i is b[j / 16 * b_panel + i * b_term + j % 16]. In plain rows a
 * panel is 16 elements from the next and a term a row; a packed b (panels.h) has a panel's terms side by side
 * (b_term = 16), which is how a weight that is read many times lies. */
#ifndef LSTMC_PRODUCT_H
#define LSTMC_PRODUCT_H
#include <lstmc/loops.h>

enum { PANEL = 16, MAX_TILE = 32, REGISTERS = V * REAL_BITS == 512 ? 32 : 16 };

/* ---- how operands lie ------------------------------------------------------------------------ */

/* How b lies; `filled`: with zeros up to whole vectors. */
struct lstmc_right {
    ptrdiff_t term, panel;
    int filled;
};

INLINE struct lstmc_right plain_rows(int stride)
{
    return (struct lstmc_right){ stride, PANEL, 0 };
}

INLINE struct lstmc_right packed(int k)
{
    return (struct lstmc_right){ PANEL, k * PANEL, 1 };
}

/* How sums lie: the distances of rows, and of panels of 16 columns; far: in no near cache. In panels they are those
 * of a weight that lies so, and the panels of as many `parts` of its columns take turns. */
struct lstmc_sums {
    ptrdiff_t row, panel;
    int parts, far;
};

INLINE struct lstmc_sums plain_sums(int stride)
{
    return (struct lstmc_sums){ stride, PANEL, 1, 1 };
}

INLINE struct lstmc_sums near_sums(int stride)
{
    return (struct lstmc_sums){ stride, PANEL, 1, 0 };
}

INLINE struct lstmc_sums sums_in_panels(int parts, int rows)
{
    return (struct lstmc_sums){ PANEL, rows * PANEL, parts, 1 };
}

/* Vector j of row r. */
INLINE REAL *sums_of(REAL *c, struct lstmc_sums lies, int r, int j)
{
    return c + r * lies.row + j * V / PANEL * lies.panel + j * V % PANEL;
}

/* ---- tiles ----------------------------------------------------------------------------------- */

/* Elements of a line of the caches. */
enum { LINE = 64 / sizeof(REAL) };

/* Asks for a row of sums: lines in a far cache take as long as a few hundred multiply-adds. */
INLINE void ask_for_sums(int vectors, REAL *c, struct lstmc_sums c_lies)
{
    for (int j = 0; j < vectors; j += LINE / V)
        __builtin_prefetch(sums_of(c, c_lies, 0, j), 1);
}

/* What one term gives to a tile of n live columns. What is unrolled as one loop is in registers from the beginning;
 * gcc would take the sums there from memory, and back, for each loop of two. */
INLINE void add_term(int rows, int vectors, int n, vec *sum, const REAL *a, ptrdiff_t a_row,
                     const REAL *b, struct lstmc_right b_lies)
{
    vec b_row[MAX_TILE];
    UNROLLED
    for (int j = 0; j < vectors; j++)
        b_row[j] = load(b + j * V / PANEL * b_lies.panel + j * V % PANEL,
                        b_lies.filled ? V : lanes_of(j, n));
    UNROLLED
    for (int i = 0; i < rows * vectors; i++)
        sum[i] += a[i / vectors * a_row] * b_row[i % vectors];
}

/* n: the live columns; more: c has the sum over earlier terms already. The tiles that do most of the work take four
 * terms a turn: what counts and jumps would be a tenth of the instructions, of which a core begins half as many for
 * each of two threads that share it. A term of 512 bits takes longer than that. Addresses that are formed right before
 * a line tell gcc the number of turns. */
INLINE void product_tile(int rows, int vectors, int n, int more, int k, REAL *c,
                         struct lstmc_sums c_lies, const REAL *a, ptrdiff_t a_row, ptrdiff_t a_term,
                         const REAL *b, struct lstmc_right b_lies)
{
    vec sum[MAX_TILE];
    UNROLLED
    for (int i = 0; i < rows * vectors; i++)
        sum[i] = (vec){ 0 };
    if (more) {
        UNROLLED
        for (int i = 0; i < rows * vectors; i++)
            sum[i] = load(sums_of(c, c_lies, i / vectors, i % vectors), lanes_of(i % vectors, n));
    }
    /* The sums of the next tile are asked for, a row in each of the first lines of terms. */
    const int asks = c_lies.far ? rows * LINE : 0;
    const int in_lines = V * REAL_BITS < 512 && rows * vectors >= REGISTERS / 2;
    REAL *next = c + rows * c_lies.row;
    int i = 0;
    for (; in_lines && i + LINE <= k; i += LINE) {
        if (i < asks) {
            ask_for_sums(vectors, next, c_lies);
            next += c_lies.row;
        }
        const REAL *a_line = a + i * a_term, *b_line = b + i * b_lies.term;
#pragma GCC unroll 4
        for (int t = 0; t < LINE; t++)
            add_term(rows, vectors, n, sum, a_line + t * a_term, a_row, b_line + t * b_lies.term,
                     b_lies);
    }
    a += i * a_term;
    b += i * b_lies.term;
    while (i < k) {
        const int end = k - i < LINE ? k : i + LINE;
        if (i < asks) {
            ask_for_sums(vectors, next, c_lies);
            next += c_lies.row;
        }
        for (; i < end; i++, a += a_term, b += b_lies.term)
            add_term(rows, vectors, n, sum, a, a_row, b, b_lies);
    }
    UNROLLED
    for (int j = 0; j < rows * vectors; j++)
        store(sums_of(c, c_lies, j / vectors, j % vectors), sum[j], lanes_of(j % vectors, n));
}

/* A strip of columns, `vectors` vectors wide, of n live columns. Where tiles do not fill the rows the last begins
 * earlier; where there are less than a tile has, each goes alone. */
INLINE void product_strip(int tile_rows, int vectors, int n, struct lstmc_range rows, int k,
                          REAL *c, struct lstmc_sums c_lies, const REAL *a, int a_row, int a_term,
                          const REAL *b, struct lstmc_right b_lies)
{
    if (length(rows) < tile_rows)
        for (int r = rows.first; r < rows.end; r++)
            product_tile(1, vectors, n, 0, k, c + r * c_lies.row, c_lies, a + r * a_row, a_row,
                         a_term, b, b_lies);
    else
        for (int r = rows.first; r < rows.end; r += tile_rows) {
            const int row = step_at(r, tile_rows, rows.end);
            product_tile(tile_rows, vectors, n, 0, k, c + row * c_lies.row, c_lies, a + row * a_row,
                         a_row, a_term, b, b_lies);
        }
}

/* `all` is the number of c's columns: a range narrower than a vector can only be the last of them. */
INLINE void product(int tile_rows, int vectors, struct lstmc_range rows, struct lstmc_range cols,
                    int all, int k, REAL *c, int c_stride, const REAL *a, int a_row, int a_term,
                    const REAL *b, int b_stride)
{
    const struct lstmc_right lies = plain_rows(b_stride);
    const struct lstmc_sums c_lies = plain_sums(c_stride);
    if (length(cols) >= vectors * V) {
        for (int j = cols.first; j < cols.end; j += vectors * V) {
            const int col = step_at(j, vectors * V, cols.end);
            product_strip(tile_rows, vectors, vectors * V, rows, k, c + col, c_lies, a, a_row,
                          a_term, b + col, lies);
        }
    } else if (length(cols) >= V) {
        for (int j = cols.first; j < cols.end; j += V) {
            const int col = step_at(j, V, cols.end);
            product_strip(tile_rows, 1, V, rows, k, c + col, c_lies, a, a_row, a_term, b + col,
                          lies);
        }
    } else if (length(cols) > 0) {
        product_strip(tile_rows, 1, all % V, rows, k, c + cols.first, c_lies, a, a_row, a_term,
                      b + cols.first, lies);
    }
}

/* ---- products of rows and of columns --------------------------------------------------------- */

/* c = a b', where both have the terms of a sum side by side: element (r, j) is the product of two
 * rows, summed in V lanes and then over the lanes. Tiles of rows x cols elements. */
INLINE void dot_terms(int rows, int cols, int n, vec *sum, const REAL *a, int a_stride,
                      const REAL *b, int b_stride)
{
    vec b_terms[MAX_TILE];
    UNROLLED
    for (int j = 0; j < cols; j++)
        b_terms[j] = load(b + j * b_stride, n);
    UNROLLED
    for (int i = 0; i < rows * cols; i++)
        sum[i] += load(a + i / cols * a_stride, n) * b_terms[i % cols];
}

INLINE void dot_tile(int rows, int cols, int k, REAL *c, int c_stride, const REAL *a, int a_stride,
                     const REAL *b, int b_stride)
{
    const int whole = k - k % V;
    vec sum[MAX_TILE] = { { 0 } };
    for (int i = 0; i < whole; i += V)
        dot_terms(rows, cols, V, sum, a + i, a_stride, b + i, b_stride);
    if (whole < k)
        dot_terms(rows, cols, k % V, sum, a + whole, a_stride, b + whole, b_stride);
    UNROLLED
    for (int i = 0; i < rows * cols; i++)
        c[i / cols * c_stride + i % cols] = sum_of_lanes(sum[i]);
}

INLINE void product_of_rows(int tile_rows, int tile_cols, struct lstmc_range rows,
                            struct lstmc_range cols, int k, REAL *c, int c_stride, const REAL *a,
                            int a_stride, const REAL *b, int b_stride)
{
    if (length(rows) < tile_rows || length(cols) < tile_cols) {
        for (int r = rows.first; r < rows.end; r++)
            for (int j = cols.first; j < cols.end; j++)
                dot_tile(1, 1, k, c + r * c_stride + j, c_stride, a + r * a_stride, a_stride,
                         b + j * b_stride, b_stride);
        return;
    }
    for (int j = cols.first; j < cols.end; j += tile_cols) {
        const int col = step_at(j, tile_cols, cols.end);
        for (int r = rows.first; r < rows.end; r += tile_rows) {
            const int row = step_at(r, tile_rows, rows.end);
            dot_tile(tile_rows, tile_cols, k, c + row * c_stride + col, c_stride,
                     a + row * a_stride, a_stride, b + col * b_stride, b_stride);
        }
    }
}

/* c = a' b': term i of element (r, j) is a[i * a_stride + r] b[j * b_stride + i]. Nothing lies
 * side by side that belongs together; no gradient of a plain product comes to this. */
INLINE void product_of_columns(struct lstmc_range rows, struct lstmc_range cols, int k, REAL *c,
                               int c_stride, const REAL *a, int a_stride, const REAL *b,
                               int b_stride)
{
    for (int r = rows.first; r < rows.end; r++)
        for (int j = cols.first; j < cols.end; j++) {
            REAL sum = 0;
            for (int i = 0; i < k; i++)
                sum += a[i * a_stride + r] * b[j * b_stride + i];
            c[r * c_stride + j] = sum;
        }
}
#endif
