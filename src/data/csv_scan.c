/* csv_scan.c: the fields of a CSV file (Y. Shafranovich, "Common format and
 * MIME type for comma-separated values (CSV) files", RFC 4180), in turn.
 *
 * SPDX-License-Identifier: MIT */
#include "data/csv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "io/report.h"

/* So much of a name's end is kept; reel__report shows less. */
#define NAME_KEPT 250

reel_status reel__csv_wrong(const reel__csv *csv, reel__place place,
                            const char *format, ...)
{
    char where[NAME_KEPT + 50], reason[512];
    size_t length = strlen(csv->name);
    va_list arguments;

    snprintf(where, sizeof where, "%s:%" PRIu64 ":%" PRIu64,
             csv->name + (length > NAME_KEPT ? length - NAME_KEPT : 0),
             place.line, place.column);
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return reel__report(csv->error, REEL_EFORMAT, where, "%s", reason);
}

void reel__csv_begin(reel__csv *csv, const char *bytes, size_t size)
{
    static const char mark[] = "\xEF\xBB\xBF";
    bool marked = size >= 3 && memcmp(bytes, mark, 3) == 0;

    csv->at = csv->line_start = bytes + (marked ? 3 : 0);
    csv->end = bytes + size;
    csv->line = 1;
}

bool reel__csv_ended(const reel__csv *csv)
{
    const char *p = csv->at;

    while (p < csv->end && (*p == '\n' || *p == '\r'))
        p++;
    return p == csv->end;
}

static reel__place here(const reel__csv *csv)
{
    return (reel__place){csv->line,
                         (uint64_t)(csv->at - csv->line_start) + 1};
}

static void begin_line(reel__csv *csv)
{
    csv->line++;
    csv->line_start = csv->at;
}

/* Appends the byte at csv->at and goes on to the next. */
static reel_status take(reel__csv *csv, reel__field *f)
{
    char c = *csv->at;

    if (c == '\0')
        return reel__csv_wrong(csv, here(csv), "a byte of value 0: no text");
    if (f->size == REEL_CSV_LONGEST)
        return reel__csv_wrong(csv, f->place, "field of more than %d bytes%s",
                               REEL_CSV_LONGEST,
                               f->quoted ? ": is a quote not closed?" : "");
    csv->text[f->size++] = c;
    csv->at++;
    if (c == '\n')
        begin_line(csv);
    return REEL_OK;
}

static reel_status scan_plain(reel__csv *csv, reel__field *f)
{
    reel_status status = REEL_OK;

    while (status == REEL_OK && csv->at < csv->end &&
           *csv->at != csv->separator && *csv->at != '\n' && *csv->at != '\r')
        status = *csv->at == '"'
                     ? reel__csv_wrong(csv, here(csv),
                                       "quote inside a field that does not "
                                       "begin with one")
                     : take(csv, f);
    return status;
}

static reel_status scan_quoted(reel__csv *csv, reel__field *f)
{
    reel_status status = REEL_OK;

    csv->at++;
    while (status == REEL_OK && csv->at < csv->end) {
        if (*csv->at == '"') {
            csv->at++;
            if (csv->at == csv->end || *csv->at != '"')
                return REEL_OK;
        }
        status = take(csv, f);
    }
    return status == REEL_OK
               ? reel__csv_wrong(csv, f->place, "quote that is not closed")
               : status;
}

/* What ends a field. */
static reel_status scan_end(reel__csv *csv, reel__field *f)
{
    f->last = true;
    if (csv->at == csv->end)
        return REEL_OK;
    if (*csv->at == csv->separator) {
        f->last = false;
        csv->at++;
        return REEL_OK;
    }
    if (*csv->at == '\r') {
        if (csv->at + 1 == csv->end || csv->at[1] != '\n')
            return reel__csv_wrong(csv, here(csv),
                                   "carriage return without a line feed");
        csv->at++;
    }
    if (*csv->at != '\n')
        return reel__csv_wrong(csv, here(csv), "text behind a closing quote");
    csv->at++;
    begin_line(csv);
    return REEL_OK;
}

reel_status reel__csv_next(reel__csv *csv, reel__field *field)
{
    bool quoted = csv->at < csv->end && *csv->at == '"';

    *field = (reel__field){.place = here(csv), .quoted = quoted};

    reel_status status = quoted ? scan_quoted(csv, field)
                                : scan_plain(csv, field);

    csv->text[field->size] = '\0';
    return status == REEL_OK ? scan_end(csv, field) : status;
}
