#include "json.h"
#include "text.h"
#include <string.h>

struct json json_over(unsigned char *bytes, size_t n)
{
    return (struct json){ bytes, bytes, bytes + n, true, NULL };
}

static void refuse(struct json *r, const char *fault)
{
    if (!r->fault)
        r->fault = fault;
}

static void skip_space(struct json *r)
{
    while (r->at < r->end && *r->at != '\0' && strchr(" \t\n\r", *r->at))
        r->at++;
}

/* Reads one character of structure, with the white space before it. */
static bool take(struct json *r, char c)
{
    skip_space(r);
    if (r->fault || r->at == r->end || *r->at != (unsigned char)c)
        return false;
    r->at++;
    return true;
}

void json_open(struct json *r, char bracket)
{
    if (!take(r, bracket))
        refuse(r, bracket == '{' ? "an object was expected" : "an array was expected");
    r->first = true;
}

bool json_more(struct json *r, char bracket)
{
    if (r->fault)
        return false;
    bool first = r->first;
    r->first = false;
    if (take(r, bracket))
        return false;
    if (!first && !take(r, ','))
        refuse(r, "a comma or a closing bracket was expected");
    return !r->fault;
}

void json_end(struct json *r)
{
    skip_space(r);
    if (r->at != r->end)
        refuse(r, "something follows the end");
}

int64_t json_integer(struct json *r)
{
    skip_space(r);
    const unsigned char *start = r->at;
    int64_t value = 0;
    while (!r->fault && r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        int digit = *r->at - '0';
        if (value > (INT64_MAX - digit) / 10)
            refuse(r, "a number is too large");
        else
            value = value * 10 + digit;
        r->at++;
    }
    if (r->at == start || (*start == '0' && r->at - start > 1))
        refuse(r, "a whole number was expected");
    if (r->at < r->end && *r->at != '\0' && strchr(".eE", *r->at))
        refuse(r, "a number is not whole");
    return r->fault ? 0 : value;
}

/* ---- strings ------------------------------------------------------------------------------ */

static int hex_digit(unsigned char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *d = c ? strchr(digits, c) : NULL;
    return d ? (int)((d - digits) % 16) : -1;
}

/* The four digits behind \u. */
static uint32_t hex_unit(struct json *r)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = r->at < r->end ? hex_digit(*r->at) : -1;
        if (digit < 0) {
            refuse(r, "an escape is broken");
            return 0;
        }
        unit = unit << 4 | (uint32_t)digit;
        r->at++;
    }
    return unit;
}

/* The code point behind a backslash. */
static uint32_t escaped(struct json *r)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    unsigned char c = r->at < r->end ? *r->at++ : 0;
    const char *name = c ? strchr(names, c) : NULL;
    if (name)
        return (uint32_t)meant[name - names];
    if (c != 'u') {
        refuse(r, "an escape is broken");
        return 0;
    }
    uint32_t high = hex_unit(r);
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    if (high > 0xDBFF || r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u') {
        refuse(r, "a surrogate stands alone");
        return 0;
    }
    r->at += 2;
    uint32_t low = hex_unit(r);
    if (low < 0xDC00 || low > 0xDFFF)
        refuse(r, "a surrogate stands alone");
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* An escape is never shorter than what it stands for, so the decoded text fits where the string
 * stood, and its NUL where the closing quote was. */
struct json_text json_string(struct json *r)
{
    static const char none[1];
    if (!take(r, '"')) {
        refuse(r, "a string was expected");
        return (struct json_text){ none, 0 };
    }
    unsigned char *out = r->at, *start = r->at;
    while (!r->fault && r->at < r->end && *r->at != '"') {
        if (*r->at == '\\') {
            r->at++;
            uint32_t point = escaped(r);
            if (!r->fault)
                out += text_encode(point, (char *)out);
        } else if (*r->at < ' ') {
            refuse(r, "a control character stands in a string");
        } else {
            *out++ = *r->at++;
        }
    }
    if (!r->fault && r->at == r->end)
        refuse(r, "a string does not end");
    if (r->fault)
        return (struct json_text){ none, 0 };
    r->at++;
    *out = '\0';
    size_t n = (size_t)(out - start);
    if (!text_is_utf8(start, n))
        refuse(r, "a string is not UTF-8");
    return (struct json_text){ (const char *)start, n };
}

struct json_text json_key(struct json *r)
{
    struct json_text key = json_string(r);
    if (!take(r, ':'))
        refuse(r, "a colon was expected");
    return key;
}

void json_put(FILE *f, const char *text, size_t n)
{
    static const char names[] = "\"\\bfnrt", meant[] = "\"\\\b\f\n\r\t";
    fputc('"', f);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        const bool latin = c == 0xC2 && i + 1 < n && text_is_control(c, (unsigned char)text[i + 1]);
        if (latin)
            c = (unsigned char)text[++i]; /* U+0080 to U+009F */
        const char *special = c ? strchr(meant, c) : NULL;
        if (special)
            fprintf(f, "\\%c", names[special - meant]);
        else if (latin || text_is_control(0, c))
            fprintf(f, "\\u%04x", c);
        else
            fputc(c, f);
    }
    fputc('"', f);
}
