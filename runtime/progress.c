#define _POSIX_C_SOURCE 200809L
#include "progress.h"
#include "clock.h"
#include "number.h"
#include "say.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 20 };

static bool on_screen;     /* the bar's line is the last on the terminal */
static int64_t open_epoch; /* whose heading was printed */
static double drawn_at;

static bool is_terminal(void)
{
    static int known = -1;
    if (known < 0) {
        const char *term = getenv("TERM");
        known = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    }
    return known != 0;
}

/* Whether the terminal shows UTF-8, by the same variables as setlocale would read, which a trainer
 * never calls. */
static bool is_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "utf-8");
    }
    return false;
}

static void clear(void)
{
    if (on_screen)
        fputs("\r\033[K", stderr);
    on_screen = false;
}

/* " - accuracy: 0.2160 - loss: 2.7604" */
static void print_metric(const char *name, double value)
{
    if (!isnan(value))
        fprintf(stderr, " - %s: %s", name, number_short(value, 5).text);
}

static void print_metrics(const struct shown *s)
{
    print_metric("accuracy", s->accuracy);
    print_metric("loss", s->loss);
    print_metric("val_accuracy", s->val_accuracy);
    print_metric("val_loss", s->val_loss);
}

static void print_heading(const struct shown *s)
{
    fprintf(stderr, "Epoch %" PRId64, s->epoch);
    if (s->epochs > 0)
        fprintf(stderr, "/%" PRId64, s->epochs);
}

static void draw(const struct shown *s)
{
    bool color = getenv("NO_COLOR") == NULL;
    const char *full = is_utf8() ? "\u2501" : "=", *empty = color && is_utf8() ? full : ".";
    int filled = (int)(BAR * s->position / s->updates);
    if (open_epoch != s->epoch) {
        print_heading(s);
        fputc('\n', stderr);
        open_epoch = s->epoch;
    }
    fprintf(stderr, "\r\033[K%" PRId64 "/%" PRId64 " ", s->position, s->updates);
    if (color)
        fputs("\033[32m", stderr);
    for (int i = 0; i < BAR; i++) {
        if (i == filled && color)
            fputs("\033[37m", stderr);
        fputs(i < filled ? full : empty, stderr);
    }
    /* What is left of the epoch, and at its end what it took, as Keras does. */
    int64_t counted = s->position < s->updates ? s->updates - s->position : s->updates;
    double seconds = (double)counted * s->ms / 1000;
    fprintf(stderr, "%s %s %sms/update", color ? "\033[0m" : "", number_seconds(seconds).text,
            number_short(s->ms, 3).text);
    print_metrics(s);
    fflush(stderr);
    on_screen = true;
    say_over(clear);
}

void progress_update(const struct shown *s)
{
    double now = clock_seconds();
    if (!is_terminal() || now - drawn_at < 0.1)
        return;
    drawn_at = now;
    draw(s);
}

void progress_epoch(const struct shown *s)
{
    if (is_terminal()) {
        draw(s);
        progress_leave();
        return;
    }
    print_heading(s);
    fprintf(stderr, ": %s updates - %sms/update", number_grouped(s->updates).text,
            number_short(s->ms, 3).text);
    print_metrics(s);
    fputc('\n', stderr);
}

void progress_leave(void)
{
    if (on_screen)
        fputc('\n', stderr);
    on_screen = false;
}
