/* Equal nodes become one. */
#include "passes.h"
#include "table.h"
#include <string.h>

/* Random nodes are like all others: stream and time step are attributes. Calls come later. */
static bool can_merge(const struct node *n)
{
    enum op_class c = op_table[n->op].class;
    return c != CLASS_EFFECT && c != CLASS_CALL;
}

static uint64_t hash_of(const struct node *n)
{
    uint64_t h = hash_word(0, n->op);
    for (int i = 0; i < n->arg_count; i++)
        h = hash_pointer(h, n->args[i]);
    for (int i = 0; i < n->attr_count; i++) {
        uint64_t bits;
        memcpy(&bits, &n->attrs[i].num, sizeof bits);
        h = hash_word(hash_word(h, (uint64_t)n->attrs[i].i), bits);
    }
    const struct shape *s = &node_result(n)->type.shape;
    for (int i = 0; i < s->rank; i++)
        h = hash_word(h, (uint64_t)s->dim[i]);
    return h;
}

static int are_equal(const void *item, const void *key)
{
    const struct node *a = item, *b = key;
    bool equal = a->op == b->op && a->arg_count == b->arg_count &&
                 type_equal(node_result(a)->type, node_result(b)->type) && attrs_equal(a, b);
    for (int i = 0; equal && i < a->arg_count; i++)
        equal = a->args[i] == b->args[i];
    return equal;
}

/* Nodes seen so far, and by the id of a value the one that stands for it; NULL: itself. */
struct merger {
    struct program *program;
    struct table seen;
    struct value **instead;
};

static void merge(struct merger *m, struct node *n)
{
    for (int i = 0; i < n->arg_count; i++)
        if (!n->args[i]->tensor && m->instead[n->args[i]->id])
            n->args[i] = m->instead[n->args[i]->id];
    if (!can_merge(n))
        return;
    uint64_t hash = hash_of(n);
    struct node *first = table_find(&m->seen, hash, are_equal, n);
    if (!first) {
        table_add(&m->seen, hash, n);
        return;
    }
    m->instead[node_result(n)->id] = node_result(first);
    node_remove(program_list(m->program), n);
}

/* needs   nothing
 * keeps   of equal nodes the first, with its scope, time step and part
 * breaks  nothing */
void cse(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next) {
        const struct arena_mark start = arena_mark(m->scratch);
        struct merger merger = { .program = p, .seen.arena = m->scratch };
        merger.instead = arena_new_array(m->scratch, struct value *, p->next_id);
        for (struct node *n = p->first, *next; n; n = next) {
            next = n->next;
            merge(&merger, n);
        }
        arena_release(m->scratch, start);
    }
}
