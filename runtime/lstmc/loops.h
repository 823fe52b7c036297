/* Products, reductions and moves of rows: the loops that an emitted kernels.inc gives its shapes
 * to. Everything is inlined where it is called, with a number for each shape and stride, so that
 * tiles live in registers and loops have constant ends. vector.h stands before this.
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

/* ---- products ----------------------------------------------------------------------------------
 * c = a b over k terms. Element (r, i) of a is a[r * a_row + i * a_term], so that a may be stored
 * either way round. Tiles of rows x vectors sums stay in registers.
 *
 * b is read in panels of 16 columns: column j of term i is b[j / 16 * b_panel + i * b_term + j % 16].
 * In plain rows a panel is 16 elements from the next and a term a row; a packed b has a panel's
 * terms side by side (b_term = 16), which is how a weight that is read many times lies. */

enum { PANEL = 16, MAX_TILE = 32, REGISTERS = V * REAL_BITS == 512 ? 32 : 16 };

/* Takes the next rectangle off a range of cells, which are panels of a result's columns, cut into bands of its
 * rows, panel after panel: as many whole panels as there are, or what there is of one. */
INLINE void next_cells(struct lstmc_range *cells, int bands, int all_rows, int all_cols,
                       struct lstmc_range *rows, struct lstmc_range *cols)
{
    const int panel = cells->first / bands, band = cells->first % bands, left = length(*cells);
    const int whole = band == 0 ? left / bands : 0;
    const int end = whole > 0 || band + left > bands ? bands : band + left;
    *cols = part_of(all_of(all_cols), panel * PANEL, (whole > 0 ? whole : 1) * PANEL);
    *rows = (struct lstmc_range){ band * all_rows / bands, end * all_rows / bands };
    cells->first += whole > 0 ? whole * bands : end - band;
}

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

/* The columns of whole panels that lie below each other, k rows each. */
INLINE struct lstmc_range panel_cols(struct lstmc_range rows, int k)
{
    return (struct lstmc_range){ rows.first / k * PANEL, rows.end / k * PANEL };
}

/* Vector j of row r. */
INLINE REAL *sums_of(REAL *c, struct lstmc_sums lies, int r, int j)
{
    return c + r * lies.row + j * V / PANEL * lies.panel + j * V % PANEL;
}

/* The lanes of vector j of which n columns are left in all. */
INLINE int lanes_of(int j, int n)
{
    return n <= j * V ? 0 : n - j * V < V ? n - j * V : V;
}

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

/* How wide the next of several strips is, of which n units are left and each has at most `most`:
 * nearly equal ones leave no narrow one over, for which registers would stay empty. */
INLINE int even_share(int n, int most)
{
    const int shares = (n + most - 1) / most;
    if (most == 1)
        return 1;
    return shares > 1 ? (n + shares - 1) / shares : n;
}

/* The same of n rows or columns, in whole units; most: at least one. */
INLINE int even_step(int n, int unit, int most)
{
    return unit * even_share((n + unit - 1) / unit, most / unit);
}

/* ---- products with a packed b, in strips of tiles -------------------------------------------------
 * What takes the time is the same in all of them, so that a model has one function for each size of tile, in which
 * the numbers of rows and vectors alone are constants. */

/* Strips are made of units: panels, or parts of one where a tile is narrower. */
enum { STRIP_UNITS = 4 };

INLINE int strip_unit(int vectors)
{
    return vectors * V < PANEL ? vectors : PANEL / V;
}

/* The most that a strip of tiles has. */
INLINE int strip_units(int vectors)
{
    const int units = vectors / strip_unit(vectors);
    return units < STRIP_UNITS ? units : STRIP_UNITS;
}

/* Sums over many terms take so many at a time that a tile of a and a panel of b fill a part of the nearest cache. What
 * is read next comes from a far one, so that each tile asks for some lines of it: of a where its rows of terms go on,
 * of b the panels that come after a strip's: their ends, since the line where one begins may be that of another's end.
 * Behind the last there may be nothing to ask for, which does no harm. */
enum { TERMS = 96 };
struct lstmc_next {
    const REAL *a, *b[STRIP_UNITS];
    int b_stride, terms; /* terms: of a panel, by each tile */
};

