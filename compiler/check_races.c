/* The proof that workers keep apart within a phase. The list is walked once. What a node touches
 * goes into a map of what the phase has read or of what it has written, and is compared with what
 * it meets there: a read with writes, a write with both. A barrier empties the maps.
 *
 * Where two nodes share bytes, each block of the one is held against each block of the other, but
 * for the one of its own number if the grids have equally many: one worker runs these two, in the
 * order of the list. No grid has more than MAX_BLOCKS (grid.c), so there are MAX_BLOCKS squared
 * pairs at most. Within a node, a result may share bytes only with an operand that it writes over
 * element by element. */
#include "check_races.h"

/* A touch of the phase at hand. */
struct visit {
    const struct node *node;
    struct touch touch;
    struct span span;
    const struct visit *asked; /* the last one it was compared with */
};

int touches_of(struct prover *v, const struct node *n)
{
    const int most = n->arg_count + n->result_count;
    if (most > v->capacity) {
        v->capacity = 2 * most;
        v->touches = arena_new_array(v->arena, struct touch, v->capacity);
    }
    return footprint(n, v->touches);
}

const char *value_text(const struct prover *v, const struct value *value)
{
    return value->tensor ? arena_printf(v->arena, "$%s", value->tensor->name)
                         : arena_printf(v->arena, "%%%d", value->id);
}

/* One node reads x and writes y. */
static bool is_in_place(const struct visit *x, const struct visit *y)
{
    return !x->touch.write && y->touch.write && x->touch.aligned && y->touch.aligned &&
           span_equal(&x->span, &y->span);
}

static bool blocks_overlap(const struct prover *v, const struct visit *x, int i,
                           const struct visit *y, int k)
{
    struct span a = span_of_block(v->m, x->node, &x->touch, v->place(v, x->touch.value), i);
    struct span b = span_of_block(v->m, y->node, &y->touch, v->place(v, y->touch.value), k);
    return span_overlaps(&a, &b);
}

/* Block against block, but for those of one number, which are one worker's. */
static bool races(const struct prover *v, const struct visit *x, const struct visit *y)
{
    const int m = x->node->grid.blocks, n = y->node->grid.blocks;
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++)
            if ((m != n || i != k) && blocks_overlap(v, x, i, y, k))
                return true;
    return false;
}

static const char *compare(const struct prover *v, const struct visit *x, const struct visit *y)
{
    if (!span_overlaps(&x->span, &y->span))
        return NULL;
    const char *a = value_text(v, x->touch.value), *b = value_text(v, y->touch.value);
    if (x->node == y->node && !is_in_place(x, y) && !is_in_place(y, x))
        return arena_printf(v->arena, "%s and %s overlap", a, b);
    if (x->node == y->node || !races(v, x, y))
        return NULL;
    return arena_printf(v->arena, "a barrier is missing: %s is %s while %s is %s in the same phase",
                        b, y->touch.write ? "written" : "read", a,
                        x->touch.write ? "written" : "read");
}

static const char *compare_with(const struct prover *v, struct map *map, struct visit *visit)
{
    struct stretch *end;
    for (struct stretch *at = map_stretches(map, &visit->span, &end); at < end; at++)
        for (struct item *i = *map_items(map, at); i; i = i->next) {
            struct visit *other = i->what;
            const char *fault = other->asked == visit ? NULL : compare(v, other, visit);
            other->asked = visit;
            if (fault)
                return fault;
        }
    return NULL;
}

static const char *enter_touch(struct prover *v, const struct node *n, const struct touch *t)
{
    struct visit *visit = arena_alloc(v->arena, sizeof *visit);
    *visit = (struct visit){ .node = n, .touch = *t };
    visit->span = span_of(v->m, t->value, v->place(v, t->value));
    const char *fault = compare_with(v, v->written, visit);
    if (t->write && !fault)
        fault = compare_with(v, v->read, visit);
    map_add(t->write ? v->written : v->read, &visit->span, visit);
    return fault;
}

const char *find_race(struct prover *v, const struct node **at)
{
    const char *fault = NULL;
    for (const struct node *n = v->p->first; n && !fault; n = n->next) {
        *at = n;
        v->read->epoch += n->op == OP_BARRIER;
        v->written->epoch += n->op == OP_BARRIER;
        const int count = node_runs(n) ? touches_of(v, n) : 0;
        for (int i = 0; i < count && !fault; i++)
            fault = enter_touch(v, n, &v->touches[i]);
    }
    return fault;
}
