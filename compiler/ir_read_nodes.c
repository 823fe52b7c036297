/* The part of the reader that reads types, values, nodes, kernels and programs. */
#include "diag.h"
#include "ir_text.h"
#include "stream.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Arrays are indexed by id. Passes take out nodes and keep the ids of the others; a list where there are
 * far more ids than values was not made by them. */
enum { MAX_ID = (1 << 24) - 1, SPARE_IDS = 1 << 16, IDS_A_VALUE = 64 };
enum { MAX_LAYOUT = 64 /* parts, and lanes */, MAX_PROGRAMS = 16 };

/* ---- types, places, values -------------------------------------------------------------------- */

static struct layout read_layout(struct reader *r, struct shape s)
{
    struct layout layout = { .parts = (int)lex_int(&r->lex, 1, MAX_LAYOUT) };
    lex_expect(&r->lex, 'x');
    layout.lanes = (int)lex_int(&r->lex, 1, MAX_LAYOUT);
    if (s.rank == 0 || shape_cols(s) % layout.parts != 0)
        lex_fail(&r->lex, r->lex.at, "the columns cannot be cut into %d parts", layout.parts);
    return layout;
}

struct type read_type(struct reader *r)
{
    struct lexer *l = &r->lex;
    struct type t = { 0 };
    const char *at = (lex_peek(l), l->at);
    struct token letter = lex_word(l);
    const char *elem = letter.n == 1 ? strchr(elem_letters, letter.s[0]) : NULL;
    if (!elem) {
        lex_fail(l, at, "expected a type such as f[30,1200]: f, d, i, b or h and its sizes");
        return t;
    }
    t.elem = (enum elem)(elem - elem_letters);
    lex_expect(l, '[');
    int64_t elements = 1;
    while (lex_peek(l) != ']' && !l->failed) {
        if (t.shape.rank == MAX_RANK)
            lex_fail(l, l->at, "a value has at most %d axes", MAX_RANK);
        else if (t.shape.rank > 0)
            lex_expect(l, ',');
        const char *size_at = (lex_peek(l), l->at);
        int64_t size = lex_int(l, 1, INT32_MAX);
        if (size > INT32_MAX / elements)
            lex_fail(l, size_at, "a value has at most %d elements", INT32_MAX);
        elements *= size;
        if (!l->failed)
            t.shape.dim[t.shape.rank++] = size;
    }
    lex_expect(l, ']');
    if (lex_is(l, ':'))
        t.layout = read_layout(r, t.shape);
    return t;
}

struct place read_place(struct reader *r)
{
    if (!lex_word_is(&r->lex, "in"))
        return (struct place){ 0 };
    struct place p = { .region = REGION_WORK +
                                 (enum region)lex_one_of(&r->lex, region_words + REGION_WORK) };
    lex_expect(&r->lex, '+');
    p.offset = lex_int(&r->lex, 0, LARGEST_EXACT);
    lex_expect(&r->lex, ':');
    p.stride = lex_int(&r->lex, 0, INT32_MAX);
    return p;
}

/* %12; its number goes to *id. */
static struct token read_id(struct reader *r, int *id)
{
    const char *start = (lex_peek(&r->lex), r->lex.at);
    lex_expect(&r->lex, '%');
    *id = (int)lex_int(&r->lex, 0, MAX_ID);
    return (struct token){ start, (size_t)(r->lex.at - start) };
}

/* %12:f[30,1200], a value that is defined here. */
static struct value read_declaration(struct reader *r, struct token *name)
{
    struct value v = { 0 };
    *name = read_id(r, &v.id);
    lex_expect(&r->lex, ':');
    v.type = read_type(r);
    return v;
}

static void define(struct reader *r, struct token name, struct value *v)
{
    if (name.n < 2)
        return; /* it was misread, and that was reported */
    if (names_find(&r->locals, name)) {
        lex_fail(&r->lex, name.s, "%.*s is defined twice", (int)name.n, name.s);
        return;
    }
    names_add(&r->locals, name, v);
    r->largest_id = v->id > r->largest_id ? v->id : r->largest_id;
}

