/* Each cell of a host has a list of lives, by time. A slab can live there if in every cell each
 * of its lives begins when the one before is over, and ends before the next begins; in one phase
 * only if what is touched by both is touched by the same workers in the order of the list. */
#include "tenant.h"

/* ---- may one life follow another? ---------------------------------------------------------- */

/* In one phase, from use a of an old life to use b of a new one: either the same worker does
 * both, in the order of the list, or one node reads each element before it writes over it. */
static bool hands_over(const struct access *a, const struct access *b, int64_t row, int64_t col)
{
    const struct rect moved = { b->rect.row0 + row, b->rect.row1 + row, b->rect.col0 + col,
                                b->rect.col1 + col };
    if (!rect_overlaps(a->rect, moved))
        return true;
    if (a->node == b->node)
        return !a->write && b->write && a->aligned && b->aligned && rect_equal(a->rect, moved);
    return a->node->order < b->node->order && keeps_apart(a, b, row, col);
}

static bool precedes(const struct life *old, const struct life *new)
{
    if (old->death != new->birth)
        return old->death < new->birth;
    const int64_t row = new->of->row - old->of->row, col = new->of->col - old->of->col;
    for (const struct use_list *a = old->last; a; a = a->next)
        for (const struct use_list *b = new->first; b; b = b->next)
            if (!hands_over(&a->use->access, &b->use->access, row, col))
                return false;
    return true;
}

/* In time; within one phase in the order of the list. Which it may be, precedes decides. */
static bool is_before(const struct life *a, const struct life *b)
{
    if (a->birth != b->birth)
        return a->birth < b->birth;
    if (a->death != b->death)
        return a->death < b->death;
    return a->first->use->access.node->order < b->first->use->access.node->order;
}

/* The last life before the new one; the list is entered where it was changed last. */
static struct life *life_before(struct life *at, const struct life *new)
{
    while (at && !is_before(at, new) && at->before)
        at = at->before;
    while (at && at->after && is_before(at->after, new))
        at = at->after;
    return at && is_before(at, new) ? at : NULL;
}

static struct life *first_life(struct life *at)
{
    while (at && at->before)
        at = at->before;
    return at;
}

/* Where a new life may be inserted, if all lives that end or begin in the phase where it begins
 * or ends hand over to it, or it to them. */
static bool find_gap(const struct slab *host, struct life *new)
{
    struct life *at = host->lives[new->cell];
    new->before = life_before(at, new);
    new->after = new->before ? new->before->after : first_life(at);
    for (const struct life *l = new->before; l && l->death >= new->birth; l = l->before)
        if (!precedes(l, new))
            return false;
    for (const struct life *l = new->after; l && l->birth <= new->death; l = l->after)
        if (!precedes(new, l))
            return false;
    return true;
}

static void insert_life(struct slab *host, struct life *new)
{
    if (new->before)
        new->before->after = new;
    if (new->after)
        new->after->before = new;
    host->lives[new->cell] = new;
}

static void remove_life(struct slab *host, const struct life *l)
{
    if (l->before)
        l->before->after = l->after;
    if (l->after)
        l->after->before = l->before;
    if (host->lives[l->cell] == l)
        host->lives[l->cell] = l->before ? l->before : l->after;
}

/* ---- lives of tenants ---------------------------------------------------------------------- */

static struct use_list *join_lists(struct arena *a, struct use_list *x, const struct use_list *y)
{
    for (; y; y = y->next) {
        struct use_list *l = arena_alloc(a, sizeof *l);
        *l = (struct use_list){ y->use, x };
        x = l;
    }
    return x;
}

/* Several cells of a tenant that share one of the host have one life there, around theirs. */
static void join_life(struct arena *a, struct life *sum, const struct life *l)
{
    if (!l->first)
        return;
    if (!sum->first) {
        *sum = *l;
        return;
    }
    if (l->birth <= sum->birth)
        sum->first = join_lists(a, l->birth < sum->birth ? NULL : sum->first, l->first);
    if (l->death >= sum->death)
        sum->last = join_lists(a, l->death > sum->death ? NULL : sum->last, l->last);
    sum->birth = l->birth < sum->birth ? l->birth : sum->birth;
    sum->death = l->death > sum->death ? l->death : sum->death;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* The bands of a tenant's side that begins at `start` of the host's, within the host's band i. */
static struct range bands_within(const struct bands *own, int64_t size, const struct bands *host,
                                 int i, int64_t start)
{
    const int64_t from = clamp(host->cuts[i] - start, 0, size - 1);
    const int64_t to = clamp(host->cuts[i + 1] - start, 1, size);
    return (struct range){ band_of(own, from), band_of(own, to - 1) + 1 };
}

/* The life of tenant t in the host's cell (i, k). */
static struct life life_in(struct arena *a, const struct slab *t, const struct slab *host, int i,
                           int k)
{
    struct life sum = { 0 };
    const struct range rows = bands_within(&t->rows, t->root->rows, &host->rows, i, t->row);
    const struct range cols = bands_within(&t->cols, t->root->cols, &host->cols, k, t->col);
    for (int64_t r = rows.start; r < rows.stop; r++)
        for (int64_t c = cols.start; c < cols.stop; c++)
            join_life(a, &sum, &t->own[r * t->cols.count + c]);
    sum.cell = i * host->cols.count + k;
    return sum;
}

/* The cells of the host that the slab covers. */
static struct cells cells_under(const struct slab *host, const struct slab *slab)
{
    const struct root *r = slab->root;
    return slab_cells(
        host, (struct rect){ slab->row, slab->row + r->rows, slab->col, slab->col + r->cols });
}

bool tenant_fits(struct arena *a, const struct slab *host, const struct slab *slab)
{
    const struct cells c = cells_under(host, slab);
    for (int i = c.row0; i < c.row1; i++)
        for (int k = c.col0; k < c.col1; k++) {
            struct life life = life_in(a, slab, host, i, k);
            if (life.first && !find_gap(host, &life))
                return false;
        }
    return true;
}

struct tenant tenant_move_in(struct arena *a, struct slab *host, struct slab *slab)
{
    const struct cells c = cells_under(host, slab);
    struct tenant t = { .slab = slab };
    t.lives = arena_new_array(a, struct life, (c.row1 - c.row0) * (c.col1 - c.col0));
    for (int i = c.row0; i < c.row1; i++)
        for (int k = c.col0; k < c.col1; k++) {
            struct life *life = &t.lives[t.life_count];
            *life = life_in(a, slab, host, i, k);
            if (!life->first)
                continue;
            find_gap(host, life);
            insert_life(host, life);
            t.life_count++;
        }
    slab->host = host;
    return t;
}

void tenant_move_out(struct slab *host, struct tenant *t)
{
    while (t->life_count > 0)
        remove_life(host, &t->lives[--t->life_count]);
    t->slab->host = NULL;
    t->slab->row = t->slab->col = 0;
}
