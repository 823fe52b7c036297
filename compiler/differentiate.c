/* Reverse mode over the list of nodes: `grad LOSS, $p` becomes the derivative. The list is walked
 * once forward, to mark the values through which the loss depends on what is wanted, and once
 * backward, to hand each value's gradient on to its operands by the rule that ops.def names. A
 * value's gradient is made when the walk reaches the value's definition: by then all its uses were
 * seen. */
#include "passes.h"
#include <stdlib.h>

/* What one use of a value adds to its gradient: on all of it (axis -1), or on [start, stop) along
 * one axis. */
struct piece {
    struct value *value;
    int axis, arrival;
    int64_t start, stop;
    struct piece *next;
};

/* The gradient of one value as far as it has come; the note of the values that the walk back has to
 * visit. */
struct flow {
    struct piece *first, **end;
    int count;
    struct value *sum; /* of a tensor, once it is known */
};

struct reverse {
    struct program *program;
    struct builder b;
};

typedef void rule(struct reverse *r, const struct node *n, struct value *g);

/* ---- pieces ---------------------------------------------------------------------------------- */

static void open_flow(struct reverse *r, struct value *v)
{
    struct flow *f = arena_alloc(r->program->module->scratch, sizeof *f);
    f->end = &f->first;
    v->note = f;
}

static bool wants(const struct node *n, int arg)
{
    return n->args[arg]->note != NULL;
}

static void add_piece(struct reverse *r, struct value *v, struct piece piece)
{
    struct flow *f = v->note;
    if (!f)
        return;
    struct piece *p = arena_alloc(r->program->module->scratch, sizeof *p);
    *p = piece;
    p->arrival = f->count++;
    *f->end = p;
    f->end = &p->next;
}

/* Undoes a broadcast: sums over the axes that `want` has as 1, or lacks. */
static struct value *sum_to(struct reverse *r, struct value *g, struct type want)
{
    const int extra = g->type.shape.rank - want.shape.rank;
    for (int axis = 0; axis < g->type.shape.rank; axis++) {
        int64_t size = axis < extra ? 1 : want.shape.dim[axis - extra];
        if (g->type.shape.dim[axis] != size)
            g = build_sum(&r->b, g, axis);
    }
    if (extra > 0)
        g = build(&r->b, OP_RESHAPE, &g, 1, NULL, 0, want);
    return g;
}

/* Gives g, of the shape of n's result, to an operand that may have been broadcast. */
static void give(struct reverse *r, const struct node *n, int arg, struct value *g)
{
    if (wants(n, arg))
        add_piece(r, n->args[arg],
                  (struct piece){ .value = sum_to(r, g, n->args[arg]->type), .axis = -1 });
}

static int earlier(const void *x, const void *y)
{
    const struct piece *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->arrival - b->arrival;
}

static struct piece *sorted_pieces(struct reverse *r, const struct flow *f, int axis, int *count)
{
    struct piece *pieces = arena_new_array(r->program->module->scratch, struct piece, f->count);
    *count = 0;
    for (const struct piece *p = f->first; p; p = p->next)
        if (p->axis == axis)
            pieces[(*count)++] = *p;
    qsort(pieces, (size_t)*count, sizeof *pieces, earlier);
    return pieces;
}

static enum op slice_op(int axis)
{
    return axis == 0 ? OP_ROWS : OP_COLS;
}

static struct value *add(struct reverse *r, struct value *sum, struct value *term)
{
    return sum ? build_binary(&r->b, OP_ADD, sum, term) : term;
}

/* The sum, on [start, stop), of the pieces that are open there. */
static struct value *sum_interval(struct reverse *r, const struct piece *open, int count, int axis,
                                  int64_t start, int64_t stop)
{
    struct value *sum = NULL;
    for (const struct piece *p = open; p < open + count; p++) {
        bool whole = p->start == start && p->stop == stop;
        sum = add(r, sum,
                  whole ? p->value
                        : build_slice(&r->b, slice_op(axis), p->value, start - p->start,
                                      stop - p->start));
    }
    return sum;
}

