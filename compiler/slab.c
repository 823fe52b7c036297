/* Slabs are found in four steps. The survey walks the list and notes of each root who touches which
 * rectangle of it in which phase, and of each call which of its operands and results could be part
 * of an exchange. The sides of these rectangles cut a slab into cells; where its uses would have
 * too many of them to touch, it stays whole. The life of a cell goes from the first phase in which
 * it is touched to the last. Once all lives are known, an exchange keeps those operands that nobody
 * touches after the call. Tensors are alive always: they have no cells and no lives. */
#include "slab.h"
#include <stdlib.h>

/* Above this many cells to touch, a slab of so many uses stays whole. */
enum { CELLS_PER_USE = 16, FEW_CELLS = 1024 };

struct surveyor {
    struct slabs *s;
    struct accesses accesses;
    int phase;
};

/* ---- who touches what ---------------------------------------------------------------------- */

static bool is_whole(const struct access *a)
{
    return rect_equal(a->rect, (struct rect){ 0, a->root->rows, 0, a->root->cols });
}

static struct use *add_use(struct surveyor *v, const struct access *a, int phase)
{
    struct slab *slab = slab_of(a->root);
    struct use *u = arena_alloc(v->s->arena, sizeof *u);
    *u = (struct use){ .access = *a, .phase = phase };
    *slab->uses_end = u;
    slab->uses_end = &u->next;
    slab->use_count++;
    slab->divided |= !is_whole(a);
    return u;
}

/* The runtime writes inputs before the first node and reads results after the last. */
static void add_outside_use(struct surveyor *v, const struct node *n, const struct value *of,
                            int phase)
{
    const struct home *h = home_of(of);
    if (!h)
        return;
    const struct access a = { .node = n, .root = h->root, .rect = h->rect };
    add_use(v, &a, phase);
    slab_of(h->root)->rigid = true;
}

/* Tensors are alive always and do not move. */
static bool may_move(const struct access *a)
{
    const struct slab *slab = slab_of(a->root);
    return a->aligned && slab->kind == SLAB_WORK && slab->root->value->type.elem == ELEM_REAL;
}

/* The uses that may be part of an exchange; whether the operands die is not yet known. */
static void open_exchange(struct surveyor *v, struct node *n, struct use **uses, int count)
{
    struct exchange *e = arena_alloc(v->s->arena, sizeof *e);
    e->dying = arena_new_array(v->s->arena, struct use *, count);
    for (int i = 0; i < count; i++)
        if (!uses[i]->access.write)
            e->dying[e->dying_count++] = uses[i];
    e->born = e->dying + e->dying_count;
    for (int i = 0; i < count; i++)
        if (uses[i]->access.write)
            e->born[e->born_count++] = uses[i];
    n->note = e->dying_count > 0 && e->born_count > 0 ? e : NULL;
}

static void survey_work(struct surveyor *v, struct node *n)
{
    struct use *few[64], **uses = few;
    int count = 0;
    accesses_find(&v->accesses, n);
    if (v->accesses.count > 64)
        uses = arena_new_array(v->s->arena, struct use *, v->accesses.count);
    for (int i = 0; i < v->accesses.count; i++) {
        const struct access *a = &v->accesses.items[i];
        if (slab_of(a->root)->kind == SLAB_TENSOR)
            continue;
        struct use *u = add_use(v, a, v->phase);
        if (may_move(a))
            uses[count++] = u;
    }
    if (n->op == OP_CALL)
        open_exchange(v, n, uses, count);
}

static void survey_node(struct surveyor *v, struct node *n)
{
    for (int i = 0; i < n->result_count; i++)
        if (home_of(n->results[i]) && home_of(n->results[i])->stride)
            slab_of(home_of(n->results[i])->root)->rigid = true;
    if (n->op == OP_INPUT)
        add_outside_use(v, n, n->results[0], 0);
    else if (n->op == OP_RESULT)
        add_outside_use(v, n, n->args[0], v->s->phases);
    else if (node_runs(n))
        survey_work(v, n);
}

/* ---- cells --------------------------------------------------------------------------------- */

