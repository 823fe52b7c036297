/* Products with one left operand become one, with the right operands side by side: a cell whose
 * gates have a weight each runs like a cell whose gates share one. So do rows taken from tables by
 * one index, and what such an index scatters. */
#include "batch.h"
#include <stdlib.h>

/* Which operand is shared and which lie side by side. */
static const struct {
    bool joins;
    int shared, own;
} habits[OP_COUNT] = {
    [OP_MATMUL] = { true, 0, 1 },
    [OP_GATHER] = { true, 1, 0 },
    [OP_SCATTER] = { true, 1, 0 },
};

/* Products of one layer with one left operand and weights of one shape, none of which needs
 * another: on the longest path from them to the end, or from the beginning to them, are equally
 * many products, and a path from one to the other would make that differ. All or none of them are
 * bound to their time step: what can become tall must not be tied to what cannot. */
struct set {
    const struct node *like; /* the first product */
    int distance, count, capacity;
    bool bound;
    struct node **products;
    struct set *next;
};

struct sets {
    struct batch *b;
    struct table found;
    struct set *first, **end;
};

/* ---- sets ------------------------------------------------------------------------------------ */

static struct value *shared_of(const struct node *n)
{
    return n->args[habits[n->op].shared];
}

static struct value *own_of(const struct node *n)
{
    return n->args[habits[n->op].own];
}

static void count_depths(struct batch *b)
{
    for (struct node *n = b->program->first; n; n = n->next) {
        int distance = 0;
        for (int i = 0; i < n->arg_count; i++) {
            struct node *def = n->args[i]->def;
            if (def && mark_of(b, def)->distance > distance)
                distance = mark_of(b, def)->distance;
        }
        mark_of(b, n)->distance = distance + habits[n->op].joins;
    }
}

static void count_heights(struct batch *b)
{
    for (struct node *n = b->program->first; n; n = n->next)
        mark_of(b, n)->distance = 0;
    for (struct node *n = b->program->last; n; n = n->prev) {
        const int distance = mark_of(b, n)->distance += habits[n->op].joins;
        for (int i = 0; i < n->arg_count; i++) {
            struct node *def = n->args[i]->def;
            if (def && mark_of(b, def)->distance < distance)
                mark_of(b, def)->distance = distance;
        }
    }
}

/* What lies side by side already is joined with nothing else. */
static int same_set(const void *item, const void *key)
{
    const struct set *a = item, *b = key;
    const struct node *m = a->like, *n = b->like;
    return m->op == n->op && shared_of(m) == shared_of(n) && a->distance == b->distance &&
           a->bound == b->bound && m->scope == n->scope && attrs_equal(m, n) &&
           cols_from(own_of(m)) == cols_from(own_of(n)) &&
           shape_equal(own_of(m)->type.shape, own_of(n)->type.shape);
}

static struct set *set_of(struct sets *s, struct node *n)
{
    const struct mark *m = mark_of(s->b, n);
    struct set key = { .like = n, .distance = m->distance, .bound = m->bound };
    uint64_t hash = hash_pointer((uint64_t)m->distance, shared_of(n));
    struct set *found = table_find(&s->found, hash, same_set, &key);
    if (found)
        return found;
    found = arena_alloc(s->b->arena, sizeof *found);
    *found = key;
    table_add(&s->found, hash, found);
    *s->end = found;
    s->end = &found->next;
    return found;
}

static void add_product(struct sets *s, struct node *n)
{
    struct set *set = set_of(s, n);
    if (set->count == set->capacity) {
        set->capacity = 2 * set->count + 2;
        set->products = arena_grow(s->b->arena, set->products, (size_t)set->count,
                                   (size_t)set->capacity, sizeof *set->products);
    }
    set->products[set->count++] = n;
}

static int by_weight(const void *x, const void *y)
{
    const struct node *a = *(struct node *const *)x, *b = *(struct node *const *)y;
    return compare_weights(own_of(a), own_of(b));
}

