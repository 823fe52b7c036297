/* Building and changing modules. Nothing here looks inside a type: ops.c knows what operations make
 * of their operands, ir_check.c whether the whole is sound. */
#include "ir.h"
#include "diag.h"
#include <string.h>

const char *const stage_names[] = { "trace", "grad", "opt", "schedule", "plan", NULL };

/* ---- modules, tensors, programs, kernels ------------------------------------------------------
 */

struct module *module_new(struct arena *a)
{
    struct module *m = arena_alloc(a, sizeof *m);
    m->arena = a;
    m->nodes = arena_within(a);
    m->scratch = arena_within(a);
    return m;
}

struct tensor *tensor_find(const struct module *m, const char *name)
{
    struct tensor *t = m->tensors;
    while (t && strcmp(t->name, name) != 0)
        t = t->next;
    return t;
}

const char *module_source(const struct module *m)
{
    return m->inputs ? m->inputs->path : NULL;
}

int hyper_index(const struct module *m, const char *name)
{
    int i = 0;
    const struct hyper *h = m->hypers;
    for (; h && strcmp(h->name, name) != 0; h = h->next)
        i++;
    return h ? i : -1;
}

static struct tensor *tensor_insert(struct module *m, enum tensor_kind kind, const char *name,
                                    struct type type, struct tensor *before)
{
    struct tensor **at = &m->tensors, *t = arena_alloc(m->arena, sizeof *t);
    while (*at != before)
        at = &(*at)->next;
    *t = (struct tensor){ .name = name, .kind = kind, .layer = "", .next = before };
    t->value = t->plain = (struct value){ .id = -1, .type = type, .tensor = t };
    t->plain.type.layout = (struct layout){ 0 };
    return *at = t;
}

struct tensor *tensor_add(struct module *m, enum tensor_kind kind, const char *name,
                          struct type type)
{
    return tensor_insert(m, kind, name, type, NULL);
}

const struct tensor *tensor_home(const struct tensor *t)
{
    return t->whole ? t->whole : t;
}

struct tensor *tensor_join(struct module *m, const char *name, struct tensor *const *parts,
                           int count)
{
    struct tensor *whole = tensor_insert(m, parts[0]->kind, name, parts[0]->value.type, parts[0]);
    int64_t cols = 0;
    whole->layer = parts[0]->layer;
    whole->joint = true;
    for (int i = 0; i < count; i++) {
        parts[i]->whole = whole;
        parts[i]->col = cols;
        cols += parts[i]->value.type.shape.dim[1];
    }
    whole->value.type.shape.dim[1] = whole->plain.type.shape.dim[1] = cols;
    return whole;
}

struct program *program_find(const struct module *m, const char *name)
{
    struct program *p = m->programs;
    while (p && strcmp(p->name, name) != 0)
        p = p->next;
    return p;
}

struct program *program_add(struct module *m, const char *name)
{
    struct program **end = &m->programs, *p = arena_alloc(m->arena, sizeof *p);
    while (*end)
        end = &(*end)->next;
    *p = (struct program){ .name = name, .module = m };
    return *end = p;
}

struct kernel *kernel_find(const struct module *m, const char *name)
{
    struct kernel *k = m->kernels;
    while (k && strcmp(k->name, name) != 0)
        k = k->next;
    return k;
}

struct kernel *kernel_add(struct module *m, const char *name, struct type space)
{
    struct kernel **end = &m->kernels, *k = arena_alloc(m->arena, sizeof *k);
    while (*end)
        end = &(*end)->next;
    *k = (struct kernel){ .name = name, .space = space };
    return *end = k;
}

struct node *kernel_product(const struct kernel *k)
{
    struct node *n = k->first;
    while (n && op_table[n->op].class != CLASS_PRODUCT)
        n = n->next;
    return n;
}

int kernel_sums(const struct kernel *k)
{
    const struct node *product = kernel_product(k);
    for (int i = 0; product && i < k->result_count; i++)
        if (k->results[i] == node_result(product))
            return i;
    return -1;
}