INLINE void ask_for_next(struct lstmc_next *next, int panels)
{
    enum { SECOND_CACHE = 2 };
    __builtin_prefetch(next->a, 0, SECOND_CACHE);
    next->a += LINE;
    for (int p = 0; p < panels; p++)
        for (int i = 0; i < next->terms; i++, next->b[p] += next->b_stride)
            for (int j = 0; j < PANEL; j += LINE)
                __builtin_prefetch(next->b[p] + j + LINE - 1, 0, SECOND_CACHE);
}

/* A strip that is so many units wide, from where its next tile begins. */
struct lstmc_strip {
    int k, more;                     /* terms; has c the sum over earlier ones already? */
    int panel_terms;                 /* of b's panels, which may have more */
    int units, cols;                 /* cols: those that are there, or 0: all that the units have */
    ptrdiff_t a_row, a_term, a_tile; /* distances; tiles of n rows are n * a_tile apart */
    struct lstmc_sums lies;
    REAL *c;
    const REAL *a, *b;
    struct lstmc_next *next; /* or NULL */
};

/* Of all of c, with b's panels so many terms high. */
INLINE struct lstmc_strip whole_product(int k, REAL *c, struct lstmc_sums lies, const REAL *a,
                                        int a_row, int a_term, const REAL *b, int panel_terms)
{
    return (struct lstmc_strip){ .k = k,
                                 .lies = lies,
                                 .c = c,
                                 .a_row = a_row,
                                 .a_term = a_term,
                                 .a_tile = a_row,
                                 .a = a,
                                 .panel_terms = panel_terms,
                                 .b = b };
}

/* Computes so many tiles below each other. */
typedef void lstmc_tile_loop(const struct lstmc_strip *s, int tiles);

/* a_along: what lies side by side are the terms of a row of a; else the rows of a term. */
INLINE void tiles_of_width(int rows, int vectors, int a_along, const struct lstmc_strip *s,
                           int tiles)
{
    const struct lstmc_strip x = *s;
    const struct lstmc_right b_lies = packed(x.panel_terms);
    REAL *c = x.c;
    const REAL *a = x.a;
    for (int i = 0; i < tiles; i++, c += rows * x.lies.row, a += rows * x.a_tile) {
        if (x.next)
            ask_for_next(x.next, (vectors * V + PANEL - 1) / PANEL);
        product_tile(rows, vectors, vectors * V, x.more, x.k, c, x.lies, a, a_along ? x.a_row : 1,
                     a_along ? 1 : x.a_term, x.b, b_lies);
    }
}

/* vectors: of the widest strip. */
INLINE void tile_loop(int rows, int vectors, int a_along, const struct lstmc_strip *s, int tiles)
{
    const int unit = strip_unit(vectors), most = strip_units(vectors);
    if (s->units == 1)
        tiles_of_width(rows, unit, a_along, s, tiles);
    else if (most >= 2 && s->units == 2)
        tiles_of_width(rows, 2 * unit, a_along, s, tiles);
    else if (most >= 3 && s->units == 3)
        tiles_of_width(rows, 3 * unit, a_along, s, tiles);
    else if (most >= STRIP_UNITS)
        tiles_of_width(rows, 4 * unit, a_along, s, tiles);
}

/* The tiles of a product: of `rows` rows, of one less, of two and of one, those of them that it may need. */
struct lstmc_tiles {
    int rows, vectors;
    lstmc_tile_loop *whole, *lower, *two, *one;
};

/* Sums of whole units, of which those that are there are copied. */
static NOT_INLINE void tiles_of_columns(lstmc_tile_loop *loop, int rows,
                                        const struct lstmc_strip *strip, int tiles)
{
    enum { STRIP = STRIP_UNITS * PANEL };
    REAL sums[MAX_TILE * STRIP], *c = strip->c;
    const ptrdiff_t row = strip->lies.row;
    struct lstmc_strip s = *strip;
    s.lies = near_sums(STRIP);
    s.c = sums;
    for (int i = 0; i < tiles; i++, c += rows * row, s.a += rows * s.a_tile) {
        for (int r = 0; s.more && r < rows; r++)
            memcpy(sums + r * STRIP, c + r * row, (size_t)s.cols * sizeof *c);
        loop(&s, 1);
        for (int r = 0; r < rows; r++)
            memcpy(c + r * row, sums + r * STRIP, (size_t)s.cols * sizeof *c);
    }
}