static int close_pieces(struct piece *open, int count, int64_t at)
{
    int left = 0;
    for (int i = 0; i < count; i++)
        if (open[i].stop > at)
            open[left++] = open[i];
    return left;
}

/* All pieces along one axis as one concat: a sweep from boundary to boundary. Where pieces overlap
 * they are added, where there is none stand zeros. Disjoint pieces, the usual case, come out as
 * they are. NULL: no pieces. */
static struct value *join_pieces(struct reverse *r, const struct flow *f, struct type type,
                                 int axis)
{
    struct arena *a = r->program->module->scratch;
    int count, next = 0, opened = 0, part_count = 0;
    struct piece *pieces = sorted_pieces(r, f, axis, &count);
    struct piece *open = arena_new_array(a, struct piece, count);
    struct value **parts = arena_new_array(a, struct value *, 2 * count + 1);
    int64_t size = type.shape.dim[axis];
    for (int64_t at = 0, end = size; count > 0 && at < size; at = end, end = size) {
        while (next < count && pieces[next].start == at)
            open[opened++] = pieces[next++];
        if (next < count)
            end = pieces[next].start;
        for (int i = 0; i < opened; i++)
            end = open[i].stop < end ? open[i].stop : end;
        type.shape.dim[axis] = end - at;
        parts[part_count++] =
            opened ? sum_interval(r, open, opened, axis, at, end) : build_const(&r->b, 0, type);
        opened = close_pieces(open, opened, end);
    }
    return part_count > 1 ? build_concat(&r->b, parts, part_count, axis) : parts[0];
}

/* The gradient of v, NULL if none has come: whole pieces in the order in which they came, then the
 * slices. */
static struct value *resolve(struct reverse *r, struct value *v)
{
    struct flow *f = v->note;
    if (!f || f->sum)
        return f ? f->sum : NULL;
    for (const struct piece *p = f->first; p; p = p->next) {
        if (!v->def)
            r->b.like = p->value->def;
        if (p->axis < 0)
            f->sum = add(r, f->sum, p->value);
    }
    const int last = v->type.shape.rank - 1;
    struct value *rows = last >= 0 ? join_pieces(r, f, v->type, 0) : NULL;
    struct value *cols = last >= 1 ? join_pieces(r, f, v->type, last) : NULL;
    f->sum = rows ? add(r, f->sum, rows) : f->sum;
    f->sum = cols ? add(r, f->sum, cols) : f->sum;
    return f->sum;
}

/* ---- the rules, in the order of ops.def ------------------------------------------------------ */

/* Each of these makes a node. C leaves open in which order arguments are evaluated, so no rule makes two in one list of
 * arguments: the numbers of the nodes, and with them the emitted C, would depend on the compiler that built this. */
static struct value *unary(struct reverse *r, enum op op, struct value *x)
{
    return build_unary(&r->b, op, x);
}

static struct value *binary(struct reverse *r, enum op op, struct value *x, struct value *y)
{
    return build_binary(&r->b, op, x, y);
}

static struct value *number(struct reverse *r, double x)
{
    return build_const(&r->b, x, type_scalar(ELEM_REAL));
}

static struct value *choose(struct reverse *r, struct value *bits, struct value *x, struct value *y)
{
    return build(&r->b, OP_SELECT, (struct value *[]){ bits, x, y }, 3, NULL, 0,
                 type_scalar(ELEM_REAL));
}

static void grad_none(struct reverse *r, const struct node *n, struct value *g)
{
    (void)r, (void)n, (void)g;
}

static void grad_neg(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, unary(r, OP_NEG, g));
}

static void grad_exp(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, binary(r, OP_MUL, g, node_result(n)));
}

static void grad_log(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, binary(r, OP_DIV, g, n->args[0]));
}

