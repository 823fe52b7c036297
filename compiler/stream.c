#include "stream.h"
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

bool tensor_streams(const struct module *m, const struct tensor *t)
{
    for (const struct program *p = m->programs; p; p = p->next)
        for (const struct node *n = p->first; n; n = n->next)
            if (node_streams(p, n) && n->args[1]->tensor == t)
                return true;
    return false;
}

bool module_streams(const struct module *m)
{
    return packed_end(m) > 0;
}

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
    for (const struct tensor *t = m->tensors; t; t = t->next)
        if (tensor_streams(m, t))
            return packed_offset(m) + m->param_bytes;
    return 0;
}
