/* Shapes, strides and tiles for the loops of lstmc/loops.h and of products. */
#include "emit_loops.h"
#include "diag.h"
#include "emit_body.h"
#include "emit_product.h"
#include "emit_stream.h"
#include "emit_text.h"
#include "grid.h"
#include <inttypes.h>

/* ---- functions of kernels.inc ---------------------------------------------------------------- */

int64_t loop_stride(const struct loop *l, int operand)
{
    return l->f->arrays[l->f->operands[operand].array].stride;
}

void loop_add_text(struct loop *l, const char *text)
{
    l->args[l->count++] = text;
}

void loop_add_number(struct loop *l, int64_t n)
{
    loop_add_text(l, c_integer(l->e->arena, n));
}

/* A pointer and the distance of its rows. */
void loop_add_matrix(struct loop *l, int operand)
{
    loop_add_text(l, l->f->arrays[l->f->operands[operand].array].name);
    loop_add_number(l, loop_stride(l, operand));
}

static const char *name_pack_transposed(struct loop *l, struct type x)
{
    loop_add_number(l, x.layout.parts);
    loop_add_number(l, x.shape.dim[1] / x.layout.parts);
    loop_add_number(l, x.shape.dim[0]);
    loop_add_text(l, "y");
    loop_add_text(l, "x");
    loop_add_text(l, l->cols);
    return "pack_transposed";
}

/* One term of the product that will read y is a row of x, or a column. */
static const char *name_pack(struct loop *l)
{
    const struct type y = node_result(l->n)->type, x = l->n->args[0]->type;
    const bool ta = attr_flag(l->n, "ta"), bf16 = y.elem == ELEM_BF16;
    if (x.layout.lanes)
        return name_pack_transposed(l, x);
    if (bf16)
        loop_add_text(l, x.elem == ELEM_BF16 ? "ROUNDED" : "REALS");
    loop_add_number(l, y.layout.parts);
    loop_add_number(l, y.shape.dim[1] / y.layout.parts);
    loop_add_number(l, y.shape.dim[0]);
    loop_add_text(l, "y");
    loop_add_text(l, "x");
    loop_add_number(l, ta ? 1 : loop_stride(l, 1));
    loop_add_number(l, ta ? loop_stride(l, 1) : 1);
    loop_add_text(l, l->cols);
    return bf16 ? "pack_bf16" : "pack_panels";
}

/* Along an axis that is not the last, of more than two. */
static const char *name_reduce_planes(struct loop *l, struct shape x)
{
    const int axis = (int)attr_int(l->n, "axis", 0);
    int64_t outer = 1, inner = 1;
    for (int i = 0; i + 1 < x.rank; i++)
        *(i < axis ? &outer : &inner) *= i == axis ? 1 : x.dim[i];
    loop_add_matrix(l, 0);
    loop_add_matrix(l, 1);
    loop_add_number(l, outer);
    loop_add_number(l, x.dim[axis]);
    loop_add_number(l, inner);
    loop_add_number(l, shape_cols(x));
    loop_add_text(l, l->cols);
    return "reduce_planes";
}

static const char *name_reduce(struct loop *l)
{
    const struct shape x = l->n->args[0]->type.shape;
    const bool along_rows = attr_int(l->n, "axis", 0) == x.rank - 1;
    loop_add_text(l, l->n->op == OP_SUM ? "SUM" : "MAX");
    if (along_rows) {
        loop_add_matrix(l, 0);
        loop_add_matrix(l, 1);
        loop_add_number(l, shape_cols(x));
        loop_add_text(l, l->rows);
        return "reduce_cols";
    }
    if (x.rank != 2)
        return name_reduce_planes(l, x);
    loop_add_text(l, "y");
    loop_add_matrix(l, 1);
    loop_add_number(l, x.dim[0]);
    loop_add_number(l, x.dim[1]);
    loop_add_text(l, l->cols);
    return "reduce_rows";
}

static const char *name_argmax(struct loop *l)
{
    loop_add_matrix(l, 0);
    loop_add_matrix(l, 1);
    loop_add_number(l, shape_cols(l->n->args[0]->type.shape));
    loop_add_text(l, l->rows);
    return "argmax_cols";
}

