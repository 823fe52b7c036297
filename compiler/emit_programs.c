/* forward.c, backward.c, update.c and sample.c: the steps of the programs as calls with constant
 * addresses. A program is cut into pieces, a C function each, so that compilers take a time that is
 * linear in the steps; a piece of a prediction ends at a barrier, since there it is the caller who waits. */
#include "diag.h"
#include "emit_files.h"
#include "emit_loops.h"
#include "emit_memory.h"
#include "emit_steps.h"
#include "emit_text.h"
#include "grid.h"
#include <inttypes.h>
#include <string.h>

/* ---- one function ------------------------------------------------------------------------------------- */

/* What a function has to declare is known when its statements are written; then both go out. */
struct piece {
    struct emission *e;
    const struct work *w;
    struct buffer statements, scalars;
    struct names *locals;
    bool weights, weights_written, state, work, kernels;
    bool *known; /* scalars, by value id */
    struct share {
        struct grid grid;
        int64_t extent;
        const char *name;
        struct share *next;
    } * shares;
};

static struct piece piece_in(struct emission *e, const struct work *w)
{
    struct piece p = { .e = e, .w = w, .statements.arena = e->arena, .scalars.arena = e->arena };
    p.locals = names_in(e->arena);
    p.known = arena_new_array(e->arena, bool, w->program->next_id);
    return p;
}

static const char *share_text(struct arena *a, struct grid g, int64_t extent)
{
    return arena_printf(a, "lstmc_share(me, %d, %d, %" PRId64 ")", g.blocks, g.unit, extent);
}

/* A range of rows or columns, declared once: rows30. A phase has one or two steps and says it in full. */
static const char *share_name(struct piece *p, const struct node *n)
{
    const struct grid g = n->grid;
    const int64_t extent = grid_extent(n);
    if (p->w->predicts)
        return share_text(p->e->arena, g, extent);
    struct share **s = &p->shares;
    for (; *s; s = &(*s)->next)
        if ((*s)->grid.axis == g.axis && (*s)->grid.blocks == g.blocks &&
            (*s)->grid.unit == g.unit && (*s)->extent == extent)
            return (*s)->name;
    *s = arena_alloc(p->e->arena, sizeof **s);
    const char *name =
        arena_printf(p->e->arena, "%s%" PRId64, g.axis == AXIS_ROWS ? "rows" : "cols", extent);
    **s = (struct share){ g, extent, names_take(p->locals, name), NULL };
    return (*s)->name;
}

/* ---- scalars of the host ---------------------------------------------------------------------------------- */

