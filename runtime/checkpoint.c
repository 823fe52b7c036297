#define _POSIX_C_SOURCE 200809L
#include "checkpoint.h"
#include "number.h"
#include "products.h"
#include "safetensors.h"
#include "say.h"
#include "text.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "1"

/* ---- the metadata, field by field ---------------------------------------------------------- */

/* A number of struct progress and its key; one table writes and reads them. Reals are hexadecimal
 * floats: exact. */
enum field_kind { FIELD_INTEGER, FIELD_SEED, FIELD_FLAG, FIELD_REAL };

static const struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;
} fields[] = {
    { "update", FIELD_INTEGER, offsetof(struct progress, update) },
    { "epoch", FIELD_INTEGER, offsetof(struct progress, epoch) },
    { "position", FIELD_INTEGER, offsetof(struct progress, position) },
    { "loss_sum", FIELD_REAL, offsetof(struct progress, loss_sum) },
    { "correct_sum", FIELD_REAL, offsetof(struct progress, correct_sum) },
    { "last_loss", FIELD_REAL, offsetof(struct progress, last_loss) },
    { "last_correct", FIELD_REAL, offsetof(struct progress, last_correct) },
    { "best_loss", FIELD_REAL, offsetof(struct progress, best_loss) },
    { "best_epoch", FIELD_INTEGER, offsetof(struct progress, best_epoch) },
    { "seed", FIELD_SEED, offsetof(struct progress, seed) },
    { "shuffle", FIELD_FLAG, offsetof(struct progress, shuffle) },
    { "validation_split", FIELD_REAL, offsetof(struct progress, split) },
};
enum { FIELDS = sizeof fields / sizeof *fields };

static struct number integer_text(int64_t value)
{
    struct number n;
    snprintf(n.text, sizeof n.text, "%" PRId64, value);
    return n;
}

static struct number field_text(const struct progress *p, const struct field *f)
{
    const void *at = (const char *)p + f->offset;
    switch (f->kind) {
    case FIELD_INTEGER:
        return integer_text(*(const int64_t *)at);
    case FIELD_SEED:
        return integer_text(*(const uint32_t *)at);
    case FIELD_FLAG:
        return integer_text(*(const bool *)at);
    case FIELD_REAL:
        break;
    }
    return number_exact(*(const double *)at);
}

static bool field_read(struct progress *p, const struct field *f, const char *text)
{
    void *at = (char *)p + f->offset;
    int64_t n = 0;
    if (f->kind == FIELD_REAL)
        return number_parse(text, at) && !isnan(*(double *)at);
    int64_t most = f->kind == FIELD_FLAG ? 1 : UINT32_MAX; /* updates end there, too */
    if (!number_parse_integer(text, 0, most, &n))
        return false;
    if (f->kind == FIELD_INTEGER)
        *(int64_t *)at = n;
    else if (f->kind == FIELD_SEED)
        *(uint32_t *)at = (uint32_t)n;
    else
        *(bool *)at = n != 0;
    return true;
}

/* ---- saving ------------------------------------------------------------------------------- */

static void fetch_tensor(void *engine, int i, void *plain)
{
    const struct engine *e = engine;
    engine_tensor(e->model, i)->store(e->arena, plain);
}

/* The symbols in order, as UTF-8. */
static char *vocabulary_text(const struct lstmc_model *m, size_t *length)
{
    char *text = malloc((size_t)m->symbol_count * 4 + 1), *end = text;
    for (int i = 0; text && i < m->symbol_count; i++)
        end += text_encode(m->symbols[i], end);
    *length = text ? (size_t)(end - text) : 0;
    return text;
}

/* "hyper.learning_rate" */
static void hyper_key(const struct lstmc_hyper *h, char key[64])
{
    snprintf(key, 64, "hyper.%.50s", h->name);
}

