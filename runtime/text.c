/* Text as code points: a strict UTF-8 decoder, line ends as Python's text mode reads them, and
 * lower-casing as str.lower does it. The decoder checks everything before the first point is kept;
 * casing is a second walk, since the final sigma looks at its neighbours in the text as it was. */
#define _POSIX_C_SOURCE 200809L
#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BOM = 0xFEFF,
    CAPITAL_SIGMA = 0x3A3,
    FINAL_SIGMA = 0x3C2,
    SMALL_SIGMA = 0x3C3,
    MAX_POINT = 0x10FFFF
};

/* ---- UTF-8 -------------------------------------------------------------------------------- */

/* The lead bytes in order: up to `last`, a character has `length` bytes and its second byte lies in
 * [low, high]; length 0 is an error by itself. Unicode 15, table 3-7. `low_fault` and `high_fault`
 * say what a second byte outside means. */
static const struct lead {
    unsigned char last, length, low, high;
    const char *low_fault, *high_fault;
} leads[] = {
    { 0x7F, 1, 0, 0, NULL, NULL },
    { 0xBF, 0, 0, 0, "stray continuation byte", NULL },
    { 0xC1, 0, 0, 0, "overlong form", NULL },
    { 0xDF, 2, 0x80, 0xBF, NULL, NULL },
    { 0xE0, 3, 0xA0, 0xBF, "overlong form", NULL },
    { 0xEC, 3, 0x80, 0xBF, NULL, NULL },
    { 0xED, 3, 0x80, 0x9F, NULL, "surrogate" },
    { 0xEF, 3, 0x80, 0xBF, NULL, NULL },
    { 0xF0, 4, 0x90, 0xBF, "overlong form", NULL },
    { 0xF3, 4, 0x80, 0xBF, NULL, NULL },
    { 0xF4, 4, 0x80, 0x8F, NULL, "beyond U+10FFFF" },
    { 0xF7, 0, 0, 0, "beyond U+10FFFF", NULL },
    { 0xFF, 0, 0, 0, "byte that no character begins with", NULL },
};

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Reads the character at `s`, of which n > 0 bytes are left. Returns its bytes, or 0 and why. */
static size_t decode_point(const unsigned char *s, size_t n, uint32_t *point, const char **what)
{
    const struct lead *lead = leads;
    while (s[0] > lead->last)
        lead++;
    if (lead->length == 0) {
        *what = lead->low_fault;
        return 0;
    }
    if (lead->length == 1) {
        *point = s[0];
        return 1;
    }
    uint32_t value = s[0] & (0x7Fu >> lead->length);
    for (size_t i = 1; i < lead->length; i++) {
        if (i == n || !is_continuation(s[i])) {
            *what = "truncated character";
            return 0;
        }
        if (i == 1 && (s[1] < lead->low || s[1] > lead->high)) {
            *what = s[1] < lead->low ? lead->low_fault : lead->high_fault;
            return 0;
        }
        value = value << 6 | (s[i] & 0x3Fu);
    }
    *point = value;
    return lead->length;
}

bool text_is_utf8(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0, length; i < n; i += length) {
        uint32_t point;
        const char *what;
        length = decode_point(bytes + i, n - i, &point, &what);
        if (length == 0)
            return false;
    }
    return true;
}