/* Takes so many tiles of so many rows off a strip. */
INLINE void take_tiles(lstmc_tile_loop *loop, int rows, struct lstmc_strip *s, int tiles)
{
    if (s->cols > 0)
        tiles_of_columns(loop, rows, s, tiles);
    else if (tiles > 0)
        loop(s, tiles);
    s->c += tiles * rows * s->lies.row;
    s->a += tiles * rows * s->a_tile;
}

/* A strip of so many rows. Where whole tiles do not fill them, as many tiles as it takes have a row less if the
 * sums are near; else the last begins earlier. Of less rows than a tile has, each goes alone. */
INLINE void take_strip(const struct lstmc_tiles *t, int rows, struct lstmc_strip *s)
{
    const int tiles = (rows + t->rows - 1) / t->rows, lower = tiles * t->rows - rows;
    if (lower == 0) {
        take_tiles(t->whole, t->rows, s, tiles);
    } else if (rows < t->rows) {
        take_tiles(t->one, 1, s, rows);
    } else if (!s->lies.far && lower <= tiles) {
        take_tiles(t->lower, t->rows - 1, s, lower);
        take_tiles(t->whole, t->rows, s, tiles - lower);
    } else {
        take_tiles(t->whole, t->rows, s, tiles - 1);
        s->c -= lower * s->lies.row;
        s->a -= lower * s->a_row;
        take_tiles(t->whole, t->rows, s, 1);
    }
}

/* For the vectors [first, end) of c, which begin with a panel or divide it. `last` and `fill`: the vector with which
 * the last panel ends, and how many columns too many it has. parts: the panels are a multiple of it. Rows of a go in
 * groups of whole tiles while all of b passes by: small groups where b itself stays in a cache that is not far, else
 * such as stay in the second cache together with a strip of b. s: of the product, its c, a and b those of all. */
static NOT_INLINE void product_panels(const struct lstmc_tiles *t, int parts,
                                      struct lstmc_range rows, int first, int end, int last,
                                      int fill, struct lstmc_strip s)
{
    enum { SMALL = 48, SECOND = 600 * 1024 / sizeof(REAL), NOT_FAR = 2048 * 1024 / sizeof(REAL) };
    REAL *const c = s.c;
    const REAL *const a = s.a, *const b = s.b;
    const int few = length(rows) < t->rows;
    const int unit = strip_unit(t->vectors), most = few ? 1 : strip_units(t->vectors);
    const int even = parts * PANEL % (most * unit * V) == 0;
    const int near = (end - first) * V * s.k <= NOT_FAR;
    const int room = near || SECOND / s.k < SMALL ? SMALL : SECOND / s.k;
    const int step = even_step(length(rows), t->rows, room);
    const int least = few ? length(rows) : t->rows;
    for (int r = rows.first; r < rows.end; r += step) {
        const struct lstmc_range group = part_of(rows, step_at(r, least, rows.end), step);
        for (int at = first; at < end; at += s.units * unit) {
            s.units = even ? most : even_share((end - at) / unit, most);
            s.cols = fill > 0 && at + s.units * unit == last ? s.units * unit * V - fill : 0;
            s.c = c + group.first * s.lies.row + at * V;
            s.a = a + group.first * s.a_row;
            s.b = b + at * V / PANEL * packed(s.panel_terms).panel + at * V % PANEL;
            take_strip(t, length(group), &s);
        }
    }
}

/* `all` is the number of c's columns. */
INLINE void product_packed(const struct lstmc_tiles *t, struct lstmc_range rows,
                           struct lstmc_range cols, int all, int k, REAL *c, int c_stride,
                           const REAL *a, int a_row, int a_term, const REAL *b)
{
    const int unit = strip_unit(t->vectors) * V;
    const int end = (cols.end + unit - 1) / unit * unit / V;
    const int last = (all + unit - 1) / unit * unit / V;
    product_panels(t, 1, rows, cols.first / V, end, last, last * V - all,
                   whole_product(k, c, plain_sums(c_stride), a, a_row, a_term, b, k));
}

