/* The strict reader: good files are read whole, and whatever is not accounted for to the last byte
 * is refused with a word on what it is. */
#define _POSIX_C_SOURCE 200809L
#include "hash.h"
#include "safetensors.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test_safetensors.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static void put_file(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* A file of this header, with N as given, and `data` zero bytes. */
static void put(const char *header, uint64_t n, size_t data)
{
    char bytes[4096] = { 0 };
    size_t length = strlen(header);
    assert_true(8 + length + data <= sizeof bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(n >> 8 * i & 0xFF);
    memcpy(bytes + 8, header, length);
    put_file(bytes, 8 + length + data);
}

static void assert_refused(const char *why)
{
    struct safetensors s;
    assert_false(safetensors_read(&s, path));
    if (!strstr(s.why, why))
        fail_msg("refused because: %s; expected: %s", s.why, why);
    assert_null(s.bytes);
}

#define A                    "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
#define B                    "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]}"
#define ONE(FIELDS)          "{\"a\":{" FIELDS "}}"
#define D                    "\"dtype\":\"F32\""
#define S                    "\"shape\":[2]"
#define O                    "\"data_offsets\":[0,8]"
#define SHAPED(SHAPE, BYTES) ONE(D ",\"shape\":" SHAPE ",\"data_offsets\":" BYTES)

static void good_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data, tensors, texts;
    } cases[] = {
        { "{}", 0, 0, 0 },
        { "{}      ", 0, 0, 0 },
        { "{" A "," B "}", 12, 2, 0 },
        { "{" B "," A "}", 12, 2, 0 }, /* any order that is contiguous */
        { "{\"__metadata__\":{},\n\t" A " , " B "}  ", 12, 2, 0 },
        { "{" A ",\"__metadata__\":{\"x\":\"1\",\"y\":\"\"}}", 8, 1, 2 },
        { ONE(O "," S "," D), 8, 1, 0 },
        { SHAPED("[0]", "[0,0]"), 0, 1, 0 },
        { SHAPED("[1,2,1,1]", "[0,8]"), 8, 1, 0 },
        { "{\"\\u0061\\n\\\"\":{" D "," S "," O "}}", 8, 1, 0 },
        { "{\"\\ud83d\\ude00\":{" D "," S "," O "}}", 8, 1, 0 },
        { ONE("\"dtype\":\"BF16\",\"shape\":[4]," O), 8, 1, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct safetensors s;
        put(cases[i].header, strlen(cases[i].header), cases[i].data);
        if (!safetensors_read(&s, path))
            fail_msg("%s: %s", cases[i].header, s.why);
        assert_int_equal(s.tensor_count, cases[i].tensors);
        assert_int_equal(s.text_count, cases[i].texts);
        assert_false(s.has_crc);
        safetensors_free(&s);
    }
}

