/* The tables behind `lowercase = true`. utf8proc knows the simple mappings and the categories; the
 * one mapping to several code points and the properties that are no categories stand here (Unicode
 * 15: SpecialCasing.txt, PropList.txt, WordBreakProperty.txt). Python's rule for the final sigma
 * skips what is case-ignorable before it asks what is cased, so of what is both only the first
 * counts: the modifier letters of Other_Lowercase are left out. */
#include "casing.h"
#include <utf8proc.h>

enum { DOTTED_CAPITAL_I = 0x130, COMBINING_DOT = 0x307 };

/* Where casing and the case-ignorable live: planes 0 and 1, and the tags and variation selectors of
 * plane 14. */
static const struct lstmc_code_range searched[] = { { 0, 0x1FFFF }, { 0xE0000, 0xE0FFF } };

/* Other_Uppercase and Other_Lowercase but for the modifier letters: ordinals, Roman numerals,
 * circled and squared letters. */
static const struct lstmc_code_range other_cased[] = {
    { 0xAA, 0xAA },       { 0xBA, 0xBA },       { 0x2160, 0x217F },   { 0x24B6, 0x24E9 },
    { 0x1F130, 0x1F149 }, { 0x1F150, 0x1F169 }, { 0x1F170, 0x1F189 },
};

/* Word_Break = MidLetter, MidNumLet or Single_Quote. */
static const struct lstmc_code_range inside_words[] = {
    { 0x27, 0x27 },     { 0x2E, 0x2E },     { 0x3A, 0x3A },     { 0xB7, 0xB7 },
    { 0x387, 0x387 },   { 0x55F, 0x55F },   { 0x5F4, 0x5F4 },   { 0x2018, 0x2019 },
    { 0x2024, 0x2024 }, { 0x2027, 0x2027 }, { 0xFE13, 0xFE13 }, { 0xFE52, 0xFE52 },
    { 0xFE55, 0xFE55 }, { 0xFF07, 0xFF07 }, { 0xFF0E, 0xFF0E }, { 0xFF1A, 0xFF1A },
};

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static bool within(const struct lstmc_code_range *ranges, int count, uint32_t point)
{
    for (int i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

static bool in_categories(uint32_t point, uint32_t mask)
{
    return mask >> utf8proc_category((utf8proc_int32_t)point) & 1;
}

static bool is_cased(uint32_t point)
{
    const uint32_t letters =
        1u << UTF8PROC_CATEGORY_LU | 1u << UTF8PROC_CATEGORY_LL | 1u << UTF8PROC_CATEGORY_LT;
    return in_categories(point, letters) || within(other_cased, COUNT(other_cased), point);
}

static bool is_ignorable(uint32_t point)
{
    const uint32_t marks = 1u << UTF8PROC_CATEGORY_MN | 1u << UTF8PROC_CATEGORY_ME |
                           1u << UTF8PROC_CATEGORY_CF | 1u << UTF8PROC_CATEGORY_LM |
                           1u << UTF8PROC_CATEGORY_SK;
    return in_categories(point, marks) || within(inside_words, COUNT(inside_words), point);
}

/* The first point from `point` on in the searched planes; 0 after the last. */
static uint32_t next_searched(uint32_t point)
{
    for (int i = 0; i < COUNT(searched); i++)
        if (point <= searched[i].last)
            return point > searched[i].first ? point : searched[i].first;
    return 0;
}

static const struct lstmc_code_range *find_ranges(struct arena *a, bool (*has)(uint32_t),
                                                  int *count)
{
    struct lstmc_code_range *ranges = NULL;
    size_t n = 0, room = 0;
    for (uint32_t p = 1; p != 0; p = next_searched(p + 1)) {
        if (!has(p))
            continue;
        if (n > 0 && ranges[n - 1].last == p - 1) {
            ranges[n - 1].last = p;
            continue;
        }
        if (n == room) {
            room = 2 * n + 256;
            ranges = arena_grow(a, ranges, n, room, sizeof *ranges);
        }
        ranges[n++] = (struct lstmc_code_range){ p, p };
    }
    *count = (int)n;
    return ranges;
}

static struct lstmc_casing casing_of(uint32_t point)
{
    struct lstmc_casing c = { .from = point, .count = 1 };
    c.to[0] = (uint32_t)utf8proc_tolower((utf8proc_int32_t)point);
    if (point == DOTTED_CAPITAL_I) {
        c.to[0] = 'i';
        c.to[1] = COMBINING_DOT;
        c.count = 2;
    }
    return c;
}

static const struct lstmc_casing *find_casings(struct arena *a, int *count)
{
    struct lstmc_casing *casings = NULL;
    size_t n = 0, room = 0;
    for (uint32_t p = 1; p != 0; p = next_searched(p + 1)) {
        struct lstmc_casing c = casing_of(p);
        if (c.to[0] == p)
            continue;
        if (n == room) {
            room = 2 * n + 256;
            casings = arena_grow(a, casings, n, room, sizeof *casings);
        }
        casings[n++] = c;
    }
    *count = (int)n;
    return casings;
}

struct text_rules casing_rules(struct arena *a, bool lowercase)
{
    struct text_rules r = { .lowercase = lowercase };
    if (!lowercase)
        return r;
    r.casings = find_casings(a, &r.casing_count);
    r.cased = find_ranges(a, is_cased, &r.cased_count);
    r.ignorable = find_ranges(a, is_ignorable, &r.ignorable_count);
    return r;
}
