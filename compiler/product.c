/* Which products go into the kernel of the elementwise nodes that use them: h U of a cell, whose
 * gates are then computed while the sums are in a near cache, and a weight's gradient, behind
 * which the weight is updated. All that is wanted of such a product are its parts (the gates) or
 * itself, by one group, before its operands change. A gradient is a result of the kernel, so that a
 * check may read it, too. */
#include "fuse.h"

/* A kernel's product reads panels (layout.c), which are worth it for many rows only. */
enum { ROWS = 64, FEW_ROWS = 4 };

/* A product that may go into a group, found by the slots of its node and of its cuts. */
struct product {
    struct slot *slot;
    struct group *group;
    int64_t width; /* of a cut; 0: there are none */
    int uses;      /* seen of its result, but for a check */
    int cuts;
    bool unfit;
    struct node *check;
    struct cut *first;
    struct product *next;
};

struct cut {
    struct node *node;
    int uses;
    struct cut *next;
};

struct search {
    struct fusion *f;
    const int *uses; /* in the whole program */
    struct table rows;
    struct product *products, **end;
};

/* ---- candidates ------------------------------------------------------------------------------ */

/* How many rows meet a right operand in all. */
struct meeting {
    const struct value *right;
    int64_t rows;
};

static int meets(const void *item, const void *key)
{
    return ((const struct meeting *)item)->right == key;
}

static bool is_product(const struct node *n)
{
    return n->op == OP_MATMUL && !attr_flag(n, "ta");
}

static bool is_gradient(const struct node *n)
{
    return n->op == OP_MATMUL && attr_flag(n, "ta") && product_is_deep(n);
}

static struct meeting *meeting_of(struct search *s, const struct value *right)
{
    const uint64_t hash = hash_pointer(0, right);
    struct meeting *m = table_find(&s->rows, hash, meets, right);
    if (m)
        return m;
    m = arena_alloc(s->f->arena, sizeof *m);
    m->right = right;
    table_add(&s->rows, hash, m);
    return m;
}

/* Where a tensor is assigned: its note. */
static void note_assigns(struct fusion *f)
{
    for (struct tensor *t = f->program->module->tensors; t; t = t->next)
        t->value.note = NULL;
    for (struct node *n = f->program->first; n; n = n->next)
        if (n->op == OP_ASSIGN)
            n->args[0]->note = n;
}

/* Is v the same at n still? Of what shows a tensor it is not asked. */
static bool lasts_until(const struct slot *slot, int arg, const struct node *n)
{
    const struct value *v = slot->node->args[arg];
    const struct node *assign = v->tensor ? v->note : NULL;
    return !(slot->defs[arg] && slot->defs[arg]->shows) && (!assign || assign->order > n->order);
}

/* Constants are no parameters of a kernel. */
static bool is_candidate(struct search *s, const struct node *n)
{
    if (n->op != OP_MATMUL || value_is_const(n->args[0], NULL) || value_is_const(n->args[1], NULL))
        return false;
    if (!is_product(n))
        return is_gradient(n);
    return node_result(n)->type.shape.dim[0] >= FEW_ROWS && meeting_of(s, n->args[1])->rows >= ROWS;
}

static void open_product(struct search *s, struct slot *slot)
{
    struct product *p = arena_alloc(s->f->arena, sizeof *p);
    p->slot = slot;
    slot->product = p;
    *s->end = p;
    s->end = &p->next;
}

/* ---- uses ------------------------------------------------------------------------------------ */

/* One of equal parts, side by side. */
static void add_cut(struct search *s, struct slot *slot, struct product *p)
{
    const int64_t start = attr_int(slot->node, "start", 0);
    const int64_t width = attr_int(slot->node, "stop", 0) - start;
    struct cut *cut = arena_alloc(s->f->arena, sizeof *cut), **at = &p->first;
    while (*at && attr_int((*at)->node, "start", 0) < start)
        at = &(*at)->next;
    *cut = (struct cut){ .node = slot->node, .next = *at };
    *at = cut;
    p->unfit |= (p->width && p->width != width) || start % width != 0 ||
                node_result(p->slot->node)->type.shape.dim[1] % width != 0;
    p->width = width;
    p->cuts++;
    p->uses++;
    slot->product = p;
    slot->cut = cut;
}

static void add_use(struct slot *user, struct slot *def, struct product *p)
{
    struct group *g = user->fusable ? group_of(user->node) : NULL;
    const struct shape shape = node_result(def->node)->type.shape;
    if (!g || (p->group && p->group != g) || !lasts_until(p->slot, 0, user->node) ||
        !lasts_until(p->slot, 1, user->node) ||
        !shape_equal(shape, node_result(user->node)->type.shape)) {
        p->unfit = true;
        return;
    }
    p->group = g;
    if (def->cut)
        def->cut->uses++;
    else
        p->uses++;
}

static void look_at(struct search *s, struct slot *slot)
{
    if (is_candidate(s, slot->node))
        open_product(s, slot);
    for (int i = 0; i < slot->arg_count; i++) {
        struct slot *def = slot->defs[i];
        struct product *p = def ? def->product : NULL;
        if (!p)
            continue;
        if (slot->node->op == OP_COLS && def == p->slot)
            add_cut(s, slot, p);
        else if (slot->node->op == OP_CHECK && is_gradient(p->slot->node) && !p->check)
            p->check = slot->node;
        else
            add_use(slot, def, p);
    }
}

/* ---- the choice ------------------------------------------------------------------------------ */

static bool fits(const struct search *s, const struct product *p)
{
    const int uses = p->uses + (p->check != NULL);
    bool fit = !p->unfit && p->group && uses == s->uses[node_result(p->slot->node)->id] &&
               (p->cuts == 0 || (p->uses == p->cuts && !is_gradient(p->slot->node)));
    for (const struct cut *c = p->first; c && fit; c = c->next)
        fit = c->uses == s->uses[node_result(c->node)->id];
    return fit;
}

static int64_t work_of(const struct node *n)
{
    return shape_elements(n->args[1]->type.shape);
}

static void give_to_group(struct fusion *f, const struct product *p)
{
    struct group *g = p->group;
    if (g->product && work_of(g->product) >= work_of(p->slot->node))
        return;
    g->product = p->slot->node;
    g->check = p->check;
    g->cuts = arena_new_array(f->arena, struct node *, p->cuts);
    g->cut_count = 0;
    for (const struct cut *c = p->first; c; c = c->next)
        g->cuts[g->cut_count++] = c->node;
}

/* Of several that could go into one group the largest does. */
void find_products(struct fusion *f)
{
    struct search s = { .f = f, .uses = count_uses(f->program), .rows.arena = f->arena };
    s.end = &s.products;
    program_number(f->program);
    note_assigns(f);
    for (struct slot *slot = f->slots; slot < f->slots + f->count; slot++)
        if (is_product(slot->node))
            meeting_of(&s, slot->node->args[1])->rows += node_result(slot->node)->type.shape.dim[0];
    for (struct slot *slot = f->slots; slot < f->slots + f->count; slot++)
        look_at(&s, slot);
    for (const struct product *p = s.products; p; p = p->next)
        if (fits(&s, p))
            give_to_group(f, p);
    for (struct tensor *t = f->program->module->tensors; t; t = t->next)
        t->value.note = NULL;
}
