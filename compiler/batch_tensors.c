/* Weights that training has to lay side by side lie side by side: the concat of them is a tensor itself, of which they
 * are the columns. With them go the optimizer's states of them, and one update of the whole takes the place of theirs,
 * so that it can follow the whole's gradient at once.
 *
 * note [kin]: values that mean the same, one for each part, are kin: the parts themselves; tensors of their shape; the
 * columns of one value, in order; one value for all that has no columns; and what the same operation makes of kin. The
 * parts can be joined if the new values of all tensors among their kin are kin. What kin are joined is then what that
 * operation makes of its joined operands. */
#include "batch.h"
#include <string.h>

struct kin {
    struct value **members; /* one for each part */
    struct value *whole;    /* NULL: not made yet */
    struct node **assigns;  /* of tensors: what gives them new values; NULL: nothing does */
    struct kin *next;       /* of tensors */
};

struct family {
    struct module *m;
    int count; /* parts */
    struct value **parts;
    struct table found; /* struct kin */
    struct kin *tensors, **end;
    struct program *updater; /* NULL: none is known */
    struct builder b;
};

/* ---- kin ---------------------------------------------------------------------------------------- */

static int same_members(const void *item, const void *key)
{
    const struct kin *a = item, *b = key;
    bool same = true;
    for (int i = 0; same && b->members[i]; i++)
        same = a->members[i] == b->members[i];
    return same;
}

static struct kin *find_kin(struct family *f, struct value **members)
{
    const struct kin key = { .members = members };
    return table_find(&f->found, hash_pointer(0, members[0]), same_members, &key);
}

static struct kin *add_kin(struct family *f, struct value **members)
{
    struct kin *k = arena_alloc(f->m->scratch, sizeof *k);
    k->members = members;
    table_add(&f->found, hash_pointer(0, members[0]), k);
    return k;
}

/* Ended by NULL. */
static struct value **new_members(const struct family *f)
{
    return arena_new_array(f->m->scratch, struct value *, f->count + 1);
}

static bool shaped_like_parts(const struct family *f, struct value *const *members)
{
    bool alike = true;
    for (int i = 0; i < f->count && alike; i++)
        alike = members[i]->type.elem == ELEM_REAL &&
                shape_equal(members[i]->type.shape, f->parts[i]->type.shape);
    return alike;
}

static bool are_one(const struct family *f, struct value *const *members)
{
    bool one = shape_cols(members[0]->type.shape) == 1;
    for (int i = 1; i < f->count && one; i++)
        one = members[i] == members[0];
    return one;
}

/* The value of which the members are the columns, all of them; NULL: there is none. */
static struct value *all_cols_from(const struct family *f, struct value *const *members)
{
    if (!are_cut(members, f->count, 1))
        return NULL;
    struct value *whole = cols_from(members[0]);
    const bool all =
        attr_int(members[0]->def, "start", 0) == 0 &&
        attr_int(members[f->count - 1]->def, "stop", 0) == shape_cols(whole->type.shape);
    return all ? whole : NULL;
}

/* Tensors of one kind, in the order of the module. */
static bool can_be_parts(const struct family *f, struct value *const *members)
{
    const struct tensor *t = f->m->tensors;
    bool can = shaped_like_parts(f, members);
    for (int i = 0; i < f->count && can; i++) {
        while (t && t != members[i]->tensor)
            t = t->next;
        can = t && t->kind == members[0]->tensor->kind && t->kind != TENSOR_CARRIED && !t->whole &&
              !t->joint;
        t = t ? t->next : NULL;
    }
    return can;
}

static bool same_operation(const struct family *f, struct value *const *members)
{
    const struct node *first = members[0]->def;
    bool same = first && (first->op == OP_CONST || op_is_elementwise(first->op));
    for (int i = 1; i < f->count && same; i++) {
        const struct node *n = members[i]->def;
        same = n && n->op == first->op && n->arg_count == first->arg_count && attrs_equal(n, first);
    }
    return same;
}

static struct value **args_of(const struct family *f, struct value *const *members, int arg)
{
    struct value **args = new_members(f);
    for (int i = 0; i < f->count; i++)
        args[i] = members[i]->def->args[arg];
    return args;
}

