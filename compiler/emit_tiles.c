/* Elementwise forms that are computed part by part. Where they begin with a product, its sums are computed
 * for a part, and what follows runs over it while they are in a near cache; and random words are made for
 * a part at a time. */
#include "emit_body.h"
#include "emit_forms.h"
#include "emit_product.h"
#include "emit_text.h"
#include <inttypes.h>

/* ---- operands -------------------------------------------------------------------------------- */

/* The operand of the form by which the body has a parameter. */
static const struct operand *param_operand(const struct body *b, const struct value *param)
{
    const struct kernel *k = b->f->body;
    int i = 0;
    while (k->params[i] != param)
        i++;
    return &b->f->operands[b->f->result_count + i];
}

static const char *param_address(struct body *b, const struct value *param)
{
    const struct operand *o = param_operand(b, param);
    const char *name = b->f->arrays[o->array].name;
    return o->shift ? arena_printf(b->arena, "%s + %" PRId64, name, o->shift) : name;
}

static int64_t param_stride(const struct body *b, const struct value *param)
{
    return b->f->arrays[param_operand(b, param)->array].stride;
}

/* The side that the workers do not share; one row of all has no other. */
static void put_whole_side(struct body *b)
{
    if (b->f->flat)
        return;
    if (b->f->axis == AXIS_ROWS)
        buffer_printf(b->out, "    const struct lstmc_range cols = all_of(%" PRId64 ");\n",
                      form_cols(b->f));
    else
        buffer_printf(b->out, "    const struct lstmc_range rows = all_of(%" PRId64 ");\n",
                      form_rows(b->f));
}

/* The function of a form whose parts are whole on one side, up to where the parts begin. */
static void open_parts(struct body *b, const char **params, int n)
{
    put_part_walk(b);
    put_form_head(b, params, n);
    put_whole_side(b);
    if (form_checks(b->f))
        buffer_puts(b->out, "    uint32_t bad = 0;\n");
}

static void close_parts(struct body *b)
{
    buffer_puts(b->out, form_checks(b->f) ? "    return bad;\n}\n" : "}\n");
}

/* ---- sums in a tile --------------------------------------------------------------------------- */

/* Does one tile hold all rows? */
static bool is_one_high(const struct form *f)
{
    return f->axis == AXIS_COLS && f->bands == 0 && form_rows(f) <= TILE_HEIGHT;
}

/* Has each band the rows of a register tile? Above each other tiles leave a rest. */
static bool has_tall_bands(const struct form *f)
{
    return f->bands > 0 && form_rows(f) <= TILE_HEIGHT;
}

/* The tiles that its sums take. */
static unsigned heights_of(const struct form *f, struct tile_size t)
{
    const unsigned lower = is_one_high(f) && tiles_fill(t, form_rows(f)) ? 0 : LOWER;
    return is_one_high(f) || has_tall_bands(f) ? lower : lower | ONE;
}

/* The product of bfloat16, in panels of whole chunks of terms. */
static bool is_bf16(const struct node *product)
{
    return product->args[0]->type.elem == ELEM_BF16;
}

/* A function of its own, since compilers run out of registers where a body follows; one for all
 * forms whose sums are alike, which then have its name. */
static const char *put_sums(struct body *b)
{
    const struct node *n = kernel_product(b->f->body);
    const struct product_tile t = product_tile(b->e, b->f);
    const int64_t stride = param_stride(b, n->args[0]);
    const int64_t terms = n->args[1]->type.shape.dim[0];
    const bool ta = attr_flag(n, "ta"), high = is_one_high(b->f), bf16 = is_bf16(n);
    const char *rows =
        high ? arena_printf(b->arena, "all_of(%" PRId64 ")", form_rows(b->f)) : "rows";
    const char *params[] = { "REAL *sums", bf16 ? "const uint16_t *a" : "const REAL *a",
                             bf16 ? "const uint16_t *b" : "const REAL *b", "int panels",
                             "struct lstmc_range rows" };
    const char *name = arena_printf(
        b->arena, "sums_%s%" PRId64 "x%" PRId64 "x%dx%" PRId64 "_a%" PRId64 "%s", high ? "" : "of_",
        form_rows(b->f), form_cols(b->f), kernel_parts(b->f->body), terms, stride,
        bf16 ? "_bf16"
        : ta ? "t"
             : "");
    if (names_has(b->e->form_names, name))
        return name;
    names_take(b->e->form_names, name);
    const char *args[] = {
        bf16 ? by_isa(b->e, t.size.rows)
             : put_tile_set(b->e, t.size, ta, heights_of(b->f, t.size), b->out),
        bf16 ? by_isa(b->e, t.size.vectors) : c_integer(b->arena, kernel_parts(b->f->body)),
        rows,
        "panels",
        c_integer(b->arena, terms),
        "sums",
        c_integer(b->arena, t.stride),
        "a",
        c_integer(b->arena, ta ? 1 : stride),
        bf16 ? "b" : c_integer(b->arena, ta ? stride : 1), /* whose terms lie side by side */
        "b",
    };
    const int count = (int)(sizeof args / sizeof *args) - bf16;
    buffer_printf(b->out,
                  "/* rows x columns x parts x terms, for the kernels that begin with such a "
                  "product */\n");
    put_list(b->out, 0, arena_printf(b->arena, "static NOT_INLINE void SUFFIX(%s)(", name), params,
             high ? 4 : 5, ")\n");
    buffer_puts(b->out, "{\n");
    put_list(b->out, 4, bf16 ? "SUFFIX(product_bf16_tiles)(" : "product_tiles(", args, count,
             ");\n}\n\n");
    return name;
}

