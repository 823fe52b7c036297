/* The statements of the text form that stand before the tensors: what the trainer knows besides its
 * programs. Limits are generous; they keep later arithmetic within 64 bits. */
#include "ir_text.h"
#include <math.h>
#include <string.h>

enum { MAX_CODE_POINT = 0x10ffff, MAX_STEPS = 1 << 20, MAX_UPDATES = 1 << 30, MAX_NAMED = 20000 };

void count_named(struct reader *r)
{
    if (++r->named > MAX_NAMED)
        lex_fail(&r->lex, r->lex.at, "more than %d tensors, kernels, layers and scopes", MAX_NAMED);
}

void read_model_line(struct reader *r)
{
    const char *at = (lex_peek(&r->lex), r->lex.at);
    r->m->name = lex_identifier(&r->lex, "a model");
    if (strlen(r->m->name) > MAX_NAME)
        lex_fail(&r->lex, at, "the name of a model has at most %d characters", MAX_NAME);
    r->m->dtype = (enum dtype)lex_one_of(&r->lex, dtype_words);
    r->m->stateful = lex_word_is(&r->lex, "stateful");
}

/* 64 hexadecimal digits. */
static const char *read_sha256(struct reader *r)
{
    struct token t = (lex_peek(&r->lex), lex_word(&r->lex));
    size_t digits = 0;
    while (digits < t.n && strchr("0123456789abcdef", t.s[digits]))
        digits++;
    if (t.n != 64 || digits != t.n)
        lex_fail(&r->lex, t.s, "expected the 64 hexadecimal digits of a SHA-256");
    return arena_copy(r->m->arena, t.s, t.n);
}

void read_hash(struct reader *r)
{
    r->m->hash = read_sha256(r);
}

void read_title(struct reader *r)
{
    r->m->title = lex_string(&r->lex);
}

void read_loss(struct reader *r)
{
    r->m->loss = lex_name(&r->lex, "a loss");
}

void read_optimizer(struct reader *r)
{
    r->m->optimizer = lex_name(&r->lex, "an optimizer");
}

static int64_t keyed_int(struct reader *r, const char *key, int64_t low, int64_t high)
{
    lex_expect_word(&r->lex, key);
    return lex_int(&r->lex, low, high);
}

static int keyed_word(struct reader *r, const char *key, const char *const *words)
{
    lex_expect_word(&r->lex, key);
    return lex_one_of(&r->lex, words);
}

static double keyed_number(struct reader *r, const char *key, double low, double high)
{
    lex_expect_word(&r->lex, key);
    return lex_number(&r->lex, low, high);
}

void read_data(struct reader *r)
{
    struct data *d = &r->m->data;
    d->length = keyed_int(r, "length", 1, MAX_STEPS);
    d->stride = keyed_int(r, "stride", 1, LARGEST_EXACT);
    d->input = (enum input_kind)keyed_word(r, "input", input_words);
    d->target = (enum target_kind)keyed_word(r, "target", target_words);
    d->predict = (enum predict_kind)keyed_word(r, "predict", predict_words);
    d->lowercase = lex_word_is(&r->lex, "lowercase");
}

void read_corpus(struct reader *r)
{
    struct data *d = &r->m->data;
    d->corpus = lex_string(&r->lex);
    d->characters = keyed_int(r, "characters", 0, LARGEST_EXACT);
    d->samples = keyed_int(r, "samples", 0, LARGEST_EXACT);
    d->unigram = keyed_number(r, "unigram", 0, INFINITY);
    lex_expect_word(&r->lex, "sha256");
    d->sha256 = read_sha256(r);
}

static uint32_t code_point(struct reader *r)
{
    return (uint32_t)lex_int(&r->lex, 0, MAX_CODE_POINT);
}

static bool more(struct reader *r)
{
    return lex_peek(&r->lex) != '\n';
}

/* The array with room for one more element; its capacity is the next power of two. */
static void *grow(struct reader *r, void *array, int count, size_t size)
{
    size_t n = (size_t)count;
    bool full = (n & (n - 1)) == 0;
    return full ? arena_grow(r->m->arena, array, n, n ? 2 * n : 1, size) : array;
}

