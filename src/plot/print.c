/* plot/print.c: curves as text.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reel/plot.h>

#include "io/number.h"
#include "plot/axis.h"
#include "plot/curves.h"
#include "plot/picture.h"

enum { COLUMNS = 72, ROWS = 20, LEAST_COLUMNS = 40, LEAST_ROWS = 10,
       MOST = 1000, LEAST_CELLS = 3, NUMBER = 16 };

/* The rows from top to bottom are title, label of y, cells, axis of x, its
 * numbers and label, key. */
typedef struct page {
    const reel_plot *plot;
    int columns, rows;
    int left;     /* columns before the cells: numbers, a blank and the axis */
    int key_rows;
    reel__axis x, y;
    char *cell;   /* [y.cells, x.cells], row 0 at the bottom */
    reel__text text;
} page;

/* ------------------------------------------------------------------- lines */

static void put(page *p, const char *text)
{
    reel__text_put(&p->text, text, strlen(text));
}

static void put_blanks(page *p, int count)
{
    for (int i = 0; i < count; i++)
        put(p, " ");
}

/* So many letters of it at most, without control characters. */
static void put_words(page *p, const char *words, int most)
{
    size_t size = reel__letters_bytes(words, most);

    for (size_t i = 0; i < size; i++) {
        bool control = (unsigned char)words[i] < ' ';

        reel__text_put(&p->text, control ? " " : words + i, 1);
    }
}

/* In the middle of `width` columns after `left`. */
static void put_centered(page *p, const char *words, int left, int width)
{
    int letters = reel__letters(words);

    put_blanks(p, left + (letters < width ? (width - letters) / 2 : 0));
    put_words(p, words, width);
    put(p, "\n");
}

static void number_text(double value, char text[NUMBER])
{
    reel__text t = {text, 0, NUMBER, false};

    reel__number_put(&t, value, 6);
    text[t.size] = '\0';
}

/* --------------------------------------------------------------------- key */

static char letter_of(int64_t series)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return letters[series % (int64_t)(sizeof letters - 1)];
}

/* Puts the key into at most `most` rows; how many it takes. What has no room
 * is left out. write false: only counts. */
static int key(page *p, int most, bool write)
{
    const reel_plot *plot = p->plot;
    int row = 0, at = 0;

    for (int64_t k = 0; k < plot->count; k++) {
        const char *name = plot->series[k].name;
        int width = name ? 2 + reel__letters(name) : 0;

        if (!name)
            continue;
        width = width < p->columns ? width : p->columns;
        if (row == 0 || at + 3 + width > p->columns) {
            if (row == most)
                break;
            row++;
            at = 0;
        }
        if (write) {
            put(p, at > 0 ? "   " : row > 1 ? "\n" : "");
            reel__text_put(&p->text, (char[]){letter_of(k)}, 1);
            put(p, " ");
            put_words(p, name, width - 2);
        }
        at += (at > 0 ? 3 : 0) + width;
    }
    if (write && row > 0)
        put(p, "\n");
    return row;
}

/* ------------------------------------------------------------------ layout */

static void find_ranges(const reel_plot *plot, double x[2], double y[2])
{
    x[0] = y[0] = INFINITY;
    x[1] = y[1] = -INFINITY;
    for (int64_t k = 0; k < plot->count; k++) {
        const reel_series *s = &plot->series[k];

        for (int64_t i = 0; i < s->count; i++) {
            if (!reel__point_shown(plot, s, i))
                continue;
            x[0] = fmin(x[0], reel__series_x(s, i));
            x[1] = fmax(x[1], reel__series_x(s, i));
            y[0] = fmin(y[0], s->y[i]);
            y[1] = fmax(y[1], s->y[i]);
        }
    }
}

static void lay_out(page *p)
{
    const reel_plot *plot = p->plot;
    int others = 2 + !!plot->title + !!plot->y_label + !!plot->x_label;
    int cells, width = 0;
    double x[2], y[2];

    find_ranges(plot, x, y);
    p->key_rows = key(p, p->rows - others - LEAST_CELLS, false);
    cells = p->rows - others - p->key_rows;
    p->y = reel__axis_of(y[0], y[1], plot->log_y, cells, 1 + cells / 3);
    for (int i = 0; i < p->y.count; i++) {
        char number[NUMBER];

        number_text(p->y.tick[i], number);
        width = (int)strlen(number) > width ? (int)strlen(number) : width;
    }
    p->left = width + 2;
    cells = p->columns - p->left;
    p->x = reel__axis_of(x[0], x[1], plot->log_x, cells, cells / 10);
}

/* ------------------------------------------------------------------ curves */

