/* The gradient of a value comes in pieces, one for each of its uses, and is their sum; slices that do not
 * overlap are joined instead. */
#include "gradient.h"
#include <stdlib.h>

/* What one use of a value adds to its gradient: on all of it (axis -1), or on [start, stop) along
 * one axis. */
struct piece {
    struct value *value;
    int axis, arrival;
    int64_t start, stop;
    struct piece *next;
};

/* The gradient of one value as far as it has come; the note of the values that the walk back has to
 * visit. */
struct flow {
    struct piece *first, **end;
    int count;
    struct value *sum; /* of a tensor, once it is known */
};

void open_flow(struct reverse *r, struct value *v)
{
    struct flow *f = arena_alloc(r->program->module->scratch, sizeof *f);
    f->end = &f->first;
    v->note = f;
}

static void add_piece(struct reverse *r, struct value *v, struct piece piece)
{
    struct flow *f = v->note;
    if (!f)
        return;
    struct piece *p = arena_alloc(r->program->module->scratch, sizeof *p);
    *p = piece;
    p->arrival = f->count++;
    *f->end = p;
    f->end = &p->next;
}

/* Undoes a broadcast: sums over the axes that `want` has as 1, or lacks. */
static struct value *sum_to(struct reverse *r, struct value *g, struct type want)
{
    const int extra = g->type.shape.rank - want.shape.rank;
    for (int axis = 0; axis < g->type.shape.rank; axis++) {
        int64_t size = axis < extra ? 1 : want.shape.dim[axis - extra];
        if (g->type.shape.dim[axis] != size)
            g = build_sum(&r->b, g, axis);
    }
    if (extra > 0)
        g = build(&r->b, OP_RESHAPE, &g, 1, NULL, 0, want);
    return g;
}

void add_to(struct reverse *r, struct value *v, struct value *g)
{
    add_piece(r, v, (struct piece){ .value = g, .axis = -1 });
}

void add_to_part(struct reverse *r, struct value *v, struct value *g, int axis, int64_t start)
{
    const int64_t stop = start + g->type.shape.dim[axis];
    add_piece(r, v, (struct piece){ .value = g, .axis = axis, .start = start, .stop = stop });
}

void give(struct reverse *r, const struct node *n, int arg, struct value *g)
{
    if (wants(n, arg))
        add_to(r, n->args[arg], sum_to(r, g, n->args[arg]->type));
}

static int earlier(const void *x, const void *y)
{
    const struct piece *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->arrival - b->arrival;
}

static struct piece *sorted_pieces(struct reverse *r, const struct flow *f, int axis, int *count)
{
    struct piece *pieces = arena_new_array(r->program->module->scratch, struct piece, f->count);
    *count = 0;
    for (const struct piece *p = f->first; p; p = p->next)
        if (p->axis == axis)
            pieces[(*count)++] = *p;
    qsort(pieces, (size_t)*count, sizeof *pieces, earlier);
    return pieces;
}

static struct value *add(struct reverse *r, struct value *sum, struct value *term)
{
    return sum ? build_binary(&r->b, OP_ADD, sum, term) : term;
}

/* The sum, on [start, stop), of the pieces that are open there. */
static struct value *sum_interval(struct reverse *r, const struct piece *open, int count, int axis,
                                  int64_t start, int64_t stop)
{
    struct value *sum = NULL;
    for (const struct piece *p = open; p < open + count; p++) {
        bool whole = p->start == start && p->stop == stop;
        sum = add(r, sum,
                  whole ? p->value
                        : build_slice(&r->b, slice_op(axis), p->value, start - p->start,
                                      stop - p->start));
    }
    return sum;
}

static int close_pieces(struct piece *open, int count, int64_t at)
{
    int left = 0;
    for (int i = 0; i < count; i++)
        if (open[i].stop > at)
            open[left++] = open[i];
    return left;
}

/* All pieces along one axis as one concat: a sweep from boundary to boundary. Where pieces overlap
 * they are added, where there is none stand zeros. Disjoint pieces, the usual case, come out as
 * they are. NULL: no pieces. */
static struct value *join_pieces(struct reverse *r, const struct flow *f, struct type type,
                                 int axis)
{
    struct arena *a = r->program->module->scratch;
    int count, next = 0, opened = 0, part_count = 0;
    struct piece *pieces = sorted_pieces(r, f, axis, &count);
    struct piece *open = arena_new_array(a, struct piece, count);
    struct value **parts = arena_new_array(a, struct value *, 2 * count + 1);
    int64_t size = type.shape.dim[axis];
    for (int64_t at = 0, end = size; count > 0 && at < size; at = end, end = size) {
        while (next < count && pieces[next].start == at)
            open[opened++] = pieces[next++];
        if (next < count)
            end = pieces[next].start;
        for (int i = 0; i < opened; i++)
            end = open[i].stop < end ? open[i].stop : end;
        type.shape.dim[axis] = end - at;
        parts[part_count++] =
            opened ? sum_interval(r, open, opened, axis, at, end) : build_const(&r->b, 0, type);
        opened = close_pieces(open, opened, end);
    }
    return part_count > 1 ? build_concat(&r->b, parts, part_count, axis) : parts[0];
}

struct value *resolve(struct reverse *r, struct value *v)
{
    struct flow *f = v->note;
    if (!f || f->sum)
        return f ? f->sum : NULL;
    for (const struct piece *p = f->first; p; p = p->next) {
        if (!v->def)
            r->b.like = p->value->def;
        if (p->axis < 0)
            f->sum = add(r, f->sum, p->value);
    }
    const int last = v->type.shape.rank - 1;
    struct value *rows = last >= 0 ? join_pieces(r, f, v->type, 0) : NULL;
    struct value *cols = last >= 1 ? join_pieces(r, f, v->type, last) : NULL;
    f->sum = rows ? add(r, f->sum, rows) : f->sum;
    f->sum = cols ? add(r, f->sum, cols) : f->sum;
    return f->sum;
}
