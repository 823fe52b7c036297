#include "hash.h"
#include "safetensors.h"
#include "text.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dtype dtypes[] = {
    { "F64", 8 },     { "F32", 4 }, { "F16", 2 }, { "BF16", 2 }, { "F8_E4M3", 1 },
    { "F8_E5M2", 1 }, { "I64", 8 }, { "I32", 4 }, { "I16", 2 },  { "I8", 1 },
    { "U64", 8 },     { "U32", 4 }, { "U16", 2 }, { "U8", 1 },   { "BOOL", 1 },
};

static bool refuse(struct safetensors *s, const char *what, const char *name)
{
    if (name)
        snprintf(s->why, sizeof s->why, "tensor %.100s: %s", name, what);
    else
        snprintf(s->why, sizeof s->why, "%s", what);
    return false;
}

static const struct dtype *find_dtype(const char *name)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return &dtypes[i];
    return NULL;
}

/* An array with room for one element more than `count`, which doubles. */
static void *make_room(void *array, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0; /* powers of two, and 0 */
    return full ? realloc(array, (count ? 2 * count : 1) * size) : array;
}

/* ---- the header --------------------------------------------------------------------------- */

static void read_dims(struct json *r, struct stored_tensor *t)
{
    json_open(r, '[');
    while (json_more(r, ']')) {
        if (t->rank == SAFETENSORS_RANK)
            r->fault = "a shape has too many dimensions";
        else
            t->dims[t->rank++] = json_integer(r);
    }
}

static void read_offsets(struct json *r, struct stored_tensor *t)
{
    int64_t *ends[] = { &t->begin, &t->end };
    size_t count = 0;
    json_open(r, '[');
    while (json_more(r, ']')) {
        if (count == 2)
            r->fault = "data_offsets has more than two numbers";
        else
            *ends[count++] = json_integer(r);
    }
    if (!r->fault && count != 2)
        r->fault = "data_offsets has fewer than two numbers";
}

static void read_dtype(struct json *r, struct stored_tensor *t)
{
    struct json_text name = json_string(r);
    t->dtype = strlen(name.text) == name.length ? find_dtype(name.text) : NULL;
    if (!r->fault && !t->dtype)
        r->fault = "a dtype is unknown";
}

/* {"dtype":"F32","shape":[1,1200],"data_offsets":[0,4800]}: each field once, no other. */
static void read_fields(struct json *r, struct stored_tensor *t)
{
    static const struct {
        const char *name;
        void (*read)(struct json *, struct stored_tensor *);
    } fields[] = { { "dtype", read_dtype },
                   { "shape", read_dims },
                   { "data_offsets", read_offsets } };
    enum { COUNT = sizeof fields / sizeof *fields };
    unsigned seen = 0;
    json_open(r, '{');
    while (json_more(r, '}')) {
        struct json_text key = json_key(r);
        size_t i = 0;
        while (i < COUNT && strcmp(fields[i].name, key.text) != 0)
            i++;
        if (r->fault)
            return;
        if (i == COUNT || strlen(key.text) != key.length) {
            r->fault = "a field is unknown";
        } else if (seen & 1u << i) {
            r->fault = "a field stands twice";
        } else {
            seen |= 1u << i;
            fields[i].read(r, t);
        }
    }
    if (!r->fault && seen != (1u << COUNT) - 1)
        r->fault = "a field is missing";
}

static void read_texts(struct json *r, struct safetensors *s)
{
    json_open(r, '{');
    while (json_more(r, '}')) {
        struct stored_text *texts = make_room(s->texts, s->text_count, sizeof *texts);
        if (!texts) {
            r->fault = "out of memory";
            return;
        }
        s->texts = texts;
        texts[s->text_count].key = json_key(r);
        texts[s->text_count++].value = json_string(r);
    }
}

static void read_tensor(struct json *r, struct safetensors *s, struct json_text name)
{
    struct stored_tensor *tensors = make_room(s->tensors, s->tensor_count, sizeof *tensors);
    if (!tensors) {
        r->fault = "out of memory";
        return;
    }
    s->tensors = tensors;
    struct stored_tensor *t = &tensors[s->tensor_count++];
    *t = (struct stored_tensor){ .name = name.text };
    read_fields(r, t);
    if (!r->fault && strlen(name.text) != name.length)
        r->fault = "a name holds a NUL";
}

