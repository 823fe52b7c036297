#define _POSIX_C_SOURCE 200809L
#include "hash.h"
#include "newfile.h"
#include "safetensors.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are copied to and from files as they lie in memory, which must be little-endian"
#endif

/* The header's beginning is always the same, so the place of the digits is a constant. */
static const char opening[] = "{\"__metadata__\":{\"" CRC_KEY "\":\"";
enum { CRC_AT = 8 + sizeof opening - 1 };

static size_t element_size(const struct write_order *o)
{
    return o->dtype == LSTMC_FLOAT64 ? 8 : 4;
}

static size_t tensor_size(const struct write_order *o, int i)
{
    size_t bytes = element_size(o);
    for (int d = 0; d < o->tensors[i].rank; d++)
        bytes *= (size_t)o->tensors[i].dims[d];
    return bytes;
}

/* The tensors' numbers in the order of their names; a few dozen, so insertion does. */
static void sort_names(const struct write_order *o, int *sorted)
{
    for (int i = 0; i < o->tensor_count; i++) {
        int at = i;
        for (; at > 0 && strcmp(o->tensors[sorted[at - 1]].name, o->tensors[i].name) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = i;
    }
}

static void print_tensor(FILE *f, const struct write_order *o, int i, size_t begin)
{
    const struct tensor_to_write *t = &o->tensors[i];
    fputc(',', f);
    json_put(f, t->name, strlen(t->name));
    fprintf(f, ":{\"dtype\":\"%s\",\"shape\":[", o->dtype == LSTMC_FLOAT64 ? "F64" : "F32");
    for (int d = 0; d < t->rank; d++)
        fprintf(f, "%s%" PRId64, d ? "," : "", t->dims[d]);
    fprintf(f, "],\"data_offsets\":[%zu,%zu]}", begin, begin + tensor_size(o, i));
}

/* The first 8 + N bytes of the file, malloc'ed, with zeros for the CRC; *data gets the bytes that
 * follow. */
static char *make_header(const struct write_order *o, const int *sorted, size_t *n, size_t *data)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, n);
    if (!f)
        return NULL;
    fprintf(f, "%8s%s%s\"", "", opening, CRC_ZEROS); /* N is filled in when it is known */
    for (int i = 0; i < o->text_count; i++) {
        fputc(',', f);
        json_put(f, o->texts[i].key, strlen(o->texts[i].key));
        fputc(':', f);
        json_put(f, o->texts[i].value, o->texts[i].length);
    }
    fputc('}', f);
    *data = 0;
    for (int i = 0; i < o->tensor_count; i++) {
        print_tensor(f, o, sorted[i], *data);
        *data += tensor_size(o, sorted[i]);
    }
    fputc('}', f);
    fflush(f);
    fprintf(f, "%*s", (int)(-*n & 7), "");
    bool ok = !ferror(f);
    if (fclose(f) != 0 || !ok) {
        free(text);
        return NULL;
    }
    for (int i = 0; i < 8; i++)
        text[i] = (char)((*n - 8) >> 8 * i & 0xFF);
    return text;
}

/* Hands every tensor's bytes, in order, to `use`. */
static void each_tensor(const struct write_order *o, const int *sorted,
                        void (*use)(void *sink, const void *bytes, size_t n), void *sink)
{
    for (int i = 0; i < o->tensor_count; i++) {
        o->fetch(o->context, sorted[i], o->plain);
        use(sink, o->plain, tensor_size(o, sorted[i]));
    }
}

static void add_to_crc(void *crc, const void *bytes, size_t n)
{
    uint32_t *sum = crc;
    *sum = crc32c(*sum, bytes, n);
}

static void add_to_file(void *file, const void *bytes, size_t n)
{
    newfile_write(file, bytes, n);
}

const char *safetensors_write(const char *path, const struct write_order *o)
{
    struct newfile file;
    size_t n = 0, data;
    int *sorted = malloc(((size_t)o->tensor_count + 1) * sizeof *sorted);
    if (!sorted)
        return "out of memory";
    sort_names(o, sorted);
    char *header = make_header(o, sorted, &n, &data);
    if (!header) {
        free(sorted);
        return "out of memory";
    }
    uint32_t crc = crc32c(0, header, n);
    each_tensor(o, sorted, add_to_crc, &crc);
    char digits[CRC_DIGITS + 1];
    snprintf(digits, sizeof digits, "%08" PRIx32, crc);
    memcpy(header + CRC_AT, digits, CRC_DIGITS);

    newfile_begin(&file, path, n + data);
    newfile_write(&file, header, n);
    each_tensor(o, sorted, add_to_file, &file);
    newfile_commit(&file);
    free(header);
    free(sorted);
    return file.why;
}
