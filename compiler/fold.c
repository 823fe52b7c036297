/* Constants, zeros and identities, by one walk down the list. What a rule builds is walked again
 * before what follows, so that rules build on each other. The rules stand in the order of ops.def,
 * a table behind them; each looks at a node whose operands are folded and answers with the value
 * that replaces it, or with NULL. */
#include "diag.h"
#include "passes.h"

struct folder {
    struct builder b;
};

typedef struct value *rule(struct folder *f, const struct node *n);

/* ---- small questions ------------------------------------------------------------------------- */

static const struct node *def_by(const struct value *v, enum op op)
{
    return v->def && v->def->op == op ? v->def : NULL;
}

/* Is v filled with x? */
static bool is_filled(const struct value *v, double x)
{
    double c;
    return value_is_const(v, &c) && c == x;
}

static struct type type_of_result(const struct node *n)
{
    return node_result(n)->type;
}

/* A constant of the type of n's result. */
static struct value *filled(struct folder *f, const struct node *n, double x)
{
    return build_const(&f->b, x, type_of_result(n));
}

/* x in the place of n's result, which may be larger. */
static struct value *in_place_of(struct folder *f, const struct node *n, struct value *x)
{
    struct type t = type_of_result(n);
    return type_equal(x->type, t) ? x : build(&f->b, OP_EXPAND, &x, 1, NULL, 0, t);
}

static struct value *in_place_of_neg(struct folder *f, const struct node *n, struct value *x)
{
    return in_place_of(f, n, build_unary(&f->b, OP_NEG, x));
}

/* ---- elementwise operations ------------------------------------------------------------------ */

static struct value *fold_neg(struct folder *f, const struct node *n)
{
    (void)f;
    const struct node *inner = def_by(n->args[0], OP_NEG);
    return inner ? inner->args[0] : NULL;
}

static struct value *fold_stop(struct folder *f, const struct node *n)
{
    (void)f;
    return n->args[0];
}

static struct value *fold_expand(struct folder *f, const struct node *n)
{
    struct value *x = n->args[0];
    const struct node *inner = def_by(x, OP_EXPAND);
    if (type_equal(x->type, type_of_result(n)))
        return x;
    return inner ? in_place_of(f, n, inner->args[0]) : NULL;
}

static struct value *fold_add(struct folder *f, const struct node *n)
{
    struct value *x = n->args[0], *y = n->args[1];
    const struct node *minus_x = def_by(x, OP_NEG), *minus_y = def_by(y, OP_NEG);
    if (is_filled(y, 0))
        return in_place_of(f, n, x);
    if (is_filled(x, 0))
        return in_place_of(f, n, y);
    if (minus_y)
        return build_binary(&f->b, OP_SUB, x, minus_y->args[0]);
    return minus_x ? build_binary(&f->b, OP_SUB, y, minus_x->args[0]) : NULL;
}

static struct value *fold_sub(struct folder *f, const struct node *n)
{
    struct value *x = n->args[0], *y = n->args[1];
    const struct node *minus_y = def_by(y, OP_NEG);
    if (is_filled(y, 0))
        return in_place_of(f, n, x);
    if (is_filled(x, 0))
        return in_place_of_neg(f, n, y);
    return minus_y ? build_binary(&f->b, OP_ADD, x, minus_y->args[0]) : NULL;
}

static struct value *fold_mul(struct folder *f, const struct node *n)
{
    for (int i = 0; i < 2; i++) {
        struct value *c = n->args[i], *x = n->args[1 - i];
        if (is_filled(c, 0))
            return filled(f, n, 0);
        if (is_filled(c, 1))
            return in_place_of(f, n, x);
        if (is_filled(c, -1))
            return in_place_of_neg(f, n, x);
    }
    return NULL;
}

static struct value *fold_div(struct folder *f, const struct node *n)
{
    if (is_filled(n->args[0], 0))
        return filled(f, n, 0);
    return is_filled(n->args[1], 1) ? in_place_of(f, n, n->args[0]) : NULL;
}

/* The square and the square root are rounded once, which no power is sure to be. */
static struct value *fold_pow(struct folder *f, const struct node *n)
{
    struct value *x = n->args[0], *c = n->args[1];
    if (is_filled(c, 1))
        return in_place_of(f, n, x);
    if (is_filled(c, 2))
        return in_place_of(f, n, build_binary(&f->b, OP_MUL, x, x));
    return is_filled(c, 0.5) ? in_place_of(f, n, build_unary(&f->b, OP_SQRT, x)) : NULL;
}

