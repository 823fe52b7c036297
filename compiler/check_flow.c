/* Follows the bytes through a planned program in the order of the list: each that is read must
 * have been written last by the value that is read. Memory is a map of records, one for each
 * write; a newer record that covers an older one replaces it, so few lie over each other
 * anywhere. */
#include "check_races.h"
#include "stream.h"

enum { MAX_NESTING = 1000 }; /* of concats */

/* A value that was written; the note of the value. */
struct record {
    const struct value *value;
    struct span span;
    int time;
};

struct flow {
    struct prover *v;
    struct map *map;
    const struct value *reader; /* the operand that is read */
    struct span span;           /* where it lies */
};

/* ---- writing ------------------------------------------------------------------------------- */

static void forget_covered(struct flow *f, const struct span *by)
{
    struct stretch *end;
    for (struct stretch *at = map_stretches(f->map, by, &end); at < end; at++)
        for (struct item **i = map_items(f->map, at); *i;) {
            const struct record *r = (*i)->what;
            if (span_contains(by, &r->span))
                map_drop(f->map, i);
            else
                i = &(*i)->next;
        }
}

static void write_value(struct flow *f, struct value *v, int time)
{
    struct record *r = arena_alloc(f->v->arena, sizeof *r);
    *r = (struct record){ v, span_of(f->v->m, v, v->place), time };
    forget_covered(f, &r->span);
    map_add(f->map, &r->span, r);
    v->note = r;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* The stretch of memory that both reach over; they overlap. */
static struct span between(const struct span *a, const struct span *b)
{
    const int64_t start = a->start > b->start ? a->start : b->start;
    const int64_t end = span_end(a) < span_end(b) ? span_end(a) : span_end(b);
    return (struct span){ a->region, start, end - start, end - start, 1 };
}

/* The bytes that the reader shares with `leaf`, a value that some node wrote as a whole, are they
 * leaf's? */
static const char *read_leaf(struct flow *f, const struct value *leaf)
{
    const struct record *own = leaf->note;
    if (!own)
        return arena_printf(f->v->arena, "%s is read but never written", value_text(f->v, leaf));
    const struct span shared = between(&own->span, &f->span);
    struct stretch *end;
    for (struct stretch *at = map_stretches(f->map, &shared, &end); at < end; at++)
        for (const struct item *i = *map_items(f->map, at); i; i = i->next) {
            const struct record *r = i->what;
            if (r->time > own->time && span_overlaps(&r->span, &f->span) &&
                span_overlaps(&r->span, &own->span) &&
                span_overlaps_all(&f->span, &own->span, &r->span))
                return arena_printf(f->v->arena, "%s is read after %s was written over it",
                                    value_text(f->v, f->reader), value_text(f->v, r->value));
        }
    return NULL;
}

/* The first part that ends behind `start`; parts lie in the order of their ends. */
static int first_part(const struct flow *f, const struct node *concat, int64_t start)
{
    int low = 0, high = concat->arg_count;
    while (low < high) {
        const int middle = (low + high) / 2;
        const struct value *part = concat->args[middle];
        const struct span s = span_of(f->v->m, part, part->place);
        if (span_end(&s) > start)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static const char *read_leaves(struct flow *f, const struct value *v, int depth)
{
    while (v->def && op_table[v->def->op].class == CLASS_VIEW)
        v = v->def->args[0];
    if (!v->def || v->def->op != OP_CONCAT)
        return read_leaf(f, v);
    if (depth == MAX_NESTING)
        return "concats are nested too deeply";
    const struct node *concat = v->def;
    const char *fault = NULL;
    for (int i = first_part(f, concat, f->span.start); i < concat->arg_count && !fault; i++) {
        const struct value *part = concat->args[i];
        const struct span s = span_of(f->v->m, part, part->place);
        if (s.start >= span_end(&f->span))
            break;
        if (span_overlaps(&s, &f->span))
            fault = read_leaves(f, part, depth + 1);
    }
    return fault;
}

static const char *read_value(struct flow *f, const struct value *v)
{
    if (v->type.elem == ELEM_DOUBLE)
        return NULL;
    f->reader = v;
    f->span = span_of(f->v->m, v, v->place);
    return read_leaves(f, v, 0);
}

/* ---- the walk ------------------------------------------------------------------------------ */

/* What is there before the first node: one after the other, lest they overlap. */
static void write_first(struct flow *f)
{
    int time = INT32_MIN;
    for (struct tensor *t = f->v->m->tensors; t; t = t->next)
        if (!t->whole)
            write_value(f, tensor_value(f->v->p, t), time++);
    for (const struct node *n = f->v->p->first; n; n = n->next)
        if (n->op == OP_INPUT && n->results[0]->type.elem != ELEM_DOUBLE)
            write_value(f, n->results[0], time++);
}

static const char *run_node(struct flow *f, const struct node *n, int time)
{
    const int count = touches_of(f->v, n);
    const char *fault = NULL;
    for (int i = 0; i < count && !fault; i++)
        if (!f->v->touches[i].write)
            fault = read_value(f, f->v->touches[i].value);
    for (int i = 0; i < n->result_count; i++)
        write_value(f, n->results[i], time);
    return fault;
}

/* What must be there after the last node: results, and every tensor with its new value or its
 * old one. */
static const char *read_last(struct flow *f, const struct node **at)
{
    const char *fault = NULL;
    for (const struct node *n = f->v->p->first; n && !fault; n = n->next) {
        *at = n;
        if (n->op == OP_RESULT)
            fault = read_value(f, n->args[0]);
        else if (n->op == OP_ASSIGN)
            fault = read_value(f, n->args[1]);
        if (n->op == OP_ASSIGN)
            n->args[0]->note = NULL;
    }
    *at = fault ? *at : NULL;
    for (struct tensor *t = f->v->m->tensors; t && !fault; t = t->next)
        if (!t->whole && tensor_value(f->v->p, t)->note)
            fault = read_value(f, tensor_value(f->v->p, t));
    return fault;
}

const char *find_overwritten(struct prover *v, struct map *map, const struct node **at)
{
    struct flow f = { .v = v, .map = map };
    const char *fault = NULL;
    int time = 0;
    write_first(&f);
    for (const struct node *n = v->p->first; n && !fault; n = n->next) {
        *at = n;
        if (node_runs(n))
            fault = run_node(&f, n, time++);
    }
    return fault ? fault : read_last(&f, at);
}
