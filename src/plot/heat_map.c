/* plot/heat_map.c: heat maps, one box a cell.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include <reel/plot.h>

#include "io/number.h"
#include "io/report.h"
#include "plot/picture.h"

/* Pixels: of a letter, of a line of text, and of what cells may take. */
enum { LETTER = 8, LINE = 18, WIDEST = 840, HIGHEST = 640, CELL = 30 };

/* More cells than this are drawn as one image, which smooths their edges: as
 * boxes they would make a large file. */
enum { BOXES = 2000 };

/* From white over the blue to a dark one of the palette in curves.c, so that
 * darker is more in grey, too. */
#define PALETTE "set palette defined (0 '#f7fbff', 1 '#8fc4e8', 2 '#0072B2', " \
                "3 '#003a5e')"

typedef struct layout {
    int cell_width, cell_height;
    int width, height;            /* of the picture */
    int left, right, top, bottom; /* margins */
    bool turned;                  /* the columns' names stand upright */
    bool numbers;                 /* there is room for them */
    double low, high;             /* of what has a colour */
} layout;

/* ------------------------------------------------------------------- cells */

static double value_at(const reel_heat_map *m, int64_t row, int64_t column)
{
    return m->value[row * m->columns + column];
}

static bool has_color(const reel_heat_map *m, double value)
{
    return isfinite(value) && !(m->log && value <= 0);
}

static void put_cell_number(reel__text *t, double value)
{
    if (fabs(value) < 1e6 && value == floor(value))
        reel__text_print(t, "%d", (int)value);
    else
        reel__number_put(t, value, 3);
}

static int cell_letters(const reel_heat_map *m)
{
    size_t most = 1;

    for (int64_t i = 0; i < m->rows * m->columns; i++) {
        char room[64];
        reel__text text = {room, 0, sizeof room, false};

        if (isfinite(m->value[i]))
            put_cell_number(&text, m->value[i]);
        most = text.size > most ? text.size : most;
    }
    return (int)most;
}

/* ------------------------------------------------------------------ layout */

static void put_name(reel__text *t, const char *const *names, int64_t i)
{
    char number[24];

    if (!names)
        snprintf(number, sizeof number, "%" PRId64, i);
    reel__put_label(t, names ? names[i] : number);
}

/* Of the longest; of long ones no more than fit. */
static int name_letters(const char *const *names, int64_t count)
{
    int most = snprintf(NULL, 0, "%" PRId64, count - 1);

    for (int64_t i = 0; names && i < count; i++) {
        int letters = reel__letters(names[i]);

        most = letters > most ? letters : most;
    }
    return most < 30 ? most : 30;
}

static int clamp(int64_t value, int low, int high)
{
    return value < low ? low : value > high ? high : (int)value;
}

static layout lay_out(const reel_heat_map *m)
{
    int letters = cell_letters(m);
    int names = LETTER * name_letters(m->column_names, m->columns);
    layout l = {
        .cell_width = clamp(LETTER * letters + 12, CELL + 6, WIDEST),
        .left = LETTER * name_letters(m->row_names, m->rows) + 2 * LINE +
                (m->row_label ? LINE : 0),
        .right = 90,
        .top = m->title ? 2 * LINE + 6 : LINE,
        .low = INFINITY,
        .high = -INFINITY,
    };

    l.cell_width = clamp(WIDEST / m->columns, 4, l.cell_width);
    l.cell_height = clamp(HIGHEST / m->rows, 4, CELL);
    l.numbers = l.cell_width > LETTER * letters && l.cell_height >= LINE - 3;
    l.turned = names > l.cell_width - 4;
    l.bottom = (l.turned ? names : LINE) + LINE +
               (m->column_label ? LINE + 6 : 0);
    l.width = l.left + (int)m->columns * l.cell_width + l.right;
    l.height = l.top + (int)m->rows * l.cell_height + l.bottom;
    for (int64_t i = 0; i < m->rows * m->columns; i++)
        if (has_color(m, m->value[i])) {
            l.low = fmin(l.low, m->value[i]);
            l.high = fmax(l.high, m->value[i]);
        }
    if (l.low > l.high) /* there is none */
        l.low = l.high = 1;
    if (l.low == l.high)
        l.high = m->log ? 10 * l.low : l.low + fabs(l.low) + 1;
    return l;
}

/* ------------------------------------------------------------------ script */

/* On a dark cell, white. */
static const char *ink(const reel_heat_map *m, const layout *l, double value)
{
    if (!has_color(m, value))
        return "0x999999";

    double part = m->log ? log(value / l->low) / log(l->high / l->low)
                         : (value - l->low) / (l->high - l->low);

    return part > 0.5 ? "0xffffff" : "0x000000";
}

/* Columns: x, y, value or NaN, ink, number. */
static void put_cells(reel__text *t, const reel_heat_map *m, const layout *l)
{
    reel__put_line(t, "$cells << EOD");
    for (int64_t row = 0; row < m->rows; row++)
        for (int64_t column = 0; column < m->columns; column++) {
            double value = value_at(m, row, column);

            reel__text_print(t, "%" PRId64 " %" PRId64 " ", column, row);
            reel__put_number(t, has_color(m, value) ? value : NAN);
            reel__text_print(t, " %s ", ink(m, l, value));
            if (isfinite(value))
                put_cell_number(t, value);
            else
                reel__text_put(t, "' '", 3);
            reel__put_line(t, "");
        }
    reel__put_line(t, "EOD");
}

