/* scan.c: the pieces that a saved graph's text is made of, read and written.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/graph.h"
#include "io/json.h"

bool reel__scan_wrong(reel__scan *s, const char *format, ...)
{
    va_list arguments;

    if (s->why[0])
        return false;
    va_start(arguments, format);
    vsnprintf(s->why, sizeof s->why, format, arguments);
    va_end(arguments);
    return false;
}

static void skip_blanks(reel__scan *s)
{
    s->at += strspn(s->at, " \t");
}

bool reel__scan_is(reel__scan *s, char c)
{
    if (s->why[0])
        return false;
    skip_blanks(s);
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

bool reel__scan_take(reel__scan *s, char c)
{
    return reel__scan_is(s, c) || reel__scan_wrong(s, "expected '%c'", c);
}

bool reel__scan_is_key(reel__scan *s, const char *name)
{
    size_t length = strlen(name);

    if (s->why[0])
        return false;
    skip_blanks(s);
    if (strncmp(s->at, name, length) != 0 || s->at[length] != '=')
        return false;
    s->at += length + 1;
    return true;
}

bool reel__scan_take_key(reel__scan *s, const char *name)
{
    return reel__scan_is_key(s, name) ||
           reel__scan_wrong(s, "expected %s=", name);
}

bool reel__scan_line_end(reel__scan *s)
{
    if (s->why[0])
        return false;
    skip_blanks(s);
    if (*s->at == '\n')
        s->at++, s->line++;
    else if (*s->at)
        return reel__scan_wrong(s, "expected the end of the line");
    return true;
}

/* ------------------------------------------------------------------- words */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool reel__scan_word(reel__scan *s, char *word)
{
    size_t length = 0;

    if (s->why[0])
        return false;
    skip_blanks(s);
    while (is_word(s->at[length]))
        length++;
    if (length == 0)
        return reel__scan_wrong(s, "expected a word");
    if (length >= REEL__SCAN_WORD)
        return reel__scan_wrong(s, "word of %zu letters", length);
    memcpy(word, s->at, length);
    word[length] = '\0';
    s->at += length;
    return true;
}

bool reel__scan_dtype(reel__scan *s, reel_dtype *dtype)
{
    char word[REEL__SCAN_WORD];

    if (!reel__scan_word(s, word))
        return false;
    for (int i = 0; i < REEL_DTYPES; i++)
        if (strcmp(word, reel_dtype_name((reel_dtype)i)) == 0) {
            *dtype = (reel_dtype)i;
            return true;
        }
    return reel__scan_wrong(s, "no dtype '%s'", word);
}

/* ----------------------------------------------------------------- numbers */

bool reel__scan_unsigned(reel__scan *s, uint64_t *value)
{
    const char *start;

    if (s->why[0])
        return false;
    skip_blanks(s);
    *value = 0;
    for (start = s->at; *s->at >= '0' && *s->at <= '9'; s->at++) {
        uint64_t digit = (uint64_t)(*s->at - '0');

        if (*value > (UINT64_MAX - digit) / 10)
            return reel__scan_wrong(s, "number too large");
        *value = 10 * *value + digit;
    }
    return s->at > start || reel__scan_wrong(s, "expected a whole number");
}

bool reel__scan_integer(reel__scan *s, int64_t *value)
{
    bool negative = reel__scan_is(s, '-');
    uint64_t size;

    if (!reel__scan_unsigned(s, &size))
        return false;
    if (size > (uint64_t)INT64_MAX + negative)
        return reel__scan_wrong(s, "number too large");
    /* The most negative number has no positive counterpart. */
    *value = !negative ? (int64_t)size : size ? -1 - (int64_t)(size - 1) : 0;
    return true;
}

/* Digits, signs, a point, an exponent, "inf", "nan": room for any double with
 * all the digits it takes to tell it. */
#define REAL_TEXT 32

