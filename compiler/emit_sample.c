/* sample.c: the programs that predict, a function for each phase: at a barrier it is the caller
 * who waits. */
#include "emit_files.h"
#include "emit_memory.h"
#include "emit_piece.h"
#include "emit_steps.h"
#include "emit_stream.h"
#include "emit_text.h"
#include "stream.h"
#include <inttypes.h>
#include <string.h>

static const struct step *fill_phase(struct piece *p, const struct step *s)
{
    const struct step *last = NULL;
    for (; s && s->form; s = s->next) {
        piece_add(p, s, last);
        last = s;
    }
    return s;
}

/* The phases of a program, as functions name_0, name_1, ...; returns how many. */
static int put_phases(struct emission *e, const struct work *w, const char *name,
                      void put(const struct piece *, const char *, struct buffer *),
                      struct buffer *out)
{
    int phases = 0;
    for (const struct step *s = w->steps; s;) {
        struct piece p = piece_in(e, w);
        s = fill_phase(&p, s);
        s = s ? s->next : NULL; /* behind the barrier */
        if (p.statements.length)
            put(&p, arena_printf(e->arena, "%s_%d", name, phases++), out);
    }
    return phases;
}

static void put_step_phase(const struct piece *p, const char *name, struct buffer *out)
{
    buffer_printf(out, "static void %s(struct tools x, const struct lstmc_worker *me)\n{\n%s}\n\n",
                  name, p->statements.text);
}

static void put_window_phase(const struct piece *p, const char *name, struct buffer *out)
{
    buffer_printf(out,
                  "static void %s(const struct lstmc_call *call, struct lstmc_worker *me)\n"
                  "{\n"
                  "    const struct tools x = tools_of(call);\n"
                  "\n%s}\n\n",
                  name, p->statements.text);
}

static void put_phase_table(struct emission *e, const char *table, const char *name, int phases,
                            struct buffer *out)
{
    const char **entries = arena_new_array(e->arena, const char *, phases);
    for (int i = 0; i < phases; i++)
        entries[i] = arena_printf(e->arena, "%s_%d", name, i);
    buffer_printf(out, "lstmc_program *const %s_%s[] = {\n", e->name, table);
    put_list(out, 4, "", entries, phases, "\n};\n");
}

static void put_tools(struct emission *e, struct buffer *out)
{
    const char *model = e->name, *carried = "", *its_carried = "", *read = "", *its_read = "";
    const char *packed = arena_printf(e->arena, "%s_packed", model);
    if (has_tensors(e->module, TENSOR_CARRIED)) {
        carried = arena_printf(e->arena, "    struct %s_carried *s;\n", model);
        its_carried = arena_printf(e->arena, "        .s = %s_carried(call),\n", model);
    }
    if (module_streams(e->module)) {
        read = arena_printf(e->arena,
                            "    const struct %s_weights *b;  /* the weights as the products read "
                            "them */\n"
                            "    const struct %s_products *m; /* that do so */\n",
                            model, model);
        its_read = arena_printf(
            e->arena,
            "        .b = %s(call),\n"
            "        .m = &k->products[call->weights],\n",
            has_panels(e->module)
                ? packed
                : arena_printf(e->arena, "call->weights == LSTMC_PLAIN ? %s_weights(call) : %s",
                               model, packed));
    }
    buffer_printf(out,
                  "/* What a phase works with: in a trainer parts of its arena, elsewhere what the "
                  "caller of\n"
                  " * %s_step has. */\n"
                  "struct tools {\n"
                  "    const struct %s_weights *p;\n"
                  "%s"
                  "    %s *w;\n"
                  "    const struct %s_kernels *k;\n"
                  "%s"
                  "};\n\n",
                  model, model, carried, e->real, model, read);
    buffer_printf(out,
                  "static struct tools tools_of(const struct lstmc_call *call)\n"
                  "{\n"
                  "    const struct %s_kernels *k = call->kernels;\n"
                  "    return (struct tools){\n"
                  "        .p = %s_%s(call),\n"
                  "%s"
                  "        .w = %s_work(call),\n"
                  "        .k = k,\n"
                  "%s"
                  "    };\n"
                  "}\n\n",
                  model, model, has_panels(e->module) ? "packed" : "weights", its_carried, model,
                  its_read);
}

