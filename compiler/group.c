/* Which elementwise nodes share a kernel: those of one level, part and index space, where one uses
 * the other or where two of one time step read the same operand. Within a level nothing else can
 * stand between them. */
#include "fuse.h"
#include <stdlib.h>

static struct slot *leader_of(struct slot *s)
{
    for (; s->leader != s; s = s->leader)
        s->leader = s->leader->leader; /* halves the path */
    return s;
}

static void unite(struct slot *a, struct slot *b)
{
    leader_of(b)->leader = leader_of(a);
}

struct group *group_of(const struct node *n)
{
    return leader_of(slot_of(n))->group;
}

/* ---- who reads the same ---------------------------------------------------------------------- */

/* A node as a reader of one of its operands. */
struct reader {
    struct slot *slot;
    const struct value *operand;
};

static int reads_alike(const void *item, const void *key)
{
    const struct reader *a = item, *b = key;
    return a->operand == b->operand && a->slot->level == b->slot->level &&
           a->slot->node->t == b->slot->node->t && can_share(a->slot, b->slot);
}

/* Time steps that share an operand, as a mask, stay apart: each of them is like the others. */
static void unite_readers(struct table *readers, struct slot *s, const struct value *operand)
{
    struct reader key = { s, operand };
    if (!shape_equal(operand->type.shape, node_result(s->node)->type.shape))
        return;
    uint64_t hash = hash_word(hash_pointer((uint64_t)s->level, operand), (uint64_t)s->node->t);
    struct reader *first = table_find(readers, hash, reads_alike, &key);
    if (first) {
        unite(first->slot, s);
        return;
    }
    first = arena_alloc(readers->arena, sizeof *first);
    *first = key;
    table_add(readers, hash, first);
}

static void unite_slot(struct table *readers, struct slot *s)
{
    for (int i = 0; i < s->arg_count; i++) {
        struct slot *def = s->defs[i];
        if (def && def->node->op == OP_CONST)
            continue;
        if (def && can_share(def, s) && def->level == s->level)
            unite(def, s);
        else
            unite_readers(readers, s, s->node->args[i]);
    }
}

/* ---- groups ---------------------------------------------------------------------------------- */

void find_groups(struct fusion *f, bool chains)
{
    struct table readers = { .arena = f->arena };
    for (struct slot *s = f->slots; s < f->slots + f->count && chains; s++)
        if (s->fusable)
            unite_slot(&readers, s);
    for (struct slot *s = f->slots; s < f->slots + f->count; s++) {
        struct slot *leader = leader_of(s);
        if (s->fusable && !leader->group)
            leader->group = arena_alloc(f->arena, sizeof *leader->group);
        if (s->fusable)
            leader->group->count++;
    }
    for (struct slot *s = f->slots; s < f->slots + f->count; s++)
        if (s->group)
            s->group->nodes = arena_new_array(f->arena, struct node *, s->group->count);
}

/* ---- the order of a body --------------------------------------------------------------------- */

static struct slot *member(const struct group *g, const struct value *v)
{
    struct slot *s = v->def ? slot_of(v->def) : NULL;
    return s && s->fusable && leader_of(s)->group == g ? s : NULL;
}

/* The nodes whose operands are not all placed yet, and how many of these are. */
struct walk {
    struct group *group;
    struct node **stack, **order;
    int *next_arg;
    int depth, count;
};

static void open_node(struct walk *w, struct node *n)
{
    w->stack[w->depth] = n;
    w->next_arg[w->depth++] = 0;
}

static void place_with_operands(struct walk *w, struct node *n)
{
    open_node(w, n);
    while (w->depth > 0) {
        struct node *top = w->stack[w->depth - 1];
        int *next_arg = &w->next_arg[w->depth - 1];
        if (*next_arg == top->arg_count) {
            w->order[w->count++] = top;
            slot_of(top)->is_placed = true;
            w->depth--;
            continue;
        }
        struct slot *s = member(w->group, top->args[(*next_arg)++]);
        if (s && !s->is_placed)
            open_node(w, s->node);
    }
}

/* As a walk from the results finds them, whatever else stands in the list. */
static void order_by_walk(struct fusion *f, struct group *g)
{
    struct walk w = { .group = g };
    w.stack = arena_new_array(f->arena, struct node *, g->count);
    w.order = arena_new_array(f->arena, struct node *, g->count);
    w.next_arg = arena_new_array(f->arena, int, g->count);
    for (int i = 0; i < g->count; i++)
        for (int k = 0; k < g->nodes[i]->arg_count; k++) {
            struct slot *s = member(g, g->nodes[i]->args[k]);
            if (s)
                s->is_inner = true;
        }
    for (int i = 0; i < g->count; i++)
        if (!slot_of(g->nodes[i])->is_inner)
            place_with_operands(&w, g->nodes[i]);
    g->nodes = w.order;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void count_functions(const struct group *g)
{
    for (int i = 0; i < g->count; i++) {
        struct slot *s = slot_of(g->nodes[i]);
        s->place = i;
        for (int k = 0; k < s->arg_count; k++) {
            const struct slot *def = member(g, s->node->args[k]);
            if (def)
                s->before = larger(s->before, def->before + op_is_function(def->node->op));
        }
    }
    for (int i = g->count - 1; i >= 0; i--) {
        struct slot *s = slot_of(g->nodes[i]);
        s->after += op_is_function(s->node->op);
        for (int k = 0; k < s->arg_count; k++) {
            struct slot *def = member(g, s->node->args[k]);
            if (def)
                def->after = larger(def->after, s->after);
        }
    }
}

static int by_functions(const void *a, const void *b)
{
    const struct slot *x = slot_of(*(struct node *const *)a);
    const struct slot *y = slot_of(*(struct node *const *)b);
    if (x->before != y->before)
        return x->before - y->before;
    return x->after != y->after ? y->after - x->after : x->place - y->place;
}

/* A function is a chain of instructions that wait for each other, while a core looks but some hundred instructions
 * ahead. Functions that do not wait for each other therefore stand together, and those for which most others wait
 * come first: the last of them fill the time in which the next ones wait for these. */
void order_group(struct fusion *f, struct group *g)
{
    order_by_walk(f, g);
    count_functions(g);
    qsort(g->nodes, (size_t)g->count, sizeof *g->nodes, by_functions);
}
