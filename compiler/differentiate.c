/* Reverse mode over the list of nodes: `grad LOSS, $p` becomes the derivative. The list is walked
 * once forward, to mark the values through which the loss depends on what is wanted, and once
 * backward, to hand each value's gradient on to its operands by the rule that ops.def names. A
 * value's gradient is made when the walk reaches the value's definition: by then all its uses were
 * seen. */
#include "gradient.h"
#include "passes.h"

static bool is_active(const struct node *n)
{
    bool active = false;
    if (!has_gradient_rule(n->op) || node_result(n)->type.elem != ELEM_REAL)
        return false; /* doubles are the host's: nothing flows into them */
    for (int i = 0; i < n->arg_count && !active; i++)
        active = wants(n, i);
    return active;
}

static bool is_grad_of(const struct node *n, const struct value *loss)
{
    return n->op == OP_GRAD && n->args[0] == loss;
}

static void walk_forward(struct reverse *r, const struct node *at)
{
    for (const struct node *n = at; n; n = n->next)
        if (is_grad_of(n, at->args[0]) && !wants(n, 1))
            open_flow(r, n->args[1]);
    for (const struct node *n = r->program->first; n != at; n = n->next)
        if (is_active(n))
            open_flow(r, node_result(n));
}

static void walk_back(struct reverse *r, const struct node *last)
{
    for (const struct node *n = last; n; n = n->prev) {
        if (n->result_count != 1)
            continue;
        r->b.like = n;
        struct value *g = resolve(r, node_result(n));
        if (g)
            apply_gradient_rule(r, n, g);
    }
}

static void replace_grads(struct program *p, struct node *at)
{
    for (struct node *n = at; n; n = n->next)
        for (int i = 0; i < n->arg_count; i++) {
            const struct node *def = n->args[i]->def;
            if (def && def->op == OP_GRAD && def->note)
                n->args[i] = def->note;
        }
    for (struct node *n = at, *next; n; n = next) {
        next = n->next;
        if (n->op == OP_GRAD && n->note)
            node_remove(program_list(p), n);
    }
}

/* All `grad`s of the loss of `at`, the first of them. */
static void differentiate_loss(struct program *p, struct node *at)
{
    struct reverse r = { .program = p,
                         .b = { program_list(p), .at = at, .like = at, .part = PART_BACKWARD } };
    struct value *loss = at->args[0];
    const struct node *last = at->prev;
    const struct arena_mark start = arena_mark(p->module->scratch);
    clear_notes(p);
    walk_forward(&r, at);
    add_to(&r, loss, build_const(&r.b, 1, loss->type));
    walk_back(&r, last);
    for (struct node *n = at; n; n = n->next)
        if (is_grad_of(n, loss)) {
            r.b.like = n;
            n->note = resolve(&r, n->args[1]);
            if (!n->note)
                n->note = build_const(&r.b, 0, n->args[1]->type);
        }
    replace_grads(p, at);
    arena_release(p->module->scratch, start);
}

static struct node *find_grad(struct node *n)
{
    while (n && n->op != OP_GRAD)
        n = n->next;
    return n;
}

/* needs   the trace: no kernels, no calls
 * keeps   every node there is but `grad`; new ones stand before the first `grad` of their loss,
 *         in PART_BACKWARD, with scope and time step of the node that they differentiate
 * breaks  nothing; what nobody wants remains (dce), ones and zeros are multiplied by (fold)
 *
 * Gradients of slices of a value are one concat, never padded sums, so all is linear in the nodes
 * where slices do not overlap. Of a doubly used value the contributions are added from the last use
 * to the first. */
void differentiate(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next)
        for (struct node *at = find_grad(p->first); at; at = find_grad(at)) {
            struct node *before = at->prev;
            differentiate_loss(p, at);
            at = before ? before->next : p->first;
        }
    m->stage = STAGE_GRAD;
}