/* Found or founded; NULL: they are no kin. */
static struct kin *kin_of(struct family *f, struct value **members)
{
    struct kin *k = find_kin(f, members);
    if (k)
        return k;
    struct value *whole = are_one(f, members) ? members[0] : all_cols_from(f, members);
    const bool tensors = !whole && can_be_parts(f, members);
    const bool made =
        !whole && !tensors && shaped_like_parts(f, members) && same_operation(f, members);
    for (int i = 0; made && i < members[0]->def->arg_count; i++)
        if (!kin_of(f, args_of(f, members, i)))
            return NULL;
    if (!whole && !tensors && !made)
        return NULL;
    k = add_kin(f, members);
    k->whole = whole;
    if (tensors) {
        *f->end = k;
        f->end = &k->next;
    }
    return k;
}

/* ---- updates ------------------------------------------------------------------------------------- */

/* All or none of the members get a new value, in one program. */
static bool find_assigns(struct family *f, struct kin *k)
{
    struct node **assigns = arena_new_array(f->m->scratch, struct node *, f->count);
    int found = 0;
    for (struct program *p = f->m->programs; p; p = p->next)
        for (struct node *n = p->first; n; n = n->next)
            for (int i = 0; n->op == OP_ASSIGN && i < f->count; i++)
                if (n->args[0] == k->members[i]) {
                    if (f->updater && f->updater != p)
                        return false;
                    f->updater = p;
                    assigns[i] = n;
                    found++;
                }
    k->assigns = found > 0 ? assigns : NULL;
    return found == 0 || found == f->count;
}

static struct value **new_values(const struct family *f, const struct kin *k)
{
    struct value **values = new_members(f);
    for (int i = 0; i < f->count; i++)
        values[i] = k->assigns[i]->args[1];
    return values;
}

static const char *name_of_whole(const struct family *f, const struct kin *k)
{
    return arena_printf(f->m->arena, "%s_and_%d_more", k->members[0]->tensor->name, f->count - 1);
}

/* Among the tensors are in the end all that the updates read. */
static bool can_join(struct family *f)
{
    bool can = can_be_parts(f, f->parts) && kin_of(f, f->parts);
    for (struct kin *k = f->tensors; k && can; k = k->next) {
        const char *name = name_of_whole(f, k);
        can = strlen(name) <= MAX_DOTTED && !tensor_find(f->m, name) && find_assigns(f, k) &&
              (!k->assigns || kin_of(f, new_values(f, k)));
    }
    return can;
}

/* ---- joining -------------------------------------------------------------------------------------- */

static struct value *joined(struct family *f, struct value **members)
{
    struct kin *k = find_kin(f, members);
    if (k->whole)
        return k->whole;
    const struct node *n = members[0]->def;
    struct value **args = arena_new_array(f->m->scratch, struct value *, n->arg_count + 1);
    struct type type = node_result(n)->type;
    type.shape.dim[1] = f->tensors->whole->type.shape.dim[1];
    for (int i = 0; i < n->arg_count; i++)
        args[i] = joined(f, args_of(f, members, i));
    f->b.like = n;
    f->b.part = n->part;
    return k->whole = build(&f->b, n->op, args, n->arg_count, n->attrs, n->attr_count, type);
}

static void join_tensors(struct family *f)
{
    struct tensor **parts = arena_new_array(f->m->scratch, struct tensor *, f->count);
    for (struct kin *k = f->tensors; k; k = k->next) {
        for (int i = 0; i < f->count; i++)
            parts[i] = k->members[i]->tensor;
        k->whole = &tensor_join(f->m, name_of_whole(f, k), parts, f->count)->value;
    }
}

/* The last of the nodes that give the tensors new values: what these are made of stands before it. */
static struct node *last_assign(const struct family *f)
{
    struct node *last = NULL;
    for (struct node *n = f->updater->first; n; n = n->next)
        for (const struct kin *k = f->tensors; k; k = k->next)
            for (int i = 0; i < f->count && k->assigns; i++)
                last = n == k->assigns[i] ? n : last;
    return last;
}

