/* c = a b of many terms and rows, as for a weight's gradient, where a and b are read once. As many panels of b are
 * copied at once as the widest strip has, since each row gives little to one. Rows of a whose terms lie apart are
 * copied, too, as many as fit: tile by tile, so that each is read from its beginning to its end. */
#ifndef LSTMC_TERMS_H
#define LSTMC_TERMS_H
#include <lstmc/panels.h>

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
#endif