void read_symbols(struct reader *r)
{
    struct data *d = &r->m->data;
    while (more(r)) {
        const char *at = r->lex.at;
        uint32_t c = code_point(r);
        if (d->symbol_count > 0 && c <= d->symbols[d->symbol_count - 1])
            lex_fail(&r->lex, at, "symbols must ascend");
        d->symbols = grow(r, d->symbols, d->symbol_count, sizeof *d->symbols);
        d->symbols[d->symbol_count++] = c;
    }
}

void read_casing(struct reader *r)
{
    struct data *d = &r->m->data;
    struct casing c = { .from = code_point(r) };
    do
        c.to[c.count++] = code_point(r);
    while (c.count < 3 && more(r));
    d->casings = grow(r, d->casings, d->casing_count, sizeof *d->casings);
    d->casings[d->casing_count++] = c;
}

static void read_ranges(struct reader *r, struct code_range **ranges, int *count)
{
    while (more(r)) {
        struct code_range c = { .first = code_point(r) };
        c.last = c.first;
        if (lex_is(&r->lex, '.')) {
            lex_expect(&r->lex, '.');
            c.last = (uint32_t)lex_int(&r->lex, c.first, MAX_CODE_POINT);
        }
        *ranges = grow(r, *ranges, *count, sizeof **ranges);
        (*ranges)[(*count)++] = c;
    }
}

void read_cased(struct reader *r)
{
    read_ranges(r, &r->m->data.cased, &r->m->data.cased_count);
}

void read_ignorable(struct reader *r)
{
    read_ranges(r, &r->m->data.ignorable, &r->m->data.ignorable_count);
}

void read_fit(struct reader *r)
{
    struct fit *f = &r->m->fit;
    f->epochs = keyed_int(r, "epochs", 0, MAX_UPDATES);
    f->batch = keyed_int(r, "batch", 1, MAX_STEPS);
    f->shuffle = lex_word_is(&r->lex, "shuffle");
    f->validation_split = keyed_number(r, "validation_split", 0, 1);
}

void read_sample(struct reader *r)
{
    struct sample *s = &r->m->sample;
    s->length = keyed_int(r, "length", 1, LARGEST_EXACT);
    s->temperature = keyed_number(r, "temperature", 0, INFINITY);
    s->window = keyed_word(r, "mode", mode_words) == 1;
    s->top_k = keyed_int(r, "top_k", 0, MAX_CODE_POINT);
    s->top_p = keyed_number(r, "top_p", 0, 1);
}

void read_hyper(struct reader *r)
{
    struct hyper *h = arena_alloc(r->m->arena, sizeof *h);
    count_named(r);
    h->name = lex_identifier(&r->lex, "a number of the optimizer");
    h->value = lex_number(&r->lex, -INFINITY, INFINITY);
    *r->hypers_end = h;
    r->hypers_end = &h->next;
}

void read_layer(struct reader *r)
{
    struct layer *l = arena_alloc(r->m->arena, sizeof *l);
    count_named(r);
    l->name = lex_identifier(&r->lex, "a layer");
    l->kind = lex_identifier(&r->lex, "a kind of layer");
    l->text = lex_string(&r->lex);
    l->output = lex_string(&r->lex);
    l->parameters = lex_int(&r->lex, 0, LARGEST_EXACT);
    *r->layers_end = l;
    r->layers_end = &l->next;
}

/* Scopes are numbered as they come, so that a node's scope is an index. */
void read_scope(struct reader *r)
{
    struct module *m = r->m;
    struct scope s = { .id = (int)lex_int(&r->lex, m->scope_count, m->scope_count) };
    count_named(r);
    s.name = lex_identifier(&r->lex, "a scope");
    s.text = lex_string(&r->lex);
    m->scopes = grow(r, m->scopes, m->scope_count, sizeof *m->scopes);
    m->scopes[m->scope_count++] = s;
}

void read_memory(struct reader *r)
{
    r->m->param_bytes = keyed_int(r, "param", 0, LARGEST_EXACT);
    r->m->state_bytes = keyed_int(r, "state", 0, LARGEST_EXACT);
    r->m->work_bytes = keyed_int(r, "work", 0, LARGEST_EXACT);
}
