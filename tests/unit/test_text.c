/* Text as code points: what is UTF-8 and what is not, line ends, lower-casing, vocabulary, and
 * files that are none. */
#define _POSIX_C_SOURCE 200809L
#include "text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const struct text_rules plain = { 0 };

/* As much of the tables as the texts below need. */
static const struct lstmc_casing casings[] = {
    { 'A', 1, { 'a' } },     { 'B', 1, { 'b' } },         { 0x130, 2, { 'i', 0x307 } },
    { 0x391, 1, { 0x3B1 } }, { 0x3A3, 1, { 0x3C3 } },     { 0x1E9E, 1, { 0xDF } },
    { 0x212A, 1, { 'k' } },  { 0x10400, 1, { 0x10428 } },
};
static const struct lstmc_code_range cased[] = { { 'A', 'Z' }, { 'a', 'z' }, { 0x391, 0x3C9 } };
static const struct lstmc_code_range ignorable[] = { { '\'', '\'' },
                                                     { '.', '.' },
                                                     { 0x300, 0x36F } };
static const struct text_rules lower = {
    true, casings, sizeof casings / sizeof *casings, cased, ignorable, 3, 3,
};

/* Decodes and encodes again, so that cases can be written as strings. */
static char *round_trip(const char *bytes, size_t n, const struct text_rules *rules)
{
    struct text t;
    struct text_fault fault;
    assert_true(text_decode((const unsigned char *)bytes, n, rules, &t, &fault));
    char *out = malloc(4 * t.count + 1), *end = out;
    assert_non_null(out);
    for (size_t i = 0; i < t.count; i++)
        end += text_encode(t.points[i], end);
    *end = '\0';
    text_free(&t);
    return out;
}

static void assert_text(const char *in, const char *out, const struct text_rules *rules)
{
    char *got = round_trip(in, strlen(in), rules);
    assert_string_equal(got, out);
    free(got);
}

static void every_code_point_survives(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        if ((point >= 0xD800 && point <= 0xDFFF) || point == 0xFEFF || point == '\r')
            continue;
        char bytes[4];
        int n = text_encode(point, bytes);
        assert_int_equal(n, point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
        struct text t;
        struct text_fault fault;
        assert_true(text_decode((unsigned char *)bytes, (size_t)n, &plain, &t, &fault));
        assert_int_equal(t.count, 1);
        assert_int_equal(t.points[0], point);
        text_free(&t);
    }
}

static void bytes_that_are_no_text(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t offset;
        const char *what;
    } cases[] = {
        { "ab\x80", 2, "stray continuation byte" },
        { "\xBF", 0, "stray continuation byte" },
        { "a\xC0\xAF", 1, "overlong form" },
        { "\xC1\xBF", 0, "overlong form" },
        { "\xE0\x80\xAF", 0, "overlong form" },
        { "\xE0\x9F\xBF", 0, "overlong form" },
        { "\xF0\x80\x80\xAF", 0, "overlong form" },
        { "\xF0\x8F\xBF\xBF", 0, "overlong form" },
        { "x\xED\xA0\x80", 1, "surrogate" },
        { "\xED\xBF\xBF", 0, "surrogate" },
        { "\xF4\x90\x80\x80", 0, "beyond U+10FFFF" },
        { "\xF5\x80\x80\x80", 0, "beyond U+10FFFF" },
        { "\xF8\x88\x80\x80\x80", 0, "byte that no character begins with" },
        { "\xFF\xFE", 0, "byte that no character begins with" },
        { "abc\xC3", 3, "truncated character" },
        { "\xC3(", 0, "truncated character" },
        { "\xE2\x82", 0, "truncated character" },
        { "\xE2\x28\xA1", 0, "truncated character" },
        { "\xE2\x82\x28", 0, "truncated character" },
        { "ok\xF0\x9F\x98", 2, "truncated character" },
        { "\xF0\x9F\x98\xC0", 0, "truncated character" },
        { "\xED", 0, "truncated character" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t;
        struct text_fault fault;
        const char *s = cases[i].bytes;
        assert_false(text_decode((const unsigned char *)s, strlen(s), &plain, &t, &fault));
        assert_int_equal(fault.offset, cases[i].offset);
        assert_string_equal(fault.what, cases[i].what);
        assert_null(t.points);
    }
}

