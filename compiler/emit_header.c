/* The banner of all files, and NAME.h: what users of a model hold in their hands, and what its
 * files share. */
#include "cost.h"
#include "emit_files.h"
#include "emit_memory.h"
#include "emit_steps.h"
#include "emit_text.h"
#include "number.h"
#include "stream.h"
#include "lstmc/model.h"
#include <inttypes.h>
#include <string.h>

/* ---- the banner ------------------------------------------------------------------------------ */

static int64_t parameter_count(const struct module *m)
{
    int64_t n = 0;
    for (const struct tensor *t = m->tensors; t; t = t->next)
        if (t->kind == TENSOR_PARAM && !t->whole)
            n += shape_elements(t->value.type.shape);
    return n;
}

/* What the model is and costs: the same in every file, and found once. */
static const char *find_facts(struct emission *e)
{
    const struct module *m = e->module;
    const struct work *train = find_work(e, "train");
    struct arena *a = e->arena;
    struct buffer out = { .arena = a };
    const char *title = c_comment(a, m->title ? m->title : e->name), *flop = "";
    put_wrapped(&out, " * model  ", " *        ",
                arena_printf(a, "%s, %s, batch %" PRId64 ", steps %" PRId64, title,
                             dtype_words[m->dtype], m->fit.batch, m->data.length));
    if (train)
        flop = arena_printf(a, "%s forward, %s an update; ",
                            flop_text(a, cost_flop_part(train->program, PART_FORWARD)),
                            flop_text(a, cost_flop(train->program)));
    put_wrapped(&out, " * cost   ", " *        ",
                arena_printf(a, "%s%s parameters; work %s", flop,
                             number_grouped(parameter_count(m)).text,
                             number_bytes(m->work_bytes).text));
    return out.text;
}

void put_banner(struct emission *e, const char *file, struct buffer *out)
{
    if (!e->facts)
        e->facts = find_facts(e);
    buffer_printf(out,
                  "/* %s/%s: written by lstmc %s from the spec of model \"%s\".\n"
                  " * Do not edit; change the spec and run lstmc again.\n%s",
                  e->name, file, LSTMC_VERSION, e->name, e->facts);
}

void put_banner_end(struct buffer *out)
{
    buffer_puts(out, " */\n");
}

void put_includes(struct emission *e, struct buffer *out)
{
    buffer_printf(out,
                  "/* Calls one after another: what gcc does beyond this only takes it twice as long. */\n"
                  "#if defined(__GNUC__) && !defined(__clang__)\n"
                  "#pragma GCC optimize(\"O1\")\n"
                  "#endif\n"
                  "#define %s_INTERNAL\n"
                  "#include \"%s.h\"\n"
                  "#include \"kernels.h\"\n",
                  e->upper, e->name);
}

/* ---- how to read the rest -------------------------------------------------------------------- */

/* The step that stands for all others: in the middle of the layer with most time steps, the
 * first such layer. */
static const struct step *typical_step(const struct work *w, enum part part,
                                       const struct scope *scope, int t)
{
    const struct step *best = NULL;
    for (const struct step *s = w ? w->steps : NULL; s; s = s->next) {
        if (!s->form || s->node->part != part || s->node->t < 0 || s->node->op != OP_CALL ||
            !s->node->scope)
            continue;
        if (scope ? s->node->scope == scope && s->node->t == t
                  : s->node->t == w->memory.steps / 2 && !best)
            best = s;
    }
    return best;
}

