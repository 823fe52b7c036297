/* A sum of products becomes one product. A weight's gradient is the sum over t of x_t' dz_t: one
 * product of what the rows of all steps make when stacked. A state's gradient is the sum over the
 * gates of dz_g U_g': one product of what the gates make side by side. The terms are found in
 * chains of additions, however these are bracketed. */
#include "batch.h"
#include <stdlib.h>

enum kind {
    KIND_OUTER,   /* x' y:          rows of x and of y stacked */
    KIND_INPUT,   /* x W', W fixed: columns of x and of W side by side */
    KIND_SUM,     /* sum of rows:   rows stacked */
    KIND_SCATTER, /* scatter x, i:  rows of x and of i stacked */
    KIND_COUNT,
    KIND_OTHER = KIND_COUNT
};

/* A term of a chain: its value, and the node that makes it, perhaps behind a change of shape. */
struct term {
    struct value *value;
    struct node *node;
    enum kind kind;
    bool bound;   /* see struct mark */
    int position; /* in the chain */
};

/* A chain of additions. */
struct chain {
    struct node **additions; /* the last of them first */
    struct term *terms;      /* those that can be one stand together */
    int addition_count, count;
    struct chain *next;
};

struct sums {
    struct batch *b;
    const int *uses;
    struct value **pending; /* with room for any chain, as the next two */
    struct node **additions;
    struct term *terms;
    struct chain *first, **end;
};

/* ---- chains ---------------------------------------------------------------------------------- */

static bool is_addition(const struct node *n)
{
    return n->op == OP_ADD && type_equal(n->args[0]->type, node_result(n)->type) &&
           type_equal(n->args[1]->type, node_result(n)->type) &&
           node_result(n)->type.elem == ELEM_REAL;
}

/* The node that makes v for one use alone; NULL if there is none. */
static struct node *sole_maker(const struct sums *s, const struct value *v)
{
    return v->def && s->uses[v->id] == 1 ? v->def : NULL;
}

static struct node *inner_addition(const struct sums *s, const struct value *v)
{
    struct node *maker = sole_maker(s, v);
    return maker && is_addition(maker) ? maker : NULL;
}

