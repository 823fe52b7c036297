/* The phase of `bench` that a node counts for is the first that fits: does it make new weights, is
 * it done in a time step, is it a product or a look-up? The phases of the schedule, which lie
 * between barriers, are something else. */
#include "phase.h"
#include "cost.h"

/* A product that a kernel holds along with what it is used for, too. */
static const struct node *product_of(const struct node *n)
{
    if (n->op == OP_CALL)
        return kernel_product(n->kernel);
    return n->op == OP_MATMUL || n->op == OP_GATHER ? n : NULL;
}

static bool sums_rows(const struct node *n)
{
    return (n->op == OP_MATMUL && attr_flag(n, "ta")) || n->op == OP_SCATTER ||
           (n->op == OP_SUM && attr_int(n, "axis", -1) == 0);
}

enum lstmc_phase phase_of(const struct node *n)
{
    const bool backward = n->part == PART_BACKWARD;
    if (n->part == PART_UPDATE || (backward && sums_rows(n)))
        return LSTMC_WEIGHT_GRADIENTS;
    if (n->t >= 0)
        return backward ? LSTMC_BACKWARD_RECURRENT : LSTMC_FORWARD_RECURRENT;
    return product_of(n) ? LSTMC_PROJECTIONS : LSTMC_OTHER;
}

const char *phase_word(enum lstmc_phase phase)
{
    static const char *const words[LSTMC_PHASES] = {
        [LSTMC_FORWARD_RECURRENT] = "LSTMC_FORWARD_RECURRENT",
        [LSTMC_PROJECTIONS] = "LSTMC_PROJECTIONS",
        [LSTMC_BACKWARD_RECURRENT] = "LSTMC_BACKWARD_RECURRENT",
        [LSTMC_WEIGHT_GRADIENTS] = "LSTMC_WEIGHT_GRADIENTS",
        [LSTMC_OTHER] = "LSTMC_OTHER",
    };
    return words[phase];
}

double phase_flop(const struct program *p, enum lstmc_phase phase)
{
    double flop = 0;
    for (const struct node *n = p->first; n; n = n->next)
        if (phase_of(n) == phase)
            flop += cost_flop_node(n);
    return flop;
}
