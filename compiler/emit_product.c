/* Products: which loop of the runtime computes one, with which tile; calls of BLAS. */
#include "emit_product.h"
#include "emit_text.h"
#include "grid.h"
#include <inttypes.h>

/* ---- tiles ----------------------------------------------------------------------------------- */

/* The three instruction sets: lanes of floats, registers, and what an element of a tile's sum
 * needs besides its register (without a fused multiply-add, one for the product). */
static const struct machine {
    int lanes, registers, spare;
} machines[MACHINES] = { { 16, 32, 1 }, { 8, 16, 1 }, { 4, 16, 2 } };

enum { MAX_TILE = 32 }; /* of lstmc/product.h */

struct tile {
    int64_t rows, cols; /* of vectors, or of elements where each is a dot product */
};

static int64_t rounded_up(int64_t n, int64_t step)
{
    return (n + step - 1) / step * step;
}

/* What a tile takes for each of its terms, in multiply-adds: eight are under way at once, and a few more
 * keep them so. */
static double tile_time(int64_t rows, int64_t cols)
{
    const double least = 10, load = 0.25;
    const double sums = (double)(rows * cols);
    return (sums > least ? sums : least) + load * (double)(rows + cols);
}

/* The same of all tiles above each other. Where whole ones do not fill the rows, a part is done twice, or,
 * if `even`, as many as it takes have a row less, which must be worth the code of two kinds. */
static double column_time(int64_t rows, struct tile t, bool even)
{
    const double two_kinds = 1.01;
    const int64_t tiles = (rows + t.rows - 1) / t.rows, lower = tiles * t.rows - rows;
    const double whole = tile_time(t.rows, t.cols);
    if (!even || lower == 0 || lower > tiles)
        return (double)tiles * whole;
    return two_kinds *
           ((double)(tiles - lower) * whole + (double)lower * tile_time(t.rows - 1, t.cols));
}

/* The tile by which rows x cols sums are done quickest, of at most `most` sums either way; of equal ones
 * the tallest, since b comes from a farther cache than a. In panels of `panel` vectors, which are taken
 * whole or are cut evenly, strips may differ in width and nothing is done twice along a row; 0: there are
 * none. */
static struct tile choose_tile(int64_t rows, int64_t cols, struct tile most, int panel, bool even,
                               struct machine machine)
{
    struct tile best = { 1, 1 };
    double least = 0;
    for (int64_t r = 1; r <= most.rows && r <= MAX_TILE; r++)
        for (int64_t c = 1; c <= most.cols && r * c + c + machine.spare <= machine.registers; c++) {
            if (panel > 0 && c % panel != 0 && panel % c != 0)
                continue;
            const struct tile t = { r, c };
            const double tiles_across =
                (double)(panel > 0 ? cols : rounded_up(cols, c)) / (double)c;
            const double time = tiles_across * column_time(rows, t, even);
            if (least == 0 || time <= least) {
                least = time;
                best = t;
            }
        }
    return best;
}

/* A strip's width in vectors, of so many columns. */
static int64_t widest_strip(int64_t cols, int lanes)
{
    const int64_t all = rounded_up(cols, PANEL) / lanes, most = STRIP_UNITS * PANEL / lanes;
    return all < most ? all : most;
}

/* Strips of three units are cut by what cuts those of four, which others need: no function is there for them alone. */
static int64_t shared_width(struct tile t, int lanes, struct machine machine)
{
    const int64_t unit = PANEL / lanes, wide = STRIP_UNITS * unit;
    const bool fits = t.rows * wide + wide + machine.spare <= machine.registers;
    return t.cols == 3 * unit && fits ? wide : t.cols;
}

/* The least rows or columns of the result that one of several workers has. */
static int64_t narrowest(const struct node *n, enum axis axis, int64_t extent)
{
    enum { WORKERS = 8 };
    struct grid shares = n->grid;
    int64_t least = extent;
    shares.blocks = shares.blocks < WORKERS ? shares.blocks : WORKERS;
    for (int i = 0; shares.axis == axis && i < shares.blocks; i++) {
        const struct range r = grid_range(shares, extent, i);
        least = r.stop - r.start < least ? r.stop - r.start : least;
    }
    return least;
}

