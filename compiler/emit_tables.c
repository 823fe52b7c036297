/* tables.c: what the runtime knows of a model, as one constant; and main.c. */
#include "cost.h"
#include "diag.h"
#include "emit_files.h"
#include "emit_memory.h"
#include "emit_steps.h"
#include "emit_text.h"
#include "ir_text.h"
#include "phase.h"
#include "stream.h"
#include <inttypes.h>
#include <string.h>

/* ---- tensors --------------------------------------------------------------------------------- */

static const char *const init_names[] = {
    [INIT_ZEROS] = "LSTMC_ZEROS",           [INIT_ONES] = "LSTMC_ONES",
    [INIT_CONSTANT] = "LSTMC_CONSTANT",     [INIT_UNIFORM] = "LSTMC_UNIFORM",
    [INIT_NORMAL] = "LSTMC_NORMAL",         [INIT_GLOROT_UNIFORM] = "LSTMC_GLOROT_UNIFORM",
    [INIT_ORTHOGONAL] = "LSTMC_ORTHOGONAL",
};

static const char *number(struct emission *e, double x)
{
    return c_number(e->arena, x, DTYPE_FLOAT64);
}

static void put_inits(struct emission *e, const struct tensor *t, struct buffer *out)
{
    buffer_printf(out, "static const struct lstmc_init init_%s[] = {\n", tensor_field(t));
    for (int i = 0; i < t->init_count; i++) {
        const struct init *init = &t->inits[i];
        buffer_printf(out, "    { %s, %s, %s, %" PRId64 ", %" PRId64 ", %d },\n",
                      init_names[init->kind], number(e, init->a), number(e, init->b), init->start,
                      init->stop, init->stream);
    }
    buffer_puts(out, "};\n");
}

/* Does it lie otherwise than in a checkpoint, in panels or beside others? */
static bool is_sorted(const struct tensor *t)
{
    return t->whole || t->value.type.layout.lanes;
}

/* Plain rows are a panel of all columns. */
static void put_columns(struct emission *e, const struct tensor *t, const char *offset,
                        struct buffer *out)
{
    const struct type type = tensor_home(t)->value.type;
    const struct layout panels =
        type.layout.lanes ? type.layout : (struct layout){ 1, (int)type.shape.dim[1] };
    const char *args[] = {
        tensor_field(t),
        offset,
        c_integer(e->arena, (int64_t)elem_bytes(e->module, ELEM_REAL)),
        arena_printf(e->arena, "{ %" PRId64 ", %" PRId64 ", %d, %d, %" PRId64 ", %" PRId64 " }",
                     type.shape.dim[0], type.shape.dim[1], panels.parts, panels.lanes, t->col,
                     t->value.type.shape.dim[1]),
    };
    put_list(out, 0, "COLUMNS(", args, 4, ")\n");
}

static void put_copy(struct emission *e, const struct tensor *t, struct buffer *out)
{
    const struct value *v = &tensor_home(t)->value;
    const char *base =
        t->kind == TENSOR_STATE ? arena_printf(e->arena, "%s_OPTIMIZER + ", e->upper) : "";
    const char *offset = arena_printf(e->arena, "%s%" PRId64, base, v->place.offset);
    const char *field = tensor_field(t);
    if (is_sorted(t))
        put_columns(e, t, offset, out);
    else if (tensor_room(v) != shape_elements(v->type.shape))
        die("$%s lies with gaps between its rows", t->name);
    else
        buffer_printf(out, "COPIES(%s, %s, %" PRId64 ")\n", field, offset,
                      tensor_room(v) * (int64_t)elem_bytes(e->module, ELEM_REAL));
}

static bool has_sorted(const struct module *m)
{
    const struct tensor *t = m->tensors;
    while (t && !is_sorted(t))
        t = t->next;
    return t;
}

