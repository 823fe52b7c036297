/* schedule: cuts the work into blocks and puts barriers between phases.
 *
 * Worker w of n owns the same share of every grid of N blocks. So two nodes with equally many
 * blocks need no barrier where block i of the one touches nothing that another block of the
 * other writes, whatever n is; and any two nodes need none that touch nothing of each other.
 * What touches what is seen in the homes of values, rectangle by rectangle; the list is walked
 * once, and each root remembers who touched it since the last barrier. */
#include "access.h"
#include "passes.h"

struct visit {
    struct access access;
    struct visit *next;
};

/* Those who touched a root in one phase in one way. */
struct visits {
    struct visit *first;
    struct rect around;
};

/* All of them; the note of the root. Nodes of one block are apart: they never wait for each
 * other. */
struct visitors {
    int phase;
    struct visits of[2][2]; /* [written][several blocks] */
};

struct scheduler {
    struct program *p;
    struct arena *a;
    int phase, most_blocks;
    struct accesses accesses; /* of the node at hand */
};

/* ---- conflicts ----------------------------------------------------------------------------- */

static bool collides(const struct visits *with, const struct access *a)
{
    if (!rect_overlaps(with->around, a->rect))
        return false;
    for (const struct visit *v = with->first; v; v = v->next)
        if (rect_overlaps(v->access.rect, a->rect) && !keeps_apart(&v->access, a, 0, 0))
            return true;
    return false;
}

static bool must_wait(const struct visitors *v, const struct access *a)
{
    const bool single = a->node->grid.blocks == 1;
    for (int written = !a->write; written < 2; written++)
        for (int several = single; several < 2; several++)
            if (collides(&v->of[written][several], a))
                return true;
    return false;
}

static struct visitors *visitors_of(const struct scheduler *s, struct root *r)
{
    if (!r->note) {
        r->note = arena_alloc(s->a, sizeof(struct visitors));
        ((struct visitors *)r->note)->phase = -1;
    }
    return r->note;
}

static bool needs_barrier(const struct scheduler *s)
{
    for (int i = 0; i < s->accesses.count; i++) {
        const struct access *a = &s->accesses.items[i];
        const struct visitors *v = visitors_of(s, a->root);
        if (v->phase == s->phase && must_wait(v, a))
            return true;
    }
    return false;
}

/* ---- the walk ------------------------------------------------------------------------------ */

/* Around both; an empty one has no rows. */
static struct rect hull(struct rect a, struct rect b)
{
    if (a.row0 == a.row1)
        return b;
    a.row0 = a.row0 < b.row0 ? a.row0 : b.row0;
    a.row1 = a.row1 > b.row1 ? a.row1 : b.row1;
    a.col0 = a.col0 < b.col0 ? a.col0 : b.col0;
    a.col1 = a.col1 > b.col1 ? a.col1 : b.col1;
    return a;
}

static void visit(const struct scheduler *s, const struct access *a)
{
    struct visitors *v = visitors_of(s, a->root);
    if (v->phase != s->phase)
        *v = (struct visitors){ .phase = s->phase };
    struct visits *list = &v->of[a->write][a->node->grid.blocks > 1];
    struct visit *visit = arena_alloc(s->a, sizeof *visit);
    *visit = (struct visit){ *a, list->first };
    list->first = visit;
    list->around = hull(list->around, a->rect);
}

static void schedule_node(struct scheduler *s, struct node *n)
{
    n->grid = grid_choose(n, s->most_blocks);
    accesses_find(&s->accesses, n);
    if (needs_barrier(s)) {
        struct list list = program_list(s->p);
        node_insert(list, node_new(list, OP_BARRIER, 0, 0, 0), n);
        s->phase++;
    }
    for (int i = 0; i < s->accesses.count; i++)
        visit(s, &s->accesses.items[i]);
}

static void schedule_program(struct program *p, int most_blocks)
{
    struct arena *a = p->module->scratch;
    const struct arena_mark start = arena_mark(a);
    struct scheduler s = { .p = p, .a = a, .most_blocks = most_blocks, .accesses.arena = a };
    settle(p);
    for (struct node *n = p->first; n; n = n->next)
        if (node_runs(n))
            schedule_node(&s, n);
    clear_notes(p);
    arena_release(a, start);
}

/* Needs the stage opt: every elementwise node but doubles inside a kernel. Adds copies
 * (settle.c), grids and barriers; keeps the order of the list. */
void schedule_work(struct module *m, const struct options *o)
{
    enum { BLOCKS = 64, CALLS = 8 }; /* BLAS is called for each block */
    for (struct program *p = m->programs; p; p = p->next)
        schedule_program(p, o->gemm == GEMM_OPENBLAS ? CALLS : BLOCKS);
    m->stage = STAGE_SCHEDULE;
}
