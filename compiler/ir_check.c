/* Is the module sound for its stage? Called between all passes, so that a fault is named by the pass
 * that made it, and after a .ir was read. One node alone: ir_check_node.c; barriers and places:
 * check_places.c. */
#include "check_places.h"
#include "diag.h"
#include "ir_text.h"
#include "stream.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is known of the value with a given id. */
struct known {
    const struct value *value;  /* NULL: not yet defined */
    const struct tensor *views; /* the tensor whose elements it shows */
};

struct checker {
    const struct module *m;
    const char *after;
    bool from_user;
    int faults;
    struct names tensors, kernels; /* to the object that bears the name */
    struct names assigned;         /* tensors assigned so far */
    struct names results;          /* names of results so far */
    const char *room;              /* program train */
    const struct program *program; /* at hand, or NULL */
    struct known *known;           /* by id, of the list at hand */
    int known_count, known_room;
};

static struct token token_of(const char *name)
{
    return (struct token){ name, strlen(name) };
}

/* ---- complaints ------------------------------------------------------------------------------- */

static const char *describe(const struct checker *c, const struct node *n)
{
    if (!n)
        return "";
    if (n->result_count == 0)
        return arena_printf(c->m->arena, ", %s", op_table[n->op].name);
    return arena_printf(c->m->arena, ", %%%d = %s", n->results[0]->id, op_table[n->op].name);
}

static void complain(struct checker *c, const struct node *n, const char *message)
{
    const char *where = describe(c, n);
    if (!c->from_user)
        die("after %s: %s%s: %s", c->after, c->room, where, message);
    struct where line = { .file = module_source(c->m) };
    if (n && n->line.file)
        line = (struct where){ n->line.file, n->line.line, n->line.column, 1 };
    diag(SEVERITY_ERROR, line, "%s%s: %s", c->room, where, message);
    c->faults++;
}

/* ---- lists of nodes --------------------------------------------------------------------------- */

static void begin_room(struct checker *c, const char *kind, const char *name, int next_id)
{
    c->room = arena_printf(c->m->arena, "%s %s", kind, name);
    if (next_id > c->known_room) {
        c->known_room = next_id;
        c->known = arena_new_array(c->m->scratch, struct known, next_id);
    }
    c->known_count = next_id;
    for (int i = 0; i < next_id; i++)
        c->known[i] = (struct known){ 0 };
    names_clear(&c->assigned);
    names_clear(&c->results);
}

static struct known *known_of(struct checker *c, const struct value *v)
{
    bool fits = v->id >= 0 && v->id < c->known_count;
    return fits ? &c->known[v->id] : NULL;
}

static void define(struct checker *c, const struct node *n, const struct value *v,
                   const struct tensor *views)
{
    struct known *k = known_of(c, v);
    if (!k)
        complain(c, n, "an id that is not below the list's counter");
    else if (k->value)
        complain(c, n, "this id is defined twice");
    else
        *k = (struct known){ v, views };
    if (v->def != n)
        complain(c, n, "a result that names another node as its definition");
}

/* The tensor whose elements v shows, NULL if v has its own. */
static const struct tensor *viewed(struct checker *c, const struct value *v)
{
    const struct known *k = v->tensor ? NULL : known_of(c, v);
    return v->tensor ? v->tensor : k ? k->views : NULL;
}

static void check_argument(struct checker *c, const struct node *n, const struct value *v)
{
    if (v->tensor) {
        const char *name = v->tensor->name;
        const struct value *own = c->program ? tensor_value(c->program, v->tensor) : NULL;
        if (v != own || names_find(&c->tensors, token_of(name)) != v->tensor)
            complain(c, n, arena_printf(c->m->arena, "$%s is no tensor of this module", name));
    } else {
        const struct known *k = known_of(c, v);
        if (!k || k->value != v)
            complain(c, n, arena_printf(c->m->arena, "%%%d is used before it is defined", v->id));
    }
    const struct tensor *t = viewed(c, v);
    if (t && t->whole)
        complain(
            c, n,
            arena_printf(c->m->arena, "$%s is read as columns of $%s", t->name, t->whole->name));
    if (t && names_find(&c->assigned, token_of(t->name)))
        complain(c, n, arena_printf(c->m->arena, "$%s is used after it was assigned", t->name));
}

