/* What the steps of fuse.c share. They run one after another on one program:
 *
 *   sink.c      slices of an elementwise value become elementwise values of slices
 *   level.c     nodes are put in the order of their levels, see note [levels of kernels]
 *   group.c     elementwise nodes that can share a kernel find each other
 *   product.c   a group takes in the product that it begins with
 *   kernel.c    each group becomes a kernel and a call of it
 */
#ifndef LSTMC_FUSE_H
#define LSTMC_FUSE_H
#include "ir.h"
#include "table.h"

/* What is known of a node while it is fused; its note. All slots of a program stand in one array,
 * in the order of its list, so that walks over a long program stay in the cache. */
struct slot {
    struct node *node;
    struct slot **defs;   /* where its operands are defined; NULL: nowhere (tensors) */
    int arg_count, shape; /* equal shapes have equal numbers */
    enum part part;
    int level, latest, limit;
    bool fusable, movable, is_view, is_host, is_source, anchored;
    bool is_last;               /* of its level: it writes what others of the level may read */
    bool is_inner;              /* another node of its group uses it */
    bool is_placed;             /* its place in the body is found */
    int before, after, place;   /* functions on the longest paths to it, and from it on; its place without them */
    const struct tensor *shows; /* the tensor of which it is a view */
    struct slot *leader;        /* towards one that stands for all of its group */
    struct group *group;        /* of a leader */
    struct product *product;    /* that it is, or a part of */
    struct cut *cut;            /* the part */
    int segment, inner_uses;    /* the number of its kernel, and how often that uses it */
};

struct fusion {
    struct program *program;
    struct arena *arena;
    struct slot *slots; /* in the order of the list */
    int count;
};

/* Nodes that share a kernel, in the order of the list. */
struct group {
    int count, listed;
    struct node **nodes;
    struct node *product; /* which goes into the kernel too, or NULL */
    struct node *check;   /* of the product; it stays behind the call, or NULL */
    struct node **cuts;   /* cols of it, where the nodes use parts */
    int cut_count;
};

static inline struct slot *slot_of(const struct node *n)
{
    return n->note;
}

/* Can the two stand in one kernel, if nothing else forbids it? */
static inline bool can_share(const struct slot *def, const struct slot *user)
{
    return def->fusable && user->fusable && def->shape == user->shape && def->part == user->part;
}

void sink_slices(struct program *p);
/* Gives every node a slot, and takes all other notes away. */
struct fusion *open_slots(struct program *p);
void sort_by_level(struct fusion *f);
/* Makes groups of all that is fusable; chains = false: of one node each. */
void find_groups(struct fusion *f, bool chains);
/* Gives groups their products. */
void find_products(struct fusion *f);
struct group *group_of(const struct node *n);
/* Puts the nodes of a group in the order of a kernel's body: it depends on the group alone. */
void order_group(struct fusion *f, struct group *g);

/* All kernels of a module; equal ones are one. */
struct kernels {
    struct module *module;
    struct table found;
    struct kernel **end;
    int *tally;   /* scratch: counts by scope or time step */
    int segments; /* counts kernels and their likes */
};
void make_kernels(struct kernels *k, struct fusion *f);
void name_kernels(struct kernels *k);
#endif
