/* test_csv.c: CSV files as tables, and a line for each mistake in them.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/csv.h"
#include "support.h"

static reel_table table;

/* Reads text, which must be good. */
static void parse(const char *text, const reel_csv_options *options)
{
    reel_error error;

    if (reel_csv_parse(text, strlen(text), "x.csv", options, &table, &error) !=
        REEL_OK)
        ck_abort_msg("%s", error.message);
}

static void assert_features(int64_t rows, int64_t columns, const double *want)
{
    const reel_array *f = &table.features;

    ck_assert_int_eq(f->shape.ndim, 2);
    ck_assert_int_eq(f->shape.dim[0], rows);
    ck_assert_int_eq(f->shape.dim[1], columns);
    for (int64_t i = 0; i < rows * columns; i++)
        if (f->dtype == REEL_F32)
            ck_assert_float_eq(((float *)f->data)[i], (float)want[i]);
        else
            ck_assert_double_eq(((double *)f->data)[i], want[i]);
}

/* A list of strings: a, b, ... with NULL at the end. */
static void assert_strings(const char *const *list, const char *const *want)
{
    for (; *want; want++, list++) {
        ck_assert_ptr_nonnull(*list);
        ck_assert_str_eq(*list, *want);
    }
    ck_assert_ptr_null(*list);
}
#define STRINGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NUMBERS(...) ((const double[]){__VA_ARGS__})

static void assert_targets(int64_t rows, const int64_t *want)
{
    ck_assert_int_eq(table.targets.dtype, REEL_I64);
    ck_assert_int_eq(table.targets.shape.ndim, 1);
    ck_assert_int_eq(table.targets.shape.dim[0], rows);
    for (int64_t i = 0; i < rows; i++)
        ck_assert_int_eq(((int64_t *)table.targets.data)[i], want[i]);
}
#define INDICES(...) ((const int64_t[]){__VA_ARGS__})

static void assert_empty(void)
{
    ck_assert_ptr_null(table.features.data);
    ck_assert_ptr_null(table.targets.data);
    ck_assert_ptr_null(table.columns);
    ck_assert_ptr_null(table.classes);
    ck_assert_int_eq(table.class_count, 0);
}

/* Reading the bytes fails so. */
static void assert_bad_bytes(const char *bytes, size_t size,
                             const reel_csv_options *options,
                             reel_status status, const char *message)
{
    reel_error error = {0};
    char *exact = malloc(size ? size : 1); /* that sanitizers know the end of */

    ck_assert_ptr_nonnull(exact);
    memcpy(exact, bytes, size);
    table.class_count = 9;
    ck_assert_int_eq(reel_csv_parse(exact, size, "x.csv", options, &table,
                                    &error),
                     status);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, status);
    assert_empty();
    ck_assert_int_eq(reel_csv_parse(exact, size, "x.csv", options, &table,
                                    NULL),
                     status);
    free(exact);
}

static void assert_bad(const char *text, const reel_csv_options *options,
                       reel_status status, const char *message)
{
    assert_bad_bytes(text, strlen(text), options, status, message);
}

static void teardown(void)
{
    reel_table_free(&table);
    assert_empty();
}

/* ------------------------------------------------------------------ tables */

START_TEST(test_features)
{
    const char *text = "a,b\n1,-2.5\n+3e2,.5\n5.,1E-3\n";

    parse(text, NULL);
    ck_assert_int_eq(table.features.dtype, REEL_F32);
    assert_features(3, 2, NUMBERS(1, -2.5, 300, 0.5, 5, 0.001));
    assert_strings(table.columns, STRINGS("a", "b"));
    ck_assert_ptr_null(table.targets.data);
    ck_assert_ptr_null(table.classes);
    reel_table_free(&table);

    parse(text, &(reel_csv_options){.dtype = REEL_F64});
    ck_assert_int_eq(table.features.dtype, REEL_F64);
    assert_features(3, 2, NUMBERS(1, -2.5, 300, 0.5, 5, 0.001));
    reel_table_free(&table);

    /* All the digits of the double next to 0.1. */
    parse("a\n0.1000000000000000055511151231257827021181583404541015625\n",
          &(reel_csv_options){.dtype = REEL_F64});
    assert_features(1, 1, NUMBERS(0.1));
}
END_TEST

