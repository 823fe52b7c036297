/* Steps: which form each node that runs calls, in which phase and in which part of the program. */
#include "emit_steps.h"
#include "diag.h"
#include "emit_forms.h"
#include "emit_memory.h"
#include "emit_text.h"
#include "grid.h"
#include "phase.h"
#include "stream.h"
#include <string.h>

/* ---- checks ---------------------------------------------------------------------------------- */

/* A check looks at its value where a kernel has it in hand anyway: the call that takes it along. */
struct host {
    int operand, flag;
};

static int flag_of(const struct emission *e, const struct node *check)
{
    const char *name = attr_name(check, "name");
    int flag = 0;
    for (const struct tensor *t = e->module->tensors; t; flag += !t->joint, t = t->next)
        if (strcmp(t->name, name) == 0 && t->kind == TENSOR_PARAM)
            return flag; /* of columns that are one tensor that of the first */
    die("check: $%s is no parameter", name);
}

/* The operand by which a call has all elements of v, or -1. */
static int whole_operand(const struct node *n, const struct value *v)
{
    const struct kernel *k = n->kernel;
    for (int i = 0; i < n->result_count + n->arg_count; i++) {
        const bool result = i < n->result_count;
        const struct value *actual = result ? n->results[i] : n->args[i - n->result_count];
        if (actual == v && shape_elements(v->type.shape) == shape_elements(k->space.shape))
            return i;
    }
    return -1;
}

static void find_host(struct emission *e, const struct program *p, struct node *check)
{
    for (struct node *n = p->first; n; n = n->next) {
        const int operand = n->op == OP_CALL && !n->note ? whole_operand(n, check->args[0]) : -1;
        if (operand < 0)
            continue;
        struct host *h = arena_alloc(e->arena, sizeof *h);
        *h = (struct host){ operand, flag_of(e, check) };
        n->note = h;
        check->note = h;
        return;
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

static struct step *step_append(struct emission *e, struct work *w, const struct node *n)
{
    struct step *s = arena_alloc(e->arena, sizeof *s);
    s->node = n;
    *w->steps_end = s;
    w->steps_end = &s->next;
    return s;
}

static void add_step(struct emission *e, struct work *w, const struct node *n)
{
    struct step *s = step_append(e, w, n);
    const struct host *host = n->note;
    const int count = n->result_count + n->arg_count;
    s->values = arena_new_array(e->arena, const struct value *, count);
    for (int i = 0; i < count; i++)
        s->values[i] = i < n->result_count ? n->results[i] : n->args[i - n->result_count];
    if (host || n->op == OP_CHECK)
        s->flag = host ? host->flag : flag_of(e, n);
    s->form = form_of(e, w, n, s->values, host ? host->operand : n->op == OP_CHECK ? 0 : -1);
}

static void find_program_steps(struct emission *e, struct work *w)
{
    struct node *first = w->program->first;
    memory_open(e, w);
    for (struct node *n = first; n; n = n->next)
        n->note = NULL;
    for (struct node *n = first; n; n = n->next)
        if (n->op == OP_CHECK)
            find_host(e, w->program, n);
    for (struct node *n = first; n; n = n->next) {
        if (n->op == OP_BARRIER)
            step_append(e, w, n);
        else if (node_runs(n) && !(n->op == OP_CHECK && n->note))
            add_step(e, w, n);
    }
}

/* Where one phase follows another. */
static void find_phases(struct work *w)
{
    const struct step *last = NULL;
    for (struct step *s = w->steps; s; s = s->next) {
        if (!s->form)
            continue;
        s->phase = phase_of(s->node);
        s->begins = !last || last->phase != s->phase;
        last = s;
    }
}

/* ---- segments -------------------------------------------------------------------------------- */

static bool in_part(const struct step *s, enum part part)
{
    return !s->form || s->node->part == part; /* a barrier stands with what is before it */
}

static void find_segments(struct emission *e, struct work *w)
{
    struct c_names *names = names_in(e->arena);
    struct segment **end = &w->segments;
    for (const struct step *s = w->steps; s;) {
        struct segment *g = arena_alloc(e->arena, sizeof *g);
        *g = (struct segment){ .part = s->node->part, .first = s };
        while (s && in_part(s, g->part))
            s = s->next;
        g->end = s;
        g->name = names_take(names, arena_printf(e->arena, "%s_%s_%s", e->name, w->program->name,
                                                 part_words[g->part]));
        *end = g;
        end = &g->next;
    }
}

void find_steps(struct emission *e)
{
    struct work **end = &e->works;
    for (const struct program *p = e->module->programs; p; p = p->next) {
        struct work *w = arena_alloc(e->arena, sizeof *w);
        w->program = p;
        w->predicts = program_predicts(p);
        w->steps_end = &w->steps;
        *end = w;
        end = &w->next;
        find_program_steps(e, w);
        if (strcmp(p->name, "train") == 0) /* which bench measures */
            find_phases(w);
        if (!w->predicts)
            find_segments(e, w);
    }
}

/* ---- looking things up ----------------------------------------------------------------------- */

int count_phases(const struct work *w)
{
    int phases = 0;
    bool open = false;
    for (const struct step *s = w->steps; s; s = s->next) {
        phases += s->form && !open;
        open = s->form;
    }
    return phases;
}

const struct work *find_work(const struct emission *e, const char *program)
{
    const struct work *w = e->works;
    while (w && strcmp(w->program->name, program) != 0)
        w = w->next;
    return w;
}

const char *program_function(struct emission *e, const char *program)
{
    return arena_printf(e->arena, "%s_%s", e->name, program);
}

bool can_evaluate(const struct emission *e)
{
    const struct work *grads = find_work(e, "grads");
    const struct segment *g = grads ? grads->segments : NULL;
    while (g && g->part != PART_FORWARD) /* the first may be a copy for the way back */
        g = g->next;
    return g;
}

static const struct node *find_named(const struct program *p, enum op op, const char *name)
{
    const struct node *n = p->first;
    while (n && !(n->op == op && strcmp(attr_name(n, "name"), name) == 0))
        n = n->next;
    return n;
}

const struct value *program_input(const struct program *p, const char *name)
{
    const struct node *n = find_named(p, OP_INPUT, name);
    return n ? node_result(n) : NULL;
}

const struct value *program_result(const struct program *p, const char *name)
{
    const struct node *n = find_named(p, OP_RESULT, name);
    return n ? n->args[0] : NULL;
}
