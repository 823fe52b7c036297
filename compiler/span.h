/* Spans: rectangles of memory in bytes, and a map from memory to what touches it. For the checks of
 * schedule and plan, which believe no rectangle of a home. */
#ifndef LSTMC_SPAN_H
#define LSTMC_SPAN_H
#include "grid.h"

/* `rows` times `width` bytes, `stride` bytes apart. Without gaps it is one row. */
struct span {
    enum region region;
    int64_t start, width, stride, rows;
};

struct span span_of(const struct module *m, const struct value *v, struct place place);
/* What block `block` of n touches of a value at this place. */
struct span span_of_block(const struct module *m, const struct node *n, const struct touch *t,
                          struct place place, int block);
int64_t span_end(const struct span *s);
bool span_equal(const struct span *a, const struct span *b);
bool span_overlaps(const struct span *a, const struct span *b);
/* In one byte that is of all three. */
bool span_overlaps_all(const struct span *a, const struct span *b, const struct span *c);
/* Is b within a? false means that it may be. */
bool span_contains(const struct span *a, const struct span *b);

/* Memory in stretches of equal length, each with the items that touch it. */
struct stretch {
    int64_t epoch; /* items of an older one are forgotten */
    struct item *items;
};

struct item {
    void *what;
    struct item *next;
};

struct map {
    struct arena *arena;
    int64_t epoch;
    struct stretch *stretches[REGION_STATE + 1];
    int64_t length[REGION_STATE + 1];
    struct item *spare;
};

/* For about so many items. */
struct map *map_new(struct arena *a, const int64_t bytes[REGION_STATE + 1], int items);
/* The stretches [first, end) that a span may touch. */
struct stretch *map_stretches(struct map *m, const struct span *s, struct stretch **end);
void map_add(struct map *m, const struct span *s, void *what);
struct item **map_items(struct map *m, struct stretch *at); /* those of this epoch */
void map_drop(struct map *m, struct item **item);
#endif
