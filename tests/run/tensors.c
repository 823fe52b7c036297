/* tensors compare REFERENCE.safetensors GOT.safetensors LIMIT
 *
 * Every tensor of REFERENCE must be in GOT, within the relative L2 error LIMIT. Of a large model
 * the reference keeps NAME.norm and NAME.entries, those at 7919 k mod size
 * (tests/reference/cases.py). Reads files that our own tools and scripts wrote; it is no strict
 * reader. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tensor {
    char name[128], dtype[8];
    size_t count;
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

int main(int argc, char **argv)
{
    static struct file reference, got;
    if (argc != 5 || strcmp(argv[1], "compare"))
        fail("usage: tensors compare REFERENCE GOT LIMIT", "arguments");
    read_file(&reference, argv[2]);
    read_file(&got, argv[3]);
    double limit = strtod(argv[4], NULL);
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
        fail("no tensors", argv[2]);
    return bad > 0;
}
