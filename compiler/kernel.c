/* Groups of elementwise nodes become kernels. A kernel is built for each, and given up if an equal
 * one is there already: bodies are written in an order that follows from the body alone, so equal
 * time steps have equal kernels. */
#include "fuse.h"
#include <string.h>

enum { MAX_BODY = 256, MAX_RESULTS = 64 }; /* what is longer is cut; no time step is */

/* What a kernel is named after, kept as its note until all are known. */
struct label {
    const struct scope *scope;
    enum part part;
};

/* ---- bodies ---------------------------------------------------------------------------------- */

/* What a call is made from: nodes in the order of the body, the operands and the results that the
 * program knows. */
struct body {
    struct kernels *kernels;
    struct fusion *fusion;
    const int *uses;             /* in the whole program */
    const struct group *product; /* whose product the body begins with; NULL: none */
    struct node **nodes;
    int count;
    struct value **operands, **results;
    int operand_count, result_count;
};

static bool is_inside(const struct body *b, const struct value *v)
{
    return v->def && slot_of(v->def)->segment == b->kernels->segments;
}

/* Is v wanted outside, or nowhere at all? */
static bool is_result(const struct body *b, const struct value *v)
{
    return b->uses[v->id] == 0 || b->uses[v->id] > slot_of(v->def)->inner_uses;
}

/* Marks the nodes as those of one kernel, and counts its results. */
static int mark_inside(struct body *b)
{
    int results = 0;
    b->kernels->segments++;
    for (int i = 0; i < b->count; i++) {
        slot_of(b->nodes[i])->segment = b->kernels->segments;
        slot_of(b->nodes[i])->inner_uses = 0;
    }
    for (int i = 0; i < b->count; i++)
        for (int k = 0; k < b->nodes[i]->arg_count; k++)
            if (is_inside(b, b->nodes[i]->args[k]))
                slot_of(b->nodes[i]->args[k]->def)->inner_uses++;
    for (int i = 0; i < b->count; i++)
        results += is_result(b, node_result(b->nodes[i]));
    return results;
}

static bool has_real_operand(const struct node *n)
{
    bool real = false;
    for (int i = 0; i < n->arg_count && !real; i++)
        real = n->args[i]->type.elem == ELEM_REAL;
    return real;
}

/* A kernel has constants of its own. A double that meets a real number is one. */
static struct value *clone_const(struct list list, const struct value *v, const struct node *user)
{
    struct node *n = node_new(list, OP_CONST, 0, 1, 1);
    n->attrs[0] = v->def->attrs[0];
    n->results[0]->type = v->type;
    if (v->type.elem == ELEM_DOUBLE && has_real_operand(user))
        n->results[0]->type.elem = ELEM_REAL;
    node_insert(list, n, NULL);
    return n->results[0];
}

/* What v is in the kernel: its note, but for doubles, which may be both double and real there. */
static struct value *operand_inside(struct list list, struct value *v, const struct node *user)
{
    if (v->note)
        return v->note;
    struct value *clone = clone_const(list, v, user);
    if (v->type.elem != ELEM_DOUBLE)
        v->note = clone;
    return clone;
}

/* Random nodes take the time step from the call. */
static int clone_attrs(const struct node *n, struct attr *attrs)
{
    int count = 0;
    for (int i = 0; i < n->attr_count; i++)
        if (n->op != OP_BERNOULLI || strcmp(n->attrs[i].key, "t") != 0)
            attrs[count++] = n->attrs[i];
    return count;
}

static void clone_node(struct list list, const struct node *n)
{
    struct value **args = arena_new_array(list.module->nodes, struct value *, n->arg_count);
    for (int i = 0; i < n->arg_count; i++)
        args[i] = operand_inside(list, n->args[i], n);
    struct node *clone = node_new(list, n->op, 0, 1, n->attr_count);
    clone->attr_count = clone_attrs(n, clone->attrs);
    clone->arg_count = n->arg_count;
    clone->args = args;
    clone->results[0]->type = node_result(n)->type;
    node_insert(list, clone, NULL);
    node_result(n)->note = clone->results[0];
}