bool kernel_is_random(const struct kernel *k)
{
    for (const struct node *n = k->first; n; n = n->next)
        if (n->op == OP_BERNOULLI)
            return true;
    return false;
}

bool kernel_multiplies(const struct kernel *k, const struct value *param)
{
    const struct node *product = kernel_product(k);
    for (int i = 0; product && i < product->arg_count; i++)
        if (product->args[i] == param)
            return true;
    return false;
}

bool kernel_uses_elementwise(const struct kernel *k, const struct value *param)
{
    for (const struct node *n = k->first; n; n = n->next)
        for (int i = 0; i < n->arg_count && op_table[n->op].class != CLASS_PRODUCT; i++)
            if (n->args[i] == param)
                return true;
    return false;
}

bool kernel_has_tiles(const struct kernel *k)
{
    return kernel_product(k) && kernel_sums(k) < 0;
}

int64_t product_terms(const struct node *n)
{
    return n->args[0]->type.shape.dim[!attr_flag(n, "ta")];
}

bool product_is_deep(const struct node *n)
{
    enum { MANY_TERMS = 128, MANY_ROWS = 16 };
    return n->op == OP_MATMUL && n->args[0]->type.elem == ELEM_REAL &&
           !n->args[1]->type.layout.lanes && !attr_flag(n, "tb") &&
           product_terms(n) >= MANY_TERMS && node_result(n)->type.shape.dim[0] >= MANY_ROWS;
}

int kernel_parts(const struct kernel *k)
{
    const struct node *product = kernel_product(k);
    const int64_t cols = shape_cols(k->space.shape);
    return product ? (int)(shape_cols(node_result(product)->type.shape) / cols) : 0;
}

struct value *kernel_param(struct module *m, struct kernel *k, struct type type)
{
    struct value *v = arena_alloc(m->nodes, sizeof *v);
    *v = (struct value){ .id = k->next_id++, .type = type };
    size_t n = (size_t)k->param_count;
    if ((n & (n - 1)) == 0) /* full: the room is always the next power of two */
        k->params = arena_grow(m->nodes, k->params, n, n ? 2 * n : 1, sizeof *k->params);
    k->params[k->param_count++] = v;
    return v;
}

struct list program_list(struct program *p)
{
    return (struct list){ p->module, &p->first, &p->last, &p->next_id };
}

struct list kernel_list(struct module *m, struct kernel *k)
{
    return (struct list){ m, &k->first, &k->last, &k->next_id };
}

/* ---- nodes ------------------------------------------------------------------------------------
 */

static struct value *value_new(struct list l, struct node *def)
{
    struct value *v = arena_alloc(l.module->nodes, sizeof *v);
    *v = (struct value){ .id = (*l.next_id)++, .def = def };
    return v;
}

struct node *node_new(struct list l, enum op op, int args, int results, int attrs)
{
    struct arena *a = l.module->nodes;
    struct node *n = arena_alloc(a, sizeof *n);
    *n = (struct node){ .op = op, .arg_count = args, .result_count = results, .attr_count = attrs };
    n->t = -1;
    n->args = arena_new_array(a, struct value *, args);
    n->results = arena_new_array(a, struct value *, results);
    n->attrs = arena_new_array(a, struct attr, attrs);
    for (int i = 0; i < results; i++)
        n->results[i] = value_new(l, n);
    return n;
}

void node_insert(struct list l, struct node *n, struct node *before)
{
    n->next = before;
    n->prev = before ? before->prev : *l.last;
    *(n->prev ? &n->prev->next : l.first) = n;
    *(n->next ? &n->next->prev : l.last) = n;
}

void node_remove(struct list l, struct node *n)
{
    *(n->prev ? &n->prev->next : l.first) = n->next;
    *(n->next ? &n->next->prev : l.last) = n->prev;
    n->prev = n->next = NULL;
}

