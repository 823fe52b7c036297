/* note [grids]: which grid a node gets.
 *
 *   product              the longer side of its result
 *   gather, pick, argmax, transpose       rows of the result
 *   scatter, pack        columns (a row may be added to many times, and in order; panels)
 *   a space in panels    whole panels
 *   sum, reduce_max      the side that is left
 *   elementwise          rows if there are SIDE of them at least, else columns
 *
 * Columns go in units of 16: the lanes of the widest machine, and whole words of bits. Rows go in
 * twos where there are many, so that products and what follows them are cut alike; of few rows each
 * is a unit, or the workers' shares would differ. Many blocks let shares follow the workers' speeds
 * (runtime/shares.h); work below TINY takes less time than the barrier that spreading it would need.
 *
 * A recurrent product has few units of columns: 300 are 19 of them, of which one of eight workers would
 * have three and another two. They are cut into bands of rows, too, no lower than a register tile is high;
 * what a block touches is then no longer told apart.
 *
 * A split is always by outputs: no sum is cut, so no count of workers changes a bit. */
#include "grid.h"

enum { COL_UNIT = 16, ROW_UNIT = 2, MANY_ROWS = 128, SIDE = 16, TINY = 20000 };
enum { CELLS = 32, BAND_ROWS = 8 }; /* cells wanted; rows of a band at least */
enum { MAX_BLOCKS = 256 };          /* that a module from a file may ask for */

/* Which side of the index space is cut, and what a block then touches of each operand. */
enum cut { CUT_LONGER, CUT_ROWS, CUT_COLS };

struct habit {
    enum cut cut;
    enum spread by_rows[2], by_cols[2];
};

static const struct habit habits[OP_COUNT] = {
    [OP_MATMUL] = { CUT_LONGER, { SPREAD_ROWS, SPREAD_ALL }, { SPREAD_ALL, SPREAD_COLS } },
    [OP_GATHER] = { CUT_ROWS, { SPREAD_ALL, SPREAD_ROWS }, { SPREAD_COLS, SPREAD_ALL } },
    [OP_SCATTER] = { CUT_COLS, { SPREAD_ALL, SPREAD_ALL }, { SPREAD_COLS, SPREAD_ALL } },
    [OP_PICK] = { CUT_ROWS, { SPREAD_ROWS, SPREAD_ROWS }, { SPREAD_ALL, SPREAD_ALL } },
    [OP_TRANSPOSE] = { CUT_ROWS, { SPREAD_COLS }, { SPREAD_ROWS } },
    [OP_PACK] = { CUT_COLS, { SPREAD_ALL }, { SPREAD_ALL } },
    [OP_ARGMAX] = { CUT_ROWS, { SPREAD_ROWS }, { SPREAD_ALL } },
};

/* Of sum and reduce_max: along the last axis, and along another. */
static const struct habit along_last = { CUT_ROWS, { SPREAD_ROWS }, { SPREAD_ALL } };
static const struct habit along_other = { CUT_COLS, { SPREAD_ALL }, { SPREAD_COLS } };

bool node_runs(const struct node *n)
{
    switch (op_table[n->op].class) {
    case CLASS_PRODUCT:
    case CLASS_REDUCE:
    case CLASS_CALL:
        return true;
    default:
        return n->op == OP_BERNOULLI || (n->op == OP_CHECK && n->args[0]->type.elem != ELEM_DOUBLE);
    }
}

/* ---- index spaces -------------------------------------------------------------------------- */

static struct type space_type(const struct node *n)
{
    if (n->op == OP_CALL)
        return n->kernel->space;
    return n->op == OP_CHECK ? n->args[0]->type : node_result(n)->type;
}

/* What lies in panels is seen as it is stored; but a pack, which reads plain rows, as their columns. */
struct shape index_space(const struct node *n)
{
    const struct type t = space_type(n);
    if (n->op == OP_PACK)
        return type_matrix(ELEM_REAL, t.shape.dim[0], panel_count(t) * t.layout.lanes).shape;
    return stored_shape(t);
}

/* Of a space in panels: the rows of one. */
static int64_t rows_together(const struct node *n)
{
    const struct type t = space_type(n);
    return t.layout.lanes && n->op != OP_PACK ? panel_rows(t) : 1;
}

static int64_t unit_count(struct grid g, int64_t extent)
{
    return (extent + g.unit - 1) / g.unit;
}

int64_t grid_extent(const struct node *n)
{
    const struct shape s = index_space(n);
    return n->grid.axis == AXIS_ROWS ? shape_rows(s) : shape_cols(s);
}

static int64_t dealt_units(struct grid g, int64_t extent)
{
    return unit_count(g, extent) * (g.bands > 0 ? g.bands : 1);
}