/* What lies in the arena as in a checkpoint is copied, and the rest sorted. */
static void put_copies(struct emission *e, struct buffer *out)
{
    buffer_puts(out,
                "/* Between the arena and a plain array of the tensor. */\n"
                "#define COPIES(name, offset, bytes)                                       \\\n"
                "    static void load_##name(unsigned char *arena, const void *plain)      \\\n"
                "    {                                                                     \\\n"
                "        memcpy(arena + (offset), plain, bytes);                           \\\n"
                "    }                                                                     \\\n"
                "    static void store_##name(const unsigned char *arena, void *plain)     \\\n"
                "    {                                                                     \\\n"
                "        memcpy(plain, arena + (offset), bytes);                           \\\n"
                "    }\n");
    if (has_sorted(e->module))
        buffer_puts(out,
                    "/* The same of some columns of what lies in panels: which they are. */\n"
                    "#define COLUMNS(name, offset, size, ...)                                  \\\n"
                    "    static const struct lstmc_columns columns_##name = __VA_ARGS__;       \\\n"
                    "    static void load_##name(unsigned char *arena, const void *plain)      \\\n"
                    "    {                                                                     \\\n"
                    "        lstmc_to_panels(arena + (offset), plain, size, &columns_##name);  \\\n"
                    "    }                                                                     \\\n"
                    "    static void store_##name(const unsigned char *arena, void *plain)     \\\n"
                    "    {                                                                     \\\n"
                    "        lstmc_from_panels(plain, arena + (offset), size, &columns_##name);\\\n"
                    "    }\n");
    for (const struct tensor *t = e->module->tensors; t; t = t->next)
        if (t->kind != TENSOR_CARRIED && !t->joint)
            put_copy(e, t, out);
    buffer_puts(out, "\n");
}

static void put_tensor_table(struct emission *e, enum tensor_kind kind, const char *name,
                             struct buffer *out)
{
    if (!has_tensors(e->module, kind))
        return;
    for (const struct tensor *t = e->module->tensors; t; t = t->next)
        if (t->kind == kind && t->init_count > 0)
            put_inits(e, t, out);
    buffer_printf(out, "\nstatic const struct lstmc_tensor %s[] = {\n", name);
    for (const struct tensor *t = e->module->tensors; t; t = t->next) {
        const struct shape s = t->value.type.shape;
        const char *field = tensor_field(t), *dims = "";
        if (t->kind != kind || t->joint)
            continue;
        for (int i = 0; i < s.rank; i++)
            dims = arena_printf(e->arena, "%s%s%" PRId64, dims, i ? ", " : "", s.dim[i]);
        const char *inits = t->init_count > 0 ? arena_printf(e->arena, "init_%s", field) : "NULL";
        buffer_printf(out, "    { \"%s\", %d, %d, { %s }, %s, load_%s, store_%s },\n", t->name,
                      s.rank, t->init_count, s.rank > 0 ? dims : "0", inits, field, field);
    }
    buffer_puts(out, "};\n\n");
}

/* The parameters that predictions can have packed, by their place in the table. */
static void put_packed(struct emission *e, struct buffer *out)
{
    int i = 0;
    const char *comma = "";
    const struct table streamed = streamed_tensors(e->module, e->arena);
    if (streamed.count == 0)
        return;
    buffer_puts(out, "static const int packed[] = { ");
    for (const struct tensor *t = e->module->tensors; t; t = t->next) {
        if (t->kind != TENSOR_PARAM || t->joint)
            continue;
        if (is_streamed(&streamed, tensor_home(t))) {
            buffer_printf(out, "%s%d", comma, i);
            comma = ", ";
        }
        i++;
    }
    buffer_puts(out, " };\n\n");
}

