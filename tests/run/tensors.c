/* tensors compare REFERENCE.safetensors GOT.safetensors LIMIT
 *
 * Every tensor of REFERENCE must be in GOT, within the relative L2 error LIMIT. Of a large model
 * the reference keeps NAME.norm and NAME.entries, those at 7919 k mod size
 * (tests/reference/cases.py).
 *
 * tensors split IN.safetensors OUT.safetensors FROM TO PART ...
 *
 * Layers that are called FROM and more become TO and the same, and each of their tensors one tensor
 * for each PART, NAME_PART, its share of the columns from the left: how the weights of a cell come
 * to one with a weight for each gate.
 *
 * Reads files that our own tools and scripts wrote; it is no strict reader. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tensor {
    char name[128], dtype[8];
    size_t count, columns; /* columns: the last size */
    int rank;
    const unsigned char *data;
};

struct file {
    struct tensor tensors[512];
    int count;
};

static _Noreturn void fail(const char *what, const char *which)
{
    fprintf(stderr, "tensors: %s: %s\n", which, what);
    exit(1);
}

static size_t dtype_bytes(const char *dtype)
{
    return strcmp(dtype, "F64") == 0 || strcmp(dtype, "I64") == 0 ? 8 : 4;
}

static double element(const struct tensor *t, size_t i)
{
    float f;
    double d;
    int64_t n;
    if (strcmp(t->dtype, "F32") == 0)
        return memcpy(&f, t->data + 4 * i, 4), (double)f;
    if (strcmp(t->dtype, "F64") == 0)
        return memcpy(&d, t->data + 8 * i, 8), d;
    if (strcmp(t->dtype, "I64") == 0)
        return memcpy(&n, t->data + 8 * i, 8), (double)n;
    fail("unknown dtype", t->name);
}

/* `"name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}` for each tensor; __metadata__ has no
 * dtype. */
static void read_file(struct file *f, const char *path)
{
    FILE *in = fopen(path, "rb");
    unsigned char size[8];
    if (!in || fread(size, 1, 8, in) != 8)
        fail("cannot be read", path);
    uint64_t n = 0;
    for (int i = 7; i >= 0; i--)
        n = n << 8 | size[i];
    char *header = calloc(n + 1, 1);
    if (!header || fread(header, 1, n, in) != n || fseek(in, 0, SEEK_END))
        fail("truncated header", path);
    long end = ftell(in);
    size_t bytes = (size_t)end - 8 - n;
    unsigned char *data = malloc(bytes + 1);
    if (!data || fseek(in, (long)(8 + n), SEEK_SET) || fread(data, 1, bytes, in) != bytes)
        fail("truncated data", path);
    fclose(in);
    for (char *p = header; (p = strstr(p, "\"dtype\"")); p++) {
        struct tensor *t = &f->tensors[f->count++];
        char *close = p;
        while (*close != '{')
            close--;
        while (*close != '"')
            close--;
        char *open = close - 1;
        while (*open != '"')
            open--;
        snprintf(t->name, sizeof t->name, "%.*s", (int)(close - open - 1), open + 1);
        uint64_t from, to;
        const char *dtype = strchr(p + 7, '"') + 1, *offsets = strstr(p, "\"data_offsets\"");
        snprintf(t->dtype, sizeof t->dtype, "%.*s", (int)strcspn(dtype, "\""), dtype);
        if (!offsets || sscanf(strchr(offsets, '['), "[%" SCNu64 " , %" SCNu64, &from, &to) != 2 ||
            to > bytes)
            fail("wrong offsets", t->name);
        t->data = data + from;
        t->count = (to - from) / dtype_bytes(t->dtype);
        const char *shape = strstr(p, "\"shape\""), *last = shape ? strchr(shape, '[') + 1 : NULL;
        t->rank = 1;
        for (const char *s = last; s && *s != ']'; s++)
            if (*s == ',')
                last = s + 1, t->rank++;
        t->columns = last ? strtoull(last, NULL, 10) : 0;
    }
    free(header);
}

static const struct tensor *find(const struct file *f, const char *name)
{
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->tensors[i].name, name) == 0)
            return &f->tensors[i];
    return NULL;
}

static const struct tensor *find_suffix(const struct file *f, const char *name, const char *suffix)
{
    char full[160];
    snprintf(full, sizeof full, "%s%s", name, suffix);
    return find(f, full);
}

static double whole_error(const struct tensor *want, const struct tensor *got)
{
    double difference = 0, norm = 0;
    if (want->count != got->count)
        fail("another number of elements", want->name);
    for (size_t i = 0; i < want->count; i++) {
        double a = element(want, i), d = element(got, i) - a;
        difference += d * d;
        norm += a * a;
    }
    return norm > 0 ? sqrt(difference / norm) : sqrt(difference);
}

/* The error at the stored entries, against what entries of that norm have on the mean; and the
 * error of the norm. */
