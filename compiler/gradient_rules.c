/* The rules by which gradients go from results to operands, in the order of ops.def. */
#include "gradient.h"

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

/* The slope of x^c in x: c x^(c-1); the square, which every norm has, without a power. */
static struct value *power_slope(struct reverse *r, struct value *x, struct value *c)
{
    double k;
    if (!value_is_const(c, &k)) {
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

static void grad_rows(struct reverse *r, const struct node *n, struct value *g)
{
    add_to_part(r, n->args[0], g, 0, attr_int(n, "start", 0));
}

static void grad_cols(struct reverse *r, const struct node *n, struct value *g)
{
    add_to_part(r, n->args[0], g, n->args[0]->type.shape.rank - 1, attr_int(n, "start", 0));
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

static void (*const rules[OP_COUNT])(struct reverse *, const struct node *, struct value *) = {
#define OP(ENUM, name, arity, class, shape, gradient, attributes, c) [OP_##ENUM] = grad_##gradient,
#include "ops.def"
#undef OP
};

bool has_gradient_rule(enum op op)
{
    return rules[op] != grad_none;
}

void apply_gradient_rule(struct reverse *r, const struct node *n, struct value *g)
{
    rules[n->op](r, n, g);
}
