/* The order of elements in memory is that in which products read them: a right operand that many
 * rows meet is packed into panels, once, before the first product that reads it. To pack costs
 * about as much as twenty rows more; a transposed operand, of which the loops would otherwise have
 * to make sums of lanes, is worth it earlier. */
#include "passes.h"
#include "stream.h"

enum { ROWS = 256, ROWS_TRANSPOSED = 64, FEW_ROWS = 4, FEW_TERMS = 8 };

/* A right operand in panels, as it stands or transposed, of reals or of bfloat16. */
struct panels {
    bool transposed;
    int parts;
    enum elem elem;
    struct value *packed;
    struct panels *next;
};

/* Of a right operand; the note of a value. */
struct right {
    int64_t rows[2]; /* that meet it as it stands, and transposed */
    struct panels *panels;
};

static struct right *right_of(struct arena *a, struct value *v)
{
    if (!v->note)
        v->note = arena_alloc(a, sizeof(struct right));
    return v->note;
}

static struct value *pack(struct program *p, struct value *v, bool transposed, int parts,
                          enum elem elem, const struct node *user)
{
    struct shape s = v->type.shape;
    struct type type = type_matrix(elem, s.dim[transposed], s.dim[!transposed]);
    struct attr ta = attr_make_flag("ta", true);
    struct builder b = { program_list(p), .at = (struct node *)user, .like = user };
    b.part = user->part;
    type.layout = (struct layout){ .parts = parts, .lanes = PANEL };
    struct value *packed = build(&b, OP_PACK, &v, 1, &ta, transposed, type);
    packed->def->t = -1;
    return packed;
}

/* The panels of v, made before the first node that reads them. */
static struct value *panels_of(struct program *p, struct value *v, bool transposed, int parts,
                               enum elem elem, struct node *user)
{
    struct right *r = right_of(p->module->arena, v);
    for (const struct panels *q = r->panels; q; q = q->next)
        if (q->transposed == transposed && q->parts == parts && q->elem == elem)
            return q->packed;
    struct panels *q = arena_alloc(p->module->arena, sizeof *q);
    *q = (struct panels){ transposed, parts, elem, pack(p, v, transposed, parts, elem, user),
                          r->panels };
    r->panels = q;
    return q->packed;
}

/* ---- products in programs -------------------------------------------------------------------- */

/* Products of bfloat16 read nothing else (mixed.c). */
static bool is_mixed(const struct node *product)
{
    return product->args[0]->type.elem == ELEM_BF16;
}

/* Products of few rows or terms read plain rows as fast; those with a transposed left operand copy what they
 * need; for those of predictions a weight is packed once for all. */
static bool can_read_panels(const struct program *p, const struct node *n)
{
    return n->op == OP_MATMUL && !attr_flag(n, "ta") && !n->args[1]->type.layout.lanes &&
           node_result(n)->type.shape.dim[0] >= FEW_ROWS && product_terms(n) >= FEW_TERMS &&
           !node_streams(p, n);
}

static void read_panels(struct program *p, struct node *n)
{
    const bool transposed = attr_flag(n, "tb");
    const int64_t rows = right_of(p->module->arena, n->args[1])->rows[transposed];
    if (!is_mixed(n) && rows < (transposed ? ROWS_TRANSPOSED : ROWS))
        return;
    n->args[1] = panels_of(p, n->args[1], transposed, 1, n->args[0]->type.elem, n);
    n->attr_count = 0;
}

/* ---- products in kernels --------------------------------------------------------------------- */

/* The kernel's product, if it reads plain rows yet and should not. */
static struct node *plain_product(const struct kernel *k)
{
    struct node *n = kernel_product(k);
    const bool plain = n && n->op == OP_MATMUL && !n->args[1]->type.layout.lanes;
    return plain && kernel_has_tiles(k) ? n : NULL;
}

static int param_place(const struct kernel *k, const struct value *param)
{
    int i = 0;
    while (k->params[i] != param)
        i++;
    return i;
}

static void hand_panels(struct program *p, struct node *call)
{
    const struct node *product = plain_product(call->kernel);
    if (!product)
        return;
    struct value **right = &call->args[param_place(call->kernel, product->args[1])];
    *right = panels_of(p, *right, attr_flag(product, "tb"), kernel_parts(call->kernel),
                       product->args[0]->type.elem, call);
}

static void take_panels(struct kernel *k)
{
    struct node *n = plain_product(k);
    if (!n)
        return;
    struct shape *s = &n->args[1]->type.shape;
    if (attr_flag(n, "tb"))
        *s = type_matrix(ELEM_REAL, s->dim[1], s->dim[0]).shape;
    n->args[1]->type.elem = n->args[0]->type.elem;
    n->args[1]->type.layout = (struct layout){ .parts = kernel_parts(k), .lanes = PANEL };
    n->attr_count = 0;
}

/* ---- the pass -------------------------------------------------------------------------------- */

static void lay_out(struct program *p)
{
    clear_notes(p);
    for (struct node *n = p->first; n; n = n->next)
        if (can_read_panels(p, n))
            right_of(p->module->arena, n->args[1])->rows[attr_flag(n, "tb")] +=
                node_result(n)->type.shape.dim[0];
    for (struct node *n = p->first; n; n = n->next)
        if (can_read_panels(p, n))
            read_panels(p, n);
        else if (n->op == OP_CALL)
            hand_panels(p, n);
    clear_notes(p);
}

/* needs   the order in which programs run
 * keeps   every value; the order of sums is that of the loop which reads the panels
 * breaks  nothing; kernels' products read panels */
void layout(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next)
        lay_out(p);
    for (struct kernel *k = m->kernels; k; k = k->next)
        take_panels(k);
}
