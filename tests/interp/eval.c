/* What each operation means, one element at a time. */
#include "machine.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int eval_bad_indices;

/* ---- elements --------------------------------------------------------------------------------- */

/* In elements from the first. With lanes: [group][part][row][lane]. */
static int64_t element_of(const struct slot *s, int64_t row, int64_t col)
{
    if (s->layout.lanes == 0)
        return row * s->row_step + col;
    int64_t width = s->cols / s->layout.parts, part = col / width, in_part = col % width;
    int64_t group = in_part / s->layout.lanes, lane = in_part % s->layout.lanes;
    return ((group * s->layout.parts + part) * s->rows + row) * s->layout.lanes + lane;
}

double slot_load(const struct slot *s, int64_t row, int64_t col)
{
    if (s->words)
        return s->words[row * s->row_step + col / 16] >> col % 16 & 1;
    if (s->halves)
        return (double)s->halves[element_of(s, row, col)];
    const double *x = s->cells + element_of(s, row, col) * s->cell_step;
    bool torn = s->cell_step == 2 && memcmp(&x[0], &x[1], sizeof *x) != 0;
    return torn ? NAN : x[0];
}

void slot_store(const struct slot *s, int64_t row, int64_t col, double x)
{
    if (s->words) { /* both halves, since either may overlay half of a number */
        uint32_t *w = &s->words[row * s->row_step + col / 16], bit = 0x10001u << col % 16;
        *w = x != 0 ? *w | bit : *w & ~bit;
        return;
    }
    if (s->halves) {
        s->halves[element_of(s, row, col)] = (float)x;
        return;
    }
    double *cell = s->cells + element_of(s, row, col) * s->cell_step;
    for (int i = 0; i < s->cell_step; i++)
        cell[i] = x;
}

/* The row of a value of shape s that stands at row r of a value of shape `space`. */
static int64_t broadcast_row(struct shape s, struct shape space, int64_t r)
{
    int64_t row = 0, step = 1;
    for (int i = 2; i <= space.rank; i++) { /* from the last axis of the rows */
        int64_t here = r % space.dim[space.rank - i], size = i <= s.rank ? s.dim[s.rank - i] : 1;
        r /= space.dim[space.rank - i];
        row += size == 1 ? 0 : here * step;
        step *= size;
    }
    return row;
}

static double load_broadcast(const struct slot *s, struct shape space, int64_t r, int64_t c)
{
    return slot_load(s, broadcast_row(s->type.shape, space, r), s->cols == 1 ? 0 : c);
}

static double load_flat(const struct slot *s, int64_t i)
{
    return slot_load(s, i / s->cols, i % s->cols);
}

static int64_t load_index(const struct slot *s, int64_t row, int64_t below)
{
    double x = slot_load(s, row, 0);
    if (x >= 0 && x < (double)below && x == floor(x))
        return (int64_t)x;
    eval_bad_indices++;
    return 0;
}

/* ---- elementwise operations ------------------------------------------------------------------- */

