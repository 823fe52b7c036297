/* Numbers as text, the same in every locale: nothing here, nor elsewhere in a trainer, asks which
 * locale is set. */
#ifndef LSTMC_NUMBER_H
#define LSTMC_NUMBER_H
#include <stdbool.h>
#include <stdint.h>

/* Room for any number below, its sign and its NUL. */
enum { NUMBER_ROOM = 32 };
struct number {
    char text[NUMBER_ROOM];
};

/* As printf's %.*g with 1 to 17 digits. */
struct number number_short(double x, int digits);
/* A hexadecimal float (%a) that reads back to the same double; "inf", "-inf", "nan". */
struct number number_exact(double x);
/* 1,096,543 */
struct number number_grouped(int64_t n);
/* A span of time as a reader wants it: "0.8 s", "42 s", "3 min 20 s", "2 h 5 min". */
struct number number_seconds(double seconds);
/* Bytes as "41.2 MB" (powers of ten). */
struct number number_bytes(int64_t bytes);

/* The whole string as a decimal or hexadecimal float; no blanks, "inf" only as number_exact writes
 * it. */
bool number_parse(const char *s, double *x);
/* The whole string as a decimal integer within [low, high]. */
bool number_parse_integer(const char *s, int64_t low, int64_t high, int64_t *n);
#endif