START_TEST(test_quotes)
{
    parse("\"a\"\"b\",\"c,d\"\n\"1\",\" 2 \"\n", NULL);
    assert_strings(table.columns, STRINGS("a\"b", "c,d"));
    assert_features(1, 2, NUMBERS(1, 2));
    reel_table_free(&table);

    parse("a,kind\n1,\"two\r\nlines\"\n2,\"\"\"\"\n",
          &(reel_csv_options){.target = "kind"});
    assert_strings(table.classes, STRINGS("\"", "two\r\nlines"));
    assert_targets(2, INDICES(1, 0));
}
END_TEST

/* LF, CR LF, both, none at the end, empty lines at the end, a mark. */
START_TEST(test_line_ends)
{
    static const char *const texts[] = {
        "a,b\n1,2\n3,4\n",   "a,b\r\n1,2\r\n3,4\r\n", "a,b\r\n1,2\n3,4",
        "a,b\n1,2\n3,4\n\n", "a,b\n1,2\n3,4\n\r\n\n",
        "\357\273\277a,b\n1,2\n3,4\n", "a;b\n1;2\n3;4\n",
    };

    for (int i = 0; i < 7; i++) {
        parse(texts[i], &(reel_csv_options){.separator = i == 6 ? ';' : 0});
        assert_features(2, 2, NUMBERS(1, 2, 3, 4));
        assert_strings(table.columns, STRINGS("a", "b"));
        reel_table_free(&table);
    }
}
END_TEST

START_TEST(test_classes_by_name)
{
    static const char text[] = "x,kind,y\n1,b,2\n3,a,4\n5,B,6\n7,a,8\n9,10,0\n";

    parse(text, &(reel_csv_options){.target = "kind"});
    assert_features(5, 2, NUMBERS(1, 2, 3, 4, 5, 6, 7, 8, 9, 0));
    assert_strings(table.columns, STRINGS("x", "y"));
    assert_strings(table.classes, STRINGS("10", "B", "a", "b"));
    ck_assert_int_eq(table.class_count, 4);
    assert_targets(5, INDICES(3, 2, 1, 2, 0));
}
END_TEST

START_TEST(test_classes_by_number)
{
    parse("kind,x\n10,0\n2,0\n-1,0\n2.0,0\n10,0\n",
          &(reel_csv_options){.target = "kind"});
    assert_strings(table.classes, STRINGS("-1", "2", "10"));
    assert_targets(5, INDICES(2, 1, 0, 1, 2));
}
END_TEST

/* A test part has the indices of its training part. */
START_TEST(test_classes_given)
{
    const reel_csv_options options = {.target = "kind",
                                      .classes = STRINGS("c", "a", "b")};

    parse("kind,x\nb,0\nc,0\nb,0\n", &options);
    assert_strings(table.classes, STRINGS("c", "a", "b"));
    ck_assert_int_eq(table.class_count, 3);
    assert_targets(3, INDICES(2, 0, 2));
    reel_table_free(&table);
    assert_bad("kind,x\nb,0\nd,0\n", &options, REEL_EFORMAT,
               "x.csv:3:1: kind: 'd' is none of the classes");
}
END_TEST

START_TEST(test_numbers_to_be_told)
{
    parse("x,y\n1,0.5\n2,-1\n",
          &(reel_csv_options){.target = "y", .numbers = true,
                              .dtype = REEL_F64});
    assert_features(2, 1, NUMBERS(1, 2));
    ck_assert_int_eq(table.targets.dtype, REEL_F64);
    ck_assert_int_eq(table.targets.shape.dim[0], 2);
    ck_assert_double_eq(((double *)table.targets.data)[0], 0.5);
    ck_assert_double_eq(((double *)table.targets.data)[1], -1);
    ck_assert_ptr_null(table.classes);
}
END_TEST

