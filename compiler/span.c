/* Bytes against bytes: which row of a span a byte falls into is found by division, so two spans are
 * compared in as many steps as the one with fewer rows has rows. The map keeps an item in the list
 * of each stretch that it touches; a list of an older epoch is emptied when it is next asked for,
 * so to forget everything costs nothing. */
#include "span.h"

/* Of the work region, enough for few items in each, also in a long program, and few enough for a
 * large matrix to touch them all. Tensors are few, and some of them are read in every step. */
enum { WORK_STRETCHES = 1024, ITEMS_A_STRETCH = 16, TENSOR_STRETCHES = 64, SHORTEST = 64 };

/* ---- spans --------------------------------------------------------------------------------- */

/* Bits count in whole words. */
static int64_t unit_of(const struct module *m, enum elem elem)
{
    return elem == ELEM_BIT ? 2 : (int64_t)elem_bytes(m, elem);
}

static int64_t width_of(const struct module *m, enum elem elem, int64_t elements)
{
    return (elem == ELEM_BIT ? bit_words(elements) : elements) * unit_of(m, elem);
}

static struct span without_gaps(struct span s)
{
    if (s.rows == 1 || s.stride == s.width)
        return (struct span){ s.region, s.start, s.rows * s.width, s.rows * s.width, 1 };
    return s;
}

struct span span_of(const struct module *m, const struct value *v, struct place place)
{
    const enum elem elem = v->type.elem;
    return without_gaps((struct span){ .region = place.region,
                                       .start = place.offset,
                                       .width = stored_cols(v->type) * unit_of(m, elem),
                                       .stride = place.stride * unit_of(m, elem),
                                       .rows = stored_rows(v->type) });
}

struct span span_of_block(const struct module *m, const struct node *n, const struct touch *t,
                          struct place place, int block)
{
    const struct type type = t->value->type;
    const int64_t rows = stored_rows(type), cols = shape_cols(stored_shape(type));
    struct range r = { 0, rows }, c = { 0, cols };
    if (t->spread == SPREAD_ROWS)
        r = grid_range(n->grid, rows, block);
    else if (t->spread == SPREAD_COLS)
        c = grid_range(n->grid, cols, block);
    const int64_t stride = place.stride * unit_of(m, type.elem);
    const int64_t first = width_of(m, type.elem, c.start);
    return without_gaps((struct span){ .region = place.region,
                                       .start = place.offset + r.start * stride + first,
                                       .width = width_of(m, type.elem, c.stop) - first,
                                       .stride = stride,
                                       .rows = r.stop - r.start });
}

int64_t span_end(const struct span *s)
{
    return s->start + (s->rows - 1) * s->stride + s->width;
}

bool span_equal(const struct span *a, const struct span *b)
{
    return a->region == b->region && a->start == b->start && a->width == b->width &&
           a->rows == b->rows && (a->rows == 1 || a->stride == b->stride);
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Does the row [start, start + width) meet a row of s? */
static bool row_overlaps(int64_t start, int64_t width, const struct span *s)
{
    if (s->rows == 1)
        return start < s->start + s->width && s->start < start + width;
    /* the first row that ends behind start */
    int64_t i = larger(0, floor_divide(start - s->start - s->width, s->stride) + 1);
    return i < s->rows && s->start + i * s->stride < start + width;
}

bool span_overlaps(const struct span *a, const struct span *b)
{
    if (a->region != b->region || a->start >= span_end(b) || b->start >= span_end(a))
        return false;
    const struct span *few = a->rows < b->rows ? a : b, *many = few == a ? b : a;
    for (int64_t i = 0; i < few->rows; i++)
        if (row_overlaps(few->start + i * few->stride, few->width, many))
            return true;
    return false;
}

/* Row by row; called where something is wrong already, or nearly so. */
bool span_overlaps_all(const struct span *a, const struct span *b, const struct span *c)
{
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t k = 0; k < b->rows; k++) {
            const int64_t x = a->start + i * a->stride, y = b->start + k * b->stride;
            const int64_t start = larger(x, y), end = smaller(x + a->width, y + b->width);
            if (start < end && row_overlaps(start, end - start, c))
                return true;
        }
    return false;
}

bool span_contains(const struct span *a, const struct span *b)
{
    if (a->region != b->region || b->start < a->start || span_end(b) > span_end(a))
        return false;
    if (a->rows == 1)
        return true;
    const int64_t col = (b->start - a->start) % a->stride;
    return (b->rows == 1 || b->stride == a->stride) && col + b->width <= a->width;
}

/* ---- the map ------------------------------------------------------------------------------- */

struct map *map_new(struct arena *a, const int64_t bytes[REGION_STATE + 1], int items)
{
    struct map *m = arena_alloc(a, sizeof *m);
    m->arena = a;
    for (int r = 0; r <= REGION_STATE; r++) {
        const int64_t stretches =
            r == REGION_WORK ? larger(WORK_STRETCHES, items / ITEMS_A_STRETCH) : TENSOR_STRETCHES;
        m->length[r] = larger(SHORTEST, bytes[r] / stretches + 1);
        m->stretches[r] = arena_new_array(a, struct stretch, bytes[r] / m->length[r] + 1);
    }
    return m;
}

struct stretch *map_stretches(struct map *m, const struct span *s, struct stretch **end)
{
    const int64_t length = m->length[s->region];
    *end = m->stretches[s->region] + (span_end(s) - 1) / length + 1;
    return m->stretches[s->region] + s->start / length;
}

void map_drop(struct map *m, struct item **item)
{
    struct item *dropped = *item;
    *item = dropped->next;
    dropped->next = m->spare;
    m->spare = dropped;
}

struct item **map_items(struct map *m, struct stretch *at)
{
    while (at->epoch != m->epoch && at->items)
        map_drop(m, &at->items);
    at->epoch = m->epoch;
    return &at->items;
}

void map_add(struct map *m, const struct span *s, void *what)
{
    struct stretch *end;
    for (struct stretch *at = map_stretches(m, s, &end); at < end; at++) {
        struct item **list = map_items(m, at), *item = m->spare;
        if (item)
            m->spare = item->next;
        else
            item = arena_alloc(m->arena, sizeof *item);
        *item = (struct item){ what, *list };
        *list = item;
    }
}
