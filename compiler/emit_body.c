/* What an elementwise form computes at one vector: n lanes from column `col` of row `row` on.
 * Every load comes before the stores, so that a result may take its operand's place. */
#include "emit_body.h"
#include "diag.h"
#include "emit_forms.h"
#include "emit_text.h"
#include <inttypes.h>
#include <string.h>

/* ---- where an operand's elements are --------------------------------------------------------- */

/* The size of an axis, counted from the last; axes that a shape lacks are 1. */
static int64_t axis_size(struct shape s, int from_last)
{
    return from_last < s.rank ? s.dim[s.rank - 1 - from_last] : 1;
}

static bool has_axis(struct shape operand, struct shape space, int from_last)
{
    return axis_size(operand, from_last) == axis_size(space, from_last);
}

/* The row of an operand, from the row of the space: all axes but the last make the rows, and
 * those that the operand has as 1 do not count. NULL: always the first. */
static const char *operand_row(struct body *b, struct shape operand, struct shape space)
{
    const char *text = NULL;
    int64_t below = 1, own = 1; /* rows of space and operand under the axes so far */
    for (int i = 1; i < space.rank;) {
        const bool has = has_axis(operand, space, i);
        int64_t size = 1;
        for (; i < space.rank && has_axis(operand, space, i) == has; i++)
            size *= axis_size(space, i);
        if (has && size > 1) {
            const char *term = below > 1 ? arena_printf(b->arena, "row / %" PRId64, below) : "row";
            if (below * size < shape_rows(space))
                term = arena_printf(b->arena, "%s %% %" PRId64, term, size);
            if (own > 1)
                term = arena_printf(b->arena, "%s * %" PRId64, term, own);
            text = text ? arena_printf(b->arena, "%s + %s", text, term) : term;
            own *= size;
        }
        below *= size;
    }
    return text;
}

/* row * 1200 + col + 300; `*vector`: whether it is a vector's, from column col on, or one
 * element's. */
static const char *operand_index(struct body *b, int operand, bool *vector)
{
    const struct operand *o = &b->f->operands[operand];
    const struct shape space = stored_shape(b->f->body->space), shape = stored_shape(o->type);
    const int64_t stride = b->f->arrays[o->array].stride;
    const bool whole = shape_elements(shape) == shape_elements(space);
    const char *row = b->f->flat ? NULL : operand_row(b, shape, space);
    *vector = b->f->flat ? whole : has_axis(shape, space, 0);
    const char *text = "";
    b->uses_row |= row != NULL;
    if (row && stride == 1)
        text = arena_printf(b->arena, " + %s", row);
    else if (row)
        text = arena_printf(b->arena, strchr(row, ' ') ? " + (%s) * %" PRId64 : " + %s * %" PRId64,
                            row, stride);
    if (*vector && o->type.elem != ELEM_BIT && form_cols(b->f) > 1) {
        text = arena_printf(b->arena, "%s + col", text);
        b->uses_col = true;
    }
    if (o->shift)
        text = arena_printf(b->arena, "%s + %" PRId64, text, o->shift);
    return text;
}

/* The lanes of a vector that are there: V, or n where a row may end within one. */
static const char *lanes_text(struct body *b)
{
    const int64_t cols = form_cols(b->f);
    if (cols == 1)
        return "1";
    if (cols % MAX_LANES == 0)
        return "V";
    b->uses_col = b->uses_n = true;
    return "n";
}

static const char *array_name(const struct body *b, int operand)
{
    return b->f->arrays[b->f->operands[operand].array].name;
}

/* One element, as in splat(x[row]). */
static const char *element(struct body *b, int operand, const char *index)
{
    return *index ? arena_printf(b->arena, "%s[%s]", array_name(b, operand), index + 3)
                  : arena_printf(b->arena, "*%s", array_name(b, operand));
}