static bool read_header(struct safetensors *s, size_t n)
{
    struct json r = json_over(s->header, n);
    bool met_texts = false;
    if (s->header[0] != '{')
        return refuse(s, "the header does not begin with {", NULL);
    json_open(&r, '{');
    while (json_more(&r, '}')) {
        struct json_text name = json_key(&r);
        bool texts = strcmp(name.text, "__metadata__") == 0;
        if (texts && met_texts)
            r.fault = "__metadata__ stands twice";
        else if (texts)
            read_texts(&r, s);
        else
            read_tensor(&r, s, name);
        met_texts |= texts;
    }
    if (!r.fault)
        json_end(&r);
    if (r.fault)
        snprintf(s->why, sizeof s->why, "byte offset %zu: the header is broken: %s",
                 8 + (size_t)(r.at - r.start), r.fault);
    return !r.fault;
}

/* ---- what it says against what is there ----------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct stored_tensor *)a)->name, ((const struct stored_tensor *)b)->name);
}

static int by_place(const void *a, const void *b)
{
    const struct stored_tensor *p = a, *q = b;
    if (p->begin != q->begin)
        return p->begin < q->begin ? -1 : 1;
    return (p->end > q->end) - (p->end < q->end);
}

static int by_key(const void *a, const void *b)
{
    const struct json_text *p = &((const struct stored_text *)a)->key;
    const struct json_text *q = &((const struct stored_text *)b)->key;
    int order = memcmp(p->text, q->text, p->length < q->length ? p->length : q->length);
    return order ? order : (p->length > q->length) - (p->length < q->length);
}

/* Product of shape and element, or -1 when 63 bits do not hold it. */
static int64_t tensor_bytes(const struct stored_tensor *t)
{
    int64_t bytes = t->dtype->size;
    for (int i = 0; i < t->rank; i++)
        if (__builtin_mul_overflow(bytes, t->dims[i], &bytes))
            return -1;
    return bytes;
}

static bool check_places(struct safetensors *s)
{
    int64_t at = 0, size = (int64_t)(s->size - (size_t)(s->data - s->bytes));
    if (s->tensor_count > 0)
        qsort(s->tensors, s->tensor_count, sizeof *s->tensors, by_place);
    for (size_t i = 0; i < s->tensor_count; i++) {
        const struct stored_tensor *t = &s->tensors[i];
        if (t->begin != at)
            return refuse(s, t->begin < at ? "overlaps another" : "leaves a gap before it",
                          t->name);
        if (t->end < t->begin || t->end > size)
            return refuse(s, "ends beyond the file", t->name);
        if (t->end - t->begin != tensor_bytes(t))
            return refuse(s, "its bytes do not agree with its shape", t->name);
        at = t->end;
    }
    if (at != size)
        return refuse(s, "bytes follow the last tensor", NULL);
    return true;
}

static bool check_names(struct safetensors *s)
{
    if (s->tensor_count > 0)
        qsort(s->tensors, s->tensor_count, sizeof *s->tensors, by_name);
    for (size_t i = 1; i < s->tensor_count; i++)
        if (by_name(&s->tensors[i - 1], &s->tensors[i]) == 0)
            return refuse(s, "stands twice", s->tensors[i].name);
    if (s->text_count > 0)
        qsort(s->texts, s->text_count, sizeof *s->texts, by_key);
    for (size_t i = 1; i < s->text_count; i++)
        if (by_key(&s->texts[i - 1], &s->texts[i]) == 0)
            return refuse(s, "a key of __metadata__ stands twice", NULL);
    return true;
}