const char *by_isa(const struct emission *e, const int n[MACHINES])
{
    return arena_printf(e->arena, "BY_ISA(%d, %d, %d)", n[0], n[1], n[2]);
}

/* "6x4", or one after the other where they differ. */
static const char *size_text(const struct emission *e, struct tile_size t)
{
    const char *text = arena_printf(e->arena, "%dx%d", t.rows[0], t.vectors[0]);
    bool alike = true;
    for (int i = 1; i < MACHINES; i++)
        alike = alike && t.rows[i] == t.rows[0] && t.vectors[i] == t.vectors[0];
    for (int i = 1; !alike && i < MACHINES; i++)
        text = arena_printf(e->arena, "%s_%dx%d", text, t.rows[i], t.vectors[i]);
    return text;
}

/* The function for tiles of one height, shared by all products that take such. */
static const char *put_tile_loop(const struct emission *e, struct tile_size t, bool ta,
                                 struct buffer *out)
{
    const char *name = arena_printf(e->arena, "tile%s_%s", ta ? "_ta" : "", size_text(e, t));
    if (!names_has(e->form_names, name))
        buffer_printf(
            out,
            "/* tiles below each other, of rows x vectors of sums%s */\n"
            "static NOT_INLINE void SUFFIX(%s)(const struct lstmc_strip *s, int tiles)\n{\n"
            "    tile_loop(%s, %s, %d, s, tiles);\n}\n\n",
            ta ? ", of a transposed a" : "", names_take(e->form_names, name), by_isa(e, t.rows),
            by_isa(e, t.vectors), !ta);
    return name;
}

static struct tile_size of_height(struct tile_size t, enum heights height)
{
    for (int i = 0; i < MACHINES; i++)
        t.rows[i] = height == TWO ? 2 : height == LOWER && t.rows[i] > 1 ? t.rows[i] - 1 : 1;
    return t;
}

const char *put_tile_set(const struct emission *e, struct tile_size t, bool ta, unsigned heights,
                         struct buffer *out)
{
    static const struct {
        enum heights height;
        const char *field;
    } others[] = { { LOWER, "lower" }, { TWO, "two" }, { ONE, "one" } };
    enum { OTHERS = sizeof others / sizeof *others };
    const char *functions[OTHERS], *whole = put_tile_loop(e, t, ta, out);
    const char *name = arena_printf(e->arena, "tiles%s_%s", ta ? "_ta" : "", size_text(e, t));
    for (int i = 0; i < OTHERS; i++)
        if (heights & others[i].height) {
            functions[i] = put_tile_loop(e, of_height(t, others[i].height), ta, out);
            name = arena_printf(e->arena, "%s_%s", name, others[i].field);
        }
    if (names_has(e->form_names, name))
        return arena_printf(e->arena, "&SUFFIX(%s)", name);
    buffer_printf(out,
                  "static const struct lstmc_tiles SUFFIX(%s) = {\n    .rows = %s,\n"
                  "    .vectors = %s,\n    .whole = SUFFIX(%s),\n",
                  names_take(e->form_names, name), by_isa(e, t.rows), by_isa(e, t.vectors), whole);
    for (int i = 0; i < OTHERS; i++)
        if (heights & others[i].height)
            buffer_printf(out, "    .%s = SUFFIX(%s),\n", others[i].field, functions[i]);
    buffer_puts(out, "};\n\n");
    return arena_printf(e->arena, "&SUFFIX(%s)", name);
}

bool tiles_fill(struct tile_size t, int64_t rows)
{
    bool fill = true;
    for (int i = 0; i < MACHINES; i++)
        fill = fill && rows % t.rows[i] == 0;
    return fill;
}

/* The loop that computes a product:
 *
 *   product_packed       the right operand lies in panels (lstmc/panels.h)
 *   product_terms        many terms and rows, and none lies in panels: a weight's gradient (terms.h)
 *   product_bf16         both operands are of bfloat16 (bf16_product.h)
 *   product_of_rows      the right operand is transposed (product.h, as the others)
 *   product_of_columns   both are
 *   product              otherwise */
enum product {
    PRODUCT,
    PRODUCT_PACKED,
    PRODUCT_TERMS,
    PRODUCT_OF_ROWS,
    PRODUCT_OF_COLUMNS,
    PRODUCT_BF16
};