START_TEST(test_columns_left_out)
{
    parse("id,x,note,y\nA1,1,,2\nA2,3,\"a, b\",4\n",
          &(reel_csv_options){.skip = STRINGS("note", "id")});
    assert_features(2, 2, NUMBERS(1, 2, 3, 4));
    assert_strings(table.columns, STRINGS("x", "y"));
}
END_TEST

/* The lists grow several times; every row is where it should be. */
START_TEST(test_many_rows)
{
    enum { ROWS = 20000 };
    char *text = malloc(ROWS * 32), *to = text;

    ck_assert_ptr_nonnull(text);
    to += sprintf(to, "x,kind,y\n");
    for (int i = 0; i < ROWS; i++)
        to += sprintf(to, "%d,k%d,%d.5\n", i, i * 7 % 10, -i);
    parse(text, &(reel_csv_options){.target = "kind"});
    free(text);
    ck_assert_int_eq(table.class_count, 10);
    for (int i = 0; i < ROWS; i++) {
        const float *x = (float *)table.features.data + 2 * i;

        if (x[0] != (float)i || x[1] != (float)(-i) - (i ? 0.5f : -0.5f) ||
            ((int64_t *)table.targets.data)[i] != i * 7 % 10)
            ck_abort_msg("row %d differs", i);
    }
}
END_TEST

/* The longest field there may be, plain and quoted, and one byte more. */
START_TEST(test_long_fields)
{
    char text[2 * REEL_CSV_LONGEST], name[REEL_CSV_LONGEST + 2];

    memset(name, 'n', sizeof name);
    name[REEL_CSV_LONGEST] = '\0';
    sprintf(text, "%s\n1\n", name);
    parse(text, NULL);
    assert_strings(table.columns, STRINGS(name));
    reel_table_free(&table);
    sprintf(text, "\"%s\"\n1\n", name);
    parse(text, NULL);
    assert_strings(table.columns, STRINGS(name));
    reel_table_free(&table);
    sprintf(text, "a,%sn\n1,2\n", name);
    assert_bad(text, NULL, REEL_EFORMAT,
               "x.csv:1:3: field of more than 4096 bytes");
    sprintf(text, "a,\"%sn\"\n1,2\n", name);
    assert_bad(text, NULL, REEL_EFORMAT,
               "x.csv:1:3: field of more than 4096 bytes: is a quote not "
               "closed?");
}
END_TEST

/* strtod would stop at the point. */
START_TEST(test_numbers_in_every_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8",
                                        "de_DE", "fr_FR"};
    bool there = false;

    for (int i = 0; i < 4 && !there; i++)
        there = setlocale(LC_NUMERIC, names[i]) &&
                !strcmp(localeconv()->decimal_point, ",");
    if (!there)
        printf("skipped: numbers in a locale with a comma (there is none)\n");
    parse("a;b\n1.5;2\n", &(reel_csv_options){.separator = ';'});
    assert_features(1, 2, NUMBERS(1.5, 2));
    reel_table_free(&table);
    assert_bad("a;b\n1,5;2\n", &(reel_csv_options){.separator = ';'},
               REEL_EFORMAT, "x.csv:2:1: a: '1,5' is not a number");
}
END_TEST

/* ---------------------------------------------------------------- mistakes */