/* $tensor or @kernel, with its sigil. */
struct token read_global(struct reader *r, char sigil, const char *what)
{
    const char *start = (lex_peek(&r->lex), r->lex.at);
    lex_expect(&r->lex, sigil);
    lex_name(&r->lex, what);
    return (struct token){ start, (size_t)(r->lex.at - start) };
}

static struct value *read_value(struct reader *r)
{
    bool tensor = lex_peek(&r->lex) == '$';
    int id;
    struct token name = tensor ? read_global(r, '$', "a tensor") : read_id(r, &id);
    struct value *v = names_find(tensor ? &r->globals : &r->locals, name);
    if (!v)
        lex_fail(&r->lex, name.s, "%.*s is not defined%s", (int)name.n, name.s,
                 tensor ? "" : " before its use");
    return v && tensor && r->program ? tensor_value(r->program, v->tensor) : v;
}

/* Values separated by commas, into r->args. */
static int read_values(struct reader *r)
{
    size_t n = 0;
    do {
        if (n == r->arg_capacity) {
            r->arg_capacity = 2 * n + 16;
            r->args = arena_grow(r->m->scratch, r->args, n, r->arg_capacity, sizeof *r->args);
        }
        r->args[n++] = read_value(r);
    } while (lex_is(&r->lex, ','));
    return (int)n;
}

/* ---- the parts of a node ---------------------------------------------------------------------- */

enum { MAX_RESULTS = 64 };

/* What stands before `=`: the values, defined whatever follows, so that one error stays one. */
struct results {
    int count;
    struct token names[MAX_RESULTS];
    struct value *values[MAX_RESULTS];
};

static void read_results(struct reader *r, struct results *results)
{
    results->count = 0;
    if (lex_peek(&r->lex) != '%')
        return;
    do {
        if (results->count == MAX_RESULTS) {
            lex_fail(&r->lex, r->lex.at, "a node has at most %d results", MAX_RESULTS);
            return;
        }
        struct value *v = arena_alloc(r->m->nodes, sizeof *v);
        *v = read_declaration(r, &results->names[results->count]);
        v->place = read_place(r);
        results->values[results->count++] = v;
    } while (lex_is(&r->lex, ','));
    lex_expect(&r->lex, '=');
}

static enum op read_op(struct reader *r)
{
    const char *at = (lex_peek(&r->lex), r->lex.at);
    struct token name = lex_word(&r->lex);
    const struct op_info *info = names_find(&r->ops, name);
    if (!info)
        lex_fail(&r->lex, at, "expected an operation, found `%.*s`", (int)name.n, name.s);
    return info ? (enum op)(info - op_table) : OP_COUNT;
}

static struct kernel *read_kernel_name(struct reader *r)
{
    struct token name = read_global(r, '@', "a kernel");
    struct kernel *k = names_find(&r->globals, name);
    if (!k)
        lex_fail(&r->lex, name.s, "%.*s is not defined", (int)name.n, name.s);
    return k;
}

static int read_call_operands(struct reader *r, struct kernel **k)
{
    *k = read_kernel_name(r);
    lex_expect(&r->lex, '(');
    int n = lex_peek(&r->lex) == ')' ? 0 : read_values(r);
    lex_expect(&r->lex, ')');
    return n;
}

static bool at_value(struct reader *r)
{
    char c = lex_peek(&r->lex);
    return c == '%' || c == '$';
}

static const struct attr_spec *read_attr_key(struct reader *r, enum op op)
{
    const char *at = (lex_peek(&r->lex), r->lex.at);
    const char *key = lex_name(&r->lex, "an attribute");
    const struct attr_spec *s = attr_specs(op);
    while (s->key[0] && strcmp(s->key, key) != 0)
        s++;
    if (!s->key[0])
        lex_fail(&r->lex, at, "%s has no attribute `%s`", op_table[op].name, key);
    return s;
}

static struct attr read_attr(struct reader *r, enum op op)
{
    const struct attr_spec *s = read_attr_key(r, op);
    struct attr a = { .key = s->key, .kind = s->kind, .i = s->kind == ATTR_FLAG };
    if (s->kind != ATTR_FLAG)
        lex_expect(&r->lex, '=');
    if (s->kind == ATTR_INT)
        a.i = lex_int(&r->lex, -LARGEST_EXACT, LARGEST_EXACT);
    else if (s->kind == ATTR_NUM)
        a.num = lex_number(&r->lex, -INFINITY, INFINITY);
    else if (s->kind == ATTR_NAME)
        a.name = lex_name(&r->lex, s->key);
    return a;
}

