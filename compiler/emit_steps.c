/* Steps and forms. A form is found by its key, which holds all that its C function depends on: what
 * is computed, the type and stride of each operand, and how operands lie to each other. */
#include "emit_steps.h"
#include "diag.h"
#include "emit_memory.h"
#include "emit_text.h"
#include "grid.h"
#include "phase.h"
#include "stream.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the space of an elementwise form -------------------------------------------------------- */

int64_t form_rows(const struct form *f)
{
    return f->flat ? 1 : shape_rows(f->body->space.shape);
}

int64_t form_cols(const struct form *f)
{
    const struct shape s = f->body->space.shape;
    return f->flat ? shape_elements(s) : shape_cols(s);
}

bool form_is_random(const struct form *f)
{
    for (const struct node *n = f->body ? f->body->first : NULL; n; n = n->next)
        if (n->op == OP_BERNOULLI)
            return true;
    return false;
}

/* Can the space be walked as one row? All operands are all of it and contiguous, or scalars;
 * nothing depends on the row or the column; and the workers' shares are whole vectors. */
static bool can_flatten(const struct form *f, const struct node *n,
                        const struct value *const *values)
{
    const struct shape space = f->body->space.shape;
    const int64_t rows = shape_rows(space), cols = shape_cols(space);
    if (rows == 1 || n->grid.axis != AXIS_ROWS ||
        (n->grid.blocks > 1 && n->grid.unit * cols % MAX_LANES != 0))
        return false;
    for (int i = 0; i < f->operand_count; i++) {
        const struct type t = f->operands[i].type;
        const bool whole = shape_elements(t.shape) == rows * cols;
        if (t.elem == ELEM_BIT || (whole && values[i]->place.stride != cols) ||
            (!whole && shape_elements(t.shape) != 1))
            return false;
    }
    for (const struct node *b = f->body->first; b; b = b->next)
        if (b->op == OP_ONEHOT || b->op == OP_BERNOULLI || b->op == OP_MATMUL)
            return false;
    return true;
}

/* ---- operands -------------------------------------------------------------------------------- */

static const struct value *root_of(const struct memory *m, const struct value *v)
{
    const struct value *root = memory_root(m, v);
    return root->tensor ? &root->tensor->value : root;
}

/* Do two values lie in one root, or in the same rows of whatever gives them room? */
static bool are_neighbours(const struct emission *e, const struct memory *m, const struct value *a,
                           const struct value *b)
{
    const int64_t apart = llabs(a->place.offset - b->place.offset);
    const bool rows = a->place.region == b->place.region &&
                      apart < a->place.stride * unit_bytes(e->module, a->type.elem);
    return a->type.elem == b->type.elem && a->place.stride == b->place.stride &&
           (rows || root_of(m, a) == root_of(m, b));
}

/* Neighbours among the operands of elementwise forms are one pointer; results come first, so
 * that what is computed in place of an operand is found to be that. */
static int find_array(const struct emission *e, const struct form *f, const struct memory *m,
                      const struct value *const *values, int i)
{
    for (int a = 0; f->body && a < f->array_count; a++)
        if (are_neighbours(e, m, values[f->arrays[a].anchor], values[i]))
            return a;
    return f->array_count;
}

static void place_operand(const struct emission *e, struct form *f, const struct memory *m,
                          const struct value *const *values, int i)
{
    struct operand *o = &f->operands[i];
    o->array = find_array(e, f, m, values, i);
    struct array *a = &f->arrays[o->array];
    if (o->array == f->array_count) {
        *a = (struct array){ .elem = o->type.elem, .stride = values[i]->place.stride };
        a->written = i < f->result_count;
        a->anchor = i;
        f->array_count++;
    }
    if (values[i]->place.offset < values[a->anchor]->place.offset)
        a->anchor = i;
}