/* Most slabs are cut evenly: the first guess is right. */
int band_of(const struct bands *b, int64_t at)
{
    int low = 0, high = b->count, guess = (int)(at * b->count / b->cuts[b->count]);
    if (b->cuts[guess] <= at && at < b->cuts[guess + 1])
        return guess;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        *(b->cuts[middle] <= at ? &low : &high) = middle;
    }
    return low;
}

static int by_number(const void *x, const void *y)
{
    const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* Sorts the cuts; of equal ones, one stays. */
static void close_bands(struct bands *b, int cuts)
{
    int kept = 0;
    if (cuts > 1)
        qsort(b->cuts, (size_t)cuts, sizeof *b->cuts, by_number);
    for (int i = 0; i < cuts; i++)
        if (kept == 0 || b->cuts[kept - 1] != b->cuts[i])
            b->cuts[kept++] = b->cuts[i];
    b->count = kept - 1;
}

/* The same few ranges come again and again; those seen last are left out. */
static struct bands cut_bands(struct arena *a, const struct slab *slab, bool rows)
{
    const int64_t size = rows ? slab->root->rows : slab->root->cols;
    const int most = slab->divided ? 2 * slab->use_count + 2 : 2;
    struct bands b = { .cuts = arena_new_array(a, int64_t, most) };
    struct range seen[8] = { { 0, size } };
    int cuts = 0, kept = 1;
    b.cuts[cuts++] = 0;
    b.cuts[cuts++] = size;
    for (const struct use *u = slab->divided ? slab->uses : NULL; u; u = u->next) {
        const struct rect r = u->access.rect;
        const struct range range = { rows ? r.row0 : r.col0, rows ? r.row1 : r.col1 };
        int i = 0;
        while (i < 8 && (seen[i].start != range.start || seen[i].stop != range.stop))
            i++;
        if (i < 8)
            continue;
        seen[kept++ % 8] = range;
        b.cuts[cuts++] = range.start;
        b.cuts[cuts++] = range.stop;
    }
    close_bands(&b, cuts);
    return b;
}

struct cells slab_cells(const struct slab *slab, struct rect r)
{
    if (slab->rows.count == 1 && slab->cols.count == 1)
        return (struct cells){ 0, 1, 0, 1 };
    return (struct cells){ band_of(&slab->rows, r.row0), band_of(&slab->rows, r.row1 - 1) + 1,
                           band_of(&slab->cols, r.col0), band_of(&slab->cols, r.col1 - 1) + 1 };
}

static bool has_too_many_cells(const struct slab *slab)
{
    int64_t touched = 0;
    for (const struct use *u = slab->uses; u; u = u->next) {
        struct cells c = slab_cells(slab, u->access.rect);
        touched += (int64_t)(c.row1 - c.row0) * (c.col1 - c.col0);
    }
    return touched > (int64_t)CELLS_PER_USE * slab->use_count + FEW_CELLS;
}

static void cut_cells(struct slabs *s, struct slab *slab)
{
    slab->rows = cut_bands(s->arena, slab, true);
    slab->cols = cut_bands(s->arena, slab, false);
    if (!slab->divided || !has_too_many_cells(slab))
        return;
    slab->rows.cuts[1] = slab->root->rows;
    slab->cols.cuts[1] = slab->root->cols;
    slab->rows.count = slab->cols.count = 1;
}

/* ---- lives --------------------------------------------------------------------------------- */

static void remember(struct arena *a, struct use_list **list, const struct use *u)
{
    struct use_list *l = arena_alloc(a, sizeof *l);
    *l = (struct use_list){ u, *list };
    *list = l;
}

/* Uses come in the order of the program, but for results, which come last wherever they stand. */
static void touch_cell(struct slabs *s, struct life *life, const struct use *u)
{
    if (!life->first)
        life->birth = life->death = u->phase;
    if (u->phase > life->death) {
        life->death = u->phase;
        life->last = NULL;
    }
    if (u->phase == life->birth)
        remember(s->arena, &life->first, u);
    if (u->phase == life->death)
        remember(s->arena, &life->last, u);
}

static void touch_cells(struct slabs *s, struct slab *slab, struct use *u)
{
    const struct cells c = u->cells = slab_cells(slab, u->access.rect);
    for (int i = c.row0; i < c.row1; i++)
        for (int k = c.col0; k < c.col1; k++)
            touch_cell(s, &slab->own[i * slab->cols.count + k], u);
}

static void find_lives(struct slabs *s, struct slab *slab)
{
    cut_cells(s, slab);
    const int cells = slab->rows.count * slab->cols.count;
    slab->own = arena_new_array(s->arena, struct life, cells);
    slab->lives = arena_new_array(s->arena, struct life *, cells);
    for (struct use *u = slab->uses; u; u = u->next)
        touch_cells(s, slab, u);
    slab->birth = s->phases;
    for (int i = 0; i < cells; i++) {
        struct life *l = &slab->own[i];
        if (!l->first)
            continue;
        l->of = slab;
        l->cell = i;
        slab->lives[i] = l;
        slab->birth = l->birth < slab->birth ? l->birth : slab->birth;
        slab->death = l->death > slab->death ? l->death : slab->death;
    }
}

/* ---- exchanges ----------------------------------------------------------------------------- */

/* Does nobody touch what u reads after u's phase? */
static bool is_last(const struct use *u)
{
    const struct slab *slab = slab_of(u->access.root);
    for (int i = u->cells.row0; i < u->cells.row1; i++)
        for (int k = u->cells.col0; k < u->cells.col1; k++)
            if (slab->own[i * slab->cols.count + k].death > u->phase)
                return false;
    return true;
}

static int span(const struct use *u)
{
    const struct slab *slab = slab_of(u->access.root);
    return slab->death - slab->birth;
}

/* By insertion, since equals keep their order and there are few. */
static void sort_by_span(struct use **uses, int count)
{
    for (int i = 1; i < count; i++) {
        struct use *u = uses[i];
        int k = i;
        for (; k > 0 && span(uses[k - 1]) < span(u); k--)
            uses[k] = uses[k - 1];
        uses[k] = u;
    }
}

static void mark_exchange(struct use **uses, int count)
{
    sort_by_span(uses, count);
    for (int i = 0; i < count; i++) {
        uses[i]->exchanges = true;
        slab_of(uses[i]->access.root)->exchanges = true;
    }
}

static void close_exchange(struct node *n)
{
    struct exchange *e = n->note;
    int dying = 0;
    for (int i = 0; i < e->dying_count; i++)
        if (is_last(e->dying[i]))
            e->dying[dying++] = e->dying[i];
    e->dying_count = dying;
    if (dying == 0)
        return;
    mark_exchange(e->dying, e->dying_count);
    mark_exchange(e->born, e->born_count);
}

/* ---- all of them --------------------------------------------------------------------------- */

static enum slab_kind kind_of(const struct value *v)
{
    return v->tensor ? SLAB_TENSOR : v->def->op == OP_INPUT ? SLAB_INPUT : SLAB_WORK;
}

static struct slabs *open_slabs(const struct program *p, const struct homes *homes)
{
    struct arena *a = p->module->scratch;
    struct slabs *s = arena_alloc(a, sizeof *s);
    *s = (struct slabs){ .arena = a, .count = homes->root_count, .phases = program_phases(p) };
    s->items = arena_new_array(a, struct slab, s->count);
    for (int i = 0; i < s->count; i++) {
        struct slab *slab = homes->roots[i]->note = &s->items[i];
        slab->root = homes->roots[i];
        slab->kind = kind_of(slab->root->value);
        slab->uses_end = &slab->uses;
        slab->bytes = bytes_of(p->module, slab->root->value->type.elem,
                               slab->root->rows * slab->root->stride);
    }
    return s;
}

struct slabs *slabs_find(const struct program *p, const struct homes *homes)
{
    struct slabs *s = open_slabs(p, homes);
    struct surveyor v = { .s = s, .accesses.arena = s->arena };
    for (struct node *n = p->first; n; n = n->next) {
        v.phase += n->op == OP_BARRIER;
        survey_node(&v, n);
    }
    for (int i = homes->tensor_count; i < s->count; i++)
        find_lives(s, &s->items[i]);
    for (struct node *n = p->first; n; n = n->next)
        if (n->note)
            close_exchange(n);
    return s;
}