int text_encode(uint32_t point, char out[4])
{
    static const struct {
        uint32_t end;
        unsigned char mark;
    } forms[] = { { 0x80, 0 }, { 0x800, 0xC0 }, { 0x10000, 0xE0 }, { MAX_POINT + 1, 0xF0 } };
    int length = 1;
    while (point >= forms[length - 1].end)
        length++;
    for (int i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (char)(forms[length - 1].mark | point);
    return length;
}

/* ---- lower-casing ------------------------------------------------------------------------- */

static const struct lstmc_casing *find_casing(const struct text_rules *r, uint32_t point)
{
    int low = 0, high = r->casing_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (r->casings[middle].from < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->casing_count && r->casings[low].from == point ? &r->casings[low] : NULL;
}

static bool in_ranges(const struct lstmc_code_range *ranges, int count, uint32_t point)
{
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (ranges[middle].last < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ranges[low].first <= point;
}

/* Whether the first point from `i` on in direction `step` that is not case-ignorable is cased. */
static bool meets_cased(const struct text *t, const struct text_rules *r, size_t i, size_t step)
{
    /* Going down, i passes below 0 and wraps to a number above count. */
    for (; i < t->count; i += step)
        if (!in_ranges(r->ignorable, r->ignorable_count, t->points[i]))
            return in_ranges(r->cased, r->cased_count, t->points[i]);
    return false;
}

/* What point i of the text becomes; returns how many points. A capital sigma ends a word when
 * something cased stands before it and nothing cased behind, case-ignorable points left out
 * (Unicode 3.13, Final_Sigma). */
static int lower_point(const struct text *t, const struct text_rules *r, size_t i, uint32_t to[3])
{
    uint32_t point = t->points[i];
    if (point == CAPITAL_SIGMA) {
        bool final = meets_cased(t, r, i - 1, SIZE_MAX) && !meets_cased(t, r, i + 1, 1);
        to[0] = final ? FINAL_SIGMA : SMALL_SIGMA;
        return 1;
    }
    const struct lstmc_casing *casing = find_casing(r, point);
    if (casing) {
        memcpy(to, casing->to, sizeof casing->to);
        return casing->count;
    }
    to[0] = point;
    return 1;
}

static bool lower(struct text *t, const struct text_rules *r)
{
    uint32_t to[3];
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += (size_t)lower_point(t, r, i, to);
    uint32_t *points = malloc((count ? count : 1) * sizeof *points);
    if (!points)
        return false;
    uint32_t *end = points;
    for (size_t i = 0; i < t->count; i++) {
        int n = lower_point(t, r, i, to);
        memcpy(end, to, (size_t)n * sizeof *to);
        end += n;
    }
    free(t->points);
    *t = (struct text){ points, count };
    return true;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static bool fail(struct text *t, struct text_fault *fault, size_t offset, const char *what)
{
    text_free(t);
    *fault = (struct text_fault){ offset, what };
    return false;
}

bool text_decode(const unsigned char *bytes, size_t n, const struct text_rules *rules,
                 struct text *out, struct text_fault *fault)
{
    *out = (struct text){ 0 };
    if (n > SIZE_MAX / sizeof *out->points - 1)
        return fail(out, fault, 0, NULL);
    out->points = malloc((n + 1) * sizeof *out->points);
    if (!out->points)
        return fail(out, fault, 0, NULL);
    bool after_return = false;
    for (size_t i = 0; i < n;) {
        uint32_t point;
        const char *what = NULL;
        size_t length = decode_point(bytes + i, n - i, &point, &what);
        if (length == 0)
            return fail(out, fault, i, what);
        bool dropped = (i == 0 && point == BOM) || (after_return && point == '\n');
        after_return = point == '\r';
        if (!dropped)
            out->points[out->count++] = after_return ? '\n' : point;
        i += length;
    }
    if (rules->lowercase && !lower(out, rules))
        return fail(out, fault, 0, NULL);
    return true;
}

void text_free(struct text *t)
{
    free(t->points);
    *t = (struct text){ 0 };
}

uint32_t *text_symbols(const struct text *t, int *count)
{
    enum { WORD = 64, WORDS = (MAX_POINT + WORD) / WORD };
    uint64_t *seen = calloc(WORDS, sizeof *seen);
    if (!seen)
        return NULL;
    *count = 0;
    for (size_t i = 0; i < t->count; i++) {
        uint64_t *word = &seen[t->points[i] / WORD], bit = UINT64_C(1) << t->points[i] % WORD;
        *count += !(*word & bit);
        *word |= bit;
    }
    uint32_t *symbols = malloc((size_t)(*count ? *count : 1) * sizeof *symbols), *end = symbols;
    for (uint32_t p = 0; symbols && p <= MAX_POINT; p++)
        if (seen[p / WORD] >> p % WORD & 1)
            *end++ = p;
    free(seen);
    return symbols;
}

int text_index(const uint32_t *symbols, int count, uint32_t point)
{
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (symbols[middle] < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && symbols[low] == point ? low : -1;
}

/* ---- on a terminal ------------------------------------------------------------------------ */

bool text_is_control(unsigned char before, unsigned char c)
{
    return c < 0x20 || c == 0x7F || (before == 0xC2 && c >= 0x80 && c < 0xA0);
}

char *text_tame(char *text)
{
    for (unsigned char before = 0, c, *s = (unsigned char *)text; (c = *s) != 0; s++, before = c)
        if (c != '\n' && text_is_control(before, c))
            *s = '?';
    return text;
}

/* ---- files -------------------------------------------------------------------------------- */

/* Fills up to `size` bytes; a file that shrinks meanwhile gives fewer. */
static ssize_t read_all(int fd, unsigned char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, bytes + done, size - done);
        if (n == 0)
            break;
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}

unsigned char *read_regular_file(const char *path, size_t *size, const char **why)
{
    unsigned char *bytes = NULL;
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        *why = strerror(errno);
    } else if (S_ISDIR(st.st_mode)) {
        *why = "it is a directory";
    } else if (!S_ISREG(st.st_mode)) {
        *why = "it is not a regular file";
    } else if (!(bytes = malloc((size_t)st.st_size + 1))) {
        *why = "out of memory";
    } else {
        ssize_t n = read_all(fd, bytes, (size_t)st.st_size);
        if (n < 0) {
            *why = strerror(errno);
            free(bytes);
            bytes = NULL;
        } else {
            *size = (size_t)n;
        }
    }
    if (fd >= 0)
        close(fd);
    return bytes;
}