static double sigmoid(double x)
{
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double apply(enum op op, const double *x)
{
    switch (op) {
    case OP_NEG:
        return -x[0];
    case OP_EXP:
        return exp(x[0]);
    case OP_LOG:
        return log(x[0]);
    case OP_SQRT:
        return sqrt(x[0]);
    case OP_TANH:
        return tanh(x[0]);
    case OP_SIGMOID:
        return sigmoid(x[0]);
    case OP_ABS:
        return fabs(x[0]);
    case OP_SIGN:
        return (x[0] > 0) - (x[0] < 0);
    case OP_STOP:
    case OP_BF16: /* the module as it would be in exact arithmetic */
    case OP_EXPAND:
        return x[0];
    case OP_ADD:
        return x[0] + x[1];
    case OP_SUB:
        return x[0] - x[1];
    case OP_MUL:
        return x[0] * x[1];
    case OP_DIV:
        return x[0] / x[1];
    case OP_POW:
        return pow(x[0], x[1]);
    case OP_MAX:
        return fmax(x[0], x[1]);
    case OP_MIN:
        return fmin(x[0], x[1]);
    case OP_LT:
        return x[0] < x[1];
    case OP_LE:
        return x[0] <= x[1];
    case OP_EQ:
        return x[0] == x[1];
    case OP_SELECT:
        return x[0] != 0 ? x[1] : x[2];
    default:
        abort(); /* op_is_elementwise says what comes here */
    }
}

/* ---- operations over whole operands ----------------------------------------------------------- */

/* One element of a node: operands, its own type, and what random bits depend on. */
struct frame {
    const struct node *n;
    const struct slot *const *args;
    struct type type;
    int64_t t; /* time step of random bits */
    struct random_key key;
};

static double eval_const(const struct frame *f, int64_t r, int64_t c)
{
    (void)r, (void)c;
    return attr_num(f->n, "value", NAN);
}

static double eval_bernoulli(const struct frame *f, int64_t r, int64_t c)
{
    uint32_t stream = (uint32_t)attr_int(f->n, "stream", 0);
    return random_bit(f->key, stream, (uint32_t)f->t, r, c, attr_num(f->n, "p", NAN));
}

static double eval_onehot(const struct frame *f, int64_t r, int64_t c)
{
    return load_index(f->args[0], r, attr_int(f->n, "width", 0)) == c;
}

static double eval_rows(const struct frame *f, int64_t r, int64_t c)
{
    int64_t cols = shape_cols(f->type.shape), first = f->type.shape.dim[0];
    int64_t flat = r * cols + c, inner = shape_elements(f->type.shape) / first;
    return load_flat(f->args[0], flat + attr_int(f->n, "start", 0) * inner);
}

static double eval_cols(const struct frame *f, int64_t r, int64_t c)
{
    return slot_load(f->args[0], r, c + attr_int(f->n, "start", 0));
}

static double eval_reshape(const struct frame *f, int64_t r, int64_t c)
{
    return load_flat(f->args[0], r * shape_cols(f->type.shape) + c);
}

/* Along the last axis, of matrices and vectors too, the parts stand side by side; else one after the
 * other in the order of their elements. */
static double eval_concat(const struct frame *f, int64_t r, int64_t c)
{
    bool last = attr_int(f->n, "axis", 0) == f->type.shape.rank - 1;
    int64_t flat = r * shape_cols(f->type.shape) + c;
    for (int i = 0;; i++) {
        const struct slot *part = f->args[i];
        if (last && c < part->cols)
            return slot_load(part, r, c);
        if (!last && flat < part->rows * part->cols)
            return load_flat(part, flat);
        c -= part->cols;
        flat -= part->rows * part->cols;
    }
}

/* The elements that are reduced to (r, c): `count` of them, `step` apart from `start`, as flat numbers. */
static void reduced(const struct frame *f, int64_t r, int64_t c, int64_t *start, int64_t *step,
                    int64_t *count)
{
    struct shape s = f->args[0]->type.shape;
    int64_t axis = attr_int(f->n, "axis", 0), inner = 1;
    for (int i = (int)axis + 1; i < s.rank; i++)
        inner *= s.dim[i];
    int64_t flat = r * shape_cols(f->type.shape) + c;
    *step = inner;
    *count = s.dim[axis];
    *start = flat / inner * inner * *count + flat % inner;
}

static double eval_sum(const struct frame *f, int64_t r, int64_t c)
{
    int64_t start, step, count;
    reduced(f, r, c, &start, &step, &count);
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += load_flat(f->args[0], start + i * step);
    return sum;
}

static double eval_reduce_max(const struct frame *f, int64_t r, int64_t c)
{
    int64_t start, step, count;
    reduced(f, r, c, &start, &step, &count);
    double max = -INFINITY;
    for (int64_t i = 0; i < count; i++)
        max = fmax(max, load_flat(f->args[0], start + i * step));
    return max;
}

static double eval_argmax(const struct frame *f, int64_t r, int64_t c)
{
    int64_t best = 0;
    for (c = 1; c < f->args[0]->cols; c++)
        if (slot_load(f->args[0], r, c) > slot_load(f->args[0], r, best))
            best = c;
    return (double)best;
}

/* Steps through plain rows are worth their two lines: nearly all time goes here. */
static double eval_matmul(const struct frame *f, int64_t r, int64_t c)
{
    const struct slot *a = f->args[0], *b = f->args[1];
    const bool ta = attr_flag(f->n, "ta"), tb = attr_flag(f->n, "tb");
    const int64_t inner = ta ? a->rows : a->cols;
    double sum = 0;
    if (a->cell_step == 1 && b->cell_step == 1 && !a->layout.lanes && !b->layout.lanes) {
        const double *x = a->cells + (ta ? r : r * a->row_step);
        const double *y = b->cells + (tb ? c * b->row_step : c);
        const int64_t dx = ta ? a->row_step : 1, dy = tb ? 1 : b->row_step;
        for (int64_t k = 0; k < inner; k++)
            sum += x[k * dx] * y[k * dy];
        return sum;
    }
    for (int64_t k = 0; k < inner; k++)
        sum += (ta ? slot_load(a, k, r) : slot_load(a, r, k)) *
               (tb ? slot_load(b, c, k) : slot_load(b, k, c));
    return sum;
}

static double eval_transpose(const struct frame *f, int64_t r, int64_t c)
{
    return slot_load(f->args[0], c, r);
}

static double eval_pack(const struct frame *f, int64_t r, int64_t c)
{
    return attr_flag(f->n, "ta") ? slot_load(f->args[0], c, r) : slot_load(f->args[0], r, c);
}

static double eval_gather(const struct frame *f, int64_t r, int64_t c)
{
    return slot_load(f->args[0], load_index(f->args[1], r, f->args[0]->rows), c);
}

static double eval_scatter(const struct frame *f, int64_t r, int64_t c)
{
    double sum = 0;
    for (int64_t i = 0; i < f->args[0]->rows; i++)
        if (load_index(f->args[1], i, shape_rows(f->type.shape)) == r)
            sum += slot_load(f->args[0], i, c);
    return sum;
}

static double eval_pick(const struct frame *f, int64_t r, int64_t c)
{
    (void)c;
    return slot_load(f->args[0], r, load_index(f->args[1], r, f->args[0]->cols));
}

static double eval_grad(const struct frame *f, int64_t r, int64_t c)
{
    (void)f, (void)r, (void)c;
    return NAN; /* differentiate has not been there yet */
}

static double eval_assign(const struct frame *f, int64_t r, int64_t c)
{
    return slot_load(f->args[1], r, c);
}

static double (*const element_rules[OP_COUNT])(const struct frame *, int64_t, int64_t) = {
    [OP_CONST] = eval_const,
    [OP_BERNOULLI] = eval_bernoulli,
    [OP_ONEHOT] = eval_onehot,
    [OP_ROWS] = eval_rows,
    [OP_COLS] = eval_cols,
    [OP_RESHAPE] = eval_reshape,
    [OP_CONCAT] = eval_concat,
    [OP_SUM] = eval_sum,
    [OP_REDUCE_MAX] = eval_reduce_max,
    [OP_ARGMAX] = eval_argmax,
    [OP_MATMUL] = eval_matmul,
    [OP_TRANSPOSE] = eval_transpose,
    [OP_PACK] = eval_pack,
    [OP_GATHER] = eval_gather,
    [OP_SCATTER] = eval_scatter,
    [OP_PICK] = eval_pick,
    [OP_GRAD] = eval_grad,
    [OP_ASSIGN] = eval_assign,
};

static double eval_element(const struct frame *f, int64_t r, int64_t c)
{
    if (element_rules[f->n->op])
        return element_rules[f->n->op](f, r, c);
    double x[3] = { 0 };
    for (int i = 0; i < f->n->arg_count; i++)
        x[i] = load_broadcast(f->args[i], f->type.shape, r, c);
    return apply(f->n->op, x);
}

/* ---- kernels ---------------------------------------------------------------------------------- */

/* A call at work: `regs` holds the body's values at the point at hand, by id. */
struct body {
    const struct kernel *k;
    const struct slot **params; /* by id */
    double *regs;
    int64_t t;
    struct random_key key;
};

static double operand(const struct body *b, const struct value *v, int64_t r, int64_t c)
{
    const struct slot *s = b->params[v->id];
    return s ? load_broadcast(s, b->k->space.shape, r, c) : b->regs[v->id];
}

/* The value of a body's node at point (r, c) of the space. Operations that look at their own indices do
 * so in their own shape, which the space only repeats. */
static double body_element(const struct body *b, const struct node *n, int64_t r, int64_t c)
{
    if (n->op == OP_COLS) /* of the product */
        return body_element(b, n->args[0]->def, r, c + attr_int(n, "start", 0));
    if (!element_rules[n->op]) {
        double x[3] = { 0 };
        for (int i = 0; i < n->arg_count; i++)
            x[i] = operand(b, n->args[i], r, c);
        return apply(n->op, x);
    }
    const struct slot *args[2] = { 0 };
    for (int i = 0; i < n->arg_count; i++)
        args[i] = b->params[n->args[i]->id];
    struct frame f = { n, args, n->results[0]->type, b->t, b->key };
    if (shape_cols(f.type.shape) > shape_cols(b->k->space.shape)) /* asked for a part */
        return eval_element(&f, r, c);
    return eval_element(&f, broadcast_row(f.type.shape, b->k->space.shape, r),
                        shape_cols(f.type.shape) == 1 ? 0 : c);
}

static void eval_point(const struct body *b, const struct slot *const *results, int64_t r,
                       int64_t c)
{
    for (const struct node *n = b->k->first; n; n = n->next)
        if (shape_cols(n->results[0]->type.shape) <= shape_cols(b->k->space.shape))
            b->regs[n->results[0]->id] = body_element(b, n, r, c); /* else in parts, by cols */
    for (int i = 0; i < b->k->result_count; i++)
        slot_store(results[i], r, c, operand(b, b->k->results[i], r, c));
}

static void eval_call(const struct node *n, const struct slot *const *args,
                      const struct slot *const *results, struct block block, struct random_key key)
{
    struct body b = { .k = n->kernel, .t = attr_int(n, "t", 0), .key = key };
    size_t ids = (size_t)n->kernel->next_id;
    b.params = calloc(ids, sizeof *b.params);
    b.regs = calloc(ids, sizeof *b.regs);
    if (!b.params || !b.regs)
        abort();
    for (int i = 0; i < n->arg_count; i++)
        b.params[n->kernel->params[i]->id] = args[i];
    for (int64_t r = block.row; r < block.row_end; r++)
        for (int64_t c = block.col; c < block.col_end; c++)
            eval_point(&b, results, r, c);
    free(b.params);
    free(b.regs);
}

void eval_block(const struct node *n, const struct slot *const *args,
                const struct slot *const *results, struct block b, struct random_key key)
{
    if (n->op == OP_CALL) {
        eval_call(n, args, results, b, key);
        return;
    }
    struct frame f = { n, args, results[0]->type, attr_int(n, "t", 0), key };
    for (int64_t r = b.row; r < b.row_end; r++)
        for (int64_t c = b.col; c < b.col_end; c++)
            slot_store(results[0], r, c, eval_element(&f, r, c));
}
