/* Types, and the table of operations. */
#include "diag.h"
#include "ir.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- types ------------------------------------------------------------------------------------
 */

struct type type_of(enum elem elem, int rank, const int64_t *dims)
{
    struct type t = { .elem = elem, .shape.rank = rank };
    for (int i = 0; i < rank; i++)
        t.shape.dim[i] = dims[i];
    return t;
}

struct type type_matrix(enum elem elem, int64_t rows, int64_t cols)
{
    return type_of(elem, 2, (const int64_t[]){ rows, cols });
}

struct type type_scalar(enum elem elem)
{
    return (struct type){ .elem = elem };
}

bool shape_equal(struct shape a, struct shape b)
{
    bool equal = a.rank == b.rank;
    for (int i = 0; equal && i < a.rank; i++)
        equal = a.dim[i] == b.dim[i];
    return equal;
}

bool layout_equal(struct layout a, struct layout b)
{
    return a.parts == b.parts && a.lanes == b.lanes;
}

bool type_equal(struct type a, struct type b)
{
    return a.elem == b.elem && shape_equal(a.shape, b.shape) && layout_equal(a.layout, b.layout);
}

int64_t shape_elements(struct shape s)
{
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++)
        n *= s.dim[i];
    return n;
}

int64_t shape_cols(struct shape s)
{
    return s.rank > 0 ? s.dim[s.rank - 1] : 1;
}

int64_t shape_rows(struct shape s)
{
    s.rank -= s.rank > 0;
    return shape_elements(s);
}

bool shape_broadcast(struct shape a, struct shape b, struct shape *out)
{
    struct shape s = { .rank = a.rank > b.rank ? a.rank : b.rank };
    for (int i = 1; i <= s.rank; i++) { /* from the last axis */
        int64_t x = i <= a.rank ? a.dim[a.rank - i] : 1, y = i <= b.rank ? b.dim[b.rank - i] : 1;
        if (x != y && x != 1 && y != 1)
            return false;
        s.dim[s.rank - i] = x == 1 ? y : x;
    }
    *out = s;
    return true;
}

size_t elem_bytes(const struct module *m, enum elem elem)
{
    const size_t real = m->dtype == DTYPE_FLOAT64 ? 8 : 4;
    return (const size_t[]){
        [ELEM_REAL] = real, [ELEM_DOUBLE] = 8, [ELEM_INDEX] = 4, [ELEM_BF16] = 2
    }[elem];
}

int64_t bit_words(int64_t cols)
{
    return (cols + WORD - 1) / WORD;
}

int64_t panel_count(struct type t)
{
    const int64_t lanes = t.layout.lanes, parts = t.layout.parts;
    return (shape_cols(t.shape) / parts + lanes - 1) / lanes * parts;
}

int64_t panel_rows(struct type t)
{
    const int64_t rows = shape_rows(t.shape);
    return t.elem == ELEM_BF16 ? (rows + CHUNK - 1) / CHUNK * CHUNK : rows;
}

struct shape stored_shape(struct type t)
{
    if (!t.layout.lanes)
        return t.shape;
    return type_matrix(t.elem, panel_count(t) * panel_rows(t), t.layout.lanes).shape;
}

int64_t stored_rows(struct type t)
{
    return shape_rows(stored_shape(t));
}

int64_t stored_cols(struct type t)
{
    const int64_t cols = shape_cols(stored_shape(t));
    return t.elem == ELEM_BIT ? bit_words(cols) : cols;
}

const char *type_text(struct arena *a, struct type t)
{
    char text[128] = { elem_letters[t.elem], '[' };
    int n = 2;
    for (int i = 0; i < t.shape.rank; i++)
        n +=
            snprintf(text + n, sizeof text - (size_t)n, "%s%" PRId64, i ? "," : "", t.shape.dim[i]);
    text[n++] = ']';
    if (t.layout.lanes)
        n += snprintf(text + n, sizeof text - (size_t)n, ":%dx%d", t.layout.parts, t.layout.lanes);
    return arena_copy(a, text, (size_t)n);
}

/* ---- operations -------------------------------------------------------------------------------
 */

const struct op_info op_table[OP_COUNT] = {
#define OP(ENUM, name, arity, class, shape, gradient, attributes, c)                               \
    [OP_##ENUM] = { name, arity, CLASS_##class, attributes, c },
#include "ops.def"
#undef OP
};

/* ---- elementwise operations -------------------------------------------------------------------
 */

bool op_is_elementwise(enum op op)
{
    enum op_class c = op_table[op].class;
    return c == CLASS_UNARY || c == CLASS_FUNCTION || c == CLASS_BINARY || c == CLASS_TERNARY;
}

bool op_is_function(enum op op)
{
    return op_table[op].class == CLASS_FUNCTION;
}

bool op_has_value(enum op op)
{
    return op_table[op].class != CLASS_EFFECT || op == OP_GRAD;
}

static double sign(double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

double op_evaluate(enum op op, double x, double y, double z)
{
    switch (op) {
    case OP_NEG:
        return -x;
    case OP_EXP:
        return exp(x);
    case OP_LOG:
        return log(x);
    case OP_SQRT:
        return sqrt(x);
    case OP_TANH:
        return tanh(x);
    case OP_SIGMOID:
        return 1 / (1 + exp(-x));
    case OP_ABS:
        return fabs(x);
    case OP_SIGN:
        return sign(x);
    case OP_STOP:
    case OP_BF16:
    case OP_EXPAND:
        return x;
    case OP_ADD:
        return x + y;
    case OP_SUB:
        return x - y;
    case OP_MUL:
        return x * y;
    case OP_DIV:
        return x / y;
    case OP_POW:
        return pow(x, y);
    case OP_MAX: /* as the vector instruction: the second where they do not compare */
        return x > y ? x : y;
    case OP_MIN:
        return x < y ? x : y;
    case OP_LT:
        return x < y;
    case OP_LE:
        return x <= y;
    case OP_EQ:
        return x == y;
    case OP_SELECT:
        return x != 0 ? y : z;
    default:
        die("%s is not an operation on numbers", op_table[op].name);
    }
}
