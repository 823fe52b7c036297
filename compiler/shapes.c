/* The shape rules: what type an operation gives. A rule answers NULL and fills in the result's
 * type, or answers with a message for users, since these surface as errors of their spec: what was
 * expected and what was found. The rules stand in the order of ops.def; the table that names them
 * stands below. */
#include "ir.h"
#include <inttypes.h>

enum { MAX_ELEMENTS = INT32_MAX };

/* ---- shape rules ------------------------------------------------------------------------------
 */

struct query {
    struct arena *arena;
    const char *name;
    const struct type *args;
    int n;
    const struct attr *attrs;
    int attr_count;
    struct type given;
    struct type *out;
};

#define COMPLAIN(q, ...) arena_printf((q)->arena, __VA_ARGS__)

static const char *shape_text(const struct query *q, struct shape s)
{
    const char *text = s.rank == 0 ? "a scalar" : "";
    for (int i = 0; i < s.rank; i++)
        text = arena_printf(q->arena, "%s%s%" PRId64, text, i ? "x" : "", s.dim[i]);
    return text;
}

static int64_t number_attr(const struct query *q, const char *key, int64_t absent)
{
    const struct attr *a = attr_in(q->attrs, q->attr_count, key);
    return a ? a->i : absent;
}

static bool is_number(struct type t)
{
    return t.elem == ELEM_REAL || t.elem == ELEM_DOUBLE;
}

static const char *elem_word(enum elem e)
{
    static const char *const words[] = { "real numbers", "a double", "indices", "bits",
                                         "bfloat16" };
    return words[e];
}

static const char *need_elem(const struct query *q, int arg, enum elem elem)
{
    if (q->args[arg].elem == elem)
        return NULL;
    return COMPLAIN(q, "%s: operand %d must hold %s, found %s", q->name, arg + 1, elem_word(elem),
                    type_text(q->arena, q->args[arg]));
}

static const char *need_number(const struct query *q, int arg)
{
    if (is_number(q->args[arg]))
        return NULL;
    return COMPLAIN(q, "%s: operand %d must be a number, found %s of type %s", q->name, arg + 1,
                    elem_word(q->args[arg].elem), type_text(q->arena, q->args[arg]));
}

static const char *need_matrix(const struct query *q, int arg)
{
    if (q->args[arg].shape.rank == 2)
        return NULL;
    return COMPLAIN(q, "%s: operand %d must be a matrix, found %s", q->name, arg + 1,
                    shape_text(q, q->args[arg].shape));
}

/* Indices [rows, 1], a row for each of operand `of`'s; of = -1: any number of rows. */
static const char *need_indices(const struct query *q, int arg, int of)
{
    const char *fault = need_elem(q, arg, ELEM_INDEX);
    if (fault)
        return fault;
    struct shape s = q->args[arg].shape;
    if (s.rank != 2 || s.dim[1] != 1)
        return COMPLAIN(q, "%s: operand %d must be a column of indices (n, 1), found %s", q->name,
                        arg + 1, shape_text(q, s));
    if (of >= 0 && s.dim[0] != q->args[of].shape.dim[0])
        return COMPLAIN(q, "%s: %" PRId64 " indices for the %" PRId64 " rows of operand %d",
                        q->name, s.dim[0], q->args[of].shape.dim[0], of + 1);
    return NULL;
}

/* Sizes are at least 1 and the product stays below the limit, at each step of the product. */
static const char *bad_size(const struct query *q, struct type t)
{
    if (t.shape.rank < 0 || t.shape.rank > MAX_RANK)
        return COMPLAIN(q, "%s: at most %d axes, found %d", q->name, MAX_RANK, t.shape.rank);
    int64_t n = 1;
    for (int i = 0; i < t.shape.rank; i++) {
        if (t.shape.dim[i] < 1)
            return COMPLAIN(q, "%s: every size must be at least 1, found %s", q->name,
                            shape_text(q, t.shape));
        if (t.shape.dim[i] > MAX_ELEMENTS || (n *= t.shape.dim[i]) > MAX_ELEMENTS)
            return COMPLAIN(q, "%s: a value of %s has more than %d elements", q->name,
                            shape_text(q, t.shape), MAX_ELEMENTS);
    }
    if (t.elem == ELEM_DOUBLE && t.shape.rank > 0)
        return COMPLAIN(q, "%s: a double is a scalar, found %s", q->name, type_text(q->arena, t));
    return NULL;
}

