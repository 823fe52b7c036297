/* note [homes]: who lives where.
 *
 * Concats are seen from the largest to the smallest. Each claims its parts, unless a larger one
 * has claimed them before. A concat that was claimed itself is a rectangle of the claimant. One
 * whose parts are a run of another's parts is that rectangle of the other: h[0..T-2] of
 * h[0..T-1]. A part that does not live where its concat asks, since it is a view, a tensor, an
 * input, or claimed by another, must be copied; this file leaves it where it is, and settle.c
 * compares.
 *
 * The new value of a tensor is computed straight into it if the node that computes it is the
 * last to read the old value, and reads of it only the element that it is about to overwrite; or
 * if the readers are all done by then. */
#include "home.h"
#include "diag.h"
#include "grid.h"
#include "stream.h"
#include <stdlib.h>

/* What is known of a value: its note. */
struct stay {
    struct home home;            /* first: home_of hands it out */
    const struct node *claimant; /* the concat that asked first, with the place it asks for */
    int part;
    int64_t row, col;
    const struct value *tensor;     /* of a view: the tensor that it shows */
    const struct value *successor;  /* of a computed value: the tensor that it becomes */
    const struct node *last_reader; /* of a tensor */
    bool presented;                 /* the runtime takes it, as a plain array */
};

struct node_list {
    const struct node **items;
    int count, capacity;
};

struct finder {
    struct program *p;
    struct arena *a;
    struct homes *homes;
    int capacity; /* of the homes' roots */
    struct node_list concats, assigns;
};

static struct stay *stay_of(const struct value *v)
{
    return v->note;
}

const struct home *home_of(const struct value *v)
{
    return v->note ? &stay_of(v)->home : NULL;
}

/* The value with the same rows and columns at the end of a chain of reshapes. */
static const struct value *stem(const struct value *v)
{
    while (v->def && v->def->op == OP_RESHAPE &&
           shape_cols(v->def->args[0]->type.shape) == shape_cols(v->type.shape))
        v = v->def->args[0];
    return v;
}

static bool is_computed(const struct value *v)
{
    return v->def && node_runs(v->def);
}

/* ---- roots --------------------------------------------------------------------------------- */

/* Those of a weight's gradient: in a kernel, or alone, as where the gradients of several weights lie side
 * by side. */
static bool is_sums(const struct value *v)
{
    const struct node *n = v->def;
    const int sums = n && n->op == OP_CALL ? kernel_sums(n->kernel) : -1;
    if (sums >= 0)
        return n->results[sums] == v;
    return n && product_is_deep(n) && attr_flag(n, "ta") && !stay_of(v)->presented;
}

/* The one place where the distance of rows is decided. Inputs, results and tensors are handed to
 * the runtime as plain arrays, so what is neither bits nor sums has no gap. Sums are visited tile by tile,
 * and rows whole pages apart would share few places of the caches. */
static int64_t choose_stride(const struct module *m, const struct value *v)
{
    enum { PAGE = 4096, LINE = 64 }; /* bytes */
    const int64_t cols = stored_cols(v->type);
    if (is_sums(v) && bytes_of(m, v->type.elem, cols) % PAGE == 0)
        return cols + LINE / (int64_t)elem_bytes(m, v->type.elem);
    if (v->type.elem == ELEM_BF16 &&
        !v->type.layout.lanes) /* rows that begin with a line of the cache are read quicker */
        return (cols + CHUNK - 1) / CHUNK * CHUNK;
    return cols * (v->type.elem == ELEM_BIT ? WORD : 1);
}

static struct home settle_in_root(struct finder *f, const struct value *v)
{
    struct root *r = arena_alloc(f->a, sizeof *r);
    r->value = v;
    r->rows = stored_rows(v->type);
    r->stride = choose_stride(f->p->module, v);
    r->cols = shape_cols(stored_shape(v->type));
    struct homes *h = f->homes;
    if (h->root_count == f->capacity) {
        f->capacity = 2 * f->capacity + 64;
        h->roots = arena_grow(f->a, h->roots, (size_t)h->root_count, (size_t)f->capacity,
                              sizeof *h->roots);
    }
    h->roots[h->root_count++] = r;
    return (struct home){ .root = r, .rect = { 0, r->rows, 0, r->cols } };
}

/* ---- rectangles of homes ------------------------------------------------------------------- */

int64_t home_stride(const struct home *h)
{
    return h->stride ? h->stride : h->root->stride;
}

int64_t home_offset(const struct home *h)
{
    return h->rect.row0 * h->root->stride + h->rect.col0 + h->shift;
}

int64_t bytes_of(const struct module *m, enum elem elem, int64_t elements)
{
    return elem == ELEM_BIT ? elements / 8 : elements * (int64_t)elem_bytes(m, elem);
}