/* The one step that carries its state, for users of NAME.h and, phase by phase, for the trainer. */
static void put_stateful(struct emission *e, const struct work *w, struct buffer *out)
{
    const char *model = e->name, *upper = e->upper;
    const struct memory *m = &w->memory;
    const struct value *x = program_input(w->program, "x"), *p = program_result(w->program, "p");
    const int phases = put_phases(e, w, "step", put_step_phase, out);
    for (int i = 0; i < phases; i++)
        buffer_printf(
            out,
            "static void run_step_%d(const struct lstmc_call *call, struct lstmc_worker *me)\n"
            "{\n"
            "    step_%d(tools_of(call), me);\n"
            "}\n\n",
            i, i);
    put_phase_table(e, "step_phases", "run_step", phases, out);
    buffer_printf(
        out,
        "\nvoid %s_reset(struct %s_state *state)\n{\n    memset(state, 0, sizeof *state);\n}\n\n",
        model, model);
    buffer_printf(out,
                  "void %s_step(const struct %s_weights *weights, struct %s_state *state, int "
                  "symbol,\n    %s p[%s_SYMBOLS])\n{\n",
                  model, model, model, e->real, upper);
    buffer_printf(
        out,
        "    const struct tools x = { .p = weights, %s.w = state->work, .k = &%s_KERNELS%s };\n",
        has_tensors(e->module, TENSOR_CARRIED) ? ".s = &state->carried, " : "", upper,
        module_streams(e->module)
            ? arena_printf(e->arena, ",\n        .b = weights, .m = %s_KERNELS.products", upper)
            : "");
    buffer_puts(out, "    const struct lstmc_worker me = { .count = 1, .to = LSTMC_WHOLE };\n\n");
    if (x->type.elem == ELEM_INDEX)
        buffer_printf(out, "    *%s = symbol;\n", memory_address(e, m, x));
    else
        buffer_printf(out, "    *(%s) = (%s)symbol / %s_SYMBOLS;\n", memory_address(e, m, x),
                      e->real, upper);
    for (int i = 0; i < phases; i++)
        buffer_printf(out, "    step_%d(x, &me);\n", i);
    buffer_printf(out, "    memcpy(p, %s, %s_SYMBOLS * sizeof *p);\n}\n", memory_address(e, m, p),
                  upper);
}

static void put_symbols(struct emission *e, struct buffer *out)
{
    const struct data *d = &e->module->data;
    const char **points = arena_new_array(e->arena, const char *, d->symbol_count + 1);
    for (int i = 0; i < d->symbol_count; i++)
        points[i] = arena_printf(e->arena, "%" PRIu32, d->symbols[i]);
    buffer_printf(out, "const uint32_t %s_symbols[] = {\n", e->name);
    put_list(out, 4, "", points, d->symbol_count, "\n};\n\n");
}

void put_sample(struct emission *e, struct buffer *out)
{
    put_banner(e, "sample.c", out);
    buffer_puts(
        out,
        " *\n * Prediction. With one of the kernel files this compiles and runs alone: no BLAS, no "
        "threads, no\n"
        " * allocation. A function is a phase: what all workers do between two barriers. */\n");
    put_includes(e, out);
    buffer_puts(out, "#include <string.h>\n\n");
    put_symbols(e, out);
    buffer_printf(out, "#if !defined(%s_KERNELS)\n#define %s_KERNELS %s_baseline\n#endif\n\n",
                  e->upper, e->upper, e->name);
    const struct work *step = find_work(e, "sample"), *window = find_work(e, "window");
    if (step || window)
        put_tools(e, out);
    put_pack(e, out);
    if (step) {
        put_stateful(e, step, out);
        buffer_puts(out, window ? "\n" : "");
    }
    if (window) {
        const int phases = put_phases(e, window, "window", put_window_phase, out);
        put_phase_table(e, "window_phases", "window", phases, out);
    }
}
