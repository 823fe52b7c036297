/* Proofs about a scheduled and a planned program: no pass is believed. Three things are shown of
 * a plan. Views, parts and assigned values lie where they must, so that their elements are there
 * without being moved. Walking the list in order, each byte that is read was last written by the
 * value that is read. And in each phase, blocks of different workers keep apart, so that every
 * order of the workers gives what the list gives. */
#include "check_places.h"
#include "check_races.h"
#include "home.h"
#include "stream.h"
#include <stdlib.h>

#define FAULT(v, ...) arena_printf((v)->arena, __VA_ARGS__)

static struct prover prover_new(const struct program *p)
{
    struct arena *a = p->module->scratch;
    return (struct prover){ .p = p, .m = p->module, .arena = a };
}

/* ---- the schedule -------------------------------------------------------------------------- */

/* Also of the plan: what follows divides by units and counts blocks. */
static const char *check_grids(const struct prover *v, const struct node **at)
{
    const char *fault = NULL;
    for (const struct node *n = v->p->first; n && !fault; n = n->next) {
        *at = n;
        fault = grid_fault(v->m, n);
    }
    return fault;
}

static const char *part_fault(const struct prover *v, const struct node *concat)
{
    struct home *parts = arena_new_array(v->arena, struct home, concat->arg_count);
    homes_of_parts(concat, parts);
    for (int i = 0; i < concat->arg_count; i++)
        if (!home_equal(home_of(concat->args[i]), &parts[i]))
            return FAULT(v, "%s cannot be computed straight into %s and is not copied",
                         value_text(v, concat->args[i]), value_text(v, concat->results[0]));
    return NULL;
}

static const char *home_fault(const struct prover *v, const struct node *n)
{
    for (int i = 0; i < n->result_count; i++)
        if (home_of(n->results[i]) && !home_of(n->results[i])->root)
            return FAULT(v, "%s is a reshape of what is not contiguous and not copied",
                         value_text(v, n->results[i]));
    if (n->op == OP_CONCAT)
        return part_fault(v, n);
    if (n->op == OP_ASSIGN && !home_equal(home_of(n->args[0]), home_of(n->args[1])))
        return FAULT(v, "%s cannot be computed straight into %s and is not copied",
                     value_text(v, n->args[1]), value_text(v, n->args[0]));
    return NULL;
}

static const char *check_homes(const struct prover *v, const struct node **at)
{
    const char *fault = NULL;
    for (const struct node *n = v->p->first; n && !fault; n = n->next) {
        *at = n;
        fault = home_fault(v, n);
    }
    return fault;
}

/* A memory of its own for each buffer; the note of a root is its offset. */
static int64_t spread_roots(const struct prover *v, const struct homes *homes)
{
    int64_t end = 0;
    for (int i = 0; i < homes->root_count; i++) {
        struct root *r = homes->roots[i];
        int64_t *offset = r->note = arena_alloc(v->arena, sizeof *offset);
        *offset = end;
        end += (bytes_of(v->m, r->value->type.elem, r->rows * r->stride) + 63) / 64 * 64;
    }
    return end;
}

static struct place place_by_home(const struct prover *v, const struct value *value)
{
    const struct home *h = home_of(value);
    const int64_t *root = h->root->note, stride = home_stride(h);
    const enum elem elem = value->type.elem;
    return (struct place){ REGION_WORK, *root + bytes_of(v->m, elem, home_offset(h)),
                           elem == ELEM_BIT ? stride / WORD : stride };
}

const char *check_schedule(struct program *p, const struct node **at)
{
    struct prover v = prover_new(p);
    const struct homes *homes = homes_find(p);
    const char *fault = check_grids(&v, at);
    fault = fault ? fault : check_homes(&v, at);
    if (!fault) {
        const int64_t bytes[REGION_STATE + 1] = { [REGION_WORK] = spread_roots(&v, homes) };
        v.place = place_by_home;
        v.read = map_new(v.arena, bytes, p->next_id);
        v.written = map_new(v.arena, bytes, p->next_id);
        fault = find_race(&v, at);
    }
    clear_notes(p);
    return fault;
}

/* ---- places -------------------------------------------------------------------------------- */

