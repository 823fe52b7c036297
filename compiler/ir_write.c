/* A module as text, in the order of IR.md. What reads it back is ir_read.c. */
#include "ir_text.h"

struct writer {
    const struct module *m;
    struct buffer *out;
    int flags;
};

/* ---- tokens ----------------------------------------------------------------------------------- */

/* By hand: a large program has a million of them. */
static void put_int(struct writer *w, const char *before, int64_t n)
{
    char text[24], *s = text + sizeof text;
    uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        *--s = (char)('0' + u % 10);
    while ((u /= 10) != 0);
    if (n < 0)
        *--s = '-';
    buffer_puts(w->out, before);
    buffer_add(w->out, s, (size_t)(text + sizeof text - s));
}

static void put(struct writer *w, const char *s)
{
    buffer_puts(w->out, s);
}

static void put_number(struct writer *w, const char *before, double x)
{
    put(w, before);
    put(w, number_text(w->m->arena, x));
}

static void put_string(struct writer *w, const char *before, const char *s)
{
    put(w, before);
    put(w, "\"");
    for (; s && *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            buffer_printf(w->out, "\\%c", c);
        else if (c == '\n')
            put(w, "\\n");
        else if (c < 0x20 || c == 0x7f)
            buffer_printf(w->out, "\\x%02x", c);
        else
            buffer_add(w->out, s, 1);
    }
    put(w, "\"");
}

static void put_type(struct writer *w, struct type t)
{
    buffer_add(w->out, &elem_letters[t.elem], 1);
    put(w, "[");
    for (int i = 0; i < t.shape.rank; i++)
        put_int(w, i ? "," : "", t.shape.dim[i]);
    put(w, "]");
    if (t.layout.lanes) {
        put_int(w, ":", t.layout.parts);
        put_int(w, "x", t.layout.lanes);
    }
}

static void put_place(struct writer *w, struct place p)
{
    if (p.region == REGION_NONE)
        return;
    put(w, " in ");
    put(w, region_words[p.region]);
    put_int(w, "+", p.offset);
    put_int(w, ":", p.stride);
}

static void put_value(struct writer *w, const struct value *v)
{
    if (v->tensor) {
        put(w, "$");
        put(w, v->tensor->name);
    } else {
        put_int(w, "%", v->id);
    }
}

/* ---- the head --------------------------------------------------------------------------------- */

static void put_code_points(struct writer *w)
{
    const struct data *d = &w->m->data;
    if (d->symbol_count > 0)
        put(w, "symbols");
    for (int i = 0; i < d->symbol_count; i++)
        put_int(w, " ", d->symbols[i]);
    put(w, d->symbol_count > 0 ? "\n" : "");
    if (w->flags & WRITE_HASHED)
        return;
    for (int i = 0; i < d->casing_count; i++) {
        put_int(w, "casing ", d->casings[i].from);
        for (int k = 0; k < d->casings[i].count; k++)
            put_int(w, " ", d->casings[i].to[k]);
        put(w, "\n");
    }
}

/* A range of one code point is written as that alone. */
static void put_ranges(struct writer *w, const char *name, const struct code_range *ranges, int n)
{
    if (n == 0 || (w->flags & WRITE_HASHED))
        return;
    put(w, name);
    for (int i = 0; i < n; i++) {
        put_int(w, " ", ranges[i].first);
        if (ranges[i].last != ranges[i].first)
            put_int(w, "..", ranges[i].last);
    }
    put(w, "\n");
}

static void put_data(struct writer *w)
{
    const struct data *d = &w->m->data;
    if (d->length > 0) {
        put_int(w, "data length ", d->length);
        put_int(w, " stride ", d->stride);
        buffer_printf(w->out, " input %s target %s predict %s%s\n", input_words[d->input],
                      target_words[d->target], predict_words[d->predict],
                      d->lowercase ? " lowercase" : "");
    }
    if (d->corpus && !(w->flags & WRITE_HASHED)) {
        put_string(w, "corpus ", d->corpus);
        put_int(w, " characters ", d->characters);
        put_int(w, " samples ", d->samples);
        put_number(w, " unigram ", d->unigram);
        buffer_printf(w->out, " sha256 %s\n", d->sha256);
    }
    put_code_points(w);
    put_ranges(w, "cased", d->cased, d->cased_count);
    put_ranges(w, "ignorable", d->ignorable, d->ignorable_count);
}

