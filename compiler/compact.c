/* Rewrites leave a program's nodes strewn over memory, between those that are gone. What follows
 * walks the lists dozens of times: it does so faster in the order of addresses, and uses the memory
 * of what is gone. */
#include "passes.h"

static struct value **copy_pointers(struct arena *a, struct value **pointers, int count)
{
    return arena_grow(a, pointers, (size_t)count, (size_t)count, sizeof *pointers);
}

/* The copy becomes the value's note. */
static struct value *copy_value(struct arena *a, struct value *v, struct node *def)
{
    struct value *copy = v->note = arena_alloc(a, sizeof *copy);
    *copy = *v;
    copy->def = def;
    copy->note = NULL;
    return copy;
}

static void follow(struct value **pointers, int count)
{
    for (int i = 0; i < count; i++)
        if (!pointers[i]->tensor)
            pointers[i] = pointers[i]->note;
}

/* All that a node points at stands behind it. */
static void copy_node(struct list list, const struct node *n)
{
    struct arena *a = list.module->nodes;
    struct node *copy = arena_alloc(a, sizeof *copy);
    *copy = *n;
    copy->note = NULL;
    copy->args = copy_pointers(a, n->args, n->arg_count);
    copy->results = copy_pointers(a, n->results, n->result_count);
    copy->attrs =
        arena_grow(a, n->attrs, (size_t)n->attr_count, (size_t)n->attr_count, sizeof *n->attrs);
    follow(copy->args, n->arg_count);
    for (int i = 0; i < n->result_count; i++)
        copy->results[i] = copy_value(a, n->results[i], copy);
    node_insert(list, copy, NULL);
}

static void copy_list(struct list list)
{
    const struct node *n = *list.first;
    *list.first = *list.last = NULL;
    for (; n; n = n->next)
        copy_node(list, n);
}

static void copy_kernel(struct module *m, struct kernel *k)
{
    k->params = copy_pointers(m->nodes, k->params, k->param_count);
    k->results = copy_pointers(m->nodes, k->results, k->result_count);
    for (int i = 0; i < k->param_count; i++)
        k->params[i] = copy_value(m->nodes, k->params[i], NULL);
    copy_list(kernel_list(m, k));
    follow(k->results, k->result_count);
}

/* needs   definitions before uses
 * keeps   everything but addresses
 * breaks  pointers to nodes and values, and their notes */
void compact(struct module *m)
{
    struct arena *old = m->nodes;
    m->nodes = arena_within(m->arena);
    for (struct kernel *k = m->kernels; k; k = k->next)
        copy_kernel(m, k);
    for (struct program *p = m->programs; p; p = p->next)
        copy_list(program_list(p));
    arena_clear(old);
}
