/* Names for places. The plan knows bytes; people who read emitted C want to see what lies there.
 * A root value of the work region is named by its layer and its operation, and when the same
 * operation of the same layer stands in several time steps and their places lie at one distance
 * (or at two in turn), one macro with the time step as its argument names them all. */
#include "emit_memory.h"
#include "diag.h"
#include "emit_text.h"
#include "stream.h"
#include <inttypes.h>
#include <string.h>

/* ---- bytes ----------------------------------------------------------------------------------- */

int64_t unit_bytes(const struct module *m, enum elem elem)
{
    return elem == ELEM_BIT ? 2 : (int64_t)elem_bytes(m, elem);
}

int64_t value_extent(const struct module *m, const struct value *v)
{
    const struct type t = v->type;
    return ((stored_rows(t) - 1) * v->place.stride + stored_cols(t)) * unit_bytes(m, t.elem);
}

static bool lies_in(const struct module *m, const struct value *part, const struct value *whole)
{
    int64_t at = part->place.offset - whole->place.offset;
    return part->place.region == whole->place.region && part->type.elem == whole->type.elem &&
           at >= 0 && at + value_extent(m, part) <= value_extent(m, whole);
}

/* ---- tensors --------------------------------------------------------------------------------- */

/* The tensor of a program whose place holds the byte at `offset` of the region. */
static const struct value *tensor_at(const struct program *p, enum region region, int64_t offset)
{
    const bool plain = sees_plain(p);
    for (struct tensor *t = p->module->tensors; t; t = t->next) {
        const struct value *v = tensor_seen(t, plain);
        const int64_t at = offset - v->place.offset;
        if (!t->whole && v->place.region == region && at >= 0 && at < value_extent(p->module, v))
            return v;
    }
    die("no tensor lies at byte %" PRId64 " of the %s", offset,
        region == REGION_PARAM ? "parameters" : "states");
}

void name_tensors(struct emission *e)
{
    struct c_names *names = names_in(e->arena);
    for (struct tensor *t = e->module->tensors; t; t = t->next)
        t->value.note = (void *)names_take(names, c_word(e->arena, t->name));
}

const char *weights_of_training(const struct module *m)
{
    return has_panels(m) ? "parameters" : "weights";
}

const char *tensor_field(const struct tensor *t)
{
    return t->value.note;
}

/* lstm.recurrent_kernel -> recurrent_kernel; optimizer.m.lstm.kernel -> m */
static const char *tensor_word(struct emission *e, const struct tensor *t)
{
    const char *from = t->name, *dot = strchr(from, '.');
    if (t->kind == TENSOR_STATE && dot) {
        from = dot + 1;
        return arena_copy(e->arena, from, strcspn(from, "."));
    }
    const char *last = strrchr(from, '.');
    return last && last[1] ? last + 1 : from;
}

/* ---- roots ----------------------------------------------------------------------------------- */

const struct value *memory_root(const struct memory *m, const struct value *v)
{
    while (!v->tensor && m->root[v->id])
        v = m->root[v->id];
    return v;
}

static void find_roots(struct emission *e, struct memory *m)
{
    for (const struct node *n = m->program->first; n; n = n->next)
        if (op_table[n->op].class == CLASS_VIEW && lies_in(e->module, n->results[0], n->args[0]))
            m->root[n->results[0]->id] = n->args[0];
    for (const struct node *n = m->program->last; n; n = n->prev)
        for (int i = 0; n->op == OP_CONCAT && i < n->arg_count; i++) {
            const struct value *part = n->args[i];
            if (!part->tensor && !m->root[part->id] && lies_in(e->module, part, n->results[0]))
                m->root[part->id] = n->results[0];
        }
}

/* ---- roles ----------------------------------------------------------------------------------- */

/* The name that an effect gives to a value: a result's, or d_lstm_kernel of a gradient that is
 * checked. */
