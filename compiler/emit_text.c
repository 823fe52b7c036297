/* What a spec says becomes C that compiles: names are checked against the words of the language and of the
 * runtime, and numbers do not depend on a locale. */
#include "emit_text.h"
#include "table.h"
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- names ----------------------------------------------------------------------------------- */

/* Words that mean something where emitted names stand: C's own, macros of the headers that emitted
 * files include, and the runtime's vocabulary (the headers of lstmc/). */
static const char *const taken_words[] = {
    /* clang-format off */
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict",
    "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union",
    "unsigned", "void", "volatile", "while", "asm", "typeof", "errno", "math_errhandling", "linux",
    "unix", "i386", "isfinite", "isinf", "isnan", "isnormal", "signbit", "fpclassify", "isgreater",
    "isgreaterequal", "isless", "islessequal", "islessgreater", "isunordered", "offsetof",
    "alignas", "alignof", "memcpy", "memset", "bool", "true", "false", "vec", "ints", "words",
    "bytes", "lane_int", "lane_word", "vec_anywhere", "splat", "splat_int", "columns_from", "load",
    "store", "load_ints", "load_bits", "store_bits", "not_finite", "first_lanes",
    "any_lane", "lanes_at", "random_rows", "all_of", "panel_cols", "length", "product", "transpose", "row", "col", "n",
    "rows", "cols", "bad", "seed", "update", "t", "me", "call", "p", "s", "w",
    "k", "whole", "work", "step", "x", "cells", "sums", "left", "top", "across", "down", "width",
    "first", "last", "part_of", "next_cells", "tile_width", "panels_in", "sums_at", "random_words",
    "store_bf16",
    /* clang-format on */
};

static bool is_taken(const char *word)
{
    for (size_t i = 0; i < sizeof taken_words / sizeof *taken_words; i++)
        if (strcmp(taken_words[i], word) == 0)
            return true;
    return false;
}

static bool has_lower(const char *s)
{
    while (*s && !islower((unsigned char)*s))
        s++;
    return *s;
}

const char *c_word(struct arena *a, const char *name)
{
    const char *front = name[0] == '_' || isdigit((unsigned char)name[0]) ? "x" : "";
    char *word = arena_printf(a, "%s%s_", front, name);
    size_t n = strlen(word) - 1;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)word[i]))
            word[i] = '_';
    word[n] = 0;
    /* Macros are in capitals, types end in _t, functions begin with v_; temporaries are v7 and d7. */
    bool temporary = n > 1 && strchr("vd", word[0]) && strspn(word + 1, "0123456789") == n - 1;
    bool function = strncmp(word, "v_", 2) == 0;
    bool type = n > 2 && strcmp(word + n - 2, "_t") == 0;
    if (is_taken(word) || !has_lower(word) || temporary || function || type)
        word[n] = '_';
    return word;
}

const char *c_upper(struct arena *a, const char *name)
{
    char *word = arena_copy(a, name, strlen(name));
    for (char *s = word; *s; s++)
        *s = (char)(isalnum((unsigned char)*s) ? toupper((unsigned char)*s) : '_');
    return word;
}

struct c_names {
    struct arena *arena;
    struct table taken; /* of strings */
};

struct c_names *names_in(struct arena *a)
{
    struct c_names *n = arena_alloc(a, sizeof *n);
    *n = (struct c_names){ .arena = a, .taken.arena = a };
    return n;
}

static int is_name(const void *item, const void *key)
{
    return strcmp(item, key) == 0;
}

bool names_has(const struct c_names *n, const char *name)
{
    return table_find(&n->taken, hash_text(name), is_name, name);
}

const char *names_take(struct c_names *n, const char *wanted)
{
    const char *name = wanted;
    for (int i = 2; names_has(n, name); i++)
        name = arena_printf(n->arena, "%s_%d", wanted, i);
    table_add(&n->taken, hash_text(name), (void *)name);
    return name;
}

/* ---- numbers --------------------------------------------------------------------------------- */

const char *c_integer(struct arena *a, int64_t n)
{
    return arena_printf(a, "%" PRId64, n);
}

