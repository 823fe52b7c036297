/* What a node touches, as rectangles of roots: footprints (grid.h) seen through homes (home.h). The
 * schedule asks of it who must wait for whom, the memory plan who may take whose place. */
#ifndef LSTMC_ACCESS_H
#define LSTMC_ACCESS_H
#include "grid.h"
#include "home.h"

struct access {
    const struct node *node;
    struct root *root;
    struct rect rect;
    enum spread spread;
    bool write, aligned;
};

/* Those of one node after the other, in an array that is reused. */
struct accesses {
    struct arena *arena;
    struct access *items;
    struct touch *touches;
    int count, capacity;
};
void accesses_find(struct accesses *list, const struct node *n);

/* Is it so that no block of a's node touches of its rectangle what a block of another number
 * touches of b's rectangle, b's root being shifted by (row, col) against a's? Then one worker
 * does both, the earlier node first, whatever the number of workers. */
bool keeps_apart(const struct access *a, const struct access *b, int64_t row, int64_t col);
#endif
