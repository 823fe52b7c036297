/* kernels.h, kernels.inc and the three files that give it an instruction set. */
#include "emit_body.h"
#include "emit_files.h"
#include "emit_loops.h"
#include "emit_stream.h"
#include "emit_text.h"
#include "stream.h"

static const char **form_room(struct emission *e, const struct form *f)
{
    return arena_new_array(e->arena, const char *, f->operand_count + FORM_PARAMS);
}

void put_kernels_header(struct emission *e, struct buffer *out)
{
    put_banner(e, "kernels.h", out);
    put_banner_end(out);
    buffer_printf(out, "#ifndef %s_KERNELS_H\n#define %s_KERNELS_H\n#include <lstmc/model.h>\n\n",
                  e->upper, e->upper);
    put_products_type(e, out);
    buffer_puts(
        out, "/* What the steps of the model are made of, for one instruction set, in the order of "
             "kernels.inc.\n"
             " * Results come first, then operands; the range is the caller's share of the "
             "result's rows or\n"
             " * columns. What returns a number returns 1 when it met a NaN or an infinity. */\n");
    buffer_printf(out, "struct %s_kernels {\n", e->name);
    for (const struct form *f = e->forms; f; f = f->next) {
        const char **params = form_room(e, f);
        if (f->blas || f->streams)
            continue;
        const int n = form_params(e, f, params);
        put_list(
            out, 4,
            arena_printf(e->arena, "%s (*%s)(", f->checked >= 0 ? "uint32_t" : "void", f->name),
            params, n, ");\n");
    }
    if (module_streams(e->module))
        buffer_printf(out, "    const struct %s_products *products; /* by enum lstmc_weights */\n",
                      e->name);
    buffer_printf(out,
                  "};\n\nextern const struct %s_kernels %s_avx512, %s_avx2, %s_baseline;\n#endif\n",
                  e->name, e->name, e->name, e->name);
}

void put_kernels(struct emission *e, struct buffer *out)
{
    put_banner(e, "kernels.inc", out);
    buffer_puts(
        out,
        " *\n"
        " * One text for every instruction set: V lanes of a vector, SUFFIX(name) of a function\n"
        " * and BY_ISA(avx512, avx2, baseline) come from the file that includes this. A function\n"
        " * that ends in _at is the body of the one behind it, over n lanes from column col of "
        "row\n"
        " * row on. Its equations call operands as the arguments are called: x[0] and x[1] are "
        "parts\n"
        " * of one matrix, x' is the new value of an x that changes in place, and v7 is %7 of the\n"
        " * kernel in the .ir file. */\n");
    buffer_printf(out, "#define REAL %s\n#define REAL_BITS %d\n#include <lstmc/%s.h>\n", e->real,
                  e->module->dtype == DTYPE_FLOAT64 ? 64 : 32,
                  module_streams(e->module) ? "stream" : "loops");
    for (const struct form *f = e->forms; f; f = f->next) {
        if (f->blas)
            continue;
        buffer_puts(out, "\n");
        if (f->body)
            put_elementwise(e, f, out);
        else
            put_loop(e, f, out);
    }
    put_products_tables(e, out);
    buffer_printf(out, "\nconst struct %s_kernels SUFFIX(%s) = {\n", e->name, e->name);
    for (const struct form *f = e->forms; f; f = f->next)
        if (!f->blas && !f->streams)
            buffer_printf(out, "    .%s = SUFFIX(%s),\n", f->name, f->name);
    if (module_streams(e->module))
        buffer_puts(out, "    .products = SUFFIX(products),\n");
    buffer_puts(out, "};\n");
}

/* ---- instruction sets ------------------------------------------------------------------------ */

static void put_lanes(struct emission *e, struct buffer *out, int float_lanes, const char *isa)
{
    const int lanes = e->module->dtype == DTYPE_FLOAT64 ? float_lanes / 2 : float_lanes;
    buffer_printf(out,
                  "#define V %d\n#define SUFFIX(name) name##_%s\n"
                  "#define BY_ISA(avx512, avx2, baseline) %s\n#include \"kernels.inc\"\n",
                  lanes, isa, isa);
}

static void put_head(struct emission *e, const char *isa, struct buffer *out)
{
    put_banner(e, arena_printf(e->arena, "kernels_%s.c", isa), out);
    put_banner_end(out);
    buffer_puts(out, "#include \"kernels.h\"\n#include <math.h>\n#include <string.h>\n\n");
}

/* Pragmas rather than options, so that each file compiles like any other. Both compilers are
 * asked for the whole width of the vectors and for fused multiply-adds, gcc for the optimisation
 * that it keeps for -O3. */
static void put_x86(struct emission *e, struct buffer *out, int lanes, const char *isa,
                    const char *target, int bits, const char *gcc_target)
{
    put_head(e, isa, out);
    buffer_printf(
        out,
        "#if defined(__x86_64__)\n"
        "#if defined(__clang__)\n"
        "#pragma clang attribute push(__attribute__((target(\"%s\"))), apply_to = function)\n"
        "#pragma clang attribute push(__attribute__((min_vector_width(%d))), apply_to = function)\n"
        "#pragma clang fp contract(fast)\n"
        "#elif defined(__GNUC__)\n"
        "#pragma GCC target(\"%s%s\")\n"
        "#pragma GCC optimize(\"O3,fp-contract=fast\")\n"
        "#endif\n\n",
        target, bits, target, gcc_target);
    put_lanes(e, out, lanes, isa);
    buffer_puts(out, "\n#if defined(__clang__)\n#pragma clang attribute pop\n#pragma clang "
                     "attribute pop\n#endif\n#endif\n");
}

void put_kernels_avx512(struct emission *e, struct buffer *out)
{
    put_x86(e, out, 16, "avx512", "avx512f,avx512bw,avx512dq,avx512vl", 512,
            ",prefer-vector-width=512");
}

void put_kernels_avx2(struct emission *e, struct buffer *out)
{
    put_x86(e, out, 8, "avx2", "avx2,fma", 256, "");
}

void put_kernels_baseline(struct emission *e, struct buffer *out)
{
    put_head(e, "baseline", out);
    buffer_puts(out, "#if defined(__clang__)\n"
                     "#pragma clang fp contract(fast)\n"
                     "#elif defined(__GNUC__)\n"
                     "#pragma GCC optimize(\"O3,fp-contract=fast\")\n"
                     "#endif\n\n");
    put_lanes(e, out, 4, "baseline");
}
