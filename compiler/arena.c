/* Bump allocation from a chain of chunks. Chunks come from calloc and no byte is handed out twice,
 * so memory is zeroed without being cleared. */
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
    max_align_t bytes[];
};

struct arena {
    struct chunk *newest;
    size_t next_size; /* chunks double, so that a small compilation stays small */
};

static struct chunk *chunk_new(struct chunk *older, size_t size)
{
    struct chunk *c = size <= SIZE_MAX - sizeof *c ? calloc(1, sizeof *c + size) : NULL;
    if (!c)
        die("out of memory (%zu bytes wanted)", size);
    c->older = older;
    c->size = size;
    return c;
}

struct arena *arena_new(void)
{
    struct chunk *c = chunk_new(NULL, FIRST_CHUNK);
    struct arena *a = (struct arena *)c->bytes;
    c->used = sizeof *a;
    *a = (struct arena){ .newest = c, .next_size = 2 * FIRST_CHUNK };
    return a;
}

/* The arena itself lies in its oldest chunk, the last one freed. */
void arena_free(struct arena *a)
{
    for (struct chunk *c = a->newest, *older; c; c = older) {
        older = c->older;
        free(c);
    }
}

/* What is larger than a quarter of a chunk gets one of its own, behind the newest, whose rest stays
 * in use. */
static void *alloc_large(struct arena *a, size_t bytes)
{
    struct chunk *c = chunk_new(a->newest->older, bytes);
    c->used = bytes;
    a->newest->older = c;
    return c->bytes;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    const size_t align = _Alignof(max_align_t);
    struct chunk *c = a->newest;
    size_t start = (c->used + align - 1) / align * align;
    if (start > c->size || bytes > c->size - start) {
        if (bytes > a->next_size / 4)
            return alloc_large(a, bytes);
        c = a->newest = chunk_new(c, a->next_size);
        start = 0;
        if (a->next_size < LARGEST_CHUNK)
            a->next_size *= 2;
    }
    c->used = start + bytes;
    return (char *)c->bytes + start;
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

static int printed_length(const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0)
        die("format `%s` cannot be printed", format);
    return n;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    size_t size = (size_t)printed_length(format, ap) + 1;
    char *text = arena_alloc(a, size);
    vsnprintf(text, size, format, ap);
    va_end(ap);
    return text;
}

/* Room for n more characters and a NUL. */
static void buffer_reserve(struct buffer *b, size_t n)
{
    if (b->text && n < b->capacity - b->length)
        return;
    size_t capacity = 2 * (b->length + n) + 64;
    b->text = arena_grow(b->arena, b->text, b->text ? b->length + 1 : 0, capacity, 1);
    b->capacity = capacity;
}

void buffer_add(struct buffer *b, const char *s, size_t n)
{
    buffer_reserve(b, n);
    if (n > 0)
        memcpy(b->text + b->length, s, n);
    b->length += n;
    b->text[b->length] = '\0';
}

void buffer_puts(struct buffer *b, const char *s)
{
    buffer_add(b, s, strlen(s));
}

void buffer_vprintf(struct buffer *b, const char *format, va_list ap)
{
    size_t n = (size_t)printed_length(format, ap);
    buffer_reserve(b, n);
    vsnprintf(b->text + b->length, n + 1, format, ap);
    b->length += n;
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    buffer_vprintf(b, format, ap);
    va_end(ap);
}