static void place_operands(struct emission *e, struct form *f, const struct memory *m,
                           const struct value *const *values)
{
    f->arrays = arena_new_array(e->arena, struct array, f->operand_count);
    for (int i = 0; i < f->operand_count; i++) {
        f->operands[i].array = -1;
        if (f->operands[i].type.elem != ELEM_DOUBLE)
            place_operand(e, f, m, values, i);
    }
    for (int i = 0; i < f->operand_count; i++) {
        struct operand *o = &f->operands[i];
        if (o->array < 0)
            continue;
        const struct value *anchor = values[f->arrays[o->array].anchor];
        o->shift =
            (values[i]->place.offset - anchor->place.offset) / unit_bytes(e->module, o->type.elem);
    }
}

/* ---- keys and names -------------------------------------------------------------------------- */

static void add_word(struct key *key, int64_t word)
{
    key->words[key->count++] = word;
}

static void add_attrs(struct key *key, const struct node *n)
{
    for (int i = 0; i < n->attr_count; i++) {
        int64_t bits;
        memcpy(&bits, &n->attrs[i].num, sizeof bits);
        if (strcmp(n->attrs[i].key, "t") == 0)
            continue;
        add_word(key, n->attrs[i].i);
        add_word(key, bits);
    }
}

static void add_type(struct key *key, struct type t)
{
    add_word(key, t.elem);
    add_word(key, t.layout.parts);
    add_word(key, t.layout.lanes);
    add_word(key, t.shape.rank);
    for (int i = 0; i < t.shape.rank; i++)
        add_word(key, t.shape.dim[i]);
}

enum { KEY_HEAD = 9, ATTR_WORDS = 2, OPERAND_WORDS = 7 + MAX_RANK }; /* at most */

static struct key form_key(struct emission *e, const struct form *f, const struct node *n)
{
    const int most = KEY_HEAD + ATTR_WORDS * n->attr_count + OPERAND_WORDS * f->operand_count;
    struct key key = { .words = arena_new_array(e->arena, int64_t, most) };
    add_word(&key, f->body ? (int64_t)(intptr_t)f->body->name : 0);
    add_word(&key, f->body ? 0 : n->op);
    add_word(&key, f->axis);
    add_word(&key, f->flat);
    add_word(&key, f->blas);
    add_word(&key, f->streams);
    add_word(&key, f->checked);
    if (!f->body || n->op == OP_BERNOULLI) /* a body's name says all about its nodes */
        add_attrs(&key, n);
    add_word(&key, f->body ? 0 : n->grid.blocks); /* products choose their tiles by the blocks */
    add_word(&key, f->body ? 0 : n->grid.unit);
    for (int i = 0; i < f->operand_count; i++) {
        const struct operand *o = &f->operands[i];
        add_type(&key, o->type);
        add_word(&key, o->array);
        add_word(&key, o->shift);
        add_word(&key, o->array >= 0 ? f->arrays[o->array].stride : 0);
    }
    return key;
}

static uint64_t hash_key(struct key key)
{
    uint64_t hash = 0;
    for (int i = 0; i < key.count; i++)
        hash = hash_word(hash, (uint64_t)key.words[i]);
    return hash;
}

static int has_key(const void *item, const void *key)
{
    const struct key *a = &((const struct form *)item)->key, *b = key;
    return a->count == b->count &&
           memcmp(a->words, b->words, (size_t)a->count * sizeof *a->words) == 0;
}

static const char *product_name(struct emission *e, const struct node *n)
{
    const struct shape a = n->args[0]->type.shape, c = node_result(n)->type.shape;
    const bool ta = attr_flag(n, "ta"), tb = attr_flag(n, "tb");
    return arena_printf(e->arena, "product%s%s_%" PRId64 "x%" PRId64 "x%" PRId64, ta ? "_ta" : "",
                        tb ? "_tb" : "", c.dim[0], c.dim[1], a.dim[!ta]);
}