static void note_given_names(struct emission *e, const struct program *p, const char **given)
{
    for (const struct node *n = p->first; n; n = n->next) {
        if (n->op != OP_RESULT && n->op != OP_CHECK)
            continue;
        const struct value *v = n->args[0];
        const char *name = attr_name(n, "name");
        bool gradient = tensor_find(e->module, name);
        if (!v->tensor)
            given[v->id] = arena_printf(e->arena, "%s%s", gradient ? "d." : "", name);
    }
}

/* The operation that makes a value: inside the kernel, when a call does. */
static const char *operation(const struct value *v, int *result)
{
    const struct node *n = v->def;
    *result = 0;
    if (n->op == OP_INPUT)
        return attr_name(n, "name");
    if (n->op != OP_CALL)
        return op_table[n->op].name;
    while (n->results[*result] != v)
        ++*result;
    return op_table[n->kernel->results[*result]->def->op].name;
}

static struct role *role_add(struct emission *e, struct memory *m, const struct role *like)
{
    struct role *r = arena_alloc(e->arena, sizeof *r);
    *r = *like;
    r->seen = arena_new_array(e->arena, bool, m->steps + 1);
    *m->roles_end = r;
    m->roles_end = &r->next;
    return r;
}

static void role_join(struct emission *e, struct role *r, int t, int64_t offset)
{
    size_t n = (size_t)r->count;
    if ((n & (n - 1)) == 0) /* full: the room is always the next power of two */
        r->members = arena_grow(e->arena, r->members, n, n ? 2 * n : 1, sizeof *r->members);
    r->members[r->count++] = (struct member){ t, offset, NULL };
    r->seen[t + 1] = true;
}

static struct role *role_for(struct emission *e, struct memory *m, const struct role *like, int t)
{
    for (struct role *r = m->roles; r; r = r->next)
        if (r->scope == like->scope && r->part == like->part && r->maker == like->maker &&
            r->result == like->result && strcmp(r->word, like->word) == 0 && !r->seen[t + 1] &&
            (r->members[0].t < 0) == (t < 0))
            return r;
    return role_add(e, m, like);
}

/* A weight in another order keeps its name. */
static const char *packed_word(struct emission *e, const struct node *n)
{
    const struct tensor *t = n->op == OP_PACK ? n->args[0]->tensor : NULL;
    return t ? arena_printf(e->arena, "%s_%s", attr_flag(n, "ta") ? "transposed" : "packed",
                            tensor_word(e, t))
             : NULL;
}

/* `root` is named after `made`: itself, or the first part that was computed into it. */
static void name_root(struct emission *e, struct memory *m, const struct value *root,
                      const struct value *made, const char *given)
{
    const struct node *n = made->def;
    const int64_t bytes = (int64_t)elem_bytes(e->module, ELEM_REAL);
    if (root->place.offset % bytes)
        die("program %s: %%%d begins within an element", m->program->name, root->id);
    struct role like = { .scope = n->scope, .part = n->part, .maker = n->kernel };
    const char *word = given ? given : operation(made, &like.result);
    const bool shared = given || n->op == OP_INPUT;
    if (shared)
        like.scope = NULL;
    like.word = n->part == PART_BACKWARD && !shared ? arena_printf(e->arena, "d_%s", word) : word;
    like.word = packed_word(e, n) ? packed_word(e, n) : like.word;
    const int t = root == made && !shared ? n->t : -1;
    m->role[root->id] = role_for(e, m, &like, t);
    m->member[root->id] = m->role[root->id]->count;
    role_join(e, m->role[root->id], t, root->place.offset / bytes);
}

/* ---- runs: members by one rule -------------------------------------------------------------- */

static bool follows(const struct run *s, const struct member *h)
{
    const int64_t t = s->turns ? h->t % 2 : h->t;
    return h->offset == s->base + t * s->step;
}

/* How many members from the run's first on follow the rule that the first two set. */
static int64_t measure(const struct role *r, struct run *s)
{
    const struct member *a = &r->members[s->first], *b = a + 1;
    const int64_t rest = r->count - s->first;
    s->base = a->offset;
    s->step = 0;
    if (rest == 1)
        return 1;
    const int64_t ta = s->turns ? a->t % 2 : a->t, tb = s->turns ? b->t % 2 : b->t;
    s->step = (b->offset - a->offset) / (tb - ta);
    s->base = a->offset - ta * s->step;
    int64_t n = 1;
    while (n < rest && follows(s, &a[n]))
        n++;
    return n;
}