/* ---- joining --------------------------------------------------------------------------------- */

static struct join *find_weights(struct batch *b, const struct set *set)
{
    struct value **weights = arena_new_array(b->arena, struct value *, set->count);
    for (int i = 0; i < set->count; i++)
        weights[i] = own_of(set->products[i]);
    return find_join(b, weights, set->count, attr_flag(set->like, "tb") ? 0 : 1);
}

static bool are_of_tensors(const struct join *j)
{
    bool are = true;
    for (int i = 0; i < j->count && are; i++)
        are = is_of_tensor(j->parts[i]);
    return are;
}

/* What the left operand will be multiplied by. Only tensors are there wherever they are wanted. */
static struct join *find_wide_weights(struct batch *b, const struct set *set)
{
    struct join *weights = find_weights(b, set), *wide = widen_join(b, weights, set->like);
    return are_of_tensors(wide) ? wide : weights;
}

static bool can_join(struct batch *b, const struct set *set)
{
    if (set->count < 2)
        return false;
    const struct join *wide = find_wide_weights(b, set);
    struct shape in = own_of(set->like)->type.shape, out = node_result(set->like)->type.shape;
    if (!fits_value(out.dim[0], out.dim[1] * wide->count) ||
        !fits_value(in.dim[0], in.dim[1] * wide->count))
        return false;
    bool distinct = true;
    for (int i = 1; i < set->count && distinct; i++)
        distinct = own_of(set->products[i]) != own_of(set->products[i - 1]);
    return distinct && is_worth_joining(wide);
}

/* One product, and what each of them was as columns of it. */
static void join_products(struct batch *b, const struct set *set)
{
    const struct node *n = b->b.at;
    const int64_t width = node_result(n)->type.shape.dim[1];
    const struct node origin = common_origin(set->products, set->count);
    struct join *weights = find_wide_weights(b, set);
    b->b.like = &origin;
    b->b.part = origin.part;
    struct value *args[2];
    args[habits[n->op].shared] = shared_of(n);
    args[habits[n->op].own] = build_join(b, weights);
    struct value *whole =
        build(&b->b, n->op, args, 2, n->attrs, n->attr_count, type_scalar(ELEM_REAL));
    for (int i = 0, at = 0; i < set->count; i++, at++) {
        while (weights->parts[at] != own_of(set->products[i]))
            at++;
        become_slice(b, set->products[i], OP_COLS, whole, at * width, (at + 1) * width);
    }
}

static struct set *collect_sets(struct batch *b)
{
    struct sets s = { .b = b, .found.arena = b->arena };
    s.end = &s.first;
    for (struct node *n = b->program->first; n; n = n->next)
        if (habits[n->op].joins)
            add_product(&s, n);
    for (struct set *set = s.first; set; set = set->next)
        qsort(set->products, (size_t)set->count, sizeof *set->products, by_weight);
    return s.first;
}

/* Tells of the sets' weights, and of the rows that products with them have. */
static void offer_weights(struct batch *b, const struct set *first)
{
    for (const struct set *set = first; set; set = set->next)
        find_weights(b, set)->rows = 0;
    for (const struct set *set = first; set; set = set->next) {
        find_weights(b, set)->rows += node_result(set->like)->type.shape.dim[0];
        offer_join(b, find_weights(b, set), set->like);
    }
}

static void join_sets(struct batch *b, void (*count_distances)(struct batch *b))
{
    bool joined = false;
    count_distances(b);
    struct set *first = collect_sets(b);
    offer_weights(b, first);
    for (struct set *set = first; set; set = set->next) {
        b->b.at = outermost(set->products, set->count, false);
        if (!can_join(b, set))
            continue;
        join_products(b, set);
        joined = true;
    }
    if (joined)
        sort_nodes(b, b->program->first, b->program->last);
}

/* From the end first: the gradients of all gates end with their product, but begin at different
 * time steps. */
void batch_inputs(struct batch *b)
{
    join_sets(b, count_heights);
    join_sets(b, count_depths);
}