static int read_attrs(struct reader *r, enum op op, struct attr attrs[MAX_ATTRS])
{
    int n = 0;
    if (!lex_is(&r->lex, '{'))
        return 0;
    while (!r->lex.failed && !lex_is(&r->lex, '}')) {
        const char *at = (lex_peek(&r->lex), r->lex.at);
        struct attr a = read_attr(r, op);
        for (int i = 0; i < n; i++)
            if (attrs[i].key == a.key)
                lex_fail(&r->lex, at, "the attribute %s stands here twice", a.key);
        if (!r->lex.failed)
            attrs[n++] = a;
    }
    return n;
}

static struct grid read_grid(struct reader *r)
{
    struct grid g = { 0 };
    if (!lex_word_is(&r->lex, "on"))
        return g;
    g.axis = (enum axis)lex_one_of(&r->lex, axis_words);
    g.blocks = (int)lex_int(&r->lex, 1, INT32_MAX);
    lex_expect(&r->lex, 'x');
    g.unit = (int)lex_int(&r->lex, 1, INT32_MAX);
    if (lex_is(&r->lex, '/'))
        g.bands = (int)lex_int(&r->lex, 2, INT32_MAX);
    return g;
}

static bool at_digit(struct reader *r)
{
    char c = lex_peek(&r->lex);
    return c >= '0' && c <= '9';
}

/* ![SCOPE][.T][b|u] */
static void read_origin(struct reader *r, struct node *n)
{
    if (!lex_is(&r->lex, '!'))
        return;
    const char *at = r->lex.at;
    if (at_digit(r)) {
        int64_t scope = lex_int(&r->lex, 0, INT32_MAX);
        if (scope >= r->m->scope_count)
            lex_fail(&r->lex, at, "scope %" PRId64 " is not defined", scope);
        else
            n->scope = &r->m->scopes[scope];
    }
    if (lex_is(&r->lex, '.'))
        n->t = (int)lex_int(&r->lex, 0, INT32_MAX);
    n->part = lex_word_is(&r->lex, "b")   ? PART_BACKWARD
              : lex_word_is(&r->lex, "u") ? PART_UPDATE
                                          : PART_FORWARD;
}

/* ---- nodes, kernels, programs ----------------------------------------------------------------- */

/* From the operation to the end of the line. NULL after an error. */
static struct node *read_operation(struct reader *r, struct list list)
{
    struct kernel *kernel = NULL;
    struct attr attrs[MAX_ATTRS];
    enum op op = read_op(r);
    if (op == OP_COUNT)
        return NULL;
    int args = op == OP_CALL ? read_call_operands(r, &kernel) : at_value(r) ? read_values(r) : 0;
    int attr_count = read_attrs(r, op, attrs);
    struct node *n = node_new(list, op, args, 0, attr_count);
    n->kernel = kernel;
    for (int i = 0; i < args; i++)
        n->args[i] = r->args[i];
    for (int i = 0; i < attr_count; i++)
        n->attrs[i] = attrs[i];
    n->grid = read_grid(r);
    read_origin(r, n);
    lex_expect_end(&r->lex);
    return r->lex.failed ? NULL : n;
}

static void read_node(struct reader *r, struct list list, const struct kernel *k)
{
    struct results results;
    read_results(r, &results);
    const char *at = (lex_peek(&r->lex), r->lex.at);
    struct node *n = r->lex.failed ? NULL : read_operation(r, list);
    if (n) {
        n->result_count = results.count;
        n->results = arena_new_array(r->m->nodes, struct value *, results.count);
        for (int i = 0; i < results.count; i++) {
            n->results[i] = results.values[i];
            n->results[i]->def = n;
        }
        const char *fault = node_fault(r->m, k, n);
        if (fault)
            lex_fail(&r->lex, at, "%s", fault);
        node_insert(list, n, NULL);
    }
    for (int i = 0; i < results.count; i++)
        define(r, results.names[i], results.values[i]);
}

