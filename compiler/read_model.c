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
    if (o->dtype_given && m->dtype != o->dtype && m->stage == STAGE_PLAN)
        err("option --dtype: the places in %s are those of another dtype; begin at an earlier "
            "stage",
            o->input);
    if (o->dtype_given)
        m->dtype = o->dtype;
    if (m->stage == STAGE_TRACE || !m->hash)
        m->hash = hash_module(m);
    return m;
}
