/* What can be wrong with one node, whatever stands around it. */
#include "diag.h"
#include "ir_text.h"
#include <inttypes.h>
#include <string.h>

#define COMPLAIN(m, ...) arena_printf((m)->arena, __VA_ARGS__)

/* Of a random node and of a call the time step may be absent: the first takes it from its call, the
 * second may have no need of it. */
static bool is_optional(const struct attr_spec *s)
{
    return s->kind == ATTR_FLAG || strcmp(s->key, "t") == 0;
}

static const char *attr_fault(const struct module *m, const struct node *n)
{
    int known = 0;
    for (const struct attr_spec *s = attr_specs(n->op); s->key[0]; s++) {
        const struct attr *a = attr_find(n, s->key);
        if (a && a->kind != s->kind)
            return COMPLAIN(m, "%s: the attribute %s is of another kind", op_table[n->op].name,
                            s->key);
        if (!a && !is_optional(s))
            return COMPLAIN(m, "%s: the attribute %s is missing", op_table[n->op].name, s->key);
        known += a != NULL;
    }
    if (known != n->attr_count)
        return COMPLAIN(m, "%s has attributes that ops.def does not list", op_table[n->op].name);
    return NULL;
}

/* Kernels hold at most one product, elementwise nodes, constants and random bits. */
static bool fits_kernel(enum op op)
{
    return op_is_elementwise(op) || op_table[op].class == CLASS_PRODUCT || op == OP_CONST ||
           op == OP_BERNOULLI || op == OP_COLS;
}

/* Over a space in panels: what computes an element from others of the same place, and a gradient's product. */
static bool fits_panels(const struct node *n)
{
    return n->op == OP_CONST || (op_is_elementwise(n->op) && n->op != OP_ONEHOT) ||
           (product_is_deep(n) && attr_flag(n, "ta"));
}

/* A product may be wider than the space, if what is used of it are parts as wide as that. */
static bool is_in_parts(const struct kernel *k, const struct node *n)
{
    const struct shape s = node_result(n)->type.shape, space = k->space.shape;
    bool parts = n->op == OP_MATMUL && space.rank == 2 && s.dim[0] == space.dim[0] &&
                 s.dim[1] > space.dim[1] && s.dim[1] % space.dim[1] == 0;
    for (const struct node *user = n->next; user && parts; user = user->next)
        for (int i = 0; i < user->arg_count; i++)
            parts &= user->args[i] != node_result(n) || user->op == OP_COLS;
    return parts;
}

static const char *cut_fault(const struct module *m, const struct kernel *k, const struct node *n)
{
    const struct node *product = n->args[0]->def;
    if (!product || product->op != OP_MATMUL)
        return COMPLAIN(m, "cols: in a kernel only a product is cut");
    if (!shape_equal(node_result(n)->type.shape, k->space.shape) ||
        attr_find(n, "start")->i % shape_cols(k->space.shape) != 0)
        return COMPLAIN(m, "cols: in a kernel it gives a part as wide as the space %s",
                        type_text(m->arena, k->space));
    return NULL;
}

/* That is how the loops of kernels with a product are written. */
static const char *panels_fault(const struct module *m, const struct kernel *k,
                                const struct node *n)
{
    if (m->stage < STAGE_SCHEDULE || op_table[n->op].class != CLASS_PRODUCT)
        return NULL;
    if (product_is_deep(n)) /* a result; check_kernel sees to it */
        return NULL;
    if (n->op != OP_MATMUL || !n->args[1]->type.layout.lanes)
        return COMPLAIN(
            m,
            "%s: a kernel's product is a matmul whose right operand lies in panels, or one "
            "of many rows and terms",
            op_table[n->op].name);
    const int64_t parts = shape_cols(node_result(n)->type.shape) / shape_cols(k->space.shape);
    if (n->args[1]->type.layout.parts != parts)
        return COMPLAIN(m, "matmul: operand 2 is %s, but %d parts are used",
                        type_text(m->arena, n->args[1]->type), (int)parts);
    return NULL;
}