/* An error of a whole block, at its first line. */
static void fail_at(struct reader *r, struct lexer opening, const char *at, const char *message)
{
    opening.failed = false;
    lex_fail(&opening, at, "%s", message);
    r->lex.errors++;
}

/* The lines between braces, each handed to `statement`. */
static void read_block(struct reader *r, void (*statement)(struct reader *, void *), void *context)
{
    const struct lexer opening = r->lex;
    bool ended = false;
    names_clear(&r->locals);
    r->largest_id = -1;
    while (!ended && lex_next_line(&r->lex)) {
        ended = lex_is(&r->lex, '}');
        if (!ended)
            statement(r, context);
        lex_expect_end(&r->lex);
    }
    if (!ended && r->lex.errors <= MAX_ERRORS)
        fail_at(r, opening, opening.line_start, "the block that begins here has no end");
    if ((size_t)(r->largest_id + 1) > SPARE_IDS + IDS_A_VALUE * r->locals.count)
        fail_at(r, opening, opening.line_start, "the ids of this block are spread too far");
}

static void program_statement(struct reader *r, void *program)
{
    read_node(r, program_list(program), NULL);
}

void read_program(struct reader *r)
{
    const char *at = (lex_peek(&r->lex), r->lex.at);
    const char *name = lex_identifier(&r->lex, "a program");
    int count = 0;
    for (const struct program *p = r->m->programs; p; p = p->next, count++)
        if (strcmp(p->name, name) == 0)
            lex_fail(&r->lex, at, "program %s is defined twice", name);
    if (count == MAX_PROGRAMS)
        lex_fail(&r->lex, at, "more than %d programs", MAX_PROGRAMS);
    struct program *p = program_add(r->m, name);
    if (lex_word_is(&r->lex, "work"))
        p->work_bytes = lex_int(&r->lex, 0, LARGEST_EXACT);
    lex_expect(&r->lex, '{');
    lex_expect_end(&r->lex);
    r->program = p;
    read_block(r, program_statement, p);
    r->program = NULL;
    p->next_id = r->largest_id + 1;
}

static void read_param(struct reader *r, struct kernel *k)
{
    struct token name;
    if (k->first)
        lex_fail(&r->lex, r->lex.at, "the parameters of a kernel stand before its nodes");
    struct value v = read_declaration(r, &name), *p = kernel_param(r->m, k, v.type);
    p->id = v.id;
    define(r, name, p);
}

static void read_return(struct reader *r, struct kernel *k)
{
    int n = read_values(r);
    if (r->lex.failed)
        return;
    k->result_count = n;
    k->results = arena_grow(r->m->nodes, r->args, (size_t)n, (size_t)n, sizeof *r->args);
}

static void kernel_statement(struct reader *r, void *context)
{
    struct kernel *k = context;
    if (k->result_count > 0)
        lex_fail(&r->lex, r->lex.at, "nothing follows `return` in a kernel");
    else if (lex_word_is(&r->lex, "param"))
        read_param(r, k);
    else if (lex_word_is(&r->lex, "return"))
        read_return(r, k);
    else
        read_node(r, kernel_list(r->m, k), k);
}

void read_kernel(struct reader *r)
{
    struct token name = read_global(r, '@', "a kernel");
    if (names_find(&r->globals, name))
        lex_fail(&r->lex, name.s, "kernel %.*s is defined twice", (int)name.n, name.s);
    count_named(r);
    const struct lexer opening = r->lex;
    struct type space = read_type(r);
    const char *text = name.n > 0 ? arena_copy(r->m->arena, name.s + 1, name.n - 1) : "";
    struct kernel *k = kernel_add(r->m, text, space);
    lex_expect(&r->lex, '{');
    lex_expect_end(&r->lex);
    bool sound = !r->lex.failed;
    read_block(r, kernel_statement, k);
    k->next_id = r->largest_id + 1;
    if (k->result_count == 0 && r->lex.errors == opening.errors)
        fail_at(r, opening, name.s, "this kernel has no `return`");
    if (sound)
        names_add(&r->globals, name, k);
}
