/* What a spec can put into emitted C: whatever the texts of its layers are, the C without comments and
 * strings is the same. tests/emit/names.sh has the names. */
#include "diag.h"
#include "emit_files.h"
#include "emit_text.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- models ------------------------------------------------------------------------------------ */

/* A string of the IR's text form. */
static void put_quoted(struct buffer *out, const char *s)
{
    buffer_puts(out, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            buffer_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            buffer_printf(out, "\\x%02x", c);
        else
            buffer_add(out, s, 1);
    }
    buffer_puts(out, "\"");
}

/* A planned model with a layer and a step for each text. */
static struct output *emit_model_of(struct arena *a, const char *const *texts, int n, int *count)
{
    struct buffer ir = { .arena = a };
    buffer_puts(&ir, "lstmc-ir 1 plan\nmodel hostile float32 stateful\ntitle ");
    put_quoted(&ir, texts[0]);
    buffer_puts(&ir, "\nloss squared_error\noptimizer None\nsymbols 97\n");
    for (int i = 0; i < n; i++) {
        buffer_printf(&ir, "layer dense_%d Dense ", i);
        put_quoted(&ir, texts[i]);
        buffer_puts(&ir, " ");
        put_quoted(&ir, texts[n - 1 - i]);
        buffer_puts(&ir, " 16\n");
    }
    for (int i = 0; i < n; i++) {
        buffer_printf(&ir, "scope %d dense_%d ", i, i);
        put_quoted(&ir, texts[i]);
        buffer_puts(&ir, "\n");
    }
    buffer_puts(&ir, "memory param 64 state 0 work 64\nparam $bias f[16] in param+0:16\n"
                     "kernel @shift f[1,16] {\n  param %0:f[1,16]\n  param %1:f[16]\n"
                     "  %2:f[1,16] = add %0, %1\n  return %2\n}\n"
                     "program train work 64 {\n  %0:f[1,16] in work+0:16 = input {name=x}\n");
    for (int i = 0; i < n; i++)
        buffer_printf(&ir,
                      "  %%%d:f[1,16] in work+0:16 = call @shift(%%%d, $bias) on cols 1x16 !%d\n",
                      i + 1, i, i);
    buffer_puts(&ir, "}\nend\n");
    struct module *m = module_read(a, "hostile.ir", ir.text, ir.length);
    assert_non_null(m);
    const struct options o = { .emit = EMIT_C, .gemm = GEMM_AUTO };
    return emit_to_memory(m, &o, count);
}

/* ---- a reader of C ------------------------------------------------------------------------------ */

/* The first two steps of a compiler: trigraphs become characters, lines that end in \ are joined. */
static char *spliced(struct arena *a, const char *s)
{
    static const char from[] = "=/'()!<>-", to[] = "#\\^[]|{}~";
    char *out = arena_alloc(a, strlen(s) + 1), *end = out;
    while (*s) {
        const char *third = s[0] == '?' && s[1] == '?' && s[2] ? strchr(from, s[2]) : NULL;
        *end = third ? to[third - from] : *s;
        s += third ? 3 : 1;
        if (*end == '\\' && *s == '\n')
            s++;
        else
            end++;
    }
    return out;
}

/* Without comments, and with every string literal as "". */
static char *stripped(struct arena *a, const char *text)
{
    const char *s = spliced(a, text);
    char *out = arena_alloc(a, strlen(s) + 1), *end = out;
    while (*s) {
        if (s[0] == '/' && s[1] == '*') {
            s = strstr(s + 2, "*/");
            assert_non_null(s);
            s += 2;
        } else if (s[0] == '/' && s[1] == '/') {
            s += strcspn(s, "\n");
        } else if (*s == '"') {
            for (s++; *s != '"'; s++) {
                assert_true(*s && *s != '\n');
                s += *s == '\\';
            }
            s++;
            *end++ = '"';
            *end++ = '"';
        } else {
            *end++ = *s++;
        }
    }
    return out;
}

static bool is_c(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0 || strcmp(dot, ".inc") == 0);
}

/* ---- texts --------------------------------------------------------------------------------------- */

enum { TEXTS = 2500, ROUNDS = 4 };

/* Bytes that mean something to C, in every order, and names that end in them. */
static const char *hostile_text(struct arena *a, uint32_t *random)
{
    static const char *const parts[] = { "*/", "/*", "?\?/", "\\",   "\n", "\"",   "'",   "?",
                                         "//", "%s", "#",    "\t",   "\r", "*",    "/",   "{",
                                         "}",  ";",  "int",  "\xff", "é",  "\x7f", "?\?", "\\\n" };
    struct buffer out = { .arena = a };
    buffer_puts(&out, "x");
    for (int i = 0; i < 6; i++) {
        *random = *random * 1664525 + 1013904223;
        buffer_puts(&out, parts[(*random >> 16) % (sizeof parts / sizeof *parts)]);
    }
    return out.text;
}

static void texts_stay_in_comments_and_strings(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *a = arena_new();
        const char *hostile[TEXTS], *harmless[TEXTS];
        for (int i = 0; i < TEXTS; i++) {
            hostile[i] = hostile_text(a, &random);
            harmless[i] = "Dense { 16 }";
        }
        int count;
        const struct output *bad = emit_model_of(a, hostile, TEXTS, &count);
        const struct output *good = emit_model_of(a, harmless, TEXTS, &count);
        for (int i = 0; i < count; i++)
            if (is_c(bad[i].name))
                assert_string_equal(stripped(a, bad[i].text.text), stripped(a, good[i].text.text));
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stay_in_comments_and_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
