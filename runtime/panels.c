#include "lstmc/model.h"
#include <string.h>

/* What a panel has of the columns: `count` of them, the tensor's from `from` on, which are its own from `lane` on, and
 * `fill` lanes behind them that no column has. */
struct piece {
    int from, count, lane, fill;
};

static struct piece piece_at(int i, const struct lstmc_columns *c)
{
    const int width = c->cols / c->parts, begin = i / c->parts * c->lanes;
    const int first = i % c->parts * width + begin;
    const int lanes = width - begin < c->lanes ? width - begin : c->lanes;
    const int from = first > c->first ? first : c->first, stop = c->first + c->count;
    const int to = first + lanes < stop ? first + lanes : stop;
    return (struct piece){ from, from < to ? to - from : 0, from - first,
                           to == first + lanes ? c->lanes - lanes : 0 };
}

static int panels_of(const struct lstmc_columns *c)
{
    return (c->cols / c->parts + c->lanes - 1) / c->lanes * c->parts;
}

/* Bytes from the beginning to a lane of row r of panel i, and to a column of plain row r. */
static size_t panel_place(const struct lstmc_columns *c, size_t size, int i, int r, int lane)
{
    return (((size_t)i * (size_t)c->rows + (size_t)r) * (size_t)c->lanes + (size_t)lane) * size;
}

static size_t plain_place(const struct lstmc_columns *c, size_t size, int r, int col)
{
    return ((size_t)r * (size_t)c->count + (size_t)(col - c->first)) * size;
}

void lstmc_to_panels(void *panels, const void *plain, size_t size, const struct lstmc_columns *c)
{
    for (int i = 0; i < panels_of(c); i++) {
        const struct piece p = piece_at(i, c);
        const size_t bytes = (size_t)p.count * size;
        for (int r = 0; r < c->rows && p.count > 0; r++) {
            char *to = (char *)panels + panel_place(c, size, i, r, p.lane);
            memcpy(to, (const char *)plain + plain_place(c, size, r, p.from), bytes);
            memset(to + bytes, 0, (size_t)p.fill * size);
        }
    }
}

void lstmc_from_panels(void *plain, const void *panels, size_t size, const struct lstmc_columns *c)
{
    for (int i = 0; i < panels_of(c); i++) {
        const struct piece p = piece_at(i, c);
        for (int r = 0; r < c->rows && p.count > 0; r++)
            memcpy((char *)plain + plain_place(c, size, r, p.from),
                   (const char *)panels + panel_place(c, size, i, r, p.lane),
                   (size_t)p.count * size);
    }
}