static const struct bad {
    const char *text, *message;
} bad[] = {
    {"", "x.csv:1:1: empty: the first line names the columns"},
    {"\n\r\n", "x.csv:1:1: empty: the first line names the columns"},
    {"\357\273\277", "x.csv:1:1: empty: the first line names the columns"},
    {"a,,b\n1,2,3\n", "x.csv:1:3: column 2 has no name"},
    {"a,\n1,2\n", "x.csv:1:3: column 2 has no name"},
    {"\na\n1\n", "x.csv:1:1: column 1 has no name"},
    {"b,a,b,a\n1,2,3,4\n", "x.csv:1:5: a second column named 'b'"},
    {"a,b\n", "x.csv:2:1: no rows below the names of the columns"},
    {"a,b", "x.csv:1:1: no rows below the names of the columns"},
    {"a,b\n1,2\n,4\n", "x.csv:3:1: a: value is missing"},
    {"a,b\n1,2\n3,\n", "x.csv:3:3: b: value is missing"},
    {"a,b\n1,2\n3, \t\n", "x.csv:3:3: b: value is missing"},
    {"a,b\n1,2\n3,\"\"\n", "x.csv:3:3: b: value is missing"},
    {"a,b\n1,2\n3,", "x.csv:3:3: b: value is missing"},
    {"a,b\n1,two\n", "x.csv:2:3: b: 'two' is not a number"},
    {"a,b\n1,nan\n", "x.csv:2:3: b: 'nan' is not a number"},
    {"a,b\n1,-inf\n", "x.csv:2:3: b: '-inf' is not a number"},
    {"a,b\n1,0x10\n", "x.csv:2:3: b: '0x10' is not a number"},
    {"a,b\n1, 2 3\n", "x.csv:2:3: b: '2 3' is not a number"},
    {"a,b\n1,1e\n", "x.csv:2:3: b: '1e' is not a number"},
    {"a,b\n1,-1e39\n", "x.csv:2:3: b: -1e39 is too large for f32"},
    {"a,b\n1,1e999\n", "x.csv:2:3: b: 1e999 is too large for f32"},
    {"a,b\n1,2\n\n3,4\n", "x.csv:3:1: empty line"},
    {"a\n1\n\n3\n", "x.csv:3:1: empty line"},
    {"a,b\n1\n", "x.csv:2:1: only 1 field, the first line names 2 columns"},
    {"a,b,c\n1,2\n",
     "x.csv:2:3: only 2 fields, the first line names 3 columns"},
    {"a,b\n1,2,3\n",
     "x.csv:2:3: another field follows, the first line names 2 columns"},
    {"a\n1,2\n",
     "x.csv:2:1: another field follows, the first line names 1 column"},
    {"a,b\n1,2\"\n",
     "x.csv:2:4: quote inside a field that does not begin with one"},
    {"a,b\n1, \"2\"\n",
     "x.csv:2:4: quote inside a field that does not begin with one"},
    {"a,b\n1,\"2\"x\n", "x.csv:2:6: text behind a closing quote"},
    {"a,b\n1,\"2\" \n", "x.csv:2:6: text behind a closing quote"},
    {"a,b\n1,\"2\n3,4\n", "x.csv:2:3: quote that is not closed"},
    {"a,b\n1,\"", "x.csv:2:3: quote that is not closed"},
    {"a,b\n1,\"2\"\"", "x.csv:2:3: quote that is not closed"},
    {"a,b\r1,2\r", "x.csv:1:4: carriage return without a line feed"},
    {"a,b\n1,2\r", "x.csv:2:4: carriage return without a line feed"},
    {"a\t\nx", "x.csv:2:1: a?: 'x' is not a number"},
    /* Lines inside quotes count. */
    {"\"a\n\n\",b\n1,x\n", "x.csv:4:3: b: 'x' is not a number"},
};

START_TEST(test_mistakes)
{
    assert_bad(bad[_i].text, NULL, REEL_EFORMAT, bad[_i].message);
}
END_TEST

START_TEST(test_more_mistakes)
{
    const reel_csv_options kind = {.target = "kind"},
                           wide = {.dtype = REEL_F64};

    assert_bad_bytes("a,b\n1,2\0\n", 9, NULL, REEL_EFORMAT,
                     "x.csv:2:4: a byte of value 0: no text");
    assert_bad_bytes("a,b\n1,\"\0\"\n", 11, NULL, REEL_EFORMAT,
                     "x.csv:2:4: a byte of value 0: no text");
    assert_bad("kind,b\n,2\n", &kind, REEL_EFORMAT,
               "x.csv:2:1: kind: value is missing");
    assert_bad("kind,b\nx,1e39\n",
               &(reel_csv_options){.target = "b", .numbers = true},
               REEL_EFORMAT, "x.csv:2:1: kind: 'x' is not a number");
    assert_bad("a\n1e999\n", &wide, REEL_EFORMAT,
               "x.csv:2:1: a: 1e999 is too large for f64");
    parse("a\n1e39\n", &wide);
    assert_features(1, 1, NUMBERS(1e39));
}
END_TEST

