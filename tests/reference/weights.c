/* Weights that are equal bit for bit in C and Python, as a safetensors file; README.md has the
 * formula, weights.py the twin.
 *
 * usage: weights OUT.safetensors [--times N] NAME:ROWS,COLS NAME:N ...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 20170101 };

struct tensor {
    const char *name;
    long rows, cols; /* cols 0: a vector of `rows` */
};

/* Philox4x32-10. Not the runtime's: what is to test that must not rest on it. */
static void philox(uint32_t k0, uint32_t k1, uint32_t counter, uint32_t out[4])
{
    uint32_t c0 = counter, c1 = 0, c2 = 0, c3 = 0;
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53 * c0, p1 = (uint64_t)0xCD9E8D57 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "weights: %s: %s\n", which, what);
    exit(2);
}

static long read_size(const char **text)
{
    char *end;
    long size = strtol(*text, &end, 10);
    if (end == *text || size < 1 || size > 1000000)
        fail("a size from 1 to 1000000 is expected", *text);
    *text = end;
    return size;
}

/* "lstm.kernel:1,28" or "lstm.bias:28"; cuts the argument at its colon. */
static struct tensor read_tensor(char *argument)
{
    char *colon = strchr(argument, ':');
    if (!colon)
        fail("NAME:ROWS,COLS or NAME:N is expected", argument);
    const char *sizes = colon + 1;
    struct tensor t = { .name = argument, .rows = read_size(&sizes) };
    if (*sizes == ',') {
        sizes++;
        t.cols = read_size(&sizes);
    }
    if (*sizes)
        fail("NAME:ROWS,COLS or NAME:N is expected", argument);
    *colon = '\0';
    return t;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

static long count(const struct tensor *t)
{
    return t->cols ? t->rows * t->cols : t->rows;
}

/* Recurrent kernels of fewer than 64 units are larger, so that their part in the state is felt. */
static double scale_of(const struct tensor *t)
{
    const char *dot = strrchr(t->name, '.');
    return dot && strcmp(dot, ".recurrent_kernel") == 0 && t->rows < 64 ? 0.5 : 0.2;
}

static void write_header(FILE *file, const struct tensor *tensors, int n)
{
    size_t room = 16, length = 0;
    for (int k = 0; k < n; k++)
        room += strlen(tensors[k].name) + 128;
    char *text = malloc(room);
    if (!text)
        fail("no memory", "header");
    long offset = 0;
    for (int k = 0; k < n; k++) {
        const struct tensor *t = &tensors[k];
        char cols[32] = "";
        if (t->cols)
            snprintf(cols, sizeof cols, ",%ld", t->cols);
        long end = offset + 4 * count(t);
        length += (size_t)snprintf(
            text + length, room - length,
            "%c\"%s\":{\"dtype\":\"F32\",\"shape\":[%ld%s],\"data_offsets\":[%ld,%ld]}",
            k ? ',' : '{', t->name, t->rows, cols, offset, end);
        offset = end;
    }
    text[length++] = '}';
    while (length % 8)
        text[length++] = ' ';
    for (int byte = 0; byte < 8; byte++)
        putc((int)(length >> 8 * byte & 0xff), file);
    fwrite(text, 1, length, file);
    free(text);
}

/* Little-endian float32 of tensor n in the order of names. */
static void write_values(FILE *file, const struct tensor *t, int n, long times)
{
    for (long i = 0; i < count(t); i++) {
        uint32_t block[4], bits;
        philox(SEED, (uint32_t)n, (uint32_t)(i >> 2), block);
        double unit = (block[i & 3] >> 8) * 0x1p-24 - 0.5;
        float value = (float)(unit * scale_of(t) * (double)times);
        memcpy(&bits, &value, sizeof bits);
        for (int byte = 0; byte < 4; byte++)
            putc((int)(bits >> 8 * byte & 0xff), file);
    }
}

int main(int argc, char **argv)
{
    int first = 2;
    long times = 1;
    if (argc > 3 && strcmp(argv[2], "--times") == 0) {
        const char *text = argv[3];
        times = read_size(&text);
        if (*text)
            fail("a number is expected", argv[3]);
        first = 4;
    }
    int n = argc - first;
    if (n < 1)
        fail("OUT.safetensors [--times N] NAME:ROWS,COLS NAME:N ...", "usage");
    struct tensor *tensors = calloc((size_t)n, sizeof *tensors);
    if (!tensors)
        fail("no memory", "tensors");
    for (int k = 0; k < n; k++)
        tensors[k] = read_tensor(argv[first + k]);
    qsort(tensors, (size_t)n, sizeof *tensors, by_name);

    FILE *file = fopen(argv[1], "wb");
    if (!file)
        fail("cannot be written", argv[1]);
    write_header(file, tensors, n);
    for (int k = 0; k < n; k++)
        write_values(file, &tensors[k], k, times);
    int bad = ferror(file);
    if (fclose(file) || bad)
        fail("cannot be written", argv[1]);
    free(tensors);
    return 0;
}
