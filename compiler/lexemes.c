/* Cuts Lua into words, forgivingly: the text may be no Lua at all, or somebody's Keras. */
#include "lexemes.h"
#include <ctype.h>
#include <string.h>

struct cursor {
    struct lexemes *out;
    const char *at, *end, *line_start;
    int file, line;
};

/* ---- cutting --------------------------------------------------------------------------------- */

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static char peek(const struct cursor *c, size_t ahead)
{
    return (size_t)(c->end - c->at) > ahead ? c->at[ahead] : '\0';
}

static void pass(struct cursor *c, size_t n)
{
    for (; n > 0 && c->at < c->end; n--, c->at++)
        if (*c->at == '\n') {
            c->line++;
            c->line_start = c->at + 1;
        }
}

static void pass_line(struct cursor *c)
{
    while (c->at < c->end && *c->at != '\n')
        c->at++;
}

/* Makes the next n characters a word. */
static void take(struct cursor *c, enum lexeme_kind kind, size_t n)
{
    struct lexemes *l = c->out;
    if (l->count == l->capacity) {
        int capacity = 2 * l->capacity + 256;
        l->all = arena_grow(l->arena, l->all, (size_t)l->count, (size_t)capacity, sizeof *l->all);
        l->capacity = capacity;
    }
    l->all[l->count++] = (struct lexeme){ .s = c->at,
                                          .length = (int)n,
                                          .kind = kind,
                                          .file = c->file,
                                          .line = c->line,
                                          .column = (int)(c->at - c->line_start) + 1 };
    pass(c, n);
}

static size_t word_length(const struct cursor *c)
{
    size_t n = 0;
    while (is_word_char(peek(c, n)))
        n++;
    return n;
}

/* 0x1p-3, 1e+5, .5: a sign belongs to the number behind e or p. */
static size_t number_length(const struct cursor *c)
{
    size_t n = 0;
    bool hex = peek(c, 0) == '0' && tolower((unsigned char)peek(c, 1)) == 'x';
    for (char k; (k = peek(c, n)) != '\0'; n++) {
        char before = n > 0 ? (char)tolower((unsigned char)peek(c, n - 1)) : '\0';
        bool sign = (k == '+' || k == '-') && before == (hex ? 'p' : 'e');
        if (!is_word_char(k) && k != '.' && !sign)
            break;
    }
    return n;
}

/* A string in quotes; it ends at the end of its line at the latest. */
static size_t string_length(const struct cursor *c)
{
    char quote = peek(c, 0);
    size_t n = 1;
    while (peek(c, n) != '\0' && peek(c, n) != quote && peek(c, n) != '\n')
        n += peek(c, n) == '\\' && peek(c, n + 1) != '\n' ? 2 : 1;
    n += peek(c, n) == quote;
    size_t left = (size_t)(c->end - c->at);
    return n < left ? n : left;
}

/* [[ ... ]], [==[ ... ]==]: its length from `from` on, 0 if there is none. */
static size_t long_bracket(const struct cursor *c, size_t from)
{
    size_t level = 0, n = from + 1;
    while (peek(c, n) == '=')
        n++, level++;
    if (peek(c, from) != '[' || peek(c, n) != '[')
        return 0;
    for (size_t left = (size_t)(c->end - c->at); n < left; n++) {
        if (c->at[n] != ']')
            continue;
        size_t k = 1;
        while (k <= level && peek(c, n + k) == '=')
            k++;
        if (k == level + 1 && peek(c, n + k) == ']')
            return n + k + 1;
    }
    return (size_t)(c->end - c->at);
}

/* Of the characters that begin with the same ones the longest comes first; != and those behind it
 * are no Lua. */
static size_t symbol_length(const struct cursor *c)
{
    static const char *const symbols[] = { "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<",
                                           ">>",  "!=", "+=", "-=", "*=", "/=", "**", "&&", "||" };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t n = strlen(symbols[i]);
        if ((size_t)(c->end - c->at) >= n && memcmp(c->at, symbols[i], n) == 0)
            return n;
    }
    return 1;
}

/* `#` in front of a blank, or where a statement begins; `//` where no division can be. */
static bool is_foreign_comment(const struct cursor *c)
{
    const struct lexemes *l = c->out;
    const struct lexeme *before = l->count > 0 ? &l->all[l->count - 1] : NULL;
    bool first = !before || before->line != c->line || before->kind == LEXEME_END;
    bool operand = !before || before->kind == LEXEME_END || lexeme_ends_expression(before);
    if (peek(c, 0) == '#')
        return peek(c, 1) == ' ' || peek(c, 1) == '!' || (first && operand);
    return peek(c, 0) == '/' && peek(c, 1) == '/' && !(before && lexeme_ends_expression(before));
}