static const char *const product_names[] = {
    [PRODUCT] = "product",
    [PRODUCT_PACKED] = "product_packed",
    [PRODUCT_OF_ROWS] = "product_of_rows",
    [PRODUCT_OF_COLUMNS] = "product_of_columns",
    [PRODUCT_BF16] = "SUFFIX(product_bf16)",
};

static enum product choose_product(const struct node *n)
{
    const bool ta = attr_flag(n, "ta"), tb = attr_flag(n, "tb");
    if (n->args[0]->type.elem == ELEM_BF16)
        return PRODUCT_BF16;
    if (n->args[1]->type.layout.lanes)
        return PRODUCT_PACKED;
    if (tb)
        return ta ? PRODUCT_OF_COLUMNS : PRODUCT_OF_ROWS;
    return product_is_deep(n) ? PRODUCT_TERMS : PRODUCT;
}

/* Rows and columns of a product's tile; the columns are vectors, or elements where these are dot
 * products. Where a loop can do with less than a tile, the narrowest block does not bind it. */
static struct tile_size size_of_tile(const struct emission *e, const struct node *n,
                                     enum product kind)
{
    const struct shape c = node_result(n)->type.shape;
    const bool free_width = kind == PRODUCT_PACKED || kind == PRODUCT_TERMS || kind == PRODUCT_BF16;
    struct tile_size size;
    for (int i = 0; i < MACHINES; i++) {
        const int real_lanes = machines[i].lanes / (e->module->dtype == DTYPE_FLOAT64 ? 2 : 1);
        const int lanes = kind == PRODUCT_OF_ROWS ? 1 : real_lanes;
        const int64_t width =
            free_width ? widest_strip(c.dim[1], lanes) : narrowest(n, AXIS_COLS, c.dim[1]) / lanes;
        const struct tile most = { narrowest(n, AXIS_ROWS, c.dim[0]), width > 1 ? width : 1 };
        const struct tile t = choose_tile(c.dim[0], rounded_up(c.dim[1], lanes) / lanes, most,
                                          free_width ? PANEL / lanes : 0, false, machines[i]);
        size.rows[i] = (int)t.rows;
        size.vectors[i] =
            (int)(free_width && kind != PRODUCT_BF16 ? shared_width(t, lanes, machines[i])
                                                     : t.cols);
    }
    return size;
}

/* ---- of many terms ------------------------------------------------------------------------------ */

const char *put_deep(const struct emission *e, const struct node *n, bool all_rows,
                     int64_t a_stride, int64_t b_stride, struct buffer *out)
{
    const struct shape c = node_result(n)->type.shape;
    const bool ta = attr_flag(n, "ta");
    const char *name =
        arena_printf(e->arena, "terms_%s%" PRId64 "x%" PRId64 "_a%" PRId64 "%s_b%" PRId64,
                     all_rows ? "" : "of_", c.dim[0], c.dim[1], a_stride, ta ? "t" : "", b_stride);
    if (names_has(e->form_names, name))
        return name;
    names_take(e->form_names, name);
    const char *params[] = {
        "REAL *c",   "struct lstmc_sums lies",  "const REAL *a",          "const REAL *b",
        "int terms", "struct lstmc_range cols", "struct lstmc_range rows"
    };
    const struct tile_size size = size_of_tile(e, n, PRODUCT_TERMS);
    const unsigned rest = all_rows && tiles_fill(size, c.dim[0]) ? 0 : TWO | ONE;
    const char *args[] = { put_tile_set(e, size, ta, rest, out),
                           all_rows ? arena_printf(e->arena, "all_of(%" PRId64 ")", c.dim[0])
                                    : "rows",
                           "cols",
                           c_integer(e->arena, c.dim[1]),
                           "terms",
                           "c",
                           "lies",
                           "a",
                           c_integer(e->arena, ta ? 1 : a_stride),
                           c_integer(e->arena, ta ? a_stride : 1),
                           "b",
                           c_integer(e->arena, b_stride) };
    buffer_puts(out, "/* rows x columns, for products of such operands, of any number of terms, "
                     "wherever the sums lie */\n");
    put_list(out, 0, arena_printf(e->arena, "static NOT_INLINE void SUFFIX(%s)(", name), params,
             all_rows ? 6 : 7, ")\n");
    buffer_puts(out, "{\n");
    put_list(out, 4, "product_terms(", args, (int)(sizeof args / sizeof *args), ");\n}\n\n");
    return name;
}

