/* The runtime's numbers as text: round trips, grouping, and the same digits under a locale with
 * decimal commas. */
#define _POSIX_C_SOURCE 200809L
#include "comma_locale.h"
#include "number.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void formats(void **state)
{
    (void)state;
    assert_string_equal(number_short(3.76120011, 9).text, "3.76120011");
    assert_string_equal(number_short(0.5, 9).text, "0.5");
    assert_string_equal(number_short(1e-7, 9).text, "1e-07");
    assert_string_equal(number_exact(0.1).text, "0x1.999999999999ap-4");
    assert_string_equal(number_exact(-INFINITY).text, "-inf");
    assert_string_equal(number_grouped(0).text, "0");
    assert_string_equal(number_grouped(999).text, "999");
    assert_string_equal(number_grouped(1096543).text, "1,096,543");
    assert_string_equal(number_grouped(-123456).text, "-123,456");
    assert_string_equal(number_grouped(INT64_MIN).text, "-9,223,372,036,854,775,808");
    assert_string_equal(number_seconds(0.25).text, "0.25 s");
    assert_string_equal(number_seconds(42.4).text, "42 s");
    assert_string_equal(number_seconds(200).text, "3 min 20 s");
    assert_string_equal(number_seconds(7500).text, "2 h 5 min");
    assert_string_equal(number_seconds(INFINITY).text, "for ever");
    assert_string_equal(number_bytes(41230464).text, "41.2 MB");
    assert_string_equal(number_bytes(999).text, "999 B");
    assert_string_equal(number_bytes(999600).text, "1 MB");
}

static void exact_numbers_come_back(void **state)
{
    (void)state;
    static const double numbers[] = { 0.0,     -0.0,          1.0 / 3,  DBL_MAX,
                                      DBL_MIN, -DBL_TRUE_MIN, INFINITY, 2.760000000000001 };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double back;
        assert_true(number_parse(number_exact(numbers[i]).text, &back));
        assert_memory_equal(&back, &numbers[i], sizeof back);
    }
}

static void malformed_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = { "",   " 1",  "1 ", "1,5",      "1.5.2", "0x",
                                       "e5", "--1", "1e", "infinity", "1f",    "a" };
    double x;
    int64_t n;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(number_parse(bad[i], &x));
        assert_false(number_parse_integer(bad[i], INT64_MIN, INT64_MAX, &n));
    }
    assert_false(number_parse_integer("1.0", 0, 9, &n));
    assert_false(number_parse_integer("10", 0, 9, &n));
    assert_false(number_parse_integer("+1", 0, 9, &n));
    assert_false(number_parse_integer("-", -9, 9, &n));
    assert_false(number_parse_integer("9223372036854775808", INT64_MIN, INT64_MAX, &n));
    assert_true(number_parse_integer("-9223372036854775808", INT64_MIN, INT64_MAX, &n));
    assert_true(n == INT64_MIN);
    assert_true(number_parse("-1.5e3", &x) && x == -1500);
}

static void locale_changes_nothing(void **state)
{
    set_comma_locale();
    formats(state);
    exact_numbers_come_back(state);
    malformed_numbers(state);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(exact_numbers_come_back),
        cmocka_unit_test(malformed_numbers),
        cmocka_unit_test(locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
