/* A locale whose numbers have a comma, made for the test, since few systems have one. */
#ifndef LSTMC_TESTS_COMMA_LOCALE_H
#define LSTMC_TESTS_COMMA_LOCALE_H
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* From here to setlocale(LC_ALL, "C") a comma. Skips the test where the locale cannot be made. */
static void set_comma_locale(void)
{
    char folder[] = "/tmp/lstmc-locale-XXXXXX", command[200];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8", folder);
    const int failed = system(command);
    setenv("LOCPATH", folder, 1);
    const char *set = setlocale(LC_ALL, "de_DE.UTF-8");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (failed)
        skip();
    assert_non_null(set);
    assert_string_equal(localeconv()->decimal_point, ",");
}

#endif
