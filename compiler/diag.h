/* Saying what is wrong. A fault of the user is collected and ends in exit 2; a fault of ours dies with exit 1. */
#ifndef LSTMC_DIAG_H
#define LSTMC_DIAG_H
#include <stdbool.h>
#include <stddef.h>

enum { EXIT_DONE = 0, EXIT_INTERNAL = 1, EXIT_USER = 2, MAX_ERRORS = 20 };
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* A point in a file as the user named it; line and column count from 1, 0 when unknown. */
struct where {
    const char *file;
    int line, column, length; /* length of the underlined text, 0 or 1: a lone caret */
};

void diag_color(enum color c);
/* The source text of `file`, so that messages can show the line and a caret; text must stay alive. */
void diag_source(const char *file, const char *text, size_t length);
/* Prints `file:line:column: error: ...` with the line and a caret on stderr. The 21st error is swallowed and counted. */
void diag(enum severity s, struct where where, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Prints on stderr what may be hostile: control characters as \xHH, but for newlines and tabs if they are `layout`. */
void diag_print_clean(const char *s, size_t length, bool layout);
int diag_errors(void);
/* Ends the run with exit 2 if any error was reported. */
void diag_stop_on_errors(void);
/* One error that belongs to no line: `lstmc: error: ...`, exit 2. */
_Noreturn void err(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What was printed must have arrived; else exit 2. */
void flush_output(void);
/* Our own fault: `lstmc: internal error: ...`, exit 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
#endif