/* Whole panels of sums, as many as some groups of `parts` have, with the rows of c counted from the first
 * of `rows` on. */
INLINE void product_tiles(const struct lstmc_tiles *t, int parts, struct lstmc_range rows,
                          int panels, int k, REAL *c, int c_stride, const REAL *a, int a_row,
                          int a_term, const REAL *b)
{
    product_panels(
        t, parts, all_of(length(rows)), 0, panels * (PANEL / V), 0, 0,
        whole_product(k, c, near_sums(c_stride), a + rows.first * a_row, a_row, a_term, b, k));
}

/* Where a column of one of several parts stands in a row of all panels, as in a tile of sums. The remainder of
 * an unsigned number is a mask. */
INLINE int sums_at(int parts, int part, int col)
{
    const int in_panel = (int)((unsigned)col % PANEL);
    return (col - in_panel) * parts + part * PANEL + in_panel;
}

INLINE int panels_in(struct lstmc_range cols)
{
    return (length(cols) + PANEL - 1) / PANEL;
}

/* The width of tiles that are as equal as can be and at most that wide. */
INLINE int tile_width(struct lstmc_range cols, int most)
{
    return even_step(length(cols), PANEL, most);
}

/* Four rows of four elements, `stride` apart, become four columns, PANEL apart. */
#if V > 2
INLINE void transpose_four(REAL *to, const REAL *from, int stride)
{
    const vec4 a = *(const vec4_anywhere *)from, b = *(const vec4_anywhere *)(from + stride);
    const vec4 c = *(const vec4_anywhere *)(from + 2 * stride);
    const vec4 d = *(const vec4_anywhere *)(from + 3 * stride);
    const vec4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const vec4 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const vec4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const vec4 cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(vec4_anywhere *)to = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    *(vec4_anywhere *)(to + PANEL) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    *(vec4_anywhere *)(to + 2 * PANEL) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    *(vec4_anywhere *)(to + 3 * PANEL) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}
#endif

/* A panel of n columns, of which term i begins at from[i * term], and column j of that at j * col. */
INLINE void pack_panel(int n, int k, REAL *to, const REAL *from, int term, int col)
{
    int i = 0;
#if V > 2
    for (; term == 1 && n == PANEL && i + 4 <= k; i += 4)
        for (int j = 0; j < PANEL; j += 4)
            transpose_four(to + i * PANEL + j, from + i + j * col, col);
#endif
    for (; col == 1 && i < k; i++)
        for (int j = 0; j < PANEL; j += V)
            store(to + i * PANEL + j, load(from + i * term + j, lanes_of(j / V, n)), V);
    for (; i < k; i++)
        for (int j = 0; j < PANEL; j++)
            to[i * PANEL + j] = j < n ? from[i * term + j * col] : 0;
}

/* The column with which a panel begins, where those of as many parts, each `width` wide, take turns. */
INLINE int panel_column(int parts, int width, int panel)
{
    return panel % parts * width + panel / parts * PANEL;
}

/* y = x in panels, `cols` being columns of panels; `width` the columns of a part. Element (i, j) of
 * x is x[i * x_term + j * x_col]. */
INLINE void pack_panels(int parts, int width, int k, REAL *y, const REAL *x, int x_term, int x_col,
                        struct lstmc_range cols)
{
    for (int panel = cols.first / PANEL; panel < cols.end / PANEL; panel++) {
        const int n = width - panel / parts * PANEL;
        const REAL *from = x + panel_column(parts, width, panel) * x_col;
        REAL *to = y + panel * k * PANEL;
        if (n >= PANEL)
            pack_panel(PANEL, k, to, from, x_term, x_col);
        else
            pack_panel(n, k, to, from, x_term, x_col);
    }
}

/* y = x' in panels, where x lies in some itself, `width` the columns of one of its parts: columns of y are rows
 * of x. */