/* strtod takes the locale's point, the file has a point. */
static void change_point(char *number)
{
    char *point = strchr(number, '.');
    char rest[REAL_TEXT];

    if (!point)
        return;
    snprintf(rest, sizeof rest, "%s", point + 1);
    snprintf(point, (size_t)(REAL_TEXT - (point - number)), "%s%s",
             localeconv()->decimal_point, rest);
}

bool reel__scan_real(reel__scan *s, double *value)
{
    char number[REAL_TEXT], *end;

    if (s->why[0])
        return false;
    skip_blanks(s);

    size_t length = strspn(s->at, "+-.0123456789einfa");

    if (length == 0 || length >= sizeof number - 4)
        return reel__scan_wrong(s, "expected a number");
    memcpy(number, s->at, length);
    number[length] = '\0';
    change_point(number);
    *value = strtod(number, &end);
    if (*end)
        return reel__scan_wrong(s, "expected a number");
    s->at += length;
    return true;
}

/* ------------------------------------------------------------------- lists */

bool reel__scan_list(reel__scan *s, int64_t *value, int *count)
{
    *count = 0;
    if (!reel__scan_take(s, '['))
        return false;
    while (!reel__scan_is(s, ']')) {
        if (*count == REEL_MAX_DIMS)
            return reel__scan_wrong(s, "more than %d numbers in a list",
                                    REEL_MAX_DIMS);
        if ((*count > 0 && !reel__scan_take(s, ',')) ||
            !reel__scan_integer(s, &value[*count]))
            return false;
        ++*count;
    }
    return true;
}

bool reel__scan_shape(reel__scan *s, reel_shape *shape)
{
    *shape = (reel_shape){0, {0}};
    return reel__scan_list(s, shape->dim, &shape->ndim);
}

void reel__graph_put_list(reel__text *t, const int64_t *value, int count)
{
    reel__text_print(t, "[");
    for (int i = 0; i < count; i++)
        reel__text_print(t, i ? ", %" PRId64 : "%" PRId64, value[i]);
    reel__text_print(t, "]");
}

/* ----------------------------------------------------------------- strings */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* After a backslash: \\, \" or \xHH, but no NUL. */
static bool unescape(reel__scan *s, char *c)
{
    int high, low;

    if (*s->at == '\\' || *s->at == '"') {
        *c = *s->at++;
        return true;
    }
    if (*s->at != 'x' || (high = hex(s->at[1])) < 0 ||
        (low = hex(s->at[2])) < 0 || high + low == 0)
        return reel__scan_wrong(s, "'\\' begins no escape");
    *c = (char)(16 * high + low);
    s->at += 3;
    return true;
}

bool reel__scan_string(reel__scan *s)
{
    if (!reel__scan_take(s, '"'))
        return false;
    s->text.size = 0;
    while (*s->at != '"') {
        char c = *s->at++;

        if (c == '\0' || c == '\n') {
            s->at--;
            return reel__scan_wrong(s, "string without end");
        }
        if (c == '\\' && !unescape(s, &c))
            return false;
        reel__text_put(&s->text, &c, 1);
    }
    s->at++;
    reel__text_put(&s->text, "", 1);
    return !s->text.failed || reel__scan_wrong(s, "out of memory");
}

/* The text is UTF-8; other bytes of a string are escaped. */
void reel__graph_put_string(reel__text *t, const char *string)
{
    size_t size = strlen(string);

    reel__text_print(t, "\"");
    for (size_t at = 0; at < size;) {
        unsigned char c = (unsigned char)string[at];
        size_t length = reel__utf8_length(string + at, size - at);

        if (c == '"' || c == '\\')
            reel__text_print(t, "\\%c", c);
        else if (length == 0 || c < 0x20 || c == 0x7F)
            reel__text_print(t, "\\x%02x", (unsigned)c);
        else
            reel__text_put(t, string + at, length);
        at += length ? length : 1;
    }
    reel__text_print(t, "\"");
}
