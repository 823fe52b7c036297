/* Weights lie as products read them. Where all that training does with a parameter is to multiply by it, in
 * panels or transposed, and to update it behind its gradient's product, the parameter itself lies in these
 * panels, and so do the optimizer's states of it: nothing is packed before the products, and an update goes
 * through memory from end to end. What the runtime and predictions see are plain rows (stream.h). */
#include "passes.h"
#include "stream.h"

/* Of each of eight workers two panels at least: a panel has one owner. */
enum { PANELS = 16 };

/* What is known of a tensor, of a call that updates some, and of a kernel of such calls: their notes. */
struct outcome {
    struct layout layout; /* lanes = 0: not known yet */
    bool unfit;
};

struct search {
    struct module *m;
    bool changed;
};

static void rule_out(struct search *s, struct outcome *o)
{
    s->changed |= !o->unfit;
    o->unfit = true;
}

/* Both lie alike or none of them in panels. */
static void join(struct search *s, struct outcome *a, struct outcome *b)
{
    if (!a->layout.lanes && b->layout.lanes) {
        a->layout = b->layout;
        s->changed = true;
    } else if (!b->layout.lanes && a->layout.lanes) {
        b->layout = a->layout;
        s->changed = true;
    }
    if (a->unfit || b->unfit || !layout_equal(a->layout, b->layout)) {
        rule_out(s, a);
        rule_out(s, b);
    }
}

/* ---- kernels that update ---------------------------------------------------------------------- */

/* The parameter is as large as the space, and not of the product. */
static bool is_whole(const struct kernel *k, int param)
{
    const struct value *v = k->params[param];
    return v->type.elem == ELEM_REAL && shape_equal(v->type.shape, k->space.shape) &&
           kernel_uses_elementwise(k, v);
}

static bool fits_param(const struct kernel *k, int param)
{
    const struct value *v = k->params[param];
    if (kernel_multiplies(k, v))
        return !kernel_uses_elementwise(k, v);
    return v->type.elem == ELEM_DOUBLE || is_whole(k, param) ||
           (v->type.elem == ELEM_REAL && shape_elements(v->type.shape) == 1);
}

/* A gradient's product, and behind it what looks at one element at a time. */
static bool can_update(const struct kernel *k)
{
    const struct node *product = kernel_product(k);
    bool fits = product && kernel_sums(k) >= 0 && attr_flag(product, "ta") &&
                shape_elements(k->space.shape) > 1;
    for (int i = 0; i < k->param_count && fits; i++)
        fits = fits_param(k, i);
    for (int i = 0; i < k->result_count && fits; i++)
        fits = k->results[i]->type.elem == ELEM_REAL;
    for (const struct node *n = k->first; n && fits; n = n->next)
        fits = n == product || op_is_elementwise(n->op) || n->op == OP_CONST;
    return fits;
}

/* Are the call's results new values of tensors, but for the sums, at which a check may look? */
static void look_at_use(struct search *s, const struct node *user, int arg)
{
    const struct node *call = user->args[arg]->def;
    if (!call || call->op != OP_CALL)
        return;
    const int sums = kernel_sums(call->kernel);
    const bool is_sums = sums >= 0 && call->results[sums] == user->args[arg];
    if (user->op != (is_sums ? OP_CHECK : OP_ASSIGN))
        rule_out(s, call->note);
}

/* What a call updates is tensors, all that are as large as its space. */
static void look_at_call(struct search *s, struct node *call)
{
    const struct kernel *k = call->kernel;
    bool fits = can_update(k);
    for (int i = 0; i < call->arg_count && fits; i++)
        fits = !is_whole(k, i) || call->args[i]->tensor;
    if (!fits)
        rule_out(s, call->note);
}

/* ---- tensors ------------------------------------------------------------------------------------ */

/* Predictions, if there are any, must have the parameter packed: who packs it knows panels. */
static bool is_candidate(const struct table *streamed, const struct tensor *t)
{
    return t->kind == TENSOR_STATE ||
           (t->kind == TENSOR_PARAM && (streamed->count == 0 || is_streamed(streamed, t)));
}

static bool has_many_panels(const struct node *pack)
{
    return panel_count(node_result(pack)->type) >= PANELS;
}

static void take_layout(struct search *s, const struct node *pack)
{
    struct outcome *o = pack->args[0]->tensor->value.note;
    const struct type type = node_result(pack)->type;
    if (type.elem != ELEM_REAL || (attr_flag(pack, "ta") && type.layout.parts > 1))
        rule_out(s, o);
    else if (!attr_flag(pack, "ta") && !o->layout.lanes && has_many_panels(pack))
        o->layout = type.layout;
    else if (!attr_flag(pack, "ta") && !layout_equal(o->layout, type.layout))
        rule_out(s, o);
}

static void look_at_reader(struct search *s, const struct node *n, int arg)
{
    struct outcome *o = n->args[arg]->tensor->value.note;
    if (n->op == OP_PACK)
        take_layout(s, n);
    else if (n->op == OP_ASSIGN)
        return;
    else if (n->op != OP_CALL || !is_whole(n->kernel, arg))
        rule_out(s, o);
}

