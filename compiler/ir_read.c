/* A module from its text: the inverse of ir_write.c. Nothing in the text is trusted; several errors are
 * reported in one run, the first of each line. Read from the end: module_read knows the order of the
 * statements, a statement its words. Those of the head are in ir_read_head.c, kernels and programs in
 * ir_read_nodes.c. */
#include "diag.h"
#include "ir_text.h"
#include "stream.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    MAX_TEXT = 64 << 20,
    MAX_STREAM = 0x3fffffff /* above are the runtime's own */
};

/* ---- tensors ---------------------------------------------------------------------------------- */

static struct init read_init(struct reader *r, int64_t cols)
{
    struct init init = { .kind = (enum init_kind)lex_one_of(&r->lex, init_words) };
    init.a = lex_number(&r->lex, -INFINITY, INFINITY);
    init.b = lex_number(&r->lex, -INFINITY, INFINITY);
    lex_expect_word(&r->lex, "cols");
    init.start = lex_int(&r->lex, 0, cols - 1);
    init.stop = lex_int(&r->lex, init.start + 1, cols);
    lex_expect_word(&r->lex, "stream");
    init.stream = (int)lex_int(&r->lex, 0, MAX_STREAM);
    return init;
}

static void read_inits(struct reader *r, struct tensor *t)
{
    while (lex_word_is(&r->lex, "init")) {
        size_t n = (size_t)t->init_count;
        if (n == 64)
            lex_fail(&r->lex, r->lex.at, "a tensor has at most 64 initialisers");
        t->inits = arena_grow(r->m->arena, t->inits, n, n + 1, sizeof *t->inits);
        t->inits[t->init_count++] = read_init(r, shape_cols(t->value.type.shape));
    }
}

/* Which columns of an earlier tensor it is. */
static void read_whole(struct reader *r, struct tensor *t)
{
    if (!lex_word_is(&r->lex, "as"))
        return;
    const struct token name = read_global(r, '$', "a tensor");
    const struct value *whole = names_find(&r->globals, name);
    if (!whole || !whole->tensor || whole->tensor == t) {
        lex_fail(&r->lex, name.s, "no tensor %.*s stands before it", (int)name.n, name.s);
        return;
    }
    lex_expect_word(&r->lex, "cols");
    t->whole = whole->tensor;
    t->whole->joint = true;
    t->col = lex_int(&r->lex, 0, INT32_MAX);
    const char *at = (lex_peek(&r->lex), r->lex.at);
    const int64_t stop = t->col + shape_cols(t->value.type.shape);
    if (lex_int(&r->lex, 0, INT32_MAX) != stop)
        lex_fail(&r->lex, at, "expected %" PRId64 ", the end of so many columns", stop);
}

static void read_tensor(struct reader *r, enum tensor_kind kind)
{
    struct token name = read_global(r, '$', "a tensor");
    if (names_find(&r->globals, name))
        lex_fail(&r->lex, name.s, "tensor %.*s is defined twice", (int)name.n, name.s);
    count_named(r);
    struct type type = read_type(r);
    if (r->lex.failed)
        return;
    const char *text = arena_copy(r->m->arena, name.s + 1, name.n - 1);
    struct tensor *t = tensor_add(r->m, kind, text, type);
    names_add(&r->globals, name, &t->value);
    if (lex_word_is(&r->lex, "of"))
        t->layer = lex_identifier(&r->lex, "a layer");
    read_inits(r, t);
    read_whole(r, t);
    t->value.place = read_place(r);
}

static void read_parameter(struct reader *r)
{
    read_tensor(r, TENSOR_PARAM);
}

static void read_state(struct reader *r)
{
    read_tensor(r, TENSOR_STATE);
}

static void read_carried(struct reader *r)
{
    read_tensor(r, TENSOR_CARRIED);
}

/* ---- the block of source lines ---------------------------------------------------------------- */

static struct source_line read_source_line(struct reader *r)
{
    const char *file = lex_string(&r->lex);
    if (!r->line_file || strcmp(file, r->line_file) != 0)
        r->line_file = file; /* most lines come from the file of the line before */
    struct source_line line = { .file = r->line_file };
    line.line = (int)lex_int(&r->lex, 0, INT32_MAX);
    line.column = (int)lex_int(&r->lex, 0, INT32_MAX);
    return line;
}

/* Programs and their nodes come in their own order, so that finding them costs one walk in all. */
static struct node *find_line_node(struct reader *r)
{
    const char *at = (lex_peek(&r->lex), r->lex.at);
    const char *program = lex_identifier(&r->lex, "a program");
    int64_t id = lex_int(&r->lex, 0, INT32_MAX);
    while (r->line_program && strcmp(r->line_program->name, program) != 0) {
        r->line_program = r->line_program->next;
        r->line_node = r->line_program ? r->line_program->first : NULL;
    }
    struct node *n = r->line_node;
    while (n && !(n->result_count > 0 && n->results[0]->id == id))
        n = n->next;
    if (!n)
        lex_fail(&r->lex, at, "program %s has no node %%%" PRId64 " after the one named before",
                 program, id);
    r->line_node = n ? n->next : NULL;
    return n;
}

/* The block ends where `end` stands. */
static void read_lines(struct reader *r)
{
    r->line_program = r->m->programs;
    r->line_node = r->line_program ? r->line_program->first : NULL;
}

static void read_scope_line(struct reader *r)
{
    int64_t id = lex_int(&r->lex, 0, (int64_t)r->m->scope_count - 1);
    struct source_line line = read_source_line(r);
    if (!r->lex.failed)
        r->m->scopes[id].line = line;
}