const char *checkpoint_save(struct engine *e, const struct progress *p, const char *path)
{
    const struct lstmc_model *m = e->model;
    int tensors = engine_tensors(m), texts = 0;
    size_t hypers = (size_t)m->hyper_count, symbols;
    struct tensor_to_write *list = calloc((size_t)tensors + 1, sizeof *list);
    struct text_to_write *text = calloc(FIELDS + hypers + 16, sizeof *text);
    struct number numbers[FIELDS], *values = calloc(hypers + 1, sizeof *values);
    char(*keys)[64] = calloc(hypers + 1, sizeof *keys), *vocabulary = vocabulary_text(m, &symbols);
    const char *why = "out of memory";
    if (!list || !text || !values || !keys || !vocabulary)
        goto done;

    for (int i = 0; i < tensors; i++) {
        const struct lstmc_tensor *t = engine_tensor(m, i);
        list[i] = (struct tensor_to_write){ t->name, t->rank, t->dims };
    }
#define PUT(KEY, VALUE) text[texts++] = (struct text_to_write){ KEY, VALUE, strlen(VALUE) }
    PUT("format", "pt");
    PUT("lstmc", LSTMC_VERSION);
    PUT("checkpoint", FORMAT);
    PUT("model", m->name);
    PUT("spec", m->spec_hash);
    PUT("compiled", m->compiled);
    PUT("corpus", p->corpus_hash);
    PUT("random", "philox4x32-10");
    PUT("blas", products_name());
    text[texts++] = (struct text_to_write){ "vocabulary", vocabulary, symbols };
    for (int i = 0; i < FIELDS; i++) {
        numbers[i] = field_text(p, &fields[i]);
        PUT(fields[i].key, numbers[i].text);
    }
    for (int i = 0; i < m->hyper_count; i++) {
        hyper_key(&m->hypers[i], keys[i]);
        values[i] = number_exact(e->hypers[i]);
        PUT(keys[i], values[i].text);
    }
#undef PUT
    why = safetensors_write(path, &(struct write_order){ .dtype = m->dtype,
                                                         .tensors = list,
                                                         .tensor_count = tensors,
                                                         .texts = text,
                                                         .text_count = texts,
                                                         .fetch = fetch_tensor,
                                                         .context = e,
                                                         .plain = e->plain });
done:
    free(list);
    free(text);
    free(values);
    free(keys);
    free(vocabulary);
    return why;
}

/* ---- reading: does it fit? ------------------------------------------------------------------ */

static const char *text_of(const struct safetensors *s, const char *key)
{
    const struct json_text *t = safetensors_text(s, key);
    return t && strlen(t->text) == t->length ? t->text : NULL;
}

static size_t line_length(const char *s)
{
    return strcspn(s, "\n");
}

/* Whether some line of `text` is equal to the one at `line`. */
static bool has_line(const char *text, const char *line)
{
    size_t n = line_length(line);
    for (; *text; text += line_length(text), text += *text == '\n')
        if (line_length(text) == n && memcmp(text, line, n) == 0)
            return true;
    return false;
}

static void add(char *why, size_t room, const char *label, const char *text, size_t n)
{
    size_t used = strlen(why);
    snprintf(why + used, room - used, "%s%.*s", label, (int)n, text);
}

/* The lines of `a` that `b` has not. */
static void add_lines(char *why, size_t room, const char *label, const char *a, const char *b)
{
    for (; *a; a += line_length(a), a += *a == '\n')
        if (!has_line(b, a))
            add(why, room, label, a, line_length(a));
}

/* Whether the file is of this spec; else what differs. */
static bool same_spec(const struct lstmc_model *m, const struct safetensors *s, char *why,
                      size_t room)
{
    const char *spec = text_of(s, "spec"), *compiled = text_of(s, "compiled");
    const char *format = text_of(s, "checkpoint");
    if (!format || strcmp(format, FORMAT) != 0) {
        snprintf(why, room, "it is no checkpoint of lstmc %s", LSTMC_VERSION);
        return false;
    }
    if (spec && strcmp(spec, m->spec_hash) == 0)
        return true;
    snprintf(why, room, "it is of another spec:");
    add_lines(why, room, "\n    checkpoint:   ", compiled ? compiled : "", m->compiled);
    add_lines(why, room, "\n    this trainer: ", m->compiled, compiled ? compiled : "");
    return false;
}

static bool same_shape(const struct lstmc_tensor *t, const struct stored_tensor *stored)
{
    if (t->rank != stored->rank)
        return false;
    for (int i = 0; i < t->rank; i++)
        if (t->dims[i] != stored->dims[i])
            return false;
    return true;
}

/* One tensor of the model against the file; `exact`: the dtype counts too. */
static bool tensor_fits(const struct engine *e, const struct safetensors *s,
                        const struct lstmc_tensor *t, bool exact, char *why, size_t room)
{
    char wanted[128], found[128];
    const char *dtype = e->model->dtype == LSTMC_FLOAT64 ? "F64" : "F32";
    const struct stored_tensor *stored = safetensors_tensor(s, t->name);
    safetensors_shape(t->rank, t->dims, wanted, sizeof wanted);
    if (!stored) {
        snprintf(why, room, "tensor %s %s is missing", t->name, wanted);
        return false;
    }
    safetensors_shape(stored->rank, stored->dims, found, sizeof found);
    if (!same_shape(t, stored)) {
        snprintf(why, room, "tensor %s has shape %s, the model needs %s", t->name, found, wanted);
        return false;
    }
    bool real = strcmp(stored->dtype->name, "F32") == 0 || strcmp(stored->dtype->name, "F64") == 0;
    if (!real || (exact && strcmp(stored->dtype->name, dtype) != 0)) {
        snprintf(why, room, "tensor %s is %s, the model needs %s", t->name, stored->dtype->name,
                 exact ? dtype : "F32 or F64");
        return false;
    }
    if (!safetensors_reals(s, stored, e->model->dtype, e->plain)) {
        snprintf(why, room, "tensor %s holds NaN, infinity or a number too large", t->name);
        return false;
    }
    return true;
}

