/* Finds tenants for slabs. An elementwise node that reads an operand for the last time may write
 * a result of the same shape over it, block by block; each such exchange fixes how two roots lie
 * to each other. So from a large slab, the host, exchanges lead to more and more roots that
 * could live in it. The gates of all time steps lie over x*W in this way, which they replace,
 * and in the end their gradients, which replace them, and which are one concat. One gate alone
 * would keep all of x*W's memory from others for longer than it is worth; so candidates are
 * gathered first, then those at the ends of time leave again that do not pay for themselves, and
 * the rest stays if that lowers the most bytes that are alive in one phase, or raises them by
 * little (another host may lower them) and saves bytes times phases.
 *
 * Whether they fit is no matter of judgement: see tenant.c. */
#include "tenant.h"
#include <limits.h>
#include <stdlib.h>

/* Candidates of a host: so many, and more for each cell; each tries so many positions. Keeps the
 * search linear where roots of one size follow each other in a long chain, which any partition
 * serves as well. */
enum { FEW_TENANTS = 4, TENANTS_PER_CELL = 2, TRIES = 8 };
enum { FEW_EXCHANGES = 16, MANY_CELLS = 8, LITTLE = 64 };

struct trial {
    struct slabs *s;
    struct slab *host;
    bool strict; /* only those who cost nothing, see costs_nothing */
    struct tenant *tenants;
    int count, capacity, limit;
};

/* ---- tenants ------------------------------------------------------------------------------- */

static bool lies_within(const struct slab *slab, const struct slab *host, int64_t row, int64_t col)
{
    const struct root *a = slab->root, *b = host->root;
    return row >= 0 && col >= 0 && row + a->rows <= b->rows && col + a->cols <= b->cols &&
           (!slab->rigid || a->rows == 1 || a->stride == b->stride);
}

/* As large as the host, or alive only while the host is anyway. */
static bool costs_nothing(const struct slab *slab, const struct slab *host)
{
    const struct root *a = slab->root, *b = host->root;
    return (a->rows == b->rows && a->cols == b->cols) ||
           (slab->birth >= host->birth && slab->death <= host->death);
}

/* Another failure, once there were too many, needs no look. */
static bool is_refused(const struct slab *slab, const struct slab *host)
{
    return slab->tried_by == host && slab->tries == TRIES;
}

static void note_refusal(struct slab *slab, const struct slab *host)
{
    slab->tries = slab->tried_by == host ? slab->tries + 1 : 1;
    slab->tried_by = host;
}

static void add_tenant(struct trial *t, struct tenant tenant)
{
    if (t->count == t->capacity) {
        t->capacity = 2 * t->capacity + 16;
        t->tenants = arena_grow(t->s->arena, t->tenants, (size_t)t->count, (size_t)t->capacity,
                                sizeof *t->tenants);
    }
    t->tenants[t->count++] = tenant;
}

static void try_tenant(struct trial *t, struct slab *slab, int64_t row, int64_t col)
{
    struct slab *host = t->host;
    if (slab == host || slab->host || slab->tenants || t->count == t->limit ||
        is_refused(slab, host) || !lies_within(slab, host, row, col) ||
        (t->strict && !costs_nothing(slab, host)))
        return;
    slab->row = row;
    slab->col = col;
    if (tenant_fits(t->s->arena, host, slab)) {
        add_tenant(t, tenant_move_in(t->s->arena, host, slab));
    } else {
        slab->row = slab->col = 0;
        note_refusal(slab, host);
    }
}

/* Whatever may lie over `from`, whose row 0 and column 0 are at (row, col), or under it. Each
 * exchange says where its other side then comes to lie. */
static void each_partner(struct trial *t, const struct slab *from, int64_t row, int64_t col,
                         int exchanges,
                         void (*visit)(struct trial *, struct slab *, int64_t, int64_t))
{
    for (const struct use *u = from->uses; u && exchanges > 0; u = u->next) {
        if (!u->exchanges)
            continue;
        exchanges--;
        const struct exchange *e = u->access.node->note;
        struct use *const *others = u->access.write ? e->dying : e->born;
        const int count = u->access.write ? e->dying_count : e->born_count;
        for (int i = 0; i < count; i++) {
            const struct rect a = u->access.rect, b = others[i]->access.rect;
            visit(t, slab_of(others[i]->access.root), row + a.row0 - b.row0, col + a.col0 - b.col0);
        }
    }
}

static bool is_peer(const struct trial *t, const struct slab *slab, int64_t row, int64_t col)
{
    const struct root *a = slab->root, *b = t->host->root;
    return row == 0 && col == 0 && a->rows == b->rows && a->cols == b->cols;
}

static void try_peer(struct trial *t, struct slab *slab, int64_t row, int64_t col)
{
    if (is_peer(t, slab, row, col))
        try_tenant(t, slab, row, col);
}

static void seek_peer(struct trial *t, struct slab *slab, int64_t row, int64_t col)
{
    try_peer(t, slab, row, col);
    each_partner(t, slab, row, col, FEW_EXCHANGES, try_peer);
}

/* Those as large as the host first, through whoever leads to them: they fill it best. (A slab of
 * few cells meets them without being led.) */
static void gather(struct trial *t)
{
    t->count = 0;
    if (!t->strict)
        each_partner(t, t->host, 0, 0, FEW_EXCHANGES, seek_peer);
    each_partner(t, t->host, 0, 0, INT_MAX, try_tenant);
    for (int i = 0; i < t->count; i++) {
        const struct slab *s = t->tenants[i].slab;
        each_partner(t, s, s->row, s->col, INT_MAX, try_tenant);
    }
}