static void put_guide(struct emission *e, struct buffer *out)
{
    const struct work *train = find_work(e, "train");
    const struct step *forward = typical_step(train, PART_FORWARD, NULL, 0);
    const struct step *backward =
        forward ? typical_step(train, PART_BACKWARD, forward->node->scope, forward->node->t) : NULL;
    buffer_puts(out, " *\n");
    if (backward) {
        const char *title =
            arena_printf(e->arena, "%s, t = %d", c_comment(e->arena, forward->node->scope->name),
                         forward->node->t);
        put_wrapped(
            out, " *", " *",
            arena_printf(
                e->arena,
                "How to read the rest. Take one paragraph of forward.c, `%s` in train_*, and its "
                "twin of the same title in "
                "backward.c. They call k->%s and k->%s: find these names in kernels.inc, where "
                "each "
                "function is preceded by its equations. The other time steps differ in t only, the "
                "program grads is the same with nothing left out at random, and its forward part "
                "evaluates. Then update.c, and sample.c, which is the model with a batch of 1.",
                title, forward->form->name, backward->form->name));
    } else {
        buffer_puts(out, " * How to read the rest. forward.c, backward.c and update.c are one "
                         "update, sample.c is the prediction;\n"
                         " * their functions call those of kernels.inc.\n");
    }
    put_wrapped(
        out, " *", " *",
        arena_printf(
            e->arena,
            "Addresses: p the weights, s the states, w the memory in which a program works; k is "
            "the "
            "table of kernels for one instruction set, me the worker, rows30 his share of 30 rows. "
            "lstmc_phase tells `bench` where an update's time goes. A comment %%412 at the end of "
            "a "
            "call is the number of its result in %s.ir, the model as lstmc compiled it.",
            e->name));
}

/* ---- weights and states ---------------------------------------------------------------------- */

struct regions arena_regions(const struct module *m)
{
    struct regions r = { .optimizer = m->param_bytes, .work = m->param_bytes + m->state_bytes };
    r.carried = r.work;
    for (const struct tensor *t = m->tensors; t; t = t->next) {
        const int64_t at = m->param_bytes + t->value.place.offset;
        if (t->kind == TENSOR_CARRIED && at < r.carried)
            r.carried = at;
    }
    r.packed = r.work + packed_offset(m);
    r.end = r.work + (packed_end(m) > m->work_bytes ? packed_end(m) : m->work_bytes);
    return r;
}

bool has_tensors(const struct module *m, enum tensor_kind kind)
{
    const struct tensor *t = m->tensors;
    while (t && t->kind != kind)
        t = t->next;
    return t;
}

int64_t tensor_room(const struct value *v)
{
    const struct shape s = stored_shape(v->type);
    return (shape_rows(s) - 1) * v->place.stride + shape_cols(s);
}

static const char *tensor_text(struct arena *a, const struct value *v)
{
    const char *shape = shape_text(a, v->type.shape);
    const int parts = v->type.layout.parts; /* 0: plain rows */
    return parts > 1    ? arena_printf(a, "%s in panels, %d parts in turn", shape, parts)
           : parts == 1 ? arena_printf(a, "%s in panels", shape)
                        : shape;
}

static const struct value *value_seen(const struct tensor *t, bool plain)
{
    return plain ? &t->plain : &t->value;
}

/* Named arrays at the places of the plan, which begin `base` bytes into their region. */
static void put_tensors(struct emission *e, enum tensor_kind kind, const char *what, int64_t base,
                        bool plain, struct buffer *out)
{
    if (!has_tensors(e->module, kind))
        return;
    buffer_printf(out, "struct %s_%s {\n", e->name, what);
    for (const struct tensor *t = e->module->tensors; t; t = t->next)
        if (t->whole && t->kind == kind)
            buffer_printf(out, "    /* %s: columns %" PRId64 " to %" PRId64 " of %s */\n", t->name,
                          t->col, t->col + shape_cols(t->value.type.shape) - 1,
                          tensor_field(t->whole));
        else if (t->kind == kind)
            buffer_printf(out, "    _Alignas(64) %s %s[%" PRId64 "]; /* %s */\n", e->real,
                          tensor_field(t), tensor_room(value_seen(t, plain)),
                          tensor_text(e->arena, value_seen(t, plain)));
    buffer_puts(out, "};\n");
    for (const struct tensor *t = e->module->tensors; t; t = t->next)
        if (t->kind == kind && !t->whole)
            put_list(out, 0, "_Static_assert(",
                     (const char *[]){
                         arena_printf(e->arena, "offsetof(struct %s_%s, %s) == %" PRId64, e->name,
                                      what, tensor_field(t),
                                      value_seen(t, plain)->place.offset - base),
                         arena_printf(e->arena, "\"%s\"", t->name),
                     },
                     2, ");\n");
    buffer_puts(out, "\n");
}