enum { SHORTEST_RULE = 3 }; /* fewer members are named one by one */

static struct run *next_run(struct emission *e, struct role *r, int64_t first)
{
    struct run *s = arena_alloc(e->arena, sizeof *s), turns = { .first = first, .turns = true };
    s->first = first;
    s->count = measure(r, s);
    turns.count = r->count - first > 1 && (r->members[first].t + r->members[first + 1].t) % 2
                      ? measure(r, &turns)
                      : 0;
    if (turns.count > s->count)
        *s = turns;
    if (s->count < SHORTEST_RULE && s->count < r->count)
        *s = (struct run){ .first = first, .count = 1, .base = r->members[first].offset };
    for (int64_t i = 0; i < s->count; i++)
        r->members[first + i].run = s;
    return s;
}

static void find_runs(struct emission *e, struct role *r, struct c_names *names, const char *name)
{
    struct run **end = &r->runs;
    for (int64_t first = 0; first < r->count; first += (*end)->count, end = &(*end)->next) {
        struct run *s = *end = next_run(e, r, first);
        const bool one_of_many = s->count == 1 && r->count > 1;
        const char *own =
            one_of_many ? arena_printf(e->arena, "%s_T%d", name, r->members[first].t) : name;
        s->name = names_take(names, own);
    }
}

static void name_roles(struct emission *e, struct memory *m)
{
    struct c_names *names = names_in(e->arena);
    for (struct role *r = m->roles; r; r = r->next) {
        const char *layer = r->scope ? arena_printf(e->arena, "%s_", r->scope->name) : "";
        const char *name = arena_printf(e->arena, "%s_%s%s", m->prefix, layer, r->word);
        find_runs(e, r, names, c_upper(e->arena, name));
    }
}

static bool is_plain(const struct value *v)
{
    int result;
    const char *word = operation(v, &result);
    return strcmp(word, op_table[OP_CONST].name) == 0 ||
           strcmp(word, op_table[OP_EXPAND].name) == 0;
}

/* Names v's root if it lies in the work region and has no name yet; copies and constants when
 * `plain`, else others. */
static void name_value(struct emission *e, struct memory *m, const struct value *v,
                       const char *const *given, bool plain)
{
    const struct value *root = memory_root(m, v);
    if (v->place.region == REGION_WORK && !m->role[root->id] && is_plain(v) == plain)
        name_root(e, m, root, v, given[v->id] ? given[v->id] : given[root->id]);
}

void memory_open(struct emission *e, struct work *w)
{
    struct memory *m = &w->memory;
    const struct program *p = w->program;
    const int ids = p->next_id;
    *m = (struct memory){ .program = p, .prefix = c_upper(e->arena, p->name) };
    m->via = w->predicts ? "x." : "";
    m->roles_end = &m->roles;
    m->root = arena_new_array(e->arena, const struct value *, ids);
    m->role = arena_new_array(e->arena, struct role *, ids);
    m->member = arena_new_array(e->arena, int64_t, ids);
    for (const struct node *n = p->first; n; n = n->next)
        m->steps = n->t >= m->steps ? n->t + 1 : m->steps;
    find_roots(e, m);
    const char **given = arena_new_array(e->arena, const char *, ids);
    note_given_names(e, p, given);
    for (int plain = 0; plain < 2;
         plain++) /* a join is better named after a part that is no copy */
        for (const struct node *n = p->first; n; n = n->next)
            for (int i = 0; i < n->result_count; i++)
                name_value(e, m, n->results[i], given, plain);
    name_roles(e, m);
}

/* ---- what the emitted text says -------------------------------------------------------------- */

const char *memory_word(struct emission *e, const struct memory *m, const struct value *v)
{
    const struct value *root = memory_root(m, v);
    if (root->tensor)
        return tensor_word(e, root->tensor);
    if (root->place.region != REGION_WORK) /* a new value of a tensor, in its place */
        return tensor_word(e,
                           tensor_at(m->program, root->place.region, root->place.offset)->tensor);
    return m->role[root->id]->word;
}

