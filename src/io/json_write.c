/* json_write.c: writing JSON to a stream.
 *
 * SPDX-License-Identifier: MIT */
#include "io/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "io/json.h"

static void put_string(FILE *stream, const char *text)
{
    size_t size = strlen(text), length;

    putc('"', stream);
    for (size_t at = 0; at < size; at += length) {
        unsigned char c = (unsigned char)text[at];

        length = reel__utf8_length(text + at, size - at);
        if (length == 0) {
            fputs("\\ufffd", stream);
            length = 1;
        } else if (c < 0x20) {
            fprintf(stream, "\\u%04x", c);
        } else {
            if (c == '"' || c == '\\')
                putc('\\', stream);
            fwrite(text + at, 1, length, stream);
        }
    }
    putc('"', stream);
}

/* Comma, line and key before a member. */
static void begin(reel__json_writer *j, const char *key)
{
    if (j->after)
        putc(',', j->stream);
    if (j->depth > 0)
        fprintf(j->stream, "\n%*s", 2 * j->depth, "");
    j->after = true;
    if (key) {
        put_string(j->stream, key);
        fputs(": ", j->stream);
    }
}

void reel__json_open(reel__json_writer *j, const char *key, char bracket)
{
    begin(j, key);
    putc(bracket, j->stream);
    j->after = false;
    j->depth++;
}

void reel__json_close(reel__json_writer *j, char bracket)
{
    j->depth--;
    if (j->after)
        fprintf(j->stream, "\n%*s", 2 * j->depth, "");
    putc(bracket, j->stream);
    j->after = true;
}

void reel__json_put_text(reel__json_writer *j, const char *key,
                         const char *text)
{
    begin(j, key);
    put_string(j->stream, text);
}

void reel__json_put_int(reel__json_writer *j, const char *key, int64_t number)
{
    begin(j, key);
    fprintf(j->stream, "%" PRId64, number);
}

void reel__json_put_real(reel__json_writer *j, const char *key, double number)
{
    char text[40];

    begin(j, key);
    if (!isfinite(number)) {
        put_string(j->stream, isnan(number) ? "nan"
                              : number > 0  ? "inf"
                                            : "-inf");
        return;
    }
    snprintf(text, sizeof text, "%.17g", number);
    /* The decimal point is the locale's. */
    for (char *c = text; *c; c++)
        if (!strchr("+-0123456789e", *c))
            *c = '.';
    fputs(text, j->stream);
}
