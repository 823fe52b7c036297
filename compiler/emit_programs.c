/* forward.c, backward.c and update.c: the programs that train. A program is cut into pieces, a C
 * function each, so that compilers take a time that is linear in the steps. */
#include "emit_files.h"
#include "emit_piece.h"
#include "emit_product.h"
#include "emit_steps.h"
#include "emit_text.h"

/* Steps after which a piece ends at the next layer, at the next time step, anywhere. */
enum { SHORT_PIECE = 12, LONG_PIECE = 48, LONGEST_PIECE = 200 };

/* Layers with time steps stand alone, however few are left of them. */
static bool ends_piece(const struct step *last, const struct step *next, int steps)
{
    if (!last || (same_paragraph(last->node, next->node) && steps < LONGEST_PIECE))
        return false;
    const bool in_time = last->node->t >= 0 || next->node->t >= 0;
    return steps >= LONG_PIECE ||
           ((steps >= SHORT_PIECE || in_time) && last->node->scope != next->node->scope);
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
        piece_add(p, s, last);
        last = s;
    }
    return s;
}

/* train_backward_lstm_t49_t24: program, part, layer, and its time steps from the first to the last. */
static const char *piece_name(struct emission *e, const struct work *w, const struct step *s,
                              const struct step *end)
{
    const struct node *n = s->node;
    const char *name = arena_printf(e->arena, "%s_%s_%s", w->program->name, part_words[n->part],
                                    n->scope ? n->scope->name : "model");
    int first = -1, last = -1;
    for (; s != end; s = s->next) {
        first = first < 0 && s->form ? s->node->t : first;
        last = s->form && s->node->t >= 0 ? s->node->t : last;
    }
    if (first >= 0)
        name = arena_printf(e->arena, "%s_t%d", name, first);
    return last == first ? name : arena_printf(e->arena, "%s_t%d", name, last);
}

static void put_call(const char *function, struct buffer *calls)
{
    buffer_printf(calls, "    %s(call, me);\n", function);
}

static void put_function(const char *name, const char *calls, struct buffer *out)
{
    buffer_printf(out, "void %s(const struct lstmc_call *call, struct lstmc_worker *me)\n{\n%s}\n",
                  name, calls);
}

static void put_segment(struct emission *e, const struct work *w, const struct segment *g,
                        struct c_names *names, struct buffer *out)
{
    struct buffer calls = { .arena = e->arena };
    for (const struct step *s = g->first; s != g->end;) {
        const struct step *first = s;
        struct piece p = piece_in(e, w);
        s = fill_piece(&p, s, g->end);
        const char *name = names_take(names, c_word(e->arena, piece_name(e, w, first, s)));
        put_piece(&p, name, out);
        put_call(name, &calls);
    }
    put_function(g->name, calls.text, out);
}

static void put_program(struct emission *e, const struct work *w, struct buffer *out)
{
    struct buffer calls = { .arena = e->arena };
    for (const struct segment *g = w->segments; g; g = g->next)
        put_call(g->name, &calls);
    buffer_puts(out, "\n");
    put_function(program_function(e, w->program->name), calls.text, out);
}

/* What is forward of `grads` may stand on both sides of what is not, and of barriers there. */
static void put_eval(struct emission *e, struct buffer *out)
{
    const struct work *grads = find_work(e, "grads");
    struct buffer calls = { .arena = e->arena };
    if (!can_evaluate(e))
        return;
    for (const struct segment *g = grads->segments; g; g = g->next) {
        if (g->part != PART_FORWARD)
            continue;
        if (calls.length > 0)
            buffer_puts(&calls, "    lstmc_barrier(me);\n");
        put_call(g->name, &calls);
    }
    buffer_puts(out, "\n/* Loss and right answers of a batch, at the places of grads. */\n");
    put_function(program_function(e, "eval"), calls.text, out);
}

/* Products by BLAS are functions of the file that calls them. */
static void put_products(struct emission *e, enum part part, struct buffer *out)
{
    for (const struct form *f = e->forms; f; f = f->next)
        if (f->blas && (f->parts >> part & 1)) {
            put_blas(e, f, out);
            buffer_puts(out, "\n");
        }
}

static void put_part(struct emission *e, enum part part, const char *file, struct buffer *out)
{
    put_banner(e, file, out);
    put_banner_end(out);
    put_includes(e, out);
    buffer_puts(out, "#include <lstmc/scalar.h>\n\n");
    put_products(e, part, out);
    struct c_names *names = names_in(e->arena);
    const char *between = "";
    for (const struct work *w = e->works; w; w = w->next)
        for (const struct segment *g = w->segments; g; g = g->next) {
            if (g->part != part)
                continue;
            buffer_puts(out, between);
            put_segment(e, w, g, names, out);
            if (!g->next)
                put_program(e, w, out);
            between = "\n";
        }
}

void put_forward(struct emission *e, struct buffer *out)
{
    put_part(e, PART_FORWARD, "forward.c", out);
    put_eval(e, out);
}

void put_backward(struct emission *e, struct buffer *out)
{
    put_part(e, PART_BACKWARD, "backward.c", out);
}

void put_update(struct emission *e, struct buffer *out)
{
    put_part(e, PART_UPDATE, "update.c", out);
}