/* ---- does it pay? -------------------------------------------------------------------------- */

static double worth(const struct slab *s)
{
    return (double)s->bytes * (s->death - s->birth + 1);
}

static int by_death(const void *x, const void *y)
{
    const struct tenant *a = x, *b = y;
    return b->slab->death - a->slab->death;
}

static int by_birth(const void *x, const void *y)
{
    const struct tenant *a = x, *b = y;
    return a->slab->birth - b->slab->birth;
}

/* How far past the host's own life this end of the tenant's reaches. */
static int excess(const struct trial *t, const struct slab *s, bool at_end)
{
    int past = at_end ? s->death - t->host->death : t->host->birth - s->birth;
    return past > 0 ? past : 0;
}

/* From one end of time: those who reach farthest leave while they save less than their reach
 * costs. */
static void shear(struct trial *t, bool at_end)
{
    if (t->count > 1)
        qsort(t->tenants, (size_t)t->count, sizeof *t->tenants, at_end ? by_death : by_birth);
    int out = 0;
    while (out < t->count) {
        const int reach = excess(t, t->tenants[out].slab, at_end);
        int end = out;
        double saved = 0;
        for (; end < t->count && excess(t, t->tenants[end].slab, at_end) == reach; end++)
            saved += worth(t->tenants[end].slab);
        const int rest = end < t->count ? excess(t, t->tenants[end].slab, at_end) : 0;
        if (saved >= (double)t->host->bytes * (reach - rest))
            break;
        for (; out < end; out++)
            tenant_move_out(t->host, &t->tenants[out]);
    }
    t->count -= out;
    for (int i = 0; i < t->count; i++)
        t->tenants[i] = t->tenants[i + out];
}

/* In bytes times phases, do the tenants save what they cost? */
static bool pays(const struct trial *t)
{
    int before = 0, after = 0;
    double saved = 0;
    for (int i = 0; i < t->count; i++) {
        const struct slab *s = t->tenants[i].slab;
        saved += worth(s);
        before = excess(t, s, false) > before ? excess(t, s, false) : before;
        after = excess(t, s, true) > after ? excess(t, s, true) : after;
    }
    return saved >= (double)t->host->bytes * (before + after);
}

static void count_bytes(struct slabs *s, const struct slab *slab, int sign)
{
    s->change[slab->birth] += sign * slab->bytes;
    s->change[slab->death + 1] -= sign * slab->bytes;
}

/* The most bytes in one phase. */
static int64_t peak(const struct slabs *s)
{
    int64_t bytes = 0, most = 0;
    for (int phase = 0; phase <= s->phases; phase++) {
        bytes += s->change[phase];
        most = bytes > most ? bytes : most;
    }
    return most;
}

/* The tenants need no memory of their own; the host is alive as long as any of them. */
static void settle_in(struct trial *t)
{
    struct slab *host = t->host;
    count_bytes(t->s, host, -1);
    for (int i = 0; i < t->count; i++) {
        const struct slab *s = t->tenants[i].slab;
        count_bytes(t->s, s, -1);
        host->birth = s->birth < host->birth ? s->birth : host->birth;
        host->death = s->death > host->death ? s->death : host->death;
    }
    count_bytes(t->s, host, +1);
    host->tenants = t->count;
}

static void leave(struct trial *t, int birth, int death)
{
    struct slab *host = t->host;
    count_bytes(t->s, host, -1);
    while (t->count > 0) {
        count_bytes(t->s, t->tenants[--t->count].slab, +1);
        tenant_move_out(host, &t->tenants[t->count]);
    }
    host->birth = birth;
    host->death = death;
    host->tenants = 0;
    count_bytes(t->s, host, +1);
}

/* A slab of few cells is a matter of one time step, and not worth the search. */
static void fill_host(struct slabs *s, struct slab *host)
{
    const int cells = host->rows.count * host->cols.count;
    struct trial t = { .s = s, .host = host, .strict = cells < MANY_CELLS };
    t.limit = FEW_TENANTS + TENANTS_PER_CELL * cells;
    gather(&t);
    if (!t.strict) {
        const int birth = host->birth, death = host->death;
        const int64_t before = peak(s);
        shear(&t, true);
        shear(&t, false);
        const bool cheap = pays(&t);
        settle_in(&t);
        const int64_t after = peak(s);
        if (after < before || (cheap && after <= before + before / LITTLE))
            return;
        leave(&t, birth, death);
        t.strict = true;
        gather(&t);
    }
    settle_in(&t);
}

/* Large slabs first; of equal ones the one that is born last, which the others lead to. */
static int by_size(const void *x, const void *y)
{
    const struct slab *a = *(struct slab *const *)x, *b = *(struct slab *const *)y;
    const int64_t p = a->bytes, q = b->bytes;
    if (p != q)
        return (p < q) - (p > q);
    return a->birth != b->birth ? b->birth - a->birth : (a > b) - (a < b);
}

void overlay_slabs(struct slabs *s)
{
    struct slab **hosts = arena_new_array(s->arena, struct slab *, s->count);
    int count = 0;
    s->change = arena_new_array(s->arena, int64_t, s->phases + 2);
    for (int i = 0; i < s->count; i++) {
        if (s->items[i].kind != SLAB_TENSOR)
            count_bytes(s, &s->items[i], +1);
        if (s->items[i].exchanges)
            hosts[count++] = &s->items[i];
    }
    if (count > 1)
        qsort(hosts, (size_t)count, sizeof *hosts, by_size);
    for (int i = 0; i < count; i++)
        if (!hosts[i]->host)
            fill_host(s, hosts[i]);
}
