/* Offsets for pieces of memory that are needed from one phase to another. */
#ifndef LSTMC_PACK_H
#define LSTMC_PACK_H
#include "arena.h"
#include <stdint.h>

enum { ALIGNMENT = 64 };
static inline int64_t aligned(int64_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

struct piece {
    int birth, death; /* phases, both included */
    int64_t bytes;    /* multiples of ALIGNMENT */
    int64_t offset;   /* what is asked for */
};

/* Two pieces that are alive in one phase do not overlap. Returns the end of the highest. */
int64_t pack_pieces(struct arena *a, struct piece *pieces, int count);
#endif
