/* Products with a packed right operand, in strips of tiles, and how operands come to lie in panels (product.h). What
 * takes the time is the same in all of them, so that a model has one function for each size of tile, in which the
 * numbers of rows and vectors alone are constants. */
#ifndef LSTMC_PANELS_H
#define LSTMC_PANELS_H
#include <lstmc/product.h>

/* ---- panels ---------------------------------------------------------------------------------- */

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

/* The columns of whole panels that lie below each other, k rows each. */
INLINE struct lstmc_range panel_cols(struct lstmc_range rows, int k)
{
    return (struct lstmc_range){ rows.first / k * PANEL, rows.end / k * PANEL };
}

/* The column with which a panel begins, where those of as many parts, each `width` wide, take turns. */
INLINE int panel_column(int parts, int width, int panel)
{
    return panel % parts * width + panel / parts * PANEL;
}

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

/* ---- even widths ----------------------------------------------------------------------------- */

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

/* The width of tiles that are as equal as can be and at most that wide. */
INLINE int tile_width(struct lstmc_range cols, int most)
{
    return even_step(length(cols), PANEL, most);
}

/* ---- packing --------------------------------------------------------------------------------- */

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

/* ---- strips of tiles ------------------------------------------------------------------------- */

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
#endif