static const char *load_text(struct body *b, int operand)
{
    bool vector;
    const char *index = operand_index(b, operand, &vector), *array = array_name(b, operand);
    const enum elem elem = b->f->operands[operand].type.elem;
    if (vector && elem == ELEM_BIT) {
        b->uses_col = true;
        return arena_printf(b->arena, "load_bits(%s%s, col)", array, index);
    }
    if (vector)
        return arena_printf(b->arena, "load%s(%s%s, %s)",
                            elem == ELEM_INDEX  ? "_ints"
                            : elem == ELEM_BF16 ? "_bf16"
                                                : "",
                            array, index, lanes_text(b));
    const char *one = element(b, operand, index);
    if (elem == ELEM_BIT)
        return arena_printf(b->arena, "splat_int(-(%s & 1))", one);
    return arena_printf(b->arena, "%s(%s)", elem == ELEM_INDEX ? "splat_int" : "splat", one);
}

static const char *store_text(struct body *b, int operand, int id)
{
    bool vector;
    const char *index = operand_index(b, operand, &vector), *array = array_name(b, operand);
    if (b->f->operands[operand].type.elem == ELEM_BIT) {
        b->uses_col = true;
        return arena_printf(b->arena, "store_bits(%s%s, col, v%d)", array, index, id);
    }
    return arena_printf(b->arena, "store%s(%s%s, v%d, %s)",
                        b->f->operands[operand].type.elem == ELEM_BF16 ? "_bf16" : "", array, index,
                        id, lanes_text(b));
}

/* ---- statements ------------------------------------------------------------------------------ */

static const char *value_type(const struct value *v)
{
    if (v->type.elem == ELEM_BF16 && v->def) /* what is loaded is a number like any other */
        return "words";
    return v->type.elem == ELEM_BIT || v->type.elem == ELEM_INDEX ? "ints" : "vec";
}

static const char *const_text(const struct body *b, const struct node *n)
{
    const double x = attr_num(n, "value", 0);
    const enum elem elem = node_result(n)->type.elem;
    if (elem == ELEM_BIT)
        return x != 0 ? "splat_int(-1)" : "splat_int(0)";
    if (elem == ELEM_INDEX)
        return arena_printf(b->arena, "splat_int(%d)", (int)x);
    return arena_printf(b->arena, "splat(%s)", c_number(b->arena, x, b->e->module->dtype));
}

/* Set where a 32-bit word is at least (1 - p) * 2^32; never and always want no comparison. */
static const char *random_text(const struct body *b, const struct node *n)
{
    const int id = node_result(n)->id;
    const uint64_t least = (uint64_t)((1 - attr_num(n, "p", 0)) * 0x1p32 + 0.5);
    if (least == 0 || least >> 32)
        return arena_printf(b->arena, "(random_%d & 0) %s 0", id, least ? "!=" : "==");
    return arena_printf(b->arena, "random_%d >= %" PRIu64 "u", id, least);
}

/* From the sums of a row in a tile, which are whole vectors, or from where they lie as a result. */
static const char *sums_text(struct body *b, const struct node *n)
{
    if (kernel_sums(b->f->body) >= 0)
        return load_text(b, kernel_sums(b->f->body));
    const int parts = kernel_parts(b->f->body);
    const int64_t part = attr_int(n, "start", 0) / shape_cols(b->f->body->space.shape);
    return parts > 1 ? arena_printf(b->arena, "load(sums + %" PRId64 " * PANEL, V)", part)
                     : "load(sums, V)";
}

static const char *node_text(struct body *b, const struct node *n)
{
    const char *args[3];
    if (n->op == OP_MATMUL || n->op == OP_COLS)
        return sums_text(b, n);
    for (int i = 0; i < n->arg_count; i++)
        args[i] = arena_printf(b->arena, "v%d", n->args[i]->id);
    if (n->op == OP_CONST)
        return const_text(b, n);
    if (n->op == OP_BERNOULLI)
        return random_text(b, n);
    if (node_result(n)->type.elem == ELEM_DOUBLE || !op_is_elementwise(n->op))
        die("%s of %s stands in kernel @%s, which is elementwise", op_table[n->op].name,
            type_text(b->arena, node_result(n)->type), b->f->body->name);
    b->uses_col |= n->op == OP_ONEHOT;
    if (n->op == OP_ONEHOT)
        return arena_printf(b->arena, "%s == columns_from(col)", args[0]);
    return c_operation(b->arena, n->op, "v_", args);
}