const char *c_number(struct arena *a, double x, enum dtype dtype)
{
    const char *suffix = dtype == DTYPE_FLOAT64 ? "" : "f";
    if (dtype != DTYPE_FLOAT64)
        x = (float)x;
    if (isnan(x))
        return dtype == DTYPE_FLOAT64 ? "(double)NAN" : "NAN";
    if (isinf(x))
        return arena_printf(a, "%s(%s)INFINITY", x < 0 ? "-" : "",
                            dtype == DTYPE_FLOAT64 ? "double" : "float");
    const char *text = number_text(a, x);
    return arena_printf(a, "%s%s%s", text, strchr(text, 'x') ? "" : ".0", suffix);
}

/* No setlocale is ever called here, so the point is a point. */
const char *plain_number(struct arena *a, double x)
{
    return arena_printf(a, "%.7g", x);
}

const char *shape_text(struct arena *a, struct shape s)
{
    const char *text = s.rank == 0 ? "1" : arena_printf(a, "%" PRId64, s.dim[0]);
    for (int i = 1; i < s.rank; i++)
        text = arena_printf(a, "%sx%" PRId64, text, s.dim[i]);
    return text;
}

const char *share_word(struct grid g)
{
    return g.bands > 0 ? "cells" : g.axis == AXIS_ROWS ? "rows" : "cols";
}

const char *c_operation(struct arena *a, enum op op, const char *prefix,
                        const char *const *operands)
{
    struct buffer out = { .arena = a };
    for (const char *s = op_table[op].c_text; *s; s++) {
        if (*s == '@')
            buffer_puts(&out, prefix);
        else if (*s == '$')
            buffer_puts(&out, operands[*++s - '0']);
        else
            buffer_add(&out, s, 1);
    }
    return out.text;
}

/* ---- strings and comments -------------------------------------------------------------------- */

const char *c_string(struct arena *a, const char *s)
{
    struct buffer out = { .arena = a };
    buffer_puts(&out, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\' || c == '?')
            buffer_printf(&out, "\\%c", c);
        else if (c == '\n')
            buffer_puts(&out, "\\n");
        else if (c < 0x20 || c > 0x7e)
            buffer_printf(&out, "\\%03o", c);
        else
            buffer_add(&out, s, 1);
    }
    buffer_puts(&out, "\"");
    return out.text;
}

const char *c_comment(struct arena *a, const char *s)
{
    char *text = arena_copy(a, s, strlen(s));
    for (char *c = text; *c; c++) {
        bool ends = c > text && ((c[-1] == '*' && *c == '/') || (c[-1] == '/' && *c == '*'));
        bool trigraph = c > text && c[-1] == '?' && *c == '?';
        if (ends || trigraph || *c == '\\' || (unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '.';
    }
    return text;
}

/* ---- lines ----------------------------------------------------------------------------------- */

enum { COLUMNS = 100 };

void put_list(struct buffer *out, int indent, const char *before, const char *const *parts, int n,
              const char *after)
{
    buffer_printf(out, "%*s%s", indent, "", before);
    int at = indent + (int)strlen(before);
    for (int i = 0; i < n; i++) {
        const char *end = i + 1 < n ? "," : after;
        int more = (int)(strlen(parts[i]) + strcspn(end, "\n"));
        if (i > 0 && at + 1 + more > COLUMNS) {
            buffer_printf(out, "\n%*s", indent + 4, "");
            at = indent + 4;
        } else if (i > 0) {
            buffer_puts(out, " ");
            at++;
        }
        buffer_puts(out, parts[i]);
        buffer_puts(out, end);
        at += more;
    }
    if (n == 0)
        buffer_puts(out, after);
}

void put_wrapped(struct buffer *out, const char *first, const char *margin, const char *text)
{
    buffer_puts(out, first);
    int at = (int)strlen(first);
    for (size_t n; *text; text += n + (text[n] == ' ')) {
        n = strcspn(text, " ");
        if (at + 1 + (int)n > COLUMNS) {
            buffer_printf(out, "\n%s", margin);
            at = (int)strlen(margin);
        }
        buffer_puts(out, " ");
        buffer_add(out, text, n);
        at += 1 + (int)n;
    }
    buffer_puts(out, "\n");
}