START_TEST(test_wrong_options)
{
    static const char text[] = "a,b\n1,2\n";

    assert_bad(text, &(reel_csv_options){.dtype = REEL_I32}, REEL_EDTYPE,
               "x.csv: features as i32: needs f32 or f64");
    assert_bad(text, &(reel_csv_options){.separator = '"'}, REEL_EVALUE,
               "x.csv: the separator is a quote or a line end");
    assert_bad(text, &(reel_csv_options){.separator = '\n'}, REEL_EVALUE,
               "x.csv: the separator is a quote or a line end");
    assert_bad(text, &(reel_csv_options){.separator = '\r'}, REEL_EVALUE,
               "x.csv: the separator is a quote or a line end");
    assert_bad(text, &(reel_csv_options){.numbers = true}, REEL_EVALUE,
               "x.csv: classes or numbers are wanted, but no target is named");
    assert_bad(text, &(reel_csv_options){.classes = STRINGS("1")}, REEL_EVALUE,
               "x.csv: classes or numbers are wanted, but no target is named");
    assert_bad(text,
               &(reel_csv_options){.target = "a", .numbers = true,
                                   .classes = STRINGS("1")},
               REEL_EVALUE,
               "x.csv: the target holds classes or numbers, not both");
    assert_bad(text,
               &(reel_csv_options){.target = "a",
                                   .classes = (const char *const[]){NULL}},
               REEL_EVALUE, "x.csv: the list of classes is empty");
    assert_bad(text, &(reel_csv_options){.target = "c"}, REEL_EVALUE,
               "x.csv: no column 'c': there are a, b");
    assert_bad(text, &(reel_csv_options){.skip = STRINGS("b", "d")},
               REEL_EVALUE, "x.csv: no column 'd': there are a, b");
    assert_bad(text,
               &(reel_csv_options){.target = "b", .skip = STRINGS("a")},
               REEL_EVALUE, "x.csv: no column is left for features");
}
END_TEST

/* ------------------------------------------------------------------- files */

/* Makes an empty file; path has room for 200 bytes. */
static int make_file(char *path)
{
    const char *base = getenv("TMPDIR");

    snprintf(path, 200, "%s/reel-csv-XXXXXX", base ? base : "/tmp");

    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    return fd;
}

START_TEST(test_files)
{
    char path[200], message[600];
    int fd = make_file(path);
    reel_error error;

    ck_assert_int_eq(write(fd, "a\n1\n2\n", 6), 6);
    ck_assert_int_eq(reel_csv_read(path, NULL, &table, NULL), REEL_OK);
    assert_features(2, 1, NUMBERS(1, 2));
    reel_table_free(&table);
    ck_assert_int_eq(write(fd, "x\n", 2), 2);
    ck_assert_int_eq(close(fd), 0);
    snprintf(message, sizeof message, "%s:4:1: a: 'x' is not a number", path);
    ck_assert_int_eq(reel_csv_read(path, NULL, &table, &error), REEL_EFORMAT);
    ck_assert_str_eq(error.message, message);
    assert_empty();
    ck_assert_int_eq(unlink(path), 0);
    snprintf(message, sizeof message, "%s: %s", path, strerror(ENOENT));
    ck_assert_int_eq(reel_csv_read(path, NULL, &table, &error), REEL_EIO);
    ck_assert_str_eq(error.message, message);
    assert_empty();
}
END_TEST

