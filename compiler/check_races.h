/* What the checks of schedule and plan share. */
#ifndef LSTMC_CHECK_RACES_H
#define LSTMC_CHECK_RACES_H
#include "span.h"

struct prover {
    const struct program *p;
    const struct module *m;
    struct arena *arena;
    struct map *read, *written; /* in this phase */
    struct touch *touches;      /* of the node at hand */
    int capacity;
    /* where a value lies; in the check of the schedule in a memory of its own for each buffer */
    struct place (*place)(const struct prover *v, const struct value *value);
};

int touches_of(struct prover *v, const struct node *n);
const char *value_text(const struct prover *v, const struct value *value); /* %12, $lstm.kernel */

/* In each phase, blocks that touch a byte that one of them writes are blocks of one number of
 * two grids of equally many blocks; or they are one block, which reads each element before it
 * writes over it. NULL, or what is wrong. */
const char *find_race(struct prover *v, const struct node **at);

/* check_flow.c: in the order of the list, is every byte that is read written last by the value
 * that is read? Uses the notes of values. */
const char *find_overwritten(struct prover *v, struct map *map, const struct node **at);
#endif
