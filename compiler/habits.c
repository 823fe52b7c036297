/* Each habit is a question about the words at one place; what answers writes the message. They are
 * asked only when Lua could not read the file: the same words may be good Lua elsewhere. */
#include "habits.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const struct lexemes *l;
    int covered; /* words before this place are part of a habit already told */
};

static const struct lexeme *word_at(const struct search *s, int place)
{
    return &s->l->all[place < s->l->count ? place : s->l->count - 1];
}

static bool is(const struct search *s, int place, const char *word)
{
    return lexeme_is(word_at(s, place), word);
}

static bool is_name(const struct search *s, int place)
{
    return word_at(s, place)->kind == LEXEME_NAME;
}

static bool starts_line(const struct search *s, int place)
{
    return word_at(s, place - 1)->line != word_at(s, place)->line ||
           word_at(s, place - 1)->kind == LEXEME_END;
}

/* The bracket that closes the one at `place`; `place` itself if none does within reach. */
static int closing(const struct search *s, int place)
{
    enum { REACH = 1000 };
    int depth = 0;
    for (int i = place; i < place + REACH && word_at(s, i)->kind != LEXEME_END; i++) {
        depth += is(s, i, "(") || is(s, i, "[") || is(s, i, "{");
        depth -= is(s, i, ")") || is(s, i, "]") || is(s, i, "}");
        if (depth == 0)
            return i;
    }
    return place;
}

/* ---- writing the fix ------------------------------------------------------------------------- */

static const struct substitute {
    const char *word, *lua, *why;
} substitutes[] = {
    { "True", "true", "`True` is `true` in Lua" },
    { "False", "false", "`False` is `false` in Lua" },
    { "None", "nil", "`None` is `nil` in Lua" },
    { "elif", "elseif", "`elif` is `elseif` in Lua" },
    { "!=", "~=", "`!=` is `~=` in Lua" },
    { "**", "^", "`**` is `^` in Lua" },
    { "&&", "and", "`&&` is `and` in Lua" },
    { "||", "or", "`||` is `or` in Lua" },
};

static const struct substitute *substitute_for(const struct lexeme *x)
{
    for (size_t i = 0; i < sizeof substitutes / sizeof *substitutes; i++)
        if (lexeme_is(x, substitutes[i].word))
            return &substitutes[i];
    return NULL;
}

/* A list in square brackets, where Lua knows only keys and indices. */
static bool opens_list(const struct search *s, int place)
{
    return is(s, place, "[") && !lexeme_ends_expression(word_at(s, place - 1)) &&
           !is(s, closing(s, place) + 1, "=");
}

static void put_word(struct buffer *out, const struct lexeme *x)
{
    const struct substitute *substitute = substitute_for(x);
    if (substitute)
        buffer_puts(out, substitute->lua);
    else if (lexeme_is(x, ","))
        buffer_puts(out, ", ");
    else if (lexeme_is(x, "="))
        buffer_puts(out, " = ");
    else
        buffer_add(out, x->s, (size_t)x->length);
}

static bool opens_tuple(const struct search *s, int place)
{
    return is(s, place, "(") && !lexeme_ends_expression(word_at(s, place - 1));
}

static int named_argument(const struct search *s, int open);
static void put_call(const struct search *s, struct buffer *out, int name, int named);

/* The words in [from, to) as Lua, until it is too much for a message. */
static void put_words(const struct search *s, struct buffer *out, int from, int to)
{
    enum { ENOUGH = 200 };
    for (int i = from; i < to; i++) {
        if (out->length > ENOUGH) {
            buffer_puts(out, "...");
            return;
        }
        int named = is_name(s, i) && is(s, i + 1, "(") ? named_argument(s, i + 1) : 0;
        if (named > 0) {
            put_call(s, out, i, named);
            i = closing(s, i + 1);
        } else if (opens_list(s, i) || opens_tuple(s, i)) {
            buffer_puts(out, "{ ");
            put_words(s, out, i + 1, closing(s, i));
            buffer_puts(out, " }");
            i = closing(s, i);
        } else {
            put_word(out, word_at(s, i));
        }
    }
}

/* ---- LSTM(300, return_sequences=True), model.compile(loss='...') ----------------------------- */

/* The first argument with a name in the parentheses at `open`; 0 if none. */
static int named_argument(const struct search *s, int open)
{
    int close = closing(s, open);
    for (int i = open + 1; i < close; i++) {
        if (is(s, i, "(") || is(s, i, "[") || is(s, i, "{"))
            i = closing(s, i);
        else if (is_name(s, i) && is(s, i + 1, "="))
            return i;
    }
    return 0;
}

/* model:fit(data, { epochs = 1 }) for methods, LSTM { 300, return_sequences = true } for
 * constructors. */
static void put_call(const struct search *s, struct buffer *out, int name, int named)
{
    int close = closing(s, name + 1);
    bool method = is(s, name - 1, ".") || is(s, name - 1, ":");
    bool apart = method && named > name + 2;
    if (method) {
        put_word(out, word_at(s, name - 2));
        buffer_puts(out, ":");
    }
    put_word(out, word_at(s, name));
    if (apart) {
        buffer_puts(out, "(");
        put_words(s, out, name + 2, named);
        buffer_puts(out, "{ ");
        put_words(s, out, named, close);
        buffer_puts(out, " })");
    } else {
        buffer_puts(out, " { ");
        put_words(s, out, name + 2, close);
        buffer_puts(out, " }");
    }
}

static const char *named_arguments(struct search *s, int place)
{
    int named = is_name(s, place) && is(s, place + 1, "(") ? named_argument(s, place + 1) : 0;
    if (named == 0)
        return NULL;
    struct buffer out = { .arena = s->l->arena };
    buffer_puts(&out, "named arguments go in braces: `");
    put_call(s, &out, place, named);
    buffer_puts(&out, "`");
    s->covered = closing(s, place + 1) + 1;
    return out.text;
}

