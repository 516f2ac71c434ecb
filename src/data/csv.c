/* csv.c: a CSV file's columns as arrays.
 *
 * SPDX-License-Identifier: MIT */
#include "data/csv.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/number.h"
#include "io/report.h"

/* So much of a name or value is shown in messages. */
#define SHOWN "%.60s"

typedef enum role {
    FEATURE,
    TARGET,
    SKIPPED
} role;

/* What the first record says of a column. */
typedef struct heading {
    size_t name; /* where in names */
    reel__place place;
    role role;
} heading;

typedef struct reader {
    reel__csv csv;
    reel_csv_options options;
    const reel_allocator *allocator;
    reel__list names;    /* of all columns, one behind the other */
    reel__list headings; /* of type heading */
    int64_t columns, features, rows;
    reel__list values;  /* of features, row by row */
    reel__list targets; /* numbers, or indices of options.classes */
    reel__list classes; /* or their names, one behind the other */
    bool numbers;       /* all of those are */
} reader;

static reel_status no_memory(const reader *r)
{
    return reel__report(r->csv.error, REEL_ENOMEM, r->csv.name,
                        "out of memory");
}

static reel_status put(const reader *r, reel__list *list, const void *bytes,
                       size_t size)
{
    return reel__list_put(r->allocator, list, bytes, size) ? REEL_OK
                                                           : no_memory(r);
}

static heading *heading_at(const reader *r, int64_t column)
{
    return (heading *)(void *)r->headings.byte + column;
}

static const char *name_at(const reader *r, int64_t column)
{
    return r->names.byte + heading_at(r, column)->name;
}

/* ----------------------------------------------------------------- options */

static reel_status check_options(const reader *r)
{
    const reel_csv_options *o = &r->options;
    const char *why = NULL;

    if (o->dtype != REEL_F32 && o->dtype != REEL_F64)
        return reel__report(r->csv.error, REEL_EDTYPE, r->csv.name,
                            "features as %s: needs f32 or f64",
                            reel_dtype_name(o->dtype));
    if (o->separator == '"' || o->separator == '\n' || o->separator == '\r')
        why = "the separator is a quote or a line end";
    else if (!o->target && (o->classes || o->numbers))
        why = "classes or numbers are wanted, but no target is named";
    else if (o->classes && o->numbers)
        why = "the target holds classes or numbers, not both";
    else if (o->classes && !o->classes[0])
        why = "the list of classes is empty";
    return why ? reel__report(r->csv.error, REEL_EVALUE, r->csv.name, "%s", why)
               : REEL_OK;
}

/* ------------------------------------------------------------------ header */

static reel_status read_heading(reader *r, reel__field *f)
{
    reel_status status = reel__csv_next(&r->csv, f);
    heading h = {r->names.size, f->place, FEATURE};

    if (status != REEL_OK)
        return status;
    if (f->size == 0)
        return reel__csv_wrong(&r->csv, f->place,
                               "column %" PRId64 " has no name",
                               r->columns + 1);
    r->columns++;
    status = put(r, &r->names, r->csv.text, f->size + 1);
    return status == REEL_OK ? put(r, &r->headings, &h, sizeof h) : status;
}

/* A column's name, for sorting. */
typedef struct named {
    const char *name;
    int64_t column;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : (x->column > y->column) - (x->column < y->column);
}

static reel_status check_names(const reader *r)
{
    size_t count = (size_t)r->columns;
    named *all = r->allocator->alloc(r->allocator->user, NULL, 0,
                                     count * sizeof *all);
    const named *twice = NULL;

    if (!all)
        return no_memory(r);
    for (size_t i = 0; i < count; i++)
        all[i] = (named){name_at(r, (int64_t)i), (int64_t)i};
    qsort(all, count, sizeof *all, by_name);
    for (size_t i = 1; i < count; i++)
        if (strcmp(all[i - 1].name, all[i].name) == 0 &&
            (!twice || all[i].column < twice->column))
            twice = &all[i];

    reel_status status =
        twice ? reel__csv_wrong(&r->csv, heading_at(r, twice->column)->place,
                                "a second column named '" SHOWN "'",
                                twice->name)
              : REEL_OK;

    r->allocator->alloc(r->allocator->user, all, count * sizeof *all, 0);
    return status;
}

/* Gives the column of this name its role; an error lists what there is. */
static reel_status assign_role(const reader *r, const char *name, role as)
{
    char list[300];
    size_t used = 0;

    for (int64_t i = 0; i < r->columns; i++)
        if (strcmp(name_at(r, i), name) == 0) {
            heading_at(r, i)->role = as;
            return REEL_OK;
        }
    for (int64_t i = 0; i < r->columns && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s" SHOWN,
                                 i ? ", " : "", name_at(r, i));
    return reel__report(r->csv.error, REEL_EVALUE, r->csv.name,
                        "no column '" SHOWN "': there are %s", name, list);
}