struct value *node_result(const struct node *n)
{
    if (n->result_count != 1)
        die("%s has %d results where one is expected", op_table[n->op].name, n->result_count);
    return n->results[0];
}

bool value_is_const(const struct value *v, double *x)
{
    const bool is_const = v->def && v->def->op == OP_CONST;
    if (is_const && x)
        *x = attr_num(v->def, "value", 0);
    return is_const;
}

/* ---- attributes -------------------------------------------------------------------------------
 */

const struct attr *attr_in(const struct attr *attrs, int count, const char *key)
{
    for (int i = 0; i < count; i++)
        if (strcmp(attrs[i].key, key) == 0)
            return &attrs[i];
    return NULL;
}

const struct attr *attr_find(const struct node *n, const char *key)
{
    return attr_in(n->attrs, n->attr_count, key);
}

bool attr_flag(const struct node *n, const char *key)
{
    return attr_int(n, key, 0) != 0;
}

int64_t attr_int(const struct node *n, const char *key, int64_t absent)
{
    const struct attr *a = attr_find(n, key);
    return a ? a->i : absent;
}

double attr_num(const struct node *n, const char *key, double absent)
{
    const struct attr *a = attr_find(n, key);
    return a ? a->num : absent;
}

const char *attr_name(const struct node *n, const char *key)
{
    const struct attr *a = attr_find(n, key);
    return a ? a->name : NULL;
}

struct attr attr_make_int(const char *key, int64_t i)
{
    return (struct attr){ .key = key, .kind = ATTR_INT, .i = i };
}

struct attr attr_make_num(const char *key, double num)
{
    return (struct attr){ .key = key, .kind = ATTR_NUM, .num = num };
}

struct attr attr_make_name(const char *key, const char *name)
{
    return (struct attr){ .key = key, .kind = ATTR_NAME, .name = name };
}

struct attr attr_make_flag(const char *key, bool set)
{
    return (struct attr){ .key = key, .kind = ATTR_FLAG, .i = set };
}

/* A flag that is not set says the same as one that is absent. Numbers are compared by their bits:
 * 0 and -0 differ, a NaN equals itself. */
static bool has_attr(const struct node *n, const struct attr *a)
{
    const struct attr *b = attr_find(n, a->key);
    if (!b)
        return a->kind == ATTR_FLAG && !a->i;
    return a->kind == b->kind && a->i == b->i && memcmp(&a->num, &b->num, sizeof a->num) == 0 &&
           (a->kind != ATTR_NAME || strcmp(a->name, b->name) == 0);
}

static bool attrs_within(const struct node *a, const struct node *b)
{
    for (int i = 0; i < a->attr_count; i++)
        if (!has_attr(b, &a->attrs[i]))
            return false;
    return true;
}

bool attrs_equal(const struct node *a, const struct node *b)
{
    return attrs_within(a, b) && attrs_within(b, a);
}

/* ---- building ---------------------------------------------------------------------------------
 */

static void copy_origin(struct node *n, const struct builder *b)
{
    n->part = b->part;
    if (!b->like)
        return;
    n->scope = b->like->scope;
    n->t = b->like->t;
    n->line = b->like->line;
}

static struct type result_type(struct arena *a, enum op op, struct value **args, int n,
                               const struct attr *attrs, int attr_count, struct type given)
{
    struct type few[8] = { 0 }, *types = few, type; /* operands are few, but for concat */
    if (n > 8)
        types = arena_new_array(a, struct type, n);
    for (int i = 0; i < n; i++)
        types[i] = args[i]->type;
    const char *fault = infer_type(a, op, types, n, attrs, attr_count, given, &type);
    if (fault)
        die("%s", fault);
    return type;
}

