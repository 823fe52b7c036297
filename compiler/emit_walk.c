/* The walk of an elementwise form over its rows and columns. The body is inlined once; for the last
 * vector of a row it has fewer lanes. */
#include "diag.h"
#include "emit_body.h"
#include "emit_forms.h"
#include "emit_product.h"
#include "emit_text.h"
#include <inttypes.h>
#include <string.h>

/* ---- the function ---------------------------------------------------------------------------- */

/* Is the array read by the form's product and by nothing else? */
static bool is_only_of_product(const struct form *f, int array)
{
    bool only = true;
    for (int i = 0; i < f->operand_count && only; i++)
        only = f->operands[i].array != array || form_operand_is_of_product(f, i);
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
        if (!whole && is_only_of_product(f, i))
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

/* What random words are made from, if there are any. */
static int random_params(const struct form *f, const char **out)
{
    static const char *const params[] = { "uint32_t seed", "uint32_t update", "uint32_t t" };
    enum { COUNT = sizeof params / sizeof *params };
    if (!form_is_random(f))
        return 0;
    memcpy(out, params, sizeof params);
    return COUNT;
}

int form_params(const struct emission *e, const struct form *f, const char **out)
{
    int n = data_params(e, f, true, out);
    n += random_params(f, out + n);
    out[n++] = arena_printf(e->arena, "struct lstmc_range %s", share_word(f->like->grid));
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

/* Is it computed part by part? */
static bool is_in_parts(const struct form *f)
{
    return has_product(f) || form_is_random(f);
}

/* Random bits of one row, which all rows of the space have. */
static bool is_one_row(const struct node *random)
{
    return shape_rows(node_result(random)->type.shape) == 1;
}

/* What the body is called with, at the given column; NULL: as parameters. The sums of the product are
 * those of a row from that column on, the first part's. */
static int body_params(struct body *b, const char **out, const char *col)
{
    const bool declared = !col;
    int n = data_params(b->e, b->f, false, out);
    if (!declared)
        param_names(b->arena, out, n);
    if (kernel_has_tiles(b->f->body))
        out[n++] =
            declared ? "const REAL *sums"
                     : arena_printf(b->arena,
                                    "sums + (row - rows.first) * %d"
                                    " + sums_at(%d, 0, %s - cols.first)",
                                    product_tile(b->e, b->f).stride, kernel_parts(b->f->body), col);
    const char *vector = form_cols(b->f) == 1 ? "0" : "(unsigned)(col - cols.first) / V";
    for (const struct node *r = b->f->body->first; r; r = r->next) {
        const char *row = is_one_row(r) ? "0" : "row % 4";
        if (r->op == OP_BERNOULLI)
            out[n++] = declared ? arena_printf(b->arena, "words random_%d", node_result(r)->id)
                                : arena_printf(b->arena, "random_%d[%s][%s]", node_result(r)->id,
                                               row, vector);
    }
    if (b->uses_row)
        out[n++] = declared ? "int row" : "row";
    if (b->uses_col)
        out[n++] = declared ? "int col" : col;
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
    const int n = body_params(b, params, NULL);
    put_list(b->out, 0,
             arena_printf(b->arena, "INLINE %s SUFFIX(%s_at)(", form_checks(b->f) ? "ints" : "void",
                          b->f->name),
             params, n, ")\n");
    buffer_puts(b->out, "{\n");
    if (b->uses_n)
        buffer_printf(b->out, "    const int n = lanes_at(col, %" PRId64 ");\n", form_cols(b->f));
    buffer_printf(b->out, "%s}\n\n", b->statements.text);
}

static void put_body_call(struct body *b, int indent, const char *col)
{
    const char **args = param_room(b);
    const int n = body_params(b, args, col);
    put_list(
        b->out, indent,
        arena_printf(b->arena, "%sSUFFIX(%s_at)(", form_checks(b->f) ? "bad |= " : "", b->f->name),
        args, n, ");\n");
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* A block of random words serves four rows; here is the room for it. */
static void put_random_room(struct body *b)
{
    for (const struct node *r = b->f->body->first; r; r = r->next)
        if (r->op == OP_BERNOULLI)
            buffer_printf(b->out, "    random_words random_%d;\n", node_result(r)->id);
}

static void put_random_rows(struct body *b)
{
    for (const struct node *r = b->f->body->first; r; r = r->next) {
        if (r->op != OP_BERNOULLI)
            continue;
        const bool once = is_one_row(r);
        if (shape_cols(node_result(r)->type.shape) != shape_cols(b->f->body->space.shape))
            die("random bits of kernel @%s are broadcast over columns", b->f->body->name);
        buffer_printf(b->out, "        if (row == rows.first%s)\n", once ? "" : " || row % 4 == 0");
        buffer_printf(
            b->out, "            random_rows(random_%d, seed, %" PRId64 ", update, t, %s, cols);\n",
            node_result(r)->id, attr_int(r, "stream", 0), once ? "0" : "row / 4");
    }
}

/* The columns of a row, all of them or those of a range. */
static void put_columns(struct body *b, int indent, bool whole_row)
{
    const int64_t all = form_cols(b->f);
    if (all == 1 && !whole_row)
        buffer_printf(b->out, "%*sif (cols.first < cols.end)\n", indent, "");
    else if (all > 1)
        buffer_printf(b->out, "%*sfor (int col = %s; col < %s; col += V)\n", indent, "",
                      whole_row ? "0" : "cols.first",
                      whole_row ? c_integer(b->arena, all) : "cols.end");
    put_body_call(b, indent + (all == 1 && whole_row ? 0 : 4), all == 1 ? "0" : "col");
}

static void put_walk(struct body *b)
{
    const struct form *f = b->f;
    const bool parts = is_in_parts(f) && !f->flat;
    const bool by_rows = f->axis == AXIS_ROWS && !f->flat && !parts;
    const int64_t rows = form_rows(f), cols = form_cols(f);
    struct buffer *out = b->out;
    if (f->flat) {
        const int64_t width = cols / stored_rows(f->body->space);
        buffer_printf(out,
                      "    const struct lstmc_range cols = { rows.first * %" PRId64
                      ", rows.end * %" PRId64 " };\n",
                      width, width);
    }
    put_random_room(b);
    if (form_checks(f))
        buffer_puts(out, "    ints bad = { 0 };\n");
    const bool loop = by_rows || parts || rows > 1;
    if (by_rows || parts)
        buffer_puts(out, "    for (int row = rows.first; row < rows.end; row++) {\n");
    else if (loop)
        buffer_printf(out, "    for (int row = 0; row < %" PRId64 "; row++) {\n", rows);
    put_random_rows(b);
    put_columns(b, loop ? 8 : 4, by_rows);
    if (loop)
        buffer_puts(out, "    }\n");
    if (form_checks(f))
        buffer_puts(out, "    return any_lane(bad);\n");
}

/* ---- a part of it ----------------------------------------------------------------------------- */

static int walk_params(struct body *b, const char **out, bool declared)
{
    int n = data_params(b->e, b->f, false, out);
    n += random_params(b->f, out + n);
    if (kernel_has_tiles(b->f->body))
        out[n++] = "const REAL *sums";
    out[n++] = "struct lstmc_range rows";
    if (!b->f->flat)
        out[n++] = "struct lstmc_range cols";
    return declared ? n : param_names(b->arena, out, n);
}

/* The body over a part of the space; a function of its own, so that compilers optimise it once. */
void put_part_walk(struct body *b)
{
    const char **params = param_room(b);
    put_list(b->out, 0,
             arena_printf(b->arena, "static NOT_INLINE %s SUFFIX(%s_walk)(",
                          form_checks(b->f) ? "uint32_t" : "void", b->f->name),
             params, walk_params(b, params, true), ")\n");
    buffer_puts(b->out, "{\n");
    put_walk(b);
    buffer_puts(b->out, "}\n\n");
}

void put_walk_call(struct body *b, int indent, const char *rows, const char *cols)
{
    const char **args = param_room(b);
    const int n = walk_params(b, args, false), both = !b->f->flat;
    args[n - 1 - both] = rows;
    if (both)
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
    if (is_in_parts(f)) {
        put_parts(&b, params, n);
        return;
    }
    put_form_head(&b, params, n);
    put_walk(&b);
    buffer_puts(out, "}\n");
}