/* Of elementwise forms the kernel's name; sum_1500x1200, product_30x1200x300. */
static const char *form_name(struct emission *e, const struct form *f, const struct node *n)
{
    struct arena *a = e->arena;
    if (f->body)
        return c_word(a, f->body->name);
    if (n->op == OP_MATMUL)
        return product_name(e, n);
    if (n->op == OP_PACK)
        return arena_printf(a, "pack%s_%s", attr_flag(n, "ta") ? "_ta" : "",
                            shape_text(a, node_result(n)->type.shape));
    return arena_printf(a, "%s_%s", op_table[n->op].name, shape_text(a, n->args[0]->type.shape));
}

/* A form NAME may have inner functions: NAME_at and others. */
static const char *take_form_name(struct emission *e, const char *wanted)
{
    static const char *const inner[] = { "", "_at", "_quad", "_walk" };
    enum { INNER = sizeof inner / sizeof *inner };
    const char *name = wanted;
    bool free = false;
    for (int i = 2; !free; i++) {
        free = true;
        for (int k = 0; k < INNER && free; k++)
            free = !names_has(e->form_names, arena_printf(e->arena, "%s%s", name, inner[k]));
        if (!free)
            name = arena_printf(e->arena, "%s_%d", wanted, i);
    }
    for (int k = 1; k < INNER; k++)
        names_take(e->form_names, arena_printf(e->arena, "%s%s", name, inner[k]));
    return names_take(e->form_names, name);
}

/* What the loops of lstmc/loops.h call their operands. */
static const char *loop_word(const struct node *n, int operand)
{
    static const char *const of_product[] = { "c", "a", "b" }, *const of_others[] = { "y", "x",
                                                                                      "index" };
    return (n->op == OP_MATMUL ? of_product : of_others)[operand];
}

/* An operand is called as its array is if it is what gave the array its name, or a part of that,
 * or its new value. */
static const char *operand_name(struct emission *e, const struct form *f, const struct memory *m,
                                const struct value *const *values, int i, struct names *names)
{
    const struct operand *o = &f->operands[i];
    const struct array *a = &f->arrays[o->array];
    if (root_of(m, values[i]) == root_of(m, values[a->anchor]))
        return a->name;
    for (int j = 0; j < i; j++)
        if (f->operands[j].array == o->array && f->operands[j].shift == o->shift)
            return f->operands[j].word;
    return o->shift == 0 ? a->name : names_take(names, memory_word(e, m, values[i]));
}

static void name_arrays(struct emission *e, struct form *f, const struct memory *m,
                        const struct value *const *values)
{
    struct names *names = names_in(e->arena);
    for (int i = 0; i < f->array_count; i++) {
        const int anchor = f->arrays[i].anchor;
        const char *word = f->body ? c_word(e->arena, memory_word(e, m, values[anchor]))
                                   : loop_word(f->like, anchor);
        f->arrays[i].name = names_take(names, word);
    }
    for (int i = 0; i < f->operand_count; i++)
        if (f->operands[i].array >= 0)
            f->operands[i].word = operand_name(e, f, m, values, i, names);
}

/* ---- forms ----------------------------------------------------------------------------------- */

static struct form *form_find(struct emission *e, struct form *f, const struct memory *m,
                              const struct value *const *values)
{
    f->key = form_key(e, f, f->like);
    const uint64_t hash = hash_key(f->key);
    struct form *found = table_find(&e->forms_by_key, hash, has_key, &f->key);
    if (found)
        return found;
    table_add(&e->forms_by_key, hash, f);
    f->name = take_form_name(e, form_name(e, f, f->like));
    name_arrays(e, f, m, values);
    *e->forms_end = f;
    e->forms_end = &f->next;
    return f;
}