static reel_status assign_roles(reader *r)
{
    const reel_csv_options *o = &r->options;
    reel_status status = REEL_OK;

    for (int i = 0; o->skip && o->skip[i] && status == REEL_OK; i++)
        status = assign_role(r, o->skip[i], SKIPPED);
    if (o->target && status == REEL_OK)
        status = assign_role(r, o->target, TARGET);
    for (int64_t i = 0; i < r->columns; i++)
        r->features += heading_at(r, i)->role == FEATURE;
    if (status == REEL_OK && r->features == 0)
        status = reel__report(r->csv.error, REEL_EVALUE, r->csv.name,
                              "no column is left for features");
    return status;
}

static reel_status read_header(reader *r)
{
    reel__field f = {.last = false};
    reel_status status = REEL_OK;

    if (reel__csv_ended(&r->csv))
        return reel__csv_wrong(&r->csv, (reel__place){1, 1},
                               "empty: the first line names the columns");
    while (status == REEL_OK && !f.last)
        status = read_heading(r, &f);
    if (status == REEL_OK)
        status = check_names(r);
    return status == REEL_OK ? assign_roles(r) : status;
}

/* ------------------------------------------------------------------ values */

/* The field as a number of options.dtype, appended to list. */
static reel_status take_number(reader *r, const reel__field *f,
                               const char *name, reel__list *list)
{
    static const char blanks[] = " \t";
    char *text = r->csv.text + strspn(r->csv.text, blanks);
    size_t length = strlen(text);
    bool narrow = r->options.dtype == REEL_F32;
    double x;

    while (length > 0 && strchr(blanks, text[length - 1]))
        length--;
    if (length == 0)
        return reel__csv_wrong(&r->csv, f->place, SHOWN ": value is missing",
                               name);
    text[length] = '\0';
    if (!reel__number_read(text, length, &x))
        return reel__csv_wrong(&r->csv, f->place,
                               SHOWN ": '" SHOWN "' is not a number", name,
                               text);
    if (fabs(x) > (narrow ? (double)FLT_MAX : DBL_MAX))
        return reel__csv_wrong(&r->csv, f->place,
                               SHOWN ": " SHOWN " is too large for %s", name,
                               text, reel_dtype_name(r->options.dtype));

    float x32 = narrow ? (float)x : 0;

    return narrow ? put(r, list, &x32, sizeof x32)
                  : put(r, list, &x, sizeof x);
}

static reel_status take_class(reader *r, const reel__field *f, const char *name)
{
    double number;

    if (f->size == 0)
        return reel__csv_wrong(&r->csv, f->place, SHOWN ": value is missing",
                               name);
    if (!r->options.classes) {
        r->numbers = r->numbers &&
                     reel__number_read(r->csv.text, f->size, &number);
        return put(r, &r->classes, r->csv.text, f->size + 1);
    }
    for (int64_t i = 0; r->options.classes[i]; i++)
        if (strcmp(r->options.classes[i], r->csv.text) == 0)
            return put(r, &r->targets, &i, sizeof i);
    return reel__csv_wrong(&r->csv, f->place,
                           SHOWN ": '" SHOWN "' is none of the classes", name,
                           r->csv.text);
}

static reel_status take_value(reader *r, const reel__field *f, int64_t column)
{
    const char *name = name_at(r, column);

    switch (heading_at(r, column)->role) {
    case FEATURE: return take_number(r, f, name, &r->values);
    case TARGET:
        return r->options.numbers ? take_number(r, f, name, &r->targets)
                                  : take_class(r, f, name);
    case SKIPPED: break;
    }
    return REEL_OK;
}

static reel_status read_row(reader *r)
{
    reel__field f = {.last = false};

    for (int64_t i = 0; i < r->columns; i++) {
        reel_status status = reel__csv_next(&r->csv, &f);

        if (status != REEL_OK)
            return status;
        if (f.last && f.size == 0 && !f.quoted && i == 0)
            return reel__csv_wrong(&r->csv, f.place, "empty line");
        if (f.last && i + 1 < r->columns)
            return reel__csv_wrong(&r->csv, f.place,
                                   "only %" PRId64 " field%s, the first line "
                                   "names %" PRId64 " columns",
                                   i + 1, i ? "s" : "", r->columns);
        if (!f.last && i + 1 == r->columns)
            return reel__csv_wrong(&r->csv, f.place,
                                   "another field follows, the first line "
                                   "names %" PRId64 " column%s",
                                   r->columns, i ? "s" : "");
        status = take_value(r, &f, i);
        if (status != REEL_OK)
            return status;
    }
    r->rows++;
    return REEL_OK;
}

