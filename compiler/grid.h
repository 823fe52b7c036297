/* Who computes what: the grid of a node, and the part of each operand and result that one of its
 * blocks touches. Both follow from shapes alone; where values lie is the affair of home.h. */
#ifndef LSTMC_GRID_H
#define LSTMC_GRID_H
#include "ir.h"

/* Is it computed in blocks? Views, joins and assigns are places, inputs and results the
 * runtime's, doubles are computed by every worker for itself. */
bool node_runs(const struct node *n);

/* In `most` blocks at most. */
struct grid grid_choose(const struct node *n, int most);
/* What it cuts: of what lies in panels as that is stored, but of a pack the columns of all panels. */
struct shape index_space(const struct node *n);
/* Rows or columns of the index space, as its grid splits. */
int64_t grid_extent(const struct node *n);
/* Units of these, or cells, of which blocks are made. */
int64_t grid_units(const struct node *n);

/* What block i covers of a value that is split: [start, stop) of `extent` rows or columns. */
struct range {
    int64_t start, stop;
};
struct range grid_range(struct grid g, int64_t extent, int block);

/* What a block touches of a value: all of it, or its own range of the value's rows or columns. */
enum spread { SPREAD_ALL, SPREAD_ROWS, SPREAD_COLS };

struct touch {
    const struct value *value;
    enum spread spread;
    bool write;
    bool aligned; /* element (r, c) only, when element (r, c) of the index space is computed */
};

/* The operands and results of a node that runs, doubles left out; at most arg_count + result_count.
 * Returns how many. */
int footprint(const struct node *n, struct touch *touches);

/* The node's own grid does not say what it should: more blocks than units, say. NULL if it is
 * sound. */
const char *grid_fault(const struct module *m, const struct node *n);

int program_phases(const struct program *p); /* from the stage schedule on */
#endif
