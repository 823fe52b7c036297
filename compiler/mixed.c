/* Mixed precision, as Keras's policy mixed_bfloat16 has it: the large products of training are
 * of operands rounded to bfloat16, summed in float32. All else stays float32: weights, states,
 * elementwise work, the loss, sums, and what predicts.
 *
 * A product then has a left operand of h, in plain rows. A value is rounded where it is made
 * (fuse puts that into its kernel), each part of a stack in its place of a stack of the same
 * shape, so that what no product but these reads is never written as float32. The right operand
 * is rounded when it is packed (layout.c); of one that is rounded already the copy is packed. Of
 * a transposed left operand the transpose is made first: the terms of a sum must lie side by
 * side. */
#include "passes.h"
#include "stream.h"

/* Rounding and packing cost about as much as ROWS rows of the product; a sum begins with a whole
 * chunk. */
enum { ROWS = 64, FEW_ROWS = 4 };

/* The note of a value. */
struct rounded {
    int64_t rows[2]; /* that meet it as a right operand, as it stands and transposed */
    struct value *copy, *transposed;
};

struct mixer {
    struct program *p;
    struct arena *a;
};

static struct rounded *rounded_of(struct mixer *x, struct value *v)
{
    if (!v->note)
        v->note = arena_alloc(x->a, sizeof(struct rounded));
    return v->note;
}

/* ---- which products ------------------------------------------------------------------------- */

static int64_t *rows_of(struct mixer *x, const struct node *n)
{
    return &rounded_of(x, n->args[1])->rows[attr_flag(n, "tb")];
}

static bool is_large(struct mixer *x, const struct node *n)
{
    if (n->op != OP_MATMUL)
        return false;
    const struct shape out = node_result(n)->type.shape;
    return product_terms(n) >= CHUNK && out.dim[1] >= PANEL && out.dim[0] >= FEW_ROWS &&
           *rows_of(x, n) >= ROWS;
}

/* ---- copies --------------------------------------------------------------------------------- */

/* Behind what makes v; of a tensor, before the user. */
static struct builder builder_at(struct mixer *x, const struct value *v, struct node *user)
{
    struct node *like = v->def ? v->def : user;
    return (struct builder){ .list = program_list(x->p),
                             .at = v->def ? v->def->next : user,
                             .like = like,
                             .part = like->part };
}

/* Is it worth rounding what v shows a part of? Of a stack or of what is computed for each element,
 * other parts are wanted too. */
static bool shows_all_rows(const struct value *v)
{
    const struct value *from = v->def->args[0];
    return from->def && (from->def->op == OP_CONCAT || op_is_elementwise(from->def->op)) &&
           (v->def->op != OP_RESHAPE || shape_cols(from->type.shape) == shape_cols(v->type.shape));
}

static struct value *copy_of(struct mixer *x, struct value *v, struct node *user);

static struct value *build_copy(struct mixer *x, struct value *v, struct node *user)
{
    struct node *def = v->def;
    const bool through = def && (def->op == OP_CONCAT ||
                                 (op_table[def->op].class == CLASS_VIEW && shows_all_rows(v)));
    const struct type type = { .elem = ELEM_BF16, .shape = v->type.shape };
    if (!through) {
        struct builder b = builder_at(x, v, user);
        return build(&b, OP_BF16, &v, 1, NULL, 0, type);
    }
    struct value **args = arena_new_array(x->a, struct value *, def->arg_count);
    for (int i = 0; i < def->arg_count; i++)
        args[i] = copy_of(x, def->args[i], def);
    struct builder b = builder_at(x, v, user);
    return build(&b, def->op, args, def->arg_count, def->attrs, def->attr_count, type);
}

static struct value *copy_of(struct mixer *x, struct value *v, struct node *user)
{
    struct rounded *r = rounded_of(x, v);
    if (!r->copy)
        r->copy = build_copy(x, v, user);
    return r->copy;
}

static struct value *transposed_of(struct mixer *x, struct value *v, struct node *user)
{
    struct value *copy = copy_of(x, v, user);
    struct rounded *r = rounded_of(x, v);
    if (!r->transposed) {
        struct builder b = { program_list(x->p), .at = user, .like = user, .part = user->part };
        r->transposed = build(&b, OP_TRANSPOSE, &copy, 1, NULL, 0, type_scalar(ELEM_BF16));
    }
    return r->transposed;
}

/* ---- the pass ------------------------------------------------------------------------------- */

static void round_left(struct mixer *x, struct node *n)
{
    const bool tb = attr_flag(n, "tb");
    n->args[0] = attr_flag(n, "ta") ? transposed_of(x, n->args[0], n) : copy_of(x, n->args[0], n);
    n->attrs = arena_new_array(x->p->module->nodes, struct attr, 1);
    n->attrs[0] = attr_make_flag("tb", true);
    n->attr_count = tb;
}

/* Is there a copy of v, or of what it shows a part of? A tensor's may stand behind its next use. */
static bool is_rounded(const struct value *v)
{
    const struct rounded *r = v->note;
    if (!v->def)
        return false;
    return (r && r->copy) || (op_table[v->def->op].class == CLASS_VIEW && shows_all_rows(v) &&
                              is_rounded(v->def->args[0]));
}

static void take_rounded_right(struct mixer *x, struct node *n)
{
    if (n->op == OP_MATMUL && n->args[0]->type.elem == ELEM_BF16 && is_rounded(n->args[1]))
        n->args[1] = copy_of(x, n->args[1], n);
}

static void mix(struct program *p)
{
    struct mixer x = { p, p->module->scratch };
    const struct arena_mark start = arena_mark(x.a);
    clear_notes(p);
    for (struct node *n = p->first; n; n = n->next)
        if (n->op == OP_MATMUL)
            *rows_of(&x, n) += node_result(n)->type.shape.dim[0];
    for (struct node *n = p->first; n; n = n->next)
        if (is_large(&x, n))
            round_left(&x, n);
    for (struct node *n = p->first; n; n = n->next)
        take_rounded_right(&x, n);
    clear_notes(p);
    arena_release(x.a, start);
}

/* needs   products as batch leaves them; layout must follow
 * keeps   every value but those of large products, which are those of rounded operands
 * breaks  nothing; what only they read is dead then */
void mixed(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next)
        if (!program_predicts(p))
            mix(p);
}
