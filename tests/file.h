/* A file of a test, whole and in memory. */
#ifndef TEST_FILE_H
#define TEST_FILE_H
#include "arena.h"
#include "diag.h"
#include "text.h"
#include <stdlib.h>

/* Ends the program if it cannot be read. */
static inline struct buffer read_case(struct arena *a, const char *path)
{
    struct buffer text = { .arena = a };
    size_t size;
    const char *why;
    unsigned char *bytes = read_regular_file(path, &size, &why);
    if (!bytes)
        err("%s cannot be read: %s", path, why);
    buffer_puts(&text, "");
    buffer_add(&text, (const char *)bytes, size);
    free(bytes);
    return text;
}
#endif
