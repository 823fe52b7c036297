/* Who can live in a slab besides its own root. */
#ifndef LSTMC_TENANT_H
#define LSTMC_TENANT_H
#include "slab.h"

struct tenant {
    struct slab *slab;
    struct life *lives; /* in cells of the host */
    int life_count;
};

/* The slab's row and column in the host are set, and lie within it. */
bool tenant_fits(struct arena *a, const struct slab *host, const struct slab *slab);
struct tenant tenant_move_in(struct arena *a, struct slab *host,
                             struct slab *slab); /* if it fits */
void tenant_move_out(struct slab *host, struct tenant *t);
#endif
