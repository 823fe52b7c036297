/* Forms. One is found by its key, which holds all that its C function depends on: what is computed, the
 * type and stride of each operand, and how operands lie to each other. */
#include "emit_forms.h"
#include "emit_memory.h"
#include "emit_text.h"
#include "stream.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the space of an elementwise form -------------------------------------------------------- */

int64_t form_rows(const struct form *f)
{
    return f->flat ? 1 : shape_rows(stored_shape(f->body->space));
}

int64_t form_cols(const struct form *f)
{
    const struct shape s = stored_shape(f->body->space);
    return f->flat ? shape_elements(s) : shape_cols(s);
}

bool form_operand_is_of_product(const struct form *f, int operand)
{
    const int param = operand - f->result_count;
    return param >= 0 && kernel_multiplies(f->body, f->body->params[param]);
}

bool form_is_random(const struct form *f)
{
    return f->body && kernel_is_random(f->body);
}

/* Can the space be walked as one row? All operands are all of it and contiguous, or scalars;
 * nothing depends on the row or the column; and the workers' shares are whole vectors. A product
 * has its own order of rows and columns, but for one whose sums lie in panels. */
static bool can_flatten(const struct form *f, const struct node *n,
                        const struct value *const *values)
{
    const struct shape space = stored_shape(f->body->space);
    const int64_t rows = shape_rows(space), cols = shape_cols(space);
    if (rows == 1 || n->grid.axis != AXIS_ROWS ||
        (n->grid.blocks > 1 && n->grid.unit * cols % MAX_LANES != 0))
        return false;
    for (int i = 0; i < f->operand_count; i++) {
        const struct type t = f->operands[i].type;
        const int64_t elements = shape_elements(stored_shape(t));
        const bool whole = elements == rows * cols;
        if (form_operand_is_of_product(f, i))
            continue;
        if (t.elem == ELEM_BIT || (whole && values[i]->place.stride != cols) ||
            (!whole && elements != 1))
            return false;
    }
    for (const struct node *b = f->body->first; b; b = b->next)
        if (b->op == OP_ONEHOT || b->op == OP_BERNOULLI ||
            (b->op == OP_MATMUL && !f->body->space.layout.lanes))
            return false;
    return true;
}

/* ---- operands -------------------------------------------------------------------------------- */

/* Do two values lie in one root, or in the same rows of whatever gives them room? */
static bool are_neighbours(const struct emission *e, const struct memory *m, const struct value *a,
                           const struct value *b)
{
    const int64_t apart = llabs(a->place.offset - b->place.offset);
    const bool rows = a->place.region == b->place.region &&
                      apart < a->place.stride * unit_bytes(e->module, a->type.elem);
    return a->type.elem == b->type.elem && a->place.stride == b->place.stride &&
           (rows || memory_root(m, a) == memory_root(m, b));
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
        add_word(key, (int64_t)hash_text(n->attrs[i].key)); /* ta is not tb */
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

enum { KEY_HEAD = 10, ATTR_WORDS = 3, OPERAND_WORDS = 7 + MAX_RANK }; /* at most */

static struct key form_key(struct emission *e, const struct form *f, const struct node *n)
{
    const int most = KEY_HEAD + ATTR_WORDS * n->attr_count + OPERAND_WORDS * f->operand_count;
    struct key key = { .words = arena_new_array(e->arena, int64_t, most) };
    add_word(&key, f->body ? (int64_t)(intptr_t)f->body->name : 0);
    add_word(&key, f->body ? 0 : n->op);
    add_word(&key, f->axis);
    add_word(&key, f->bands);
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
        add_word(&key, shape_rows(stored_shape(o->type)) > 1 ? f->arrays[o->array].stride : 0);
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
    const struct shape c = node_result(n)->type.shape;
    return arena_printf(e->arena, "product%s%s_%" PRId64 "x%" PRId64 "x%" PRId64,
                        attr_flag(n, "ta") ? "_ta" : "", attr_flag(n, "tb") ? "_tb" : "", c.dim[0],
                        c.dim[1], product_terms(n));
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
    static const char *const inner[] = { "", "_at", "_walk" };
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

/* What the loops of the runtime call their operands. */
static const char *loop_word(const struct node *n, int operand)
{
    static const char *const of_product[] = { "c", "a", "b" }, *const of_others[] = { "y", "x",
                                                                                      "index" };
    return (n->op == OP_MATMUL ? of_product : of_others)[operand];
}

/* An operand is called as its array is if it is what gave the array its name, or a part of that,
 * or its new value. */
static const char *operand_name(struct emission *e, const struct form *f, const struct memory *m,
                                const struct value *const *values, int i, struct c_names *names)
{
    const struct operand *o = &f->operands[i];
    const struct array *a = &f->arrays[o->array];
    if (memory_root(m, values[i]) == memory_root(m, values[a->anchor]))
        return a->name;
    for (int j = 0; j < i; j++)
        if (f->operands[j].array == o->array && f->operands[j].shift == o->shift)
            return f->operands[j].word;
    return o->shift == 0 ? a->name : names_take(names, memory_word(e, m, values[i]));
}

static void name_arrays(struct emission *e, struct form *f, const struct memory *m,
                        const struct value *const *values)
{
    struct c_names *names = names_in(e->arena);
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

struct form *form_of(struct emission *e, const struct work *w, const struct node *n,
                     const struct value *const *values, int checked)
{
    const int count = n->result_count + n->arg_count;
    const struct arena_mark start = arena_mark(e->arena);
    struct form *f = arena_alloc(e->arena, sizeof *f);
    *f = (struct form){ .like = n, .body = body_of(e, n), .checked = checked };
    f->axis = n->grid.axis;
    f->bands = n->grid.bands;
    f->blas = by_blas(e, w, n);
    f->streams = node_streams(w->program, n);
    f->result_count = n->result_count;
    f->operand_count = count;
    f->operands = arena_new_array(e->arena, struct operand, count);
    for (int i = 0; i < count; i++)
        f->operands[i].type = formal_type(f, i, values[i]);
    f->flat = f->body && can_flatten(f, n, values);
    place_operands(e, f, &w->memory, values);
    struct form *found = form_find(e, f, &w->memory, values);
    if (found != f)
        arena_release(e->arena, start);
    found->parts |= 1u << n->part;
    return found;
}
