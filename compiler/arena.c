/* Bump allocation from a chain of chunks. Chunks come from calloc, so memory is zeroed without being
 * cleared, but for what was handed out before and taken back. That is handed out again first: a page
 * that the program has touched costs nothing, one that it has not is cleared by the system. */
#include "arena.h"
#include "diag.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK = 1 << 16, LARGEST_CHUNK = 1 << 23 };

struct chunk {
    struct chunk *older;
    size_t used, size;
    size_t dirty; /* so many bytes from the first on were in use once */
    max_align_t bytes[];
};

struct arena {
    struct chunk *newest;
    size_t next_size;     /* chunks double, so that a small compilation stays small */
    struct chunk **spare; /* that were taken back; an arena shares them with those within it */
    struct chunk *own_spare;
    struct arena *within, *next; /* arenas that are freed with this one */
};

/* ---- chunks ---------------------------------------------------------------------------------- */

/* The smallest that is large enough, taken from its list. */
static struct chunk *take_spare(struct chunk **spare, size_t size)
{
    struct chunk **best = NULL;
    for (struct chunk **c = spare; *c; c = &(*c)->older)
        if ((*c)->size >= size && (!best || (*c)->size < (*best)->size))
            best = c;
    struct chunk *found = best ? *best : NULL;
    if (found)
        *best = found->older;
    return found;
}

static struct chunk *chunk_new(struct chunk **spare, struct chunk *older, size_t size)
{
    struct chunk *c = spare ? take_spare(spare, size) : NULL;
    if (!c) {
        c = size <= SIZE_MAX - sizeof *c ? calloc(1, sizeof *c + size) : NULL;
        if (!c)
            die("out of memory (%zu bytes wanted)", size);
        c->size = size;
    }
    c->older = older;
    return c;
}

static void *take_bytes(struct chunk *c, size_t start, size_t bytes)
{
    char *taken = (char *)c->bytes + start;
    if (start < c->dirty)
        memset(taken, 0, bytes < c->dirty - start ? bytes : c->dirty - start);
    c->used = start + bytes;
    return taken;
}

/* Nothing is in use from byte `used` on. */
static void give_back_bytes(struct chunk *c, size_t used)
{
    c->dirty = c->dirty > c->used ? c->dirty : c->used;
    c->used = used;
}

static void free_chunks(struct chunk *c)
{
    for (struct chunk *older; c; c = older) {
        older = c->older;
        free(c);
    }
}

/* ---- arenas ---------------------------------------------------------------------------------- */

struct arena *arena_new(void)
{
    struct chunk *c = chunk_new(NULL, NULL, FIRST_CHUNK);
    struct arena *a = take_bytes(c, 0, sizeof *a);
    *a = (struct arena){ .newest = c, .next_size = 2 * FIRST_CHUNK };
    a->spare = &a->own_spare;
    return a;
}

struct arena *arena_within(struct arena *outer)
{
    struct arena *a = arena_new();
    a->spare = outer->spare;
    a->next = outer->within;
    return outer->within = a;
}

/* The arena itself lies in its oldest chunk, the last one freed. */
void arena_free(struct arena *a)
{
    for (struct arena *w = a->within, *next; w; w = next) {
        next = w->next;
        arena_free(w);
    }
    free_chunks(a->own_spare);
    free_chunks(a->newest);
}

/* What is larger than a quarter of a chunk gets one of its own, behind the newest, whose rest stays
 * in use. */
static void *alloc_large(struct arena *a, size_t bytes)
{
    struct chunk *c = chunk_new(a->spare, a->newest->older, bytes);
    a->newest->older = c;
    return take_bytes(c, 0, bytes);
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    const size_t align = _Alignof(max_align_t);
    struct chunk *c = a->newest;
    size_t start = (c->used + align - 1) / align * align;
    if (start > c->size || bytes > c->size - start) {
        if (bytes > a->next_size / 4)
            return alloc_large(a, bytes);
        c = a->newest = chunk_new(a->spare, c, a->next_size);
        start = 0;
        if (a->next_size < LARGEST_CHUNK)
            a->next_size *= 2;
    }
    return take_bytes(c, start, bytes);
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){ a->newest, a->newest->older, a->newest->used };
}

static void retire(struct arena *a, struct chunk **c)
{
    struct chunk *retired = *c;
    give_back_bytes(retired, 0);
    *c = retired->older;
    retired->older = *a->spare;
    *a->spare = retired;
}

/* Large chunks stand behind the one that was the newest when they came. */
void arena_release(struct arena *a, struct arena_mark to)
{
    while (a->newest != to.newest)
        retire(a, &a->newest);
    while (a->newest->older != to.older)
        retire(a, &a->newest->older);
    give_back_bytes(a->newest, to.used);
}

/* The arena's own bytes stand first in its oldest chunk. */
void arena_clear(struct arena *a)
{
    while (a->newest->older)
        retire(a, a->newest->bytes == (void *)a ? &a->newest->older : &a->newest);
    give_back_bytes(a->newest, sizeof *a);
}

void *arena_grow(struct arena *a, void *old, size_t old_count, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        die("out of memory (%zu elements of %zu bytes wanted)", count, size);
    void *new = arena_alloc(a, count * size);
    if (old_count > 0)
        memcpy(new, old, old_count * size);
    return new;
}

char *arena_copy(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    if (n > 0)
        memcpy(copy, s, n);
    return copy;
}

/* Most texts are short: they are printed once. */
char *arena_printf(struct arena *a, const char *format, ...)
{
    struct buffer text = { .arena = a };
    char few[256];
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);
    const int n = vsnprintf(few, sizeof few, format, ap);
    if (n >= (int)sizeof few)
        buffer_vprintf(&text, format, again);
    va_end(again);
    va_end(ap);
    if (n < 0)
        die("format `%s` cannot be printed", format);
    return n < (int)sizeof few ? arena_copy(a, few, (size_t)n) : text.text;
}

void buffer_reserve(struct buffer *b, size_t n)
{
    if (b->text && n < b->capacity - b->length)
        return;
    size_t capacity = 2 * (b->length + n) + 64;
    b->text = arena_grow(b->arena, b->text, b->text ? b->length + 1 : 0, capacity, 1);
    b->capacity = capacity;
}

void buffer_vprintf(struct buffer *b, const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    const size_t room = b->text ? b->capacity - b->length : 0;
    const int n = vsnprintf(room ? b->text + b->length : NULL, room, format, ap);
    if (n < 0)
        die("format `%s` cannot be printed", format);
    if ((size_t)n >= room) {
        buffer_reserve(b, (size_t)n);
        vsnprintf(b->text + b->length, (size_t)n + 1, format, again);
    }
    va_end(again);
    b->length += (size_t)n;
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    buffer_vprintf(b, format, ap);
    va_end(ap);
}