static void add_operands(struct body *b, struct kernel *k, const struct node *n)
{
    for (int i = 0; i < n->arg_count; i++) {
        struct value *v = n->args[i];
        if (v->note || value_is_const(v, NULL) || is_inside(b, v))
            continue;
        v->note = kernel_param(b->kernels->module, k, v->type);
        b->operands[b->operand_count++] = v;
    }
}

/* Are the sums of its product a result? Those of a weight's gradient are (product.c). */
static bool is_product_result(const struct body *b)
{
    return b->product && attr_flag(b->product->product, "ta");
}

static void add_result(struct body *b, struct kernel *k, struct value *v)
{
    b->results[b->result_count++] = v;
    k->results[k->result_count++] = v->note;
}

/* The product first, then its parts. */
static void clone_product(struct body *b, struct kernel *k)
{
    const struct group *g = b->product;
    struct list list = kernel_list(b->kernels->module, k);
    add_operands(b, k, g->product);
    clone_node(list, g->product);
    for (int i = 0; i < g->cut_count; i++)
        clone_node(list, g->cuts[i]);
}

static void clear_operands(const struct node *n)
{
    node_result(n)->note = NULL;
    for (int i = 0; i < n->arg_count; i++)
        n->args[i]->note = NULL;
}

static void build_kernel(struct body *b, struct kernel *k)
{
    struct module *m = b->kernels->module;
    k->space = (struct type){ .elem = ELEM_REAL, .shape = node_result(b->nodes[0])->type.shape };
    if (b->product)
        clone_product(b, k);
    for (int i = 0; i < b->count; i++)
        add_operands(b, k, b->nodes[i]);
    for (int i = 0; i < b->count; i++)
        clone_node(kernel_list(m, k), b->nodes[i]);
    k->results = arena_new_array(m->nodes, struct value *, b->count + 1);
    if (is_product_result(b))
        add_result(b, k, node_result(b->product->product));
    for (int i = 0; i < b->count; i++)
        if (is_result(b, node_result(b->nodes[i])))
            add_result(b, k, node_result(b->nodes[i]));
    for (int i = 0; i < b->count; i++)
        clear_operands(b->nodes[i]);
    if (b->product)
        clear_operands(b->product->product);
    for (int i = 0; b->product && i < b->product->cut_count; i++)
        clear_operands(b->product->cuts[i]);
}

/* ---- equal kernels --------------------------------------------------------------------------- */

static uint64_t hash_node(uint64_t h, const struct node *n)
{
    h = hash_word(h, n->op);
    for (int i = 0; i < n->arg_count; i++)
        h = hash_word(h, (uint64_t)n->args[i]->id);
    return h;
}

static uint64_t hash_kernel(const struct kernel *k)
{
    uint64_t h = hash_word((uint64_t)k->param_count, (uint64_t)shape_elements(k->space.shape));
    for (const struct node *n = k->first; n; n = n->next)
        h = hash_node(h, n);
    return hash_word(h, (uint64_t)k->result_count);
}

static bool are_values_equal(struct value *const *a, struct value *const *b, int count)
{
    bool equal = true;
    for (int i = 0; i < count && equal; i++)
        equal = a[i]->id == b[i]->id && type_equal(a[i]->type, b[i]->type);
    return equal;
}

static bool are_nodes_equal(const struct node *a, const struct node *b)
{
    return a->op == b->op && a->arg_count == b->arg_count && attrs_equal(a, b) &&
           are_values_equal(a->args, b->args, a->arg_count) &&
           are_values_equal(a->results, b->results, 1);
}