static bool read_metadata(const struct engine *e, const struct safetensors *s, struct progress *p,
                          double *hypers, char *why, size_t room)
{
    const struct lstmc_model *m = e->model;
    const char *missing = NULL, *corpus = text_of(s, "corpus");
    char key[64];
    if (!corpus || strlen(corpus) != 64)
        missing = "corpus";
    else
        strcpy(p->corpus_hash, corpus);
    for (int i = 0; i < FIELDS && !missing; i++) {
        const char *text = text_of(s, fields[i].key);
        if (!text || !field_read(p, &fields[i], text))
            missing = fields[i].key;
    }
    for (int i = 0; i < m->hyper_count && !missing; i++) {
        hyper_key(&m->hypers[i], key);
        const char *text = text_of(s, key);
        if (!text || !number_parse(text, &hypers[i]) || !isfinite(hypers[i]))
            missing = key;
    }
    if (!missing && !(p->split >= 0 && p->split < 1))
        missing = "validation_split";
    if (missing)
        snprintf(why, room, "its metadata lacks a good `%s`", missing);
    return !missing;
}

/* Everything that can be wrong, without touching the model; what is read of the metadata goes to p
 * and hypers. */
static enum verdict judge(struct engine *e, const struct safetensors *s, struct progress *p,
                          double *hypers, char *why, size_t room)
{
    const struct lstmc_model *m = e->model;
    int tensors = engine_tensors(m);
    if (!same_spec(m, s, why, room))
        return CHECKPOINT_MISFIT;
    if (!s->has_crc) {
        snprintf(why, room, "it has no CRC");
        return CHECKPOINT_DAMAGED;
    }
    for (int i = 0; i < tensors; i++)
        if (!tensor_fits(e, s, engine_tensor(m, i), true, why, room))
            return CHECKPOINT_DAMAGED;
    if (s->tensor_count != (size_t)tensors) {
        snprintf(why, room, "it holds %zu tensors, the model has %d", s->tensor_count, tensors);
        return CHECKPOINT_DAMAGED;
    }
    return read_metadata(e, s, p, hypers, why, room) ? CHECKPOINT_FITS : CHECKPOINT_DAMAGED;
}

static void take_tensor(struct engine *e, const struct safetensors *s, const struct lstmc_tensor *t)
{
    safetensors_reals(s, safetensors_tensor(s, t->name), e->model->dtype, e->plain);
    t->load(e->arena, e->plain);
}

enum verdict checkpoint_load(struct engine *e, struct progress *p, const char *path, char *why,
                             size_t room)
{
    const struct lstmc_model *m = e->model;
    struct safetensors s;
    struct progress read = { 0 };
    double *hypers = calloc((size_t)m->hyper_count + 1, sizeof *hypers);
    if (!hypers)
        quit(STATUS_FAILED, "out of memory");
    enum verdict verdict = CHECKPOINT_DAMAGED;
    if (!safetensors_read(&s, path)) {
        snprintf(why, room, "%s", s.why);
    } else {
        verdict = judge(e, &s, &read, hypers, why, room);
        if (verdict == CHECKPOINT_FITS) {
            for (int i = 0; i < engine_tensors(m); i++)
                take_tensor(e, &s, engine_tensor(m, i));
            memcpy(e->hypers, hypers, (size_t)m->hyper_count * sizeof *hypers);
            e->seed = read.seed;
            if (p)
                *p = read;
            const char *blas = text_of(&s, "blas");
            if (blas && strcmp(blas, products_name()) != 0)
                warn("%s was written with %s, here is %s: bits may differ", path, blas,
                     products_name());
        }
        safetensors_free(&s);
    }
    free(hypers);
    return verdict;
}

void checkpoint_load_weights(struct engine *e, const char *path)
{
    const struct lstmc_model *m = e->model;
    struct safetensors s;
    char why[512];
    if (!safetensors_read(&s, path))
        quit(STATUS_INPUT, "%s: %s", path, s.why);
    for (int i = 0; i < m->param_count; i++)
        if (!tensor_fits(e, &s, &m->params[i], false, why, sizeof why))
            quit(STATUS_INPUT, "%s: %s", path, why);
    for (int i = 0; i < m->param_count; i++)
        take_tensor(e, &s, &m->params[i]);
    safetensors_free(&s);
}