static bool check_crc(struct safetensors *s)
{
    const struct json_text *stored = safetensors_text(s, CRC_KEY);
    if (!stored)
        return true;
    /* Where the digits stand in the file: a string without escapes was decoded in its place. */
    size_t at = 8 + (size_t)((const unsigned char *)stored->text - s->header);
    if (stored->length != CRC_DIGITS || memcmp(s->bytes + at, stored->text, CRC_DIGITS) != 0 ||
        strspn(stored->text, "0123456789abcdef") != CRC_DIGITS)
        return refuse(s, "its CRC is not eight hex digits", NULL);
    uint32_t crc = crc32c(0, s->bytes, at);
    crc = crc32c(crc, CRC_ZEROS, CRC_DIGITS);
    crc = crc32c(crc, s->bytes + at + CRC_DIGITS, s->size - at - CRC_DIGITS);
    if (crc != (uint32_t)strtoul(stored->text, NULL, 16))
        return refuse(s, "it is damaged: its CRC is wrong", NULL);
    s->has_crc = true;
    return true;
}

static bool check(struct safetensors *s)
{
    if (s->size < 8)
        return refuse(s, "it is too short", NULL);
    uint64_t n = 0;
    for (int i = 7; i >= 0; i--)
        n = n << 8 | s->bytes[i];
    if (n > SAFETENSORS_MAX_HEADER)
        return refuse(s, "its header would be larger than 16 MiB; is it a safetensors file?", NULL);
    if (n > s->size - 8)
        return refuse(s, "its header ends beyond the file", NULL);
    if (n < 2)
        return refuse(s, "it has no header", NULL);
    s->header = malloc((size_t)n);
    if (!s->header)
        return refuse(s, "out of memory", NULL);
    memcpy(s->header, s->bytes + 8, (size_t)n);
    s->data = s->bytes + 8 + n;
    return read_header(s, (size_t)n) && check_places(s) && check_names(s) && check_crc(s);
}

bool safetensors_read(struct safetensors *s, const char *path)
{
    *s = (struct safetensors){ 0 };
    const char *why;
    s->bytes = read_regular_file(path, &s->size, &why);
    if (!s->bytes)
        return refuse(s, why, NULL);
    if (check(s))
        return true;
    char kept[sizeof s->why];
    memcpy(kept, s->why, sizeof kept);
    safetensors_free(s);
    memcpy(s->why, kept, sizeof kept);
    return false;
}

void safetensors_free(struct safetensors *s)
{
    free(s->bytes);
    free(s->header);
    free(s->tensors);
    free(s->texts);
    *s = (struct safetensors){ 0 };
}

/* ---- what others ask ------------------------------------------------------------------------ */

const struct stored_tensor *safetensors_tensor(const struct safetensors *s, const char *name)
{
    const struct stored_tensor wanted = { .name = name };
    return s->tensor_count ? bsearch(&wanted, s->tensors, s->tensor_count, sizeof wanted, by_name)
                           : NULL;
}

const struct json_text *safetensors_text(const struct safetensors *s, const char *key)
{
    const struct stored_text wanted = { .key = { key, strlen(key) } }, *found;
    found = s->text_count ? bsearch(&wanted, s->texts, s->text_count, sizeof wanted, by_key) : NULL;
    return found ? &found->value : NULL;
}

bool safetensors_reals(const struct safetensors *s, const struct stored_tensor *t,
                       enum lstmc_dtype as, void *plain)
{
    bool is_double = strcmp(t->dtype->name, "F64") == 0;
    if (!is_double && strcmp(t->dtype->name, "F32") != 0)
        return false;
    const unsigned char *bytes = s->data + t->begin;
    int64_t count = (t->end - t->begin) / t->dtype->size;
    for (int64_t i = 0; i < count; i++) {
        double x;
        float f;
        if (is_double) {
            memcpy(&x, bytes + 8 * i, sizeof x);
        } else {
            memcpy(&f, bytes + 4 * i, sizeof f);
            x = (double)f;
        }
        if (!isfinite(x) || (as != LSTMC_FLOAT64 && fabs(x) > (double)FLT_MAX))
            return false;
        if (as == LSTMC_FLOAT64)
            ((double *)plain)[i] = x;
        else
            ((float *)plain)[i] = (float)x;
    }
    return true;
}

void safetensors_shape(int rank, const int64_t *dims, char *out, size_t room)
{
    size_t n = (size_t)snprintf(out, room, "(");
    for (int i = 0; i < rank && n < room; i++)
        n += (size_t)snprintf(out + n, room - n, "%s%" PRId64, i ? ", " : "", dims[i]);
    if (n < room)
        snprintf(out + n, room - n, ")");
}
