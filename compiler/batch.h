/* What the steps of batch.c share. They run one after another on one program:
 *
 *   batch_sums.c     a sum of products becomes one product over stacked rows or columns
 *   batch_inputs.c   products with one left operand, or look-ups by one index, become one, the right
 *                    operands side by side
 *   batch_weights.c  products with one weight become one tall product
 *   batch_joins.c    what is stacked or stands side by side; at last, what is part of a larger
 *                    stack becomes a slice of it
 *
 * Each leaves the list in order, and its nodes numbered. batch_tensors.c follows the programs that train: weights that
 * they want side by side are one tensor from then on, of which predictions read as wide products. */
#ifndef LSTMC_BATCH_H
#define LSTMC_BATCH_H
#include "ir.h"
#include "table.h"

struct batch {
    struct program *program;
    struct arena *arena;
    struct builder b;
    struct table joins;           /* struct join, by parts and axis */
    struct table widest;          /* by part: the longest of the joins that were offered */
    struct table zeros;           /* values, by type */
    int epoch;                    /* of the marks that are valid */
    struct node **nodes, **stack; /* scratch of sort_nodes */
    int room;
};

/* The note of a node. */
struct mark {
    int epoch, level;            /* see batch_weights.c */
    bool bound;                  /* of a product: others have its weight, but none its level too */
    int distance;                /* see batch_inputs.c */
    bool inner;                  /* an addition whose only use is another one */
    int next_arg;                /* of sort_nodes */
    const struct weight *weight; /* the set of products to which it belongs */
};
struct mark *mark_of(struct batch *b, struct node *n);

/* Values side by side (the last axis) or one below the other (axis 0). */
struct join {
    int axis, count;
    struct value **parts;
    struct value *whole; /* NULL: not made yet */
    bool built;          /* whole was built, and did not stand there before it was cut */
    int64_t rows;        /* that products with it have in all, see is_worth_joining */
};
struct join *find_join(struct batch *b, struct value **parts, int count, int axis);
/* The whole; what is built for it is built at b->b.at. */
struct value *build_join(struct batch *b, struct join *j);
/* Are the parts slices of one value along an axis, in order and without a gap? */
bool are_cut(struct value *const *parts, int count, int axis);
/* The value of which v is some of the columns; NULL: v is none. */
struct value *cols_from(const struct value *v);
/* A tensor, or columns of one. */
bool is_of_tensor(const struct value *v);
/* Whether weights may lie side by side: tensors that do not yet must be copied, so some rows must use the copy. */
bool is_worth_joining(const struct join *j);

/* note [padding]: a gate may lack a product that its like have: before the first step c is 0, and
 * what is multiplied by it went. Its join is then filled up with zeros, so that it equals the
 * others', and one product serves them all.
 *
 * widen_join: the longest of the joins offered that has all parts of j, and no more than twice as
 * many; j if there is none. An offer made for one product stands for those of its layer and of the
 * shape of its result. spread_join: j, as long as `like`, with zeros where `wide` has parts
 * that `like` lacks. */
void offer_join(struct batch *b, struct join *j, const struct node *like);
struct join *widen_join(struct batch *b, struct join *j, const struct node *like);
struct join *spread_join(struct batch *b, const struct join *like, const struct join *wide,
                         struct join *j);

/* The order in which weights lie side by side: the module's tensors, then the list's values. */
int compare_weights(const struct value *a, const struct value *b);
/* Does a value of this size stay within what a value may have? */
bool fits_value(int64_t rows, int64_t cols);
/* Whether indices come from the input. Those that the program computes may be wanted in two places, and there are no copies of
 * them (settle.c), so nothing is joined by them. */
bool is_input_index(const struct value *v);

/* In the order of time; within a time step, or without one, in that of the forward pass. */
int compare_time(const struct node *a, const struct node *b);
/* The origin of what several nodes become: the first's, in the earliest part that has one of them,
 * without a time step if theirs differ. */
struct node common_origin(struct node *const *nodes, int count);

/* The node becomes [start, stop) of a larger value; its result stays the same value. */
void become_slice(struct batch *b, struct node *n, enum op rows_or_cols, struct value *whole,
                  int64_t start, int64_t stop);

/* Sets every node's order; the numbers grow along the list and have gaps. */
void number_nodes(struct batch *b);
/* Of some nodes the one that stands first, or last. */
struct node *outermost(struct node *const *nodes, int count, bool last);
/* Puts the nodes from `first` to `last` in order again: each behind its operands, at the latest
 * where it stood. Effects keep their order; what is numbered stays numbered. */
void sort_nodes(struct batch *b, struct node *first, struct node *last);

void batch_sums(struct batch *b);
void batch_inputs(struct batch *b);
void batch_weights(struct batch *b);
/* Fills in `bound` for every product. */
void find_bound(struct batch *b);
/* A stack that is part of another becomes a slice of it. */
void share_joins(struct batch *b);
/* Weights that programs want side by side become columns of one. */
void batch_tensors(struct module *m);
#endif