static void put_fit(struct writer *w)
{
    const struct fit *f = &w->m->fit;
    if (f->batch == 0)
        return;
    if (w->flags & WRITE_HASHED) {
        put_int(w, "fit batch ", f->batch);
    } else {
        put_int(w, "fit epochs ", f->epochs);
        put_int(w, " batch ", f->batch);
        put_number(w, f->shuffle ? " shuffle validation_split " : " validation_split ",
                   f->validation_split);
    }
    put(w, "\n");
}

static void put_sample(struct writer *w)
{
    const struct sample *s = &w->m->sample;
    if (s->length == 0 || (w->flags & WRITE_HASHED))
        return;
    put_int(w, "sample length ", s->length);
    put_number(w, " temperature ", s->temperature);
    buffer_printf(w->out, " mode %s", mode_words[s->window]);
    put_int(w, " top_k ", s->top_k);
    put_number(w, " top_p ", s->top_p);
    put(w, "\n");
}

static void put_layers(struct writer *w)
{
    for (const struct layer *l = w->m->layers; l; l = l->next) {
        buffer_printf(w->out, "layer %s %s", l->name, l->kind);
        put_string(w, " ", l->text);
        put_string(w, " ", l->output);
        put_int(w, " ", l->parameters);
        put(w, "\n");
    }
    for (int i = 0; i < w->m->scope_count; i++) {
        put_int(w, "scope ", w->m->scopes[i].id);
        buffer_printf(w->out, " %s", w->m->scopes[i].name);
        put_string(w, " ", w->m->scopes[i].text);
        put(w, "\n");
    }
}

static void put_memory(struct writer *w)
{
    const struct module *m = w->m;
    if (m->param_bytes == 0 && m->state_bytes == 0 && m->work_bytes == 0)
        return;
    put_int(w, "memory param ", m->param_bytes);
    put_int(w, " state ", m->state_bytes);
    put_int(w, " work ", m->work_bytes);
    put(w, "\n");
}

static void put_head(struct writer *w)
{
    const struct module *m = w->m;
    bool hashed = w->flags & WRITE_HASHED;
    buffer_printf(w->out, "lstmc-ir 1%s%s\n", hashed ? "" : " ",
                  hashed ? "" : stage_names[m->stage]);
    buffer_printf(w->out, "model %s %s%s\n", m->name, dtype_words[m->dtype],
                  m->stateful ? " stateful" : "");
    if (m->hash && !hashed)
        buffer_printf(w->out, "hash %s\n", m->hash);
    if (m->title) {
        put_string(w, "title ", m->title);
        put(w, "\n");
    }
    if (m->loss)
        buffer_printf(w->out, "loss %s\n", m->loss);
    if (m->optimizer)
        buffer_printf(w->out, "optimizer %s\n", m->optimizer);
    put_data(w);
    put_fit(w);
    put_sample(w);
    for (const struct hyper *h = m->hypers; h; h = h->next) {
        buffer_printf(w->out, "hyper %s", h->name);
        if (!hashed)
            put_number(w, " ", h->value);
        put(w, "\n");
    }
    put_layers(w);
    put_memory(w);
}

static void put_tensor(struct writer *w, const struct tensor *t)
{
    buffer_printf(w->out, "%s $%s ", tensor_words[t->kind], t->name);
    put_type(w, t->value.type);
    if (t->layer && *t->layer)
        buffer_printf(w->out, " of %s", t->layer);
    for (int i = 0; i < t->init_count; i++) {
        const struct init *init = &t->inits[i];
        buffer_printf(w->out, " init %s", init_words[init->kind]);
        put_number(w, " ", init->a);
        put_number(w, " ", init->b);
        put_int(w, " cols ", init->start);
        put_int(w, " ", init->stop);
        put_int(w, " stream ", init->stream);
    }
    if (t->whole) {
        buffer_printf(w->out, " as $%s", t->whole->name);
        put_int(w, " cols ", t->col);
        put_int(w, " ", t->col + shape_cols(t->value.type.shape));
    }
    put_place(w, t->value.place);
    put(w, "\n");
}

/* ---- nodes ------------------------------------------------------------------------------------ */

static void put_results(struct writer *w, const struct node *n)
{
    for (int i = 0; i < n->result_count; i++) {
        const struct value *v = n->results[i];
        put_int(w, i ? ", %" : "%", v->id);
        put(w, ":");
        put_type(w, v->type);
        put_place(w, v->place);
    }
    if (n->result_count > 0)
        put(w, " = ");
}

static void put_operands(struct writer *w, const struct node *n)
{
    bool call = n->op == OP_CALL;
    if (call) {
        put(w, " @");
        put(w, n->kernel->name);
    }
    for (int i = 0; i < n->arg_count; i++) {
        put(w, i ? ", " : call ? "(" : " ");
        put_value(w, n->args[i]);
    }
    if (call)
        put(w, n->arg_count > 0 ? ")" : "()");
}