static void read_node_line(struct reader *r)
{
    struct node *n = find_line_node(r);
    struct source_line line = read_source_line(r);
    if (!r->lex.failed)
        n->line = line;
}

/* ---- statements ------------------------------------------------------------------------------- */

static void read_end(struct reader *r)
{
    lex_expect_end(&r->lex);
    if (lex_next_line(&r->lex))
        lex_fail(&r->lex, r->lex.at, "nothing follows `end`");
}

/* In the order in which they stand in the text. */
static const struct statement {
    const char *word;
    void (*read)(struct reader *);
    bool many;
} statements[] = {
    { "model", read_model_line, false },    { "hash", read_hash, false },
    { "title", read_title, false },         { "loss", read_loss, false },
    { "optimizer", read_optimizer, false }, { "data", read_data, false },
    { "corpus", read_corpus, false },       { "symbols", read_symbols, false },
    { "casing", read_casing, true },        { "cased", read_cased, false },
    { "ignorable", read_ignorable, false }, { "fit", read_fit, false },
    { "sample", read_sample, false },       { "hyper", read_hyper, true },
    { "layer", read_layer, true },          { "scope", read_scope, true },
    { "memory", read_memory, false },       { "param", read_parameter, true },
    { "state", read_state, true },          { "carried", read_carried, true },
    { "kernel", read_kernel, true },        { "program", read_program, true },
    { "lines", read_lines, false },         { "scope", read_scope_line, true },
    { "node", read_node_line, true },       { "end", read_end, false },
};
enum { STATEMENTS = sizeof statements / sizeof *statements };

static int find_statement(struct reader *r, int from)
{
    struct token word = lex_word(&r->lex);
    for (int i = 0; i < STATEMENTS; i++) {
        int k = (from + i) % STATEMENTS; /* `scope` is two statements: the next one is meant */
        if (strlen(statements[k].word) == word.n && memcmp(statements[k].word, word.s, word.n) == 0)
            return k;
    }
    r->lex.at = word.s;
    lex_fail(&r->lex, word.s, "expected a statement such as `param` or `program`, found `%.*s`",
             (int)(word.n ? word.n : 1), word.s);
    return -1;
}

static void read_statements(struct reader *r)
{
    int last = -1, lines = STATEMENTS - 4; /* index of `lines` */
    while (last < STATEMENTS - 1 && lex_next_line(&r->lex)) {
        const char *at = r->lex.at;
        bool again = last >= 0 && statements[last].many;
        int k = find_statement(r, again ? last : last + 1);
        if (k < 0)
            continue;
        const struct statement *s = &statements[k];
        if (last < 0 && k > 0)
            lex_fail(&r->lex, at, "expected `model` first, found `%s`", s->word);
        else if (k < last || (k == last && !s->many))
            lex_fail(&r->lex, at, "`%s` must stand before `%s`%s", s->word, statements[last].word,
                     s->many ? "" : ", and once");
        else if (k > lines && k < STATEMENTS - 1 && last < lines)
            lex_fail(&r->lex, at, "`%s` belongs into the block `lines`", s->word);
        else
            s->read(r);
        lex_expect_end(&r->lex);
        last = k > last ? k : last;
    }
    if (last < STATEMENTS - 1 && r->lex.errors == 0)
        lex_fail(&r->lex, r->lex.at, "the text ends without `end`");
}

/* lstmc-ir 1 STAGE. A file that begins in another way is not ours: one error is enough. */
static bool read_first_line(struct reader *r)
{
    if (!lex_next_line(&r->lex))
        lex_fail(&r->lex, r->lex.at, "the file is empty");
    lex_expect_word(&r->lex, "lstmc");
    lex_expect(&r->lex, '-');
    lex_expect_word(&r->lex, "ir");
    const char *at = (lex_peek(&r->lex), r->lex.at);
    if (!r->lex.failed && lex_int(&r->lex, 0, INT32_MAX) != 1)
        lex_fail(&r->lex, at, "this lstmc reads version 1 of the form");
    r->m->stage = (enum stage)lex_one_of(&r->lex, stage_names);
    lex_expect_end(&r->lex);
    return !r->lex.failed;
}

struct module *module_read(struct arena *a, const char *file, const char *text, size_t length)
{
    struct reader *r = arena_alloc(a, sizeof *r);
    *r = (struct reader){ .m = module_new(a) };
    r->m->inputs = arena_alloc(a, sizeof *r->m->inputs);
    r->m->inputs->path = file;
    r->lex = (struct lexer){ a, file, text, text + length, text, 0, 0, false };
    r->ops.arena = r->globals.arena = r->locals.arena = r->m->scratch;
    const struct arena_mark start = arena_mark(r->m->scratch);
    r->layers_end = &r->m->layers;
    r->hypers_end = &r->m->hypers;
    for (int op = 0; op < OP_COUNT; op++) {
        const char *name = op_table[op].name;
        names_add(&r->ops, (struct token){ name, strlen(name) }, (void *)&op_table[op]);
    }
    if (length > MAX_TEXT)
        lex_fail(&r->lex, text, "the text has %zu bytes; more than %d are refused", length,
                 MAX_TEXT);
    else if (read_first_line(r))
        read_statements(r);
    arena_release(r->m->scratch, start);
    if (r->m->stage == STAGE_PLAN)
        place_weights(r->m);
    return r->lex.errors > 0 ? NULL : r->m;
}
