/* Predictions read weights that lie packed (stream.h). A form that does has a function for each way
 * in which its weight can lie. Here are the tiles of these loops, the tables of the functions, a
 * row for each way, and the program that packs. */
#include "emit_stream.h"
#include "emit_body.h"
#include "emit_memory.h"
#include "emit_product.h"
#include "emit_text.h"
#include "stream.h"
#include <inttypes.h>

const char *const stream_words[STREAM_WAYS] = { "", "_floats", "_halves" };

/* ---- the loops ------------------------------------------------------------------------------- */

/* A tile of sums in registers, in vectors for floats and in panels for halves: a single row has as
 * many panels at a time as hide the latency of a load, more rows share a narrow strip. */
struct tiles {
    int width[MACHINES], most_rows[MACHINES];
};

static const struct tiles one_row[2][STREAM_WAYS] = {
    { [STREAM_FLOATS] = { { 8, 8, 8 }, { 1, 1, 1 } },
      [STREAM_HALVES] = { { 4, 2, 1 }, { 1, 1, 1 } } },
    { [STREAM_FLOATS] = { { 8, 8, 8 }, { 1, 1, 1 } } },
};
static const struct tiles many_rows[2][STREAM_WAYS] = {
    { [STREAM_FLOATS] = { { 4, 2, 4 }, { 6, 6, 2 } },
      [STREAM_HALVES] = { { 1, 1, 1 }, { 10, 2, 1 } } },
    { [STREAM_FLOATS] = { { 4, 4, 8 }, { 6, 2, 1 } } },
};

int form_ways(const struct emission *e, const struct form *f)
{
    return !f->streams ? 1 : e->module->dtype == DTYPE_FLOAT64 ? STREAM_HALVES : STREAM_WAYS;
}

/* By which the rows are divided with least left over, and as few tiles as can be. */
static int tile_rows(int64_t rows, int most)
{
    int best = 1;
    int64_t least = INT64_MAX;
    for (int r = most; r >= 1; r--)
        if ((rows + r - 1) / r * r < least) {
            least = (rows + r - 1) / r * r;
            best = r;
        }
    return best;
}

const char *stream_loop(struct loop *l, int way)
{
    const struct shape c = node_result(l->n)->type.shape, b = l->n->args[1]->type.shape;
    const bool is_double = l->e->module->dtype == DTYPE_FLOAT64;
    const struct tiles *t = &(c.dim[0] == 1 ? one_row : many_rows)[is_double][way];
    int rows[MACHINES];
    for (int i = 0; i < MACHINES; i++)
        rows[i] = tile_rows(c.dim[0], t->most_rows[i]);
    loop_add_text(l, by_isa(l->e, rows));
    loop_add_text(l, by_isa(l->e, t->width));
    loop_add_text(l, l->rows);
    loop_add_text(l, l->cols);
    if (way == STREAM_FLOATS)
        loop_add_number(l, c.dim[1]);
    loop_add_number(l, b.dim[0]);
    loop_add_matrix(l, 0);
    loop_add_matrix(l, 1);
    loop_add_text(l, "b");
    return way == STREAM_FLOATS ? "product_floats" : "product_halves";
}

/* ---- tables ---------------------------------------------------------------------------------- */

void put_products_type(struct emission *e, struct buffer *out)
{
    const char *params[3 + FORM_PARAMS];
    if (!module_streams(e->module))
        return;
    buffer_printf(
        out,
        "/* The products of a prediction, for weights that lie in one of the ways of enum\n"
        " * lstmc_weights, and what packs the columns of a weight so, from plain rows or from "
        "panels of so many parts. */\n"
        "struct %s_products {\n"
        "    void (*pack)(%s *y, const %s *x, int parts, int terms, int all, struct lstmc_range "
        "cols);\n",
        e->name, e->real, e->real);
    for (const struct form *f = e->forms; f; f = f->next)
        if (f->streams)
            put_list(out, 4, arena_printf(e->arena, "void (*%s)(", f->name), params,
                     form_params(e, f, params), ");\n");
    buffer_puts(out, "};\n\n");
}