static void bad_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data;
        const char *why;
    } cases[] = {
        /* JSON */
        { " {}", 0, "does not begin with {" },
        { "[]", 0, "does not begin with {" },
        { "{", 0, "no header" },
        { "{ ", 0, "a string was expected" },
        { "{}}", 0, "something follows the end" },
        { "{}\n{}", 0, "something follows the end" },
        { "{" A ",}", 8, "a string was expected" },
        { "{," A "}", 8, "a string was expected" },
        { "{" A " " B "}", 12, "a comma or a closing bracket" },
        { "{\"a\"}", 0, "a colon was expected" },
        { "{a:1}", 0, "a string was expected" },
        { "{\"a\":1}", 0, "an object was expected" },
        { "{\"a\":[]}", 0, "an object was expected" },
        { "{\"a\":null}", 0, "an object was expected" },
        { "{\"a", 0, "a string does not end" },
        { "{\"a\\", 0, "an escape is broken" },
        { "{\"a\\x\":", 0, "an escape is broken" },
        { "{\"a\\u00", 0, "an escape is broken" },
        { "{\"a\\u00zz\":1}", 0, "an escape is broken" },
        { "{\"\\ud800\":1}", 0, "a surrogate stands alone" },
        { "{\"\\ud800\\u0041\":1}", 0, "a surrogate stands alone" },
        { "{\"\\udc00\":1}", 0, "a surrogate stands alone" },
        { "{\"a\nb\":1}", 0, "a control character" },
        { "{\"\xFF\":1}", 0, "a string is not UTF-8" },
        { "{\"\xED\xA0\x80\":1}", 0, "a string is not UTF-8" },
        { "{\"\xC0\x80\":1}", 0, "a string is not UTF-8" },
        { "{/**/}", 0, "a string was expected" },
        /* names and fields */
        { "{" A "," A "}", 8, "overlaps another" },
        { "{" A ",\"a\":{" D ",\"shape\":[1],\"data_offsets\":[8,12]}}", 12, "stands twice" },
        { "{" A ",\"\\u0061\":{" D ",\"shape\":[1],\"data_offsets\":[8,12]}}", 12, "stands twice" },
        { "{\"a\\u0000b\":{" D "," S "," O "}}", 8, "a name holds a NUL" },
        { ONE(D "," S), 8, "a field is missing" },
        { ONE(D "," O), 8, "a field is missing" },
        { ONE(S "," O), 8, "a field is missing" },
        { "{\"a\":{}}", 0, "a field is missing" },
        { ONE(D "," D "," S "," O), 8, "a field stands twice" },
        { ONE(D "," S "," S "," O), 8, "a field stands twice" },
        { ONE(D "," S "," O ",\"extra\":1"), 8, "a field is unknown" },
        { ONE("\"dtype\":\"F33\"," S "," O), 8, "a dtype is unknown" },
        { ONE("\"dtype\":\"f32\"," S "," O), 8, "a dtype is unknown" },
        { ONE("\"dtype\":\"F32\\u0000\"," S "," O), 8, "a dtype is unknown" },
        { ONE("\"dtype\":32," S "," O), 8, "a string was expected" },
        /* shapes */
        { SHAPED("2", "[0,8]"), 8, "an array was expected" },
        { SHAPED("[-2]", "[0,8]"), 8, "a whole number was expected" },
        { SHAPED("[2.0]", "[0,8]"), 8, "a number is not whole" },
        { SHAPED("[2e0]", "[0,8]"), 8, "a number is not whole" },
        { SHAPED("[02]", "[0,8]"), 8, "a whole number was expected" },
        { SHAPED("[+2]", "[0,8]"), 8, "a whole number was expected" },
        { SHAPED("[\"2\"]", "[0,8]"), 8, "a whole number was expected" },
        { SHAPED("[true]", "[0,8]"), 8, "a whole number was expected" },
        { SHAPED("[2,]", "[0,8]"), 8, "a whole number was expected" },
        { SHAPED("[[2]]", "[0,8]"), 8, "a whole number was expected" },
        { SHAPED("[1,1,1,1,1,1,1,1,2]", "[0,8]"), 8, "too many dimensions" },
        { SHAPED("[9223372036854775808]", "[0,8]"), 8, "a number is too large" },
        { SHAPED("[3]", "[0,8]"), 8, "do not agree with its shape" },
        { SHAPED("[4611686018427387904,4]", "[0,0]"), 0, "do not agree with its shape" },
        { SHAPED("[4294967296,4294967296]", "[0,0]"), 0, "do not agree with its shape" },
        /* places */
        { SHAPED("[2]", "[0]"), 8, "fewer than two numbers" },
        { SHAPED("[2]", "[0,8,8]"), 8, "more than two numbers" },
        { SHAPED("[2]", "[8,0]"), 8, "leaves a gap" },
        { SHAPED("[2]", "[4,12]"), 12, "leaves a gap" },
        { SHAPED("[2]", "[0,8]"), 7, "ends beyond the file" },
        { SHAPED("[2]", "[0,8]"), 9, "bytes follow the last tensor" },
        { "{}", 1, "bytes follow the last tensor" },
        { "{" A ",\"b\":{" D ",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "overlaps another" },
        { "{" A ",\"b\":{" D ",\"shape\":[1],\"data_offsets\":[12,16]}}", 16, "leaves a gap" },
        /* metadata */
        { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "stands twice" },
        { "{\"__metadata__\":{\"x\":\"1\",\"x\":\"2\"}}", 0, "stands twice" },
        { "{\"__metadata__\":{\"x\":1}}", 0, "a string was expected" },
        { "{\"__metadata__\":{\"x\":{}}}", 0, "a string was expected" },
        { "{\"__metadata__\":\"x\"}", 0, "an object was expected" },
        { "{\"__metadata__\":{\"crc32c\":\"0000000\"}}", 0, "not eight hex digits" },
        { "{\"__metadata__\":{\"crc32c\":\"0000000G\"}}", 0, "not eight hex digits" },
        { "{\"__metadata__\":{\"crc32c\":\"\\u00300000000\"}}", 0, "not eight hex digits" },
        { "{\"__metadata__\":{\"crc32c\":\"00000000\"}}", 0, "its CRC is wrong" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(cases[i].header, strlen(cases[i].header), cases[i].data);
        assert_refused(cases[i].why);
    }
}

static void bad_lengths(void **state)
{
    (void)state;
    put("{}", 3, 0);
    assert_refused("ends beyond the file");
    put("{}", 0, 0);
    assert_refused("no header");
    put("{}", UINT64_MAX, 0);
    assert_refused("larger than 16 MiB");
    put("{}", (16u << 20) + 1, 0);
    assert_refused("larger than 16 MiB");
    put("{}", 16u << 20, 0);
    assert_refused("ends beyond the file");
    put_file("", 0);
    assert_refused("too short");
    put_file("\2\0\0\0\0\0\0", 7);
    assert_refused("too short");
    unlink(path);
    assert_refused("No such file");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused("not a regular file");
    unlink(path);
}

/* ---- what is written ------------------------------------------------------------------------ */

static const int64_t shape_w[] = { 2, 3 }, shape_b[] = { 3 };
static const struct tensor_to_write list[] = { { "w", 2, shape_w },
                                               { "b", 1, shape_b },
                                               { "scalar", 0, NULL } };
static const struct text_to_write texts[] = { { "note", "a\"b\n\x01\x7F\xC2\x9B\xC2\xA0", 10 } };

static void fetch(void *context, int i, void *plain)
{
    (void)context;
    int64_t n[] = { 6, 3, 1 };
    for (int64_t j = 0; j < n[i]; j++)
        ((float *)plain)[j] = (float)(10 * i + j) + 0.5f;
}

static void write_small(void)
{
    float plain[6];
    assert_null(safetensors_write(path, &(struct write_order){ .dtype = LSTMC_FLOAT32,
                                                               .tensors = list,
                                                               .tensor_count = 3,
                                                               .texts = texts,
                                                               .text_count = 1,
                                                               .fetch = fetch,
                                                               .plain = plain }));
}

static unsigned char *whole_file(size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    unsigned char *bytes = malloc(4096);
    *n = fread(bytes, 1, 4096, f);
    fclose(f);
    return bytes;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct safetensors s;
    double w[6];
    write_small();
    if (!safetensors_read(&s, path))
        fail_msg("%s", s.why);
    assert_true(s.has_crc);
    assert_int_equal((s.data - s.bytes) % 8, 0);
    assert_int_equal(s.tensor_count, 3);
    const struct stored_tensor *t = safetensors_tensor(&s, "w");
    assert_non_null(t);
    assert_int_equal(t->rank, 2);
    assert_int_equal(t->dims[1], 3);
    assert_int_equal(t->begin, 16); /* by name: b, scalar, w */
    assert_true(safetensors_reals(&s, t, LSTMC_FLOAT64, w));
    for (int i = 0; i < 6; i++)
        assert_true(w[i] == i + 0.5);
    assert_int_equal(safetensors_tensor(&s, "scalar")->rank, 0);
    assert_null(safetensors_tensor(&s, "x"));
    const struct json_text *note = safetensors_text(&s, "note");
    assert_int_equal(note->length, texts[0].length);
    assert_memory_equal(note->text, texts[0].value, texts[0].length + 1);
    assert_non_null(strstr((char *)s.bytes + 8, "\"a\\\"b\\n\\u0001\\u007f\\u009b\xC2\xA0\""));
    safetensors_free(&s);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct safetensors s;
    size_t n;
    write_small();
    unsigned char *bytes = whole_file(&n);
    for (size_t cut = 0; cut < n; cut++) {
        put_file(bytes, cut);
        assert_false(safetensors_read(&s, path));
    }
    free(bytes);
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct safetensors s;
    size_t n;
    write_small();
    unsigned char *bytes = whole_file(&n);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        put_file(bytes, n);
        bool good = safetensors_read(&s, path);
        /* A flip in the CRC's own key leaves a file without a CRC; checkpoints are refused for
         * that. */
        if (good && s.has_crc)
            fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        if (good)
            safetensors_free(&s);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    free(bytes);
}

static void writing_is_all_or_nothing(void **state)
{
    (void)state;
    float plain[6];
    struct write_order order = {
        .dtype = LSTMC_FLOAT32, .tensors = list, .tensor_count = 3, .fetch = fetch, .plain = plain
    };
    assert_string_equal(safetensors_write("/nowhere/x", &order), "No such file or directory");
    assert_non_null(safetensors_write("/proc/x", &order));
    assert_string_equal(safetensors_write("/tmp", &order), "it is not a regular file");
    char temp[64];
    snprintf(temp, sizeof temp, "/tmp.%ld.tmp", (long)getpid());
    assert_int_equal(access(temp, F_OK), -1);
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    static const double bad[] = { NAN, INFINITY, -INFINITY, 1e39 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char bytes[128] = { 0 };
        const char *header = "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}";
        struct safetensors s;
        double real;
        bytes[0] = (char)strlen(header);
        memcpy(bytes + 8, header, strlen(header));
        memcpy(bytes + 8 + strlen(header), &bad[i], 8);
        put_file(bytes, 16 + strlen(header));
        assert_true(safetensors_read(&s, path));
        assert_false(safetensors_reals(&s, &s.tensors[0], LSTMC_FLOAT32, &real));
        assert_false(safetensors_reals(&s, &s.tensors[0], LSTMC_MIXED_BFLOAT16, &real));
        assert_true(safetensors_reals(&s, &s.tensors[0], LSTMC_FLOAT64, &real) == (i == 3));
        safetensors_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_headers),
        cmocka_unit_test(bad_headers),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(writing_is_all_or_nothing),
        cmocka_unit_test(numbers_that_are_none),
        cmocka_unit_test(bad_lengths),
    };
    return cmocka_run_group_tests(tests, make_file, NULL);
}