static void grad_sqrt(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, binary(r, OP_DIV, binary(r, OP_MUL, g, number(r, 0.5)), node_result(n)));
}

/* g (1 - y^2) */
static void grad_tanh(struct reverse *r, const struct node *n, struct value *g)
{
    struct value *y = node_result(n);
    struct value *square = binary(r, OP_MUL, y, y);
    struct value *slope = binary(r, OP_SUB, number(r, 1), square);
    give(r, n, 0, binary(r, OP_MUL, g, slope));
}

/* g y (1 - y) */
static void grad_sigmoid(struct reverse *r, const struct node *n, struct value *g)
{
    struct value *y = node_result(n);
    struct value *slope = binary(r, OP_MUL, y, binary(r, OP_SUB, number(r, 1), y));
    give(r, n, 0, binary(r, OP_MUL, g, slope));
}

static void grad_abs(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, binary(r, OP_MUL, g, unary(r, OP_SIGN, n->args[0])));
}

static void grad_expand(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, g);
}

static void grad_add(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, g);
    give(r, n, 1, g);
}

static void grad_sub(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, g);
    if (wants(n, 1))
        give(r, n, 1, unary(r, OP_NEG, g));
}

static void grad_mul(struct reverse *r, const struct node *n, struct value *g)
{
    for (int i = 0; i < 2; i++)
        if (wants(n, i))
            give(r, n, i, binary(r, OP_MUL, g, n->args[1 - i]));
}

/* y = a / b: g / b and -g y / b */
static void grad_div(struct reverse *r, const struct node *n, struct value *g)
{
    struct value *quotient = binary(r, OP_DIV, g, n->args[1]);
    give(r, n, 0, quotient);
    if (wants(n, 1))
        give(r, n, 1, unary(r, OP_NEG, binary(r, OP_MUL, quotient, node_result(n))));
}

static bool is_const(const struct value *v, double *c)
{
    if (!v->def || v->def->op != OP_CONST)
        return false;
    *c = attr_num(v->def, "value", 0);
    return true;
}

/* The slope of x^c in x: c x^(c-1); the square, which every norm has, without a power. */
static struct value *power_slope(struct reverse *r, struct value *x, struct value *c)
{
    double k;
    if (!is_const(c, &k)) {
        struct value *one = build_const(&r->b, 1, type_scalar(c->type.elem));
        return binary(r, OP_MUL, c, binary(r, OP_POW, x, binary(r, OP_SUB, c, one)));
    }
    struct value *power = k == 2 ? x : binary(r, OP_POW, x, number(r, k - 1));
    return binary(r, OP_MUL, number(r, k), power);
}

/* y = x^c. In c: g y log x, and 0 where x is 0, as in JAX. */
static void grad_pow(struct reverse *r, const struct node *n, struct value *g)
{
    struct value *x = n->args[0];
    if (wants(n, 0))
        give(r, n, 0, binary(r, OP_MUL, g, power_slope(r, x, n->args[1])));
    if (!wants(n, 1))
        return;
    struct value *slope = binary(r, OP_MUL, node_result(n), unary(r, OP_LOG, x));
    struct value *is_zero = binary(r, OP_EQ, x, number(r, 0));
    struct value *flow = binary(r, OP_MUL, g, slope);
    give(r, n, 1, choose(r, is_zero, number(r, 0), flow));
}

/* g goes where the bit says, zeros to the other. */
static void give_chosen(struct reverse *r, const struct node *n, int arg, struct value *bits,
                        struct value *g)
{
    if (wants(n, arg))
        give(r, n, arg, choose(r, bits, g, number(r, 0)));
    if (wants(n, arg + 1))
        give(r, n, arg + 1, choose(r, bits, number(r, 0), g));
}

/* The operand that the operation takes (see op_evaluate) gets all: of equals the second, so that
 * relu, max(x, 0), has the slope 0 at 0 as it has in Keras. */