void put_products_tables(struct emission *e, struct buffer *out)
{
    const bool is_double = e->module->dtype == DTYPE_FLOAT64;
    if (!module_streams(e->module))
        return;
    buffer_puts(out, "\n/* Packs a weight, as floats and as bfloat16. */\n");
    for (int way = STREAM_FLOATS; way < (is_double ? STREAM_HALVES : STREAM_WAYS); way++)
        buffer_printf(
            out,
            "static void SUFFIX(pack%s)(%s *y, const %s *x, int parts, int terms, int all,\n"
            "    struct lstmc_range cols)\n"
            "{\n    pack%s(y, x, parts, terms, all, cols);\n}\n",
            stream_words[way], e->real, e->real, stream_words[way]);
    buffer_printf(out, "static const struct %s_products SUFFIX(products)[] = {\n", e->name);
    for (int way = 0; way < (is_double ? STREAM_HALVES : STREAM_WAYS); way++) {
        buffer_puts(out, "    {\n");
        if (way != STREAM_PLAIN)
            buffer_printf(out, "        .pack = SUFFIX(pack%s),\n", stream_words[way]);
        for (const struct form *f = e->forms; f; f = f->next)
            if (f->streams)
                buffer_printf(out, "        .%s = SUFFIX(%s%s),\n", f->name, f->name,
                              stream_words[way]);
        buffer_puts(out, "    },\n");
    }
    buffer_puts(out, "};\n");
}

/* ---- packing --------------------------------------------------------------------------------- */

/* Who predicts has no other weights than these, where training has its own in panels. */
static void put_copies(struct emission *e, const struct table *streamed, struct buffer *out)
{
    buffer_puts(out, "    if (me->index == 0) {\n");
    for (const struct tensor *t = e->module->tensors; t; t = t->next) {
        const char *args[] = { arena_printf(e->arena, "y->%s", tensor_field(t)),
                               arena_printf(e->arena, "p->%s", tensor_field(t)),
                               arena_printf(e->arena, "sizeof y->%s", tensor_field(t)) };
        if (t->kind == TENSOR_PARAM && !t->whole && !is_streamed(streamed, t))
            put_list(out, 8, "memcpy(", args, 3, ");\n");
    }
    buffer_puts(out, "    }\n");
}

static void put_packed(struct emission *e, const struct tensor *t, struct buffer *out)
{
    enum { BLOCKS = 8, UNIT = 32 };
    const struct shape s = t->value.type.shape;
    const char *args[] = {
        arena_printf(e->arena, "y->%s", tensor_field(t)),
        arena_printf(e->arena, "p->%s", tensor_field(t)),
        c_integer(e->arena, t->value.type.layout.parts),
        c_integer(e->arena, s.dim[0]),
        c_integer(e->arena, s.dim[1]),
        arena_printf(e->arena, "lstmc_share(me, %d, %d, %" PRId64 ")", BLOCKS, UNIT, s.dim[1]),
    };
    put_list(out, 4, "x.m->pack(", args, (int)(sizeof args / sizeof *args), ");\n");
}

void put_pack(struct emission *e, struct buffer *out)
{
    const char *name = e->name, *weights = weights_of_training(e->module);
    if (!module_streams(e->module))
        return;
    buffer_printf(out,
                  "/* Once for weights that do not change from one character to the next. */\n"
                  "void %s_pack(const struct lstmc_call *call, struct lstmc_worker *me)\n{\n"
                  "    const struct tools x = tools_of(call);\n"
                  "    const struct %s_%s *p = %s_%s(call);\n"
                  "    struct %s_weights *y = %s_packed(call);\n\n",
                  name, name, weights, name, weights, name, name);
    const struct table streamed = streamed_tensors(e->module, e->arena);
    if (has_panels(e->module))
        put_copies(e, &streamed, out);
    for (const struct tensor *t = e->module->tensors; t; t = t->next)
        if (is_streamed(&streamed, t))
            put_packed(e, t, out);
    buffer_puts(out, "}\n\n");
}
