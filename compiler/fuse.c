/* Every elementwise node goes into a kernel: the loops that a trainer runs. See fuse.h for the
 * steps. */
#include "fuse.h"
#include "passes.h"

/* The kernels that a module came with keep their names; their note stays empty. */
static struct kernels open_kernels(struct module *m)
{
    struct kernels k = { .module = m, .found.arena = m->arena, .end = &m->kernels };
    for (; *k.end; k.end = &(*k.end)->next)
        (*k.end)->note = NULL;
    return k;
}

/* needs   gradients; best when folded and batched
 * keeps   every bit of every value that is used outside its kernel
 * breaks  the order of the list; elementwise nodes of REAL or BIT stand in kernels only
 *
 * With chains, kernels hold as much as one loop can; without, one node each, and the order stays.
 * With products, they begin with the product whose result they use; layout must follow.
 * A check stays where it is, beside the kernel that has its value in hand. */
void fuse(struct module *m, bool chains, bool products)
{
    struct kernels kernels = open_kernels(m);
    for (struct program *p = m->programs; p; p = p->next) {
        const struct arena_mark start = arena_mark(m->scratch);
        if (chains)
            sink_slices(p);
        struct fusion *f = open_slots(p);
        if (chains)
            sort_by_level(f);
        find_groups(f, chains);
        if (chains && products)
            find_products(f);
        make_kernels(&kernels, f);
        arena_release(m->scratch, start);
    }
    name_kernels(&kernels);
}
