/* number.c: decimal numbers in text.
 *
 * SPDX-License-Identifier: MIT */
#include "io/number.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough for all the digits of any double (767 of them). */
#define MOST_BYTES 800

static size_t digits(const char *s)
{
    return strspn(s, "0123456789");
}

/* Bytes of a decimal number with a point, whatever the locale's; 0: none. */
static size_t number_length(const char *s)
{
    size_t sign = *s == '-' || *s == '+', n = digits(s + sign);
    const char *p = s + sign + n;
    if (*p == '.') {
        size_t fraction = digits(++p);
        n += fraction;
        p += fraction;
    }
    if (n > 0 && (*p == 'e' || *p == 'E')) {
        p += 1 + (p[1] == '-' || p[1] == '+');
        n = digits(p);
        p += n;
    }
    return n > 0 ? (size_t)(p - s) : 0;
}

/* strtod takes the locale's point. */
bool reel__number_read(const char *s, size_t length, double *number)
{
    const char *point = localeconv()->decimal_point;
    const char *at = memchr(s, '.', length);
    char text[2 * MOST_BYTES];
    if (length == 0 || length >= MOST_BYTES ||
        strlen(point) >= MOST_BYTES || number_length(s) != length)
        return false;
    size_t before = at ? (size_t)(at - s) : length, all = before;
    memcpy(text, s, before);
    if (at) {
        memcpy(text + all, point, strlen(point));
        all += strlen(point);
        memcpy(text + all, at + 1, length - before - 1);
        all += length - before - 1;
    }
    text[all] = '\0';
    *number = strtod(text, NULL);
    return true;
}

void reel__number_put(reel__text *t, double number, int digits)
{
    const char *point = localeconv()->decimal_point;
    char text[64];

    snprintf(text, sizeof text, "%.*g", digits, number);

    char *at = strstr(text, point);

    if (at) {
        *at = '\0';
        reel__text_print(t, "%s.%s", text, at + strlen(point));
    } else {
        reel__text_print(t, "%s", text);
    }
}
