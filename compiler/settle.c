/* Before the schedule: sees to it that everything can live where it is asked to, by copies where
 * there is no other way (note [homes] in home.c). A copy is a call of a kernel of one node, like
 * any other work. */
#include "diag.h"
#include "home.h"
#include <stdlib.h>

/* ---- kernels ------------------------------------------------------------------------------- */

static bool is_copy_kernel(const struct kernel *k)
{
    const enum op op = k->first ? k->first->op : OP_COUNT;
    return k->param_count == 1 && k->result_count == 1 && k->first == k->last &&
           (op == OP_EXPAND || op == OP_BF16) &&
           type_equal(k->params[0]->type, k->results[0]->type);
}

int program_copies(const struct program *p)
{
    int copies = 0;
    for (const struct node *n = p->first; n; n = n->next)
        copies += n->op == OP_CALL && is_copy_kernel(n->kernel);
    return copies;
}

static bool is_fill_kernel(const struct kernel *k, const struct node *constant)
{
    return k->param_count == 0 && k->first && k->first == k->last && k->first->op == OP_CONST &&
           type_equal(node_result(k->first)->type, node_result(constant)->type) &&
           attrs_equal(k->first, constant);
}

/* copy_30_300, or copy_30_300_v2 if there is a kernel of that name already. */
static const char *free_name(struct module *m, const char *verb, struct shape s)
{
    for (int i = 0; i < s.rank; i++)
        verb = arena_printf(m->arena, "%s_%lld", verb, (long long)s.dim[i]);
    const char *name = verb;
    for (int i = 2; kernel_find(m, name); i++)
        name = arena_printf(m->arena, "%s_v%d", verb, i);
    return name;
}

static void return_value(struct module *m, struct kernel *k, struct value *v)
{
    k->results = arena_new_array(m->nodes, struct value *, 1);
    k->results[k->result_count++] = v;
}

static struct kernel *copy_kernel(struct module *m, struct type type)
{
    for (struct kernel *k = m->kernels; k; k = k->next)
        if (is_copy_kernel(k) && type_equal(k->params[0]->type, type))
            return k;
    struct type space = type;
    space.elem = ELEM_REAL;
    struct kernel *k = kernel_add(m, free_name(m, "copy", type.shape), space);
    struct value *from = kernel_param(m, k, type);
    struct builder b = { .list = kernel_list(m, k) };
    return_value(m, k,
                 build(&b, type.elem == ELEM_BF16 ? OP_BF16 : OP_EXPAND, &from, 1, NULL, 0, type));
    return k;
}

static struct kernel *fill_kernel(struct module *m, const struct node *constant)
{
    struct type type = node_result(constant)->type;
    for (struct kernel *k = m->kernels; k; k = k->next)
        if (is_fill_kernel(k, constant))
            return k;
    struct type space = type_of(ELEM_REAL, type.shape.rank, type.shape.dim);
    struct kernel *k = kernel_add(m, free_name(m, "fill", type.shape), space);
    struct builder b = { .list = kernel_list(m, k) };
    return_value(m, k, build_const(&b, attr_num(constant, "value", 0), type));
    return k;
}

/* A call of one result, with the origin of `like`, before `at`. */
static struct value *insert_call(struct program *p, struct kernel *k, struct value *arg,
                                 const struct node *like, struct node *at)
{
    struct node *call = node_new(program_list(p), OP_CALL, arg != NULL, 1, 0);
    if (arg)
        call->args[0] = arg;
    call->kernel = k;
    call->results[0]->type = k->results[0]->type;
    call->scope = like->scope;
    call->t = like->t;
    call->part = like->part;
    call->line = like->line;
    node_insert(program_list(p), call, at);
    return call->results[0];
}

/* ---- constants ----------------------------------------------------------------------------- */

static bool is_bare_constant(const struct node *n)
{
    return n && n->op == OP_CONST && node_result(n)->type.elem != ELEM_DOUBLE;
}

/* What fuse left outside of kernels, as an operand of a product or a part of a concat, must be
 * written somewhere by someone: for each user anew, since a copy is no cheaper. */
static void fill_constants(struct program *p)
{
    for (struct node *n = p->first, *next; n; n = next) {
        next = n->next;
        for (int i = 0; i < n->arg_count; i++) {
            struct node *constant = n->args[i]->def;
            if (!is_bare_constant(constant))
                continue;
            if (n->args[i]->type.elem == ELEM_INDEX)
                err("program %s: %%%d: constant indices are not computed by any kernel", p->name,
                    n->args[i]->id);
            n->args[i] = insert_call(p, fill_kernel(p->module, constant), NULL, n, n);
        }
        if (is_bare_constant(n))
            node_remove(program_list(p), n);
    }
}