/* ------------------------------------------------------------------- table */

/* A list's block becomes an array's, cut to its size. */
static reel_array array_of(const reader *r, reel__list *list, reel_dtype dtype,
                           reel_shape shape)
{
    char *cut = r->allocator->alloc(r->allocator->user, list->byte,
                                    list->capacity, list->size);
    reel_array array = {dtype, shape, cut ? cut : list->byte};

    *list = (reel__list){0};
    return array;
}

/* The names of features' columns. */
static reel_status make_columns(reader *r, reel_table *table)
{
    reel__list names = {0};
    reel_status status = REEL_OK;

    for (int64_t i = 0; i < r->columns && status == REEL_OK; i++)
        if (heading_at(r, i)->role == FEATURE)
            status = put(r, &names, name_at(r, i), strlen(name_at(r, i)) + 1);
    if (status == REEL_OK) {
        table->columns = reel__strings(r->allocator, names.byte, names.size,
                                       (size_t)r->features);
        status = table->columns ? REEL_OK : no_memory(r);
    }
    reel__list_free(r->allocator, &names);
    return status;
}

/* The classes that the caller gave. */
static reel_status copy_classes(reader *r, reel_table *table)
{
    const char *const *given = r->options.classes;
    reel__list names = {0};
    reel_status status = REEL_OK;

    for (; given[table->class_count] && status == REEL_OK; table->class_count++)
        status = put(r, &names, given[table->class_count],
                     strlen(given[table->class_count]) + 1);
    if (status == REEL_OK) {
        table->classes = reel__strings(r->allocator, names.byte, names.size,
                                       (size_t)table->class_count);
        status = table->classes ? REEL_OK : no_memory(r);
    }
    reel__list_free(r->allocator, &names);
    return status;
}

/* Room for the indices of classes that are yet to be told apart. */
static reel_status find_classes(reader *r, reel_table *table)
{
    static const int64_t none = 0;
    reel_status status = REEL_OK;

    for (int64_t i = 0; i < r->rows && status == REEL_OK; i++)
        status = put(r, &r->targets, &none, sizeof none);
    if (status == REEL_OK &&
        !reel__csv_classes(r->allocator, &r->classes, r->numbers,
                           (int64_t *)(void *)r->targets.byte, r->rows, table))
        status = no_memory(r);
    return status;
}

static reel_status make_table(reader *r, reel_table *table)
{
    const reel_csv_options *o = &r->options;
    reel_status status = make_columns(r, table);

    if (status == REEL_OK && o->target && !o->numbers)
        status = o->classes ? copy_classes(r, table) : find_classes(r, table);
    if (status != REEL_OK)
        return status;
    table->features = array_of(r, &r->values, o->dtype,
                               REEL_SHAPE(r->rows, r->features));
    if (o->target)
        table->targets = array_of(r, &r->targets,
                                  o->numbers ? o->dtype : REEL_I64,
                                  REEL_SHAPE(r->rows));
    return REEL_OK;
}

static reel_status read_table(reader *r, reel_table *table)
{
    reel_status status = read_header(r);

    if (status == REEL_OK && reel__csv_ended(&r->csv))
        return reel__csv_wrong(&r->csv, (reel__place){r->csv.line, 1},
                               "no rows below the names of the columns");
    while (status == REEL_OK && !reel__csv_ended(&r->csv))
        status = read_row(r);
    return status == REEL_OK ? make_table(r, table) : status;
}

reel_status reel__csv_parse(const reel_allocator *allocator, const void *bytes,
                            size_t size, const char *name,
                            const reel_csv_options *options, reel_table *table,
                            reel_error *error)
{
    reader r = {.allocator = allocator, .numbers = true};

    *table = (reel_table){0};
    if (options)
        r.options = *options;
    if (!r.options.dtype)
        r.options.dtype = REEL_F32;
    r.csv.name = name;
    r.csv.error = error;
    r.csv.separator = r.options.separator ? r.options.separator : ',';
    reel__csv_begin(&r.csv, size ? bytes : "", size);

    reel_status status = check_options(&r);

    if (status == REEL_OK)
        status = read_table(&r, table);
    reel__list_free(allocator, &r.names);
    reel__list_free(allocator, &r.headings);
    reel__list_free(allocator, &r.values);
    reel__list_free(allocator, &r.targets);
    reel__list_free(allocator, &r.classes);
    if (status != REEL_OK)
        reel_table_free(table);
    return status;
}