static void check_effect(struct checker *c, const struct node *n)
{
    if (n->op == OP_ASSIGN) {
        struct tensor *t = n->args[0]->tensor;
        names_add(&c->assigned, token_of(t->name), t);
    }
    const char *name = attr_name(n, "name");
    if (n->op == OP_CHECK) {
        const struct tensor *t = names_find(&c->tensors, token_of(name));
        if (!t || t->kind != TENSOR_PARAM)
            complain(c, n, arena_printf(c->m->arena, "$%s is no parameter", name));
    }
    if (n->op != OP_RESULT)
        return;
    if (names_find(&c->results, token_of(name)))
        complain(c, n, arena_printf(c->m->arena, "the result %s is given twice", name));
    else
        names_add(&c->results, token_of(name), (void *)n);
}

static void check_node(struct checker *c, const struct kernel *k, const struct node *n)
{
    for (int i = 0; i < n->arg_count; i++)
        check_argument(c, n, n->args[i]);
    if (n->op == OP_CALL && n->kernel) {
        const char *name = n->kernel->name;
        if (names_find(&c->kernels, token_of(name)) != n->kernel)
            complain(c, n, arena_printf(c->m->arena, "@%s is no kernel of this module", name));
    }
    if (n->scope && !(n->scope >= c->m->scopes && n->scope < c->m->scopes + c->m->scope_count))
        complain(c, n, "its scope is not of this module");
    const char *fault = node_fault(c->m, k, n);
    if (fault)
        complain(c, n, fault);
    bool view = op_table[n->op].class == CLASS_VIEW;
    for (int i = 0; i < n->result_count; i++)
        define(c, n, n->results[i], view ? viewed(c, n->args[0]) : NULL);
    if (!fault)
        check_effect(c, n);
}

static void check_list(struct checker *c, const struct kernel *k, const struct node *first,
                       const struct node *last)
{
    const struct node *prev = NULL;
    for (const struct node *n = first; n; prev = n, n = n->next) {
        if (n->prev != prev)
            complain(c, n, "the list's links do not agree");
        check_node(c, k, n);
    }
    if (prev != last)
        complain(c, prev, "the list ends elsewhere");
}

/* ---- kernels and programs --------------------------------------------------------------------- */

static int count_products(const struct kernel *k)
{
    int products = 0;
    for (const struct node *n = k->first; n; n = n->next)
        products += op_table[n->op].class == CLASS_PRODUCT;
    return products;
}

static void check_kernel_result(struct checker *c, const struct kernel *k, const struct value *v)
{
    const struct known *known = known_of(c, v);
    if (!known || known->value != v)
        complain(c, NULL,
                 arena_printf(c->m->arena, "returns %%%d, which it does not define", v->id));
    else if (!shape_equal(v->type.shape, k->space.shape))
        complain(c, NULL,
                 arena_printf(c->m->arena, "returns %s over the space %s",
                              type_text(c->m->arena, v->type), type_text(c->m->arena, k->space)));
    else if (!v->def)
        complain(c, NULL, arena_printf(c->m->arena, "returns %%%d, its own parameter", v->id));
    else if (v->type.elem != ELEM_REAL && v->type.elem != ELEM_BIT && v->type.elem != ELEM_BF16)
        complain(c, NULL, "returns what is neither numbers nor bits");
    else if (v->type.elem != ELEM_REAL && k->space.layout.lanes)
        complain(c, NULL, "returns other than numbers over a space in panels");
}

/* The sums lie in a result where they are added up in several turns, and nowhere else. */
static void check_sums(struct checker *c, const struct kernel *k)
{
    const struct node *product = kernel_product(k);
    if (product && c->m->stage >= STAGE_SCHEDULE &&
        product_is_deep(product) != (kernel_sums(k) >= 0))
        complain(c, product,
                 kernel_sums(k) < 0 ? "its sums are no result of the kernel"
                                    : "its sums are a result of the kernel");
}

static void check_kernel(struct checker *c, const struct kernel *k)
{
    const char *fault = panels_type_fault(c->m, k->space);
    begin_room(c, "kernel", k->name, k->next_id);
    if (fault)
        complain(c, NULL, arena_printf(c->m->arena, "is over %s", fault));
    for (int i = 0; i < k->param_count; i++)
        define(c, NULL, k->params[i], NULL);
    check_list(c, k, k->first, k->last);
    for (int i = 0; i < k->result_count; i++)
        check_kernel_result(c, k, k->results[i]);
    if (k->result_count == 0)
        complain(c, NULL, "returns nothing");
    if (count_products(k) > 1)
        complain(c, NULL, "holds more than one product");
    check_sums(c, k);
}

static void check_program(struct checker *c, const struct program *p)
{
    begin_room(c, "program", p->name, p->next_id);
    c->program = p;
    if (p->module != c->m)
        complain(c, NULL, "belongs to another module");
    check_list(c, NULL, p->first, p->last);
    c->program = NULL;
}

