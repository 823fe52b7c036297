/* Numbers as text: the same bits come back, whatever the locale. */
#define _POSIX_C_SOURCE 200809L
#include "comma_locale.h"
#include "ir.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool same_bits(double x, double y)
{
    return memcmp(&x, &y, sizeof x) == 0;
}

static void number_texts(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { -0.0, "-0x0p+0" },
        { -3, "-3" },
        { 0x1p53, "9007199254740992" },
        { 0x1p53 + 2, "0x1.0000000000001p+53" },
        { 0.1, "0x1.999999999999ap-4" },
        { -1.5, "-0x1.8p+0" },
        { 0x1p-1074, "0x1p-1074" },
        { 0x1.8p-1073, "0x1.8p-1073" },
        { 0x1.fffffffffffffp+1023, "0x1.fffffffffffffp+1023" },
        { INFINITY, "inf" },
        { -INFINITY, "-inf" },
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double back;
        assert_string_equal(number_text(a, cases[i].x), cases[i].text);
        assert_true(number_read(cases[i].text, strlen(cases[i].text), &back));
        assert_true(same_bits(back, cases[i].x));
    }
    assert_string_equal(number_text(a, NAN), "nan");
    arena_free(a);
}

/* xorshift: bit patterns of all kinds of doubles. */
static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

static void numbers_in_a_comma_locale(void **state)
{
    (void)state;
    set_comma_locale();
    struct arena *a = arena_new();
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        double x, back;
        uint64_t u = next_random(&bits) >> (i % 3 ? 0 : 12 & i); /* some small exponents */
        memcpy(&x, &u, sizeof x);
        const char *text = number_text(a, x);
        assert_null(strpbrk(text, ","));
        assert_true(number_read(text, strlen(text), &back));
        assert_true(isnan(x) ? isnan(back) : same_bits(x, back));
    }
    setlocale(LC_ALL, "C");
    arena_free(a);
}

/* More digits than a double holds. A long double holds them all, and its conversion rounds once. (glibc
 * 2.36's strtod is no judge: it rounds the last case down.) */
static void hexadecimal_rounding(void **state)
{
    (void)state;
    uint64_t bits = 1234567;
    double x;
    for (int i = 0; i < 100000; i++) {
        char text[64];
        uint64_t u = next_random(&bits) >> bits % 60, v = next_random(&bits);
        int exponent = i % 4 == 0 ? -1130 + (int)(v % 60) : (int)(v % 2000) - 1000;
        snprintf(text, sizeof text, "0x%llxp%d", (unsigned long long)u, exponent);
        assert_true(number_read(text, strlen(text), &x));
        assert_true(same_bits(x, (double)ldexpl((long double)u, exponent)));
    }
    static const struct {
        const char *text;
        double x;
    } cases[] = {
        { "0x1.00000000000008p+0", 1 },
        { "0x1.000000000000080000000000000000000001p+0", 0x1.0000000000001p+0 },
        { "0x10000000000000800000000000000000000000p+0", 0x1p+148 },
        { "0x1p-1075", 0 },
        { "0x1.0000000000000000000001p-1075", 0x1p-1074 },
        { "0x1.fffffffffffff8p+1023", INFINITY },
        { "0x15f7e427138a85.80000000p-1075", 0xafbf21389c543p-1074 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(number_read(cases[i].text, strlen(cases[i].text), &x));
        assert_true(same_bits(x, cases[i].x));
    }
}

static void not_numbers(void **state)
{
    (void)state;
    static const char *const cases[] = { "",
                                         "-",
                                         "1.5",
                                         "1e5",
                                         "0x",
                                         "0x1.8",
                                         "0x.p1",
                                         "0x1p",
                                         "0x1p+",
                                         "+1",
                                         "1,5",
                                         " 1",
                                         "1 ",
                                         "0X1p1",
                                         "infinity",
                                         "NaN",
                                         "--1",
                                         "0x1.2.3p1",
                                         "18446744073709551616" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x;
        assert_false(number_read(cases[i], strlen(cases[i]), &x));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_texts),
        cmocka_unit_test(numbers_in_a_comma_locale),
        cmocka_unit_test(hexadecimal_rounding),
        cmocka_unit_test(not_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