/* ---- the others ------------------------------------------------------------------------------ */

static const char *dot_call(struct search *s, int place)
{
    static const char *const methods[] = { "add", "compile", "fit", "chars", NULL };
    if (!is(s, place, ".") || !is_name(s, place - 1) || !is(s, place + 2, "(") ||
        named_argument(s, place + 2))
        return NULL; /* the last: named_arguments will say both */
    for (int i = 0; methods[i]; i++)
        if (is(s, place + 1, methods[i]))
            return arena_printf(s->l->arena, "methods are called with a colon: `%.*s:%s(`",
                                word_at(s, place - 1)->length, word_at(s, place - 1)->s,
                                methods[i]);
    return NULL;
}

static const char *foreign_comment(struct search *s, int place)
{
    const struct lexeme *x = word_at(s, place);
    if (x->kind == LEXEME_COMMENT)
        return arena_printf(s->l->arena, "`%.*s` begins no comment in Lua: write `--`", x->length,
                            x->s);
    return NULL;
}

/* f { } // words: a division by one name would not be followed by another. */
static const char *trailing_comment(struct search *s, int place)
{
    if (!is(s, place, "//") || word_at(s, place)->line != word_at(s, place + 1)->line)
        return NULL;
    return is_name(s, place + 1) && is_name(s, place + 2)
               ? "`//` begins no comment in Lua: write `--`"
               : NULL;
}

static const char *foreign_word(struct search *s, int place)
{
    const struct substitute *substitute = substitute_for(word_at(s, place));
    return substitute && !is(s, place - 1, ".") ? substitute->why : NULL;
}

static const char *augmented_assignment(struct search *s, int place)
{
    static const char *const words[] = { "+=", "-=", "*=", "/=", NULL };
    for (int i = 0; words[i]; i++)
        if (is(s, place, words[i]))
            return arena_printf(s->l->arena, "Lua has no `%s`: write `x = x %c ...`", words[i],
                                words[i][0]);
    return NULL;
}

static const char *import(struct search *s, int place)
{
    bool found = starts_line(s, place) && (is(s, place, "import") || is(s, place, "from")) &&
                 is_name(s, place + 1);
    if (!found)
        return NULL;
    while (word_at(s, s->covered)->kind != LEXEME_END &&
           word_at(s, s->covered)->line <= word_at(s, place)->line)
        s->covered++;
    return "nothing is imported: every layer is there already";
}

static const char *list(struct search *s, int place)
{
    if (!opens_list(s, place))
        return NULL;
    struct buffer out = { .arena = s->l->arena };
    buffer_puts(&out, "lists go in braces: `");
    s->covered = closing(s, place) + 1;
    put_words(s, &out, place, s->covered);
    buffer_puts(&out, "`");
    return out.text;
}

static const char *(*const habits[])(struct search *s, int place) = {
    foreign_comment, trailing_comment,     import,       named_arguments,
    dot_call,        augmented_assignment, foreign_word, list,
};

int find_habits(const struct lexemes *l, int file, struct habit_listener listener)
{
    struct search s = { .l = l, .covered = 1 };
    int found = 0;
    for (int place = 1; place < l->count; place++) {
        const char *message = NULL;
        if (l->all[place].file != file || l->all[place].kind == LEXEME_END || place < s.covered)
            continue;
        for (size_t i = 0; !message && i < sizeof habits / sizeof *habits; i++)
            message = habits[i](&s, place);
        if (message) {
            listener.hear(listener.self, place, message);
            found++;
        }
    }
    return found;
}

const char *find_missing_comma(const struct lexemes *l, int place)
{
    const struct lexeme *x = &l->all[place];
    bool begins = x->kind == LEXEME_NAME || x->kind == LEXEME_STRING || x->kind == LEXEME_NUMBER ||
                  lexeme_is(x, "{");
    if (place == 0 || !begins || !lexeme_ends_expression(&l->all[place - 1]))
        return NULL;
    return arena_printf(l->arena, "a comma is missing before `%.*s`",
                        x->length < 40 ? x->length : 40, x->s);
}

const char *habit_of_word(const char *word)
{
    const struct lexeme x = { .s = word, .length = (int)strlen(word), .kind = LEXEME_NAME };
    const struct substitute *substitute = substitute_for(&x);
    return substitute ? substitute->why : NULL;
}

/* ---- did you mean ---------------------------------------------------------------------------- */

enum { LONGEST = 40 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours (Damerau and Levenshtein); capitals
 * cost nothing. */
static int distance(const char *a, const char *b)
{
    int d[LONGEST + 1][LONGEST + 1], n = (int)strlen(a), m = (int)strlen(b);
    for (int i = 0; i <= n; i++)
        d[i][0] = i;
    for (int j = 0; j <= m; j++)
        d[0][j] = j;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            d[i][j] = least(d[i - 1][j - 1] + (x != y), least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[n][m];
}

/* A word that the other begins with is near it whatever follows: units and unit, return_sequences
 * and return_seq. */
static bool is_beginning(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), shorter = n < m ? n : m;
    return shorter >= 4 && strncmp(a, b, shorter) == 0;
}

const char *closest_word(const char *word, const char *const *words)
{
    const char *best = NULL;
    size_t n = strlen(word);
    int limit = n < 5 ? 1 : n < 8 ? 2 : 3, near = limit + 1;
    for (; *words && n <= LONGEST; words++) {
        int d = strlen(*words) > LONGEST ? near : distance(word, *words);
        if (d >= near && d > 1 && is_beginning(word, *words))
            d = limit;
        if (d < near) {
            near = d;
            best = *words;
        }
    }
    return best;
}
