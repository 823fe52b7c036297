/* plan: gives everything a place in one arena of three regions, which follow each other:
 * parameters; states, those that are carried last; work, which the programs share, since they
 * never run at the same time. Weights that are packed for predictions lie in the work region, too
 * (stream.h). */
#include "diag.h"
#include "pack.h"
#include "passes.h"
#include "slab.h"
#include "stream.h"
#include <inttypes.h>

/* ---- tensors ------------------------------------------------------------------------------- */

static int64_t place_tensors(struct module *m, enum tensor_kind kind, enum region region,
                             int64_t at)
{
    for (struct tensor *t = m->tensors; t; t = t->next) {
        if (t->kind != kind || t->whole)
            continue;
        const struct type type = t->value.type;
        t->value.place = (struct place){ region, at, stored_cols(type) };
        at += aligned(bytes_of(m, type.elem, stored_rows(type) * stored_cols(type)));
    }
    return at;
}

/* ---- work ---------------------------------------------------------------------------------- */

static bool is_piece(const struct slab *s)
{
    return s->kind != SLAB_TENSOR && !s->host;
}

static int64_t place_slabs(struct slabs *s)
{
    int count = 0;
    struct piece *pieces = arena_new_array(s->arena, struct piece, s->count);
    for (int i = 0; i < s->count; i++) {
        const struct slab *slab = &s->items[i];
        if (is_piece(slab))
            pieces[count++] = (struct piece){
                .birth = slab->birth,
                .death = slab->death,
                .bytes = aligned(slab->bytes),
            };
    }
    const int64_t bytes = pack_pieces(s->arena, pieces, count);
    for (int i = s->count - 1; i >= 0; i--)
        if (is_piece(&s->items[i]))
            s->items[i].offset = pieces[--count].offset;
    return bytes;
}

/* The home of v in the slab of its root, or in that of the root's host. */
static struct place place_in(const struct module *m, const struct value *v, const struct home *h)
{
    const struct slab *slab = h->root->note, *memory = slab->host ? slab->host : slab;
    const enum elem elem = v->type.elem;
    const int64_t row = h->rect.row0 + slab->row, col = h->rect.col0 + slab->col;
    const int64_t stride = h->stride ? h->stride : memory->root->stride;
    const int64_t at = row * memory->root->stride + col + h->shift;
    return (struct place){ .region = REGION_WORK,
                           .offset = memory->offset + bytes_of(m, elem, at),
                           .stride = elem == ELEM_BIT ? stride / WORD : stride };
}

static struct place place_of(const struct module *m, const struct value *v)
{
    const struct home *h = home_of(v);
    if (!h)
        return (struct place){ REGION_NONE, 0, 0 };
    const struct value *tensor = h->root->value;
    if (!tensor->tensor)
        return place_in(m, v, h);
    struct place p = tensor->place;
    p.offset += bytes_of(m, v->type.elem, home_offset(h));
    p.stride = home_stride(h);
    return p;
}

static void plan_program(struct module *m, struct program *p)
{
    const struct arena_mark start = arena_mark(m->scratch);
    const struct homes *homes = homes_find(p);
    struct slabs *s = slabs_find(p, homes);
    overlay_slabs(s);
    p->work_bytes = place_slabs(s);
    for (struct node *n = p->first; n; n = n->next)
        for (int i = 0; i < n->result_count; i++)
            n->results[i]->place = place_of(m, n->results[i]);
    clear_notes(p);
    arena_release(m->scratch, start);
    if (p->work_bytes > m->work_bytes)
        m->work_bytes = p->work_bytes;
}

static void check_budget(const struct module *m, const struct options *o)
{
    const int64_t total = m->param_bytes + m->state_bytes + m->work_bytes;
    if (o->max_memory > 0 && total > o->max_memory)
        err("option --max-memory: the model needs %" PRId64 " bytes (parameters %" PRId64
            ", states %" PRId64 ", work %" PRId64 "), the budget is %" PRId64,
            total, m->param_bytes, m->state_bytes, m->work_bytes, o->max_memory);
}

/* Needs the stage schedule. Every value but doubles gets a place: of two values that are alive
 * in one phase no byte is shared, and none between phases of which one must wait for the other
 * (check_places.c proves it). Changes nothing else. */
void plan_memory(struct module *m, const struct options *o)
{
    m->param_bytes = place_tensors(m, TENSOR_PARAM, REGION_PARAM, 0);
    place_weights(m);
    const int64_t saved = place_tensors(m, TENSOR_STATE, REGION_STATE, 0);
    m->state_bytes = place_tensors(m, TENSOR_CARRIED, REGION_STATE, saved);
    m->work_bytes = 0;
    for (struct program *p = m->programs; p; p = p->next)
        plan_program(m, p);
    if (packed_end(m) > m->work_bytes)
        m->work_bytes = packed_end(m);
    m->stage = STAGE_PLAN;
    check_budget(m, o);
}