static void put_attr(struct writer *w, const struct attr *a)
{
    put(w, a->key);
    if (a->kind == ATTR_INT)
        put_int(w, "=", a->i);
    else if (a->kind == ATTR_NUM)
        put_number(w, "=", a->num);
    else if (a->kind == ATTR_NAME)
        buffer_printf(w->out, "=%s", a->name);
}

static void put_attrs(struct writer *w, const struct node *n)
{
    int written = 0;
    for (const struct attr_spec *s = attr_specs(n->op); s->key[0]; s++) {
        const struct attr *a = attr_find(n, s->key);
        if (!a || (a->kind == ATTR_FLAG && !a->i))
            continue;
        put(w, written++ ? " " : " {");
        put_attr(w, a);
    }
    put(w, written ? "}" : "");
}

static void put_grid(struct writer *w, struct grid g)
{
    if (g.blocks == 0)
        return;
    put(w, " on ");
    put(w, axis_words[g.axis]);
    put_int(w, " ", g.blocks);
    put_int(w, "x", g.unit);
    if (g.bands > 0)
        put_int(w, "/", g.bands);
}

static void put_origin(struct writer *w, const struct node *n)
{
    if (!n->scope && n->t < 0 && n->part == PART_FORWARD)
        return;
    put(w, " !");
    if (n->scope)
        put_int(w, "", n->scope->id);
    if (n->t >= 0)
        put_int(w, ".", n->t);
    put(w, n->part == PART_BACKWARD ? "b" : n->part == PART_UPDATE ? "u" : "");
}

static void put_nodes(struct writer *w, const struct node *n)
{
    for (; n; n = n->next) {
        put(w, "  ");
        put_results(w, n);
        put(w, op_table[n->op].name);
        put_operands(w, n);
        put_attrs(w, n);
        put_grid(w, n->grid);
        put_origin(w, n);
        put(w, "\n");
    }
}

static void put_kernel(struct writer *w, const struct kernel *k)
{
    buffer_printf(w->out, "kernel @%s ", k->name);
    put_type(w, k->space);
    put(w, " {\n");
    for (int i = 0; i < k->param_count; i++) {
        put_int(w, "  param %", k->params[i]->id);
        put(w, ":");
        put_type(w, k->params[i]->type);
        put(w, "\n");
    }
    put_nodes(w, k->first);
    put(w, "  return");
    for (int i = 0; i < k->result_count; i++)
        put_int(w, i ? ", %" : " %", k->results[i]->id);
    put(w, "\n}\n");
}

static void put_program(struct writer *w, const struct program *p)
{
    buffer_printf(w->out, "program %s", p->name);
    if (p->work_bytes > 0)
        put_int(w, " work ", p->work_bytes);
    put(w, " {\n");
    put_nodes(w, p->first);
    put(w, "}\n");
}

/* ---- the block of source lines ---------------------------------------------------------------- */

static void put_line(struct writer *w, struct source_line l)
{
    put_string(w, " ", l.file);
    put_int(w, " ", l.line);
    put_int(w, " ", l.column);
    put(w, "\n");
}

static void put_node_lines(struct writer *w, const struct program *p)
{
    for (const struct node *n = p->first; n; n = n->next) {
        if (!n->line.file || n->result_count == 0)
            continue;
        put(w, "  node ");
        put(w, p->name);
        put_int(w, " ", n->results[0]->id);
        put_line(w, n->line);
    }
}

static void put_lines(struct writer *w)
{
    put(w, "lines\n");
    for (int i = 0; i < w->m->scope_count; i++) {
        if (!w->m->scopes[i].line.file)
            continue;
        put_int(w, "  scope ", w->m->scopes[i].id);
        put_line(w, w->m->scopes[i].line);
    }
    for (const struct program *p = w->m->programs; p; p = p->next)
        put_node_lines(w, p);
}

void module_write(const struct module *m, struct buffer *out, int flags)
{
    struct writer *w = &(struct writer){ .m = m, .out = out, .flags = flags };
    put_head(w);
    for (const struct tensor *t = m->tensors; t; t = t->next)
        put_tensor(w, t);
    for (const struct kernel *k = m->kernels; k; k = k->next)
        put_kernel(w, k);
    for (const struct program *p = m->programs; p; p = p->next)
        put_program(w, p);
    if ((flags & WRITE_LINES) && !(flags & WRITE_HASHED))
        put_lines(w);
    put(w, "end\n");
}
