/* Slabs: the memory of roots, and who lives in which part of it when. A slab is cut into cells,
 * so that every rectangle that some node touches is made of whole cells; each cell has its own
 * life, in phases, from the first write to the last read. So the rows of step t of a large
 * matrix are free as soon as step t has read them. Other roots, the tenants, may live in cells
 * before or after the slab's own root. */
#ifndef LSTMC_SLAB_H
#define LSTMC_SLAB_H
#include "access.h"

/* A node that touches a root, and when. */
struct use {
    struct access access;
    int phase;
    bool exchanges; /* is part of an exchange */
    struct cells {
        int row0, row1, col0, col1;
    } cells; /* bands [row0, row1) and [col0, col1) */
    struct use *next;
};

struct use_list {
    const struct use *use;
    struct use_list *next;
};

/* A life of a cell: of the slab's own root, or of a tenant. */
struct life {
    const struct slab *of;
    int cell;
    int birth, death;              /* phases */
    struct use_list *first, *last; /* who touches it in the phase of its birth, and of its death */
    struct life *before, *after;   /* in time */
};

/* Bands of cells along one side: band i is [cuts[i], cuts[i + 1]). */
struct bands {
    int count;
    int64_t *cuts;
};
int band_of(const struct bands *b, int64_t at);

enum slab_kind { SLAB_WORK, SLAB_INPUT, SLAB_TENSOR };

struct slab {
    const struct root *root;
    enum slab_kind kind;
    int64_t bytes;
    bool rigid;   /* its rows must follow each other without a gap */
    bool divided; /* some use is of a part of it */
    int use_count;
    struct use *uses, **uses_end; /* in the order of the program */
    struct bands rows, cols;
    struct life *own;    /* of each cell, row by row; first = NULL: nobody touches it */
    struct life **lives; /* of each cell, by time; somewhere in the list */
    int birth, death;    /* around all lives */
    bool exchanges;      /* takes part in one */
    struct slab *host;   /* NULL, or whose tenant it is, its row 0 and column 0 at: */
    int64_t row, col;
    int tenants;
    const struct slab *tried_by; /* the host that it tried last, in vain so often: */
    int tries;
    int64_t offset; /* in its region, after the plan */
};

/* What an elementwise call may overwrite, and by what: each operand that it is the last to read,
 * of which it reads element (r, c) only when it writes element (r, c) of its results, and each
 * of these results. The note of the call; the long-lived come first. */
struct exchange {
    struct use **dying, **born;
    int dying_count, born_count;
};

struct slabs {
    struct arena *arena;
    struct slab *items; /* as the homes' roots */
    int count, phases;
    int64_t *change; /* of the bytes alive, from each phase to the next; overlay.c counts them */
};

/* The slabs of a scheduled program whose homes are found; they become the notes of its roots. A
 * result of the program is touched last in the phase after the last. */
struct slabs *slabs_find(const struct program *p, const struct homes *homes);

struct cells slab_cells(const struct slab *slab, struct rect r);

static inline struct slab *slab_of(const struct root *r)
{
    return r->note;
}

/* overlay.c: makes slabs tenants of others, where that saves memory. */
void overlay_slabs(struct slabs *s);
#endif