struct value *build(struct builder *b, enum op op, struct value **args, int n,
                    const struct attr *attrs, int attr_count, struct type given)
{
    const struct type type =
        result_type(b->list.module->scratch, op, args, n, attrs, attr_count, given);
    bool has_value = op_has_value(op);
    struct node *node = node_new(b->list, op, n, has_value, attr_count);
    for (int i = 0; i < n; i++)
        node->args[i] = args[i];
    for (int i = 0; i < attr_count; i++)
        node->attrs[i] = attrs[i];
    copy_origin(node, b);
    node_insert(b->list, node, b->at);
    if (!has_value)
        return NULL;
    node->results[0]->type = type;
    return node->results[0];
}

struct value *build_unary(struct builder *b, enum op op, struct value *x)
{
    return build(b, op, &x, 1, NULL, 0, type_scalar(ELEM_REAL));
}

struct value *build_binary(struct builder *b, enum op op, struct value *x, struct value *y)
{
    return build(b, op, (struct value *[]){ x, y }, 2, NULL, 0, type_scalar(ELEM_REAL));
}

struct value *build_const(struct builder *b, double value, struct type type)
{
    struct attr attr = attr_make_num("value", value);
    return build(b, OP_CONST, NULL, 0, &attr, 1, type);
}

struct value *build_matmul(struct builder *b, struct value *x, bool ta, struct value *y, bool tb)
{
    struct attr flags[2];
    int n = 0;
    if (ta)
        flags[n++] = attr_make_flag("ta", true);
    if (tb)
        flags[n++] = attr_make_flag("tb", true);
    return build(b, OP_MATMUL, (struct value *[]){ x, y }, 2, flags, n, type_scalar(ELEM_REAL));
}

struct value *build_slice(struct builder *b, enum op rows_or_cols, struct value *x, int64_t start,
                          int64_t stop)
{
    struct attr attrs[] = { attr_make_int("start", start), attr_make_int("stop", stop) };
    return build(b, rows_or_cols, &x, 1, attrs, 2, type_scalar(ELEM_REAL));
}

struct value *build_concat(struct builder *b, struct value **parts, int n, int axis)
{
    struct attr attr = attr_make_int("axis", axis);
    return build(b, OP_CONCAT, parts, n, &attr, 1, type_scalar(ELEM_REAL));
}

struct value *build_sum(struct builder *b, struct value *x, int axis)
{
    struct attr attr = attr_make_int("axis", axis);
    return build(b, OP_SUM, &x, 1, &attr, 1, type_scalar(ELEM_REAL));
}

/* ---- whole programs ---------------------------------------------------------------------------
 */

/* Follows the chain and shortens it, so that long ones cost their length once. */
static struct value *last_noted(struct value *v)
{
    struct value *last = v;
    while (last->note)
        last = last->note;
    for (struct value *next; v != last; v = next) {
        next = v->note;
        v->note = last;
    }
    return last;
}

void replace_noted(struct program *p)
{
    for (struct node *n = p->first; n; n = n->next)
        for (int i = 0; i < n->arg_count; i++)
            if (n->args[i]->note)
                n->args[i] = last_noted(n->args[i]);
}

void program_number(struct program *p)
{
    int order = 0;
    for (struct node *n = p->first; n; n = n->next)
        n->order = order++;
}

void clear_notes(struct program *p)
{
    for (struct tensor *t = p->module->tensors; t; t = t->next)
        t->value.note = t->plain.note = NULL;
    for (struct node *n = p->first; n; n = n->next) {
        n->note = NULL;
        for (int i = 0; i < n->result_count; i++)
            n->results[i]->note = NULL;
    }
}

int *count_uses(struct program *p)
{
    int *uses = arena_new_array(p->module->scratch, int, p->next_id);
    for (struct node *n = p->first; n; n = n->next)
        for (int i = 0; i < n->arg_count; i++)
            if (!n->args[i]->tensor)
                uses[n->args[i]->id]++;
    return uses;
}

bool is_model_name(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= MAX_NAME && !strchr("0123456789", s[0]) &&
           strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") == n;
}
