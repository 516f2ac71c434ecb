/* test_pictures.c: heat maps, confusion matrices and images.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reel.h>

#include "files.h"
#include "pictures.h"
#include "support.h"

/* --------------------------------------------------------------- heat maps */

static reel_status write_map(const void *what, const char *path, bool *drawn,
                             reel_error *error)
{
    return reel_heat_map_write(what, path, drawn, error);
}

static const double cells[] = {0.5, NAN, -3, 1e-7, 1234567, 0};
static const char *const rows[] = {"it's, 1", "2"};
static const char *const columns[] = {"a", "\"b\"", "c_c"};
static const reel_heat_map map = {.title = "Map", .row_label = "rate",
                                  .column_label = "units", .rows = 2,
                                  .columns = 3, .value = cells,
                                  .row_names = rows, .column_names = columns};

START_TEST(test_map_csv)
{
    reel_heat_map m = map;

    ck_assert_int_eq(reel_heat_map_write(&m, "m.csv", NULL, NULL), REEL_OK);
    assert_file("m.csv", "rate,a,\"\"\"b\"\"\",c_c\n"
                         "\"it's, 1\",0.5,,-3\n"
                         "2,1e-07,1234567,0\n");
    m.row_names = m.column_names = NULL;
    m.row_label = NULL;
    ck_assert_int_eq(reel_heat_map_write(&m, "m.csv", NULL, NULL), REEL_OK);
    assert_file("m.csv", ",0,1,2\n0,0.5,,-3\n1,1e-07,1234567,0\n");
}
END_TEST

START_TEST(test_map_drawn)
{
    const char *svg = drawn_at(write_map, &map, "m.svg");
    reel_heat_map m = map;

    if (svg) {
        ck_assert_ptr_nonnull(strstr(svg, ">Map<"));
        ck_assert_ptr_nonnull(strstr(svg, ">rate<"));
        ck_assert_ptr_nonnull(strstr(svg, ">units<"));
        ck_assert_ptr_nonnull(strstr(svg, "c_c"));
        ck_assert_ptr_nonnull(strstr(svg, ">1.23e+06<"));
        ck_assert_ptr_nonnull(strstr(svg, "rgb(  0,  58,  94)"));
    }
    m.log = true;
    svg = drawn_at(write_map, &m, "m.svg");
    if (svg) /* what has no logarithm is there, in grey */
        ck_assert_ptr_nonnull(strstr(svg, "rgb(153, 153, 153)"));

    const char *png = drawn_at(write_map, &m, "m.png");

    if (png)
        ck_assert(memcmp(png, "\x89PNG\r\n\x1a\n", 8) == 0);
}
END_TEST

/* What gnuplot could take for an error: nothing to show, one value. */
START_TEST(test_map_drawn_at_the_edge)
{
    static const double none[] = {0, NAN, -1, -INFINITY}, one[] = {7};
    reel_heat_map m = {.rows = 2, .columns = 2, .value = none, .log = true};

    drawn_at(write_map, &m, "m.svg");
    m.rows = m.columns = 1;
    drawn_at(write_map, &m, "m.svg");
    m.value = one;
    drawn_at(write_map, &m, "m.svg");
    m.log = false;
    drawn_at(write_map, &m, "m.svg");
    m.value = (const double[]){-1e200};
    drawn_at(write_map, &m, "m.svg");
}
END_TEST

/* 300 x 200: as one image, not in thousands of boxes. */
START_TEST(test_large_map)
{
    enum { ROWS = 300, COLUMNS = 200 };
    double *value = malloc(ROWS * COLUMNS * sizeof *value);
    reel_heat_map m = {.rows = ROWS, .columns = COLUMNS, .value = value};

    for (int i = 0; i < ROWS * COLUMNS; i++)
        value[i] = i % 17 ? (double)(i % COLUMNS) : (double)NAN;

    const char *svg = drawn_at(write_map, &m, "m.svg");

    free(value);
    if (svg) {
        ck_assert_ptr_nonnull(strstr(svg, "<image "));
        ck_assert_uint_lt(strlen(svg), 200000);
    }
}
END_TEST

