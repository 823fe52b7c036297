/* The walk of an elementwise form over its rows and columns. The body is inlined twice, once for
 * whole vectors and once for what is left of a row, so that the number of lanes is a constant in
 * both. */
#include "diag.h"
#include "emit_body.h"
#include "emit_forms.h"
#include "emit_product.h"
#include "emit_text.h"
#include <inttypes.h>
#include <string.h>

/* ---- the function ---------------------------------------------------------------------------- */

/* Is the array read by the form's product and by nothing else? */
static bool is_of_product(const struct form *f, int array)
{
    const struct node *product = kernel_product(f->body);
    bool only = product != NULL;
    for (int i = 0; i < f->operand_count && only; i++) {
        const int param = i - f->result_count;
        if (f->operands[i].array == array)
            only = param >= 0 && (f->body->params[param] == product->args[0] ||
                                  f->body->params[param] == product->args[1]);
    }
    return only;
}

/* Arrays, doubles and random words; a body takes the words where a form takes what they are made
 * from, and does without what only the product reads. */
static int data_params(const struct emission *e, const struct form *f, bool whole, const char **out)
{
    static const char *const types[] = {
        [ELEM_INDEX] = "int32_t", [ELEM_BIT] = "uint16_t", [ELEM_BF16] = "uint16_t"
    };
    int n = 0;
    for (int i = 0; i < f->array_count; i++) {
        const struct array *a = &f->arrays[i];
        if (!whole && is_of_product(f, i))
            continue;
        out[n++] = arena_printf(e->arena, "%s%s *%s", a->written ? "" : "const ",
                                a->elem == ELEM_REAL ? e->real : types[a->elem], a->name);
    }
    for (int i = 0; i < f->operand_count; i++)
        if (f->operands[i].array < 0)
            out[n++] =
                arena_printf(e->arena, "double d%d", f->body->params[i - f->result_count]->id);
    return n;
}

int form_params(const struct emission *e, const struct form *f, const char **out)
{
    int n = data_params(e, f, true, out);
    if (form_is_random(f)) {
        out[n++] = "uint32_t seed";
        out[n++] = "uint32_t update";
        out[n++] = "uint32_t t";
    }
    out[n++] =
        arena_printf(e->arena, "struct lstmc_range %s", f->axis == AXIS_ROWS ? "rows" : "cols");
    return n;
}

/* The names alone, as arguments of an inner function: "double d5" -> "d5". */
static int param_names(struct arena *a, const char **params, int n)
{
    for (int i = 0; i < n; i++) {
        const char *blank = strrchr(params[i], ' '), *star = strrchr(params[i], '*');
        params[i] = arena_printf(a, "%s", (star > blank ? star : blank) + 1);
    }
    return n;
}

bool form_checks(const struct form *f)
{
    return f->checked >= 0;
}

static bool has_product(const struct form *f)
{
    return kernel_product(f->body) != NULL;
}

/* Do the sums of the product lie in a tile, tile after tile? */
bool form_has_tiles(const struct form *f)
{
    return has_product(f) && kernel_sums(f->body) < 0;
}

/* What the body is called with. `declared`: as parameters; else as arguments, with the given
 * column and lanes. The sums of the product are those of a row, from column `left` on. */
static int body_params(struct body *b, const char **out, const char *col, const char *lanes)
{
    const bool declared = !col;
    int n = data_params(b->e, b->f, false, out);
    if (!declared)
        param_names(b->arena, out, n);
    if (form_has_tiles(b->f)) {
        out[n++] = declared ? "const REAL *sums"
                            : arena_printf(b->arena, "sums + (row - rows.first) * %s",
                                           product_tile(b->e, b->f->body).stride);
        out[n++] = declared ? "int left" : form_is_random(b->f) ? "left" : "cols.first";
    }
    for (const struct node *r = b->f->body->first; r; r = r->next) {
        const int id = node_result(r)->id;
        const bool one_row = shape_rows(node_result(r)->type.shape) == 1;
        if (r->op == OP_BERNOULLI)
            out[n++] = arena_printf(b->arena, declared ? "words random_%d" : "random_%d[%s]", id,
                                    one_row ? "0" : "row % 4");
    }
    if (b->uses_row)
        out[n++] = declared ? "int row" : "row";
    if (b->uses_col)
        out[n++] = declared ? "int col" : col;
    if (b->uses_n)
        out[n++] = declared ? "int n" : lanes;
    return n;
}

const char **param_room(struct body *b)
{
    int n = b->f->operand_count + FORM_PARAMS + 8;
    for (const struct node *r = b->f->body->first; r; r = r->next)
        n++;
    return arena_new_array(b->arena, const char *, n);
}