/* The choice among the operands of an inner select by the same bits; NULL if x is none. */
static struct value *chosen_before(const struct value *bits, const struct value *x, int arg)
{
    const struct node *inner = def_by(x, OP_SELECT);
    return inner && inner->args[0] == bits ? inner->args[arg] : NULL;
}

static struct value *fold_select(struct folder *f, const struct node *n)
{
    struct value *bits = n->args[0], *x = n->args[1], *y = n->args[2];
    struct value *inner_x = chosen_before(bits, x, 1), *inner_y = chosen_before(bits, y, 2);
    double c;
    if (value_is_const(bits, &c))
        return in_place_of(f, n, c != 0 ? x : y);
    if (x == y || (value_is_const(x, &c) && is_filled(y, c)))
        return in_place_of(f, n, x);
    if (!inner_x && !inner_y)
        return NULL;
    struct value *args[] = { bits, inner_x ? inner_x : x, inner_y ? inner_y : y };
    return in_place_of(f, n, build(&f->b, OP_SELECT, args, 3, NULL, 0, type_of_result(n)));
}

/* Broadcasting by hand is not needed where the operation broadcasts: the operand of an expand will
 * do, or one number for a filled value, if the result stays what it is. */
static bool can_shrink(const struct value *v, struct type *smaller)
{
    const struct node *expand = def_by(v, OP_EXPAND);
    *smaller = expand ? expand->args[0]->type : type_scalar(v->type.elem);
    return expand ? smaller->elem == v->type.elem
                  : v->type.shape.rank > 0 && value_is_const(v, NULL);
}

static bool stays(struct folder *f, const struct node *n, int arg, struct type operand)
{
    struct type types[3], is;
    for (int i = 0; i < n->arg_count; i++)
        types[i] = i == arg ? operand : n->args[i]->type;
    const char *fault = infer_type(f->b.list.module->scratch, n->op, types, n->arg_count, n->attrs,
                                   n->attr_count, type_of_result(n), &is);
    return !fault && type_equal(is, type_of_result(n));
}

static void shrink_operands(struct folder *f, struct node *n)
{
    struct type smaller;
    double x;
    for (int i = 0; i < n->arg_count; i++)
        if (can_shrink(n->args[i], &smaller) && stays(f, n, i, smaller))
            n->args[i] = value_is_const(n->args[i], &x) ? build_const(&f->b, x, smaller)
                                                        : n->args[i]->def->args[0];
}

/* In double whatever the dtype: the trainer rounds the constant once. */
static struct value *evaluate(struct folder *f, const struct node *n)
{
    double x[3] = { 0 };
    for (int i = 0; i < n->arg_count; i++)
        if (!value_is_const(n->args[i], &x[i]))
            return NULL;
    return filled(f, n, op_evaluate(n->op, x[0], x[1], x[2]));
}

/* ---- views and joins ------------------------------------------------------------------------- */

/* What a `rows` or `cols` shows: [start, stop) of base along an axis. */
struct slice {
    struct value *base;
    int axis;
    int64_t start, stop;
};

static bool is_slice(const struct value *v, struct slice *s)
{
    if (!v->def || (v->def->op != OP_ROWS && v->def->op != OP_COLS))
        return false;
    s->base = v->def->args[0];
    s->axis = v->def->op == OP_ROWS ? 0 : s->base->type.shape.rank - 1;
    s->start = attr_int(v->def, "start", 0);
    s->stop = attr_int(v->def, "stop", 0);
    return true;
}

static struct value *build_slice_of(struct folder *f, const struct slice *s)
{
    return build_slice(&f->b, s->axis == 0 ? OP_ROWS : OP_COLS, s->base, s->start, s->stop);
}

static bool is_whole(const struct slice *s)
{
    return s->start == 0 && s->stop == s->base->type.shape.dim[s->axis];
}

/* Where each part of a join begins, and where the last ends; the note of the join. */
static const int64_t *part_offsets(struct folder *f, struct node *join, int axis)
{
    int64_t *offsets = join->note;
    if (offsets)
        return offsets;
    join->note = offsets = arena_new_array(f->b.list.module->scratch, int64_t, join->arg_count + 1);
    for (int i = 0; i < join->arg_count; i++)
        offsets[i + 1] = offsets[i] + join->args[i]->type.shape.dim[axis];
    return offsets;
}

/* Of a join the part that holds all of the slice. A slice of several parts stays: it costs nothing,
 * another join might. */