static const char *kernel_node_fault(const struct module *m, const struct kernel *k,
                                     const struct node *n)
{
    const char *name = op_table[n->op].name;
    const bool whole = op_table[n->op].class == CLASS_PRODUCT || n->op == OP_ONEHOT;
    if (!fits_kernel(n->op))
        return COMPLAIN(m, "%s cannot stand in a kernel", name);
    for (int i = 0; i < n->arg_count; i++) {
        if (n->args[i]->tensor)
            return COMPLAIN(m, "%s: a kernel sees its parameters only, found $%s", name,
                            n->args[i]->tensor->name);
        if (whole && n->args[i]->def)
            return COMPLAIN(m, "%s: in a kernel its operands must be parameters", name);
    }
    if (n->op == OP_COLS)
        return cut_fault(m, k, n);
    if (k->space.layout.lanes && !fits_panels(n))
        return COMPLAIN(m, "%s cannot stand in a kernel over the space %s", name,
                        type_text(m->arena, k->space));
    const char *fault = panels_fault(m, k, n);
    if (fault || is_in_parts(k, n))
        return fault;
    if (n->op == OP_BERNOULLI && attr_find(n, "t"))
        return COMPLAIN(m, "%s: in a kernel the time step comes from the call", name);
    struct shape s, own = node_result(n)->type.shape;
    if (!shape_broadcast(own, k->space.shape, &s) || !shape_equal(s, k->space.shape))
        return COMPLAIN(m, "%s: %s does not fit the kernel's space %s", name,
                        type_text(m->arena, node_result(n)->type), type_text(m->arena, k->space));
    return NULL;
}

const char *panels_type_fault(const struct module *m, struct type t)
{
    if (!t.layout.lanes)
        return NULL;
    if (t.layout.lanes != PANEL || t.shape.rank != 2 || shape_elements(t.shape) == 1)
        return COMPLAIN(m, "%s, expected a matrix in panels of %d columns", type_text(m->arena, t),
                        PANEL);
    if (t.elem == ELEM_BF16 && shape_rows(t.shape) < CHUNK)
        return COMPLAIN(m, "%s, expected at least %d rows", type_text(m->arena, t), CHUNK);
    return NULL;
}

/* Panels are made by pack, or by a kernel whose space lies in them. */
static const char *layout_of_result_fault(const struct module *m, const struct kernel *k,
                                          const struct node *n, struct type t)
{
    const char *name = op_table[n->op].name, *fault = panels_type_fault(m, t);
    if (fault)
        return COMPLAIN(m, "%s gives %s", name, fault);
    if (n->op == OP_CALL)
        return NULL; /* as the kernel has it */
    if (k && shape_equal(t.shape, k->space.shape) && !layout_equal(t.layout, k->space.layout))
        return COMPLAIN(m, "%s gives %s in a kernel over the space %s", name,
                        type_text(m->arena, t), type_text(m->arena, k->space));
    if ((t.layout.lanes != 0) != (n->op == OP_PACK || (k && k->space.layout.lanes)) &&
        !(k && shape_elements(t.shape) == 1))
        return COMPLAIN(m, "%s gives %s: pack gives panels, or a kernel over a space in panels",
                        name, type_text(m->arena, t));
    return NULL;
}

/* They are read by a product as its right operand, packed transposed, as one part of reals, and handed to
 * kernels and tensors that have them so. */
static bool can_read_panels(const struct kernel *k, const struct node *n, int arg)
{
    switch (n->op) {
    case OP_MATMUL:
        return arg == 1 && !attr_flag(n, "tb");
    case OP_PACK:
        return attr_flag(n, "ta") && node_result(n)->type.elem == ELEM_REAL &&
               node_result(n)->type.layout.parts == 1;
    case OP_CALL:
    case OP_ASSIGN:
    case OP_CHECK:
        return true;
    default:
        return k && op_is_elementwise(n->op);
    }
}