static int64_t region_bytes(const struct module *m, const struct program *p, enum region r)
{
    const int64_t bytes[] = { [REGION_NONE] = 0,
                              [REGION_WORK] = p ? p->work_bytes : 0,
                              [REGION_PARAM] = m->param_bytes,
                              [REGION_STATE] = m->state_bytes };
    return bytes[r];
}

/* Does it lie in its region, on a whole element? In numbers that cannot overflow. */
static const char *place_fault(const struct module *m, const struct program *p,
                               const struct value *v)
{
    const struct place place = v->place;
    const int64_t bytes = region_bytes(m, p, place.region), rows = stored_rows(v->type);
    const bool bits = v->type.elem == ELEM_BIT;
    const int64_t cols = stored_cols(v->type);
    const int64_t size = bits ? 2 : (int64_t)elem_bytes(m, v->type.elem);
    if (place.region == REGION_NONE)
        return "has no place";
    if (place.stride < cols)
        return "has rows that overlap";
    if (v->type.layout.lanes && place.stride != cols)
        return "has gaps between its panels";
    if (place.offset < 0 || place.offset % size != 0)
        return "does not begin with a whole element";
    if (place.offset > bytes || cols > (bytes - place.offset) / size ||
        (rows > 1 && place.stride > ((bytes - place.offset) / size - cols) / (rows - 1)))
        return "reaches beyond its region";
    return NULL;
}

static const char *check_tensor(const struct module *m, const struct tensor *t)
{
    const struct place p = t->value.place;
    const char *fault = place_fault(m, NULL, &t->value);
    if (fault)
        return fault;
    if (p.region != (t->kind == TENSOR_PARAM ? REGION_PARAM : REGION_STATE))
        return "lies in the wrong region";
    return p.stride == stored_cols(t->value.type) ? NULL : "has gaps between its rows";
}

static int by_place(const void *x, const void *y)
{
    const struct place a = (*(const struct tensor *const *)x)->value.place;
    const struct place b = (*(const struct tensor *const *)y)->value.place;
    if (a.region != b.region)
        return a.region < b.region ? -1 : 1;
    return (a.offset > b.offset) - (a.offset < b.offset);
}

const char *check_tensors(const struct module *m)
{
    int count = 0;
    for (const struct tensor *t = m->tensors; t; t = t->next) {
        const char *fault = t->whole ? NULL : check_tensor(m, t);
        if (fault)
            return arena_printf(m->scratch, "$%s %s", t->name, fault);
        count++;
    }
    if (has_panels(m) && weights_bytes(m) > m->param_bytes)
        return "in plain rows need more memory than the parameters have";
    const struct tensor **sorted = arena_new_array(m->scratch, const struct tensor *, count);
    count = 0;
    for (const struct tensor *t = m->tensors; t; t = t->next)
        if (!t->whole)
            sorted[count++] = t;
    if (count > 1)
        qsort(sorted, (size_t)count, sizeof *sorted, by_place);
    for (int i = 1; i < count; i++) {
        const struct value *a = &sorted[i - 1]->value, *b = &sorted[i]->value;
        const struct span x = span_of(m, a, a->place), y = span_of(m, b, b->place);
        if (span_overlaps(&x, &y))
            return arena_printf(m->scratch, "$%s and $%s overlap", a->tensor->name,
                                b->tensor->name);
        if (a->tensor->kind == TENSOR_CARRIED && b->tensor->kind == TENSOR_STATE)
            return arena_printf(m->scratch, "$%s is saved and lies behind $%s, which is not",
                                b->tensor->name, a->tensor->name);
    }
    return NULL;
}

static bool is_plain(const struct value *v)
{
    return shape_rows(v->type.shape) == 1 || v->place.stride == shape_cols(v->type.shape);
}

/* ---- views, parts, assigned values --------------------------------------------------------- */

/* The place of `row` and `col` of v. */
static struct place place_within(const struct module *m, const struct value *v, int64_t row,
                                 int64_t col)
{
    const bool bits = v->type.elem == ELEM_BIT;
    const int64_t stride = bits ? WORD * v->place.stride : v->place.stride;
    struct place p = v->place;
    p.offset += bytes_of(m, v->type.elem, row * stride + col);
    return p;
}

/* Strides of a single row mean nothing. */
static bool lies_at(const struct value *v, struct place p)
{
    return v->place.region == p.region && v->place.offset == p.offset &&
           (v->place.stride == p.stride || shape_rows(v->type.shape) == 1);
}