static void put_body(struct body *b)
{
    const char **params = param_room(b);
    const int n = body_params(b, params, NULL, NULL);
    put_list(b->out, 0,
             arena_printf(b->arena, "INLINE %s SUFFIX(%s_at)(", form_checks(b->f) ? "ints" : "void",
                          b->f->name),
             params, n, ")\n");
    buffer_printf(b->out, "{\n%s}\n\n", b->statements.text);
}

static void put_body_call(struct body *b, int indent, const char *col, const char *lanes)
{
    const char **args = param_room(b);
    const int n = body_params(b, args, col, lanes);
    put_list(
        b->out, indent,
        arena_printf(b->arena, "%sSUFFIX(%s_at)(", form_checks(b->f) ? "bad |= " : "", b->f->name),
        args, n, ");\n");
}

/* ---- random bits: a Philox block serves four rows -------------------------------------------- */

/* What the function over four rows is called with. */
static int quad_params(struct body *b, const char **out, const char *col, const char *lanes)
{
    const bool declared = !col;
    int n = data_params(b->e, b->f, false, out);
    out[n++] = "uint32_t seed";
    out[n++] = "uint32_t update";
    out[n++] = "uint32_t t";
    out[n++] = "struct lstmc_range rows";
    out[n++] = "int quad";
    if (form_has_tiles(b->f))
        out[n++] = "const REAL *sums";
    if (!declared)
        param_names(b->arena, out, n);
    if (form_has_tiles(b->f))
        out[n++] = declared ? "int left" : "cols.first";
    out[n++] = declared ? "int col" : col;
    out[n++] = declared ? "int n" : lanes;
    return n;
}

static void put_quad(struct body *b)
{
    const char **params = param_room(b);
    const int n = quad_params(b, params, NULL, NULL);
    const struct shape space = b->f->body->space.shape;
    put_list(b->out, 0,
             arena_printf(b->arena, "INLINE %s SUFFIX(%s_quad)(",
                          form_checks(b->f) ? "ints" : "void", b->f->name),
             params, n, ")\n");
    buffer_puts(b->out, "{\n");
    for (const struct node *r = b->f->body->first; r; r = r->next) {
        if (r->op != OP_BERNOULLI)
            continue;
        const struct shape own = node_result(r)->type.shape;
        if (shape_cols(own) != shape_cols(space))
            die("random bits of kernel @%s are broadcast over columns", b->f->body->name);
        const int id = node_result(r)->id;
        buffer_printf(b->out, "    words random_%d[4];\n", id);
        buffer_printf(b->out,
                      "    random_quad(random_%d, seed, %" PRId64 ", update, t, %s, col);\n", id,
                      attr_int(r, "stream", 0), shape_rows(own) == 1 ? "0" : "(uint32_t)quad");
    }
    if (form_checks(b->f))
        buffer_puts(b->out, "    ints bad = { 0 };\n");
    buffer_puts(b->out, "    const int first = 4 * quad > rows.first ? 4 * quad : rows.first;\n"
                        "    const int end = 4 * quad + 4 < rows.end ? 4 * quad + 4 : rows.end;\n"
                        "    for (int row = first; row < end; row++)\n");
    put_body_call(b, 8, "col", "n");
    buffer_printf(b->out, "%s}\n\n", form_checks(b->f) ? "    return bad;\n" : "");
}

