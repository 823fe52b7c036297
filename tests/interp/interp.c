/* One program of a module, made ready: what goes in, what comes out. run.c runs it. */
#include "interp.h"
#include "machine.h"
#include "stream.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *allocate(int64_t count, size_t size)
{
    void *p = calloc((size_t)count + 1, size);
    if (!p) {
        fprintf(stderr, "interp: out of memory\n");
        exit(1);
    }
    return p;
}

/* ---- making one ------------------------------------------------------------------------------- */

static void add_named(struct named_list *list, const char *name, const struct value *v)
{
    list->items = realloc(list->items, sizeof *list->items * (size_t)(list->count + 1));
    if (!list->items)
        exit(1);
    double *data = allocate(shape_elements(v->type.shape), sizeof *data);
    list->items[list->count++] = (struct named){ name, v, data };
}

static struct named *find_named(const struct named_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

struct slot *slot_of(struct interp *in, const struct value *v)
{
    if (!v->tensor)
        return &in->slots[v->id];
    return &in->tensor_slots[find_named(&in->tensors, v->tensor->name) - in->tensors.items];
}

static void describe_slot(struct slot *s, struct type type)
{
    s->type = type;
    s->rows = shape_rows(type.shape);
    s->cols = shape_cols(type.shape);
}

static void add_step(struct interp *in, const struct node *n)
{
    struct step *s = &in->steps[in->step_count++];
    *s = (struct step){ .n = n };
    s->args = allocate(n->arg_count, sizeof *s->args);
    s->results = allocate(n->result_count + 1, sizeof *s->results);
    for (int i = 0; i < n->result_count; i++) {
        describe_slot(&in->slots[n->results[i]->id], n->results[i]->type);
        s->results[i] = &in->slots[n->results[i]->id];
    }
    for (int i = 0; i < n->arg_count; i++) {
        s->args[i] = slot_of(in, n->args[i]);
        if (!n->args[i]->tensor)
            in->uses[n->args[i]->id]++;
    }
    if (n->op == OP_ASSIGN)
        s->results[0] = s->args[0];
    if (n->op == OP_INPUT)
        add_named(&in->inputs, attr_name(n, "name"), n->results[0]);
    if (n->op == OP_RESULT)
        add_named(&in->results, attr_name(n, "name"), n->args[0]);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_assigned(const struct interp *in, const struct tensor *t)
{
    bool assigned = false;
    for (int i = 0; i < in->step_count && !assigned; i++)
        assigned = in->steps[i].n->op == OP_ASSIGN && in->steps[i].n->args[0]->tensor == t;
    return assigned;
}

static void list_outputs(struct interp *in)
{
    int count = 0;
    in->outputs = allocate(in->results.count + in->tensors.count, sizeof *in->outputs);
    for (int i = 0; i < in->results.count; i++)
        in->outputs[count++] = in->results.items[i].name;
    for (const struct tensor *t = in->m->tensors; t; t = t->next)
        if (!t->joint && is_assigned(in, tensor_home(t)))
            in->outputs[count++] = arena_printf(in->m->arena, "$%s", t->name);
    qsort(in->outputs, (size_t)count, sizeof *in->outputs, by_text);
}

struct interp *interp_new(const struct module *m, const char *program)
{
    const struct program *p = program_find(m, program);
    if (!p)
        return NULL;
    struct interp *in = allocate(1, sizeof *in);
    *in = (struct interp){ .m = m, .p = p };
    for (struct tensor *t = m->tensors; t; t = t->next)
        add_named(&in->tensors, t->name, tensor_value(in->p, t));
    in->tensor_slots = allocate(in->tensors.count, sizeof *in->tensor_slots);
    for (int i = 0; i < in->tensors.count; i++)
        describe_slot(&in->tensor_slots[i], in->tensors.items[i].value->type);
    in->slots = allocate(p->next_id, sizeof *in->slots);
    in->uses = allocate(p->next_id, sizeof *in->uses);
    int nodes = 0;
    for (const struct node *n = p->first; n; n = n->next)
        nodes++;
    in->steps = allocate(nodes, sizeof *in->steps);
    for (const struct node *n = p->first; n; n = n->next)
        add_step(in, n);
    list_outputs(in);
    interp_fill(in, 1, 1);
    return in;
}

static void free_named(struct named_list *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->items[i].data);
    free(list->items);
}

void interp_free(struct interp *in)
{
    free_named(&in->tensors);
    free_named(&in->inputs);
    free_named(&in->results);
    for (int i = 0; i < in->step_count; i++) {
        free(in->steps[i].args);
        free(in->steps[i].results);
    }
    free(in->steps);
    free(in->tensor_slots);
    free(in->slots);
    free(in->uses);
    free(in->outputs);
    free(in);
}

/* ---- what goes in ----------------------------------------------------------------------------- */

static double *named_data(const struct named_list *list, const char *name, int64_t *count)
{
    const struct named *item = find_named(list, name);
    if (item && count)
        *count = shape_elements(item->value->type.shape);
    return item ? item->data : NULL;
}

double *interp_tensor(struct interp *in, const char *name, int64_t *count)
{
    return named_data(&in->tensors, name, count);
}

double *interp_input(struct interp *in, const char *name, int64_t *count)
{
    return named_data(&in->inputs, name, count);
}

static const struct hyper *find_hyper(const struct module *m, const char *name)
{
    const struct hyper *h = m->hypers;
    while (h && strcmp(h->name, name) != 0)
        h = h->next;
    return h;
}

static double input_element(const struct interp *in, const struct named *item, int64_t i)
{
    const struct type type = item->value->type;
    const struct hyper *hyper = find_hyper(in->m, item->name);
    double u = named_uniform(item->name, in->key.seed, i);
    if (strcmp(item->name, "update") == 0)
        return in->key.update;
    if (strcmp(item->name, "weight") == 0)
        return 1 / (double)shape_elements(type.shape);
    if (hyper)
        return hyper->value;
    if (type.elem == ELEM_INDEX)
        return floor(u * (in->m->data.symbol_count ? in->m->data.symbol_count : 2));
    return type.elem == ELEM_BIT ? u < 0.5 : u;
}

static double tensor_element(const struct interp *in, const struct named *item, int64_t i)
{
    double x = 0.4 * named_uniform(item->name, in->key.seed, i) - 0.2;
    return item->value->tensor->kind == TENSOR_STATE ? fabs(x) : x;
}

void interp_fill(struct interp *in, uint32_t seed, uint32_t update)
{
    in->key = (struct random_key){ seed, update };
    const struct {
        struct named_list *list;
        double (*element)(const struct interp *, const struct named *, int64_t);
    } kinds[] = { { &in->tensors, tensor_element }, { &in->inputs, input_element } };
    for (int k = 0; k < 2; k++)
        for (int n = 0; n < kinds[k].list->count; n++) {
            struct named *item = &kinds[k].list->items[n];
            int64_t count = shape_elements(item->value->type.shape);
            for (int64_t i = 0; i < count; i++)
                item->data[i] = kinds[k].element(in, item, i);
        }
}

/* ---- what comes out --------------------------------------------------------------------------- */

const double *interp_result(const struct interp *in, const char *name, int64_t *count)
{
    return named_data(&in->results, name, count);
}

const char *const *interp_outputs(const struct interp *in)
{
    return in->outputs;
}