/* ---- what users see -------------------------------------------------------------------------- */

static void put_sizes(struct emission *e, struct buffer *out)
{
    const struct data *d = &e->module->data;
    buffer_printf(out,
                  "#define %s_SYMBOLS %d\n#define %s_STEPS %" PRId64 "\n#define %s_BATCH %" PRId64
                  "\n\n",
                  e->upper, d->symbol_count, e->upper, d->length, e->upper, e->module->fit.batch);
    buffer_printf(out,
                  "/* Code points, sorted; a symbol is an index in this table. */\nextern const "
                  "uint32_t %s_symbols[];\n\n",
                  e->name);
    buffer_puts(out, "/* Under the names that checkpoints have, with _ for the point. */\n");
}

static void put_interface(struct emission *e, const struct work *step, struct buffer *out)
{
    const char *name = e->name, *upper = e->upper;
    if (!step) {
        buffer_printf(out,
                      "/* This model reads a whole window for each prediction: there is no %s_step "
                      "that carries a state. */\n\n",
                      name);
        return;
    }
    buffer_puts(out, "/* What one stream of symbols needs: the state that is carried, and room to "
                     "compute. */\n");
    buffer_printf(out, "struct %s_state {\n", name);
    if (has_tensors(e->module, TENSOR_CARRIED))
        buffer_printf(out, "    struct %s_carried carried;\n", name);
    buffer_printf(out, "    _Alignas(64) %s work[%" PRId64 "];\n};\n\n", e->real,
                  step->program->work_bytes / (int64_t)elem_bytes(e->module, ELEM_REAL));
    buffer_printf(
        out,
        "/* Before the first symbol. */\n"
        "void %s_reset(struct %s_state *state);\n\n"
        "/* Takes one symbol and gives the probabilities of the next. Runs on the kernels that\n"
        " * %s_KERNELS names when sample.c is compiled: %s_baseline, which runs everywhere, "
        "unless\n"
        " * it is defined as %s_avx2 or %s_avx512. */\n"
        "void %s_step(const struct %s_weights *weights, struct %s_state *state, int symbol,\n"
        "    %s p[%s_SYMBOLS]);\n\n",
        name, name, upper, name, name, name, name, name, name, e->real, upper);
}

/* ---- what the files beside it share ---------------------------------------------------------- */

static void put_regions(struct emission *e, struct buffer *out)
{
    const struct regions r = arena_regions(e->module);
    const char *name = e->name, *upper = e->upper;
    buffer_printf(out,
                  "/* The arena of a trainer, in bytes: the weights, the states of the optimizer, "
                  "the carried state, and\n"
                  " * the memory in which the programs work, one after the other. */\n"
                  "#define %s_OPTIMIZER %" PRId64 "\n#define %s_CARRIED %" PRId64
                  "\n#define %s_WORK %" PRId64 "\n"
                  "#define %s_ARENA %" PRId64 "\n\n",
                  upper, r.optimizer, upper, r.carried, upper, r.work, upper, r.end);
    const char *weights = weights_of_training(e->module);
    buffer_printf(out,
                  "static inline struct %s_%s *%s_%s(const struct lstmc_call *call)\n{\n"
                  "    return (struct %s_%s *)call->arena;\n}\n\n",
                  name, weights, name, weights, name, weights);
    if (has_tensors(e->module, TENSOR_STATE))
        buffer_printf(
            out,
            "static inline struct %s_optimizer *%s_optimizer(const struct lstmc_call *call)\n{\n"
            "    return (struct %s_optimizer *)(call->arena + %s_OPTIMIZER);\n}\n\n",
            name, name, name, upper);
    if (has_tensors(e->module, TENSOR_CARRIED))
        buffer_printf(
            out,
            "static inline struct %s_carried *%s_carried(const struct lstmc_call *call)\n{\n"
            "    return (struct %s_carried *)(call->arena + %s_CARRIED);\n}\n\n",
            name, name, name, upper);
    buffer_printf(out,
                  "static inline %s *%s_work(const struct lstmc_call *call)\n{\n"
                  "    return (%s *)(call->arena + %s_WORK);\n}\n\n",
                  e->real, name, e->real, upper);
    if (module_streams(e->module))
        buffer_printf(
            out,
            "/* %s */\n"
            "#define %s_PACKED %" PRId64 "\n"
            "static inline struct %s_weights *%s_packed(const struct lstmc_call *call)\n{\n"
            "    return (struct %s_weights *)(call->arena + %s_PACKED);\n}\n\n",
            has_panels(e->module)
                ? "The weights as predictions have them: packed where products read them, else as they are."
                : "The weights that the products of a prediction read, packed: each in its room.",
            upper, r.packed, name, name, name, upper);
}

