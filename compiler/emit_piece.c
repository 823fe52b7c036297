/* A run of steps as a C function: calls with constant addresses. What it has to declare is known
 * when its statements are written; then both go out. */
#include "emit_piece.h"
#include "diag.h"
#include "emit_forms.h"
#include "emit_memory.h"
#include "emit_text.h"
#include "grid.h"
#include "phase.h"
#include <inttypes.h>
#include <string.h>

/* ---- one function ---------------------------------------------------------------------------- */

struct piece piece_in(struct emission *e, const struct work *w)
{
    struct piece p = { .e = e, .w = w, .statements.arena = e->arena, .scalars.arena = e->arena };
    p.locals = names_in(e->arena);
    p.known = arena_new_array(e->arena, bool, w->program->next_id);
    return p;
}

static int64_t share_extent(const struct node *n)
{
    return n->grid.bands > 0 ? grid_units(n) : grid_extent(n);
}

/* A range of rows, columns or cells, declared once: rows30. A phase has one or two steps and says it in
 * full. */
static const char *share_name(struct piece *p, const struct node *n)
{
    struct arena *a = p->e->arena;
    const char *side = share_word(n->grid);
    const char *text = arena_printf(a, "lstmc_share(me, %d, %d, %" PRId64 ")", n->grid.blocks,
                                    n->grid.bands > 0 ? 1 : n->grid.unit, share_extent(n));
    if (p->w->predicts)
        return text;
    struct share **s = &p->shares;
    for (; *s; s = &(*s)->next)
        if (strcmp((*s)->side, side) == 0 && strcmp((*s)->text, text) == 0)
            return (*s)->name;
    *s = arena_alloc(a, sizeof **s);
    const char *name = arena_printf(a, "%s%" PRId64, side, share_extent(n));
    **s = (struct share){ side, text, names_take(p->locals, name), NULL };
    return (*s)->name;
}

/* ---- scalars of the host --------------------------------------------------------------------- */

static const char *input_scalar(struct piece *p, const char *name)
{
    if (strcmp(name, "update") == 0)
        return "call->update";
    const int i = hyper_index(p->e->module, name);
    if (i < 0)
        die("program %s: the scalar input %s is neither the update nor a number of the optimizer",
            p->w->program->name, name);
    return arena_printf(p->e->arena, "call->hypers[%d]", i);
}

static const char *scalar_name(struct piece *p, const struct value *v);

static const char *scalar_text(struct piece *p, const struct node *n)
{
    const char *args[3];
    if (n->op == OP_INPUT)
        return input_scalar(p, attr_name(n, "name"));
    if (!op_is_elementwise(n->op))
        die("program %s: a double that is made by %s", p->w->program->name, op_table[n->op].name);
    for (int i = 0; i < n->arg_count; i++)
        args[i] = scalar_name(p, n->args[i]);
    return c_operation(p->e->arena, n->op, "s_", args);
}

/* Declares the scalar and what it is computed from. */
static const char *scalar_name(struct piece *p, const struct value *v)
{
    const bool input = v->def->op == OP_INPUT;
    double c;
    if (value_is_const(v, &c))
        return c_number(p->e->arena, c, DTYPE_FLOAT64);
    const char *name = input ? attr_name(v->def, "name") : arena_printf(p->e->arena, "d%d", v->id);
    if (input && strcmp(name, "update") != 0)
        name = c_word(p->e->arena, name);
    if (!p->known[v->id]) {
        p->known[v->id] = true;
        const char *text = scalar_text(p, v->def);
        buffer_printf(&p->scalars, "    const double %s = %s;\n", name, text);
    }
    return name;
}

/* ---- statements ------------------------------------------------------------------------------ */

static void note_use(struct piece *p, const struct value *v, bool written)
{
    const enum region region = v->place.region;
    p->weights |= region == REGION_PARAM;
    p->weights_written |= region == REGION_PARAM && written;
    p->state |= region == REGION_STATE;
    p->work |= region == REGION_WORK;
}

/* %412 and 2 more: how a node's results are found in the .ir file, where they stand in one line. */
static const char *numbers(struct arena *a, const struct node *n)
{
    if (n->result_count == 0)
        return "";
    const int first = n->results[0]->id, more = n->result_count - 1;
    return more > 0 ? arena_printf(a, " /* %%%d and %d more */", first, more)
                    : arena_printf(a, " /* %%%d */", first);
}