static double sampled_error(const struct tensor *entries, const struct tensor *norm,
                            const struct tensor *got)
{
    double difference = 0, square = 0, want_norm = element(norm, 0);
    for (size_t k = 0; k < entries->count; k++) {
        double d = element(got, 7919 * k % got->count) - element(entries, k);
        difference += d * d;
    }
    for (size_t i = 0; i < got->count; i++)
        square += element(got, i) * element(got, i);
    double typical = want_norm * sqrt((double)entries->count / (double)got->count);
    return fmax(sqrt(difference) / typical, fabs(sqrt(square) - want_norm) / want_norm);
}

static bool ends_in(const char *s, const char *suffix)
{
    size_t n = strlen(s), k = strlen(suffix);
    return n >= k && strcmp(s + n - k, suffix) == 0;
}

static bool report(const char *name, double error, double limit)
{
    bool good = error <= limit; /* false for NaN too */
    printf("%-32s %.2e%s\n", name, error, good ? "" : "  above the limit");
    return good;
}

static int compare(const char *want, const char *have, double limit)
{
    static struct file reference, got;
    read_file(&reference, want);
    read_file(&got, have);
    int compared = 0, bad = 0;
    for (int i = 0; i < reference.count; i++) {
        const struct tensor *r = &reference.tensors[i];
        char name[128];
        if (ends_in(r->name, ".norm"))
            continue;
        snprintf(name, sizeof name, "%s", r->name);
        bool sampled = ends_in(name, ".entries");
        if (sampled)
            name[strlen(name) - strlen(".entries")] = 0;
        const struct tensor *g = find(&got, name);
        if (!g)
            fail("is missing", name);
        double error = sampled ? sampled_error(r, find_suffix(&reference, name, ".norm"), g)
                               : whole_error(r, g);
        bad += !report(name, error, limit);
        compared++;
    }
    if (compared == 0)
        fail("no tensors", want);
    return bad > 0;
}

/* ---- split ---------------------------------------------------------------------------------- */

struct output {
    char header[1 << 16];
    unsigned char *data;
    size_t length, bytes;
};

/* Columns [from, from + width) of t, under a name of their own. */
static void add_columns(struct output *o, const struct tensor *t, const char *name, size_t from,
                        size_t width)
{
    const size_t size = dtype_bytes(t->dtype), rows = t->count / t->columns, begin = o->bytes;
    char shape[64];
    if (t->rank > 1)
        snprintf(shape, sizeof shape, "%zu,%zu", rows, width);
    else
        snprintf(shape, sizeof shape, "%zu", width);
    o->data = realloc(o->data, begin + rows * width * size);
    if (!o->data)
        fail("out of memory", name);
    for (size_t r = 0; r < rows; r++, o->bytes += width * size)
        memcpy(o->data + o->bytes, t->data + (r * t->columns + from) * size, width * size);
    o->length +=
        (size_t)snprintf(o->header + o->length, sizeof o->header - o->length,
                         "%c\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                         begin ? ',' : '{', name, t->dtype, shape, begin, o->bytes);
}

static void write_file(const struct output *o, const char *path)
{
    FILE *out = fopen(path, "wb");
    unsigned char size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (unsigned char)((uint64_t)o->length >> 8 * i);
    if (!out || fwrite(size, 1, 8, out) != 8 || fwrite(o->header, 1, o->length, out) != o->length ||
        fwrite(o->data, 1, o->bytes, out) != o->bytes || fclose(out) != 0)
        fail("cannot be written", path);
}

/* Where in the name a layer's stands that begins so; of an optimizer's state others are before it. */
static const char *layer_in(const char *name, const char *layer)
{
    while (name && strncmp(name, layer, strlen(layer)) != 0)
        name = strchr(name, '.') ? strchr(name, '.') + 1 : NULL;
    return name;
}

static int split(char **argv, size_t parts)
{
    static struct file in;
    static struct output o;
    const char *from = argv[2], *to = argv[3];
    const size_t prefix = strlen(from);
    int cut = 0;
    read_file(&in, argv[0]);
    for (int i = 0; i < in.count; i++) {
        const struct tensor *t = &in.tensors[i];
        const size_t width = t->columns / parts;
        const char *layer = layer_in(t->name, from);
        char name[256];
        if (!layer) {
            add_columns(&o, t, t->name, 0, t->columns);
            continue;
        }
        if (t->columns % parts != 0)
            fail("no equal parts", t->name);
        for (size_t part = 0; part < parts; part++) {
            snprintf(name, sizeof name, "%.*s%s%s_%s", (int)(layer - t->name), t->name, to,
                     layer + prefix, argv[4 + part]);
            add_columns(&o, t, name, part * width, width);
        }
        cut++;
    }
    if (cut == 0)
        fail("no tensor of such a layer", from);
    o.header[o.length++] = '}';
    while (o.length % 8 != 0)
        o.header[o.length++] = ' ';
    write_file(&o, argv[1]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "compare") == 0)
        return compare(argv[2], argv[3], strtod(argv[4], NULL));
    if (argc > 6 && strcmp(argv[1], "split") == 0)
        return split(argv + 2, (size_t)argc - 6);
    fail("usage: tensors compare REFERENCE GOT LIMIT | split IN OUT FROM TO PART ...", "arguments");
}
