/* What users see of an error: place, line, caret; nothing that a terminal would obey. */
#include "capture.h"
#include "diag.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void report(const void *p)
{
    const struct where *w = p;
    static const char text[] = "first\r\n\tLSTM { 300 },\nd\xc3\xa9j\xc3\xa0 vu\nlast\x1b[2J";
    diag_color(COLOR_NEVER);
    diag_source("a.lua", text, sizeof text - 1);
    diag(SEVERITY_ERROR, *w, "expected %s", "(steps, features)");
    diag_stop_on_errors();
}

static void assert_report(struct where w, const char *expected)
{
    struct captured c = capture(report, &w);
    assert_string_equal(c.text, expected);
    assert_int_equal(c.status, EXIT_USER);
}

static void shows_line_and_caret(void **state)
{
    (void)state;
    assert_report((struct where){ "a.lua", 2, 2, 4 },
                  "a.lua:2:2: error: expected (steps, features)\n"
                  "    2 | \tLSTM { 300 },\n"
                  "      | \t^~~~\n");
    assert_report((struct where){ "a.lua", 1, 5, 1 }, "a.lua:1:5: error: expected (steps, "
                                                      "features)\n    1 | first\n      |     ^\n");
}

static void caret_counts_characters(void **state)
{
    (void)state;
    assert_report((struct where){ "a.lua", 3, 8, 2 }, "a.lua:3:8: error: expected (steps, "
                                                      "features)\n    3 | d\xc3\xa9j\xc3\xa0 vu\n"
                                                      "      |      ^~\n");
}

static void unknown_places(void **state)
{
    (void)state;
    assert_report((struct where){ "b.lua", 2, 2, 1 },
                  "b.lua:2:2: error: expected (steps, features)\n");
    assert_report((struct where){ "a.lua", 9, 1, 1 },
                  "a.lua:9:1: error: expected (steps, features)\n");
    assert_report((struct where){ "a.lua", 1, 99, 1 },
                  "a.lua:1:99: error: expected (steps, features)\n");
    assert_report((struct where){ "a.lua", 0, 0, 0 }, "a.lua: error: expected (steps, features)\n");
    assert_report((struct where){ 0 }, "lstmc: error: expected (steps, features)\n");
}

static void controls_in_a_line(void **state)
{
    (void)state;
    assert_report((struct where){ "a.lua", 4, 1, 1 }, "a.lua:4:1: error: expected (steps, "
                                                      "features)\n    4 | last?[2J\n      | ^\n");
}

static void controls_in_a_message(const void *p)
{
    (void)p;
    diag_color(COLOR_NEVER);
    diag(SEVERITY_WARNING, (struct where){ .file = "a\nb" }, "\x1b[2J \xc2\x9b \xc3\xa9");
}

static void controls_are_escaped(void **state)
{
    (void)state;
    struct captured c = capture(controls_in_a_message, NULL);
    assert_string_equal(c.text, "a\\x0ab: warning: \\x1b[2J \xc2\\x9b \xc3\xa9\n");
    assert_int_equal(c.status, 0);
}

static void many_errors(const void *p)
{
    (void)p;
    diag_color(COLOR_NEVER);
    for (int i = 1; i <= 25; i++) {
        diag(SEVERITY_ERROR, (struct where){ "x", i, 1, 1 }, "bad");
        diag(SEVERITY_NOTE, (struct where){ "x", i, 1, 1 }, "because");
    }
    diag_stop_on_errors();
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *s = text; (s = strstr(s, word)) != NULL; s++)
        n++;
    return n;
}

static void twenty_errors_are_enough(void **state)
{
    (void)state;
    struct captured c = capture(many_errors, NULL);
    assert_int_equal(count(c.text, ": error: bad"), MAX_ERRORS);
    assert_int_equal(count(c.text, ": note: because"), MAX_ERRORS);
    assert_non_null(strstr(c.text, "lstmc: 5 more errors are not shown\n"));
    assert_int_equal(c.status, EXIT_USER);
}

static void long_line(const void *p)
{
    (void)p;
    static char text[10000];
    memset(text, 'a', sizeof text);
    text[5000] = 'b';
    diag_color(COLOR_NEVER);
    diag_source("x", text, sizeof text);
    diag(SEVERITY_ERROR, (struct where){ "x", 1, 5001, 1 }, "here");
}

/* Of a long line the part around the column is shown, and the caret stands under the b. */
static void long_lines_are_cut(void **state)
{
    (void)state;
    struct captured c = capture(long_line, NULL);
    const char *line = strstr(c.text, "    1 | ..."), *b = line ? strchr(line, 'b') : NULL;
    assert_non_null(b);
    assert_true(strlen(c.text) < 400);
    const char *below = strchr(b, '\n') + 1;
    assert_int_equal(strchr(below, '^') - below, b - line);
}

static void colored(const void *p)
{
    (void)p;
    diag_color(COLOR_ALWAYS);
    diag(SEVERITY_ERROR, (struct where){ "x", 1, 1, 1 }, "here");
}

static void colors_when_asked(void **state)
{
    (void)state;
    assert_string_equal(capture(colored, NULL).text,
                        "\033[1mx:1:1: \033[1;31merror:\033[0m here\n");
}

static void call_err(const void *p)
{
    (void)p;
    err("no %s", "corpus");
}

static void call_die(const void *p)
{
    (void)p;
    die("no %s", "sense");
}

static void whose_fault(void **state)
{
    (void)state;
    struct captured user = capture(call_err, NULL), ours = capture(call_die, NULL);
    assert_string_equal(user.text, "lstmc: error: no corpus\n");
    assert_int_equal(user.status, EXIT_USER);
    assert_string_equal(ours.text, "lstmc: internal error: no sense\n");
    assert_int_equal(ours.status, EXIT_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_line_and_caret), cmocka_unit_test(caret_counts_characters),
        cmocka_unit_test(unknown_places),       cmocka_unit_test(controls_in_a_line),
        cmocka_unit_test(controls_are_escaped), cmocka_unit_test(twenty_errors_are_enough),
        cmocka_unit_test(long_lines_are_cut),   cmocka_unit_test(colors_when_asked),
        cmocka_unit_test(whose_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
