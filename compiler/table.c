/* A row of slots, at most half of them taken, that doubles. An item stands in the first slot that
 * was free from the one on that its hash names, so of equal items the first added is the first met.
 * The order of the items never depends on their hashes, which may be made of addresses. */
#include "table.h"

struct table_slot {
    uint64_t hash;
    void *item; /* NULL: free */
};

void *table_find(const struct table *t, uint64_t hash, same_item *same, const void *key)
{
    if (t->size == 0)
        return NULL;
    for (size_t i = hash;; i++) {
        const struct table_slot *s = &t->slots[i & (t->size - 1)];
        if (!s->item || (s->hash == hash && same(s->item, key)))
            return s->item;
    }
}

static void insert(struct table *t, struct table_slot item)
{
    size_t i = item.hash;
    while (t->slots[i & (t->size - 1)].item)
        i++;
    t->slots[i & (t->size - 1)] = item;
}

/* From behind a free slot on, since there no run of items begins before the first slot. */
static void grow(struct table *t)
{
    const struct table old = *t;
    size_t start = 0;
    t->size = old.size ? 2 * old.size : 64;
    t->slots = arena_new_array(t->arena, struct table_slot, t->size);
    while (start < old.size && old.slots[start].item)
        start++;
    for (size_t i = 0; i < old.size; i++) {
        const struct table_slot s = old.slots[(start + i) & (old.size - 1)];
        if (s.item)
            insert(t, s);
    }
}

void table_add(struct table *t, uint64_t hash, void *item)
{
    if (2 * t->count++ >= t->size)
        grow(t);
    insert(t, (struct table_slot){ hash, item });
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

uint64_t hash_text(const char *s)
{
    uint64_t hash = 0;
    for (; *s; s++)
        hash = hash_word(hash, (unsigned char)*s);
    return hash;
}
