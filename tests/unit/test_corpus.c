/* The corpus as the compiler reads it: where it is looked for, what is refused, what is counted,
 * and whether lower-casing is Python's. */
#define _POSIX_C_SOURCE 200809L
#include "casing.h"
#include "corpus.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static char folder[] = "/tmp/test_corpus_XXXXXX";

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    int status = system(arena_printf(arena, "rm -rf %s", folder));
    arena_free(arena);
    return status;
}

static const char *path_of(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *bytes, size_t n)
{
    FILE *f = fopen(path_of(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static struct corpus *read_here(const char *name, bool lowercase, const char **fault)
{
    *fault = NULL;
    return corpus_read(arena, &(struct corpus_search){ .spec_folder = folder }, name, lowercase,
                       fault);
}

static struct corpus *read_text(const char *text, bool lowercase)
{
    const char *fault;
    write_file("text.txt", text, strlen(text));
    struct corpus *c = read_here("text.txt", lowercase, &fault);
    assert_non_null(c);
    return c;
}

static void refused(const char *name, const char *part)
{
    const char *fault;
    assert_null(read_here(name, false, &fault));
    assert_non_null(fault);
    if (!strstr(fault, part))
        fail_msg("%s: no `%s` in `%s`", name, part, fault);
}

/* The gathered texts; the tests that need them are skipped where they are not. */
static const char *data_folder(void)
{
    const char *given = getenv("LSTMC_DATA"), *d = given ? given : "../../shared/data";
    if (access(arena_printf(arena, "%s/SOURCES.md", d), R_OK) != 0)
        skip();
    return d;
}

static struct corpus *read_data(const char *name, bool lowercase)
{
    const char *fault = "";
    struct corpus_search where = { .spec_folder = folder, .data_folder = data_folder() };
    struct corpus *c = corpus_read(arena, &where, name, lowercase, &fault);
    if (!c)
        fail_msg("%s", fault);
    return c;
}

/* ---- counting -------------------------------------------------------------------------------- */

static void counts_are_those_of_the_text(void **state)
{
    (void)state;
    struct corpus *c = read_text("abab\r\n", false);
    assert_int_equal(c->characters, 5);
    assert_int_equal(c->symbol_count, 3);
    assert_int_equal(c->symbols[0], '\n');
    assert_int_equal(c->symbols[2], 'b');
    double expected = -0.8 * log(0.4) - 0.2 * log(0.2);
    assert_true(fabs(c->unigram - expected) < 1e-15);
    /* of "abab\n" */
    assert_string_equal(c->sha256,
                        "70f3e7e6d8e91ae9a643fca67d03a5762e02cd2890b65c8adc143c1f737051e1");
}

static void an_empty_text_has_nothing(void **state)
{
    (void)state;
    struct corpus *c = read_text("", true);
    assert_int_equal(c->characters, 0);
    assert_int_equal(c->symbol_count, 0);
    assert_string_equal(c->sha256,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* ---- lower-casing ---------------------------------------------------------------------------- */

static void prompts_get_the_casings_of_their_symbols(void **state)
{
    (void)state;
    struct corpus *c = read_text("AKz i\xCC\x87", true); /* a k z i U+0307 */
    uint32_t from[8];
    assert_int_equal(c->casing_count, 6);
    for (int i = 0; i < c->casing_count; i++)
        from[i] = c->casings[i].from;
    const uint32_t expected[] = { 'A', 'I', 'K', 'Z', 0x130, 0x212A };
    assert_memory_equal(from, expected, sizeof expected);
    assert_int_equal(c->casings[4].count, 2);
    assert_int_equal(c->casings[4].to[1], 0x307);
    assert_int_equal(c->cased_count, 0); /* no sigma, so it cannot matter */
}

static void a_sigma_brings_the_rule_for_final_ones(void **state)
{
    (void)state;
    struct corpus *c = read_text("\xCE\xA3\xCE\xB1\xCE\xA3.", true);
    assert_int_equal(c->symbol_count, 4); /* . alpha, final sigma, sigma */
    assert_true(c->cased_count > 100);
    assert_true(c->ignorable_count > 300);
}

static void plain_texts_have_no_tables(void **state)
{
    (void)state;
    struct corpus *c = read_text("ABC", false);
    assert_int_equal(c->symbols[0], 'A');
    assert_int_equal(c->casing_count, 0);
    assert_int_equal(casing_rules(arena, false).casing_count, 0);
}

/* Python 3.11: hashes of the files that hold str.lower() of these (SOURCES.md). */
static void lower_is_pythons(void **state)
{
    (void)state;
    const char soseki[] = "09054a7e15047fd1b74c0b07f2ae76eaaf9c70a97807fc5daf03859cc7177c95";
    const char mixed[] = "32a56fa801cd9ce996700fd40bbf4d91aa96edca583731d6f5b7e6752c802003";
    static const char *const variants[] = {
        "utf8_lf", "utf8_crlf", "utf8_bom_lf", "utf8_bom_crlf", "cr_only", "eol_styles",
    };
    assert_string_equal(read_data("unicode/soseki_botchan_lf.txt", true)->sha256, soseki);
    assert_string_equal(read_data("unicode/soseki_botchan_crlf.txt", true)->sha256, soseki);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const char *name = arena_printf(arena, "unicode/mixed_%s.txt", variants[i]);
        assert_string_equal(read_data(name, true)->sha256, mixed);
    }
}

static void macbeth_is_the_tutorials(void **state)
{
    (void)state;
    struct corpus *c = read_data("macbeth.txt", true);
    assert_int_equal(c->characters, 100320);
    assert_int_equal(c->symbol_count, 43);
    assert_true(fabs(c->unigram - 3.013457) < 1e-6);
}

/* ---- finding --------------------------------------------------------------------------------- */

static void the_specs_folder_comes_first(void **state)
{
    (void)state;
    const char *fault;
    assert_int_equal(mkdir(path_of("other"), 0700), 0);
    write_file("one.txt", "1", 1);
    write_file("other/one.txt", "2", 1);
    write_file("other/two.txt", "2", 1);
    struct corpus_search where = { .spec_folder = folder, .data_folder = path_of("other") };
    assert_string_equal(corpus_read(arena, &where, "one.txt", false, &fault)->path,
                        path_of("one.txt"));
    assert_string_equal(corpus_read(arena, &where, "two.txt", false, &fault)->path,
                        path_of("other/two.txt"));
    assert_null(corpus_read(arena, &where, "three.txt", false, &fault));
    assert_non_null(strstr(fault, folder));
    assert_non_null(strstr(fault, "$LSTMC_DATA"));
}

static void an_option_may_name_any_file(void **state)
{
    (void)state;
    const char *fault;
    write_file("given.txt", "xyz", 3);
    struct corpus_search where = { .text = path_of("given.txt"), .spec_folder = "/nowhere" };
    struct corpus *c = corpus_read(arena, &where, "macbeth.txt", false, &fault);
    assert_non_null(c);
    assert_string_equal(c->name, "given.txt"); /* no path is emitted */
    assert_int_equal(c->characters, 3);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    refused("/etc/passwd", "--text");
    refused("../x.txt", "--text");
    refused("a/../../x.txt", "--text");
    refused("..", "--text");
    refused("", "--text");
    refused("absent.txt", "absent.txt");
    refused("macbeth.txt", "./quickstart");
    refused(".", "directory");
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    refused("fifo", "regular file");
    assert_int_equal(symlink("/dev/zero", path_of("zero")), 0);
    refused("zero", "regular file");
    write_file("..dots.txt", "x", 1); /* a name, not a climb */
    const char *fault;
    assert_non_null(read_here("..dots.txt", false, &fault));
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    write_file("bad.txt", "abc\xC0\xAF", 5);
    refused("bad.txt", "overlong form at byte offset 3");
    write_file("cut.txt", "ab\xE3\x81", 4);
    refused("cut.txt", "byte offset 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_those_of_the_text),
        cmocka_unit_test(an_empty_text_has_nothing),
        cmocka_unit_test(prompts_get_the_casings_of_their_symbols),
        cmocka_unit_test(a_sigma_brings_the_rule_for_final_ones),
        cmocka_unit_test(plain_texts_have_no_tables),
        cmocka_unit_test(lower_is_pythons),
        cmocka_unit_test(macbeth_is_the_tutorials),
        cmocka_unit_test(the_specs_folder_comes_first),
        cmocka_unit_test(an_option_may_name_any_file),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