/* Of unknown length: through a gzip child. */
START_TEST(test_compressed)
{
    char path[200], command[400];
    reel_error error;

    close(make_file(path));
    snprintf(command, sizeof command,
             "awk 'BEGIN { print \"a,b\"; for (i = 0; i < 40000; i++) "
             "printf \"%%d,%%d\\n\", i, -i }' | gzip > '%s'", path);
    ck_assert_int_eq(system(command), 0);
    if (reel_csv_read(path, NULL, &table, &error) != REEL_OK)
        ck_abort_msg("%s", error.message);
    unlink(path);
    ck_assert_int_eq(table.features.shape.dim[0], 40000);
    for (int i = 0; i < 40000; i++)
        if (((float *)table.features.data)[2 * i] != (float)i ||
            ((float *)table.features.data)[2 * i + 1] != (float)-i)
            ck_abort_msg("row %d differs", i);
}
END_TEST

/* A long name loses its beginning, never the place. */
START_TEST(test_long_name)
{
    char name[600], message[600];
    reel_error error;

    memset(name, 'x', sizeof name);
    strcpy(name + 500, "/last.csv");
    ck_assert_int_eq(reel_csv_parse("a\nb\n", 4, name, NULL, &table, &error),
                     REEL_EFORMAT);
    snprintf(message, sizeof message, "...%s:2:1: a: 'b' is not a number",
             name + strlen(name) + 4 - 200);
    ck_assert_str_eq(error.message, message);
}
END_TEST

/* -------------------------------------------------------------- allocation */

static size_t given, fail_at;

static void *failing(void *user, void *old, size_t old_bytes, size_t new_bytes)
{
    (void)user;
    (void)old_bytes;
    if (new_bytes == 0) {
        free(old);
        return NULL;
    }
    return ++given == fail_at ? NULL : realloc(old, new_bytes);
}

static reel_status parse_failing(const reel_csv_options *options, size_t at,
                                 reel_error *error)
{
    static const char text[] = "a,kind,b\n1,x,2\n3,y,4\n5,x,6\n";
    const reel_allocator allocator = {failing, NULL};

    given = 0;
    fail_at = at;
    return reel__csv_parse(&allocator, text, strlen(text), "x.csv", options,
                           &table, error);
}

/* Each allocation in turn gets nothing. Cutting an array to its size may fail
 * unnoticed. */
START_TEST(test_no_memory)
{
    const reel_csv_options options[] = {
        {.target = "kind"},
        {.target = "kind", .classes = STRINGS("x", "y")},
        {.target = "a", .numbers = true, .skip = STRINGS("kind")},
    };

    for (int i = 0; i < 3; i++) {
        size_t failed = 0;

        ck_assert_int_eq(parse_failing(&options[i], 0, NULL), REEL_OK);
        reel_table_free(&table);

        size_t all = given;

        for (size_t at = 1; at <= all; at++) {
            reel_error error;

            if (parse_failing(&options[i], at, &error) == REEL_OK) {
                ck_assert_int_eq(table.features.shape.dim[0], 3);
                reel_table_free(&table);
                continue;
            }
            failed++;
            ck_assert_int_eq(error.status, REEL_ENOMEM);
            ck_assert_str_eq(error.message, "x.csv: out of memory");
            assert_empty();
        }
        ck_assert_uint_eq(failed, all - 2);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("csv");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, test_features);
    tcase_add_test(tests, test_quotes);
    tcase_add_test(tests, test_line_ends);
    tcase_add_test(tests, test_classes_by_name);
    tcase_add_test(tests, test_classes_by_number);
    tcase_add_test(tests, test_classes_given);
    tcase_add_test(tests, test_numbers_to_be_told);
    tcase_add_test(tests, test_columns_left_out);
    tcase_add_test(tests, test_many_rows);
    tcase_add_test(tests, test_long_fields);
    tcase_add_test(tests, test_numbers_in_every_locale);
    tcase_add_loop_test(tests, test_mistakes, 0,
                        (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tests, test_more_mistakes);
    tcase_add_test(tests, test_wrong_options);
    tcase_add_test(tests, test_files);
    tcase_add_test(tests, test_compressed);
    tcase_add_test(tests, test_long_name);
    tcase_add_test(tests, test_no_memory);
    suite_add_tcase(suite, tests);
    return support_run(suite);
}
