#include "say.h"
#include "text.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_LINE = 8192 }; /* a path and what differs between two specs */

static const char *speaker = "trainer", *program = "trainer";
static void (*clear_bar)(void);

void say_as(const char *name, const char *called)
{
    speaker = name;
    program = called;
}

const char *say_program(void)
{
    return program;
}

void say_over(void (*clear)(void))
{
    clear_bar = clear;
}

static void say_line(const char *kind, const char *format, va_list ap)
{
    char line[MAX_LINE];
    if (clear_bar)
        clear_bar();
    fflush(stdout);
    if (kind)
        fprintf(stderr, "%s: %s: ", speaker, kind);
    vsnprintf(line, sizeof line, format, ap);
    fprintf(stderr, "%s\n", text_tame(line));
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

int end_stdout(int status)
{
    const bool arrived = fflush(stdout) == 0 && !ferror(stdout);
    if (!arrived && status == STATUS_DONE)
        quit(STATUS_DISK, "stdout cannot be written");
    if (!arrived)
        warn("stdout cannot be written");
    return status;
}

void quit(enum status status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say_line("error", format, ap);
    va_end(ap);
    exit((int)status);
}