int64_t grid_units(const struct node *n)
{
    return dealt_units(n->grid, grid_extent(n));
}

struct range grid_range(struct grid g, int64_t extent, int block)
{
    int64_t units = unit_count(g, extent);
    struct range r = { units * block / g.blocks * g.unit, units * (block + 1) / g.blocks * g.unit };
    r.stop = r.stop < extent ? r.stop : extent;
    return r;
}

/* ---- choosing ------------------------------------------------------------------------------ */

static double product_flop(const struct node *n)
{
    double out = (double)shape_elements(node_result(n)->type.shape);
    return n->op == OP_MATMUL ? 2 * out * (double)product_terms(n) : out;
}

static double work_of(enum op op)
{
    return op_is_function(op) ? 20 : 1;
}

static double call_flop(const struct kernel *k)
{
    double flop = 0, points = (double)shape_elements(k->space.shape);
    for (const struct node *n = k->first; n; n = n->next)
        flop += op_table[n->op].class == CLASS_PRODUCT ? product_flop(n) : points * work_of(n->op);
    return flop;
}

static double node_flop(const struct node *n)
{
    if (n->op == OP_CALL)
        return call_flop(n->kernel);
    if (op_table[n->op].class == CLASS_PRODUCT)
        return product_flop(n);
    return (double)shape_elements(n->arg_count ? n->args[0]->type.shape : index_space(n));
}

static struct habit product_habit(const struct node *product)
{
    struct habit h = habits[product->op];
    if (attr_flag(product, "ta"))
        h.by_rows[0] = SPREAD_COLS;
    if (attr_flag(product, "tb"))
        h.by_cols[1] = SPREAD_ROWS;
    return h;
}

/* Of what is not elementwise. */
static struct habit reduce_habit(const struct node *n)
{
    if (n->op == OP_ARGMAX)
        return habits[OP_ARGMAX];
    int last = n->args[0]->type.shape.rank - 1;
    return attr_int(n, "axis", 0) == last ? along_last : along_other;
}

static enum axis choose_axis(const struct node *n, int64_t rows, int64_t cols)
{
    if (rows_together(n) > 1)
        return AXIS_ROWS;
    const struct node *product = n->op == OP_CALL ? kernel_product(n->kernel) : n;
    enum cut cut = rows >= SIDE ? CUT_ROWS : CUT_COLS;
    if (product && op_table[product->op].class == CLASS_PRODUCT)
        cut = habits[product->op].cut;
    else if (op_table[n->op].class == CLASS_REDUCE)
        cut = reduce_habit(n).cut;
    if (cut == CUT_LONGER)
        cut = rows > cols ? CUT_ROWS : CUT_COLS;
    return cut == CUT_ROWS ? AXIS_ROWS : AXIS_COLS;
}

/* The call that computes what a check looks at, by the way, and is cut by one side alone. */
static const struct node *maker_of_checked(const struct node *n)
{
    const struct node *maker = n->op == OP_CHECK ? n->args[0]->def : NULL;
    const bool same = maker && maker->op == OP_CALL && maker->grid.bands == 0 &&
                      shape_equal(index_space(maker), index_space(n));
    return same ? maker : NULL;
}

static bool has_tiles(const struct node *n)
{
    return n->op == OP_CALL && kernel_has_tiles(n->kernel);
}

static int choose_bands(const struct node *n, struct grid g, int64_t rows, int64_t units)
{
    const int64_t most = rows / BAND_ROWS, wanted = (CELLS + units - 1) / units;
    const int64_t bands = wanted < most ? wanted : most;
    return g.axis == AXIS_COLS && has_tiles(n) && units > 1 && bands > 1 ? (int)bands : 0;
}

struct grid grid_choose(const struct node *n, int most)
{
    if (maker_of_checked(n))
        return maker_of_checked(n)->grid;
    const struct shape s = index_space(n);
    const int64_t rows = shape_rows(s), cols = shape_cols(s);
    struct grid g = { .axis = choose_axis(n, rows, cols), .blocks = 1 };
    const int64_t extent = g.axis == AXIS_ROWS ? rows : cols;
    g.unit = g.axis == AXIS_COLS    ? COL_UNIT
             : rows_together(n) > 1 ? (int)rows_together(n)
             : rows >= MANY_ROWS    ? ROW_UNIT
                                    : 1;
    if (node_flop(n) < TINY)
        return g;
    g.bands = choose_bands(n, g, rows, unit_count(g, extent));
    const int64_t units = dealt_units(g, extent);
    g.blocks = units < most ? (int)units : most;
    return g;
}

/* ---- footprints ---------------------------------------------------------------------------- */

