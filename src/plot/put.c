/* plot/put.c: numbers and words as CSV and gnuplot take them.
 *
 * SPDX-License-Identifier: MIT */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/number.h"
#include "plot/picture.h"

void reel__put_number(reel__text *t, double value)
{
    char number[64];
    int digits = 15;

    if (!isfinite(value)) {
        reel__text_put(t, "NaN", 3);
        return;
    }
    for (; digits < 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value)
            break;
    }
    reel__number_put(t, value, digits);
}

void reel__put_csv_number(reel__text *t, double value)
{
    if (isfinite(value))
        reel__put_number(t, value);
}

void reel__put_csv_text(reel__text *t, const char *value)
{
    const char *text = value ? value : "";

    if (!strpbrk(text, ",\"\r\n")) {
        reel__text_put(t, text, strlen(text));
        return;
    }
    reel__text_put(t, "\"", 1);
    for (; *text; text++)
        reel__text_put(t, *text == '"' ? "\"\"" : text, 1 + (*text == '"'));
    reel__text_put(t, "\"", 1);
}

void reel__put_label(reel__text *t, const char *value)
{
    reel__text_put(t, "'", 1);
    for (const char *c = value ? value : ""; *c; c++)
        if (*c == '\'')
            reel__text_put(t, "''", 2);
        else
            reel__text_put(t, (unsigned char)*c < ' ' ? " " : c, 1);
    reel__text_put(t, "'", 1);
}

void reel__put_line(reel__text *t, const char *line)
{
    reel__text_put(t, line, strlen(line));
    reel__text_put(t, "\n", 1);
}

void reel__put_title(reel__text *t, const char *kind, const char *label)
{
    if (!label)
        return;
    reel__text_print(t, "set %s ", kind);
    reel__put_label(t, label);
    reel__text_put(t, "\n", 1);
}

/* A letter's further bytes are 10xxxxxx. */
size_t reel__letters_bytes(const char *text, int letters)
{
    size_t size = 0;

    for (; text[size]; size++)
        if (((unsigned char)text[size] & 0xC0) != 0x80 && letters-- == 0)
            break;
    return size;
}

int reel__letters(const char *text)
{
    int letters = 0;

    for (; *text && letters < INT_MAX; text++)
        letters += ((unsigned char)*text & 0xC0) != 0x80;
    return letters;
}
