/* Products with one weight, and rows taken from one table, become one tall product over the rows of
 * all.
 *
 * note [levels]: the level of a product is the number of products with its weight on the longest
 * path to it. Products of one level do not need each other; joining all products of each level
 * makes no cycle, since a path never leads to a lower level. x_t W are all of level 1 and are
 * joined, h_t U are of level t and never are. A join for one weight changes the levels for another:
 * they are counted again. */
#include "batch.h"
#include <stdlib.h>

/* Products that share an operand. */
struct weight {
    enum op op;
    bool tb;
    struct value *value;
    int count, capacity;
    struct node **products;
    struct weight *next;
};

struct weights {
    struct batch *b;
    struct table found;
    struct weight *first, **end;
};

/* Which operand is shared and which is stacked. */
static const struct {
    bool joins;
    int shared, own;
} habits[OP_COUNT] = {
    [OP_MATMUL] = { true, 1, 0 },
    [OP_GATHER] = { true, 0, 1 },
};

static bool is_candidate(const struct node *n)
{
    return habits[n->op].joins && !attr_flag(n, "ta") &&
           (n->op != OP_GATHER || is_input_index(n->args[1]));
}

/* ---- the products of each weight ------------------------------------------------------------- */

static int same_weight(const void *item, const void *key)
{
    const struct weight *a = item, *b = key;
    return a->op == b->op && a->tb == b->tb && a->value == b->value;
}

static struct weight *weight_of(struct weights *w, const struct node *n)
{
    struct weight key = { .op = n->op,
                          .tb = attr_flag(n, "tb"),
                          .value = n->args[habits[n->op].shared] };
    uint64_t hash = hash_pointer((uint64_t)key.op * 2 + key.tb, key.value);
    struct weight *found = table_find(&w->found, hash, same_weight, &key);
    if (found)
        return found;
    found = arena_alloc(w->b->arena, sizeof *found);
    *found = key;
    table_add(&w->found, hash, found);
    *w->end = found;
    w->end = &found->next;
    return found;
}

static void add_product(struct batch *b, struct weight *w, struct node *n)
{
    if (w->count == w->capacity) {
        w->capacity = 2 * w->count + 2;
        w->products = arena_grow(b->arena, w->products, (size_t)w->count, (size_t)w->capacity,
                                 sizeof(struct node *));
    }
    w->products[w->count++] = n;
    mark_of(b, n)->weight = w;
}

/* In the order of their first products. */
static struct weight *collect_weights(struct batch *b)
{
    struct weights w = { .b = b, .found.arena = b->arena };
    w.end = &w.first;
    for (struct node *n = b->program->first; n; n = n->next)
        if (is_candidate(n))
            add_product(b, weight_of(&w, n), n);
    return w.first;
}

/* ---- levels ---------------------------------------------------------------------------------- */

/* See note [levels]; gives the largest. What stands before the first product has level 0 and is not
 * looked at, so that weights of which each is used in a small part of the program cost little. */
static int count_levels(struct batch *b, const struct weight *w)
{
    int largest = 0;
    const struct node *behind = outermost(w->products, w->count, true)->next;
    b->epoch++;
    for (struct node *n = outermost(w->products, w->count, false); n != behind; n = n->next) {
        struct mark *m = mark_of(b, n);
        m->epoch = b->epoch;
        m->level = 0;
        for (int i = 0; i < n->arg_count; i++) {
            struct node *def = n->args[i]->def;
            const struct mark *of_arg = def ? mark_of(b, def) : NULL;
            if (of_arg && of_arg->epoch == b->epoch && of_arg->level > m->level)
                m->level = of_arg->level;
        }
        m->level += m->weight == w;
        largest = m->level > largest ? m->level : largest;
    }
    return largest;
}

void find_bound(struct batch *b)
{
    for (struct weight *w = collect_weights(b); w; w = w->next) {
        int *size = arena_new_array(b->arena, int, count_levels(b, w) + 1);
        for (int i = 0; i < w->count; i++)
            size[mark_of(b, w->products[i])->level]++;
        for (int i = 0; i < w->count; i++) {
            struct mark *m = mark_of(b, w->products[i]);
            m->bound = w->count > 1 && size[m->level] == 1;
        }
    }
}

/* ---- joining --------------------------------------------------------------------------------- */

static int level_of(const struct node *n)
{
    return ((const struct mark *)n->note)->level;
}

static int by_level(const void *x, const void *y)
{
    const struct node *a = *(struct node *const *)x, *b = *(struct node *const *)y;
    return level_of(a) != level_of(b) ? level_of(a) - level_of(b) : compare_time(a, b);
}

static int64_t rows_of(const struct value *v)
{
    return v->type.shape.dim[0];
}

/* The product of the stacked operands, and what each product had as rows of it. */
static void join_products(struct batch *b, const struct weight *w, struct node **products,
                          int count, int64_t rows)
{
    const int own = habits[w->op].own, shared = habits[w->op].shared;
    struct value **parts = arena_new_array(b->arena, struct value *, count), *args[2];
    for (int i = 0; i < count; i++)
        parts[i] = products[i]->args[own];
    const struct attr tb = attr_make_flag("tb", true);
    const struct node origin = common_origin(products, count);
    b->b.at = outermost(products, count, false);
    b->b.like = &origin;
    b->b.part = origin.part;
    args[shared] = w->value;
    args[own] = build_join(b, find_join(b, parts, count, 0));
    struct value *tall = build(&b->b, w->op, args, 2, &tb, w->tb, node_result(b->b.at)->type);
    for (int64_t i = 0, at = 0; i < count; at += rows, i++) {
        rows = rows_of(node_result(products[i]));
        become_slice(b, products[i], OP_ROWS, tall, at, at + rows);
    }
}

/* In runs that stay within what a value may hold. */
static void join_level(struct batch *b, const struct weight *w, struct node **products, int count)
{
    const struct shape *in = &products[0]->args[habits[w->op].own]->type.shape;
    const struct shape *out = &node_result(products[0])->type.shape;
    int64_t cols = in->dim[1] > out->dim[1] ? in->dim[1] : out->dim[1], rows = 0;
    int start = 0;
    for (int i = 0; i <= count; i++) {
        int64_t more = i < count ? rows_of(node_result(products[i])) : 0;
        if (i == count || !fits_value(rows + more, cols)) {
            if (i - start > 1)
                join_products(b, w, products + start, i - start, rows);
            start = i;
            rows = 0;
        }
        rows += more;
    }
}

/* All that moves stands between the first and the last of the products. */
static void join_weight(struct batch *b, struct weight *w)
{
    struct node *before = outermost(w->products, w->count, false)->prev;
    struct node *last = outermost(w->products, w->count, true);
    if (count_levels(b, w) == w->count)
        return;
    if (w->count > 1)
        qsort(w->products, (size_t)w->count, sizeof(struct node *), by_level);
    for (int i = 0, next; i < w->count; i = next) {
        for (next = i + 1;
             next < w->count && level_of(w->products[next]) == level_of(w->products[i]);)
            next++;
        join_level(b, w, w->products + i, next - i);
    }
    sort_nodes(b, before ? before->next : b->program->first, last);
}

void batch_weights(struct batch *b)
{
    for (struct weight *w = collect_weights(b); w; w = w->next)
        if (w->count > 1)
            join_weight(b, w);
}
