/* Numbers as text, without printf and strtod: those follow the locale and write a comma in de_DE.
 */
#include "ir.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MANTISSA_BITS = 53, MIN_EXPONENT = -1022, LARGEST_EXPONENT = 100000 };

/* |x| = 1.f * 2^e for every finite x but 0, denormals too; `fraction` is f as 52 bits. */
static int split(double x, uint64_t *fraction)
{
    int e;
    double m = frexp(fabs(x), &e); /* in [0.5, 1), exact */
    *fraction = (uint64_t)ldexp(m, MANTISSA_BITS) & ((1ull << 52) - 1);
    return e - 1;
}

static const char *hex_text(struct arena *a, double x)
{
    uint64_t fraction = 0;
    int e = x == 0 ? 0 : split(x, &fraction), digits = 13;
    while (digits > 0 && (fraction & 15) == 0) {
        fraction >>= 4;
        digits--;
    }
    char point[16] = "";
    if (digits > 0) {
        point[0] = '.';
        for (int i = digits; i > 0; i--, fraction >>= 4)
            point[i] = "0123456789abcdef"[fraction & 15];
    }
    return arena_printf(a, "%s0x%d%sp%+d", signbit(x) ? "-" : "", x != 0, point, e);
}

const char *number_text(struct arena *a, double x)
{
    if (isnan(x))
        return "nan";
    if (isinf(x))
        return x > 0 ? "inf" : "-inf";
    bool plain = fabs(x) <= 0x1p53 && x == trunc(x) && !(x == 0 && signbit(x));
    return plain ? arena_printf(a, "%lld", (long long)x) : hex_text(a, x);
}

/* m * 2^e, rounded to nearest, ties to even, also where the result is denormal. m has at most 62
 * bits; its lowest one stands for all that was cut off below it. */
static double round_to_double(uint64_t m, int e)
{
    if (m == 0)
        return 0;
    int bits = 0;
    while (m >> bits)
        bits++;
    int top = bits - 1 + e; /* exponent of the leading bit */
    int keep = top >= MIN_EXPONENT ? MANTISSA_BITS : MANTISSA_BITS - (MIN_EXPONENT - top);
    int drop = bits - keep;
    if (drop > bits) /* less than half of the least denormal */
        return 0;
    if (drop > 0) {
        uint64_t rest = m & ((1ull << drop) - 1), half = 1ull << (drop - 1);
        m >>= drop;
        m += rest > half || (rest == half && (m & 1));
        e += drop;
    }
    return ldexp((double)m, e);
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0'
           : c >= 'a' && c <= 'f'    ? c - 'a' + 10
           : c >= 'A' && c <= 'F'    ? c - 'A' + 10
                                     : -1;
}

/* H[.H]p[+-]D, what follows 0x. */
static bool read_hex(const char *s, const char *end, double *out)
{
    uint64_t m = 0;
    int64_t e = 0;
    int digits = 0;
    bool point = false;
    for (; s < end && (hex_digit(*s) >= 0 || (*s == '.' && !point)); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        uint64_t d = (uint64_t)hex_digit(*s);
        digits++;
        if (m >> 56) { /* full: later digits only make it odd */
            m |= d != 0;
            e += point ? 0 : 4;
        } else {
            m = m << 4 | d;
            e -= point ? 4 : 0;
        }
    }
    if (digits == 0 || s == end || *s++ != 'p')
        return false;
    bool down = s < end && *s == '-';
    s += s < end && (*s == '-' || *s == '+');
    if (s == end)
        return false;
    int64_t p = 0;
    for (; s < end && isdigit((unsigned char)*s); s++)
        if (p < LARGEST_EXPONENT)
            p = 10 * p + (*s - '0');
    e += down ? -p : p;
    int64_t limit = 4 * (int64_t)LARGEST_EXPONENT;
    *out = round_to_double(m, (int)(e < -limit ? -limit : e > limit ? limit : e));
    return s == end;
}

/* Decimal digits that fit 64 bits; the conversion to double rounds once. */
static bool read_decimal(const char *s, const char *end, double *out)
{
    uint64_t n = 0;
    for (const char *p = s; p < end; p++) {
        uint64_t d = (uint64_t)(*p - '0');
        if (!isdigit((unsigned char)*p) || n > (UINT64_MAX - d) / 10)
            return false;
        n = 10 * n + d;
    }
    *out = (double)n;
    return s < end;
}

static bool equals(const char *s, const char *end, const char *word)
{
    return (size_t)(end - s) == strlen(word) && memcmp(s, word, (size_t)(end - s)) == 0;
}

bool number_read(const char *s, size_t n, double *out)
{
    const char *end = s + n;
    bool negative = n > 0 && *s == '-';
    s += negative;
    double x = 0;
    bool ok = true;
    if (equals(s, end, "inf"))
        x = INFINITY;
    else if (equals(s, end, "nan"))
        x = NAN;
    else if (end - s > 2 && s[0] == '0' && s[1] == 'x')
        ok = read_hex(s + 2, end, &x);
    else
        ok = read_decimal(s, end, &x);
    *out = negative ? -x : x;
    return ok;
}