static struct node *find_check(const struct family *f, const struct value *part)
{
    struct node *n = f->updater->first;
    while (n && !(n->op == OP_CHECK && strcmp(attr_name(n, "name"), part->tensor->name) == 0))
        n = n->next;
    return n;
}

static void put_effect(struct family *f, enum op op, struct value **args, int arg_count,
                       const struct attr *attr, int attr_count, const struct node *like)
{
    f->b.like = like;
    f->b.part = like->part;
    build(&f->b, op, args, arg_count, attr, attr_count, args[0]->type);
}

/* One look at the gradient of the whole. */
static void join_checks(struct family *f)
{
    struct value **gradients = new_members(f);
    struct node **checks = arena_new_array(f->m->scratch, struct node *, f->count);
    for (int i = 0; i < f->count; i++) {
        checks[i] = find_check(f, f->parts[i]);
        if (!checks[i])
            return;
        gradients[i] = checks[i]->args[0];
    }
    if (!kin_of(f, gradients))
        return;
    struct value *gradient = joined(f, gradients);
    const struct attr name = attr_make_name("name", f->tensors->whole->tensor->name);
    put_effect(f, OP_CHECK, &gradient, 1, &name, 1, checks[0]);
    for (int i = 0; i < f->count; i++)
        node_remove(f->b.list, checks[i]);
}

static void join_updates(struct family *f)
{
    f->b.list = program_list(f->updater);
    f->b.at = last_assign(f);
    join_checks(f);
    for (struct kin *k = f->tensors; k; k = k->next) {
        if (!k->assigns)
            continue;
        struct value *args[] = { k->whole, joined(f, new_values(f, k)) };
        put_effect(f, OP_ASSIGN, args, 2, NULL, 0, k->assigns[0]);
    }
    for (struct kin *k = f->tensors; k; k = k->next)
        for (int i = 0; i < f->count && k->assigns; i++)
            node_remove(f->b.list, k->assigns[i]);
}

/* ---- readers --------------------------------------------------------------------------------------- */

/* Slices at the head of the program, in the order of the columns; side by side they fold into the whole. */
static void read_columns(struct program *p)
{
    clear_notes(p);
    for (const struct node *n = p->first; n; n = n->next)
        for (int i = 0; i < n->arg_count; i++)
            if (n->args[i]->tensor && n->args[i]->tensor->whole)
                n->args[i]->note = n->args[i];
    struct builder b = { program_list(p), .at = p->first, .like = p->first };
    for (struct tensor *t = p->module->tensors; t; t = t->next) {
        if (!t->value.note)
            continue;
        b.part = b.like->part;
        struct value *v = build_slice(&b, OP_COLS, &t->whole->value, t->col,
                                      t->col + shape_cols(t->value.type.shape));
        v->def->t = -1;
        t->value.note = v;
    }
    replace_noted(p);
}

/* ---- the step --------------------------------------------------------------------------------------- */

static void try_join(struct module *m, const struct node *concat)
{
    struct family f = { .m = m, .count = concat->arg_count, .found.arena = m->scratch };
    f.end = &f.tensors;
    f.parts = new_members(&f);
    memcpy(f.parts, concat->args, sizeof *f.parts * (size_t)f.count);
    if (!can_join(&f))
        return;
    join_tensors(&f);
    if (f.updater)
        join_updates(&f);
}

/* Of parameters, side by side; can_be_parts looks at all of them. */
static bool is_candidate(const struct node *n)
{
    return n->op == OP_CONCAT && attr_int(n, "axis", 0) == 1 && n->arg_count > 1 &&
           n->args[0]->tensor && n->args[0]->tensor->kind == TENSOR_PARAM;
}

/* Concats stay where they are until the end: their parts are tensors till then, which nothing joins twice. */
void batch_tensors(struct module *m)
{
    const struct arena_mark start = arena_mark(m->scratch);
    for (struct program *p = m->programs; p; p = p->next)
        for (const struct node *n = p->first; n; n = n->next)
            if (is_candidate(n))
                try_join(m, n);
    for (struct program *p = m->programs; p; p = p->next)
        read_columns(p);
    arena_release(m->scratch, start);
}