static const char *layout_fault(const struct module *m, const struct kernel *k,
                                const struct node *n)
{
    const char *name = op_table[n->op].name, *fault = NULL;
    for (int i = 0; i < n->result_count && !fault; i++)
        fault = layout_of_result_fault(m, k, n, n->results[i]->type);
    for (int i = 0; i < n->arg_count && !fault; i++) {
        const struct layout layout = n->args[i]->type.layout;
        if (layout.lanes && !can_read_panels(k, n, i))
            return COMPLAIN(m, "%s: operand %d lies in panels, which only a product reads", name,
                            i + 1);
        if (layout.parts > 1 && n->op == OP_MATMUL && !k)
            return COMPLAIN(m, "matmul: operand %d lies in parts, which only kernels read", i + 1);
        if (n->op == OP_ASSIGN && !layout_equal(layout, n->args[0]->type.layout))
            return COMPLAIN(m, "assign: $%s is %s and its new value %s", n->args[0]->tensor->name,
                            type_text(m->arena, n->args[0]->type),
                            type_text(m->arena, n->args[i]->type));
        if (k && op_is_elementwise(n->op) && shape_elements(n->args[i]->type.shape) > 1 &&
            !layout_equal(layout, k->space.layout))
            return COMPLAIN(m, "%s: operand %d is %s in a kernel over the space %s", name, i + 1,
                            type_text(m->arena, n->args[i]->type), type_text(m->arena, k->space));
    }
    return fault;
}

/* Rounded values are of mixed models, and of their products alone. */
static const char *bf16_fault(const struct module *m, const struct node *n)
{
    const char *name = op_table[n->op].name;
    for (int i = 0; i < n->result_count; i++)
        if (n->results[i]->type.elem == ELEM_BF16 && m->dtype != DTYPE_MIXED_BFLOAT16)
            return COMPLAIN(m, "%s gives %s in a model of %s, expected one of %s", name,
                            type_text(m->arena, n->results[i]->type), dtype_words[m->dtype],
                            dtype_words[DTYPE_MIXED_BFLOAT16]);
    if (n->arg_count == 0 || n->args[0]->type.elem != ELEM_BF16)
        return NULL;
    if (op_table[n->op].class == CLASS_EFFECT)
        return COMPLAIN(m, "%s: operand 1 is %s, which only products read", name,
                        type_text(m->arena, n->args[0]->type));
    const struct type *right = n->op == OP_MATMUL ? &n->args[1]->type : NULL;
    if (right && m->stage >= STAGE_SCHEDULE && (right->elem != ELEM_BF16 || !right->layout.lanes))
        return COMPLAIN(m, "%s: operand 2 must lie in panels of bfloat16, found %s", name,
                        type_text(m->arena, *right));
    return NULL;
}

/* NaN and infinities are looked for in reals, and what is handed to the runtime lies in memory. */
static const char *effect_fault(const struct module *m, const struct node *n)
{
    if (n->op == OP_CHECK && n->args[0]->type.elem != ELEM_REAL)
        return COMPLAIN(m, "check: operand 1 must hold real numbers, found %s",
                        type_text(m->arena, n->args[0]->type));
    if (n->op == OP_RESULT && n->args[0]->type.elem == ELEM_DOUBLE)
        return COMPLAIN(m,
                        "result: operand 1 must lie in memory, found %s, which the host computes",
                        type_text(m->arena, n->args[0]->type));
    return NULL;
}

static const char *stage_fault(const struct module *m, const struct node *n)
{
    const char *name = op_table[n->op].name;
    if (n->op == OP_GRAD && m->stage > STAGE_TRACE)
        return COMPLAIN(m, "grad stands in the stage trace only");
    if (n->op == OP_PACK && m->stage < STAGE_OPT)
        return COMPLAIN(m, "pack stands from the stage opt on");
    if (n->op == OP_BARRIER && m->stage < STAGE_SCHEDULE)
        return COMPLAIN(m, "barrier stands from the stage schedule on");
    if (m->stage >= STAGE_OPT && op_is_elementwise(n->op) &&
        node_result(n)->type.elem != ELEM_DOUBLE)
        return COMPLAIN(m,
                        "%s of %s stands outside a kernel, from the stage opt on only doubles do",
                        name, type_text(m->arena, node_result(n)->type));
    if (m->stage >= STAGE_SCHEDULE && n->op == OP_CONST && node_result(n)->type.elem != ELEM_DOUBLE)
        return COMPLAIN(m, "const of %s stands outside a kernel: nothing would write it",
                        type_text(m->arena, node_result(n)->type));
    return NULL;
}