/* A check or random bits that stand outside kernels, as a kernel of their own. */
static const struct kernel *body_alone(struct emission *e, const struct node *n)
{
    struct kernel *k = arena_alloc(e->arena, sizeof *k);
    struct value *v = arena_alloc(e->arena, sizeof *v);
    struct value **list = arena_new_array(e->arena, struct value *, 1);
    list[0] = v;
    if (n->op == OP_CHECK) {
        *v = (struct value){ .type = n->args[0]->type };
        *k = (struct kernel){ .name = "check", .space = v->type, .param_count = 1, .params = list };
        return k;
    }
    struct node *only = arena_alloc(e->arena, sizeof *only);
    *only = *n;
    only->results = list;
    only->next = NULL;
    *v = (struct value){ .type = node_result(n)->type, .def = only };
    *k = (struct kernel){ .name = "random_bits",
                          .space = v->type,
                          .result_count = 1,
                          .results = list,
                          .first = only,
                          .last = only };
    return k;
}

static const struct kernel *body_of(struct emission *e, const struct node *n)
{
    if (n->op == OP_CALL)
        return n->kernel;
    return n->op == OP_CHECK || n->op == OP_BERNOULLI ? body_alone(e, n) : NULL;
}

/* Prediction runs where there is no BLAS, and BLAS knows no panels. */
static bool by_blas(const struct emission *e, const struct work *w, const struct node *n)
{
    return n->op == OP_MATMUL && !w->predicts && !n->args[1]->type.layout.lanes &&
           e->options->gemm == GEMM_OPENBLAS;
}