static void mark(page *p, double x, double y, char letter)
{
    p->cell[(int)lround(y) * p->x.cells + (int)lround(x)] = letter;
}

static void draw(page *p, int64_t k)
{
    const reel_series *s = &p->plot->series[k];
    double x0 = 0, y0 = 0;
    bool joined = false;

    for (int64_t i = 0; i < s->count; i++) {
        bool shown = reel__point_shown(p->plot, s, i);

        if (shown) {
            double x = reel__axis_cell(&p->x, reel__series_x(s, i));
            double y = reel__axis_cell(&p->y, s->y[i]);
            int steps = (int)ceil(fmax(fabs(x - x0), fabs(y - y0)));

            for (int j = 1; joined && j < steps; j++)
                mark(p, x0 + (x - x0) * j / steps, y0 + (y - y0) * j / steps,
                     letter_of(k));
            mark(p, x, y, letter_of(k));
            x0 = x;
            y0 = y;
        }
        joined = shown && !s->points;
    }
}

/* -------------------------------------------------------------------- axes */

/* The number of the row's tick, or blanks; then the axis. */
static void put_y_axis(page *p, int row)
{
    char number[NUMBER] = "";

    for (int i = 0; i < p->y.count; i++)
        if ((int)lround(reel__axis_cell(&p->y, p->y.tick[i])) == row)
            number_text(p->y.tick[i], number);
    put_blanks(p, p->left - 2 - (int)strlen(number));
    put(p, number);
    put(p, *number ? " +" : " |");
}

static void put_cells(page *p)
{
    for (int row = p->y.cells - 1; row >= 0; row--) {
        const char *cell = p->cell + row * p->x.cells;
        size_t size = (size_t)p->x.cells;

        put_y_axis(p, row);
        while (size > 0 && cell[size - 1] == ' ')
            size--;
        reel__text_put(&p->text, cell, size);
        put(p, "\n");
    }
}

/* The line with its ticks, and below it their numbers, where they have room. */
static void put_x_axis(page *p)
{
    reel__text numbers = {0};
    int at = 0, end = 0; /* of the line, and of the numbers */

    put_blanks(p, p->left - 1);
    put(p, "+");
    for (int i = 0; i < p->x.count; i++) {
        char number[NUMBER];
        int cell = (int)lround(reel__axis_cell(&p->x, p->x.tick[i]));
        int from, width;

        number_text(p->x.tick[i], number);
        width = (int)strlen(number);
        for (; at < cell; at++)
            put(p, "-");
        put(p, "+");
        at = cell + 1;
        from = p->left + cell - width / 2;
        if (from + width > p->columns)
            from = p->columns - width;
        if (end > 0 && from <= end)
            continue;
        for (; end < from; end++)
            reel__text_put(&numbers, " ", 1);
        reel__text_print(&numbers, "%s", number);
        end = from + width;
    }
    put(p, "\n");
    reel__text_put(&p->text, numbers.byte, numbers.size);
    p->text.failed |= numbers.failed;
    free(numbers.byte);
    put(p, "\n");
}

/* ------------------------------------------------------------------ public */

static void put_page(page *p)
{
    const reel_plot *plot = p->plot;

    if (plot->title)
        put_centered(p, plot->title, 0, p->columns);
    if (plot->y_label) {
        put_words(p, plot->y_label, p->columns);
        put(p, "\n");
    }
    put_cells(p);
    put_x_axis(p);
    if (plot->x_label)
        put_centered(p, plot->x_label, p->left, p->x.cells);
    key(p, p->key_rows, true);
}

reel_status reel_plot_print(const reel_plot *plot, int columns, int rows,
                            FILE *stream)
{
    page p = {.plot = plot, .columns = columns ? columns : COLUMNS,
              .rows = rows ? rows : ROWS};
    reel_status status = reel__plot_check(plot, "plot", NULL);

    if (status != REEL_OK || !stream || p.columns < LEAST_COLUMNS ||
        p.columns > MOST || p.rows < LEAST_ROWS || p.rows > MOST)
        return REEL_EVALUE;
    lay_out(&p);

    size_t size = (size_t)p.x.cells * (size_t)p.y.cells;

    p.cell = malloc(size);
    if (!p.cell)
        return REEL_ENOMEM;
    memset(p.cell, ' ', size);
    for (int64_t k = plot->count; k-- > 0;) /* the first lies on top */
        draw(&p, k);
    put_page(&p);
    if (p.text.failed)
        status = REEL_ENOMEM;
    else if (fwrite(p.text.byte, 1, p.text.size, stream) < p.text.size)
        status = REEL_EIO;
    free(p.text.byte);
    free(p.cell);
    return status;
}
