/* The products of a program, at each call of their kernel. */
#include "cost.h"

/* A kernel holds at most one product; it is counted at each call. */
static double body_flop(const struct kernel *k)
{
    double flop = 0;
    for (const struct node *n = k->first; n; n = n->next)
        flop += cost_flop_node(n);
    return flop;
}

double cost_flop_node(const struct node *n)
{
    if (n->op == OP_CALL)
        return body_flop(n->kernel);
    if (n->op != OP_MATMUL)
        return 0;
    struct shape out = node_result(n)->type.shape;
    return 2.0 * (double)out.dim[0] * (double)out.dim[1] * (double)product_terms(n);
}

double cost_flop_part(const struct program *p, enum part part)
{
    double flop = 0;
    for (const struct node *n = p->first; n; n = n->next)
        if (n->part == part)
            flop += cost_flop_node(n);
    return flop;
}

double cost_flop(const struct program *p)
{
    return cost_flop_part(p, PART_FORWARD) + cost_flop_part(p, PART_BACKWARD) +
           cost_flop_part(p, PART_UPDATE);
}

const char *flop_text(struct arena *a, double flop)
{
    return flop < 1e7 ? arena_printf(a, "%.3f MFLOP", flop * 1e-6)
                      : arena_printf(a, "%.2f GFLOP", flop * 1e-9);
}
