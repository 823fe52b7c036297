/* The order of elements in memory is that in which products read them: a right operand that many
 * rows meet is packed into panels, once, before the first product that reads it. To pack costs
 * about as much as twenty rows more; a transposed operand, of which the loops would otherwise have
 * to make sums of lanes, is worth it earlier. */
#include "passes.h"

enum { ROWS = 256, ROWS_TRANSPOSED = 64, FEW_ROWS = 4 };

/* Of a right operand, as it stands or transposed: how many rows meet it, and itself in panels. The
 * note of a value. */
struct panels {
    int64_t rows[2];
    struct value *packed[2];
};

static struct panels *panels_of(struct arena *a, struct value *v)
{
    if (!v->note)
        v->note = arena_alloc(a, sizeof(struct panels));
    return v->note;
}

/* Products of few rows read plain rows as fast; those with a transposed left operand copy what they
 * need. */
static bool can_read_panels(const struct node *n)
{
    return n->op == OP_MATMUL && !attr_flag(n, "ta") && !n->args[1]->type.layout.lanes &&
           node_result(n)->type.shape.dim[0] >= FEW_ROWS;
}

static struct value *pack(struct program *p, struct value *v, bool transposed, struct node *user)
{
    struct shape s = v->type.shape;
    struct type type = type_matrix(ELEM_REAL, s.dim[transposed], s.dim[!transposed]);
    struct attr ta = attr_make_flag("ta", true);
    struct builder b = { program_list(p), .at = user, .like = user, .part = user->part };
    type.layout = (struct layout){ .parts = 1, .lanes = PANEL };
    struct value *packed = build(&b, OP_PACK, &v, 1, &ta, transposed, type);
    packed->def->t = -1;
    return packed;
}

static void read_panels(struct program *p, struct node *n)
{
    const bool transposed = attr_flag(n, "tb");
    struct panels *panels = panels_of(p->module->arena, n->args[1]);
    if (panels->rows[transposed] < (transposed ? ROWS_TRANSPOSED : ROWS))
        return;
    if (!panels->packed[transposed])
        panels->packed[transposed] = pack(p, n->args[1], transposed, n);
    n->args[1] = panels->packed[transposed];
    n->attr_count = 0;
}

static void lay_out(struct program *p)
{
    clear_notes(p);
    for (struct node *n = p->first; n; n = n->next)
        if (can_read_panels(n))
            panels_of(p->module->arena, n->args[1])->rows[attr_flag(n, "tb")] +=
                node_result(n)->type.shape.dim[0];
    for (struct node *n = p->first; n; n = n->next)
        if (can_read_panels(n))
            read_panels(p, n);
    clear_notes(p);
}

/* needs   the order in which programs run
 * keeps   every value; the order of sums is that of the loop which reads the panels
 * breaks  nothing */
void layout(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next)
        lay_out(p);
}
