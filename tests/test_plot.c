/* test_plot.c: curves as CSV, as text and drawn, and how gnuplot may end.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <reel.h>

#include "files.h"
#include "pictures.h"
#include "support.h"

static const double squares[] = {0, 1, 4, 9, 16, NAN, 16, 12};
static const double low[] = {0, 0.5, -INFINITY, 8, 15, 1, 15, 11};
static const double high[] = {0.1, 2, 5, 10, 1e22, 1, 17, 13};
static const double point_x[] = {2, 6.5}, point_y[] = {3, 14};

static const reel_series series[] = {
    {.name = "it's \"k\", squared", .count = 8, .y = squares, .low = low,
     .high = high},
    {.name = "two points", .count = 2, .x = point_x, .y = point_y,
     .points = true},
};
static const reel_plot plot = {.title = "Plot", .x_label = "k",
                               .y_label = "f(k)", .count = 2,
                               .series = series};

static reel_status write_plot(const void *what, const char *path, bool *drawn,
                              reel_error *error)
{
    return reel_plot_write(what, path, drawn, error);
}

/* --------------------------------------------------------------------- CSV */

static const char csv[] =
    "series,x,y,low,high\n"
    "\"it's \"\"k\"\", squared\",1,0,0,0.1\n"
    "\"it's \"\"k\"\", squared\",2,1,0.5,2\n"
    "\"it's \"\"k\"\", squared\",3,4,,5\n"
    "\"it's \"\"k\"\", squared\",4,9,8,10\n"
    "\"it's \"\"k\"\", squared\",5,16,15,1e+22\n"
    "\"it's \"\"k\"\", squared\",6,,1,1\n"
    "\"it's \"\"k\"\", squared\",7,16,15,17\n"
    "\"it's \"\"k\"\", squared\",8,12,11,13\n"
    "two points,2,3,,\n"
    "two points,6.5,14,,\n";