/* Ids count from 0 in every kernel: they are equal where the bodies are. */
static int are_kernels_equal(const void *item, const void *key)
{
    const struct kernel *a = item, *b = key;
    bool equal = type_equal(a->space, b->space) && a->param_count == b->param_count &&
                 a->result_count == b->result_count &&
                 are_values_equal(a->params, b->params, a->param_count) &&
                 are_values_equal(a->results, b->results, a->result_count);
    const struct node *m = a->first, *n = b->first;
    for (; equal && m && n; m = m->next, n = n->next)
        equal = are_nodes_equal(m, n);
    return equal && !m && !n;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static int scope_key(const struct node *n)
{
    return n->scope ? n->scope->id + 1 : 0;
}

static int time_key(const struct node *n)
{
    return n->t + 1;
}

/* The node whose key most nodes have; of equals the first. */
static const struct node *find_usual(const struct body *b, int (*key)(const struct node *))
{
    int *tally = b->kernels->tally;
    const struct node *usual = b->nodes[0];
    for (int i = 0; i < b->count; i++)
        tally[key(b->nodes[i])]++;
    for (int i = 1; i < b->count; i++)
        if (tally[key(b->nodes[i])] > tally[key(usual)])
            usual = b->nodes[i];
    for (int i = 0; i < b->count; i++)
        tally[key(b->nodes[i])] = 0;
    return usual;
}

/* The time step of the random nodes, whose bits depend on it, else the call's own. */
static int random_time(const struct body *b, int own)
{
    for (int i = 0; i < b->count; i++)
        if (b->nodes[i]->op == OP_BERNOULLI)
            return (int)attr_int(b->nodes[i], "t", 0);
    return own;
}

static void build_call(struct body *b, struct kernel *k, struct node *before)
{
    struct list list = program_list(b->fusion->program);
    const struct node *like = find_usual(b, scope_key);
    const int own = find_usual(b, time_key)->t, t = random_time(b, own);
    struct node *call = node_new(list, OP_CALL, b->operand_count, 0, t >= 0);
    call->kernel = k;
    call->args = b->operands;
    call->results = b->results;
    call->result_count = b->result_count;
    for (int i = 0; i < b->result_count; i++)
        b->results[i]->def = call;
    if (t >= 0)
        call->attrs[0] = attr_make_int("t", t);
    call->scope = like->scope;
    call->line = like->line;
    call->t = own;
    call->part = slot_of(b->nodes[0])->part;
    call->note = arena_alloc(b->fusion->arena, sizeof(struct slot));
    node_insert(list, call, before);
}

static struct kernel *keep_kernel(struct body *b, const struct kernel *built)
{
    struct kernels *all = b->kernels;
    struct kernel *k = arena_alloc(all->module->arena, sizeof *k);
    struct label *label = arena_alloc(all->module->arena, sizeof *label);
    *label = (struct label){ find_usual(b, scope_key)->scope, slot_of(b->nodes[0])->part };
    *k = *built;
    k->note = label;
    *all->end = k;
    all->end = &k->next;
    return k;
}

/* The kernel of the body; its nodes are given up if an equal one is there. */
static struct kernel *find_kernel(struct body *b)
{
    struct kernels *all = b->kernels;
    const struct arena_mark start = arena_mark(all->module->nodes);
    struct kernel built = { 0 };
    build_kernel(b, &built);
    const uint64_t hash = hash_kernel(&built);
    struct kernel *k = table_find(&all->found, hash, are_kernels_equal, &built);
    if (k) {
        arena_release(all->module->nodes, start);
        return k;
    }
    k = keep_kernel(b, &built);
    table_add(&all->found, hash, k);
    return k;
}

/* The nodes become one call, which stands before `before`. */
static void make_call(struct body *b, struct node *before)
{
    struct arena *a = b->kernels->module->nodes;
    struct list list = program_list(b->fusion->program);
    int operands = b->product ? 2 : 0;
    for (int i = 0; i < b->count; i++)
        operands += b->nodes[i]->arg_count;
    b->operands = arena_new_array(a, struct value *, operands);
    b->results = arena_new_array(a, struct value *, b->count + 1);
    build_call(b, find_kernel(b), before);
    if (b->product && b->product->check && b->product->check != before) {
        node_remove(list, b->product->check);
        node_insert(list, b->product->check, before);
    }
    for (int i = 0; i < b->count; i++)
        node_remove(list, b->nodes[i]);
    for (int i = 0; b->product && i < b->product->cut_count; i++)
        node_remove(list, b->product->cuts[i]);
    if (b->product)
        node_remove(list, b->product->product);
}

/* ---- from groups to calls -------------------------------------------------------------------- */

/* Random nodes of another time step than the first get a kernel of their own: a call has one time
 * step. */
static void evict_random(struct body *b, struct group *g, struct node *before)
{
    const struct node *first = NULL;
    int count = 0;
    for (int i = 0; i < g->count; i++) {
        struct node *n = g->nodes[i];
        bool random = n->op == OP_BERNOULLI;
        first = random && !first ? n : first;
        if (!random || attr_int(n, "t", 0) == attr_int(first, "t", 0)) {
            g->nodes[count++] = n;
            continue;
        }
        struct body alone = *b;
        alone.nodes = &n;
        alone.count = 1;
        mark_inside(&alone);
        make_call(&alone, before);
    }
    g->count = count;
}

static void make_calls(struct body all, struct group *g, struct node *before)
{
    evict_random(&all, g, before);
    order_group(all.fusion, g);
    for (int done = 0; done < g->count;) {
        struct body b = all;
        b.nodes = g->nodes + done;
        b.count = g->count - done < MAX_BODY ? g->count - done : MAX_BODY;
        while (mark_inside(&b) > MAX_RESULTS)
            b.count /= 2;
        b.product = g->product && b.count == g->count ? g : NULL; /* all who use it are there */
        make_call(&b, before);
        done += b.count;
    }
}

static void open_tally(struct kernels *k, const struct program *p)
{
    int keys = k->module->scope_count + 1;
    for (const struct node *n = p->first; n; n = n->next)
        keys = time_key(n) >= keys ? time_key(n) + 1 : keys;
    k->tally = arena_new_array(k->module->scratch, int, keys);
}

/* needs   groups; values without notes
 * keeps   every value that is used outside its kernel, as a result of the call
 * breaks  the slots */
void make_kernels(struct kernels *k, struct fusion *f)
{
    struct program *p = f->program;
    const struct body all = { .kernels = k, .fusion = f, .uses = count_uses(p) };
    open_tally(k, p);
    for (struct node *n = p->first, *next; n; n = next) {
        next = n->next;
        if (!slot_of(n)->fusable)
            continue;
        struct group *g = group_of(n);
        g->nodes[g->listed++] = n;
        if (g->listed == g->count)
            make_calls(all, g, next);
    }
}

/* ---- names ----------------------------------------------------------------------------------- */

/* How many kernels want a name. */
struct base {
    const char *name;
    int count, named;
};

static const char *base_of(struct arena *a, const struct kernel *k)
{
    const struct label *label = k->note;
    const char *part = part_words[label->part];
    if (!label->scope)
        return part;
    char *name = arena_printf(a, "%s_%s", label->scope->name, part);
    for (char *c = name; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c))
            *c = '_';
    return name;
}

static int has_name(const void *item, const void *key)
{
    return strcmp(((const struct base *)item)->name, key) == 0;
}

static struct base *find_base(struct table *bases, const char *name)
{
    const uint64_t hash = hash_text(name);
    struct base *base = table_find(bases, hash, has_name, name);
    if (base)
        return base;
    base = arena_alloc(bases->arena, sizeof *base);
    base->name = name;
    table_add(bases, hash, base);
    return base;
}

/* After layer and part of the program: lstm_forward, or lstm_forward_0 and so on where there are
 * several. */
void name_kernels(struct kernels *k)
{
    struct table bases = { .arena = k->module->arena };
    for (struct kernel *each = k->module->kernels; each; each = each->next)
        if (each->note)
            find_base(&bases, base_of(bases.arena, each))->count++;
    for (struct kernel *each = k->module->kernels; each; each = each->next) {
        if (!each->note)
            continue;
        struct base *base = find_base(&bases, base_of(bases.arena, each));
        each->name = base->count > 1 ? arena_printf(bases.arena, "%s_%d", base->name, base->named++)
                                     : base->name;
    }
}
