/* What no effect needs goes. */
#include "passes.h"

/* wanted: by id of a value. */
static bool is_needed(const struct node *n, const bool *wanted)
{
    bool needed = op_table[n->op].class == CLASS_EFFECT;
    for (int i = 0; i < n->result_count && !needed; i++)
        needed = wanted[n->results[i]->id];
    return needed;
}

static void remove_unneeded(struct program *p)
{
    struct arena *scratch = p->module->scratch;
    const struct arena_mark start = arena_mark(scratch);
    bool *wanted = arena_new_array(scratch, bool, p->next_id);
    for (struct node *n = p->last, *prev; n; n = prev) {
        prev = n->prev;
        if (!is_needed(n, wanted)) {
            node_remove(program_list(p), n);
            continue;
        }
        for (int i = 0; i < n->arg_count; i++)
            if (!n->args[i]->tensor)
                wanted[n->args[i]->id] = true;
        if (n->op == OP_CALL)
            n->kernel->note = n;
    }
    arena_release(scratch, start);
}

/* needs   nothing
 * keeps   effects and what they are computed from, and kernels that are called
 * breaks  nothing */
void dce(struct module *m)
{
    for (struct kernel *k = m->kernels; k; k = k->next)
        k->note = NULL;
    for (struct program *p = m->programs; p; p = p->next)
        remove_unneeded(p);
    for (struct kernel **k = &m->kernels; *k;)
        if ((*k)->note)
            k = &(*k)->next;
        else
            *k = (*k)->next;
}
