/* In which order kernels run.
 *
 * note [levels of kernels]: the level of a node is the number of borders on the longest path to it.
 * There is a border before and behind all that is no elementwise operation, and between elementwise
 * nodes over different index spaces or of different parts of the program. What one border does not
 * separate can be computed in one loop. Views are free: a view of a product has the product's
 * level; but a view of an elementwise value needs that value to be finished.
 *
 * Each node has the earliest level that it can have. Elementwise nodes that could as well wait, and
 * gain nothing from what is computed beside them, are then moved up to the first of their uses:
 * masks are drawn, and mask * dx is computed, in the kernel that uses them. The others are
 * anchored: to a use that cannot wait, or to an operand in the same kernel. So h_t * mask_t stays
 * with h_t, though all steps' are needed only when the last is there. Products keep the early
 * level. */
#include "fuse.h"
#include <limits.h>

enum { NEVER = INT_MAX };

/* ---- slots ----------------------------------------------------------------------------------- */

static int same_shape(const void *item, const void *key)
{
    return shape_equal(((const struct slot *)item)->node->results[0]->type.shape,
                       ((const struct slot *)key)->node->results[0]->type.shape);
}

/* A number for the shape of the slot's only result: that of the first slot which has it. */
static int shape_number(struct table *shapes, struct slot *s, int fresh)
{
    const struct shape *shape = &node_result(s->node)->type.shape;
    uint64_t hash = (uint64_t)shape->rank;
    for (int i = 0; i < shape->rank; i++)
        hash = hash_word(hash, (uint64_t)shape->dim[i]);
    struct slot *first = table_find(shapes, hash, same_shape, s);
    if (first)
        return first->shape;
    table_add(shapes, hash, s);
    return fresh;
}

static void classify(struct slot *s)
{
    const struct node *n = s->node;
    bool elementwise = op_is_elementwise(n->op);
    s->is_view = op_table[n->op].class == CLASS_VIEW;
    s->is_source = op_table[n->op].class == CLASS_SOURCE;
    s->is_host = elementwise && node_result(n)->type.elem == ELEM_DOUBLE;
    s->fusable = (elementwise && !s->is_host) || n->op == OP_BERNOULLI;
    /* what costs nothing, or does not care when it runs */
    s->movable = s->fusable || s->is_view || s->is_host || n->op == OP_CONST;
}

static void fill_slot(struct slot *s, struct node *n, struct table *shapes, int number)
{
    *s = (struct slot){ .node = n, .defs = s->defs, .part = n->part, .leader = s };
    n->note = s;
    for (int i = 0; i < n->result_count; i++)
        n->results[i]->note = NULL;
    for (int i = 0; i < n->arg_count; i++)
        s->defs[i] = n->args[i]->def ? n->args[i]->def->note : NULL;
    s->arg_count = n->arg_count;
    classify(s);
    if (s->fusable)
        s->shape = shape_number(shapes, s, number);
}

struct fusion *open_slots(struct program *p)
{
    struct arena *a = p->module->scratch;
    struct fusion *f = arena_alloc(a, sizeof *f);
    struct table shapes = { .arena = a };
    int args = 0, i = 0;
    *f = (struct fusion){ .program = p, .arena = a };
    for (const struct node *n = p->first; n; n = n->next, f->count++)
        args += n->arg_count;
    f->slots = arena_new_array(a, struct slot, f->count);
    struct slot **defs = arena_new_array(a, struct slot *, args);
    for (struct node *n = p->first; n; defs += n->arg_count, n = n->next, i++) {
        f->slots[i].defs = defs;
        fill_slot(&f->slots[i], n, &shapes, i);
    }
    for (struct tensor *t = p->module->tensors; t; t = t->next)
        t->value.note = NULL;
    return f;
}

/* ---- small questions ------------------------------------------------------------------------- */

/* The borders between a node and one that uses it, 0 or 1. */
static int borders(const struct slot *def, const struct slot *user)
{
    if (user->is_view)
        return def->fusable;
    if (user->is_host)
        return !def->is_host && !def->is_source;
    return !can_share(def, user);
}

/* Of a tensor: the levels of those who read it and of the node that writes it. */
struct access {
    int read, written;
};

static struct access *access_of(const struct tensor *t)
{
    return t->value.note;
}

/* The tensor that s reads by an operand, directly or in a view; NULL: none. */
static const struct tensor *tensor_read(const struct slot *s, int arg)
{
    if (s->node->op == OP_ASSIGN && arg == 0)
        return NULL;
    return s->defs[arg] ? s->defs[arg]->shows : s->node->args[arg]->tensor;
}

