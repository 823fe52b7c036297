/* Footprints become rectangles of roots. Rows of a bent home are not the root's, so of a value that
 * lives in one every block is taken to touch the whole rectangle. Else a block touches a range of
 * rows or columns; ranges ascend, so to compare two grids takes a step a block. */
#include "access.h"

static struct access access_of(const struct node *n, const struct touch *t)
{
    const struct home *h = home_of(t->value);
    const bool bent = h->stride != 0; /* its rows and columns are not the rectangle's */
    return (struct access){ .node = n,
                            .root = h->root,
                            .rect = h->rect,
                            .spread = bent ? SPREAD_ALL : t->spread,
                            .write = t->write,
                            .aligned = t->aligned && !bent };
}

void accesses_find(struct accesses *list, const struct node *n)
{
    const int most = n->arg_count + n->result_count;
    if (most > list->capacity) {
        list->capacity = 2 * most;
        list->items = arena_new_array(list->arena, struct access, list->capacity);
        list->touches = arena_new_array(list->arena, struct touch, list->capacity);
    }
    list->count = footprint(n, list->touches);
    for (int i = 0; i < list->count; i++)
        list->items[i] = access_of(n, &list->touches[i]);
}

static struct range block_range(const struct access *a, int block)
{
    const bool rows = a->spread == SPREAD_ROWS;
    const int64_t start = rows ? a->rect.row0 : a->rect.col0;
    const int64_t extent = (rows ? a->rect.row1 : a->rect.col1) - start;
    struct range r = grid_range(a->node->grid, extent, block);
    return (struct range){ start + r.start, start + r.stop };
}

/* Where both cut the same side, neighbours decide, since blocks ascend. */
bool keeps_apart(const struct access *a, const struct access *b, int64_t row, int64_t col)
{
    const int blocks = a->node->grid.blocks;
    if (blocks != b->node->grid.blocks)
        return false;
    if (blocks == 1)
        return true;
    if (a->spread != b->spread || a->spread == SPREAD_ALL)
        return false;
    const int64_t shift = a->spread == SPREAD_ROWS ? row : col;
    for (int i = 0; i + 1 < blocks; i++) {
        if (block_range(a, i).stop > block_range(b, i + 1).start + shift ||
            block_range(b, i).stop + shift > block_range(a, i + 1).start)
            return false;
    }
    return true;
}