static const char *name_gather(struct loop *l)
{
    for (int i = 0; i < 3; i++)
        loop_add_matrix(l, i);
    loop_add_number(l, shape_cols(node_result(l->n)->type.shape));
    loop_add_text(l, l->rows);
    loop_add_text(l, l->cols);
    return "gather_rows";
}

static const char *name_scatter(struct loop *l)
{
    for (int i = 0; i < 3; i++)
        loop_add_matrix(l, i);
    loop_add_number(l, shape_rows(l->n->args[0]->type.shape));
    loop_add_number(l, shape_cols(node_result(l->n)->type.shape));
    loop_add_text(l, l->rows);
    loop_add_text(l, l->cols);
    return "scatter_rows";
}

static const char *name_pick(struct loop *l)
{
    for (int i = 0; i < 3; i++)
        loop_add_matrix(l, i);
    loop_add_text(l, l->rows);
    return "pick_cols";
}

static const char *name_transpose(struct loop *l)
{
    loop_add_matrix(l, 0);
    loop_add_matrix(l, 1);
    const bool bf16 = node_result(l->n)->type.elem == ELEM_BF16;
    if (bf16)
        loop_add_number(l, l->n->args[0]->type.shape.dim[0]);
    loop_add_text(l, l->rows);
    if (!bf16)
        loop_add_text(l, l->cols);
    return bf16 ? "transpose_bf16" : "transpose";
}

/* Each adds the arguments of the loop that does its operation, and names it. */
static const char *(*const loops[OP_COUNT])(struct loop *) = {
    [OP_MATMUL] = product_loop, [OP_SUM] = name_reduce,          [OP_REDUCE_MAX] = name_reduce,
    [OP_ARGMAX] = name_argmax,  [OP_GATHER] = name_gather,       [OP_SCATTER] = name_scatter,
    [OP_PICK] = name_pick,      [OP_TRANSPOSE] = name_transpose, [OP_PACK] = name_pack,
};

const char *loop_description(struct emission *e, const struct form *f)
{
    const struct node *n = f->like;
    struct buffer out = { .arena = e->arena };
    for (int i = 0; i < f->operand_count; i++)
        buffer_printf(&out, "%s%s %s",
                      i == 0   ? ""
                      : i == 1 ? arena_printf(e->arena, " = %s of ", op_table[n->op].name)
                               : ", ",
                      f->arrays[i].name, shape_text(e->arena, f->operands[i].type.shape));
    if (attr_flag(n, "ta"))
        buffer_puts(&out, ", a transposed");
    if (attr_flag(n, "tb"))
        buffer_puts(&out, ", b transposed");
    return out.text;
}

void put_loop(struct emission *e, const struct form *f, struct buffer *out)
{
    const struct node *n = f->like;
    const struct shape space = index_space(n);
    const bool whole = n->grid.blocks == 1, by_rows = f->axis == AXIS_ROWS;
    const char *all_rows = arena_printf(e->arena, "all_of(%" PRId64 ")", shape_rows(space));
    const char *all_cols = arena_printf(e->arena, "all_of(%" PRId64 ")", shape_cols(space));
    struct loop l = { .e = e, .f = f, .n = n, .out = out };
    l.rows = by_rows && !whole ? "rows" : all_rows;
    l.cols = by_rows || whole ? all_cols : "cols";

    const char *params[3 + FORM_PARAMS];
    const int count = form_params(e, f, params);
    for (int way = 0; way < form_ways(e, f); way++) {
        l.count = 0;
        const char *name = way > 0 ? stream_loop(&l, way) : loops[n->op](&l);
        if (way == 0)
            buffer_printf(out, "/* %s */\n", loop_description(e, f));
        put_list(out, 0,
                 arena_printf(e->arena, "static void SUFFIX(%s%s)(", f->name, stream_words[way]),
                 params, count, ")\n");
        buffer_puts(out, "{\n");
        if (whole) /* one worker does it all, the others nothing: their range is empty */
            buffer_printf(out, "    if (%s.first < %s.end)\n", by_rows ? "rows" : "cols",
                          by_rows ? "rows" : "cols");
        put_list(out, whole ? 8 : 4, arena_printf(e->arena, "%s(", name), l.args, l.count, ");\n");
        buffer_puts(out, "}\n");
    }
}