static void line_ends_and_bom(void **state)
{
    (void)state;
    assert_text("a\r\nb\rc\nd\r\r\n\n\r", "a\nb\nc\nd\n\n\n\n", &plain);
    assert_text("\xEF\xBB\xBFx", "x", &plain);
    assert_text("x\xEF\xBB\xBF", "x\xEF\xBB\xBF", &plain); /* not at the start: a character */
    assert_text("\xEF\xBB\xBF", "", &plain);
    assert_text("", "", &plain);
    char *nul = round_trip("a\0b", 3, &plain);
    assert_memory_equal(nul, "a\0b", 4);
    free(nul);
}

static void lower_case_as_python(void **state)
{
    (void)state;
    assert_text("BAB!", "bab!", &lower);
    assert_text("B", "B", &plain);
    assert_text("A\u0130\u1E9E\u212A\U00010400", "ai\u0307\u00DFk\U00010428", &lower);
    /* The final sigma; each expectation is what Python's str.lower gives. */
    assert_text("\u03A3", "\u03C3", &lower);
    assert_text("\u0391\u03A3", "\u03B1\u03C2", &lower);
    assert_text("\u0391\u03A3\u0391", "\u03B1\u03C3\u03B1", &lower);
    assert_text("\u0391\u03A3 \u0391", "\u03B1\u03C2 \u03B1", &lower);
    assert_text("\u0391'\u03A3'", "\u03B1'\u03C2'", &lower);
    assert_text("\u0391'\u03A3'\u0391", "\u03B1'\u03C3'\u03B1", &lower);
    assert_text("'\u03A3", "'\u03C3", &lower);
    assert_text("\u0391\u03A3\u03A3", "\u03B1\u03C3\u03C2", &lower);
}

static void vocabulary(void **state)
{
    (void)state;
    struct text t;
    struct text_fault fault;
    const char *s = "hello \U0001F600 world\u00E9";
    assert_true(text_decode((const unsigned char *)s, strlen(s), &plain, &t, &fault));
    int count;
    uint32_t *symbols = text_symbols(&t, &count);
    static const uint32_t want[] = { ' ', 'd', 'e', 'h', 'l', 'o', 'r', 'w', 0xE9, 0x1F600 };
    assert_int_equal(count, 10);
    assert_memory_equal(symbols, want, sizeof want);
    for (int i = 0; i < count; i++)
        assert_int_equal(text_index(symbols, count, symbols[i]), i);
    assert_int_equal(text_index(symbols, count, 'x'), -1);
    assert_int_equal(text_index(symbols, count, 0x10FFFF), -1);
    assert_int_equal(text_index(symbols, 0, 'x'), -1);
    free(symbols);
    text_free(&t);
}

static void files(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_text.XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    size_t size;
    const char *why = NULL;

    snprintf(path, sizeof path, "%s/missing", folder);
    assert_null(read_regular_file(path, &size, &why));
    assert_string_equal(why, "No such file or directory");
    assert_null(read_regular_file(folder, &size, &why));
    assert_string_equal(why, "it is a directory");
    assert_null(read_regular_file("/dev/zero", &size, &why));
    assert_string_equal(why, "it is not a regular file");

    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(read_regular_file(path, &size, &why)); /* would wait for a writer for ever */
    assert_string_equal(why, "it is not a regular file");
    unlink(path);

    snprintf(path, sizeof path, "%s/file", folder);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite("a\0b", 1, 3, f);
    fclose(f);
    unsigned char *bytes = read_regular_file(path, &size, &why);
    assert_non_null(bytes);
    assert_int_equal(size, 3);
    assert_memory_equal(bytes, "a\0b", 3);
    free(bytes);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_survives),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(line_ends_and_bom),
        cmocka_unit_test(lower_case_as_python),
        cmocka_unit_test(vocabulary),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