START_TEST(test_csv)
{
    bool drawn = true;

    ck_assert_int_eq(reel_plot_write(&plot, "a.b.csv", &drawn, NULL), REEL_OK);
    ck_assert(!drawn);
    assert_file("a.b.csv", csv);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(test_numbers)
{
    static const double y[] = {1.0 / 3, 0.1, -0.0, 5e-324, 1.5e300, 1e15};
    const reel_series one = {.count = 6, .y = y};

    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        printf("skipped: numbers in a locale with a comma (there is none)\n");
    ck_assert_int_eq(reel_plot_write(&(reel_plot){.count = 1, .series = &one},
                                     "n.csv", NULL, NULL),
                     REEL_OK);
    setlocale(LC_ALL, "C");
    assert_file("n.csv", "series,x,y,low,high\n"
                         ",1,0.3333333333333333,,\n"
                         ",2,0.1,,\n"
                         ",3,-0,,\n"
                         ",4,4.94065645841247e-324,,\n"
                         ",5,1.5e+300,,\n"
                         ",6,1e+15,,\n");
}
END_TEST

/* -------------------------------------------------------------------- text */

static void assert_text(const reel_plot *p, int rows, const char *expected)
{
    const char *text;

    TEXT_OF(text, reel_plot_print(p, 40, rows, stream));
    ck_assert_str_eq(text, expected);
}

START_TEST(test_text)
{
    assert_text(&plot, 12,
                "                  Plot\n"
                "f(k)\n"
                "20 +\n"
                "   |                 aa    b aa\n"
                "10 +               aa          aa\n"
                "   |            aaa\n"
                "   |       b aaa\n"
                " 0 +    aaaaa\n"
                "   ++-----------------+----------------+\n"
                "    0                 5               10\n"
                "                     k\n"
                "a it's \"k\", squared   b two points\n");
}
END_TEST

START_TEST(test_text_with_logarithms)
{
    static const double x[] = {0.001, 0.01, 0.1, 1}, y[] = {3, 0.3, 0, 0.04};
    const reel_series one = {.count = 4, .x = x, .y = y};

    assert_text(&(reel_plot){.log_x = true, .log_y = true, .count = 1,
                             .series = &one},
                10,
                "  10 +\n"
                "     |aa\n"
                "   1 +  aaaaa\n"
                "     |       aaaa\n"
                "     |           a\n"
                " 0.1 +\n"
                "     |                                 a\n"
                "0.01 +\n"
                "     ++----------+----------+----------+\n"
                "    0.001      0.01        0.1         1\n");
}
END_TEST

#define TWENTY "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4" \
               "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6" \
               "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6"

/* One value alone; the key takes what rows there are. */
START_TEST(test_text_with_a_long_key)
{
    static const double five[] = {5};
    const reel_series many[] = {
        {.name = "one", .count = 1, .y = five},
        {.count = 1, .y = five},
        {.name = "a name that is long", .count = 1, .y = five},
        {.name = "d", .count = 1, .y = five},
        {.name = TWENTY TWENTY, .count = 1, .y = five},
        {.name = TWENTY, .count = 1, .y = five},
        {.name = TWENTY, .count = 1, .y = five},
        {.name = TWENTY "left out", .count = 1, .y = five},
    };

    assert_text(&(reel_plot){.title = "t\n\xc3\xa4", .count = 8,
                             .series = many},
                10,
                "                  t \xc3\xa4\n"
                "10 +\n"
                " 5 +                  a\n"
                " 0 +\n"
                "   ++-----------------+----------------+\n"
                "   0.5                1              1.5\n"
                "a one   c a name that is long   d d\n"
                "e " TWENTY "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xb6\xc3\xb6\xc3\xb6"
                "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\n"
                "f " TWENTY "\n"
                "g " TWENTY "\n");
}
END_TEST

/* The longest line has `columns` letters, and there are `rows` lines. */
static void assert_size(int columns, int rows, int most, int count)
{
    const char *text;
    int longest = 0, lines = 0;

    TEXT_OF(text, reel_plot_print(&plot, columns, rows, stream));
    for (; *text; text += strcspn(text, "\n") + 1, lines++)
        if ((int)strcspn(text, "\n") > longest)
            longest = (int)strcspn(text, "\n");
    ck_assert_int_eq(longest, most);
    ck_assert_int_eq(lines, count);
}

START_TEST(test_text_keeps_its_size)
{
    assert_size(0, 0, 72, 20);
    for (int columns = 40; columns < 60; columns++)
        for (int rows = 10; rows < 15; rows++)
            assert_size(columns, rows, columns, rows);
    assert_size(120, 100, 120, 100);
}
END_TEST

START_TEST(test_text_of_extremes)
{
    static const double far[] = {-1e250, 1e250, 1e301};
    static const double tiny[] = {5e-324, 0};
    reel_series one = {.count = 3, .y = far};
    const reel_plot p = {.count = 1, .series = &one};

    assert_text(&p, 10,
                " 1e+250 +                            aaa\n"
                "        |                        aaaa\n"
                "        |                    aaaa\n"
                "      0 +               aaaaa\n"
                "        |           aaaa\n"
                "        |       aaaa\n"
                "        |   aaaa\n"
                "-1e+250 +aaa\n"
                "        ++--------------+--------------+\n"
                "         1             1.5             2\n");
    one = (reel_series){.count = 2, .y = tiny};
    assert_text(&p, 10,
                " 1 +\n"
                "   |\n"
                "   |\n"
                " 0 +aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
                "   |\n"
                "   |\n"
                "   |\n"
                "-1 +\n"
                "   ++-----------------+----------------+\n"
                "    1                1.5               2\n");
}
END_TEST

/* ------------------------------------------------------------------ errors */

/* Also where it is printed. */
static void assert_refused(const reel_plot *p, const char *message)
{
    assert_not_written(write_plot, p, "x.svg", REEL_EVALUE, message);
    ck_assert_int_eq(reel_plot_print(p, 0, 0, stdout), REEL_EVALUE);
}

START_TEST(test_mistakes)
{
    const double nothing[] = {NAN, INFINITY, 1e300}, minus[] = {-1};
    reel_series s[] = {series[1], series[1]};
    reel_plot p = {.count = 0, .series = s};

    assert_refused(&p, "x.svg: there is no series");
    p.count = 2;
    s[1].count = 0;
    assert_refused(&p, "x.svg: series 2 has no numbers");
    s[1] = (reel_series){.count = 2};
    assert_refused(&p, "x.svg: series 2 has no numbers");
    s[0].low = point_y;
    assert_refused(&p, "x.svg: series 1 has one edge of a band: needs both or "
                       "neither");
    p.count = 1;
    s[0] = (reel_series){.count = 3, .y = nothing};
    assert_refused(&p, "x.svg: no number can be shown: all are NaN or "
                       "infinite");
    s[0] = (reel_series){.count = 1, .y = minus};
    p.log_y = true;
    assert_refused(&p, "x.svg: no number can be shown: all are NaN, infinite, "
                       "or not above 0 on a logarithmic axis");
    assert_not_written(write_plot, &plot, "x.jpg", REEL_EVALUE,
                       "x.jpg: a picture's name ends in .svg, .png or .csv");
    assert_not_written(write_plot, &plot, "no/x.svg", REEL_EIO,
                       support_format("no/x.csv: %s", strerror(ENOENT)));
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(test_print_refuses)
{
    FILE *full = fopen("/dev/full", "w");

    ck_assert_int_eq(reel_plot_print(&plot, 0, 0, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_plot_print(&plot, 39, 0, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_plot_print(&plot, 0, 9, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_plot_print(&plot, 1001, 0, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_plot_print(&plot, 0, 1001, stdout), REEL_EVALUE);
    if (!full)
        return; /* not on every system */
    setvbuf(full, NULL, _IONBF, 0);
    ck_assert_int_eq(reel_plot_print(&plot, 0, 0, full), REEL_EIO);
    fclose(full);
}
END_TEST

/* ----------------------------------------------------------------- gnuplot */

START_TEST(test_without_gnuplot)
{
    bool drawn = true;

    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    ck_assert_int_eq(reel_plot_write(&plot, "x.svg", &drawn, NULL), REEL_OK);
    ck_assert(!drawn);
    assert_file("x.csv", csv);
    ck_assert_int_eq(reel_plot_write(&plot, "x.png", NULL, NULL), REEL_OK);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(test_gnuplot_fails)
{
    write_file("x.svg", "old", 3);
    stand_in("gnuplot",
             "#!/bin/sh\necho half\nprintf '\\nplot x\\n     ^\\n' >&2\n"
             "echo '  line 3: warning: odd' >&2\n"
             "echo '  line 7: no such thing' >&2\nexit 1\n", 0755);
    assert_not_written(write_plot, &plot, "x.svg", REEL_EIO,
                       "x.svg: gnuplot cannot draw it (exit status 1): "
                       "line 7: no such thing");
    assert_file("x.svg", "old");
    stand_in("gnuplot", "#!/bin/sh\nkill -9 $$\n", 0755);
    assert_not_written(write_plot, &plot, "x.svg", REEL_EIO,
                       "x.svg: gnuplot was killed by signal 9 while drawing "
                       "it");
    stand_in("gnuplot", "#!/bin/sh\nexit 127\n", 0755);
    ck_assert_int_eq(reel_plot_write(&plot, "x.svg", NULL, NULL), REEL_OK);
    assert_file("x.svg", "old");
    assert_file("x.csv", csv);
    ck_assert_int_eq(count_files(), 3); /* gnuplot is one */
}
END_TEST

START_TEST(test_gnuplot_cannot_start)
{
    bool drawn = true;
    reel_error error;

    stand_in("gnuplot", "#!/bin/sh\n", 0644);

    reel_status status = reel_plot_write(&plot, "x.svg", &drawn, &error);

    ck_assert(!drawn);
    if (status == REEL_OK)
        return; /* posix_spawnp need not tell why a program did not start */
    ck_assert_int_eq(status, REEL_EIO);
    ck_assert_str_eq(error.message,
                     support_format("x.svg: cannot start gnuplot: %s",
                                    strerror(EACCES)));
}
END_TEST

START_TEST(test_gnuplot_reaped_by_another)
{
    stand_in("gnuplot", "#!/bin/sh\n", 0755);
    signal(SIGCHLD, SIG_IGN);
    assert_not_written(write_plot, &plot, "x.svg", REEL_EIO,
                       support_format("x.svg: cannot learn whether gnuplot "
                                      "drew it: %s (does the program ignore "
                                      "SIGCHLD?)", strerror(ECHILD)));
}
END_TEST

/* Descriptors 0 to 2 are then among those of the files. A gnuplot that does
 * not read its script is no SIGPIPE. */
START_TEST(test_without_standard_files)
{
    int saved[3];
    bool drawn = false;

    stand_in("gnuplot", "#!/bin/sh\nexec < /dev/null\necho drawn\n", 0755);
    for (int fd = 0; fd < 3; fd++)
        saved[fd] = fcntl(fd, F_DUPFD, 10);
    for (int fd = 0; fd < 3; fd++)
        close(fd);

    reel_status status = reel_plot_write(&plot, "x.svg", &drawn, NULL);

    for (int fd = 0; fd < 3; fd++)
        if (saved[fd] >= 0)
            dup2(saved[fd], fd);
    ck_assert_int_eq(status, REEL_OK);
    ck_assert(drawn);
    assert_file("x.svg", "drawn\n");
}
END_TEST

START_TEST(test_drawn)
{
    const char *svg = drawn_at(write_plot, &plot, "it's \"n\xc3\xa4t\".svg");

    if (svg) {
        ck_assert_ptr_nonnull(strstr(svg, "<svg"));
        ck_assert_ptr_nonnull(strstr(svg, "Plot"));
        ck_assert_ptr_nonnull(strstr(svg, "f(k)"));
        ck_assert_ptr_nonnull(strstr(svg, "two points"));
        ck_assert_ptr_nonnull(strstr(svg, ", squared"));
    }
    assert_file("it's \"n\xc3\xa4t\".csv", csv);

    const char *png = drawn_at(write_plot, &plot, "x.png");

    if (png)
        ck_assert(memcmp(png, "\x89PNG\r\n\x1a\n", 8) == 0);
}
END_TEST

/* What gnuplot could take for an error: a single point, gaps alone, all
 * logarithms, and what looks like markup. */
START_TEST(test_drawn_at_the_edge)
{
    static const double y[] = {NAN, NAN, 3, NAN}, zero[] = {0, 0, 0, 0};
    const reel_series one = {.name = "a_{b} @^c\\n 'd' <e> &f;", .count = 4,
                             .y = y, .low = zero, .high = zero};
    reel_plot p = {.title = "", .log_x = true, .log_y = true, .count = 1,
                   .series = &one};
    const char *svg = drawn_at(write_plot, &p, "x.svg");

    if (svg)
        ck_assert_ptr_nonnull(
            strstr(svg, "a_{b} @^c\\n 'd' &lt;e> &amp;f;"));
    p.log_x = p.log_y = false;
    drawn_at(write_plot, &p, "x.svg");
}
END_TEST

/* -------------------------------------------------------------------- band */

START_TEST(test_band)
{
    static const double values[] = {1, 2, 3, 4, 5, NAN, -1, 5, 0};
    double mean[3], least[3], most[3];

    ck_assert_int_eq(reel_band(values, 3, 3, mean, least, most), REEL_OK);
    ck_assert_double_eq(mean[0], 4 / 3.0);
    ck_assert_double_eq(least[0], -1);
    ck_assert_double_eq(most[0], 4);
    ck_assert_double_eq(mean[1], 4);
    ck_assert_double_eq(least[1], 2);
    ck_assert_double_eq(most[1], 5);
    ck_assert_double_nan(mean[2]);
    ck_assert_double_eq(least[2], 0);
    ck_assert_double_eq(most[2], 3);
    ck_assert_int_eq(reel_band(values, 0, 3, mean, least, most), REEL_EVALUE);
    ck_assert_int_eq(reel_band(values, 3, -1, mean, least, most), REEL_EVALUE);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("plot");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, enter_folder, leave_folder);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_csv);
    tcase_add_test(all, test_numbers);
    tcase_add_test(all, test_text);
    tcase_add_test(all, test_text_with_logarithms);
    tcase_add_test(all, test_text_with_a_long_key);
    tcase_add_test(all, test_text_keeps_its_size);
    tcase_add_test(all, test_text_of_extremes);
    tcase_add_test(all, test_mistakes);
    tcase_add_test(all, test_print_refuses);
    tcase_add_test(all, test_without_gnuplot);
    tcase_add_test(all, test_gnuplot_fails);
    tcase_add_test(all, test_gnuplot_cannot_start);
    tcase_add_test(all, test_gnuplot_reaped_by_another);
    tcase_add_test(all, test_without_standard_files);
    tcase_add_test(all, test_drawn);
    tcase_add_test(all, test_drawn_at_the_edge);
    tcase_add_test(all, test_band);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
