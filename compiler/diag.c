/* Messages on stderr. Names and source lines may come from a hostile spec, so what a terminal would
 * obey (control characters) is shown as \xHH in messages and as ? in quoted lines. */
#include "diag.h"
#include "text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SOURCES = 64, MAX_MESSAGE = 4096, EXCERPT = 100 /* bytes of a source line */ };

static struct source {
    const char *file, *text;
    size_t length;
} sources[MAX_SOURCES];
static int source_count;
static int error_count;
static bool swallowed; /* the last error was one too many: its notes are dropped with it */
static enum color color_wanted = COLOR_AUTO;

static const struct style {
    const char *word, *escape;
} styles[] = {
    [SEVERITY_ERROR] = { "error", "\033[1;31m" },
    [SEVERITY_WARNING] = { "warning", "\033[1;35m" },
    [SEVERITY_NOTE] = { "note", "\033[1;36m" },
};

void diag_color(enum color c)
{
    color_wanted = c;
}

void diag_source(const char *file, const char *text, size_t length)
{
    if (source_count < MAX_SOURCES)
        sources[source_count++] = (struct source){ file, text, length };
}

static bool in_color(void)
{
    if (color_wanted != COLOR_AUTO)
        return color_wanted == COLOR_ALWAYS;
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDERR_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void diag_print_clean(const char *s, size_t length, bool layout)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)s[i], before = i > 0 ? (unsigned char)s[i - 1] : 0;
        if (text_is_control(before, c) && !(layout && (c == '\n' || c == '\t')))
            fprintf(stderr, "\\x%02x", c);
        else
            fputc(c, stderr);
    }
}

static void print_clean(const char *s)
{
    diag_print_clean(s, strlen(s), false);
}

static void print_head(const struct where *w, enum severity s)
{
    const bool color = in_color();
    fputs(color ? "\033[1m" : "", stderr);
    print_clean(w->file ? w->file : "lstmc");
    if (w->file && w->line > 0)
        fprintf(stderr, ":%d", w->line);
    if (w->file && w->line > 0 && w->column > 0)
        fprintf(stderr, ":%d", w->column);
    fprintf(stderr, ": %s%s:%s ", color ? styles[s].escape : "", styles[s].word,
            color ? "\033[0m" : "");
}

/* The text of a line; its length without the line end. NULL where the file or the line is unknown.
 */
static const char *find_line(const struct where *w, size_t *length)
{
    const struct source *s = sources, *end = sources + source_count;
    while (s < end && (!w->file || strcmp(s->file, w->file) != 0))
        s++;
    if (s == end || w->line < 1)
        return NULL;
    const char *line = s->text, *stop = s->text + s->length;
    for (int i = 1; i < w->line; i++) {
        line = memchr(line, '\n', (size_t)(stop - line));
        if (!line)
            return NULL;
        line++;
    }
    const char *newline = memchr(line, '\n', (size_t)(stop - line));
    *length = (size_t)((newline ? newline : stop) - line);
    if (*length > 0 && line[*length - 1] == '\r')
        --*length;
    return line;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The line and, under the text that is meant, a caret: columns count bytes, the caret's line has
 * one blank a character. Of a long line the part around the column is shown. */
static void print_excerpt(const struct where *w)
{
    size_t length, column = w->column > 0 ? (size_t)w->column - 1 : 0;
    const char *line = find_line(w, &length);
    if (!line || column > length)
        return;
    size_t start = column > EXCERPT * 3 / 4 ? column - EXCERPT / 2 : 0;
    while (start > 0 && is_continuation(line[start]))
        start--;
    size_t stop = length - start > EXCERPT ? start + EXCERPT : length;
    fprintf(stderr, "%5d | %s", w->line, start > 0 ? "..." : "");
    for (size_t i = start; i < stop; i++) {
        unsigned char before = i > 0 ? (unsigned char)line[i - 1] : 0;
        bool control = text_is_control(before, (unsigned char)line[i]) && line[i] != '\t';
        fputc(control ? '?' : line[i], stderr);
    }
    fprintf(stderr, "%s\n", stop < length ? "..." : "");
    if (w->column < 1)
        return;
    fprintf(stderr, "      | %s", start > 0 ? "   " : "");
    for (size_t i = start; i < column; i++)
        if (!is_continuation(line[i]))
            fputc(line[i] == '\t' ? '\t' : ' ', stderr);
    fputc('^', stderr);
    for (size_t i = column + 1; i < column + (size_t)(w->length > 1 ? w->length : 1) && i < stop;
         i++)
        if (!is_continuation(line[i]))
            fputc('~', stderr);
    fputc('\n', stderr);
}

static void print_message(enum severity s, const struct where *w, const char *format, va_list ap)
{
    char text[MAX_MESSAGE];
    vsnprintf(text, sizeof text, format, ap);
    fflush(stdout);
    print_head(w, s);
    print_clean(text);
    fputc('\n', stderr);
    print_excerpt(w);
}

void diag(enum severity s, struct where where, const char *format, ...)
{
    if (s == SEVERITY_ERROR)
        swallowed = ++error_count > MAX_ERRORS;
    else if (s == SEVERITY_WARNING)
        swallowed = false;
    if (swallowed)
        return;
    va_list ap;
    va_start(ap, format);
    print_message(s, &where, format, ap);
    va_end(ap);
}

int diag_errors(void)
{
    return error_count;
}

void diag_stop_on_errors(void)
{
    if (error_count == 0)
        return;
    if (error_count > MAX_ERRORS)
        fprintf(stderr, "lstmc: %d more errors are not shown\n", error_count - MAX_ERRORS);
    exit(EXIT_USER);
}

void err(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    print_message(SEVERITY_ERROR, &(struct where){ 0 }, format, ap);
    va_end(ap);
    exit(EXIT_USER);
}

void flush_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        err("stdout cannot be written");
}

void die(const char *format, ...)
{
    char text[MAX_MESSAGE];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    fputs("lstmc: internal error: ", stderr);
    print_clean(text);
    fputc('\n', stderr);
    exit(EXIT_INTERNAL);
}