static void put_statements(struct body *b)
{
    const struct form *f = b->f;
    const struct kernel *k = f->body;
    struct buffer *out = &b->statements;
    const char *real = b->e->real;
    for (int i = 0; i < k->param_count; i++) {
        const struct value *v = k->params[i];
        const int operand = f->result_count + i;
        if (b->uses[v->id] == 0)
            continue;
        if (v->type.elem == ELEM_DOUBLE)
            buffer_printf(out, "    const vec v%d = splat((%s)d%d);\n", v->id, real, v->id);
        else
            buffer_printf(out, "    const %s v%d = %s;\n", value_type(v), v->id,
                          load_text(b, operand));
    }
    for (const struct node *n = k->first; n; n = n->next)
        if (b->uses[node_result(n)->id] > 0 && !(n->op == OP_MATMUL && kernel_parts(k) > 1))
            buffer_printf(out, "    const %s v%d = %s;\n", value_type(node_result(n)),
                          node_result(n)->id, node_text(b, n));
    for (int i = 0; i < f->result_count; i++)
        if (i != kernel_sums(k))
            buffer_printf(out, "    %s;\n", store_text(b, i, k->results[i]->id));
    if (f->checked >= 0) {
        const struct value *v = f->checked < f->result_count
                                    ? k->results[f->checked]
                                    : k->params[f->checked - f->result_count];
        buffer_printf(out, "    return not_finite(v%d) & first_lanes(%s);\n", v->id, lanes_text(b));
    }
}

/* How often a value is used: by nodes, as a result, for a check. */
static void count_body_uses(struct body *b)
{
    const struct form *f = b->f;
    const struct kernel *k = f->body;
    for (const struct node *n = k->first; n; n = n->next)
        for (int i = 0; i < n->arg_count && n->op != OP_MATMUL; i++)
            b->uses[n->args[i]->id]++;
    for (int i = 0; i < k->result_count; i++)
        b->uses[k->results[i]->id]++;
    if (f->checked >= f->result_count)
        b->uses[k->params[f->checked - f->result_count]->id]++;
}

/* ---- the comment ----------------------------------------------------------------------------- */

/* Parts of one value are numbered from left to right: bias[0] to bias[3]. */
static const char *operand_word(const struct body *b, int operand)
{
    const struct operand *o = &b->f->operands[operand];
    int before = 0, behind = 0;
    for (int i = 0; i < b->f->operand_count; i++) {
        const struct operand *other = &b->f->operands[i];
        bool counted = other->array < 0 || strcmp(other->word, o->word) != 0;
        for (int j = 0; j < i; j++) /* its new value in its place */
            counted |=
                b->f->operands[j].array == other->array && b->f->operands[j].shift == other->shift;
        before += !counted && other->shift < o->shift;
        behind += !counted && other->shift > o->shift;
    }
    return before + behind > 0 ? arena_printf(b->arena, "%s[%d]", o->word, before) : o->word;
}

/* How tightly an operation's text holds together: 3 for calls and names. */
static int grip(enum op op)
{
    const char *text = op_table[op].c_text;
    if (strchr(text, '@') || !strchr(text, ' '))
        return 3;
    return strchr(text, '*') || strchr(text, '/')   ? 2
           : strchr(text, '+') || strchr(text, '-') ? 1
                                                    : 0;
}

static const char *formula(const struct body *b, const struct value *v);

static const char *node_formula(const struct body *b, const struct node *n)
{
    if (n->op == OP_CONST)
        return plain_number(b->arena, attr_num(n, "value", 0));
    if (n->op == OP_BERNOULLI)
        return arena_printf(b->arena, "random bits (p = %s)",
                            plain_number(b->arena, attr_num(n, "p", 0)));
    const char *args[3];
    for (int i = 0; i < n->arg_count; i++) {
        const struct value *v = n->args[i];
        const int inner = b->known[v->id] || !v->def ? 3 : grip(v->def->op);
        args[i] = formula(b, v);
        if (grip(n->op) < 3 && (inner < grip(n->op) || (i > 0 && inner == grip(n->op))))
            args[i] = arena_printf(b->arena, "(%s)", args[i]);
    }
    if (n->op == OP_ONEHOT)
        return arena_printf(b->arena, "(column == %s)", args[0]);
    if (n->op == OP_MATMUL)
        return arena_printf(b->arena, "the product of %s and %s", args[0], args[1]);
    return c_operation(b->arena, n->op, "", args);
}