static struct value *slice_of_part(struct folder *f, const struct slice *s)
{
    const struct node *join = def_by(s->base, OP_CONCAT);
    if (!join || attr_int(join, "axis", 0) != s->axis)
        return NULL;
    const int64_t *offsets = part_offsets(f, s->base->def, s->axis);
    int low = 0, high = join->arg_count;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        *(offsets[middle] <= s->start ? &low : &high) = middle;
    }
    if (s->stop > offsets[high])
        return NULL;
    struct slice part = { join->args[low], s->axis, s->start - offsets[low],
                          s->stop - offsets[low] };
    return build_slice_of(f, &part);
}

/* A slice of a slice is one; rows stand inside, cols outside. */
static struct value *fold_slice(struct folder *f, const struct node *n)
{
    struct slice s, inner;
    double x;
    if (!is_slice(node_result(n), &s))
        return NULL;
    if (is_whole(&s))
        return s.base;
    if (value_is_const(s.base, &x))
        return filled(f, n, x);
    if (!is_slice(s.base, &inner))
        return slice_of_part(f, &s);
    if (inner.axis == s.axis) {
        s = (struct slice){ inner.base, s.axis, inner.start + s.start, inner.start + s.stop };
        return build_slice_of(f, &s);
    }
    if (s.axis != 0)
        return NULL;
    s.base = inner.base;
    inner.base = build_slice_of(f, &s);
    return build_slice_of(f, &inner);
}

static struct value *fold_reshape(struct folder *f, const struct node *n)
{
    struct value *x = n->args[0];
    const struct node *inner = def_by(x, OP_RESHAPE);
    double c;
    if (type_equal(x->type, type_of_result(n)))
        return x;
    if (value_is_const(x, &c))
        return filled(f, n, c);
    return inner ? build(&f->b, OP_RESHAPE, inner->args, 1, NULL, 0, type_of_result(n)) : NULL;
}

/* From part i on, how many parts are slices of one value, one behind the other? *all is what they
 * make together. */
static int count_adjacent_slices(const struct node *n, int i, int axis, struct slice *all)
{
    struct slice s;
    int count = 1;
    if (!is_slice(n->args[i], all) || all->axis != axis)
        return 1;
    while (i + count < n->arg_count && is_slice(n->args[i + count], &s) && s.base == all->base &&
           s.axis == axis && s.start == all->stop) {
        all->stop = s.stop;
        count++;
    }
    return count;
}

/* From part i on, how many parts are filled with one number? *all is the type of them together. */
static int count_adjacent_consts(const struct node *n, int i, int axis, struct type *all, double *x)
{
    int count = 1;
    *all = n->args[i]->type;
    if (!value_is_const(n->args[i], x))
        return 1;
    for (; i + count < n->arg_count && is_filled(n->args[i + count], *x); count++)
        all->shape.dim[axis] += n->args[i + count]->type.shape.dim[axis];
    return count;
}

/* The parts of a join from the i-th on that are one value: how many they are, and that value. */
static int merge_parts(struct folder *f, const struct node *n, int i, int axis, struct value **one)
{
    struct slice slice;
    struct type type;
    double x;
    int slices = count_adjacent_slices(n, i, axis, &slice);
    int consts = count_adjacent_consts(n, i, axis, &type, &x);
    *one = slices > 1   ? build_slice_of(f, &slice)
           : consts > 1 ? build_const(&f->b, x, type)
                        : n->args[i];
    return slices > 1 ? slices : consts;
}

static struct value *fold_concat(struct folder *f, const struct node *n)
{
    const int axis = (int)attr_int(n, "axis", 0);
    struct value **parts = arena_new_array(f->b.list.module->scratch, struct value *, n->arg_count);
    int count = 0;
    for (int i = 0; i < n->arg_count;)
        i += merge_parts(f, n, i, axis, &parts[count++]);
    if (count == 1)
        return parts[0];
    return count < n->arg_count ? build_concat(&f->b, parts, count, axis) : NULL;
}

/* ---- reductions and products ----------------------------------------------------------------- */

static bool has_one_to_reduce(const struct node *n)
{
    return n->args[0]->type.shape.dim[attr_int(n, "axis", 0)] == 1;
}

static struct value *fold_sum(struct folder *f, const struct node *n)
{
    if (has_one_to_reduce(n))
        return n->args[0];
    return is_filled(n->args[0], 0) ? filled(f, n, 0) : NULL;
}

static struct value *fold_reduce_max(struct folder *f, const struct node *n)
{
    double x;
    if (has_one_to_reduce(n))
        return n->args[0];
    return value_is_const(n->args[0], &x) ? filled(f, n, x) : NULL;
}

