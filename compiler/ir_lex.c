/* Tokens of the text form. The text is untrusted: every byte is looked at before it is believed. */
#include "diag.h"
#include "ir_text.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- lines and errors ------------------------------------------------------------------------- */

void lex_fail(struct lexer *l, const char *at, const char *format, ...)
{
    if (l->failed)
        return;
    l->failed = true;
    l->errors++;
    struct buffer message = { .arena = l->arena };
    va_list ap;
    va_start(ap, format);
    buffer_vprintf(&message, format, ap);
    va_end(ap);
    struct where where = { l->file, l->line, (int)(at - l->line_start) + 1, 1 };
    diag(SEVERITY_ERROR, where, "%s", message.text);
}

static void skip_blanks(struct lexer *l)
{
    while (l->at < l->end && (*l->at == ' ' || *l->at == '\t' || *l->at == '\r'))
        l->at++;
}

char lex_peek(struct lexer *l)
{
    skip_blanks(l);
    return l->failed || l->at == l->end || *l->at == '#' ? '\n' : *l->at;
}

/* The cursor is inside a line, or before the first (line 0). */
bool lex_next_line(struct lexer *l)
{
    do {
        if (l->line > 0) {
            const char *newline = memchr(l->at, '\n', (size_t)(l->end - l->at));
            l->at = newline ? newline + 1 : l->end;
        }
        l->line++;
        l->line_start = l->at;
        l->failed = false;
        if (l->at == l->end || l->errors > MAX_ERRORS)
            return false;
    } while (lex_peek(l) == '\n');
    return true;
}

/* What stands at the cursor, for messages. */
static const char *found(struct lexer *l)
{
    if (lex_peek(l) == '\n')
        return "the end of the line";
    size_t n = 0, left = (size_t)(l->end - l->at);
    while (n < left && n < 24 && !strchr(" \t\r\n,()[]{}:=", l->at[n]))
        n++;
    return arena_printf(l->arena, "`%.*s`", (int)(n ? n : 1), l->at);
}

void lex_expect_end(struct lexer *l)
{
    if (lex_peek(l) != '\n')
        lex_fail(l, l->at, "expected the end of the line, found %s", found(l));
}

/* ---- characters and words --------------------------------------------------------------------- */

bool lex_is(struct lexer *l, char c)
{
    bool is = lex_peek(l) == c && c != '\n';
    l->at += is;
    return is;
}