/* A parameter is given a value of its own type, up to leading axes of 1, which broadcast alike. */
static bool is_same_operand(struct type param, struct type arg)
{
    struct shape s;
    return param.elem == arg.elem && layout_equal(param.layout, arg.layout) &&
           shape_elements(param.shape) == shape_elements(arg.shape) &&
           shape_broadcast(param.shape, arg.shape, &s) &&
           shape_elements(s) == shape_elements(param.shape);
}

static const char *call_fault(const struct module *m, const struct node *n)
{
    const struct kernel *k = n->kernel;
    struct arena *a = m->arena;
    if (!k)
        return "call: no kernel is named";
    if (n->arg_count != k->param_count || n->result_count != k->result_count)
        return COMPLAIN(m, "call: @%s takes %d operands and gives %d results, found %d and %d",
                        k->name, k->param_count, k->result_count, n->arg_count, n->result_count);
    for (int i = 0; i < n->arg_count; i++)
        if (!is_same_operand(k->params[i]->type, n->args[i]->type))
            return COMPLAIN(m, "call: operand %d of @%s is %s, found %s", i + 1, k->name,
                            type_text(a, k->params[i]->type), type_text(a, n->args[i]->type));
    for (int i = 0; i < n->result_count; i++) {
        struct type want = k->results[i]->type, is = n->results[i]->type;
        if (!type_equal(want, is))
            return COMPLAIN(m, "call: result %d of @%s is %s, found %s", i + 1, k->name,
                            type_text(a, want), type_text(a, is));
    }
    if (kernel_is_random(k) && !attr_find(n, "t"))
        return COMPLAIN(m, "call: @%s has random bits and needs the time step t", k->name);
    return NULL;
}

static const char *type_fault(const struct module *m, const struct node *n)
{
    struct type few[8], *types = few, is, given = { 0 };
    if (n->arg_count > 8)
        types = arena_new_array(m->scratch, struct type, n->arg_count);
    for (int i = 0; i < n->arg_count; i++)
        types[i] = n->args[i]->type;
    if (n->result_count > 0)
        given = n->results[0]->type;
    const char *fault =
        infer_type(m->arena, n->op, types, n->arg_count, n->attrs, n->attr_count, given, &is);
    if (fault || n->result_count == 0)
        return fault;
    if (is.elem != given.elem || !shape_equal(is.shape, given.shape))
        return COMPLAIN(m, "%s gives %s, not %s", op_table[n->op].name, type_text(m->arena, is),
                        type_text(m->arena, given));
    return NULL;
}

static const char *count_fault(const struct module *m, const struct node *n)
{
    int want = op_has_value(n->op);
    if (n->op != OP_CALL && n->result_count != want)
        return COMPLAIN(m, "%s gives %d result%s, found %d", op_table[n->op].name, want,
                        want == 1 ? "" : "s", n->result_count);
    if (n->op == OP_GRAD && n->arg_count == 2 && !n->args[1]->tensor)
        return "grad: operand 2 must be a parameter, as in `grad %5, $lstm.kernel`";
    if (n->op == OP_ASSIGN && n->arg_count == 2 && !n->args[0]->tensor)
        return "assign: operand 1 must be a tensor, as in `assign $lstm.kernel, %90`";
    return NULL;
}

const char *node_fault(const struct module *m, const struct kernel *k, const struct node *n)
{
    const char *fault = count_fault(m, n);
    fault = fault ? fault : attr_fault(m, n);
    fault = fault ? fault : n->op == OP_CALL ? NULL : type_fault(m, n);
    fault = fault ? fault : layout_fault(m, k, n);
    fault = fault ? fault : bf16_fault(m, n);
    fault = fault ? fault : effect_fault(m, n);
    fault = fault ? fault : k ? kernel_node_fault(m, k, n) : stage_fault(m, n);
    return fault ? fault : n->op == OP_CALL ? call_fault(m, n) : NULL;
}
