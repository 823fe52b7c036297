/* Formatting and reading numbers under the "C" locale, whatever the program's may be. */
#define _POSIX_C_SOURCE 200809L
#include "number.h"
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The calling thread's locale becomes "C"; returns what it was. Costs nothing: libc keeps that
 * locale ready made. */
static locale_t enter_c(void)
{
    return uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

static void leave_c(locale_t before)
{
    freelocale(uselocale(before));
}

struct number number_short(double x, int digits)
{
    struct number n;
    locale_t before = enter_c();
    snprintf(n.text, sizeof n.text, "%.*g", digits, x);
    leave_c(before);
    return n;
}

struct number number_exact(double x)
{
    struct number n;
    locale_t before = enter_c();
    snprintf(n.text, sizeof n.text, "%a", x);
    leave_c(before);
    return n;
}

struct number number_grouped(int64_t value)
{
    struct number n;
    char digits[NUMBER_ROOM], *out = n.text;
    int length = snprintf(digits, sizeof digits, "%" PRId64, value);
    for (int i = 0; i < length; i++) {
        *out++ = digits[i];
        int left = length - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-')
            *out++ = ',';
    }
    *out = '\0';
    return n;
}

struct number number_seconds(double seconds)
{
    struct number n;
    if (seconds < 10) {
        n = number_short(seconds, 2);
        strcat(n.text, " s");
    } else if (seconds < 60) {
        snprintf(n.text, sizeof n.text, "%.0f s", seconds);
    } else if (seconds < 1e9) {
        int minutes = (int)seconds / 60;
        if (minutes < 60)
            snprintf(n.text, sizeof n.text, "%d min %d s", minutes, (int)seconds % 60);
        else
            snprintf(n.text, sizeof n.text, "%d h %d min", minutes / 60, minutes % 60);
    } else {
        strcpy(n.text, "for ever");
    }
    return n;
}

struct number number_bytes(int64_t bytes)
{
    static const char *const units[] = { " B", " kB", " MB", " GB", " TB" };
    double x = (double)bytes;
    size_t unit = 0;
    for (; x >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        x /= 1000;
    struct number n = number_short(x, 3);
    strcat(n.text, units[unit]);
    return n;
}

bool number_parse(const char *s, double *x)
{
    if (strspn(s, "+-.0123456789abcdefABCDEFxXpPin") != strlen(s) || *s == '\0')
        return false;
    locale_t before = enter_c();
    char *end;
    *x = strtod(s, &end);
    leave_c(before);
    return *end == '\0';
}

bool number_parse_integer(const char *s, int64_t low, int64_t high, int64_t *n)
{
    if (strspn(s + (*s == '-'), "0123456789") != strlen(s + (*s == '-')))
        return false;
    char *end;
    errno = 0;
    intmax_t value = strtoimax(s, &end, 10);
    if (errno != 0 || end == s || *end != '\0' || value < low || value > high)
        return false;
    *n = value;
    return true;
}
