/* Memory of one compilation: everything is allocated here, nothing is freed before the end. What is
 * needed for a while only is released, and its memory used again. */
#ifndef LSTMC_ARENA_H
#define LSTMC_ARENA_H
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
struct arena *arena_within(struct arena *outer); /* another one, which is freed with `outer` */
/* Zeroed, aligned for any type; dies (exit 1) when memory is gone. */
void *arena_alloc(struct arena *a, size_t bytes);
/* Grows an array held in the arena to `count` elements of `size` bytes; the old block is left behind. */
void *arena_grow(struct arena *a, void *old, size_t old_count, size_t count, size_t size);
char *arena_copy(struct arena *a, const char *s, size_t n); /* adds a NUL */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes back what was allocated since the mark was made. */
struct arena_mark {
    struct chunk *newest, *older;
    size_t used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_release(struct arena *a, struct arena_mark to);
void arena_clear(struct arena *a); /* takes back all that was ever allocated */

#define arena_new_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

/* Text that grows: what is written to disk is gathered here first. */
struct buffer {
    struct arena *arena;
    char *text; /* NUL-terminated, never NULL once something was added */
    size_t length, capacity;
};

void buffer_reserve(struct buffer *b, size_t n); /* room for n more characters and a NUL */
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *b, const char *format, va_list ap);

/* Inline, since a long program's text is made of millions of short words. */
static inline void buffer_add(struct buffer *b, const char *s, size_t n)
{
    if (!b->text || n >= b->capacity - b->length)
        buffer_reserve(b, n);
    if (n > 0)
        memcpy(b->text + b->length, s, n);
    b->length += n;
    b->text[b->length] = '\0';
}

static inline void buffer_puts(struct buffer *b, const char *s)
{
    buffer_add(b, s, strlen(s));
}
#endif