static NOT_INLINE void pack_transposed(int parts, int width, int rows, REAL *y, const REAL *x,
                                       struct lstmc_range cols)
{
    for (int row = cols.first; row < cols.end; row += PANEL)
        for (int panel = 0; panel < (width + PANEL - 1) / PANEL * parts; panel++) {
            const int term = panel_column(parts, width, panel);
            const int terms = width - panel / parts * PANEL, n = rows - row;
            REAL *to = y + (row / PANEL * parts * width + term) * PANEL;
            const REAL *from = x + (panel * rows + row) * PANEL;
            if (n >= PANEL && terms >= PANEL)
                pack_panel(PANEL, PANEL, to, from, 1, PANEL);
            else
                pack_panel(n < PANEL ? n : PANEL, terms < PANEL ? terms : PANEL, to, from, 1,
                           PANEL);
        }
}

/* c = a b of many terms and rows, as for a weight's gradient, where a and b are read once. As many panels of b are
 * copied at once as the widest strip has, since each row gives little to one. Rows of a whose terms lie apart are
 * copied, too, as many as fit: tile by tile, so that each is read from its beginning to its end. */
enum { COPY = 256 * 1024 / sizeof(REAL) };

/* Term i of row r of a tile is to[i * tile_rows + r], and the next tile follows. Whole vectors are written: the
 * next term puts right what is too much, and behind the last there is room. */
INLINE void copy_tiles(int tile_rows, struct lstmc_range rows, int k, REAL *to, const REAL *a,
                       int a_term)
{
    for (int r = rows.first; r < rows.end; r += tile_rows, to += k * tile_rows)
        for (int i = 0; i < k; i++)
            for (int j = 0; j < tile_rows; j += V)
                store(to + i * tile_rows + j,
                      load(a + i * a_term + r + j, lanes_of(0, rows.end - r - j)), V);
}

/* Whole panels of TERMS terms, which begin with these columns, row by row, so that each row is visited once. */
INLINE void copy_whole_panels(int panels, int k, REAL *to, const REAL *b, int b_stride,
                              const int *cols)
{
    for (int i = 0; i < k; i++)
        for (int p = 0; p < panels; p++)
            for (int j = 0; j < PANEL; j += V)
                store(to + (p * TERMS + i) * PANEL + j, load(b + i * b_stride + cols[p] + j, V), V);
}

/* Panels of b as those of c lie, from panel `first` on, at most those of the widest strip; `width` the columns of
 * a part, the last panel of which ends with zeros. */
INLINE void copy_panels(int first, int panels, int parts, int width, int k, REAL *to, const REAL *b,
                        int b_stride)
{
    int cols[STRIP_UNITS], whole = 0;
    for (int p = 0; p < panels; p++) {
        cols[p] = panel_column(parts, width, first + p);
        whole += (first + p) / parts < width / PANEL;
    }
    copy_whole_panels(whole, k, to, b, b_stride, cols);
    for (int p = whole; p < panels; p++)
        pack_panel(width % PANEL, k, to + p * TERMS * PANEL, b + cols[p], b_stride, 1);
}

/* A strip of so many rows; those of the last tile are a row apart. */
INLINE void take_terms_strip(const struct lstmc_tiles *t, int rows, struct lstmc_strip *s)
{
    const int tiles = rows / t->rows, left = rows - tiles * t->rows;
    take_tiles(t->whole, t->rows, s, tiles);
    if (left > 0) {
        struct lstmc_strip rest = *s;
        rest.a_tile = rest.a_row;
        rest.next = NULL;
        take_tiles(t->two, 2, &rest, left / 2);
        take_tiles(t->one, 1, &rest, left % 2);
    }
}

/* Some rows, and at most TERMS terms, of all the columns that are asked for: of c's in the order in which they
 * lie, of which the last are missing only in plain rows. a_next, b_next: what the rows after these begin with. */