static const char *formula(const struct body *b, const struct value *v)
{
    return b->known[v->id] ? b->known[v->id] : node_formula(b, v->def);
}

/* Does the result take the place of an operand? */
static bool is_in_place(const struct form *f, int result)
{
    const struct operand *r = &f->operands[result];
    for (int i = f->result_count; i < f->operand_count; i++)
        if (f->operands[i].array == r->array && f->operands[i].shift == r->shift)
            return true;
    return false;
}

static void name_known(struct body *b)
{
    const struct form *f = b->f;
    const struct kernel *k = f->body;
    for (int i = 0; i < k->param_count; i++)
        b->known[k->params[i]->id] = k->params[i]->type.elem == ELEM_DOUBLE
                                         ? arena_printf(b->arena, "d%d", k->params[i]->id)
                                         : operand_word(b, f->result_count + i);
    for (const struct node *n = k->first; n; n = n->next)
        if (n->op == OP_MATMUL)
            b->known[node_result(n)->id] = "sums";
        else if (n->op == OP_COLS)
            b->known[node_result(n)->id] = arena_printf(
                b->arena, "sums[%d]", (int)(attr_int(n, "start", 0) / shape_cols(k->space.shape)));
        else if (b->uses[node_result(n)->id] > 1 && n->op != OP_CONST)
            b->known[node_result(n)->id] = arena_printf(b->arena, "v%d", node_result(n)->id);
    for (int i = f->result_count - 1; i >= 0; i--)
        b->known[k->results[i]->id] =
            arena_printf(b->arena, "%s%s", operand_word(b, i), is_in_place(f, i) ? "'" : "");
}

/* What is of another shape than the space. */
static const char *broadcasts(const struct body *b)
{
    const struct form *f = b->f;
    struct buffer out = { .arena = b->arena };
    buffer_puts(&out, "");
    for (int i = 0; i < f->operand_count; i++) {
        const struct operand *o = &f->operands[i];
        if (o->array < 0 || shape_equal(o->type.shape, f->body->space.shape))
            continue;
        buffer_printf(&out, ", %s %s", operand_word(b, i), shape_text(b->arena, o->type.shape));
    }
    return out.text;
}

void put_equations(struct body *b)
{
    const struct form *f = b->f;
    const char *over =
        arena_printf(b->arena, "over %s%s%s:", shape_text(b->arena, f->body->space.shape),
                     f->body->space.layout.lanes ? " in panels" : "", broadcasts(b));
    const char *kernel = arena_printf(b->arena, "@%s", f->body->name);
    if (strcmp(f->name, c_word(b->arena, f->body->name)) != 0)
        kernel = arena_printf(b->arena, "%s, of %s", f->name, kernel);
    put_wrapped(b->out, arena_printf(b->arena, "/* %s", kernel), " *  ", over);
    for (const struct node *n = f->body->first; n; n = n->next) {
        const struct value *v = node_result(n);
        if (b->known[v->id] && n->op != OP_COLS)
            put_wrapped(b->out, arena_printf(b->arena, " *   %s =", b->known[v->id]), " *      ",
                        node_formula(b, n));
    }
    buffer_puts(b->out, " */\n");
}

/* ---- all of it ------------------------------------------------------------------------------- */

struct body body_of_form(const struct emission *e, const struct form *f, struct buffer *out)
{
    int ids = 1; /* a body made for one node alone has ids of 0 only */
    for (int i = 0; i < f->body->param_count; i++)
        ids = f->body->params[i]->id >= ids ? f->body->params[i]->id + 1 : ids;
    for (const struct node *n = f->body->first; n; n = n->next)
        ids = node_result(n)->id >= ids ? node_result(n)->id + 1 : ids;
    struct body b = { .e = e, .f = f, .out = out, .arena = e->arena };
    b.statements.arena = e->arena;
    b.uses = arena_new_array(e->arena, int, ids);
    b.known = arena_new_array(e->arena, const char *, ids);
    count_body_uses(&b);
    name_known(&b);
    put_statements(&b);
    return b;
}
