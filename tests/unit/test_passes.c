/* The cases of tests/pass: NAME.in.ir begins with the passes to run, as `# batch,fold: what is seen
 * here`; NAME.out.ir is what they must make of it. */
#include "../pass/run_pass.h"
#include "diag.h"
#include "file.h"
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const char *path_of_output(struct arena *a, const char *path)
{
    return arena_printf(a, "%.*s.out.ir", (int)(strlen(path) - strlen(".in.ir")), path);
}

static void check_case(const char *path)
{
    struct arena *a = arena_new();
    struct buffer in = read_case(a, path), out = { .arena = a };
    struct buffer expected = read_case(a, path_of_output(a, path));
    struct module *m = module_read(a, path, in.text, in.length);
    if (!m || strncmp(in.text, "# ", 2) != 0)
        fail_msg("%s is no case", path);
    module_check(m, "reading", true);
    if (!run_passes(m, in.text + 2))
        fail_msg("%s names no pass", path);
    module_write(m, &out, 0);
    if (strcmp(out.text, expected.text) != 0)
        fail_msg("%s gives\n%s\ninstead of\n%s", path, out.text, expected.text);
    arena_free(a);
}

static void test_cases(void **state)
{
    (void)state;
    glob_t cases;
    assert_int_equal(glob("pass/*.in.ir", 0, NULL, &cases), 0);
    for (size_t i = 0; i < cases.gl_pathc; i++)
        check_case(cases.gl_pathv[i]);
    globfree(&cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