const char *deep_sums(const struct emission *e, const struct node *n, int64_t stride)
{
    const struct type c = node_result(n)->type;
    return c.layout.lanes ? arena_printf(e->arena, "sums_in_panels(%d, %" PRId64 ")",
                                         c.layout.parts, c.shape.dim[0])
                          : arena_printf(e->arena, "plain_sums(%" PRId64 ")", stride);
}

static const char *deep_loop(struct loop *l)
{
    const bool all_rows = l->f->axis == AXIS_COLS;
    const char *name = put_deep(l->e, l->n, all_rows, loop_stride(l, 1), loop_stride(l, 2), l->out);
    loop_add_text(l, "c");
    loop_add_text(l, deep_sums(l->e, l->n, loop_stride(l, 0)));
    loop_add_text(l, "a");
    loop_add_text(l, "b");
    loop_add_number(l, product_terms(l->n));
    loop_add_text(l, l->cols);
    if (!all_rows)
        loop_add_text(l, l->rows);
    return arena_printf(l->e->arena, "SUFFIX(%s)", name);
}

/* ---- alone ---------------------------------------------------------------------------------- */

const char *product_loop(struct loop *l)
{
    const enum product kind = choose_product(l->n);
    const bool ta = attr_flag(l->n, "ta"), dots = kind == PRODUCT_OF_ROWS;
    if (kind == PRODUCT_TERMS)
        return deep_loop(l);
    const struct tile_size size = size_of_tile(l->e, l->n, kind);
    if (kind == PRODUCT_PACKED) {
        loop_add_text(l, put_tile_set(l->e, size, ta, l->f->axis == AXIS_ROWS ? ONE : 0, l->out));
    } else if (kind != PRODUCT_OF_COLUMNS) {
        loop_add_text(l, by_isa(l->e, size.rows));
        loop_add_text(l, by_isa(l->e, size.vectors));
    }
    loop_add_text(l, l->rows);
    loop_add_text(l, l->cols);
    if (kind != PRODUCT_OF_COLUMNS && !dots)
        loop_add_number(l, node_result(l->n)->type.shape.dim[1]);
    loop_add_number(l, product_terms(l->n));
    loop_add_matrix(l, 0);
    if (kind == PRODUCT_OF_COLUMNS || kind == PRODUCT_BF16 || dots) {
        loop_add_matrix(l, 1);
    } else {
        loop_add_text(l, "a");
        loop_add_number(l, ta ? 1 : loop_stride(l, 1));
        loop_add_number(l, ta ? loop_stride(l, 1) : 1);
    }
    if (kind == PRODUCT_PACKED || kind == PRODUCT_BF16)
        loop_add_text(l, "b");
    else
        loop_add_matrix(l, 2);
    return product_names[kind];
}

/* ---- in kernels ------------------------------------------------------------------------------ */

/* The sums of a tile that has all rows fill a part of the second cache: wide tiles are better for what follows, which
 * reads and writes other values row by row, far apart. Where tiles lie below each other, and each reads the weights
 * again, narrow ones find them near. Columns beyond that many bring nothing, and more than the RANDOM_COLS of
 * lstmc/random_bits.h there may not be. */
enum { TILE_SUMS = 20480, TILE_SUMS_AMONG_OTHERS = 6144, TILE_WIDTH = 160 };

/* Rows in equal shares; of bfloat16, of which some machines have larger register tiles, 32. */
static int64_t tile_height(int64_t rows, bool bf16)
{
    if (bf16)
        return rows > TILE_HEIGHT ? TILE_HEIGHT_BF16 : rows;
    const int64_t shares = (rows + TILE_HEIGHT - 1) / TILE_HEIGHT;
    return (rows + shares - 1) / shares;
}

/* Whole panels, as many as there is room for; rows: those of all parts. */
static int tile_width(int rows, int sums)
{
    const int room = sums / rows < TILE_WIDTH ? sums / rows : TILE_WIDTH;
    return room > PANEL ? room / PANEL * PANEL : PANEL;
}

