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

static bool is_mixed(const struct emission *e)
{
    return e->module->dtype == DTYPE_MIXED_BFLOAT16;
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
    buffer_printf(out, "};\n\nextern const struct %s_kernels %s_avx512, %s_avx2, %s_baseline;\n",
                  e->name, e->name, e->name, e->name);
    if (is_mixed(e))
        buffer_printf(out, "extern const struct %s_kernels %s_amx, %s_avx512_bf16;\n", e->name,
                      e->name, e->name);
    buffer_puts(out, "#endif\n");
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
        " * row on. Its equations call operands as the arguments are called, and what else lies "
        "in\n"
        " * an argument's rows by words of their own: x[0] and x[1] are parts of one matrix, x' "
        "is\n"
        " * the new value of an x that changes in place, and v7 is %7 of the kernel in the .ir\n"
        " * file. */\n");
    buffer_printf(out,
                  "#define REAL %s\n#define REAL_BITS %d\n#include <lstmc/functions.h>\n"
                  "#include <lstmc/random_bits.h>\n#include <lstmc/terms.h>\n",
                  e->real, e->module->dtype == DTYPE_FLOAT64 ? 64 : 32);
    if (module_streams(e->module))
        buffer_puts(out, "#include <lstmc/stream.h>\n");
    if (is_mixed(e))
        buffer_puts(out, "#include <lstmc/bf16_product.h>\n");
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

/* A text that is compiled once: with which lanes, under which name, for which machine. */
struct variant {
    const char *isa, *bf16; /* bf16: how bfloat16 is multiplied */
    const char *target;     /* of a pragma; NULL: what the compiler assumes */
    int float_lanes, place; /* place: among the numbers of BY_ISA */
};

static void put_lanes(struct emission *e, struct buffer *out, const struct variant *v)
{
    static const char *const places[] = { "avx512", "avx2", "baseline" };
    const int lanes = e->module->dtype == DTYPE_FLOAT64 ? v->float_lanes / 2 : v->float_lanes;
    buffer_printf(out,
                  "#define V %d\n#define SUFFIX(name) name##_%s\n"
                  "#define BY_ISA(avx512, avx2, baseline) %s\n",
                  lanes, v->isa, places[v->place]);
    if (is_mixed(e))
        buffer_printf(out, "#define BF16 %s\n", v->bf16);
    buffer_puts(out, "#include \"kernels.inc\"\n");
}

static void put_head(struct emission *e, const char *isa, struct buffer *out)
{
    put_banner(e, arena_printf(e->arena, "kernels_%s.c", isa), out);
    put_banner_end(out);
    buffer_puts(out, "#include \"kernels.h\"\n#include <math.h>\n#include <string.h>\n\n");
}

/* Pragmas rather than options, so that each file compiles like any other. Both compilers are
 * asked for the whole width of the vectors and for fused multiply-adds. What gcc keeps for -O3 would
 * only take time: loops that must be unrolled say so. */
#define GCC_OPTIONS "O2,fp-contract=fast"

static void put_variant(struct emission *e, struct buffer *out, const struct variant *v)
{
    const bool wide = v->float_lanes == MAX_LANES;
    buffer_printf(
        out,
        "#if defined(__clang__)\n"
        "#pragma clang attribute push(__attribute__((target(\"%s\"))), apply_to = function)\n"
        "#pragma clang attribute push(__attribute__((min_vector_width(%d))), apply_to = function)\n"
        "#pragma clang fp contract(fast)\n"
        "#elif defined(__GNUC__)\n"
        "#pragma GCC target(\"%s%s\")\n"
        "#pragma GCC optimize(\"" GCC_OPTIONS "\")\n"
        "#endif\n\n",
        v->target, 32 * v->float_lanes, v->target, wide ? ",prefer-vector-width=512" : "");
    put_lanes(e, out, v);
    buffer_puts(out, "\n#if defined(__clang__)\n#pragma clang attribute pop\n#pragma clang "
                     "attribute pop\n#endif\n");
}

#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl"
static const struct variant avx512 = { "avx512", "BF16_PLAIN", AVX512, 16, 0 };
static const struct variant avx2 = { "avx2", "BF16_PLAIN", "avx2,fma", 8, 1 };
static const struct variant baseline = { "baseline", "BF16_PLAIN", NULL, 4, 2 };
/* Of a mixed model, in the file of avx512: the same text, with other products. */
static const struct variant products[] = {
    { "avx512_bf16", "BF16_DOT", AVX512 ",avx512bf16", 16, 0 },
    { "amx", "BF16_AMX", AVX512 ",avx512bf16,amx-tile,amx-bf16", 16, 0 },
};

static void put_x86(struct emission *e, struct buffer *out, const struct variant *v)
{
    const bool all_products = is_mixed(e) && v == &avx512;
    put_head(e, v->isa, out);
    buffer_puts(out, "#if defined(__x86_64__)\n");
    if (all_products) /* what is declared there has targets of its own */
        buffer_puts(out, "#include <immintrin.h>\n\n");
    put_variant(e, out, v);
    if (all_products)
        for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
            buffer_puts(out, "\n#undef SUFFIX\n#undef BF16\n");
            put_variant(e, out, &products[i]);
        }
    buffer_puts(out, "#endif\n");
}

void put_kernels_avx512(struct emission *e, struct buffer *out)
{
    put_x86(e, out, &avx512);
}

void put_kernels_avx2(struct emission *e, struct buffer *out)
{
    put_x86(e, out, &avx2);
}

void put_kernels_baseline(struct emission *e, struct buffer *out)
{
    put_head(e, baseline.isa, out);
    buffer_puts(out, "#if defined(__clang__)\n"
                     "#pragma clang fp contract(fast)\n"
                     "#elif defined(__GNUC__)\n"
                     "#pragma GCC optimize(\"" GCC_OPTIONS "\")\n"
                     "#endif\n\n");
    put_lanes(e, out, &baseline);
}