/* A column times a row: no sum, so it goes where elementwise nodes go. */
static bool has_one_term(const struct node *n)
{
    return !attr_flag(n, "ta") && !attr_flag(n, "tb") && n->args[0]->type.shape.dim[1] == 1;
}

static struct value *fold_matmul(struct folder *f, const struct node *n)
{
    struct value *x = n->args[0], *y = n->args[1];
    const struct node *flipped_x = def_by(x, OP_TRANSPOSE), *flipped_y = def_by(y, OP_TRANSPOSE);
    bool ta = attr_flag(n, "ta"), tb = attr_flag(n, "tb");
    if (is_filled(x, 0) || is_filled(y, 0))
        return filled(f, n, 0);
    if (has_one_term(n))
        return build_binary(&f->b, OP_MUL, x, y);
    if (!flipped_x && !flipped_y)
        return NULL;
    return build_matmul(&f->b, flipped_x ? flipped_x->args[0] : x, ta != !!flipped_x,
                        flipped_y ? flipped_y->args[0] : y, tb != !!flipped_y);
}

static struct value *fold_transpose(struct folder *f, const struct node *n)
{
    const struct node *inner = def_by(n->args[0], OP_TRANSPOSE);
    double x;
    if (value_is_const(n->args[0], &x))
        return filled(f, n, x);
    return inner ? inner->args[0] : NULL;
}

/* gather, pick: every element is one of the operand's. */
static struct value *fold_chosen(struct folder *f, const struct node *n)
{
    double x;
    return value_is_const(n->args[0], &x) ? filled(f, n, x) : NULL;
}

static struct value *fold_scatter(struct folder *f, const struct node *n)
{
    return is_filled(n->args[0], 0) ? filled(f, n, 0) : NULL;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static rule *const rules[OP_COUNT] = {
    [OP_NEG] = fold_neg,
    [OP_STOP] = fold_stop,
    [OP_EXPAND] = fold_expand,
    [OP_ADD] = fold_add,
    [OP_SUB] = fold_sub,
    [OP_MUL] = fold_mul,
    [OP_DIV] = fold_div,
    [OP_POW] = fold_pow,
    [OP_SELECT] = fold_select,
    [OP_ROWS] = fold_slice,
    [OP_COLS] = fold_slice,
    [OP_RESHAPE] = fold_reshape,
    [OP_CONCAT] = fold_concat,
    [OP_SUM] = fold_sum,
    [OP_REDUCE_MAX] = fold_reduce_max,
    [OP_MATMUL] = fold_matmul,
    [OP_TRANSPOSE] = fold_transpose,
    [OP_GATHER] = fold_chosen,
    [OP_PICK] = fold_chosen,
    [OP_SCATTER] = fold_scatter,
};

/* The value that stands for v by now. */
static struct value *final_value(struct value *v)
{
    while (v->note)
        v = v->note;
    return v;
}

static struct value *rewrite(struct folder *f, struct node *n)
{
    struct value *v = NULL;
    if (op_is_elementwise(n->op) && n->op != OP_ONEHOT) {
        shrink_operands(f, n);
        v = evaluate(f, n);
    }
    return v || !rules[n->op] ? v : rules[n->op](f, n);
}

/* Folds n and gives the node to go on with: the first of those that were built, or the next one. */
static struct node *fold_node(struct folder *f, struct node *n)
{
    struct node *before = n->prev;
    for (int i = 0; i < n->arg_count; i++)
        n->args[i] = final_value(n->args[i]);
    f->b.at = n;
    f->b.like = n;
    f->b.part = n->part;
    struct value *v = rewrite(f, n);
    if (!v)
        return n->next;
    if (!type_equal(v->type, type_of_result(n)))
        die("fold: %s would become another type", op_table[n->op].name);
    node_result(n)->note = v;
    node_remove(f->b.list, n);
    return before ? before->next : *f->b.list.first;
}

/* needs   the gradients: `stop` goes
 * keeps   every bit of every result, but: x * 0 is 0 whatever x is, and -0 + 0 may stay -0 (zeros
 *         come from zero states and absent gradients, where a NaN would only hide its origin);
 *         constants are computed in double and rounded once, in the trainer; a power of 2 or 1/2
 *         is a product or a root
 * breaks  nothing; values that nothing needs any more remain (dce) */
void fold(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next) {
        const struct arena_mark start = arena_mark(m->scratch);
        struct folder f = { .b.list = program_list(p) };
        clear_notes(p);
        for (struct node *n = p->first; n;)
            n = fold_node(&f, n);
        arena_release(m->scratch, start);
    }
}