bool home_is_contiguous(const struct home *h, const struct value *v)
{
    return shape_rows(v->type.shape) == 1 || home_stride(h) == shape_cols(v->type.shape);
}

bool home_equal(const struct home *a, const struct home *b)
{
    return a->root == b->root && rect_equal(a->rect, b->rect) && a->stride == b->stride &&
           a->shift == b->shift;
}

/* The part of h that v covers, from row and col on. A bent home keeps its rectangle: some part of
 * that is meant. */
static struct home cut(struct home h, int64_t row, int64_t col, const struct value *v)
{
    if (v->type.elem == ELEM_BIT && col % WORD != 0)
        err("%%%d: bits are addressed in words of %d, so columns from %lld on have no place of "
            "their own",
            v->id, WORD, (long long)col);
    if (h.stride) {
        h.shift += row * h.stride + col;
        return h;
    }
    h.rect.row0 += row;
    h.rect.col0 += col;
    h.rect.row1 = h.rect.row0 + shape_rows(v->type.shape);
    h.rect.col1 = h.rect.col0 + shape_cols(v->type.shape);
    return h;
}

static struct home reshape_home(struct home h, const struct value *from, const struct value *to)
{
    if (shape_cols(from->type.shape) == shape_cols(to->type.shape))
        return h;
    if (from->type.elem == ELEM_BIT)
        err("%%%d: rows of bits are whole words, they cannot be reshaped to another length",
            to->id);
    if (!home_is_contiguous(&h, from))
        return (struct home){ 0 };
    h.stride = shape_cols(to->type.shape);
    return h;
}

static struct home view_home(const struct node *n)
{
    const struct value *from = n->args[0], *to = n->results[0];
    const struct home h = *home_of(from);
    const struct shape s = from->type.shape;
    const int64_t start = attr_int(n, "start", 0);
    if (!h.root)
        return h;
    if (n->op == OP_RESHAPE)
        return reshape_home(h, from, to);
    if (n->op == OP_ROWS && s.rank > 1)
        return cut(h, start * (shape_rows(s) / s.dim[0]), 0, to);
    return cut(h, 0, start, to);
}

/* ---- concats ------------------------------------------------------------------------------- */

/* Do the parts stand one below the other, or side by side? */
static bool is_stacked(const struct node *concat)
{
    return attr_int(concat, "axis", 0) == 0 && concat->results[0]->type.shape.rank > 1;
}

static void claim_parts(const struct node *concat)
{
    int64_t row = 0, col = 0;
    for (int i = 0; i < concat->arg_count; i++) {
        const struct value *v = stem(concat->args[i]);
        struct stay *s = stay_of(v);
        if (!s->claimant) {
            s->claimant = concat;
            s->part = i;
            s->row = row;
            s->col = col;
        }
        if (is_stacked(concat))
            row += shape_rows(v->type.shape);
        else
            col += shape_cols(v->type.shape);
    }
}

/* The claim of the first part, if the other parts follow it in the same claimant. */
static const struct stay *find_run(const struct node *concat)
{
    const struct stay *first = stay_of(stem(concat->args[0]));
    if (!first->claimant || is_stacked(first->claimant) != is_stacked(concat))
        return NULL;
    for (int i = 1; i < concat->arg_count; i++) {
        const struct stay *s = stay_of(stem(concat->args[i]));
        if (s->claimant != first->claimant || s->part != first->part + i)
            return NULL;
    }
    return first;
}

static struct home claimed_home(const struct stay *s, const struct value *v)
{
    return cut(*home_of(s->claimant->results[0]), s->row, s->col, v);
}

static void place_concat(struct finder *f, const struct node *concat)
{
    const struct value *v = concat->results[0];
    struct stay *s = stay_of(v);
    const struct stay *run = s->claimant ? NULL : find_run(concat);
    if (s->claimant)
        s->home = claimed_home(s, v);
    else if (run)
        s->home = claimed_home(run, v);
    else
        s->home = settle_in_root(f, v);
    if (!run)
        claim_parts(concat);
}

/* The larger first; of equals the later, which may be made of the earlier. */
static int by_size(const void *x, const void *y)
{
    const struct node *a = *(const struct node *const *)x, *b = *(const struct node *const *)y;
    int64_t p = shape_elements(a->results[0]->type.shape);
    int64_t q = shape_elements(b->results[0]->type.shape);
    return p != q ? (p < q) - (p > q) : b->order - a->order;
}

static void place_concats(struct finder *f)
{
    if (f->concats.count > 0)
        qsort(f->concats.items, (size_t)f->concats.count, sizeof *f->concats.items, by_size);
    for (int i = 0; i < f->concats.count; i++)
        place_concat(f, f->concats.items[i]);
}