/* The type by which the form knows an operand: a kernel's own, where there is one. */
static struct type formal_type(const struct form *f, int i, const struct value *actual)
{
    if (!f->body)
        return actual->type;
    return (i < f->result_count ? f->body->results[i] : f->body->params[i - f->result_count])->type;
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* A check looks at its value where a kernel has it in hand anyway: the call that takes it along. */
struct host {
    int operand, flag;
};

static int flag_of(const struct emission *e, const struct node *check)
{
    const char *name = attr_name(check, "name");
    int flag = 0;
    for (const struct tensor *t = e->module->tensors; t; t = t->next, flag++)
        if (strcmp(t->name, name) == 0 && t->kind == TENSOR_PARAM)
            return flag;
    die("check: $%s is no parameter", name);
}

/* The operand by which a call has all elements of v, or -1. */
static int whole_operand(const struct node *n, const struct value *v)
{
    const struct kernel *k = n->kernel;
    for (int i = 0; i < n->result_count + n->arg_count; i++) {
        const bool result = i < n->result_count;
        const struct value *actual = result ? n->results[i] : n->args[i - n->result_count];
        if (actual == v && shape_elements(v->type.shape) == shape_elements(k->space.shape))
            return i;
    }
    return -1;
}

static void find_host(struct emission *e, const struct program *p, struct node *check)
{
    for (struct node *n = p->first; n; n = n->next) {
        const int operand = n->op == OP_CALL && !n->note ? whole_operand(n, check->args[0]) : -1;
        if (operand < 0)
            continue;
        struct host *h = arena_alloc(e->arena, sizeof *h);
        *h = (struct host){ operand, flag_of(e, check) };
        n->note = h;
        check->note = h;
        return;
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

static struct step *step_append(struct emission *e, struct work *w, const struct node *n)
{
    struct step *s = arena_alloc(e->arena, sizeof *s);
    s->node = n;
    *w->steps_end = s;
    w->steps_end = &s->next;
    return s;
}

static void add_step(struct emission *e, struct work *w, const struct node *n)
{
    struct step *s = step_append(e, w, n);
    const struct host *host = n->note;
    const int count = n->result_count + n->arg_count;
    s->values = arena_new_array(e->arena, const struct value *, count);
    const struct arena_mark start = arena_mark(e->arena);
    struct form *f = arena_alloc(e->arena, sizeof *f);
    *f = (struct form){ .like = n, .body = body_of(e, n), .axis = n->grid.axis, .checked = -1 };
    f->blas = by_blas(e, w, n);
    f->streams = node_streams(w->program, n);
    f->result_count = n->result_count;
    f->operand_count = count;
    f->operands = arena_new_array(e->arena, struct operand, count);
    for (int i = 0; i < count; i++) {
        s->values[i] = i < n->result_count ? n->results[i] : n->args[i - n->result_count];
        f->operands[i].type = formal_type(f, i, s->values[i]);
    }
    if (host || n->op == OP_CHECK) {
        f->checked = host ? host->operand : 0;
        s->flag = host ? host->flag : flag_of(e, n);
    }
    f->flat = f->body && can_flatten(f, n, s->values);
    place_operands(e, f, &w->memory, s->values);
    s->form = form_find(e, f, &w->memory, s->values);
    if (s->form != f)
        arena_release(e->arena, start);
    s->form->parts |= 1u << n->part;
}

static void find_program_steps(struct emission *e, struct work *w)
{
    struct node *first = w->program->first;
    memory_open(e, w);
    for (struct node *n = first; n; n = n->next)
        n->note = NULL;
    for (struct node *n = first; n; n = n->next)
        if (n->op == OP_CHECK)
            find_host(e, w->program, n);
    for (struct node *n = first; n; n = n->next) {
        if (n->op == OP_BARRIER)
            step_append(e, w, n);
        else if (node_runs(n) && !(n->op == OP_CHECK && n->note))
            add_step(e, w, n);
    }
}

/* Where one phase follows another. */
static void find_phases(struct work *w)
{
    const struct step *last = NULL;
    for (struct step *s = w->steps; s; s = s->next) {
        if (!s->form)
            continue;
        s->phase = phase_of(s->node);
        s->begins = !last || last->phase != s->phase;
        last = s;
    }
}

/* ---- segments -------------------------------------------------------------------------------- */

static bool in_part(const struct step *s, enum part part)
{
    return !s->form || s->node->part == part; /* a barrier stands with what is before it */
}

static void find_segments(struct emission *e, struct work *w)
{
    static const char *const words[] = { "forward", "backward", "update" };
    struct names *names = names_in(e->arena);
    struct segment **end = &w->segments, *last = NULL;
    for (const struct step *s = w->steps; s;) {
        last = arena_alloc(e->arena, sizeof *last);
        *last = (struct segment){ .part = s->node->part, .first = s };
        while (s && in_part(s, last->part))
            s = s->next;
        last->end = s;
        last->name = names_take(names, arena_printf(e->arena, "%s_%s_%s", e->name, w->program->name,
                                                    words[last->part]));
        *end = last;
        end = &last->next;
    }
    if (last)
        last->name = arena_printf(e->arena, "%s_%s", e->name, w->program->name);
}

void find_steps(struct emission *e)
{
    struct work **end = &e->works;
    for (const struct program *p = e->module->programs; p; p = p->next) {
        struct work *w = arena_alloc(e->arena, sizeof *w);
        w->program = p;
        w->predicts = program_predicts(p);
        w->steps_end = &w->steps;
        *end = w;
        end = &w->next;
        find_program_steps(e, w);
        if (strcmp(p->name, "train") == 0) /* which bench measures */
            find_phases(w);
        if (!w->predicts)
            find_segments(e, w);
    }
}

/* ---- looking things up ----------------------------------------------------------------------- */

int count_phases(const struct work *w)
{
    int phases = 0;
    bool open = false;
    for (const struct step *s = w->steps; s; s = s->next) {
        phases += s->form && !open;
        open = s->form;
    }
    return phases;
}

const struct work *find_work(const struct emission *e, const char *program)
{
    const struct work *w = e->works;
    while (w && strcmp(w->program->name, program) != 0)
        w = w->next;
    return w;
}

static const struct node *find_named(const struct program *p, enum op op, const char *name)
{
    const struct node *n = p->first;
    while (n && !(n->op == op && strcmp(attr_name(n, "name"), name) == 0))
        n = n->next;
    return n;
}

const struct value *program_input(const struct program *p, const char *name)
{
    const struct node *n = find_named(p, OP_INPUT, name);
    return n ? node_result(n) : NULL;
}

const struct value *program_result(const struct program *p, const char *name)
{
    const struct node *n = find_named(p, OP_RESULT, name);
    return n ? n->args[0] : NULL;
}
