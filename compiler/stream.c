/* Which products stream, and where the weights lie that they read. */
#include "stream.h"
#include "pack.h"
#include <string.h>

/* Narrower ones would not fit their own room as bfloat16, which come in panels of 32 columns. */
enum { NARROWEST = 16 };

bool program_predicts(const struct program *p)
{
    return strcmp(p->name, "sample") == 0 || strcmp(p->name, "window") == 0;
}

bool node_streams(const struct program *p, const struct node *n)
{
    if (n->op != OP_MATMUL || !program_predicts(p))
        return false;
    const struct value *right = n->args[1];
    return right->tensor && right->tensor->kind == TENSOR_PARAM && !attr_flag(n, "ta") &&
           !attr_flag(n, "tb") && right->type.shape.dim[1] >= NARROWEST;
}

static bool program_streams(const struct program *p)
{
    const struct node *n = p->first;
    while (n && !node_streams(p, n))
        n = n->next;
    return n;
}

bool module_streams(const struct module *m)
{
    const struct program *p = m->programs;
    while (p && !program_streams(p))
        p = p->next;
    return p;
}

static int same_tensor(const void *item, const void *key)
{
    return item == key;
}

bool is_streamed(const struct table *streamed, const struct tensor *t)
{
    return table_find(streamed, hash_pointer(0, t), same_tensor, t);
}

struct table streamed_tensors(const struct module *m, struct arena *a)
{
    struct table streamed = { .arena = a };
    for (const struct program *p = m->programs; p; p = p->next)
        for (const struct node *n = p->first; n; n = n->next)
            if (node_streams(p, n) && !is_streamed(&streamed, n->args[1]->tensor))
                table_add(&streamed, hash_pointer(0, n->args[1]->tensor), n->args[1]->tensor);
    return streamed;
}

/* ---- two orders ------------------------------------------------------------------------------ */

bool has_panels(const struct module *m)
{
    const struct tensor *t = m->tensors;
    while (t && !t->value.type.layout.lanes)
        t = t->next;
    return t;
}

bool sees_plain(const struct program *p)
{
    return program_predicts(p) && has_panels(p->module);
}

struct value *tensor_seen(struct tensor *t, bool plain)
{
    return t->kind == TENSOR_PARAM && plain ? &t->plain : &t->value;
}

struct value *tensor_value(const struct program *p, struct tensor *t)
{
    return tensor_seen(t, sees_plain(p));
}

/* Does the program read one of them in another way, too? */
static bool reads_otherwise(const struct program *p, const struct table *streamed)
{
    for (const struct node *n = p->first; n; n = n->next)
        for (int i = 0; i < n->arg_count; i++)
            if (n->args[i]->tensor && !(node_streams(p, n) && i == 1) &&
                is_streamed(streamed, n->args[i]->tensor))
                return true;
    return false;
}

bool can_pack_weights(const struct module *m)
{
    const struct arena_mark start = arena_mark(m->scratch);
    const struct table streamed = streamed_tensors(m, m->scratch);
    bool predicts = false, can = true;
    for (const struct program *p = m->programs; p; p = p->next) {
        predicts |= program_predicts(p);
        can &= !program_predicts(p) || !reads_otherwise(p, &streamed);
    }
    arena_release(m->scratch, start);
    return can && (!predicts || streamed.count > 0);
}

static int64_t bytes_of_weight(const struct module *m, const struct tensor *t)
{
    const struct type type = t->plain.type;
    return aligned(shape_elements(type.shape) * (int64_t)elem_bytes(m, type.elem));
}

int64_t weights_bytes(const struct module *m)
{
    int64_t bytes = 0;
    for (const struct tensor *t = m->tensors; t; t = t->next)
        bytes += t->kind == TENSOR_PARAM && !t->whole ? bytes_of_weight(m, t) : 0;
    return bytes;
}

void place_weights(struct module *m)
{
    int64_t at = 0;
    for (struct tensor *t = m->tensors; t; t = t->next) {
        if (t->kind != TENSOR_PARAM || t->whole)
            continue;
        t->plain.place = (struct place){ REGION_PARAM, at, shape_cols(t->plain.type.shape) };
        at += bytes_of_weight(m, t);
    }
}

/* ---- packed weights -------------------------------------------------------------------------- */

int64_t packed_offset(const struct module *m)
{
    int64_t most = 0;
    for (const struct program *p = m->programs; p; p = p->next)
        if (program_predicts(p) && p->work_bytes > most)
            most = p->work_bytes;
    return most;
}

int64_t packed_end(const struct module *m)
{
    return module_streams(m) ? packed_offset(m) + weights_bytes(m) : 0;
}