/* Is the rule's name a macro with the time step as its argument? */
static bool takes_time(const struct run *s)
{
    return s->count > 1 && s->step != 0;
}

/* The constant of a root: TRAIN_X, TRAIN_LSTM_TANH(7), TRAIN_LSTM_ADD_T0. */
static const char *home_text(struct emission *e, const struct memory *m, const struct value *root)
{
    const struct member *h = &m->role[root->id]->members[m->member[root->id]];
    return takes_time(h->run) ? arena_printf(e->arena, "%s(%d)", h->run->name, h->t) : h->run->name;
}

/* base + row * stride + column, of elements (of bits: words). */
static const char *with_offset(struct emission *e, const char *base, int64_t at, int64_t stride)
{
    if (at == 0)
        return base;
    const int64_t row = stride > 0 ? at / stride : 0, col = at - row * stride;
    if (row == 0 || stride == 1)
        return arena_printf(e->arena, "%s + %" PRId64, base, at);
    base = arena_printf(e->arena, "%s + %" PRId64 " * %" PRId64, base, row, stride);
    return col ? arena_printf(e->arena, "%s + %" PRId64, base, col) : base;
}

const char *memory_address(struct emission *e, const struct memory *m, const struct value *v)
{
    static const char *const casts[] = {
        [ELEM_INDEX] = "int32_t", [ELEM_BIT] = "uint16_t", [ELEM_BF16] = "uint16_t"
    };
    const struct module *module = e->module;
    const int64_t unit = unit_bytes(module, v->type.elem);
    if (v->place.region != REGION_WORK) {
        const struct value *t = tensor_at(m->program, v->place.region, v->place.offset);
        const char *base =
            arena_printf(e->arena, "%s%s->%s", m->via, t->tensor->kind == TENSOR_PARAM ? "p" : "s",
                         tensor_field(t->tensor));
        return with_offset(e, base, (v->place.offset - t->place.offset) / unit, t->place.stride);
    }
    const struct value *root = memory_root(m, v);
    const char *base = arena_printf(e->arena, "%sw + %s", m->via, home_text(e, m, root));
    if (casts[v->type.elem])
        base = arena_printf(e->arena, "(%s *)(%s)", casts[v->type.elem], base);
    return with_offset(e, base, (v->place.offset - root->place.offset) / unit, root->place.stride);
}

/* Is this too much for an int, in which C counts elements where nothing says otherwise? */
static bool beyond_int(int64_t n)
{
    return n > INT32_MAX || n < -INT32_MAX;
}

/* A number of elements as a C constant. */
static const char *offset_text(struct emission *e, int64_t n, bool is_long)
{
    return arena_printf(e->arena, "%" PRId64 "%s", n, is_long ? "L" : "");
}

/* Does a time step take one of the members so far that C must multiply longs? */
static bool steps_are_long(const struct role *r, const struct run *s)
{
    bool is_long = false;
    for (int64_t i = s->first; i < s->first + s->count && !is_long; i++)
        is_long = beyond_int(r->members[i].offset) || beyond_int(r->members[i].offset - s->base);
    return is_long;
}

static void define_run(struct emission *e, const struct role *r, const struct run *s,
                       struct buffer *out)
{
    const char *base = offset_text(e, s->base, beyond_int(s->base));
    const char *step = offset_text(e, s->step, steps_are_long(r, s));
    if (takes_time(s))
        buffer_printf(out, "#define %s(t) (%s%s(t)%s * %s)\n", s->name, s->base ? base : "",
                      s->base ? " + " : "", s->turns ? " % 2" : "", step);
    else
        buffer_printf(out, "#define %s %s\n", s->name, base);
}

void memory_define(struct emission *e, const struct memory *m, struct buffer *out)
{
    for (const struct role *r = m->roles; r; r = r->next)
        for (const struct run *s = r->runs; s; s = s->next)
            define_run(e, r, s, out);
}