static void take_next(struct cursor *c)
{
    char k = peek(c, 0);
    size_t bracket = long_bracket(c, 0);
    if (isspace((unsigned char)k) || k == '\0') {
        pass(c, 1);
    } else if (k == '-' && peek(c, 1) == '-') {
        bracket = long_bracket(c, 2);
        if (bracket > 0)
            pass(c, bracket);
        else
            pass_line(c);
    } else if (is_foreign_comment(c)) {
        take(c, LEXEME_COMMENT, k == '#' ? 1 : 2);
        pass_line(c);
    } else if (bracket > 0) {
        take(c, LEXEME_STRING, bracket);
    } else if (k == '"' || k == '\'') {
        take(c, LEXEME_STRING, string_length(c));
    } else if (isdigit((unsigned char)k) || (k == '.' && isdigit((unsigned char)peek(c, 1)))) {
        take(c, LEXEME_NUMBER, number_length(c));
    } else if (is_word_char(k)) {
        take(c, LEXEME_NAME, word_length(c));
    } else {
        take(c, LEXEME_SYMBOL, symbol_length(c));
    }
}

void lexemes_add(struct lexemes *l, int file, const char *text, size_t length)
{
    struct cursor c = {
        .out = l, .at = text, .end = text + length, .line_start = text, .file = file, .line = 1
    };
    if (l->count == 0)
        take(&c, LEXEME_END, 0); /* place 0 is nowhere */
    while (c.at < c.end)
        take_next(&c);
    take(&c, LEXEME_END, 0);
}

/* ---- asking ---------------------------------------------------------------------------------- */

bool lexeme_is(const struct lexeme *x, const char *word)
{
    size_t n = strlen(word);
    return x->length == (int)n && x->kind != LEXEME_STRING && memcmp(x->s, word, n) == 0;
}

bool lexeme_ends_expression(const struct lexeme *x)
{
    static const char *const openers[] = { "and",    "or",    "not",    "return",  "in",    "do",
                                           "then",   "else",  "elseif", "if",      "while", "until",
                                           "repeat", "local", "for",    "function" };
    if (x->kind == LEXEME_SYMBOL)
        return lexeme_is(x, ")") || lexeme_is(x, "]") || lexeme_is(x, "}") || lexeme_is(x, "...");
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++)
        if (x->kind == LEXEME_NAME && lexeme_is(x, openers[i]))
            return false;
    return x->kind != LEXEME_END && x->kind != LEXEME_COMMENT;
}

/* Files come one after the other and lines in order: by halves. */
int lexemes_line(const struct lexemes *l, int file, int line)
{
    int low = 1, high = l->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        const struct lexeme *x = &l->all[middle];
        if (x->file < file || (x->file == file && x->line < line))
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < l->count && l->all[low].file == file && l->all[low].line == line;
    return found && l->all[low].kind != LEXEME_END ? low : 0;
}

int lexemes_call(struct lexemes *l, int file, int line, const char *word)
{
    int first = lexemes_line(l, file, line), best = 0;
    for (int i = first; i > 0 && i < l->count && l->all[i].line == line && l->all[i].file == file;
         i++)
        if (lexeme_is(&l->all[i], word) && (best == 0 || l->all[i].calls < l->all[best].calls))
            best = i;
    if (best == 0)
        return first;
    l->all[best].calls++;
    return best;
}

/* The opening brace of the arguments behind `place`; model:fit(data, { ... }) has some words before
 * it. 0 if there is none. */
static int find_brace(const struct lexemes *l, int place)
{
    enum { REACH = 8 };
    for (int i = place + 1; place > 0 && i < l->count && i <= place + REACH; i++)
        if (lexeme_is(&l->all[i], "{"))
            return i;
    return 0;
}

/* +1 for an opening bracket or block, -1 for a closing one. */
static int step_of_depth(const struct lexeme *x)
{
    static const struct {
        const char *word;
        int step;
    } brackets[] = { { "{", 1 },  { "(", 1 },  { "[", 1 },        { "}", -1 },   { ")", -1 },
                     { "]", -1 }, { "do", 1 }, { "function", 1 }, { "then", 1 }, { "end", -1 } };
    for (size_t i = 0; i < sizeof brackets / sizeof *brackets; i++)
        if (lexeme_is(x, brackets[i].word))
            return brackets[i].step;
    return 0;
}

/* Calls `matches` for the first word of each item in the braces, with the number of items without a
 * name so far. */
static int find_item(const struct lexemes *l, int place,
                     bool (*matches)(const struct lexeme *, int, const void *), const void *what)
{
    int brace = find_brace(l, place), depth = 0, unnamed = 0;
    for (int i = brace; brace > 0 && i < l->count && l->all[i].kind != LEXEME_END; i++) {
        bool starts = depth == 1 && (i == brace + 1 || lexeme_is(&l->all[i - 1], ",") ||
                                     lexeme_is(&l->all[i - 1], ";"));
        bool named = starts && (lexeme_is(&l->all[i], "[") || lexeme_is(&l->all[i + 1], "="));
        unnamed += starts && !named;
        if (starts && matches(&l->all[i], named ? 0 : unnamed, what))
            return i;
        depth += step_of_depth(&l->all[i]);
        if (depth == 0)
            break;
    }
    return place;
}

static bool has_name(const struct lexeme *x, int item, const void *what)
{
    return item == 0 && lexeme_is(x, what);
}

static bool has_number(const struct lexeme *x, int item, const void *what)
{
    (void)x;
    return item == *(const int *)what;
}

int lexemes_field(const struct lexemes *l, int place, const char *name)
{
    return find_item(l, place, has_name, name);
}

int lexemes_item(const struct lexemes *l, int place, int item)
{
    return find_item(l, place, has_number, &item);
}