static const char *rule_none(const struct query *q)
{
    (void)q;
    return NULL;
}

static const char *rule_given(const struct query *q)
{
    *q->out = q->given;
    return NULL;
}

static const char *rule_bernoulli(const struct query *q)
{
    *q->out = q->given;
    const struct attr *p = attr_in(q->attrs, q->attr_count, "p");
    if (!p || !(p->num >= 0 && p->num <= 1))
        return COMPLAIN(q, "%s: p must be a probability from 0 to 1, found %s", q->name,
                        p ? number_text(q->arena, p->num) : "none");
    if (q->given.elem == ELEM_BIT && q->given.shape.rank == 2)
        return NULL;
    return COMPLAIN(q, "%s: gives a matrix of bits, not %s", q->name,
                    type_text(q->arena, q->given));
}

static const char *rule_same(const struct query *q)
{
    *q->out = (struct type){ .elem = q->args[0].elem, .shape = q->args[0].shape };
    return need_number(q, 0);
}

static const char *rule_bf16(const struct query *q)
{
    *q->out = (struct type){ .elem = ELEM_BF16, .shape = q->args[0].shape };
    return q->args[0].elem == ELEM_BF16 ? NULL : need_elem(q, 0, ELEM_REAL);
}

static const char *rule_expand(const struct query *q)
{
    const char *fault = need_number(q, 0);
    if (fault)
        return fault;
    struct shape s, from = q->args[0].shape, to = q->given.shape;
    if (!shape_broadcast(from, to, &s) || !shape_equal(s, to))
        return COMPLAIN(q, "%s: %s cannot be expanded to %s", q->name, shape_text(q, from),
                        shape_text(q, to));
    *q->out = q->given;
    if (q->given.elem == ELEM_REAL || q->given.elem == q->args[0].elem)
        return NULL;
    return COMPLAIN(q, "%s: %s cannot become %s", q->name, type_text(q->arena, q->args[0]),
                    type_text(q->arena, q->given));
}

static const char *broadcast(const struct query *q, int x, int y, struct shape *out)
{
    struct shape a = q->args[x].shape, b = q->args[y].shape;
    if (shape_broadcast(a, b, out))
        return NULL;
    return COMPLAIN(q, "%s: %s and %s do not fit: sizes must be equal or 1", q->name,
                    shape_text(q, a), shape_text(q, b));
}

/* Operands x and y, both numbers: a double turns real where it meets one. */
static const char *mix(const struct query *q, int x, int y)
{
    const char *fault = need_number(q, x);
    fault = fault ? fault : need_number(q, y);
    if (fault)
        return fault;
    bool real = q->args[x].elem == ELEM_REAL || q->args[y].elem == ELEM_REAL;
    *q->out = type_scalar(real ? ELEM_REAL : ELEM_DOUBLE);
    return broadcast(q, x, y, &q->out->shape);
}

static const char *rule_broadcast(const struct query *q)
{
    return mix(q, 0, 1);
}

static const char *rule_compare(const struct query *q)
{
    *q->out = type_scalar(ELEM_BIT);
    bool indices = q->args[0].elem == ELEM_INDEX && q->args[1].elem == ELEM_INDEX;
    const char *fault = indices ? broadcast(q, 0, 1, &q->out->shape) : mix(q, 0, 1);
    q->out->elem = ELEM_BIT;
    return fault;
}

static const char *rule_onehot(const struct query *q)
{
    const char *fault = need_indices(q, 0, -1);
    if (!fault)
        *q->out = type_matrix(ELEM_BIT, q->args[0].shape.dim[0], number_attr(q, "width", 0));
    return fault;
}

static const char *rule_select(const struct query *q)
{
    const char *fault = need_elem(q, 0, ELEM_BIT);
    fault = fault ? fault : mix(q, 1, 2);
    if (fault)
        return fault;
    struct shape s, values = q->out->shape, bits = q->args[0].shape;
    if (!shape_broadcast(bits, values, &s))
        return COMPLAIN(q, "%s: the bits are %s and the values %s: sizes must be equal or 1",
                        q->name, shape_text(q, bits), shape_text(q, values));
    q->out->shape = s;
    if (s.rank > 0)
        q->out->elem = ELEM_REAL; /* doubles chosen by many bits are many reals */
    return NULL;
}