static int count_tensors(const struct module *m, enum tensor_kind kind)
{
    int n = 0;
    for (const struct tensor *t = m->tensors; t; t = t->next)
        n += t->kind == kind && !t->joint;
    return n;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void put_casings(const struct data *d, struct buffer *out)
{
    if (d->casing_count > 0)
        buffer_puts(out, "/* What lower-casing takes for the symbols. */\nstatic const struct "
                         "lstmc_casing casings[] = {\n");
    for (int i = 0; i < d->casing_count; i++) {
        const struct casing *c = &d->casings[i];
        buffer_printf(out, "    { %" PRIu32 ", %d, { %" PRIu32 ", %" PRIu32 ", %" PRIu32 " } },\n",
                      c->from, c->count, c->to[0], c->to[1], c->to[2]);
    }
    buffer_puts(out, d->casing_count > 0 ? "};\n\n" : "");
}

static void put_ranges(const char *name, const struct code_range *ranges, int n, struct buffer *out)
{
    if (n > 0)
        buffer_printf(out, "static const struct lstmc_code_range %s[] = {\n", name);
    for (int i = 0; i < n; i++)
        buffer_printf(out, "    { %" PRIu32 ", %" PRIu32 " },\n", ranges[i].first, ranges[i].last);
    buffer_puts(out, n > 0 ? "};\n\n" : "");
}

/* What is compiled in, a line each, so that a trainer can say how a checkpoint differs. */
static void put_compiled(struct emission *e, struct buffer *out)
{
    const struct module *m = e->module;
    const struct data *d = &m->data;
    struct arena *a = e->arena;
    const char *lines[] = {
        arena_printf(a, "model: %s\n", m->name),
        arena_printf(a, "dtype: %s\n", dtype_words[m->dtype]),
        arena_printf(a, "layers: %s\n", m->title ? m->title : ""),
        arena_printf(a, "loss: %s\n", m->loss ? m->loss : ""),
        arena_printf(a, "optimizer: %s\n", m->optimizer ? m->optimizer : ""),
        arena_printf(a, "window: %" PRId64 " characters, stride %" PRId64 "\n", d->length,
                     d->stride),
        arena_printf(a, "input: %s, predict %s\n", input_words[d->input],
                     predict_words[d->predict]),
        arena_printf(a, "batch: %" PRId64 "\n", m->fit.batch),
        arena_printf(a, "text: %s, %d symbols\n", d->lowercase ? "lower-cased" : "as it is",
                     d->symbol_count),
    };
    buffer_puts(out, "static const char compiled[] =");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        buffer_printf(out, "\n    %s", c_string(a, lines[i]));
    for (const struct layer *l = m->layers; l; l = l->next)
        buffer_printf(out, "\n    %s",
                      c_string(a, arena_printf(a, "layer %s: %s\n", l->name, l->text)));
    buffer_puts(out, ";\n\n");
}

static void put_hypers(struct emission *e, struct buffer *out)
{
    if (!e->module->hypers)
        return;
    buffer_puts(out, "static const struct lstmc_hyper hypers[] = {\n");
    for (const struct hyper *h = e->module->hypers; h; h = h->next)
        buffer_printf(out, "    { \"%s\", %s }, /* %s */\n", h->name, number(e, h->value),
                      plain_number(e->arena, h->value));
    buffer_puts(out, "};\n\n");
}

static void put_layers(struct emission *e, struct buffer *out)
{
    if (!e->module->layers)
        return;
    buffer_puts(out, "static const struct lstmc_layer layers[] = {\n");
    for (const struct layer *l = e->module->layers; l; l = l->next)
        buffer_printf(out, "    { \"%s\", \"%s\", %s, %s, %" PRId64 " },\n", l->name, l->kind,
                      c_string(e->arena, l->text), c_string(e->arena, l->output), l->parameters);
    buffer_puts(out, "};\n\n");
}

/* ---- slots ----------------------------------------------------------------------------------- */

/* Where the runtime puts or finds a value: whole rows without gaps. */
static const char *slot(struct emission *e, const struct value *v)
{
    if (!v)
        return "{ 0, 0 }";
    const int64_t elements = shape_elements(v->type.shape);
    if (v->place.region != REGION_WORK ||
        value_extent(e->module, v) != elements * unit_bytes(e->module, v->type.elem))
        die("%%%d is handed to the runtime, but does not lie in one piece of the work memory",
            v->id);
    return arena_printf(e->arena, "{ %s_WORK + %" PRId64 ", %" PRId64 " }", e->upper,
                        v->place.offset, elements);
}

static void put_training_slots(struct emission *e, const char *program, struct buffer *out)
{
    const struct work *w = find_work(e, program);
    if (!w)
        return;
    const struct program *p = w->program;
    buffer_printf(out, "    .%s = %s,\n    .%s_slots = {\n", program, program_function(e, program),
                  program);
    buffer_printf(out, "        .x = %s,\n", slot(e, program_input(p, "x")));
    buffer_printf(out, "        .y = %s,\n", slot(e, program_input(p, "y")));
    buffer_printf(out, "        .weight = %s,\n", slot(e, program_input(p, "weight")));
    buffer_printf(out, "        .loss = %s,\n", slot(e, program_result(p, "loss")));
    buffer_printf(out, "        .correct = %s,\n    },\n", slot(e, program_result(p, "correct")));
}

static void put_prediction_slots(struct emission *e, const char *program, const char *prefix,
                                 struct buffer *out)
{
    const struct work *w = find_work(e, program);
    if (!w)
        return;
    buffer_printf(out, "    .%s_phase_count = %d,\n    .%s_phases = %s_%s_phases,\n", prefix,
                  count_phases(w), prefix, e->name, prefix);
    buffer_printf(out, "    .%s_slots = { .x = %s, .p = %s },\n", prefix,
                  slot(e, program_input(w->program, "x")),
                  slot(e, program_result(w->program, "p")));
}

static void put_gradient_slots(struct emission *e, struct buffer *out)
{
    const struct work *grads = find_work(e, "grads");
    if (!grads)
        return;
    buffer_puts(out, "/* The gradients, in the order of the parameters. */\nstatic const struct "
                     "lstmc_slot gradients[] = {\n");
    for (const struct tensor *t = e->module->tensors; t; t = t->next)
        if (t->kind == TENSOR_PARAM && !t->joint)
            buffer_printf(out, "    %s, /* %s */\n",
                          slot(e, program_result(grads->program, t->name)), t->name);
    buffer_puts(out, "};\n\n");
}

/* ---- the model ------------------------------------------------------------------------------- */

static const char *string(struct emission *e, const char *s)
{
    return c_string(e->arena, s ? s : "");
}

static void put_facts(struct emission *e, struct buffer *out)
{
    const struct module *m = e->module;
    const struct data *d = &m->data;
    buffer_printf(out,
                  "    .abi = LSTMC_ABI,\n    .version = LSTMC_VERSION,\n    .name = \"%s\",\n",
                  e->name);
    buffer_printf(out, "    .title = %s,\n    .spec_hash = \"%s\",\n    .compiled = compiled,\n",
                  string(e, m->title), m->hash);
    buffer_printf(out, "    .loss = %s,\n    .optimizer = %s,\n", string(e, m->loss),
                  string(e, m->optimizer));
    static const char *const dtypes[] = { [DTYPE_FLOAT32] = "LSTMC_FLOAT32",
                                          [DTYPE_FLOAT64] = "LSTMC_FLOAT64",
                                          [DTYPE_MIXED_BFLOAT16] = "LSTMC_MIXED_BFLOAT16" };
    buffer_printf(out, "    .dtype = %s,\n\n", dtypes[m->dtype]);
    buffer_printf(out,
                  "    .corpus = %s,\n    .corpus_hash = %s,\n    .characters = %" PRId64 ",\n",
                  string(e, d->corpus), string(e, d->sha256), d->characters);
    buffer_printf(out,
                  "    .steps = %" PRId64 ",\n    .stride = %" PRId64 ",\n    .batch = %" PRId64
                  ",\n    .every = %d,\n",
                  d->length, d->stride, m->fit.batch, d->predict == PREDICT_EVERY);
    buffer_printf(out, "    .input = %s,\n    .lowercase = %d,\n",
                  d->input == INPUT_SCALED ? "LSTMC_SCALED" : "LSTMC_INDICES", d->lowercase);
    buffer_printf(out, "    .symbol_count = %s_SYMBOLS,\n    .symbols = %s_symbols,\n", e->upper,
                  e->name);
    if (d->casing_count > 0)
        buffer_printf(out, "    .casing_count = %d,\n    .casings = casings,\n", d->casing_count);
    if (d->cased_count > 0)
        buffer_printf(out, "    .cased_count = %d,\n    .cased = cased,\n", d->cased_count);
    if (d->ignorable_count > 0)
        buffer_printf(out, "    .ignorable_count = %d,\n    .ignorable = ignorable,\n",
                      d->ignorable_count);
}

static void put_defaults(struct emission *e, struct buffer *out)
{
    const struct module *m = e->module;
    int hypers = 0;
    for (const struct hyper *h = m->hypers; h; h = h->next)
        hypers++;
    buffer_printf(out,
                  "\n    .epochs = %" PRId64 ",\n    .shuffle = %d,\n    .validation_split = %s,\n",
                  m->fit.epochs, m->fit.shuffle, number(e, m->fit.validation_split));
    buffer_printf(
        out, "    .sample_length = %" PRId64 ",\n    .window_mode = %d,\n    .temperature = %s,\n",
        m->sample.length, m->sample.window, number(e, m->sample.temperature));
    buffer_printf(out, "    .top_k = %" PRId64 ",\n    .top_p = %s,\n", m->sample.top_k,
                  number(e, m->sample.top_p));
    if (hypers > 0)
        buffer_printf(out, "    .hyper_count = %d,\n    .hypers = hypers,\n", hypers);
}

static void put_memory(struct emission *e, struct buffer *out)
{
    const struct module *m = e->module;
    const struct work *train = find_work(e, "train");
    const struct regions r = arena_regions(m);
    int layers = 0;
    for (const struct layer *l = m->layers; l; l = l->next)
        layers++;
    buffer_printf(out,
                  "\n    .arena_bytes = %s_ARENA,\n    .param_bytes = %" PRId64
                  ",\n    .state_bytes = %" PRId64 ",\n    .work_bytes = %" PRId64 ",\n",
                  e->upper, m->param_bytes, m->state_bytes, m->work_bytes);
    if (train) {
        buffer_printf(out,
                      "    .flop_update = %s,\n    .flop_forward = %s,\n    .flop_phases = {\n",
                      number(e, cost_flop(train->program)),
                      number(e, cost_flop_part(train->program, PART_FORWARD)));
        for (enum lstmc_phase i = 0; i < LSTMC_PHASES; i++)
            buffer_printf(out, "        [%s] = %s,\n", phase_word(i),
                          number(e, phase_flop(train->program, i)));
        buffer_puts(out, "    },\n");
    }
    if (has_tensors(m, TENSOR_PARAM))
        buffer_printf(out, "    .param_count = %d,\n    .params = params,\n",
                      count_tensors(m, TENSOR_PARAM));
    if (has_tensors(m, TENSOR_STATE))
        buffer_printf(out, "    .state_count = %d,\n    .states = states,\n",
                      count_tensors(m, TENSOR_STATE));
    if (layers > 0)
        buffer_printf(out, "    .layer_count = %d,\n    .layers = layers,\n", layers);
    if (r.carried < r.work)
        buffer_printf(out, "    .carried = { %s_CARRIED, %" PRId64 " },\n", e->upper,
                      r.work - r.carried);
}

void put_tables(struct emission *e, struct buffer *out)
{
    const struct data *d = &e->module->data;
    put_banner(e, "tables.c", out);
    put_banner_end(out);
    put_includes(e, out);
    buffer_puts(out, "#include <string.h>\n\n");
    put_copies(e, out);
    put_tensor_table(e, TENSOR_PARAM, "params", out);
    put_packed(e, out);
    put_tensor_table(e, TENSOR_STATE, "states", out);
    put_casings(d, out);
    put_ranges("cased", d->cased, d->cased_count, out);
    put_ranges("ignorable", d->ignorable, d->ignorable_count, out);
    put_hypers(e, out);
    put_layers(e, out);
    put_compiled(e, out);
    put_gradient_slots(e, out);
    buffer_puts(out, "static const struct lstmc_isa isas[] = {\n#if defined(__x86_64__)\n");
    if (e->module->dtype == DTYPE_MIXED_BFLOAT16)
        buffer_printf(out, "    { \"amx\", &%s_amx },\n    { \"avx512_bf16\", &%s_avx512_bf16 },\n",
                      e->name, e->name);
    buffer_printf(out,
                  "    { \"avx512\", &%s_avx512 },\n"
                  "    { \"avx2\", &%s_avx2 },\n"
                  "#endif\n"
                  "    { \"baseline\", &%s_baseline },\n"
                  "};\n\n",
                  e->name, e->name, e->name);
    buffer_printf(out, "const struct lstmc_model %s_model = {\n", e->name);
    put_facts(e, out);
    put_defaults(e, out);
    put_memory(e, out);
    buffer_puts(out, "\n    .isa_count = sizeof isas / sizeof *isas,\n    .isas = isas,\n");
    put_training_slots(e, "train", out);
    put_training_slots(e, "grads", out);
    if (find_work(e, "grads"))
        buffer_puts(out, "    .grads_results = gradients,\n");
    if (can_evaluate(e))
        buffer_printf(out, "    .eval = %s,\n", program_function(e, "eval"));
    put_prediction_slots(e, "sample", "step", out);
    put_prediction_slots(e, "window", "window", out);
    if (module_streams(e->module))
        buffer_printf(out,
                      "    .pack = %s_pack,\n"
                      "    .packed_count = sizeof packed / sizeof *packed,\n"
                      "    .packed = packed,\n",
                      e->name);
    buffer_puts(out, "};\n");
}

void put_main(struct emission *e, struct buffer *out)
{
    put_banner(e, "main.c", out);
    put_banner_end(out);
    buffer_printf(out,
                  "#define %s_INTERNAL\n#include \"%s.h\"\n\n"
                  "int main(int argc, char **argv)\n"
                  "{\n"
                  "    return lstmc_main(&%s_model, argc, argv);\n"
                  "}\n",
                  e->upper, e->name, e->name);
}