/* All that stand in one call, and all calls of one kernel, lie alike. */
static void join_call(struct search *s, const struct node *call)
{
    const struct kernel *k = call->kernel;
    for (int i = 0; i < call->arg_count; i++)
        if (call->args[i]->tensor && is_whole(k, i))
            join(s, call->args[i]->tensor->value.note, call->note);
    join(s, k->note, call->note);
}

/* And so does a tensor with its new value. */
static void join_assign(struct search *s, const struct node *assign)
{
    const struct node *call = assign->args[1]->def;
    struct outcome *tensor = assign->args[0]->tensor->value.note;
    if (call && call->op == OP_CALL)
        join(s, tensor, call->note);
    else
        rule_out(s, tensor);
}

static void join_program(struct search *s, const struct program *p)
{
    for (const struct node *n = p->first; n; n = n->next)
        if (n->op == OP_CALL)
            join_call(s, n);
        else if (n->op == OP_ASSIGN)
            join_assign(s, n);
}

/* ---- the search --------------------------------------------------------------------------------- */

static void open_notes(struct search *s)
{
    struct arena *a = s->m->scratch;
    for (struct kernel *k = s->m->kernels; k; k = k->next)
        k->note = arena_alloc(a, sizeof(struct outcome));
    for (struct program *p = s->m->programs; p; p = p->next)
        for (struct node *n = p->first; n; n = n->next)
            n->note = n->op == OP_CALL ? arena_alloc(a, sizeof(struct outcome)) : NULL;
    const struct table streamed = streamed_tensors(s->m, a);
    for (struct tensor *t = s->m->tensors; t; t = t->next) {
        struct outcome *o = t->value.note = arena_alloc(a, sizeof *o);
        o->unfit = !is_candidate(&streamed, t);
    }
}

static void close_notes(struct module *m)
{
    for (struct program *p = m->programs; p; p = p->next)
        clear_notes(p);
    for (struct kernel *k = m->kernels; k; k = k->next)
        k->note = NULL;
}

static void look_at_program(struct search *s, struct program *p)
{
    for (struct node *n = p->first; n; n = n->next) {
        if (n->op == OP_CALL)
            look_at_call(s, n);
        for (int i = 0; i < n->arg_count; i++)
            if (n->args[i]->tensor)
                look_at_reader(s, n, i);
            else
                look_at_use(s, n, i);
    }
}

/* Until nothing changes: who lies alike is known from the packs, and rules out others in turn. */
static void find_layouts(struct search *s)
{
    for (struct program *p = s->m->programs; p; p = p->next)
        if (!program_predicts(p))
            look_at_program(s, p);
    do {
        s->changed = false;
        for (struct program *p = s->m->programs; p; p = p->next)
            if (!program_predicts(p))
                join_program(s, p);
    } while (s->changed);
}

/* ---- the change --------------------------------------------------------------------------------- */

static struct layout layout_found(const struct outcome *o)
{
    return o->unfit ? (struct layout){ 0 } : o->layout;
}

static void lay_out_kernel(struct kernel *k, struct layout layout)
{
    for (int i = 0; i < k->param_count; i++)
        if (is_whole(k, i))
            k->params[i]->type.layout = layout;
    for (struct node *n = k->first; n; n = n->next)
        if (shape_equal(node_result(n)->type.shape, k->space.shape))
            node_result(n)->type.layout = layout;
    k->space.layout = layout;
}

static void lay_out_calls(struct program *p)
{
    for (struct node *n = p->first; n; n = n->next)
        for (int i = 0; n->op == OP_CALL && i < n->result_count; i++)
            n->results[i]->type.layout = layout_found(n->note);
}

/* What is packed as it stands is the tensor itself. */
static void drop_packs(struct program *p)
{
    for (struct node *n = p->first, *next; n; n = next) {
        next = n->next;
        struct tensor *t = n->op == OP_PACK ? n->args[0]->tensor : NULL;
        if (!t || attr_flag(n, "ta") || !t->value.type.layout.lanes)
            continue;
        node_result(n)->note = &t->value;
        node_remove(program_list(p), n);
    }
    replace_noted(p);
}

static void take_tensor_values(struct program *p)
{
    for (struct node *n = p->first; n; n = n->next)
        for (int i = 0; i < n->arg_count; i++)
            if (n->args[i]->tensor)
                n->args[i] = tensor_value(p, n->args[i]->tensor);
}

static void lay_out(struct search *s)
{
    for (struct kernel *k = s->m->kernels; k; k = k->next)
        if (layout_found(k->note).lanes)
            lay_out_kernel(k, layout_found(k->note));
    for (struct program *p = s->m->programs; p; p = p->next)
        lay_out_calls(p);
    for (struct tensor *t = s->m->tensors; t; t = t->next)
        t->value.type.layout = layout_found(t->value.note);
    close_notes(s->m);
    for (struct program *p = s->m->programs; p; p = p->next) {
        if (!program_predicts(p))
            drop_packs(p);
        take_tensor_values(p);
        clear_notes(p);
    }
}

/* needs   packs (layout.c)
 * keeps   every value
 * breaks  nothing; parameters and states may lie in panels */
void layout_tensors(struct module *m)
{
    struct search s = { .m = m };
    if (!can_pack_weights(m))
        return;
    const struct arena_mark start = arena_mark(m->scratch);
    open_notes(&s);
    find_layouts(&s);
    lay_out(&s);
    arena_release(m->scratch, start);
}