static void grad_max(struct reverse *r, const struct node *n, struct value *g)
{
    give_chosen(r, n, 0, binary(r, OP_LT, n->args[1], n->args[0]), g);
}

static void grad_min(struct reverse *r, const struct node *n, struct value *g)
{
    give_chosen(r, n, 0, binary(r, OP_LT, n->args[0], n->args[1]), g);
}

static void grad_select(struct reverse *r, const struct node *n, struct value *g)
{
    give_chosen(r, n, 1, n->args[0], g);
}

static void give_slice(struct reverse *r, const struct node *n, struct value *g, int axis)
{
    add_piece(r, n->args[0],
              (struct piece){ .value = g,
                              .axis = axis,
                              .start = attr_int(n, "start", 0),
                              .stop = attr_int(n, "stop", 0) });
}

static void grad_rows(struct reverse *r, const struct node *n, struct value *g)
{
    give_slice(r, n, g, 0);
}

static void grad_cols(struct reverse *r, const struct node *n, struct value *g)
{
    give_slice(r, n, g, n->args[0]->type.shape.rank - 1);
}

static void grad_reshape(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, build(&r->b, OP_RESHAPE, &g, 1, NULL, 0, n->args[0]->type));
}

static void grad_concat(struct reverse *r, const struct node *n, struct value *g)
{
    const int axis = (int)attr_int(n, "axis", 0);
    for (int64_t i = 0, at = 0, size; i < n->arg_count; i++, at += size) {
        size = n->args[i]->type.shape.dim[axis];
        if (wants(n, (int)i))
            give(r, n, (int)i, build_slice(&r->b, slice_op(axis), g, at, at + size));
    }
}

static void grad_sum(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, build(&r->b, OP_EXPAND, &g, 1, NULL, 0, n->args[0]->type));
}

/* The largest share alike, as in JAX, TensorFlow and PyTorch. */
static void grad_reduce_max(struct reverse *r, const struct node *n, struct value *g)
{
    struct value *largest = binary(r, OP_EQ, n->args[0], node_result(n));
    struct value *zero = number(r, 0);
    struct value *ones = choose(r, largest, number(r, 1), zero);
    struct value *count = build_sum(&r->b, ones, (int)attr_int(n, "axis", 0));
    give(r, n, 0, binary(r, OP_MUL, ones, binary(r, OP_DIV, g, count)));
}

/* C = A' B' where ' may transpose: dA' = G B'^T, dB' = A'^T G. */
static void grad_matmul(struct reverse *r, const struct node *n, struct value *g)
{
    struct value *a = n->args[0], *b = n->args[1];
    const bool ta = attr_flag(n, "ta"), tb = attr_flag(n, "tb");
    if (wants(n, 0))
        give(r, n, 0,
             ta ? build_matmul(&r->b, b, tb, g, true) : build_matmul(&r->b, g, false, b, !tb));
    if (wants(n, 1))
        give(r, n, 1,
             tb ? build_matmul(&r->b, g, true, a, ta) : build_matmul(&r->b, a, !ta, g, false));
}

static void grad_transpose(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, unary(r, OP_TRANSPOSE, g));
}

static void grad_gather(struct reverse *r, const struct node *n, struct value *g)
{
    struct attr rows = attr_make_int("rows", n->args[0]->type.shape.dim[0]);
    give(r, n, 0,
         build(&r->b, OP_SCATTER, (struct value *[]){ g, n->args[1] }, 2, &rows, 1,
               type_scalar(ELEM_REAL)));
}

static void grad_scatter(struct reverse *r, const struct node *n, struct value *g)
{
    give(r, n, 0, binary(r, OP_GATHER, g, n->args[1]));
}

static void grad_pick(struct reverse *r, const struct node *n, struct value *g)
{
    struct value *index = n->args[1];
    struct attr width = attr_make_int("width", n->args[0]->type.shape.dim[1]);
    struct value *picked = build(&r->b, OP_ONEHOT, &index, 1, &width, 1, type_scalar(ELEM_REAL));
    give(r, n, 0, choose(r, picked, g, number(r, 0)));
}

