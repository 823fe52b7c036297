/* What a module and the runtime hand to each other: IR.md, "What the runtime knows". */
#include "emit_check.h"
#include "diag.h"
#include "emit_steps.h"
#include <string.h>

#define COMPLAIN(p, ...) complain(p, arena_printf((p)->module->arena, __VA_ARGS__))

static void complain(const struct program *p, const char *message)
{
    const struct input_file *file = p->module->inputs;
    diag(SEVERITY_ERROR, (struct where){ .file = file ? file->path : NULL }, "program %s: %s",
         p->name, message);
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

/* Characters come in, and the probabilities of the one behind them go out. */
static void check_prediction(const struct program *p, int steps)
{
    const int symbols = p->module->data.symbol_count;
    const struct value *x = program_input(p, "x"), *next = program_result(p, "p");
    if (!is_matrix(x, ELEM_REAL, steps, 1) && !is_matrix(x, ELEM_INDEX, steps, 1))
        COMPLAIN(p, "expected an input x, f[%d,1] or i[%d,1], found %s", steps, steps, found(p, x));
    if (!is_matrix(next, ELEM_REAL, 1, symbols))
        COMPLAIN(p, "expected a result p, f[1,%d], found %s", symbols, found(p, next));
}

void check_interface(const struct module *m)
{
    for (const struct program *p = m->programs; p; p = p->next) {
        for (const struct node *n = p->first; n; n = n->next)
            if (n->op == OP_INPUT && node_result(n)->type.elem == ELEM_DOUBLE)
                check_scalar(p, attr_name(n, "name"));
        if (strcmp(p->name, "sample") == 0)
            check_prediction(p, 1);
        else if (strcmp(p->name, "window") == 0)
            check_prediction(p, (int)m->data.length);
    }
    diag_stop_on_errors();
}