static const char *slice(const struct query *q, int axis)
{
    int64_t start = number_attr(q, "start", -1), stop = number_attr(q, "stop", -1);
    struct shape s = q->args[0].shape;
    if (s.rank == 0)
        return COMPLAIN(q, "%s: a scalar has none", q->name);
    if (start < 0 || start >= stop || stop > s.dim[axis])
        return COMPLAIN(q, "%s: %" PRId64 " to %" PRId64 " of a value with %" PRId64 " %s", q->name,
                        start, stop, s.dim[axis], q->name);
    s.dim[axis] = stop - start;
    *q->out = (struct type){ .elem = q->args[0].elem, .shape = s };
    return NULL;
}

static const char *rule_rows(const struct query *q)
{
    return slice(q, 0);
}

static const char *rule_cols(const struct query *q)
{
    return slice(q, q->args[0].shape.rank - 1);
}

static const char *rule_reshape(const struct query *q)
{
    *q->out = q->given;
    const struct type from = q->args[0];
    if (from.elem == q->given.elem && shape_elements(from.shape) == shape_elements(q->given.shape))
        return NULL;
    return COMPLAIN(q, "%s: %s (%" PRId64 " elements) cannot become %s (%" PRId64 " elements)",
                    q->name, type_text(q->arena, from), shape_elements(from.shape),
                    type_text(q->arena, q->given), shape_elements(q->given.shape));
}

/* Equal but for the size along `axis`. */
static bool joins(struct type a, struct type b, int axis)
{
    if (a.shape.rank == b.shape.rank)
        b.shape.dim[axis] = a.shape.dim[axis];
    return a.elem == b.elem && shape_equal(a.shape, b.shape);
}

static const char *rule_concat(const struct query *q)
{
    struct type t = { .elem = q->args[0].elem, .shape = q->args[0].shape };
    int64_t axis = number_attr(q, "axis", -1), sum = 0;
    if (axis < 0 || axis >= t.shape.rank || (axis != 0 && axis != t.shape.rank - 1))
        return COMPLAIN(q, "%s: the axis must be 0 or the last of %s, found %" PRId64, q->name,
                        shape_text(q, t.shape), axis);
    for (int i = 0; i < q->n; i++) {
        if (!joins(t, q->args[i], (int)axis))
            return COMPLAIN(q,
                            "%s: operand %d is %s and does not fit operand 1, %s, along axis "
                            "%" PRId64,
                            q->name, i + 1, type_text(q->arena, q->args[i]),
                            type_text(q->arena, q->args[0]), axis);
        sum += q->args[i].shape.dim[axis];
    }
    t.shape.dim[axis] = sum;
    *q->out = t;
    return NULL;
}

static const char *rule_reduce(const struct query *q)
{
    const char *fault = need_elem(q, 0, ELEM_REAL);
    if (fault)
        return fault;
    struct type t = q->args[0];
    int64_t axis = number_attr(q, "axis", -1);
    if (axis < 0 || axis >= t.shape.rank)
        return COMPLAIN(q, "%s: there is no axis %" PRId64 " in %s", q->name, axis,
                        shape_text(q, t.shape));
    t.shape.dim[axis] = 1;
    *q->out = (struct type){ .elem = ELEM_REAL, .shape = t.shape };
    return NULL;
}

static const char *rule_argmax(const struct query *q)
{
    const char *fault = need_elem(q, 0, ELEM_REAL);
    fault = fault ? fault : need_matrix(q, 0);
    if (!fault)
        *q->out = type_matrix(ELEM_INDEX, q->args[0].shape.dim[0], 1);
    return fault;
}

static const char *need_real_matrix(const struct query *q, int arg)
{
    const char *fault = need_elem(q, arg, ELEM_REAL);
    return fault ? fault : need_matrix(q, arg);
}

/* Of real numbers, rounded or not. */
static const char *need_factor(const struct query *q, int arg)
{
    return q->args[arg].elem == ELEM_BF16 ? need_matrix(q, arg) : need_real_matrix(q, arg);
}