static NOT_INLINE void product_terms_rows(const struct lstmc_tiles *t, int rows,
                                          struct lstmc_range cols, int all, struct lstmc_strip s,
                                          int b_stride, const REAL *a_next, const REAL *b_next)
{
    const int tiles = rows < t->rows ? 1 : rows / t->rows;
    struct lstmc_next next = { a_next, { 0 }, b_stride, (TERMS + tiles - 1) / tiles };
    REAL panels[TERMS * STRIP_UNITS * PANEL];
    const int unit = strip_unit(t->vectors) * V, strip = strip_units(t->vectors);
    const int fill = s.lies.panel == PANEL ? (unit - all % unit) % unit : 0;
    const int wide = strip * unit < PANEL ? 1 : strip * unit / PANEL;
    const int begin = cols.first / PANEL, end = begin + panels_in(cols), part = all / s.lies.parts;
    REAL *const c = s.c;
    const REAL *const a = s.a, *const b = s.b;
    s.next = &next;
    for (int panel = begin, some; panel < end; panel += some) {
        const int first = panel * PANEL;
        some = even_share(end - panel, STRIP_UNITS / wide * wide);
        const int units = (length(part_of(cols, first, some * PANEL)) + unit - 1) / unit;
        copy_panels(panel, some, s.lies.parts, part, s.k, panels, b, b_stride);
        for (int j = 0; j < units; j += s.units) {
            const int col = first + j * unit;
            s.units = even_share(units - j, strip);
            s.cols = fill > 0 && col + s.units * unit > all ? s.units * unit - fill : 0;
            s.c = c + col / PANEL * s.lies.panel + col % PANEL;
            s.a = a;
            s.b = panels + j * unit / PANEL * TERMS * PANEL + j * unit % PANEL;
            for (int p = 0; p * PANEL < s.units * unit; p++) {
                const int after = col / PANEL + some + p, over = after - end;
                next.b[p] = over < 0 ? b + panel_column(s.lies.parts, part, after)
                                     : b_next + panel_column(s.lies.parts, part, begin + over);
            }
            take_terms_strip(t, rows, &s);
        }
    }
}

static NOT_INLINE void product_terms(const struct lstmc_tiles *t, struct lstmc_range rows,
                                     struct lstmc_range cols, int all, int terms, REAL *c,
                                     struct lstmc_sums lies, const REAL *a, int a_row, int a_term,
                                     const REAL *b, int b_stride)
{
    REAL copy[COPY + V];
    const int apart = a_term != 1; /* a's terms */
    const int step = apart ? even_step(length(rows), t->rows, COPY / TERMS) : length(rows);
    for (int i = 0; i < terms; i += TERMS)
        for (int r = rows.first; r < rows.end; r += step) {
            const struct lstmc_range some = part_of(rows, r, step);
            const int k = length(part_of(all_of(terms), i, TERMS));
            const int done = some.end == rows.end, r_next = done ? rows.first : some.end;
            const int i_next = done && i + TERMS < terms ? i + TERMS : i;
            struct lstmc_strip s =
                whole_product(k, c + r * lies.row, lies, a + i * a_term + r * a_row, a_row, a_term,
                              b + i * b_stride, TERMS);
            s.more = i > 0;
            if (apart) {
                copy_tiles(t->rows, some, k, copy, a + i * a_term, a_term);
                s.a = copy;
                s.a_row = 1;
                s.a_term = t->rows;
                s.a_tile = k;
            }
            product_terms_rows(t, length(some), cols, all, s, b_stride,
                               a + i_next * a_term + r_next * a_row, b + i_next * b_stride);
        }
}

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

/* ---- reductions --------------------------------------------------------------------------------
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

/* ---- random bits -------------------------------------------------------------------------------- */

/* Random words for the four rows of a quad and a part of the columns. One function for all kernels, which
 * would have to carry it in each. */
enum { RANDOM_COLS = 160 }; /* at a time, at most */

typedef words random_words[4][RANDOM_COLS / V];

static NOT_INLINE void random_rows(random_words to, uint32_t seed, uint32_t stream, uint32_t update,
                                   uint32_t t, int quad, struct lstmc_range cols)
{
    for (int col = cols.first; col < cols.end; col += V) {
        words rows[4];
        random_quad(rows, seed, stream, update, t, (uint32_t)quad, col);
        UNROLLED
        for (int row = 0; row < 4; row++)
            to[row][(col - cols.first) / V] = rows[row];
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