/* As many names as have room. */
static void put_names(reel__text *t, char axis, const char *const *names,
                      int64_t count, int room)
{
    int64_t step = (LINE - 2 + room - 1) / room;

    reel__text_print(t, "set %ctics scale 0 (", axis);
    for (int64_t i = 0; i < count; i += step) {
        if (i > 0)
            reel__put_line(t, ", \\");
        put_name(t, names, i);
        reel__text_print(t, " %" PRId64, i);
    }
    reel__put_line(t, ")");
}

/* A place or a size, as a part of the picture. */
static void put_screen(reel__text *t, const char *what, double pixels, int of)
{
    reel__text_print(t, "%s screen ", what);
    reel__number_put(t, pixels / of, 6);
}

/* Where gnuplot puts a label depends on the names, and is not always on the
 * picture. */
static void put_label_at(reel__text *t, const layout *l, const char *label,
                         double x, double y, const char *how)
{
    if (!label)
        return;
    reel__text_print(t, "set label ");
    reel__put_label(t, label);
    put_screen(t, " at", x, l->width);
    put_screen(t, ",", y, l->height);
    reel__text_print(t, " center %s\n", how);
}

static void put_places(reel__text *t, const reel_heat_map *m, const layout *l)
{
    int right = l->width - l->right, top = l->height - l->top;

    put_screen(t, "set lmargin at", l->left, l->width);
    put_screen(t, "\nset rmargin at", right, l->width);
    put_screen(t, "\nset bmargin at", l->bottom, l->height);
    put_screen(t, "\nset tmargin at", top, l->height);
    put_screen(t, "\nset colorbox user origin", right + LINE, l->width);
    put_screen(t, ",", l->bottom, l->height);
    put_screen(t, " size", LINE, l->width);
    put_screen(t, ",", top - l->bottom, l->height);
    reel__put_line(t, "");
    put_label_at(t, l, m->title, (l->left + right) / 2.0, l->height - LINE, "");
    put_label_at(t, l, m->column_label, (l->left + right) / 2.0, LINE, "");
    put_label_at(t, l, m->row_label, LINE, (l->bottom + top) / 2.0,
                 "rotate by 90");
}

static void put_range(reel__text *t, const char *axis, double from, double to)
{
    reel__text_print(t, "set %srange [", axis);
    reel__put_number(t, from);
    reel__text_put(t, ":", 1);
    reel__put_number(t, to);
    reel__put_line(t, "]");
}

static void put_axes(reel__text *t, const reel_heat_map *m, const layout *l)
{
    put_places(t, m, l);
    put_range(t, "x", -0.5, (double)m->columns - 0.5);
    put_range(t, "y", (double)m->rows - 0.5, -0.5);
    put_names(t, 'x', m->column_names, m->columns,
              l->turned ? l->cell_width : LINE);
    put_names(t, 'y', m->row_names, m->rows, l->cell_height);
    if (l->turned)
        reel__put_line(t, "set xtics rotate by 90 right");
    reel__put_line(t, "unset border\nunset key\n" PALETTE);
    if (m->log)
        reel__put_line(t, "set logscale cb\nset format cb '%g'");
    put_range(t, "cb", l->low, l->high);
}

static void put_script(reel__text *t, const void *what)
{
    const reel_heat_map *m = what;
    layout l = lay_out(m);

    put_cells(t, m, &l);
    put_axes(t, m, &l);
    if (m->rows * m->columns <= BOXES)
        reel__put_line(t, "plot $cells using 1:2:($1-0.5):($1+0.5):($2-0.5):"
                          "($2+0.5):3 with boxxyerror \\\n"
                          "fillstyle solid border rgb 'white' "
                          "linecolor palette linewidth 1\\");
    else
        reel__put_line(t, "plot $cells using 1:2:3 with image\\");
    if (l.numbers)
        reel__put_line(t, ", '' using 1:2:5:4 with labels "
                          "textcolor rgb variable");
    else
        reel__put_line(t, "");
}

/* --------------------------------------------------------------------- CSV */

static void put_csv_name(reel__text *t, const char *const *names, int64_t i)
{
    if (names)
        reel__put_csv_text(t, names[i]);
    else
        reel__text_print(t, "%" PRId64, i);
}

/* A table whose first row and column are names, in the corner the rows'. */
static void put_csv(reel__text *t, const void *what)
{
    const reel_heat_map *m = what;

    reel__put_csv_text(t, m->row_label);
    for (int64_t column = 0; column < m->columns; column++) {
        reel__text_put(t, ",", 1);
        put_csv_name(t, m->column_names, column);
    }
    reel__put_line(t, "");
    for (int64_t row = 0; row < m->rows; row++) {
        put_csv_name(t, m->row_names, row);
        for (int64_t column = 0; column < m->columns; column++) {
            reel__text_put(t, ",", 1);
            reel__put_csv_number(t, value_at(m, row, column));
        }
        reel__put_line(t, "");
    }
}

/* ------------------------------------------------------------------ public */

reel_status reel_heat_map_write(const reel_heat_map *map, const char *path,
                                bool *drawn, reel_error *error)
{
    if (drawn)
        *drawn = false;
    if (map->rows < 1 || map->columns < 1 || !map->value)
        return reel__report(error, REEL_EVALUE, path,
                            "a heat map needs numbers: it has %" PRId64
                            " rows and %" PRId64 " columns%s",
                            map->rows, map->columns,
                            map->value ? "" : ", and no values");
    if (map->rows > REEL__MOST_CELLS || map->columns > REEL__MOST_CELLS)
        return reel__report(error, REEL_EVALUE, path,
                            "%" PRId64 " rows and %" PRId64 " columns are too "
                            "many for a picture: %d at most",
                            map->rows, map->columns, REEL__MOST_CELLS);

    layout l = lay_out(map);

    return reel__picture_write(path, map, put_csv, put_script, l.width,
                               l.height, drawn, error);
}
