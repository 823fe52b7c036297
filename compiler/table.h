/* Finds what was seen before: a hash table of items that the caller can tell apart. */
#ifndef LSTMC_TABLE_H
#define LSTMC_TABLE_H
#include "arena.h"
#include <stdint.h>

/* All zero but for the arena: an empty table. */
struct table {
    struct arena *arena;
    struct table_slot *slots;
    size_t size, count; /* size: a power of two, or 0 */
};

typedef int same_item(const void *item, const void *key);

/* The first item added with this hash for which same(item, key) holds; NULL: none. */
void *table_find(const struct table *t, uint64_t hash, same_item *same, const void *key);
void table_add(struct table *t, uint64_t hash, void *item);

/* A hash is begun with 0 and takes in word after word. */
uint64_t hash_word(uint64_t hash, uint64_t word);
uint64_t hash_pointer(uint64_t hash, const void *p);
uint64_t hash_text(const char *s);
#endif
