/* Memory is given out and taken back in the order of time, as malloc would, but by someone who
 * knows what is to come: the smallest hole that is large enough, at the end if there is none.
 * Programs of recurrent networks open and close in the order of a stack, which leaves few holes.
 *
 * Blocks, free or not, are a list in the order of addresses. The free ones are in bins by size
 * as well, eight to a factor of two, so that finding one takes a few steps. */
#include "pack.h"
#include <stdbool.h>
#include <stdlib.h>

enum { BIN_BITS = 3, BINS = 64 << BIN_BITS };

struct block {
    int64_t offset, bytes;
    bool free;
    struct block *below, *above;       /* by address */
    struct block *bin_prev, *bin_next; /* while free */
};

struct heap {
    struct arena *arena;
    struct block *top; /* the highest block */
    struct block *bins[BINS];
    struct block *spare; /* blocks that were merged away, by `above` */
    int64_t highest;
};

/* ---- bins ---------------------------------------------------------------------------------- */

/* The position of the highest bit, then the three bits below it. */
static int bin_of(int64_t bytes)
{
    int high = 63 - __builtin_clzll((unsigned long long)bytes);
    int64_t below = high >= BIN_BITS ? bytes >> (high - BIN_BITS) : bytes << (BIN_BITS - high);
    return (high << BIN_BITS) + (int)(below & ((1 << BIN_BITS) - 1));
}

static void bin_add(struct heap *h, struct block *b)
{
    struct block **bin = &h->bins[bin_of(b->bytes)];
    b->free = true;
    b->bin_prev = NULL;
    b->bin_next = *bin;
    if (*bin)
        (*bin)->bin_prev = b;
    *bin = b;
}

static void bin_remove(struct heap *h, struct block *b)
{
    b->free = false;
    *(b->bin_prev ? &b->bin_prev->bin_next : &h->bins[bin_of(b->bytes)]) = b->bin_next;
    if (b->bin_next)
        b->bin_next->bin_prev = b->bin_prev;
}

/* The smallest of a bin that is large enough; of equal ones the lowest. */
static struct block *best_of(struct block *b, int64_t bytes)
{
    struct block *best = NULL;
    for (; b; b = b->bin_next)
        if (b->bytes >= bytes && (!best || b->bytes < best->bytes ||
                                  (b->bytes == best->bytes && b->offset < best->offset)))
            best = b;
    return best;
}

static struct block *find_hole(const struct heap *h, int64_t bytes)
{
    struct block *best = NULL;
    for (int i = bin_of(bytes); i < BINS && !best; i++)
        best = best_of(h->bins[i], bytes);
    return best;
}

/* ---- blocks -------------------------------------------------------------------------------- */

static struct block *block_above(struct heap *h, struct block *below, int64_t offset, int64_t bytes)
{
    struct block *b = h->spare, *above = below ? below->above : NULL;
    if (b)
        h->spare = b->above;
    else
        b = arena_alloc(h->arena, sizeof *b);
    *b = (struct block){ .offset = offset, .bytes = bytes, .below = below, .above = above };
    if (below)
        below->above = b;
    *(above ? &above->below : &h->top) = b;
    return b;
}

/* `above` becomes a part of the block below it. */
static void swallow(struct heap *h, struct block *b, struct block *above)
{
    b->bytes += above->bytes;
    b->above = above->above;
    *(b->above ? &b->above->below : &h->top) = b;
    above->above = h->spare;
    h->spare = above;
}

/* A hole at the end grows to what is needed. */
static struct block *extend(struct heap *h, int64_t bytes)
{
    struct block *top = h->top;
    if (!top || !top->free)
        return block_above(h, top, top ? top->offset + top->bytes : 0, bytes);
    bin_remove(h, top);
    top->bytes = bytes;
    return top;
}

static struct block *take(struct heap *h, int64_t bytes)
{
    struct block *b = find_hole(h, bytes);
    if (!b) {
        b = extend(h, bytes);
    } else {
        bin_remove(h, b);
        if (b->bytes > bytes)
            bin_add(h, block_above(h, b, b->offset + bytes, b->bytes - bytes));
        b->bytes = bytes;
    }
    if (b->offset + bytes > h->highest)
        h->highest = b->offset + bytes;
    return b;
}

static void give_back(struct heap *h, struct block *b)
{
    if (b->above && b->above->free) {
        bin_remove(h, b->above);
        swallow(h, b, b->above);
    }
    if (b->below && b->below->free) {
        b = b->below;
        bin_remove(h, b);
        swallow(h, b, b->above);
    }
    bin_add(h, b);
}

/* ---- the order of time --------------------------------------------------------------------- */

/* Of those that are born together the larger first: they find fewer holes. */
static int by_birth(const void *x, const void *y)
{
    const struct piece *a = *(struct piece *const *)x, *b = *(struct piece *const *)y;
    if (a->birth != b->birth)
        return a->birth - b->birth;
    return a->bytes != b->bytes ? (a->bytes < b->bytes) - (a->bytes > b->bytes) : (a > b) - (a < b);
}

static int by_death(const void *x, const void *y)
{
    const struct piece *a = *(struct piece *const *)x, *b = *(struct piece *const *)y;
    return a->death != b->death ? a->death - b->death : (a > b) - (a < b);
}

static struct piece **sorted(struct arena *a, struct piece *pieces, int count,
                             int (*order)(const void *, const void *))
{
    struct piece **list = arena_new_array(a, struct piece *, count);
    for (int i = 0; i < count; i++)
        list[i] = &pieces[i];
    if (count > 1)
        qsort(list, (size_t)count, sizeof *list, order);
    return list;
}

int64_t pack_pieces(struct arena *a, struct piece *pieces, int count)
{
    struct heap *h = arena_alloc(a, sizeof *h);
    h->arena = a;
    struct piece **born = sorted(a, pieces, count, by_birth);
    struct piece **dying = sorted(a, pieces, count, by_death);
    struct block **blocks = arena_new_array(a, struct block *, count);
    for (int i = 0, k = 0; i < count; i++) {
        for (; dying[k]->death < born[i]->birth; k++)
            give_back(h, blocks[dying[k] - pieces]);
        struct block *b = blocks[born[i] - pieces] = take(h, born[i]->bytes);
        born[i]->offset = b->offset;
    }
    return h->highest;
}
