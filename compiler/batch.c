/* Products that can be one become one. BLAS and our own kernels are fastest on tall products; the
 * trace has one small product per time step. What the three steps share stands here; batch.h says
 * what they do. */
#include "batch.h"
#include "diag.h"
#include "passes.h"
#include "stream.h"
#include <stdlib.h>

enum { GAP = 64 };

struct mark *mark_of(struct batch *b, struct node *n)
{
    if (!n->note)
        n->note = arena_alloc(b->arena, sizeof(struct mark));
    return n->note;
}

bool fits_value(int64_t rows, int64_t cols)
{
    return rows <= INT32_MAX / cols;
}

bool is_input_index(const struct value *v)
{
    while (v->def && (op_table[v->def->op].class == CLASS_VIEW || v->def->op == OP_CONCAT))
        v = v->def->args[0];
    return !v->def || v->def->op == OP_INPUT;
}

int compare_time(const struct node *a, const struct node *b)
{
    int by_time = (a->t > b->t) - (a->t < b->t);
    int by_order = (a->order > b->order) - (a->order < b->order);
    return by_time ? by_time : a->part == PART_BACKWARD ? -by_order : by_order;
}

void become_slice(struct batch *b, struct node *n, enum op rows_or_cols, struct value *whole,
                  int64_t start, int64_t stop)
{
    n->op = rows_or_cols;
    n->arg_count = 1;
    n->args = arena_new_array(b->program->module->nodes, struct value *, 1);
    n->args[0] = whole;
    n->attr_count = 2;
    n->attrs = arena_new_array(b->program->module->nodes, struct attr, 2);
    n->attrs[0] = attr_make_int("start", start);
    n->attrs[1] = attr_make_int("stop", stop);
}

/* ---- weights --------------------------------------------------------------------------------- */

/* Tensors bear their place in the module as note, values their definition's order. */
static int place_of(const struct value *v)
{
    return v->tensor ? *(const int *)v->note : v->def->order;
}

int compare_weights(const struct value *a, const struct value *b)
{
    int by_kind = (a->tensor == NULL) - (b->tensor == NULL);
    return by_kind ? by_kind : (place_of(a) > place_of(b)) - (place_of(a) < place_of(b));
}

static void number_tensors(struct batch *b)
{
    int i = 0;
    for (struct tensor *t = b->program->module->tensors; t; t = t->next) {
        int *place = t->value.note = arena_alloc(b->arena, sizeof *place);
        *place = i++;
    }
}

struct node common_origin(struct node *const *nodes, int count)
{
    struct node origin = *nodes[0];
    for (int i = 1; i < count; i++) {
        origin.t = nodes[i]->t == origin.t ? origin.t : -1;
        origin.part = nodes[i]->part < origin.part ? nodes[i]->part : origin.part;
    }
    return origin;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* With gaps, so that a part of the list can be numbered again alone. */
void number_nodes(struct batch *b)
{
    int order = 0;
    for (struct node *n = b->program->first; n; n = n->next, order += GAP)
        n->order = order;
}

/* Numbers `count` nodes from `first` on, from `low` to below `high`; all nodes, if these are too
 * few. */
static void number_range(struct batch *b, struct node *first, int count, int64_t low, int64_t high)
{
    if (high - low < count) {
        number_nodes(b);
        return;
    }
    for (int64_t i = 0; i < count; i++, first = first->next)
        first->order = (int)(low + (high - low) * i / count);
}

/* A walk that needs no recursion: the nodes whose operands are not all placed yet. */
struct walk {
    struct batch *b;
    int depth;         /* of b->stack */
    struct node *tail; /* the last node placed; NULL: none, at the head of the list */
};

enum { UNPLACED, OPEN, PLACED }; /* levels of the marks while nodes are sorted */

static void place(struct walk *w, struct node *n)
{
    struct program *p = w->b->program;
    n->prev = w->tail;
    *(w->tail ? &w->tail->next : &p->first) = n;
    w->tail = n;
    mark_of(w->b, n)->level = PLACED;
}

static void open_node(struct walk *w, struct node *n)
{
    struct mark *m = mark_of(w->b, n);
    if (m->epoch != w->b->epoch || m->level == PLACED)
        return;
    if (m->level == OPEN)
        die("batch: %s needs its own result", op_table[n->op].name);
    m->level = OPEN;
    m->next_arg = 0;
    w->b->stack[w->depth++] = n;
}

static void place_with_operands(struct walk *w, struct node *n)
{
    open_node(w, n);
    while (w->depth > 0) {
        struct node *top = w->b->stack[w->depth - 1];
        struct mark *m = mark_of(w->b, top);
        if (m->next_arg == top->arg_count) {
            place(w, top);
            w->depth--;
            continue;
        }
        struct node *def = top->args[m->next_arg++]->def;
        if (def)
            open_node(w, def);
    }
}

/* The nodes from `first` to `last` as an array, marked with a new epoch. */
static int list_nodes(struct batch *b, struct node *first, const struct node *behind)
{
    int count = 0;
    b->epoch++;
    for (struct node *n = first; n != behind; n = n->next) {
        struct mark *m = mark_of(b, n);
        m->epoch = b->epoch;
        m->level = UNPLACED;
        if (count == b->room) {
            b->room = 2 * count + 1024;
            b->nodes =
                arena_grow(b->arena, b->nodes, (size_t)count, (size_t)b->room, sizeof *b->nodes);
            b->stack = arena_new_array(b->arena, struct node *, b->room);
        }
        b->nodes[count++] = n;
    }
    return count;
}

void sort_nodes(struct batch *b, struct node *first, struct node *last)
{
    struct program *p = b->program;
    struct node *before = first->prev, *behind = last->next;
    const int count = list_nodes(b, first, behind);
    int64_t low = before ? before->order + 1 : 0;
    int64_t high = behind ? behind->order : low + GAP * (int64_t)count;
    struct walk w = { .b = b, .tail = before };
    for (int i = 0; i < count; i++)
        place_with_operands(&w, b->nodes[i]);
    *(w.tail ? &w.tail->next : &p->first) = behind;
    *(behind ? &behind->prev : &p->last) = w.tail;
    number_range(b, before ? before->next : p->first, count, low, high);
}

struct node *outermost(struct node *const *nodes, int count, bool last)
{
    struct node *found = nodes[0];
    for (int i = 1; i < count; i++)
        if (last == (nodes[i]->order > found->order))
            found = nodes[i];
    return found;
}

/* ---- the pass -------------------------------------------------------------------------------- */

static void batch_program(struct program *p)
{
    struct arena *scratch = p->module->scratch;
    const struct arena_mark start = arena_mark(scratch);
    struct batch b = { .program = p, .arena = scratch, .joins.arena = scratch };
    b.widest.arena = b.zeros.arena = scratch;
    b.b.list = program_list(p);
    clear_notes(p);
    number_tensors(&b);
    number_nodes(&b);
    find_bound(&b);
    batch_sums(&b);
    batch_inputs(&b);
    batch_weights(&b);
    share_joins(&b);
    arena_release(scratch, start);
}

/* needs   gradients; best after fold and cse, which find what is shared
 * keeps   every value up to the order of sums; the order of effects
 * breaks  the order of other nodes */
void batch(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next)
        if (!program_predicts(p))
            batch_program(p);
    batch_tensors(m);
    for (struct program *p = m->programs; p; p = p->next)
        if (program_predicts(p))
            batch_program(p);
}