/* The tiles of a range of rows and columns: the sums, then the body. */
static void put_tile_loop(struct body *b, int indent, const char *sums)
{
    const struct form *f = b->f;
    const struct node *product = kernel_product(f->body);
    const int64_t terms = panel_rows(product->args[1]->type);
    const char *parts =
        kernel_parts(f->body) > 1 ? arena_printf(b->arena, "%d * ", kernel_parts(f->body)) : "";
    const char *args[] = {
        "sums",
        param_address(b, product->args[0]),
        arena_printf(b->arena, "%s + %sleft * %" PRId64, param_address(b, product->args[1]), parts,
                     terms),
        arena_printf(b->arena, "%spanels_in(across)", parts),
        "down",
    };
    static const char *const lines[] = {
        "const int width = tile_width(cols, WIDTH);\n",
        "for (int left = cols.first; left < cols.end; left += width)\n",
        "    for (int top = rows.first; top < rows.end; top += HEIGHT) {\n",
        "        const struct lstmc_range across = part_of(cols, left, width);\n",
        "        const struct lstmc_range down = part_of(rows, top, HEIGHT);\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        buffer_printf(b->out, "%*s%s", indent, "", lines[i]);
    put_list(b->out, indent + 8, arena_printf(b->arena, "SUFFIX(%s)(", sums), args,
             is_one_high(f) ? 4 : 5, ");\n");
    put_walk_call(b, indent + 8, "down", "across");
    buffer_printf(b->out, "%*s}\n", indent + 4, "");
}

/* Cells are rectangles, a few at most. */
static void put_cells(struct body *b, const char *sums)
{
    buffer_printf(b->out,
                  "    while (cells.first < cells.end) {\n"
                  "        struct lstmc_range rows, cols;\n"
                  "        next_cells(&cells, %d, %" PRId64 ", %" PRId64 ", &rows, &cols);\n",
                  b->f->bands, form_rows(b->f), form_cols(b->f));
    put_tile_loop(b, 8, sums);
    buffer_puts(b->out, "    }\n");
}

static void put_tiles(struct body *b, const char **params, int n)
{
    const struct form *f = b->f;
    const struct product_tile t = product_tile(b->e, f);
    struct buffer *out = b->out;
    const char *sums = put_sums(b);
    put_part_walk(b);
    put_form_head(b, params, n);
    buffer_printf(out, "    enum { HEIGHT = %d, WIDTH = %d };\n", t.height, t.width);
    buffer_printf(out, "    _Alignas(64) REAL sums[HEIGHT * %d];\n", t.stride);
    if (f->bands == 0)
        put_whole_side(b);
    if (form_checks(f))
        buffer_puts(out, "    uint32_t bad = 0;\n");
    if (f->bands > 0)
        put_cells(b, sums);
    else
        put_tile_loop(b, 4, sums);
    close_parts(b);
}

/* ---- sums in a result ------------------------------------------------------------------------- */

/* All sums, then the body along whole rows: what it reads beside them, a weight and the optimizer's moments, comes
 * from far away, and sooner so than if it went strip by strip, while the sums were near. */
static void put_terms(struct body *b, const char **params, int n)
{
    const struct form *f = b->f;
    const struct node *product = kernel_product(f->body);
    const struct operand *sums = &f->operands[kernel_sums(f->body)];
    const bool panels = f->body->space.layout.lanes;
    const char *c = f->arrays[sums->array].name;
    const char *args[] = {
        sums->shift ? arena_printf(b->arena, "%s + %" PRId64, c, sums->shift) : c,
        deep_sums(b->e, product, f->arrays[sums->array].stride),
        param_address(b, product->args[0]),
        param_address(b, product->args[1]),
        c_integer(b->arena, product_terms(product)),
        panels ? arena_printf(b->arena, "panel_cols(rows, %" PRId64 ")", panel_rows(f->body->space))
               : "cols",
        "rows",
    };
    const bool all_rows = panels || f->axis == AXIS_COLS;
    const char *name = put_deep(b->e, product, all_rows, param_stride(b, product->args[0]),
                                param_stride(b, product->args[1]), b->out);
    open_parts(b, params, n);
    put_list(b->out, 4, arena_printf(b->arena, "SUFFIX(%s)(", name), args, all_rows ? 6 : 7,
             ");\n");
    put_walk_call(b, 4, "rows", "cols");
    close_parts(b);
}

/* ---- neither ---------------------------------------------------------------------------------- */

static void put_random_parts(struct body *b, const char **params, int n)
{
    open_parts(b, params, n);
    buffer_puts(b->out, "    for (int left = cols.first; left < cols.end; left += RANDOM_COLS)\n");
    put_walk_call(b, 8, "rows", "part_of(cols, left, RANDOM_COLS)");
    close_parts(b);
}

void put_parts(struct body *b, const char **params, int n)
{
    if (!kernel_product(b->f->body))
        put_random_parts(b, params, n);
    else if (kernel_has_tiles(b->f->body))
        put_tiles(b, params, n);
    else
        put_terms(b, params, n);
}
