/* Does a module make a trainer? Its name is free, and it and the runtime hand each other what they
 * must: IR.md, "What the runtime knows". */
#include "emit_check.h"
#include "diag.h"
#include "emit_steps.h"
#include "grid.h"
#include <string.h>
#include <strings.h>

#define COMPLAIN(p, ...) complain(p, arena_printf((p)->module->arena, __VA_ARGS__))

static void complain(const struct program *p, const char *message)
{
    const struct where where = { .file = module_source(p->module) };
    diag(SEVERITY_ERROR, where, "program %s: %s", p->name, message);
}

/* Doubles are the number of the update and those of the optimizer. */
static void check_scalar(const struct program *p, const char *name)
{
    if (hyper_index(p->module, name) < 0 && strcmp(name, "update") != 0)
        COMPLAIN(p, "the scalar input %s is neither `update` nor a `hyper` of the module", name);
}

static bool is_matrix(const struct value *v, enum elem elem, int64_t rows, int64_t cols)
{
    return v && type_equal(v->type, type_matrix(elem, rows, cols));
}

static const char *found(const struct program *p, const struct value *v)
{
    return v ? type_text(p->module->arena, v->type) : "none";
}

static void expect_result(const struct program *p, const char *name, struct type expected)
{
    const struct value *v = program_result(p, name);
    if (v && !type_equal(v->type, expected))
        COMPLAIN(p, "expected a result %s, %s, found %s", name,
                 type_text(p->module->arena, expected), found(p, v));
}

static void expect_input(const struct program *p, const char *name, enum elem elem, int64_t rows)
{
    const struct value *v = program_input(p, name);
    if (v && !is_matrix(v, elem, rows, 1))
        COMPLAIN(p, "expected an input %s, %s, found %s", name,
                 type_text(p->module->arena, type_matrix(elem, rows, 1)), found(p, v));
}

static bool runs(const struct program *p)
{
    const struct node *n = p->first;
    while (n && !node_runs(n))
        n = n->next;
    return n;
}

/* Characters come in, and the probabilities of the one behind them go out. */
static void check_prediction(const struct program *p, int steps)
{
    const int symbols = p->module->data.symbol_count;
    for (const struct node *n = p->first; n; n = n->next)
        if (n->op == OP_BERNOULLI || (n->op == OP_CALL && kernel_is_random(n->kernel)))
            COMPLAIN(p, "%%%d draws random bits, which only training can", node_result(n)->id);
    const struct value *x = program_input(p, "x"), *next = program_result(p, "p");
    if (!x)
        COMPLAIN(p, "what it predicts does not depend on an input x, the text");
    else if (!is_matrix(x, ELEM_REAL, steps, 1) && !is_matrix(x, ELEM_INDEX, steps, 1))
        COMPLAIN(p, "expected an input x, f[%d,1] or i[%d,1], found %s", steps, steps, found(p, x));
    if (!is_matrix(next, ELEM_REAL, 1, symbols))
        COMPLAIN(p, "expected a result p, f[1,%d], found %s", symbols, found(p, next));
}

/* What is there of windows, their answers and what is told of them, and of gradients. */
static void check_training(const struct program *p)
{
    const struct module *m = p->module;
    const int64_t rows = m->fit.batch * m->data.length;
    const int64_t answers = m->data.predict == PREDICT_EVERY ? rows : m->fit.batch;
    if (!runs(p))
        COMPLAIN(p, "it runs nothing");
    if (rows > 0) { /* else nothing can be put in */
        expect_input(p, "x", m->data.input == INPUT_SCALED ? ELEM_REAL : ELEM_INDEX, rows);
        expect_input(p, "y", ELEM_INDEX, answers);
        expect_input(p, "weight", ELEM_REAL, answers);
    }
    expect_result(p, "loss", type_matrix(ELEM_REAL, 1, 1));
    expect_result(p, "correct", type_matrix(ELEM_REAL, 1, 1));
    for (const struct tensor *t = m->tensors; t; t = t->next)
        if (t->kind == TENSOR_PARAM && !t->joint)
            expect_result(p, t->name,
                          (struct type){ .elem = ELEM_REAL, .shape = t->value.type.shape });
}

/* A model gives its name to a file, to a target of CMake and to one of make, and all its names in C
 * begin with it, as those of the runtime do with lstmc_ and LSTMC_. */
static bool is_taken(const char *name)
{
    static const char *const taken[] = { "kernels", "all",  "clean",      "help",
                                         "install", "test", "edit_cache", "rebuild_cache" };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return strncasecmp(name, "lstmc", 5) == 0 && (!name[5] || name[5] == '_');
}

static void check_name(const char *name)
{
    if (is_taken(name))
        err("the model's name `%s` has a meaning of its own among a trainer's files, targets and "
            "names in C; choose another (option --name)",
            name);
}

void check_trainer(const struct module *m)
{
    check_name(m->name);
    if (m->data.symbol_count == 0)
        diag(SEVERITY_ERROR, (struct where){ .file = module_source(m) },
             "there are no `symbols`, of which a trainer's text is");
    for (const struct program *p = m->programs; p; p = p->next) {
        for (const struct node *n = p->first; n; n = n->next)
            if (n->op == OP_INPUT && node_result(n)->type.elem == ELEM_DOUBLE)
                check_scalar(p, attr_name(n, "name"));
        if (strcmp(p->name, "train") == 0 || strcmp(p->name, "grads") == 0)
            check_training(p);
        else if (strcmp(p->name, "sample") == 0)
            check_prediction(p, 1);
        else if (strcmp(p->name, "window") == 0)
            check_prediction(p, (int)m->data.length);
    }
    diag_stop_on_errors();
}