static const char *input_scalar(struct piece *p, const char *name)
{
    if (strcmp(name, "update") == 0)
        return "call->update";
    int i = 0;
    for (const struct hyper *h = p->e->module->hypers; h; h = h->next, i++)
        if (strcmp(h->name, name) == 0)
            return arena_printf(p->e->arena, "call->hypers[%d]", i);
    die("program %s: the scalar input %s is neither the update nor a number of the optimizer",
        p->w->program->name, name);
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
    if (v->def->op == OP_CONST)
        return c_number(p->e->arena, attr_num(v->def, "value", 0), DTYPE_FLOAT64);
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

/* ---- statements ---------------------------------------------------------------------------------------------- */

static void note_use(struct piece *p, const struct value *v, bool written)
{
    const enum region region = v->place.region;
    p->weights |= region == REGION_PARAM;
    p->weights_written |= region == REGION_PARAM && written;
    p->state |= region == REGION_STATE;
    p->work |= region == REGION_WORK;
}

/* %412..%425, the numbers of a node's results in the .ir file. */
static const char *numbers(struct arena *a, const struct node *n)
{
    if (n->result_count == 0)
        return "";
    const int first = n->results[0]->id, last = n->results[n->result_count - 1]->id;
    return last > first ? arena_printf(a, " /* %%%d..%%%d */", first, last)
                        : arena_printf(a, " /* %%%d */", first);
}

static void put_step(struct piece *p, const struct step *s)
{
    const struct form *f = s->form;
    struct arena *a = p->e->arena;
    const char **args = arena_new_array(a, const char *, f->operand_count + 5);
    int n = 0;
    if (f->blas)
        args[n++] = "me";
    for (int i = 0; i < f->array_count; i++) {
        const struct value *v = s->values[f->arrays[i].anchor];
        note_use(p, v, f->arrays[i].written);
        args[n++] = memory_address(p->e, &p->w->memory, v);
    }
    for (int i = 0; i < f->operand_count; i++)
        if (f->operands[i].array < 0)
            args[n++] = scalar_name(p, s->values[i]);
    if (form_is_random(f)) {
        args[n++] = "call->seed";
        args[n++] = "call->update";
        args[n++] = arena_printf(a, "%" PRId64, attr_int(s->node, "t", 0));
    }
    if (!f->blas)
        args[n++] = share_name(p, s->node);
    p->kernels |= !f->blas;
    const char *before = f->checked >= 0 ? arena_printf(a, "me->flags[%d] |= ", s->flag) : "";
    put_list(&p->statements, 4,
             arena_printf(a, "%s%s%s(", before,
                          f->blas ? "" : arena_printf(a, "%sk->", p->w->memory.via), f->name),
             args, n, arena_printf(a, ");%s\n", numbers(a, s->node)));
}

/* A paragraph for each time step of each layer. */
static void put_title(struct piece *p, const struct node *n)
{
    struct arena *a = p->e->arena;
    const char *layer = n->scope ? n->scope->name : "model";
    const char *time = n->t >= 0 ? arena_printf(a, ", t = %d", n->t) : "";
    const char *text = n->scope && n->scope->text && *n->scope->text
                           ? arena_printf(a, ": %s", n->scope->text)
                           : "";
    const char *line = arena_printf(a, "%s%s%s */", c_comment(a, layer), time, c_comment(a, text));
    buffer_puts(&p->statements, p->statements.length ? "\n" : "");
    put_wrapped(&p->statements, "    /*", "     *", line);
}

static bool same_paragraph(const struct node *a, const struct node *b)
{
    return a && a->scope == b->scope && a->t == b->t && a->part == b->part;
}

/* ---- declarations at the head ------------------------------------------------------------------------------------ */

static void put_shares(const struct piece *p, struct buffer *out)
{
    for (const struct share *s = p->shares; s; s = s->next)
        buffer_printf(out, "    const struct lstmc_range %s = %s;\n", s->name,
                      share_text(p->e->arena, s->grid, s->extent));
}

/* Of a function that is called with the trainer's arena. */
static void put_head(const struct piece *p, const char *name, struct buffer *out)
{
    const char *model = p->e->name;
    buffer_printf(
        out, "static void %s(const struct lstmc_call *call, struct lstmc_worker *me)\n{\n", name);
    if (p->weights)
        buffer_printf(out, "    %sstruct %s_weights *p = %s_weights(call);\n",
                      p->weights_written ? "" : "const ", model, model);
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

static void put_piece(const struct piece *p, const char *name, struct buffer *out)
{
    put_head(p, name, out);
    buffer_puts(out, p->statements.text);
    buffer_puts(out, "}\n\n");
}

/* ---- forward.c, backward.c, update.c ------------------------------------------------------------------------------- */

/* Steps after which a piece ends at the next layer, at the next time step, anywhere. */
enum { SHORT_PIECE = 12, LONG_PIECE = 48, LONGEST_PIECE = 200 };

static bool ends_piece(const struct step *last, const struct step *next, int steps)
{
    if (!last || (same_paragraph(last->node, next->node) && steps < LONGEST_PIECE))
        return false;
    return steps >= LONG_PIECE || (steps >= SHORT_PIECE && last->node->scope != next->node->scope);
}

/* The steps from `s` on that make one function; returns what follows. */
static const struct step *fill_piece(struct piece *p, const struct step *s, const struct step *end)
{
    const struct step *last = NULL;
    for (int steps = 0; s != end && !(s->form && ends_piece(last, s, steps));
         s = s->next, steps++) {
        if (!s->form) {
            buffer_puts(&p->statements, "    lstmc_barrier(me);\n");
            continue;
        }
        if (!last || !same_paragraph(last->node, s->node))
            put_title(p, s->node);
        put_step(p, s);
        last = s;
    }
    return s;
}

static void put_segment(struct emission *e, const struct work *w, const struct segment *g,
                        struct names *names, struct buffer *out)
{
    static const char *const words[] = { "forward", "backward", "update" };
    struct buffer calls = { .arena = e->arena };
    for (const struct segment *before = w->segments; !g->next && before != g; before = before->next)
        buffer_printf(&calls, "    %s(call, me);\n", before->name);
    for (const struct step *s = g->first; s != g->end;) {
        const struct scope *scope = s->node->scope;
        const char *name = arena_printf(e->arena, "%s_%s_%s", w->program->name, words[g->part],
                                        scope ? scope->name : "model");
        name = names_take(names, c_word(e->arena, name));
        struct piece p = piece_in(e, w);
        s = fill_piece(&p, s, g->end);
        put_piece(&p, name, out);
        buffer_printf(&calls, "    %s(call, me);\n", name);
    }
    buffer_printf(out, "void %s(const struct lstmc_call *call, struct lstmc_worker *me)\n{\n%s}\n",
                  g->name, calls.text);
}

/* Products by BLAS are functions of the file that calls them. */
static void put_products(struct emission *e, enum part part, struct buffer *out)
{
    for (const struct form *f = e->forms; f; f = f->next) {
        bool used = false;
        for (const struct work *w = e->works; w; w = w->next)
            for (const struct segment *g = w->segments; g; g = g->next)
                for (const struct step *s = g->first; g->part == part && s != g->end; s = s->next)
                    used |= s->form == f;
        if (!f->blas || !used)
            continue;
        put_blas(e, f, out);
        buffer_puts(out, "\n");
    }
}

static void put_includes(struct emission *e, struct buffer *out)
{
    buffer_printf(out, "#define %s_INTERNAL\n#include \"%s.h\"\n#include \"kernels.h\"\n", e->upper,
                  e->name);
}

static void put_part(struct emission *e, enum part part, const char *file, struct buffer *out)
{
    put_banner(e, file, out);
    put_banner_end(out);
    put_includes(e, out);
    buffer_puts(out, "#include <lstmc/scalar.h>\n\n");
    put_products(e, part, out);
    struct names *names = names_in(e->arena);
    const char *between = "";
    for (const struct work *w = e->works; w; w = w->next)
        for (const struct segment *g = w->segments; g; g = g->next) {
            if (g->part != part)
                continue;
            buffer_puts(out, between);
            put_segment(e, w, g, names, out);
            between = "\n";
        }
}

void put_forward(struct emission *e, struct buffer *out)
{
    put_part(e, PART_FORWARD, "forward.c", out);
}

void put_backward(struct emission *e, struct buffer *out)
{
    put_part(e, PART_BACKWARD, "backward.c", out);
}

void put_update(struct emission *e, struct buffer *out)
{
    put_part(e, PART_UPDATE, "update.c", out);
}

/* ---- sample.c --------------------------------------------------------------------------------------------------------- */

static const struct step *fill_phase(struct piece *p, const struct step *s)
{
    const struct step *last = NULL;
    for (; s && s->form; s = s->next) {
        if (!last || !same_paragraph(last->node, s->node))
            put_title(p, s->node);
        put_step(p, s);
        last = s;
    }
    return s;
}

/* The phases of a program, as functions name_0, name_1, ...; returns how many. */
static int put_phases(struct emission *e, const struct work *w, const char *name,
                      void put(const struct piece *, const char *, struct buffer *),
                      struct buffer *out)
{
    int phases = 0;
    for (const struct step *s = w->steps; s;) {
        struct piece p = piece_in(e, w);
        s = fill_phase(&p, s);
        s = s ? s->next : NULL; /* behind the barrier */
        if (p.statements.length)
            put(&p, arena_printf(e->arena, "%s_%d", name, phases++), out);
    }
    return phases;
}

static void put_step_phase(const struct piece *p, const char *name, struct buffer *out)
{
    buffer_printf(out, "static void %s(struct tools x, const struct lstmc_worker *me)\n{\n%s}\n\n",
                  name, p->statements.text);
}

static void put_window_phase(const struct piece *p, const char *name, struct buffer *out)
{
    buffer_printf(out,
                  "static void %s(const struct lstmc_call *call, struct lstmc_worker *me)\n"
                  "{\n"
                  "    const struct tools x = tools_of(call);\n"
                  "\n%s}\n\n",
                  name, p->statements.text);
}

static void put_phase_table(struct emission *e, const char *table, const char *name, int phases,
                            struct buffer *out)
{
    const char **entries = arena_new_array(e->arena, const char *, phases);
    for (int i = 0; i < phases; i++)
        entries[i] = arena_printf(e->arena, "%s_%d", name, i);
    buffer_printf(out, "lstmc_program *const %s_%s[] = {\n", e->name, table);
    put_list(out, 4, "", entries, phases, "\n};\n");
}

static void put_tools(struct emission *e, struct buffer *out)
{
    const char *model = e->name, *carried = "", *its_carried = "";
    if (has_tensors(e->module, TENSOR_CARRIED)) {
        carried = arena_printf(e->arena, "    struct %s_carried *s;\n", model);
        its_carried = arena_printf(e->arena, "        .s = %s_carried(call),\n", model);
    }
    buffer_printf(out,
                  "/* What a phase works with: in a trainer parts of its arena, elsewhere what the "
                  "caller of\n"
                  " * %s_step has. */\n"
                  "struct tools {\n"
                  "    const struct %s_weights *p;\n"
                  "%s"
                  "    %s *w;\n"
                  "    const struct %s_kernels *k;\n"
                  "};\n\n",
                  model, model, carried, e->real, model);
    buffer_printf(out,
                  "static struct tools tools_of(const struct lstmc_call *call)\n"
                  "{\n"
                  "    return (struct tools){\n"
                  "        .p = %s_weights(call),\n"
                  "%s"
                  "        .w = %s_work(call),\n"
                  "        .k = call->kernels,\n"
                  "    };\n"
                  "}\n\n",
                  model, its_carried, model);
}

/* The one step that carries its state, for users of NAME.h and, phase by phase, for the trainer. */
static void put_stateful(struct emission *e, const struct work *w, struct buffer *out)
{
    const char *model = e->name, *upper = e->upper;
    const struct memory *m = &w->memory;
    const struct value *x = program_input(w->program, "x"), *p = program_result(w->program, "p");
    const int phases = put_phases(e, w, "step", put_step_phase, out);
    for (int i = 0; i < phases; i++)
        buffer_printf(
            out,
            "static void run_step_%d(const struct lstmc_call *call, struct lstmc_worker *me)\n"
            "{\n"
            "    step_%d(tools_of(call), me);\n"
            "}\n\n",
            i, i);
    put_phase_table(e, "step_phases", "run_step", phases, out);
    buffer_printf(
        out,
        "\nvoid %s_reset(struct %s_state *state)\n{\n    memset(state, 0, sizeof *state);\n}\n\n",
        model, model);
    buffer_printf(out,
                  "void %s_step(const struct %s_weights *weights, struct %s_state *state, int "
                  "symbol,\n    %s p[%s_SYMBOLS])\n{\n",
                  model, model, model, e->real, upper);
    buffer_printf(
        out, "    const struct tools x = { .p = weights, %s.w = state->work, .k = &%s_KERNELS };\n",
        has_tensors(e->module, TENSOR_CARRIED) ? ".s = &state->carried, " : "", upper);
    buffer_puts(out, "    const struct lstmc_worker me = { .count = 1 };\n\n");
    if (x->type.elem == ELEM_INDEX)
        buffer_printf(out, "    *%s = symbol;\n", memory_address(e, m, x));
    else
        buffer_printf(out, "    *(%s) = (%s)symbol / %s_SYMBOLS;\n", memory_address(e, m, x),
                      e->real, upper);
    for (int i = 0; i < phases; i++)
        buffer_printf(out, "    step_%d(x, &me);\n", i);
    buffer_printf(out, "    memcpy(p, %s, %s_SYMBOLS * sizeof *p);\n}\n", memory_address(e, m, p),
                  upper);
}

static void put_symbols(struct emission *e, struct buffer *out)
{
    const struct data *d = &e->module->data;
    const char **points = arena_new_array(e->arena, const char *, d->symbol_count + 1);
    for (int i = 0; i < d->symbol_count; i++)
        points[i] = arena_printf(e->arena, "%" PRIu32, d->symbols[i]);
    buffer_printf(out, "const uint32_t %s_symbols[] = {\n", e->name);
    put_list(out, 4, "", points, d->symbol_count, "\n};\n\n");
}

void put_sample(struct emission *e, struct buffer *out)
{
    put_banner(e, "sample.c", out);
    buffer_puts(
        out,
        " *\n * Prediction. With one of the kernel files this compiles and runs alone: no BLAS, no "
        "threads, no\n"
        " * allocation. A function is a phase: what all workers do between two barriers. */\n");
    put_includes(e, out);
    buffer_puts(out, "#include <string.h>\n\n");
    put_symbols(e, out);
    buffer_printf(out, "#if !defined(%s_KERNELS)\n#define %s_KERNELS %s_baseline\n#endif\n\n",
                  e->upper, e->upper, e->name);
    put_tools(e, out);
    const struct work *step = find_work(e, "sample"), *window = find_work(e, "window");
    if (step) {
        put_stateful(e, step, out);
        buffer_puts(out, window ? "\n" : "");
    }
    if (window) {
        const int phases = put_phases(e, window, "window", put_window_phase, out);
        put_phase_table(e, "window_phases", "window", phases, out);
    }
}