/* Whose function the form is: of the kernels, of the products, or of this file. */
static const char *table_of(const struct piece *p, const struct form *f)
{
    return f->blas ? ""
                   : arena_printf(p->e->arena, "%s%s->", p->w->memory.via, f->streams ? "m" : "k");
}

static void put_step(struct piece *p, const struct step *s)
{
    enum { RIGHT = 2 }; /* operand of a product */
    const struct form *f = s->form;
    struct arena *a = p->e->arena;
    const char **args = arena_new_array(a, const char *, f->operand_count + 5);
    int n = 0;
    if (f->blas)
        args[n++] = "me";
    for (int i = 0; i < f->array_count; i++) {
        const struct value *v = s->values[f->arrays[i].anchor];
        note_use(p, v, f->arrays[i].written);
        args[n++] = f->streams && i == RIGHT
                        ? arena_printf(a, "%sb->%s", p->w->memory.via, tensor_field(v->tensor))
                        : memory_address(p->e, &p->w->memory, v);
    }
    for (int i = 0; i < f->operand_count; i++)
        if (f->operands[i].array < 0)
            args[n++] = scalar_name(p, s->values[i]);
    if (form_is_random(f)) {
        args[n++] = "call->seed";
        args[n++] = "call->update";
        args[n++] = c_integer(a, attr_int(s->node, "t", 0));
    }
    if (!f->blas)
        args[n++] = share_name(p, s->node);
    p->kernels |= !f->blas;
    const char *before = f->checked >= 0 ? arena_printf(a, "me->flags[%d] |= ", s->flag) : "";
    put_list(&p->statements, 4, arena_printf(a, "%s%s%s(", before, table_of(p, f), f->name), args,
             n, arena_printf(a, ");%s\n", numbers(a, s->node)));
}

/* A paragraph for each time step of each layer. A phase is no more than that, and leaves the
 * layer's text out. */
static void put_title(struct piece *p, const struct node *n)
{
    struct arena *a = p->e->arena;
    const char *layer = n->scope ? n->scope->name : "model";
    const char *time = n->t >= 0 ? arena_printf(a, ", t = %d", n->t) : "";
    const bool told = n->scope && n->scope->text && *n->scope->text && !p->w->predicts;
    const char *text = told ? arena_printf(a, ": %s", c_comment(a, n->scope->text)) : "";
    buffer_puts(&p->statements, p->statements.length ? "\n" : "");
    put_wrapped(&p->statements, "    /*", "     *",
                arena_printf(a, "%s%s%s */", c_comment(a, layer), time, text));
}

bool same_paragraph(const struct node *a, const struct node *b)
{
    return a && a->scope == b->scope && a->t == b->t && a->part == b->part;
}

void piece_add(struct piece *p, const struct step *s, const struct step *last)
{
    if (!last || !same_paragraph(last->node, s->node))
        put_title(p, s->node);
    if (s->begins)
        buffer_printf(&p->statements, "    lstmc_phase(me, %s);\n", phase_word(s->phase));
    put_step(p, s);
}

/* ---- declarations at the head ---------------------------------------------------------------- */

static void put_shares(const struct piece *p, struct buffer *out)
{
    for (const struct share *s = p->shares; s; s = s->next)
        buffer_printf(out, "    const struct lstmc_range %s = %s;\n", s->name, s->text);
}

/* Of a function that is called with the trainer's arena. */
static void put_head(const struct piece *p, const char *name, struct buffer *out)
{
    const char *model = p->e->name, *weights = weights_of_training(p->e->module);
    buffer_printf(
        out, "static void %s(const struct lstmc_call *call, struct lstmc_worker *me)\n{\n", name);
    if (p->weights)
        buffer_printf(out, "    %sstruct %s_%s *p = %s_%s(call);\n",
                      p->weights_written ? "" : "const ", model, weights, model, weights);
    if (p->state)
        buffer_printf(out, "    struct %s_optimizer *s = %s_optimizer(call);\n", model, model);
    if (p->work)
        buffer_printf(out, "    %s *w = %s_work(call);\n", p->e->real, model);
    if (p->kernels)
        buffer_printf(out, "    const struct %s_kernels *k = call->kernels;\n", model);
    put_shares(p, out);
    if (p->scalars.length)
        buffer_puts(out, p->scalars.text);
    buffer_puts(out, "\n");
}

void put_piece(const struct piece *p, const char *name, struct buffer *out)
{
    put_head(p, name, out);
    buffer_puts(out, p->statements.text);
    buffer_puts(out, "}\n\n");
}