/* ---- the module ------------------------------------------------------------------------------- */

static void add_name(struct checker *c, struct names *names, char sigil, const char *name,
                     void *what)
{
    if (names_find(names, token_of(name)))
        complain(c, NULL, arena_printf(c->m->arena, "%c%s is defined twice", sigil, name));
    else
        names_add(names, token_of(name), what);
}

/* Columns stand behind their whole, in order and without a gap. */
static void check_columns(struct checker *c, const struct tensor *whole)
{
    const struct shape shape = whole->value.type.shape;
    int64_t cols = 0;
    for (const struct tensor *t = c->m->tensors; t; t = t->next) {
        if (t->whole != whole)
            continue;
        const struct shape part = t->value.type.shape;
        if (shape.rank != 2 || part.rank != 2 || part.dim[0] != shape.dim[0] ||
            t->kind != whole->kind || t->joint || t->value.type.layout.lanes)
            complain(
                c, NULL,
                arena_printf(c->m->arena, "$%s cannot be columns of $%s", t->name, whole->name));
        if (t->col != cols)
            complain(c, NULL,
                     arena_printf(c->m->arena,
                                  "$%s begins with column %" PRId64 " of $%s, expected %" PRId64,
                                  t->name, t->col, whole->name, cols));
        cols = t->col + shape_cols(part);
    }
    if (cols != shape_cols(shape) || whole->init_count > 0)
        complain(c, NULL,
                 arena_printf(c->m->arena, "$%s is more than columns of others", whole->name));
}

static void check_tensor(struct checker *c, struct tensor *t)
{
    add_name(c, &c->tensors, '$', t->name, t);
    if (t->value.tensor != t || t->value.def)
        complain(c, NULL, arena_printf(c->m->arena, "$%s is not its own value", t->name));
    if (t->value.type.elem != ELEM_REAL)
        complain(c, NULL,
                 arena_printf(c->m->arena, "$%s must hold real numbers, found %s", t->name,
                              type_text(c->m->arena, t->value.type)));
    const char *fault = panels_type_fault(c->m, t->value.type);
    if (fault)
        complain(c, NULL, arena_printf(c->m->arena, "$%s is %s", t->name, fault));
    if (t->value.type.layout.lanes && (c->m->stage < STAGE_OPT || t->kind == TENSOR_CARRIED))
        complain(c, NULL, arena_printf(c->m->arena, "$%s must lie in plain rows", t->name));
    if (t->joint)
        check_columns(c, t);
}

/* Where tensors lie in panels, predictions have a copy of each parameter, packed or in plain rows. */
static void check_weights(struct checker *c)
{
    if (has_panels(c->m) && !can_pack_weights(c->m))
        complain(c, NULL,
                 "some lie in panels: then predictions must read a weight packed, and what they "
                 "read so in no other way");
}

/* Who waits for whom, and who lies where: proved for modules that are sound otherwise. */
static void check_places(struct checker *c)
{
    const struct module *m = c->m;
    const char *fault = m->stage == STAGE_PLAN ? check_tensors(m) : NULL;
    c->room = "tensors";
    if (fault)
        complain(c, NULL, fault);
    for (struct program *p = m->programs; p && c->faults == 0; p = p->next) {
        const struct arena_mark start = arena_mark(m->scratch);
        const struct node *at = NULL;
        c->room = arena_printf(m->arena, "program %s", p->name);
        fault = m->stage == STAGE_PLAN ? check_plan(p, &at) : check_schedule(p, &at);
        if (fault)
            complain(c, at, fault);
        arena_release(m->scratch, start);
    }
}

void module_check(const struct module *m, const char *after, bool from_user)
{
    const struct arena_mark start = arena_mark(m->scratch);
    struct checker c = { .m = m, .after = after, .from_user = from_user, .room = "tensors" };
    c.tensors.arena = c.kernels.arena = c.assigned.arena = c.results.arena = m->scratch;
    for (struct tensor *t = m->tensors; t; t = t->next)
        check_tensor(&c, t);
    check_weights(&c);
    for (struct kernel *k = m->kernels; k; k = k->next)
        add_name(&c, &c.kernels, '@', k->name, k);
    for (const struct kernel *k = m->kernels; k; k = k->next)
        check_kernel(&c, k);
    for (const struct program *p = m->programs; p; p = p->next)
        check_program(&c, p);
    if (m->stage >= STAGE_SCHEDULE && c.faults == 0)
        check_places(&c);
    arena_release(m->scratch, start);
    if (from_user)
        diag_stop_on_errors();
}
