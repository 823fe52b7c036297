/* Slices move towards the operands: where only slices of an elementwise value are wanted, as of z =
 * x W + h U + b, each is computed alone, and gates, cell and output then have one index space and
 * are one kernel. Slices of products and tensors cost nothing. */
#include "fuse.h"

/* The uses of what an elementwise node computes; the value's note. */
struct uses {
    int count, slices;
    int axis;       /* of the slices; -1: not all the same */
    int64_t extent; /* of all slices together */
    struct slice_user {
        struct node *node;
        struct slice_user *next;
    } * users;
};

struct sinker {
    struct program *program;
    struct arena *arena;
    struct table slices; /* nodes that were built here */
};

/* ---- uses ------------------------------------------------------------------------------------ */

/* NULL: nobody asks. */
static struct uses *uses_of(struct sinker *s, struct value *v)
{
    if (!v->note && v->def && op_is_elementwise(v->def->op))
        v->note = arena_alloc(s->arena, sizeof(struct uses));
    return v->note;
}

static bool is_slice(const struct node *n)
{
    return n->op == OP_ROWS || n->op == OP_COLS;
}

static int slice_axis(const struct node *n)
{
    return n->op == OP_ROWS ? 0 : n->args[0]->type.shape.rank - 1;
}

static void add_slice(struct sinker *s, struct uses *u, struct node *n)
{
    struct slice_user *user = arena_alloc(s->arena, sizeof *user);
    const int axis = slice_axis(n);
    *user = (struct slice_user){ n, u->users };
    u->axis = u->slices > 0 && u->axis != axis ? -1 : axis;
    u->users = user;
    u->slices++;
    u->extent += node_result(n)->type.shape.dim[axis];
}

static void add_uses(struct sinker *s, struct node *n, int sign)
{
    for (int i = 0; i < n->arg_count; i++) {
        struct uses *u = uses_of(s, n->args[i]);
        if (u)
            u->count += sign;
        if (u && is_slice(n))
            add_slice(s, u, n);
    }
}

/* Columns of bits have no place of their own (home.c): those of an operand can be asked for only where it will itself be
 * computed in slices, as it is when nobody else wants it. */
static bool bits_stay_whole(struct sinker *s, const struct node *n, int axis)
{
    const int rank = node_result(n)->type.shape.rank;
    for (int i = 0; axis == rank - 1 && i < n->arg_count; i++) {
        const struct type *t = &n->args[i]->type;
        if (t->elem != ELEM_BIT || t->shape.rank == 0 || t->shape.dim[t->shape.rank - 1] == 1)
            continue;
        const struct uses *u = uses_of(s, n->args[i]);
        if (!u || u->count != 1 || n->args[i]->def->op == OP_ONEHOT)
            return true;
    }
    return false;
}

/* Slices that overlap so much that more would be computed than before stay slices. */
static bool can_sink(struct sinker *s, const struct node *n)
{
    if (!op_is_elementwise(n->op) || n->op == OP_ONEHOT || node_result(n)->type.shape.rank == 0)
        return false;
    const struct uses *u = uses_of(s, node_result(n));
    return u->count > 0 && u->count == u->slices && u->axis >= 0 &&
           u->extent <= node_result(n)->type.shape.dim[u->axis] && !bits_stay_whole(s, n, u->axis);
}

/* ---- slices of operands ---------------------------------------------------------------------- */

static int same_slice(const void *item, const void *key)
{
    const struct node *a = item, *b = key;
    return a->op == b->op && a->args[0] == b->args[0] && attrs_equal(a, b);
}

/* The slice of x that `like` is of its own operand; it stands behind x, so that every use can share
 * it. */
static struct value *build_slice_of(struct sinker *s, struct value *x, int axis,
                                    const struct node *like)
{
    int64_t start = attr_int(like, "start", 0), stop = attr_int(like, "stop", 0);
    struct node key = { .op = axis == 0 ? OP_ROWS : OP_COLS, .args = &x };
    key.attrs = like->attrs;
    key.attr_count = like->attr_count;
    uint64_t hash = hash_word(hash_pointer(key.op, x), (uint64_t)start);
    struct node *found = table_find(&s->slices, hash, same_slice, &key);
    if (found)
        return node_result(found);
    struct builder b = { program_list(s->program), .like = like, .part = like->part };
    b.at = x->def ? x->def->next : s->program->first;
    struct value *slice = build_slice(&b, key.op, x, start, stop);
    table_add(&s->slices, hash, slice->def);
    add_uses(s, slice->def, 1);
    return slice;
}

/* An operand that is broadcast along the axis needs no slice. */
static struct value *slice_operand(struct sinker *s, const struct node *n, int arg,
                                   const struct node *slice)
{
    struct value *x = n->args[arg];
    int axis = slice_axis(slice) - (node_result(n)->type.shape.rank - x->type.shape.rank);
    return axis < 0 || x->type.shape.dim[axis] == 1 ? x : build_slice_of(s, x, axis, slice);
}

/* The slice becomes what n is, of slices. */
static void sink_into(struct sinker *s, const struct node *n, struct node *slice)
{
    struct value **args = arena_new_array(s->program->module->nodes, struct value *, n->arg_count);
    for (int i = 0; i < n->arg_count; i++)
        args[i] = slice_operand(s, n, i, slice);
    slice->op = n->op;
    slice->args = args;
    slice->arg_count = n->arg_count;
    slice->attrs = n->attrs;
    slice->attr_count = n->attr_count;
    slice->scope = n->scope;
    slice->line = n->line;
    slice->part = n->part;
    slice->t = n->t;
    add_uses(s, slice, 1);
}

/* needs   values without notes
 * keeps   every bit of every value that is used
 * breaks  nothing */
void sink_slices(struct program *p)
{
    struct arena *a = p->module->scratch;
    struct sinker s = { .program = p, .arena = a, .slices.arena = a };
    clear_notes(p);
    for (struct node *n = p->first; n; n = n->next)
        add_uses(&s, n, 1);
    for (struct node *n = p->last, *prev; n; n = prev) {
        prev = n->prev;
        if (!can_sink(&s, n))
            continue;
        for (struct slice_user *u = uses_of(&s, node_result(n))->users; u; u = u->next)
            sink_into(&s, n, u->node);
        add_uses(&s, n, -1);
        prev = n->prev;
        node_remove(program_list(p), n);
    }
}
