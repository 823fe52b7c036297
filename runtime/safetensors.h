/* Files of tensors: 8 bytes little-endian N, N bytes of JSON header, data
 * (github.com/huggingface/safetensors). Written in one way, and read strictly: every byte is
 * accounted for or the file is refused. */
#ifndef LSTMC_SAFETENSORS_H
#define LSTMC_SAFETENSORS_H
#include "json.h"
#include "lstmc/model.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The key of `__metadata__` whose eight hex digits are the CRC-32C of the whole file with these
 * digits as zeros. */
#define CRC_KEY   "crc32c"
#define CRC_ZEROS "00000000"
enum { CRC_DIGITS = sizeof CRC_ZEROS - 1 };

/* ---- reading ------------------------------------------------------------------------------ */

enum { SAFETENSORS_RANK = 8, SAFETENSORS_MAX_HEADER = 16 << 20 };

struct dtype {
    const char *name; /* F32, F64, BF16, ... */
    int size;         /* bytes of an element */
};

struct stored_tensor {
    const char *name;
    const struct dtype *dtype;
    int rank;
    int64_t dims[SAFETENSORS_RANK];
    int64_t begin, end; /* bytes from the start of the data */
};

struct stored_text {
    struct json_text key, value;
};

struct safetensors {
    unsigned char *bytes, *header; /* the file; its header with strings decoded */
    size_t size;
    const unsigned char *data;
    struct stored_tensor *tensors; /* by name */
    struct stored_text *texts;     /* __metadata__, by key */
    size_t tensor_count, text_count;
    bool has_crc; /* there was one, and it is right */
    char why[256];
};

/* Reads and checks a file: it is a regular one; N lies within it and within 16 MiB; the header is
 * strict JSON without duplicate keys; dtypes are known and sizes agree with shapes; tensors lie end
 * to end from 0 to the end of the file; a CRC in the metadata is right. False: s->why says what is
 * wrong, nothing is left to free. */
bool safetensors_read(struct safetensors *s, const char *path);
void safetensors_free(struct safetensors *s);
/* NULL when there is none of this name. */
const struct stored_tensor *safetensors_tensor(const struct safetensors *s, const char *name);
const struct json_text *safetensors_text(const struct safetensors *s, const char *key);
/* Copies an F32 or F64 tensor into an array of reals, converting. False: another dtype, or a value
 * is NaN or infinite. */
bool safetensors_reals(const struct safetensors *s, const struct stored_tensor *t,
                       enum lstmc_dtype as, void *plain);
/* "(300, 1200)" */
void safetensors_shape(int rank, const int64_t *dims, char *out, size_t room);

/* ---- writing ------------------------------------------------------------------------------ */

struct tensor_to_write {
    const char *name;
    int rank;
    const int64_t *dims;
};

struct text_to_write {
    const char *key, *value;
    size_t length;
};

struct write_order {
    enum lstmc_dtype dtype; /* of all tensors */
    const struct tensor_to_write *tensors;
    int tensor_count;
    const struct text_to_write *texts; /* a CRC is added */
    int text_count;
    /* Puts tensor i (row-major) into `plain`, which has room for the largest; called twice for
     * each, since the CRC of the data stands in front of them. */
    void (*fetch)(void *context, int i, void *plain);
    void *context, *plain;
};

/* Writes the file whole or not at all; tensors by name, then header and data as a function of the
 * order alone. NULL, or what went wrong. */
const char *safetensors_write(const char *path, const struct write_order *order);
#endif