static rule *const rules[OP_COUNT] = {
#define OP(ENUM, name, arity, class, shape, gradient, attributes, c) [OP_##ENUM] = grad_##gradient,
#include "ops.def"
#undef OP
};

/* ---- the walk -------------------------------------------------------------------------------- */

static bool is_active(const struct node *n)
{
    bool active = false;
    if (rules[n->op] == grad_none || node_result(n)->type.elem != ELEM_REAL)
        return false; /* doubles are the host's: nothing flows into them */
    for (int i = 0; i < n->arg_count && !active; i++)
        active = wants(n, i);
    return active;
}

static bool is_grad_of(const struct node *n, const struct value *loss)
{
    return n->op == OP_GRAD && n->args[0] == loss;
}

static void walk_forward(struct reverse *r, const struct node *at)
{
    for (const struct node *n = at; n; n = n->next)
        if (is_grad_of(n, at->args[0]) && !wants(n, 1))
            open_flow(r, n->args[1]);
    for (const struct node *n = r->program->first; n != at; n = n->next)
        if (is_active(n))
            open_flow(r, node_result(n));
}

static void walk_back(struct reverse *r, const struct node *last)
{
    for (const struct node *n = last; n; n = n->prev) {
        if (n->result_count != 1)
            continue;
        r->b.like = n;
        struct value *g = resolve(r, node_result(n));
        if (g)
            rules[n->op](r, n, g);
    }
}

static void replace_grads(struct program *p, struct node *at)
{
    for (struct node *n = at; n; n = n->next)
        for (int i = 0; i < n->arg_count; i++) {
            const struct node *def = n->args[i]->def;
            if (def && def->op == OP_GRAD && def->note)
                n->args[i] = def->note;
        }
    for (struct node *n = at, *next; n; n = next) {
        next = n->next;
        if (n->op == OP_GRAD && n->note)
            node_remove(program_list(p), n);
    }
}

/* All `grad`s of the loss of `at`, the first of them. */
static void differentiate_loss(struct program *p, struct node *at)
{
    struct reverse r = { .program = p,
                         .b = { program_list(p), .at = at, .like = at, .part = PART_BACKWARD } };
    struct value *loss = at->args[0];
    const struct node *last = at->prev;
    const struct arena_mark start = arena_mark(p->module->scratch);
    clear_notes(p);
    walk_forward(&r, at);
    add_piece(&r, loss, (struct piece){ .value = build_const(&r.b, 1, loss->type), .axis = -1 });
    walk_back(&r, last);
    for (struct node *n = at; n; n = n->next)
        if (is_grad_of(n, loss)) {
            r.b.like = n;
            n->note = resolve(&r, n->args[1]);
            if (!n->note)
                n->note = build_const(&r.b, 0, n->args[1]->type);
        }
    replace_grads(p, at);
    arena_release(p->module->scratch, start);
}

static struct node *find_grad(struct node *n)
{
    while (n && n->op != OP_GRAD)
        n = n->next;
    return n;
}

/* needs   the trace: no kernels, no calls
 * keeps   every node there is but `grad`; new ones stand before the first `grad` of their loss,
 *         in PART_BACKWARD, with scope and time step of the node that they differentiate
 * breaks  nothing; what nobody wants remains (dce), ones and zeros are multiplied by (fold)
 *
 * Gradients of disjoint slices of a value are one concat, never padded sums, so all is linear in
 * the nodes. Of a doubly used value the contributions are added from the last use to the first. */
void differentiate(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next)
        for (struct node *at = find_grad(p->first); at; at = find_grad(at)) {
            struct node *before = at->prev;
            differentiate_loss(p, at);
            at = before ? before->next : p->first;
        }
    m->stage = STAGE_GRAD;
}