static void put_quad_call(struct body *b, int indent, const char *col, const char *lanes)
{
    const char **args = param_room(b);
    const int n = quad_params(b, args, col, lanes);
    put_list(b->out, indent,
             arena_printf(b->arena, "%sSUFFIX(%s_quad)(", form_checks(b->f) ? "bad |= " : "",
                          b->f->name),
             args, n, ");\n");
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* The columns of a row: [first, end) of `all`, where end is all or a whole number of vectors. */
static void put_columns(struct body *b, int indent, const char *first, const char *end, int64_t all)
{
    void (*put_call)(struct body *, int, const char *, const char *) =
        form_is_random(b->f) ? put_quad_call : put_body_call;
    const bool whole_row = strcmp(first, "0") == 0;
    const char *rest = arena_printf(b->arena, "%" PRId64 " %% V", all);
    const char *whole = whole_row ? arena_printf(b->arena, "%" PRId64 " - %s", all, rest) : "whole";
    if (all == 1) {
        if (!whole_row)
            buffer_printf(b->out, "%*sif (%s < %s)\n", indent, "", first, end);
        put_call(b, indent + (whole_row ? 0 : 4), "0", "1");
        return;
    }
    if (all % MAX_LANES == 0)
        whole = end;
    buffer_printf(b->out, "%*sfor (int col = %s; col < %s; col += V)\n", indent, "", first, whole);
    put_call(b, indent + 4, "col", "V");
    if (all % MAX_LANES == 0)
        return;
    if (whole_row)
        buffer_printf(b->out, "%*sif (%s > 0)\n", indent, "", rest);
    else
        buffer_printf(b->out, "%*sif (whole < %s)\n", indent, "", end);
    put_call(b, indent + 4, whole, rest);
}

static void put_walk(struct body *b)
{
    const struct form *f = b->f;
    const bool part = has_product(f), random = form_is_random(f); /* part: of rows and of columns */
    const bool by_rows = f->axis == AXIS_ROWS && !f->flat && !part;
    const int64_t rows = form_rows(f), cols = form_cols(f);
    struct buffer *out = b->out;
    if (f->flat)
        buffer_printf(out,
                      "    const struct lstmc_range cols = { rows.first * %" PRId64
                      ", rows.end * %" PRId64 " };\n",
                      cols / shape_rows(f->body->space.shape),
                      cols / shape_rows(f->body->space.shape));
    if (!by_rows && cols > 1 && cols % MAX_LANES != 0)
        buffer_printf(out,
                      "    const int whole = cols.end < %" PRId64 " ? cols.end : %" PRId64
                      " - %" PRId64 " %% V;\n",
                      cols, cols, cols);
    if (!by_rows && random && !part)
        buffer_printf(out, "    const struct lstmc_range rows = all_of(%" PRId64 ");\n", rows);
    if (form_checks(f))
        buffer_puts(out, "    ints bad = { 0 };\n");
    const bool loop = by_rows || part || random || rows > 1;
    if (random)
        buffer_puts(out, "    for (int quad = rows.first / 4; 4 * quad < rows.end; quad++) {\n");
    else if (by_rows || part)
        buffer_puts(out, "    for (int row = rows.first; row < rows.end; row++) {\n");
    else if (loop)
        buffer_printf(out, "    for (int row = 0; row < %" PRId64 "; row++) {\n", rows);
    if (by_rows)
        put_columns(b, 8, "0", c_integer(b->arena, cols), cols);
    else
        put_columns(b, loop ? 8 : 4, "cols.first", "cols.end", cols);
    if (loop)
        buffer_puts(out, "    }\n");
    if (form_checks(f))
        buffer_puts(out, "    return any_lane(bad);\n");
}

/* ---- a part of it, for what comes behind a product ------------------------------------------ */

static int walk_params(struct body *b, const char **out, bool declared)
{
    int n = data_params(b->e, b->f, false, out);
    if (form_is_random(b->f)) {
        out[n++] = "uint32_t seed";
        out[n++] = "uint32_t update";
        out[n++] = "uint32_t t";
    }
    if (form_has_tiles(b->f))
        out[n++] = "const REAL *sums";
    out[n++] = "struct lstmc_range rows";
    out[n++] = "struct lstmc_range cols";
    return declared ? n : param_names(b->arena, out, n);
}

/* The body over a part of the space. */
void put_part_walk(struct body *b)
{
    const char **params = param_room(b);
    put_list(b->out, 0,
             arena_printf(b->arena, "INLINE %s SUFFIX(%s_walk)(",
                          form_checks(b->f) ? "uint32_t" : "void", b->f->name),
             params, walk_params(b, params, true), ")\n");
    buffer_puts(b->out, "{\n");
    put_walk(b);
    buffer_puts(b->out, "}\n\n");
}

void put_walk_call(struct body *b, int indent, const char *rows, const char *cols)
{
    const char **args = param_room(b);
    const int n = walk_params(b, args, false);
    args[n - 2] = rows;
    args[n - 1] = cols;
    put_list(b->out, indent,
             arena_printf(b->arena, "%sSUFFIX(%s_walk)(", form_checks(b->f) ? "bad |= " : "",
                          b->f->name),
             args, n, ");\n");
}

void put_form_head(struct body *b, const char **params, int n)
{
    put_list(b->out, 0,
             arena_printf(b->arena, "static %s SUFFIX(%s)(",
                          form_checks(b->f) ? "uint32_t" : "void", b->f->name),
             params, n, ")\n");
    buffer_puts(b->out, "{\n");
}

void put_elementwise(const struct emission *e, const struct form *f, struct buffer *out)
{
    struct body b = body_of_form(e, f, out);
    const char **params = param_room(&b);
    const int n = form_params(e, f, params);
    put_equations(&b);
    put_body(&b);
    if (form_is_random(f))
        put_quad(&b);
    if (has_product(f)) {
        put_behind_product(&b, params, n);
        return;
    }
    put_form_head(&b, params, n);
    put_walk(&b);
    buffer_puts(out, "}\n");
}