/* A product of bfloat16 has a left operand of that; the right one is rounded when it is packed. */
static const char *rule_matmul(const struct query *q)
{
    const bool mixed = q->args[0].elem == ELEM_BF16;
    const char *fault = need_factor(q, 0);
    fault = fault ? fault : mixed ? need_factor(q, 1) : need_real_matrix(q, 1);
    if (fault)
        return fault;
    const int ta = number_attr(q, "ta", 0) != 0, tb = number_attr(q, "tb", 0) != 0;
    const int64_t *a = q->args[0].shape.dim, *b = q->args[1].shape.dim;
    if (a[!ta] != b[tb])
        return COMPLAIN(q,
                        "%s: %s%s times %s%s: the inner sizes %" PRId64 " and %" PRId64 " differ",
                        q->name, shape_text(q, q->args[0].shape), ta ? " transposed" : "",
                        shape_text(q, q->args[1].shape), tb ? " transposed" : "", a[!ta], b[tb]);
    *q->out = type_matrix(ELEM_REAL, a[ta], b[!tb]);
    return NULL;
}

static const char *rule_transpose(const struct query *q)
{
    const char *fault = need_factor(q, 0);
    if (!fault)
        *q->out = type_matrix(q->args[0].elem, q->args[0].shape.dim[1], q->args[0].shape.dim[0]);
    return fault;
}

/* The layout is as given, and whether it is rounded. */
static const char *rule_pack(const struct query *q)
{
    const struct attr *ta = attr_in(q->attrs, q->attr_count, "ta");
    const bool rounded = q->given.elem == ELEM_BF16;
    const char *fault = rounded ? need_factor(q, 0) : need_real_matrix(q, 0);
    if (fault)
        return fault;
    const int64_t *dim = q->args[0].shape.dim;
    *q->out = type_matrix(rounded ? ELEM_BF16 : ELEM_REAL, dim[ta && ta->i], dim[!(ta && ta->i)]);
    q->out->layout = q->given.layout;
    return NULL;
}

static const char *rule_gather(const struct query *q)
{
    const char *fault = need_real_matrix(q, 0);
    fault = fault ? fault : need_indices(q, 1, -1);
    if (!fault)
        *q->out = type_matrix(ELEM_REAL, q->args[1].shape.dim[0], q->args[0].shape.dim[1]);
    return fault;
}

static const char *rule_scatter(const struct query *q)
{
    const char *fault = need_real_matrix(q, 0);
    fault = fault ? fault : need_indices(q, 1, 0);
    if (!fault)
        *q->out = type_matrix(ELEM_REAL, number_attr(q, "rows", 0), q->args[0].shape.dim[1]);
    return fault;
}

static const char *rule_pick(const struct query *q)
{
    const char *fault = need_real_matrix(q, 0);
    fault = fault ? fault : need_indices(q, 1, 0);
    if (!fault)
        *q->out = type_matrix(ELEM_REAL, q->args[0].shape.dim[0], 1);
    return fault;
}

static const char *rule_grad(const struct query *q)
{
    if (q->args[0].elem != ELEM_REAL || shape_elements(q->args[0].shape) != 1)
        return COMPLAIN(q, "%s: the loss must be one real number, found %s", q->name,
                        type_text(q->arena, q->args[0]));
    *q->out = (struct type){ .elem = ELEM_REAL, .shape = q->args[1].shape };
    return need_elem(q, 1, ELEM_REAL);
}

static const char *rule_assign(const struct query *q)
{
    if (q->args[0].elem == q->args[1].elem && shape_equal(q->args[0].shape, q->args[1].shape))
        return NULL;
    return COMPLAIN(q, "%s: a value of type %s cannot become the new value of a tensor of type %s",
                    q->name, type_text(q->arena, q->args[1]), type_text(q->arena, q->args[0]));
}

static const char *(*const rules[OP_COUNT])(const struct query *) = {
#define OP(ENUM, name, arity, class, shape, gradient, attributes, c) [OP_##ENUM] = rule_##shape,
#include "ops.def"
#undef OP
};

const char *infer_type(struct arena *a, enum op op, const struct type *args, int n,
                       const struct attr *attrs, int attr_count, struct type given,
                       struct type *out)
{
    const struct op_info *info = &op_table[op];
    *out = type_scalar(ELEM_REAL);
    struct query q = { a, info->name, args, n, attrs, attr_count, given, out };
    if (info->arity >= 0 ? n != info->arity : n < 1 && op != OP_CALL)
        return COMPLAIN(&q, "%s: takes %s%d operand%s, found %d", info->name,
                        info->arity < 0 ? "at least " : "", info->arity < 0 ? 1 : info->arity,
                        info->arity == 1 || info->arity < 0 ? "" : "s", n);
    const char *fault = bad_size(&q, given);
    fault = fault ? fault : rules[op](&q);
    return fault ? fault : bad_size(&q, *out);
}