/* ---- copies -------------------------------------------------------------------------------- */

struct settler {
    struct program *p;
    struct module *m;
    bool changed;
    struct copy **copies; /* by value id: those made of it in this round */
    struct home *parts;   /* of the concat at hand */
    int capacity;
};

/* Two concats of which one is a part of the other ask for the same copy. */
struct copy {
    struct value *value;
    struct home home;
    struct copy *next;
};

static bool was_computed(const struct value *v)
{
    return v->def && v->def->op != OP_INPUT;
}

/* A copy of v before the node `at`, for `user`, after whom it is named unless v has an origin
 * itself. */
static struct value *copy_value(struct settler *s, struct value *v, const struct node *user,
                                struct node *at)
{
    if (v->type.elem != ELEM_REAL && v->type.elem != ELEM_BF16)
        err("program %s: %%%d of type %s would have to be copied for `%s`, which only reals can",
            s->p->name, v->id, type_text(s->m->arena, v->type), op_table[user->op].name);
    s->changed = true;
    return insert_call(s->p, copy_kernel(s->m, v->type), v, was_computed(v) ? v->def : user, at);
}

/* What was computed is copied at once, while it is in the caches; what was there before, when it is
 * needed. */
static struct value *copy_early(struct settler *s, struct value *v, struct node *user)
{
    return copy_value(s, v, user, was_computed(v) ? v->def->next : user);
}

static struct value *copy_for_part(struct settler *s, struct value *v, const struct home *home,
                                   struct node *concat)
{
    struct copy **made = v->tensor ? NULL : &s->copies[v->id];
    for (struct copy *c = made ? *made : NULL; c; c = c->next)
        if (home_equal(&c->home, home))
            return c->value;
    struct copy *c = arena_alloc(s->m->scratch, sizeof *c);
    *c = (struct copy){ copy_early(s, v, concat), *home, made ? *made : NULL };
    if (made)
        *made = c;
    return c->value;
}

static void settle_concat(struct settler *s, struct node *n)
{
    if (n->arg_count > s->capacity) {
        s->capacity = 2 * n->arg_count;
        s->parts = arena_new_array(s->m->scratch, struct home, s->capacity);
    }
    homes_of_parts(n, s->parts);
    for (int i = 0; i < n->arg_count; i++)
        if (!home_equal(home_of(n->args[i]), &s->parts[i]))
            n->args[i] = copy_for_part(s, n->args[i], &s->parts[i], n);
}

static bool shows_tensor(const struct value *v)
{
    while (v->def && op_table[v->def->op].class == CLASS_VIEW)
        v = v->def->args[0];
    return v->tensor != NULL;
}

/* The runtime takes a result as a plain array, when the program has ended: a tensor may be
 * another by then. (What has no home yet will have one when we look again.) */
static bool is_presentable(const struct value *v)
{
    const struct home *h = home_of(v);
    return !h || !h->root || (home_is_contiguous(h, v) && !shows_tensor(v));
}

static void settle_node(struct settler *s, struct node *n)
{
    const struct home *h = n->arg_count > 0 ? home_of(n->args[0]) : NULL;
    if (n->op == OP_CONCAT)
        settle_concat(s, n);
    else if (n->op == OP_RESHAPE && h && h->root && !home_of(n->results[0])->root)
        n->args[0] = copy_early(s, n->args[0], n);
    else if (n->op == OP_RESULT && !is_presentable(n->args[0]))
        n->args[0] = copy_early(s, n->args[0], n);
    else if (n->op == OP_ASSIGN && !home_equal(h, home_of(n->args[1])))
        n->args[1] = copy_value(s, n->args[1], n, n);
}

/* Needs the stage opt; breaks nothing, adds copies only. Afterwards every part of a concat lives
 * in it, every assigned value in its tensor, every reshape has a home, every result is a plain
 * array. A copy can be in the way of another demand, so it looks again until nothing is left to
 * do; each look is linear. */
struct homes *settle(struct program *p)
{
    struct settler s = { .p = p, .m = p->module };
    fill_constants(p);
    for (;;) {
        struct homes *homes = homes_find(p);
        s.changed = false;
        s.copies = arena_new_array(s.m->scratch, struct copy *, p->next_id);
        for (struct node *n = p->first; n; n = n->next)
            settle_node(&s, n);
        if (!s.changed)
            return homes;
        clear_notes(p);
    }
}