/* From left to right. Chains are as long as the window, hence no recursion. */
static struct chain *walk_chain(struct sums *s, struct node *root)
{
    struct arena *a = s->b->arena;
    struct chain *c = arena_alloc(a, sizeof *c);
    int depth = 0;
    s->pending[depth++] = node_result(root);
    while (depth > 0) {
        struct value *v = s->pending[--depth];
        struct node *n = v->def == root ? root : inner_addition(s, v);
        if (n) {
            s->additions[c->addition_count++] = n;
            s->pending[depth++] = n->args[1];
            s->pending[depth++] = n->args[0];
        } else {
            s->terms[c->count] = (struct term){ .value = v, .position = c->count };
            c->count++;
        }
    }
    c->additions = arena_grow(a, s->additions, (size_t)c->addition_count, (size_t)c->addition_count,
                              sizeof *s->additions);
    c->terms = arena_grow(a, s->terms, (size_t)c->count, (size_t)c->count, sizeof *s->terms);
    return c;
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static bool is_outer(const struct node *n)
{
    return n->op == OP_MATMUL && attr_flag(n, "ta") && !attr_flag(n, "tb");
}

static bool is_input(const struct node *n)
{
    return n->op == OP_MATMUL && !attr_flag(n, "ta") && attr_flag(n, "tb") && n->args[1]->tensor;
}

static bool is_sum(const struct node *n)
{
    return n->op == OP_SUM && attr_int(n, "axis", 0) == 0;
}

static bool is_scatter(const struct node *n)
{
    return n->op == OP_SCATTER && is_input_index(n->args[1]);
}

static bool (*const is_of_kind[KIND_COUNT])(const struct node *) = {
    [KIND_OUTER] = is_outer,
    [KIND_INPUT] = is_input,
    [KIND_SUM] = is_sum,
    [KIND_SCATTER] = is_scatter,
};

static void classify(struct sums *s, struct term *t)
{
    t->kind = KIND_OTHER;
    t->node = sole_maker(s, t->value);
    if (t->node && t->node->op == OP_RESHAPE)
        t->node = sole_maker(s, t->node->args[0]);
    for (enum kind k = 0; t->node && k < KIND_COUNT; k++)
        if (is_of_kind[k](t->node))
            t->kind = k;
    t->bound = t->node && mark_of(s->b, t->node)->bound;
}

static int compare_shapes(struct shape a, struct shape b)
{
    int by = a.rank - b.rank;
    for (int i = 0; i < a.rank && by == 0; i++)
        by = (a.dim[i] > b.dim[i]) - (a.dim[i] < b.dim[i]);
    return by;
}

/* Inputs are of one layer, and all or none of them are bound to their time step: what can become
 * tall must not be tied to what cannot. */
static int compare_inputs(const struct term *x, const struct term *y)
{
    const struct scope *s = x->node->scope, *t = y->node->scope;
    int by = (s ? s->id : -1) - (t ? t->id : -1);
    by = by ? by : x->bound - y->bound;
    return by ? by : compare_shapes(x->node->args[1]->type.shape, y->node->args[1]->type.shape);
}

/* 0: the two can be one. */
static int compare_kinds(const struct term *x, const struct term *y)
{
    if (x->kind != y->kind || x->kind == KIND_OTHER)
        return x->kind != y->kind ? (int)x->kind - (int)y->kind : x->position - y->position;
    int by = compare_shapes(node_result(x->node)->type.shape, node_result(y->node)->type.shape);
    return by || x->kind != KIND_INPUT ? by : compare_inputs(x, y);
}

static int compare_terms(const void *x, const void *y)
{
    const struct term *s = x, *t = y;
    int by = compare_kinds(s, t);
    if (by == 0 && s->kind == KIND_INPUT)
        by = compare_weights(s->node->args[1], t->node->args[1]);
    return by || s->kind == KIND_OTHER ? by : compare_time(s->node, t->node);
}

/* How many terms from the first on can be one. */
static int count_alike(const struct term *terms, int count)
{
    int alike = 1;
    while (alike < count && compare_kinds(&terms[0], &terms[alike]) == 0)
        alike++;
    return alike;
}

/* ---- joining --------------------------------------------------------------------------------- */

static const struct {
    int operands, axis; /* how many are joined, along which axis */
    bool padded;        /* see note [padding] */
    int key;            /* the operand that decides: which terms can be one, and what is missing */
} habits[KIND_COUNT] = {
    [KIND_OUTER] = { 2, 0, true, 0 },
    [KIND_INPUT] = { 2, 1, true, 1 },
    [KIND_SUM] = { 1, 0, false, 0 },
    [KIND_SCATTER] = { 2, 0, true, 1 },
};

/* One operand of each term. */
static struct join *find_parts(struct batch *b, const struct term *terms, int count, int arg)
{
    struct value **parts = arena_new_array(b->arena, struct value *, count);
    for (int i = 0; i < count; i++)
        parts[i] = terms[i].node->args[arg];
    return find_join(b, parts, count, habits[terms[0].kind].axis);
}

static struct join *find_key(struct batch *b, const struct term *terms, int count)
{
    return find_parts(b, terms, count, habits[terms[0].kind].key);
}

static struct join *find_wide_key(struct batch *b, const struct term *terms, int count)
{
    struct join *key = find_key(b, terms, count);
    return habits[terms[0].kind].padded ? widen_join(b, key, terms[0].node) : key;
}

/* The joined operands stay within what a value may hold. */
static bool fit_values(struct batch *b, const struct term *terms, int count)
{
    const struct join *wide = find_wide_key(b, terms, count);
    int64_t along = 0, across = 1;
    for (int i = 0; i < wide->count; i++)
        along += wide->parts[i]->type.shape.dim[wide->axis];
    for (int arg = 0; arg < habits[terms[0].kind].operands; arg++) {
        struct shape s = terms[0].node->args[arg]->type.shape;
        int64_t other = shape_elements(s) / s.dim[wide->axis];
        across = other > across ? other : across;
    }
    return fits_value(along, across);
}

/* One weight twice would have to be copied twice. */
static bool are_weights_distinct(const struct term *terms, int count)
{
    bool distinct = true;
    for (int i = 1; i < count && distinct; i++)
        distinct = terms[i].node->args[1] != terms[i - 1].node->args[1];
    return distinct;
}

static bool can_join(struct batch *b, const struct term *terms, int count)
{
    if (count < 2 || terms[0].kind == KIND_OTHER || !fit_values(b, terms, count))
        return false;
    return terms[0].kind != KIND_INPUT ||
           (are_weights_distinct(terms, count) && is_worth_joining(find_wide_key(b, terms, count)));
}

/* The operation of the terms on their joined operands. */
static struct value *build_whole(struct batch *b, const struct term *terms, int count)
{
    const struct node *n = terms[0].node;
    const struct join *key = find_key(b, terms, count), *wide = find_wide_key(b, terms, count);
    struct value *args[2];
    for (int i = 0; i < n->arg_count; i++)
        args[i] = build_join(b, i == habits[terms[0].kind].key
                                    ? find_wide_key(b, terms, count)
                                    : spread_join(b, key, wide, find_parts(b, terms, count, i)));
    struct value *whole =
        build(&b->b, n->op, args, n->arg_count, n->attrs, n->attr_count, node_result(n)->type);
    mark_of(b, whole->def)->bound = mark_of(b, terms[0].node)->bound;
    return whole;
}

static void remove_term(struct batch *b, const struct term *t)
{
    if (t->value->def != t->node)
        node_remove(b->b.list, t->value->def);
    node_remove(b->b.list, t->node);
}

/* The terms become one, which stands in the chain where the earliest of them stood. */
static struct term join_terms(struct batch *b, const struct term *terms, int count)
{
    struct node **nodes = arena_new_array(b->arena, struct node *, count);
    for (int i = 0; i < count; i++)
        nodes[i] = terms[i].node;
    const struct node origin = common_origin(nodes, count);
    const struct type type = terms[0].value->type;
    struct term one = { .value = NULL, .position = terms[0].position };
    b->b.like = &origin;
    b->b.part = origin.part;
    one.value = build_whole(b, terms, count);
    if (!type_equal(one.value->type, type))
        one.value = build(&b->b, OP_RESHAPE, &one.value, 1, NULL, 0, type);
    for (int i = 0; i < count; i++) {
        one.position = terms[i].position < one.position ? terms[i].position : one.position;
        remove_term(b, &terms[i]);
    }
    return one;
}

static int by_position(const void *x, const void *y)
{
    return ((const struct term *)x)->position - ((const struct term *)y)->position;
}

/* The sum of the terms in the place of the root; its value remains the same. */
static void rebuild_chain(struct batch *b, const struct chain *c, const struct term *terms,
                          int count)
{
    struct node *root = c->additions[0];
    struct value *sum = terms[0].value;
    b->b.like = root;
    b->b.part = root->part;
    for (int i = 1; i < count; i++)
        sum = build_binary(&b->b, OP_ADD, sum, terms[i].value);
    struct value *result = node_result(root);
    sum->def->results[0] = result;
    result->def = sum->def;
    for (int i = 0; i < c->addition_count; i++)
        node_remove(b->b.list, c->additions[i]);
}

/* ---- the step -------------------------------------------------------------------------------- */

/* Tells of the joins that the chain will ask for, and of the rows that its products have. */
static void offer_joins(struct batch *b, const struct chain *c)
{
    for (int i = 0, alike; i < c->count; i += alike) {
        const struct term *first = &c->terms[i];
        alike = count_alike(first, c->count - i);
        if (alike < 2 || first->kind == KIND_OTHER || !habits[first->kind].padded)
            continue;
        struct join *key = find_key(b, first, alike);
        key->rows += node_result(first->node)->type.shape.dim[0];
        offer_join(b, key, first->node);
    }
}

static void join_chain(struct batch *b, const struct chain *c)
{
    struct term *terms = arena_new_array(b->arena, struct term, c->count);
    int count = 0;
    b->b.at = c->additions[0];
    for (int i = 0, alike; i < c->count; i += alike) {
        alike = count_alike(c->terms + i, c->count - i);
        if (can_join(b, c->terms + i, alike))
            terms[count++] = join_terms(b, c->terms + i, alike);
        else
            for (int k = 0; k < alike; k++)
                terms[count++] = c->terms[i + k];
    }
    if (count == c->count)
        return;
    qsort(terms, (size_t)count, sizeof *terms, by_position);
    rebuild_chain(b, c, terms, count);
}

static void add_chain(struct sums *s, struct node *root)
{
    struct chain *c = walk_chain(s, root);
    for (int i = 0; i < c->count; i++)
        classify(s, &c->terms[i]);
    qsort(c->terms, (size_t)c->count, sizeof *c->terms, compare_terms);
    offer_joins(s->b, c);
    *s->end = c;
    s->end = &c->next;
}

/* Additions whose only use is another addition are part of its chain. */
static void find_chains(struct sums *s)
{
    for (struct node *n = s->b->program->first; n; n = n->next)
        for (int i = 0; i < n->arg_count && is_addition(n); i++)
            if (inner_addition(s, n->args[i]))
                mark_of(s->b, n->args[i]->def)->inner = true;
    for (struct node *n = s->b->program->first; n; n = n->next)
        if (is_addition(n) && !mark_of(s->b, n)->inner)
            add_chain(s, n);
}

void batch_sums(struct batch *b)
{
    const int room = b->program->next_id + 1;
    struct sums s = { .b = b, .uses = count_uses(b->program) };
    s.pending = arena_new_array(b->arena, struct value *, room);
    s.additions = arena_new_array(b->arena, struct node *, room);
    s.terms = arena_new_array(b->arena, struct term, room);
    s.end = &s.first;
    find_chains(&s);
    for (struct chain *c = s.first; c; c = c->next)
        join_chain(b, c);
    number_nodes(b);
}