static bool is_view_of_operand(const struct module *m, const struct node *n)
{
    const struct value *from = n->args[0], *to = n->results[0];
    const struct shape s = from->type.shape;
    const int64_t start = attr_int(n, "start", 0);
    const bool by_rows = n->op == OP_ROWS && s.rank > 1;
    if (to->type.elem == ELEM_BIT && !by_rows && start % WORD != 0)
        return false;
    if (n->op != OP_RESHAPE)
        return lies_at(to, by_rows ? place_within(m, from, start * (shape_rows(s) / s.dim[0]), 0)
                                   : place_within(m, from, 0, start));
    if (shape_cols(s) == shape_cols(to->type.shape))
        return lies_at(to, from->place);
    return to->type.elem != ELEM_BIT && is_plain(from) && is_plain(to) &&
           to->place.region == from->place.region && to->place.offset == from->place.offset;
}

static const char *parts_fault(const struct prover *v, const struct node *concat)
{
    const struct value *whole = concat->results[0];
    const bool stacked = attr_int(concat, "axis", 0) == 0 && whole->type.shape.rank > 1;
    int64_t row = 0, col = 0;
    for (int i = 0; i < concat->arg_count; i++) {
        const struct value *part = concat->args[i];
        if (!lies_at(part, place_within(v->m, whole, row, col)) ||
            (part->type.elem == ELEM_BIT && col % WORD != 0))
            return FAULT(v, "%s does not lie where it is a part of %s", value_text(v, part),
                         value_text(v, whole));
        row += stacked ? shape_rows(part->type.shape) : 0;
        col += stacked ? 0 : shape_cols(part->type.shape);
    }
    return NULL;
}

static const char *node_place_fault(const struct prover *v, const struct node *n)
{
    for (int i = 0; i < n->result_count; i++) {
        const struct value *r = n->results[i];
        const char *fault = r->type.elem == ELEM_DOUBLE ? NULL : place_fault(v->m, v->p, r);
        if (fault)
            return FAULT(v, "%s %s", value_text(v, r), fault);
    }
    const struct value *first = n->arg_count > 0 ? n->args[0] : NULL;
    if (op_table[n->op].class == CLASS_VIEW && first->type.elem != ELEM_DOUBLE &&
        !is_view_of_operand(v->m, n))
        return FAULT(v, "%s does not lie where it is a view of %s", value_text(v, n->results[0]),
                     value_text(v, first));
    if (n->op == OP_CONCAT)
        return parts_fault(v, n);
    if (n->op == OP_ASSIGN && !lies_at(n->args[1], first->place))
        return FAULT(v, "%s does not lie in %s", value_text(v, n->args[1]), value_text(v, first));
    if ((n->op == OP_RESULT && first->type.elem != ELEM_DOUBLE && !is_plain(first)) ||
        (n->op == OP_INPUT && n->results[0]->type.elem != ELEM_DOUBLE && !is_plain(n->results[0])))
        return "what the runtime reads and writes must have no gaps between its rows";
    return NULL;
}

static const char *check_node_places(const struct prover *v, const struct node **at)
{
    if (v->p->work_bytes > v->m->work_bytes)
        return "needs more work memory than the module has";
    const char *fault = NULL;
    for (const struct node *n = v->p->first; n && !fault; n = n->next) {
        *at = n;
        fault = node_place_fault(v, n);
    }
    return fault;
}

/* ---- the plan ------------------------------------------------------------------------------ */

static struct place place_given(const struct prover *v, const struct value *value)
{
    (void)v;
    return value->place;
}

const char *check_plan(struct program *p, const struct node **at)
{
    struct prover v = prover_new(p);
    const char *fault = check_grids(&v, at);
    fault = fault ? fault : check_node_places(&v, at);
    if (fault)
        return fault;
    int64_t bytes[REGION_STATE + 1];
    for (enum region r = REGION_NONE; r <= REGION_STATE; r++)
        bytes[r] = region_bytes(v.m, p, r);
    clear_notes(p);
    v.place = place_given;
    v.read = map_new(v.arena, bytes, p->next_id);
    v.written = map_new(v.arena, bytes, p->next_id);
    fault = find_overwritten(&v, map_new(v.arena, bytes, p->next_id), at);
    fault = fault ? fault : find_race(&v, at);
    clear_notes(p);
    return fault;
}