static void lower(int *limit, int level)
{
    *limit = *limit < level ? *limit : level;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void clear_limits(struct fusion *f)
{
    for (struct slot *s = f->slots; s < f->slots + f->count; s++)
        s->limit = NEVER;
}

/* A node that only the backward pass uses is computed there, whoever traced it. */
static void find_parts(struct fusion *f)
{
    clear_limits(f);
    for (struct slot *s = f->slots + f->count; s-- > f->slots;) {
        if (s->fusable && s->limit != NEVER && s->limit > (int)s->part)
            s->part = (enum part)s->limit;
        for (int i = 0; i < s->arg_count; i++)
            if (s->defs[i])
                lower(&s->defs[i]->limit, (int)s->part);
    }
}

/* ---- levels ---------------------------------------------------------------------------------- */

static void open_accesses(struct fusion *f)
{
    for (struct tensor *t = f->program->module->tensors; t; t = t->next) {
        struct access *a = t->value.note = arena_alloc(f->arena, sizeof *a);
        *a = (struct access){ .read = -1, .written = NEVER };
    }
}

static void close_accesses(struct fusion *f)
{
    for (struct tensor *t = f->program->module->tensors; t; t = t->next)
        t->value.note = NULL;
}

/* A tensor is written behind all who read it: its new value can be computed in its place. */
static void find_earliest(struct slot *s)
{
    for (int i = 0; i < s->arg_count; i++) {
        int level = s->defs[i] ? s->defs[i]->level + borders(s->defs[i], s) : 0;
        s->level = level > s->level ? level : s->level;
    }
    if (s->is_view)
        s->shows = tensor_read(s, 0);
    if (s->node->op == OP_ASSIGN) {
        struct access *a = access_of(s->node->args[0]->tensor);
        s->level = a->read + 1 > s->level ? a->read + 1 : s->level;
        a->written = s->level;
    }
    for (int i = 0; i < s->arg_count; i++) {
        const struct tensor *t = tensor_read(s, i);
        if (t && access_of(t)->read < s->level)
            access_of(t)->read = s->level;
    }
}

/* From the level at which s runs to the limits of its operands. */
static void limit_operands(const struct slot *s, int level)
{
    for (int i = 0; i < s->arg_count; i++)
        if (s->defs[i])
            lower(&s->defs[i]->limit, level - borders(s->defs[i], s));
}

/* The level up to which s may wait: that of its first use, and before the tensors that it reads are
 * written. */
static int latest_of(struct slot *s)
{
    for (int i = 0; i < s->arg_count; i++) {
        const struct tensor *t = tensor_read(s, i);
        if (t && access_of(t)->written != NEVER)
            lower(&s->limit, access_of(t)->written - 1);
    }
    return s->movable && s->limit != NEVER ? s->limit : s->level;
}

static void find_latest(struct fusion *f)
{
    clear_limits(f);
    for (struct slot *s = f->slots + f->count; s-- > f->slots;) {
        s->latest = latest_of(s);
        limit_operands(s, s->latest);
    }
}

static void find_anchors(struct fusion *f)
{
    for (struct slot *s = f->slots; s < f->slots + f->count; s++) {
        s->anchored = s->fusable && s->latest == s->level;
        for (int i = 0; i < s->arg_count && !s->anchored; i++) {
            const struct slot *def = s->defs[i];
            s->anchored = def && def->anchored && can_share(def, s) && def->level == s->level;
        }
    }
}

static void raise_levels(struct fusion *f)
{
    clear_limits(f);
    for (struct slot *s = f->slots + f->count; s-- > f->slots;) {
        s->level = s->anchored ? s->level : latest_of(s);
        limit_operands(s, s->level);
    }
}

/* ---- order ----------------------------------------------------------------------------------- */

/* The optimizer comes last of its level, so that new weights can be computed in the place of the
 * old ones. */
static void find_last(struct fusion *f)
{
    for (struct slot *s = f->slots; s < f->slots + f->count; s++) {
        s->is_last = s->part == PART_UPDATE;
        for (int i = 0; i < s->arg_count && !s->is_last; i++)
            s->is_last = s->defs[i] && s->defs[i]->level == s->level && s->defs[i]->is_last;
    }
}

static int rank_of(const struct slot *s)
{
    return 2 * s->level + s->is_last;
}

/* By counting; nodes of one rank keep their order. */
static void sort_list(struct fusion *f)
{
    struct program *p = f->program;
    int ranks = 0, sum = 0;
    for (const struct slot *s = f->slots; s < f->slots + f->count; s++)
        ranks = rank_of(s) >= ranks ? rank_of(s) + 1 : ranks;
    int *start = arena_new_array(f->arena, int, ranks + 1);
    struct node **nodes = arena_new_array(f->arena, struct node *, f->count);
    for (const struct slot *s = f->slots; s < f->slots + f->count; s++)
        start[rank_of(s) + 1]++;
    for (int i = 0; i <= ranks; i++)
        start[i] = sum += start[i];
    for (const struct slot *s = f->slots; s < f->slots + f->count; s++)
        nodes[start[rank_of(s)]++] = s->node;
    p->first = p->last = NULL;
    for (int i = 0; i < f->count; i++)
        node_insert(program_list(p), nodes[i], NULL);
}

/* needs   slots that were opened
 * keeps   every value; what reads a tensor stays before what writes it
 * breaks  the order: that of the slots is no longer the list's */
void sort_by_level(struct fusion *f)
{
    open_accesses(f);
    find_parts(f);
    for (struct slot *s = f->slots; s < f->slots + f->count; s++)
        find_earliest(s);
    find_latest(f);
    find_anchors(f);
    raise_levels(f);
    close_accesses(f);
    find_last(f);
    sort_list(f);
}