/* A value that is broadcast over an index space, or is all of it, or lies in panels that a product reads. */
static struct touch elementwise_touch(const struct node *n, const struct value *v)
{
    const enum axis axis = n->grid.axis;
    if (!layout_equal(v->type.layout, space_type(n).layout) && v->type.layout.lanes)
        return (struct touch){ .value = v };
    const struct shape space = index_space(n), shape = stored_shape(v->type);
    bool rows = shape_rows(shape) == shape_rows(space);
    bool cols = shape_cols(shape) == shape_cols(space);
    struct touch t = { .value = v, .aligned = rows && cols };
    if (axis == AXIS_ROWS && rows)
        t.spread = SPREAD_ROWS;
    if (axis == AXIS_COLS && cols)
        t.spread = SPREAD_COLS;
    return t;
}

static enum spread operand_spread(struct habit h, enum axis axis, int operand)
{
    return axis == AXIS_ROWS ? h.by_rows[operand] : h.by_cols[operand];
}

/* Panels are not cut as the columns of the other side are. */
static enum spread product_spread(const struct node *product, enum axis axis, int operand)
{
    if (product->args[operand]->type.layout.lanes || node_result(product)->type.layout.lanes)
        return SPREAD_ALL;
    return operand_spread(product_habit(product), axis, operand);
}

/* An operand of the body's product is read as the product reads it; of what is used otherwise
 * too, all is read. */
static struct touch param_touch(const struct node *call, const struct node *product, int param)
{
    const struct kernel *k = call->kernel;
    struct touch t = elementwise_touch(call, call->args[param]);
    int uses = 0, operand = -1;
    for (int i = 0; product && i < product->arg_count; i++)
        if (product->args[i] == k->params[param])
            uses++, operand = i;
    if (operand < 0)
        return t;
    t.aligned = false;
    t.spread = SPREAD_ALL;
    if (uses == 1 && !kernel_uses_elementwise(k, k->params[param]))
        t.spread = product_spread(product, call->grid.axis, operand);
    return t;
}

static struct touch operand_touch(const struct node *n, const struct node *product, int i)
{
    switch (op_table[n->op].class) {
    case CLASS_CALL:
        return param_touch(n, product, i);
    case CLASS_PRODUCT:
        return (struct touch){ .value = n->args[i], .spread = product_spread(n, n->grid.axis, i) };
    case CLASS_REDUCE:
        return (struct touch){ .value = n->args[i],
                               .spread = operand_spread(reduce_habit(n), n->grid.axis, i) };
    default:
        return elementwise_touch(n, n->args[i]);
    }
}

int footprint(const struct node *n, struct touch *touches)
{
    const struct node *product = n->op == OP_CALL ? kernel_product(n->kernel) : NULL;
    int count = 0;
    for (int i = 0; i < n->arg_count; i++)
        if (n->args[i]->type.elem != ELEM_DOUBLE)
            touches[count++] = operand_touch(n, product, i);
    for (int i = 0; i < n->result_count; i++) {
        struct touch t = elementwise_touch(n, n->results[i]);
        t.write = true;
        t.aligned &=
            !product || i != kernel_sums(n->kernel); /* sums are there before the rest is read */
        touches[count++] = t;
    }
    for (int i = 0; i < count && n->grid.bands > 0; i++)
        touches[i].spread = SPREAD_ALL;
    return count;
}

/* ---- soundness ----------------------------------------------------------------------------- */

const char *grid_fault(const struct module *m, const struct node *n)
{
    const struct grid g = n->grid;
    if (!node_runs(n))
        return g.blocks == 0 ? NULL : "has a grid but nothing to run";
    if (g.blocks < 1 || g.unit < 1)
        return "has no grid";
    if (g.bands > 0 && (g.axis != AXIS_COLS || !has_tiles(n)))
        return "cuts units of columns into bands, expected a kernel whose product is made in tiles";
    if (g.bands > shape_rows(index_space(n)) / BAND_ROWS)
        return arena_printf(m->arena, "has %d bands, expected at least %d rows in each", g.bands,
                            BAND_ROWS);
    if (g.blocks > MAX_BLOCKS || g.blocks > grid_units(n))
        return arena_printf(m->arena, "has %d blocks, expected at most one a unit and %d in all",
                            g.blocks, MAX_BLOCKS);
    if (rows_together(n) > 1 && (g.axis != AXIS_ROWS || g.unit % rows_together(n) != 0))
        return "cuts panels";
    if (g.axis == AXIS_COLS && g.blocks > 1 && g.unit % COL_UNIT != 0)
        return "cuts columns within a word of bits, expected units of 16";
    return NULL;
}

int program_phases(const struct program *p)
{
    int phases = 1;
    for (const struct node *n = p->first; n; n = n->next)
        phases += n->op == OP_BARRIER;
    return phases;
}