static void put_programs(struct emission *e, struct buffer *out)
{
    buffer_puts(out,
                "/* The programs, and their parts in forward.c, backward.c and update.c. */\n");
    for (const struct work *w = e->works; w; w = w->next) {
        for (const struct segment *g = w->segments; g && !w->predicts; g = g->next)
            buffer_printf(out, "lstmc_program %s;\n", g->name);
        if (w->segments)
            buffer_printf(out, "lstmc_program %s;\n", program_function(e, w->program->name));
        if (w->predicts)
            buffer_printf(out, "extern lstmc_program *const %s_%s_phases[%d];\n", e->name,
                          strcmp(w->program->name, "sample") == 0 ? "step" : w->program->name,
                          count_phases(w));
    }
    if (can_evaluate(e))
        buffer_printf(out, "lstmc_program %s;\n", program_function(e, "eval"));
    if (module_streams(e->module))
        buffer_printf(out, "lstmc_program %s_pack;\n", e->name);
}

static void put_internals(struct emission *e, struct buffer *out)
{
    buffer_printf(
        out,
        "/* ---- for the files beside this one ---- */\n"
        "#if defined(%s_INTERNAL)\n"
        "#include <lstmc/model.h>\n"
        "#if LSTMC_ABI != %d\n"
        "#error \"written by another version of lstmc than these headers: run lstmc again\"\n"
        "#endif\n\n",
        e->upper, LSTMC_ABI);
    if (has_panels(e->module)) {
        buffer_puts(out,
                    "/* The weights as training has them: some in panels of 16 columns, which stand below each\n"
                    " * other as products read them; first those that begin the parts (the gates), then the next\n"
                    " * of each; zeros fill the last. */\n");
        put_tensors(e, TENSOR_PARAM, weights_of_training(e->module), 0, false, out);
    }
    put_tensors(e, TENSOR_STATE, "optimizer", 0, false, out);
    put_regions(e, out);
    buffer_printf(out, "/* Places in the work memory, in %ss; (t) for time step t. */\n", e->real);
    for (const struct work *w = e->works; w; w = w->next)
        memory_define(e, &w->memory, out);
    buffer_puts(out, "\n");
    put_programs(e, out);
    buffer_printf(out, "\nextern const struct lstmc_model %s_model;\n#endif\n", e->name);
}

void put_header(struct emission *e, struct buffer *out)
{
    const struct regions r = arena_regions(e->module);
    put_banner(e, arena_printf(e->arena, "%s.h", e->name), out);
    put_guide(e, out);
    put_banner_end(out);
    buffer_printf(out, "#ifndef %s_H\n#define %s_H\n#include <stddef.h>\n#include <stdint.h>\n\n",
                  e->upper, e->upper);
    put_sizes(e, out);
    put_tensors(e, TENSOR_PARAM, "weights", 0, true, out);
    put_tensors(e, TENSOR_CARRIED, "carried", r.carried - r.optimizer, false, out);
    put_interface(e, find_work(e, "sample"), out);
    put_internals(e, out);
    buffer_puts(out, "#endif\n");
}
