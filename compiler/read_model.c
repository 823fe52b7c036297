/* The beginning of the road: a spec is traced, a .ir is read. */
#include "diag.h"
#include "hash.h"
#include "passes.h"
#include "text.h"
#include <string.h>

static bool ends_in(const char *s, const char *suffix)
{
    size_t n = strlen(s), k = strlen(suffix);
    return n >= k && strcmp(s + n - k, suffix) == 0;
}

static struct module *read_ir(struct arena *a, const struct options *o)
{
    size_t size;
    const char *why;
    char *text = (char *)read_regular_file(o->input, &size, &why);
    if (!text)
        err("%s: %s", o->input, why);
    if (o->defines)
        err("option -D sets a Parameter of a spec; %s has none", o->input);
    if (o->text)
        err("option --text names the corpus of a spec; %s needs none", o->input);
    diag_source(o->input, text, size);
    struct module *m = module_read(a, o->input, text, size);
    diag_stop_on_errors();
    module_check(m, "reading", true);
    return m;
}

/* The stage from which on a module of the one dtype is none of the other: mixed products are found on
 * the way to opt, places depend on the size of a real. */
static enum stage parting(enum dtype a, enum dtype b)
{
    return a == DTYPE_MIXED_BFLOAT16 || b == DTYPE_MIXED_BFLOAT16 ? STAGE_OPT : STAGE_PLAN;
}

/* Of what is compiled in, as it was traced: rewrites, schedules and places do not make another model. */
static const char *hash_module(const struct module *m)
{
    const struct arena_mark start = arena_mark(m->scratch);
    struct buffer text = { .arena = m->scratch };
    struct sha256 sum;
    char hex[65];
    module_write(m, &text, WRITE_HASHED);
    sha256_init(&sum);
    sha256_add(&sum, text.text, text.length);
    sha256_hex(&sum, hex);
    arena_release(m->scratch, start);
    return arena_copy(m->arena, hex, 64);
}

struct module *read_model(struct arena *a, const struct options *o)
{
    struct module *m = ends_in(o->input, ".ir") ? read_ir(a, o) : trace_spec(a, o);
    if (o->name && !is_model_name(o->name))
        err("option --name: expected letters, digits and _, at most %d, found `%s`", MAX_NAME,
            o->name);
    if (o->name)
        m->name = o->name;
    if (o->dtype_given && m->dtype != o->dtype && m->stage >= parting(m->dtype, o->dtype))
        err("option --dtype: %s in %s are those of another dtype; begin at an earlier stage",
            m->stage == STAGE_PLAN ? "the places" : "the products", o->input);
    if (o->dtype_given)
        m->dtype = o->dtype;
    if (m->dtype == DTYPE_MIXED_BFLOAT16 && o->gemm == GEMM_OPENBLAS)
        err("option --gemm: OpenBLAS is asked for float32 products only; leave it out or %s",
            o->dtype_given ? "give another --dtype" : "add --dtype=float32");
    if (m->stage == STAGE_TRACE || !m->hash)
        m->hash = hash_module(m);
    return m;
}