START_TEST(test_map_mistakes)
{
    reel_heat_map m = map;

    m.rows = 0;
    assert_not_written(write_map, &m, "m.svg", REEL_EVALUE,
                       "m.svg: a heat map needs numbers: it has 0 rows and 3 "
                       "columns");
    m = map;
    m.value = NULL;
    assert_not_written(write_map, &m, "m.svg", REEL_EVALUE,
                       "m.svg: a heat map needs numbers: it has 2 rows and 3 "
                       "columns, and no values");
    m = map;
    m.columns = 2001;
    assert_not_written(write_map, &m, "m.svg", REEL_EVALUE,
                       "m.svg: 2 rows and 2001 columns are too many for a "
                       "picture: 2000 at most");
    assert_not_written(write_map, &map, "m", REEL_EVALUE,
                       "m: a picture's name ends in .svg, .png or .csv");
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

/* --------------------------------------------------------------- confusion */

START_TEST(test_confusion)
{
    static const char *const names[] = {"cat", "dog"};
    int64_t count[] = {5, 1, 0, 3};
    reel_confusion c = {2, count};
    bool drawn = false;
    reel_error error;

    if (reel_confusion_write(&c, names, "c.svg", &drawn, &error) != REEL_OK)
        ck_abort_msg("%s", error.message);
    assert_file("c.csv", "true,cat,dog\ncat,5,1\ndog,0,3\n");
    ck_assert_int_eq(count_files(), drawn ? 2 : 1);
    if (drawn) {
        static char svg[100000];
        FILE *file = fopen("c.svg", "r");

        svg[fread(svg, 1, sizeof svg - 1, file)] = '\0';
        fclose(file);
        ck_assert_ptr_nonnull(strstr(svg, ">8 of 9 right: 88.9 %<"));
        ck_assert_ptr_nonnull(strstr(svg, ">taken for<"));
    }
    ck_assert_int_eq(reel_confusion_write(&c, NULL, "c.csv", NULL, NULL),
                     REEL_OK);
    assert_file("c.csv", "true,0,1\n0,5,1\n1,0,3\n");
}
END_TEST

START_TEST(test_confusion_of_nothing)
{
    int64_t count[] = {0, 0, 0, 0};
    reel_confusion empty = {0};
    bool drawn = true;
    reel_error error;

    ck_assert_int_eq(reel_confusion_write(&(reel_confusion){2, count}, NULL,
                                          "c.svg", &drawn, &error),
                     REEL_EVALUE);
    ck_assert_str_eq(error.message,
                     "c.svg: nothing was counted for the confusion matrix");
    ck_assert(!drawn);
    ck_assert_int_eq(reel_confusion_write(&empty, NULL, "c.svg", NULL, NULL),
                     REEL_EVALUE);
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

/* ------------------------------------------------------------------ images */

static reel_status write_images(const void *what, const char *path,
                                bool *drawn, reel_error *error)
{
    return reel_images_write(what, path, drawn, error);
}

static const double pixels[] = {0, 1, 2, 3, 4, 5, -1, NAN, 0, 0.25, 1, -4};
static const char *const captions[] = {"7, not 9", NULL};
static const reel_images images = {.title = "Two", .count = 2, .height = 2,
                                   .width = 3, .value = pixels,
                                   .captions = captions};

START_TEST(test_images_csv)
{
    reel_images m = images;

    ck_assert_int_eq(reel_images_write(&m, "i.csv", NULL, NULL), REEL_OK);
    assert_file("i.csv", "image,caption,0,1,2,3,4,5\n"
                         "0,\"7, not 9\",0,1,2,3,4,5\n"
                         "1,,-1,,0,0.25,1,-4\n");
    m.captions = NULL;
    m.count = 1;
    ck_assert_int_eq(reel_images_write(&m, "i.csv", NULL, NULL), REEL_OK);
    assert_file("i.csv", "image,caption,0,1,2,3,4,5\n0,,0,1,2,3,4,5\n");
}
END_TEST

START_TEST(test_images_drawn)
{
    reel_images m = images;

    for (int k = 0; k < 4; k++) {
        m.with_sign = k % 2;
        m.columns = k / 2;

        const char *svg = drawn_at(write_images, &m, "i.svg");

        if (svg) {
            ck_assert_ptr_nonnull(strstr(svg, ">Two<"));
            ck_assert_ptr_nonnull(strstr(svg, ">7, not 9<"));
            ck_assert_ptr_nonnull(strstr(svg, "<image "));
        }
    }

    const char *png = drawn_at(write_images, &m, "i.png");

    if (png)
        ck_assert(memcmp(png, "\x89PNG\r\n\x1a\n", 8) == 0);
}
END_TEST

START_TEST(test_constant_images)
{
    static const double zeros[12] = {0};
    reel_images m = {.count = 2, .height = 2, .width = 3, .value = zeros};

    drawn_at(write_images, &m, "i.svg");
    m.with_sign = true;
    drawn_at(write_images, &m, "i.svg");
}
END_TEST

START_TEST(test_many_images)
{
    double *value = calloc(100 * 784, sizeof *value);
    reel_images m = {.count = 100, .height = 28, .width = 28, .value = value};

    for (int i = 0; i < 100 * 784; i++)
        value[i] = i % 29;

    const char *svg = drawn_at(write_images, &m, "i.svg");

    free(value);
    if (svg)
        ck_assert_uint_lt(strlen(svg), 200000);
}
END_TEST

START_TEST(test_images_mistakes)
{
    reel_images m = images;

    m.count = 0;
    assert_not_written(write_images, &m, "i.svg", REEL_EVALUE,
                       "i.svg: 0 images of 2 x 3: a picture has 1 to 2000 "
                       "images, as high and wide");
    m = images;
    m.height = 2001;
    assert_not_written(write_images, &m, "i.svg", REEL_EVALUE,
                       "i.svg: 2 images of 2001 x 3: a picture has 1 to 2000 "
                       "images, as high and wide");
    m = images;
    m.value = NULL;
    assert_not_written(write_images, &m, "i.svg", REEL_EVALUE,
                       "i.svg: images without values");
    m = images;
    m.columns = -1;
    assert_not_written(write_images, &m, "i.svg", REEL_EVALUE,
                       "i.svg: -1 images in a row");
    m = images;
    m.count = m.columns = 2000;
    m.captions = NULL;
    assert_not_written(write_images, &m, "i.svg", REEL_EVALUE,
                       "i.svg: 22008 x 50 pixels are too many for a picture: "
                       "16000 each way at most");
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("pictures");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, enter_folder, leave_folder);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_map_csv);
    tcase_add_test(all, test_map_drawn);
    tcase_add_test(all, test_map_drawn_at_the_edge);
    tcase_add_test(all, test_large_map);
    tcase_add_test(all, test_map_mistakes);
    tcase_add_test(all, test_confusion);
    tcase_add_test(all, test_confusion_of_nothing);
    tcase_add_test(all, test_images_csv);
    tcase_add_test(all, test_images_drawn);
    tcase_add_test(all, test_constant_images);
    tcase_add_test(all, test_many_images);
    tcase_add_test(all, test_images_mistakes);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
