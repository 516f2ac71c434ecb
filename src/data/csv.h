/* data/csv.h: how a CSV file is taken apart.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_DATA_CSV_H
#define REEL_DATA_CSV_H

#include <reel/data.h>

/* A place in the file, both from 1; columns are bytes. */
typedef struct reel__place {
    uint64_t line, column;
} reel__place;

/* A field: its text is the scan's, until the next one. */
typedef struct reel__field {
    reel__place place;
    size_t size;
    bool quoted, last; /* of its record */
} reel__field;

typedef struct reel__csv {
    const char *name; /* for messages */
    const char *at, *end, *line_start;
    uint64_t line;
    char separator;
    char text[REEL_CSV_LONGEST + 1]; /* of the field, terminated */
    reel_error *error;
} reel__csv;

/* Begins at the first byte that is no byte order mark. */
void reel__csv_begin(reel__csv *csv, const char *bytes, size_t size);

/* Whether nothing but empty lines is left; asked between records. */
bool reel__csv_ended(const reel__csv *csv);

/* The next field. */
reel_status reel__csv_next(reel__csv *csv, reel__field *field);

/* REEL_EFORMAT, "name:line:column: reason". */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
reel_status reel__csv_wrong(const reel__csv *csv, reel__place place,
                            const char *format, ...);

/* A list of anything that grows. Starts as {0}. */
typedef struct reel__list {
    char *byte;
    size_t size, capacity;
} reel__list;

/* Appends; false without memory. */
bool reel__list_put(const reel_allocator *allocator, reel__list *list,
                    const void *bytes, size_t size);
void reel__list_free(const reel_allocator *allocator, reel__list *list);

/* count strings, one behind the other, as a list with NULL at the end: one
 * block, with the strings behind the pointers. NULL without memory. */
const char *const *reel__strings(const reel_allocator *allocator,
                                 const char *strings, size_t bytes,
                                 size_t count);

/* The classes that rows' names, one behind the other, come to: targets [rows]
 * and the table's list. numbers: all of them are. false without memory. */
bool reel__csv_classes(const reel_allocator *allocator, const reel__list *names,
                       bool numbers, int64_t *targets, int64_t rows,
                       reel_table *table);

/* reel_csv_parse with another allocator, whose blocks free can take. */
reel_status reel__csv_parse(const reel_allocator *allocator, const void *bytes,
                            size_t size, const char *name,
                            const reel_csv_options *options, reel_table *table,
                            reel_error *error);

#endif /* REEL_DATA_CSV_H */
