#include "lstmc/model.h"
#include <string.h>

enum { PANEL = 16 };

/* The columns of a panel. */
struct panel {
    size_t first;
    int count;
};

static struct panel panel_at(int i, int cols, int parts)
{
    const int width = cols / parts, from = i / parts * PANEL;
    return (struct panel){ (size_t)(i % parts * width + from),
                           width - from < PANEL ? width - from : PANEL };
}

static int panels_of(int cols, int parts)
{
    return (cols / parts + PANEL - 1) / PANEL * parts;
}

void lstmc_to_panels(void *panels, const void *plain, size_t size, int rows, int cols, int parts)
{
    char *to = panels;
    for (int i = 0; i < panels_of(cols, parts); i++) {
        const struct panel p = panel_at(i, cols, parts);
        const char *from = (const char *)plain + p.first * size;
        const size_t bytes = (size_t)p.count * size;
        for (int r = 0; r < rows; r++, to += PANEL * size, from += (size_t)cols * size) {
            memcpy(to, from, bytes);
            memset(to + bytes, 0, PANEL * size - bytes);
        }
    }
}

void lstmc_from_panels(void *plain, const void *panels, size_t size, int rows, int cols, int parts)
{
    const char *from = panels;
    for (int i = 0; i < panels_of(cols, parts); i++) {
        const struct panel p = panel_at(i, cols, parts);
        char *to = (char *)plain + p.first * size;
        for (int r = 0; r < rows; r++, from += PANEL * size, to += (size_t)cols * size)
            memcpy(to, from, (size_t)p.count * size);
    }
}
