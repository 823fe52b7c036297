/* What a trainer says on stderr, and how it ends. */
#ifndef LSTMC_SAY_H
#define LSTMC_SAY_H

enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,   /* a check failed, or our own fault */
    STATUS_USAGE = 2,    /* unknown option, malformed or out-of-range value */
    STATUS_INPUT = 3,    /* what was given does not fit: text, checkpoint, run folder */
    STATUS_DIVERGED = 4, /* NaN or infinity in loss or gradients */
    STATUS_DISK = 5,
    STATUS_SAVED = 75 /* saved after SIGTERM or SIGHUP (EX_TEMPFAIL: try again) */
};

/* The name in front of warnings and errors: the model's; and as what the program was called. Both
 * must stay alive. */
void say_as(const char *name, const char *called);
/* As what it was called, for commands that a reader may paste. */
const char *say_program(void);
/* One line on stderr; a newline is added. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same as `NAME: warning: ...`. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* `NAME: error: ...`, then the program ends with this status. */
_Noreturn void quit(enum status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The status to end with: what was printed must have arrived. Else that is said, and the program
 * ends with STATUS_DISK when all was done but for that. */
int end_stdout(int status);
/* While set, stderr shows a progress bar: `clear` wipes it before a line is said. NULL: none. */
void say_over(void (*clear)(void));
#endif
