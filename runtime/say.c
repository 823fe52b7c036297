#include "say.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *speaker = "trainer";
static void (*clear_bar)(void);

void say_as(const char *name)
{
    speaker = name;
}

void say_over(void (*clear)(void))
{
    clear_bar = clear;
}

static void say_line(const char *kind, const char *format, va_list ap)
{
    if (clear_bar)
        clear_bar();
    fflush(stdout);
    if (kind)
        fprintf(stderr, "%s: %s: ", speaker, kind);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
}

void say(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say_line(NULL, format, ap);
    va_end(ap);
}

void warn(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say_line("warning", format, ap);
    va_end(ap);
}

void flush_stdout(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        quit(STATUS_DISK, "stdout cannot be written");
}

void quit(enum status status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say_line("error", format, ap);
    va_end(ap);
    exit((int)status);
}