void homes_of_parts(const struct node *concat, struct home *parts)
{
    const struct home *whole = home_of(concat->results[0]);
    int64_t row = 0, col = 0;
    for (int i = 0; i < concat->arg_count; i++) {
        parts[i] = cut(*whole, row, col, concat->args[i]);
        if (is_stacked(concat))
            row += shape_rows(concat->args[i]->type.shape);
        else
            col += shape_cols(concat->args[i]->type.shape);
    }
}

/* ---- new values of tensors ----------------------------------------------------------------- */

static void note_reader(const struct node *n, const struct value *v)
{
    const struct value *tensor = v->tensor ? v : stay_of(v) ? stay_of(v)->tensor : NULL;
    if (!tensor)
        return;
    if (op_table[n->op].class == CLASS_VIEW)
        stay_of(n->results[0])->tensor = tensor;
    else if (node_runs(n))
        stay_of(tensor)->last_reader = n;
}

/* Does n, which reads the tensor, read of it only what it is about to overwrite? */
static bool reads_in_place(const struct node *n, const struct value *tensor, struct arena *a)
{
    struct touch *touches = arena_new_array(a, struct touch, n->arg_count + n->result_count);
    int count = footprint(n, touches);
    for (int i = 0; i < count; i++) {
        const struct value *v = touches[i].value;
        if (v != tensor && stay_of(v)->tensor != tensor)
            continue;
        if (!touches[i].aligned || stem(v) != tensor)
            return false;
    }
    return true;
}

static void claim_assigned(struct finder *f, const struct node *assign)
{
    const struct value *tensor = assign->args[0], *v = stem(assign->args[1]);
    const struct node *last = stay_of(tensor)->last_reader;
    struct stay *s = stay_of(v);
    if (!is_computed(v) || s->claimant || s->successor)
        return;
    if (last && last->order > v->def->order)
        return;
    if (last == v->def && !reads_in_place(last, tensor, f->a))
        return;
    s->successor = tensor;
}

/* ---- all of them --------------------------------------------------------------------------- */

static struct home computed_home(struct finder *f, const struct value *v)
{
    struct stay *s = stay_of(v);
    if (s->claimant && is_computed(v))
        return claimed_home(s, v);
    return s->successor ? *home_of(s->successor) : settle_in_root(f, v);
}

static void place_results(struct finder *f, const struct node *n)
{
    const enum op_class c = op_table[n->op].class;
    for (int i = 0; i < n->result_count; i++) {
        struct stay *s = stay_of(n->results[i]);
        if (s && c != CLASS_JOIN)
            s->home = c == CLASS_VIEW ? view_home(n) : computed_home(f, n->results[i]);
    }
}

static void add_node(struct arena *a, struct node_list *list, const struct node *n)
{
    if (list->count == list->capacity) {
        list->capacity = 2 * list->capacity + 64;
        list->items = arena_grow(a, list->items, (size_t)list->count, (size_t)list->capacity,
                                 sizeof *list->items);
    }
    list->items[list->count++] = n;
}

static void open_node(struct finder *f, struct node *n)
{
    for (int i = 0; i < n->result_count; i++)
        n->results[i]->note =
            n->results[i]->type.elem == ELEM_DOUBLE ? NULL : arena_alloc(f->a, sizeof(struct stay));
    for (int i = 0; i < n->arg_count; i++)
        note_reader(n, n->args[i]);
    if (n->op == OP_RESULT && !n->args[0]->tensor)
        stay_of(n->args[0])->presented = true;
    if (n->op == OP_CONCAT)
        add_node(f->a, &f->concats, n);
    else if (n->op == OP_ASSIGN)
        add_node(f->a, &f->assigns, n);
}

static void open_tensors(struct finder *f)
{
    for (struct tensor *t = f->p->module->tensors; t; t = t->next) {
        struct value *v = tensor_value(f->p, t);
        v->note = arena_alloc(f->a, sizeof(struct stay));
        stay_of(v)->home = settle_in_root(f, v);
    }
    f->homes->tensor_count = f->homes->root_count;
}

struct homes *homes_find(struct program *p)
{
    struct finder f = { .p = p, .a = p->module->scratch };
    int order = 0;
    f.homes = arena_alloc(f.a, sizeof *f.homes);
    open_tensors(&f);
    for (struct node *n = p->first; n; n = n->next) {
        n->order = order++;
        open_node(&f, n);
    }
    place_concats(&f);
    for (int i = 0; i < f.assigns.count; i++)
        claim_assigned(&f, f.assigns.items[i]);
    for (const struct node *n = p->first; n; n = n->next)
        place_results(&f, n);
    return f.homes;
}