void lex_expect(struct lexer *l, char c)
{
    if (!lex_is(l, c))
        lex_fail(l, l->at, "expected `%c`, found %s", c, found(l));
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct token peek_word(struct lexer *l)
{
    lex_peek(l);
    struct token t = { l->at, 0 };
    if (l->failed)
        return t;
    const char *s = l->at;
    while (s < l->end && (is_letter(*s) || is_digit(*s) || *s == '.'))
        s++;
    t.n = (size_t)(s - l->at);
    return t;
}

struct token lex_word(struct lexer *l)
{
    struct token t = peek_word(l);
    l->at += t.n;
    return t;
}

static bool token_is(struct token t, const char *word)
{
    return t.n == strlen(word) && memcmp(t.s, word, t.n) == 0;
}

bool lex_word_is(struct lexer *l, const char *word)
{
    bool is = token_is(peek_word(l), word);
    if (is)
        lex_word(l);
    return is;
}

void lex_expect_word(struct lexer *l, const char *word)
{
    if (!lex_word_is(l, word))
        lex_fail(l, l->at, "expected `%s`, found %s", word, found(l));
}

int lex_one_of(struct lexer *l, const char *const *words)
{
    struct token t = peek_word(l);
    for (int i = 0; words[i]; i++)
        if (token_is(t, words[i])) {
            lex_word(l);
            return i;
        }
    struct buffer list = { .arena = l->arena };
    for (int i = 0; words[i]; i++)
        buffer_printf(&list, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    lex_fail(l, l->at, "expected %s, found %s", list.text, found(l));
    return 0;
}

/* ---- names, strings, numbers ------------------------------------------------------------------ */

static const char *name(struct lexer *l, const char *what, bool dots, size_t longest)
{
    struct token t = peek_word(l);
    if (t.n == 0 || !is_letter(t.s[0])) {
        lex_fail(l, l->at, "expected the name of %s, found %s", what, found(l));
        return "";
    }
    if (!dots && memchr(t.s, '.', t.n))
        lex_fail(l, l->at, "the name of %s has no dots, found %s", what, found(l));
    if (t.n > longest)
        lex_fail(l, l->at, "the name of %s has at most %zu characters", what, longest);
    lex_word(l);
    return arena_copy(l->arena, t.s, t.n);
}

const char *lex_name(struct lexer *l, const char *what)
{
    return name(l, what, true, MAX_DOTTED);
}

const char *lex_identifier(struct lexer *l, const char *what)
{
    return name(l, what, false, MAX_DOTTED);
}

static int hex_digit(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What follows a backslash; 0 and an error for what is none of ours. */
static char escape(struct lexer *l, const char **s)
{
    const char *at = *s - 1;
    size_t left = (size_t)(l->end - *s);
    if (left >= 1 && **s != '\0' && strchr("\"\\n", **s))
        return *(*s)++ == 'n' ? '\n' : (*s)[-1];
    int value = 0;
    if (left >= 3 && **s == 'x' && hex_digit((*s)[1]) >= 0 && hex_digit((*s)[2]) >= 0)
        value = hex_digit((*s)[1]) * 16 + hex_digit((*s)[2]);
    *s += value ? 3 : 0;
    if (value == 0)
        lex_fail(l, at, "expected \\\", \\\\, \\n or \\xHH (not \\x00) in a string");
    return (char)value;
}

const char *lex_string(struct lexer *l)
{
    struct buffer b = { .arena = l->arena };
    const char *start = (lex_peek(l), l->at), *s = start + 1;
    lex_expect(l, '"');
    buffer_puts(&b, "");
    while (!l->failed) {
        const char *piece = s;
        while (s < l->end && *s != '"' && *s != '\\' && *s != '\n' && *s != '\0')
            s++;
        buffer_add(&b, piece, (size_t)(s - piece));
        if (s == l->end || *s == '\n' || *s == '\0') {
            lex_fail(l, start, "this string does not end on its line");
        } else if (*s++ == '"') {
            l->at = s;
            break;
        } else {
            char c = escape(l, &s);
            buffer_add(&b, &c, 1);
        }
    }
    return b.text;
}

int64_t lex_int(struct lexer *l, int64_t low, int64_t high)
{
    lex_peek(l);
    const char *s = l->at;
    bool negative = s < l->end && *s == '-';
    s += negative;
    const char *digits = s;
    int64_t n = 0;
    bool fits = true;
    for (; s < l->end && is_digit(*s); s++) {
        fits = fits && n <= (INT64_MAX - 9) / 10;
        n = fits ? 10 * n + (*s - '0') : n;
    }
    n = negative ? -n : n;
    if (s == digits || (*digits == '0' && (s > digits + 1 || negative)))
        lex_fail(l, l->at, "expected an integer, found %s", found(l));
    else if (!fits || n < low || n > high)
        lex_fail(l, l->at, "expected an integer from %" PRId64 " to %" PRId64 ", found %s", low,
                 high, found(l));
    if (l->failed)
        return low;
    l->at = s;
    return n;
}

double lex_number(struct lexer *l, double low, double high)
{
    lex_peek(l);
    const char *s = l->at;
    while (s < l->end && (is_letter(*s) || is_digit(*s) || strchr("+-.", *s)) && *s)
        s++;
    double x;
    if (!number_read(l->at, (size_t)(s - l->at), &x))
        lex_fail(l, l->at, "expected an integer or a hexadecimal number (0x1.8p-3), found %s",
                 found(l));
    else if (!(x >= low && x <= high) && !(isnan(x) && isinf(low)))
        lex_fail(l, l->at, "expected a number from %s to %s, found %s", number_text(l->arena, low),
                 number_text(l->arena, high), found(l));
    if (l->failed)
        return 0;
    l->at = s;
    return x;
}

/* ---- names of the text ------------------------------------------------------------------------ */

struct name_entry {
    struct token name; /* s = NULL: free */
    void *what;
};

/* FNV-1a with a last mixing, since the low bits choose the slot. */
static size_t hash(struct token t)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < t.n; i++)
        h = (h ^ (unsigned char)t.s[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

static struct name_entry *slot_of(const struct names *t, struct token name)
{
    size_t i = hash(name);
    for (;; i++) {
        struct name_entry *e = &t->entries[i & (t->size - 1)];
        if (!e->name.s || (e->name.n == name.n && memcmp(e->name.s, name.s, name.n) == 0))
            return e;
    }
}

void *names_find(const struct names *t, struct token name)
{
    return t->size == 0 ? NULL : slot_of(t, name)->what;
}

static void grow(struct names *t)
{
    struct names bigger = { .arena = t->arena, .size = t->size ? 2 * t->size : 64 };
    bigger.entries = arena_new_array(t->arena, struct name_entry, bigger.size);
    for (size_t i = 0; i < t->size; i++)
        if (t->entries[i].name.s)
            *slot_of(&bigger, t->entries[i].name) = t->entries[i];
    bigger.count = t->count;
    *t = bigger;
}

void names_add(struct names *t, struct token name, void *what)
{
    if (2 * t->count >= t->size)
        grow(t);
    *slot_of(t, name) = (struct name_entry){ name, what };
    t->count++;
}

/* A table that was large once is given up, so that many small programs after it stay cheap. */
void names_clear(struct names *t)
{
    if (t->size > 64 && t->count < t->size / 8)
        *t = (struct names){ .arena = t->arena };
    if (t->count > 0)
        memset(t->entries, 0, t->size * sizeof *t->entries);
    t->count = 0;
}
