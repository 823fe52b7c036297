/* Homes: which buffer a value lives in, and which rectangle of it. A tensor, an input, what a node
 * computes and a concat are buffers of their own, called roots here, unless they are demanded
 * elsewhere: the parts of a concat are computed straight into it, and the new value of a tensor
 * straight into the tensor. Views are rectangles of their operand's home. No address is known yet:
 * this is what the schedule needs to see who reads what was written where, and what the memory plan
 * gives places to. */
#ifndef LSTMC_HOME_H
#define LSTMC_HOME_H
#include "ir.h"

/* Rows [row0, row1) and columns [col0, col1). */
struct rect {
    int64_t row0, row1, col0, col1;
};

static inline bool rect_overlaps(struct rect a, struct rect b)
{
    return a.row0 < b.row1 && b.row0 < a.row1 && a.col0 < b.col1 && b.col0 < a.col1;
}

static inline bool rect_equal(struct rect a, struct rect b)
{
    return a.row0 == b.row0 && a.row1 == b.row1 && a.col0 == b.col0 && a.col1 == b.col1;
}

struct root {
    const struct value *value;  /* the tensor, the input, the result or the concat */
    int64_t rows, cols, stride; /* elements; rows of bits are whole words */
    void *note;                 /* free for the pass at work */
};

struct home {
    struct root *root; /* NULL: none is possible (a reshape of what is not contiguous) */
    struct rect rect;
    /* Of a reshape to another last axis, whose rows and columns are not the rectangle's: its own
     * stride, and where it begins, in elements from the rectangle's first. Else 0. */
    int64_t stride, shift;
};

struct homes {
    struct root **roots; /* tensors first, then in the order of the program */
    int root_count, tensor_count;
};

/* Finds the homes of all values of p, which become the values' notes, until clear_notes. Numbers
 * p. */
struct homes *homes_find(struct program *p);
const struct home *home_of(const struct value *v); /* NULL of doubles */

/* Where a concat asks its parts to live: one home a part. */
void homes_of_parts(const struct node *concat, struct home *parts);
bool home_equal(const struct home *a, const struct home *b);
/* Do the rows of v, which lives in h, follow each other without a gap? */
bool home_is_contiguous(const struct home *h, const struct value *v);
int64_t home_offset(const struct home *h); /* of the first element, from the root's first */
int64_t home_stride(const struct home *h); /* elements from row to row */
int64_t bytes_of(const struct module *m, enum elem elem, int64_t elements); /* bits: whole words */

/* settle.c: makes the homes possible by copies, then finds them. What it needs, keeps and breaks
 * stands there. */
struct homes *settle(struct program *p);
int program_copies(const struct program *p);
#endif
