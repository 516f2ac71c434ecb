/* plot/put.c: numbers and words as CSV and gnuplot take them.
 *
 * SPDX-License-Identifier: MIT */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot/picture.h"

enum { NUMBER = 64 };

void reel__put_number(reel__text *t, double value)
{
    char number[NUMBER];

    if (!isfinite(value)) {
        reel__text_put(t, "NaN", 3);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value)
            break;
    }

    const char *point = localeconv()->decimal_point;
    char *at = strstr(number, point);

    if (!at) {
        reel__text_print(t, "%s", number);
        return;
    }
    reel__text_put(t, number, (size_t)(at - number));
    reel__text_print(t, ".%s", at + strlen(point));
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
