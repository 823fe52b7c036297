/* Chains behind a row of slots that doubles. The order of the items never depends on their hashes,
 * which may be made of addresses. */
#include "table.h"

struct table_entry {
    uint64_t hash;
    void *item;
    struct table_entry *next;
};

static struct table_entry **slot_of(const struct table *t, uint64_t hash)
{
    return &t->slots[hash & (t->size - 1)];
}

void *table_find(const struct table *t, uint64_t hash, same_item *same, const void *key)
{
    struct table_entry *e = t->size ? *slot_of(t, hash) : NULL;
    while (e && !(e->hash == hash && same(e->item, key)))
        e = e->next;
    return e ? e->item : NULL;
}

/* At the end of its chain: the first added is the first found. */
static void append(struct table *t, struct table_entry *e)
{
    struct table_entry **end = slot_of(t, e->hash);
    while (*end)
        end = &(*end)->next;
    *end = e;
    e->next = NULL;
}

static void grow(struct table *t)
{
    struct table_entry **old = t->slots;
    size_t size = t->size;
    t->size = size ? 2 * size : 64;
    t->slots = arena_new_array(t->arena, struct table_entry *, t->size);
    for (size_t i = 0; i < size; i++)
        for (struct table_entry *e = old[i], *next; e; e = next) {
            next = e->next;
            append(t, e);
        }
}

void table_add(struct table *t, uint64_t hash, void *item)
{
    if (t->count++ >= t->size)
        grow(t);
    struct table_entry *e = arena_alloc(t->arena, sizeof *e);
    *e = (struct table_entry){ .hash = hash, .item = item };
    append(t, e);
}

uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

uint64_t hash_pointer(uint64_t hash, const void *p)
{
    return hash_word(hash, (uint64_t)(uintptr_t)p);
}
