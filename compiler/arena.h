/* Memory of one compilation: everything is allocated here, nothing is freed before the end. */
#ifndef LSTMC_ARENA_H
#define LSTMC_ARENA_H
#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* Zeroed, aligned for any type; dies (exit 1) when memory is gone. */
void *arena_alloc(struct arena *a, size_t bytes);
/* Grows an array held in the arena to `count` elements of `size` bytes; the old block is left behind. */
void *arena_grow(struct arena *a, void *old, size_t old_count, size_t count, size_t size);
char *arena_copy(struct arena *a, const char *s, size_t n); /* adds a NUL */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define arena_new_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

/* Text that grows: what is written to disk is gathered here first. */
struct buffer {
    struct arena *arena;
    char *text; /* NUL-terminated, never NULL once something was added */
    size_t length, capacity;
};

void buffer_add(struct buffer *b, const char *s, size_t n);
void buffer_puts(struct buffer *b, const char *s);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *b, const char *format, va_list ap);
#endif