struct product_tile product_tile(const struct emission *e, const struct form *f)
{
    const struct kernel *k = f->body;
    const struct shape space = k->space.shape;
    const int64_t lowest = space.dim[0] / (f->bands > 0 ? f->bands : 1);
    const int parts = kernel_parts(k);
    const int height =
        (int)tile_height(space.dim[0], kernel_product(k)->args[0]->type.elem == ELEM_BF16);
    const int width =
        tile_width(height * parts, height < space.dim[0] ? TILE_SUMS_AMONG_OTHERS : TILE_SUMS);
    struct tile_size size;
    for (int i = 0; i < MACHINES; i++) {
        const int lanes = machines[i].lanes / (e->module->dtype == DTYPE_FLOAT64 ? 2 : 1);
        const int64_t cols = parts * rounded_up(space.dim[1], PANEL);
        const struct tile most = { lowest, widest_strip(cols, lanes) };
        const struct tile t =
            choose_tile(height, cols / lanes, most, PANEL / lanes, true, machines[i]);
        size.rows[i] = (int)t.rows;
        size.vectors[i] = (int)t.cols;
    }
    return (struct product_tile){ size, height, width, parts * width };
}

/* ---- products by BLAS ------------------------------------------------------------------------ */

/* Where the rows or columns from `from` on begin in a matrix that holds them along or across its
 * own rows. */
static const char *part_of(struct emission *e, const char *matrix, bool along, int64_t stride)
{
    return along || stride == 1
               ? arena_printf(e->arena, "%s + part.first", matrix)
               : arena_printf(e->arena, "%s + part.first * %" PRId64, matrix, stride);
}

/* On another sub-shape BLAS rounds differently, so it is called once for each block of the grid,
 * whichever worker has it. */
void put_blas(struct emission *e, const struct form *f, struct buffer *out)
{
    const struct node *n = f->like;
    const struct shape c = node_result(n)->type.shape;
    const bool ta = attr_flag(n, "ta"), tb = attr_flag(n, "tb"), by_rows = f->axis == AXIS_ROWS;
    const bool whole = n->grid.blocks == 1;
    const int64_t strides[] = { f->arrays[0].stride, f->arrays[1].stride, f->arrays[2].stride };
    const char *size = "part.end - part.first";
    const char *rows = c_integer(e->arena, c.dim[0]), *cols = c_integer(e->arena, c.dim[1]);
    const char *args[] = {
        ta ? "1" : "0",
        tb ? "1" : "0",
        by_rows && !whole ? size : rows,
        by_rows || whole ? cols : size,
        c_integer(e->arena, product_terms(n)),
        by_rows && !whole ? part_of(e, "a", ta, strides[1]) : "a",
        c_integer(e->arena, strides[1]),
        by_rows || whole ? "b" : part_of(e, "b", !tb, strides[2]),
        c_integer(e->arena, strides[2]),
        whole ? "c" : part_of(e, "c", !by_rows, strides[0]),
        c_integer(e->arena, strides[0]),
    };
    const char *params[] = {
        "const struct lstmc_worker *me",
        arena_printf(e->arena, "%s *c", e->real),
        arena_printf(e->arena, "const %s *a", e->real),
        arena_printf(e->arena, "const %s *b", e->real),
    };
    buffer_printf(out, "/* %s, a call of BLAS for each block of %s */\n", loop_description(e, f),
                  by_rows ? "rows" : "columns");
    put_list(out, 0, arena_printf(e->arena, "static void %s(", f->name), params, 4, ")\n");
    buffer_printf(
        out, "{\n    for (int i = lstmc_first_block(me, %d); i < lstmc_end_block(me, %d); i++)%s\n",
        n->grid.blocks, n->grid.blocks, whole ? "" : " {");
    if (!whole)
        buffer_printf(out, "        const struct lstmc_range part = lstmc_block(i, %d, %d, %s);\n",
                      n->grid.blocks, n->grid.unit, by_rows ? rows : cols);
    put_list(out, 8,
             arena_printf(e->arena, "lstmc_product_%s(",
                          e->module->dtype == DTYPE_FLOAT64 ? "f64" : "f32"),
             args, (int)(sizeof args / sizeof *args), ");\n");
    buffer_printf(out, "%s}\n", whole ? "" : "    }\n");
}
