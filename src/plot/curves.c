/* plot/curves.c: curves with bands, and clouds of points.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <reel/plot.h>

#include "io/report.h"
#include "plot/curves.h"
#include "plot/picture.h"

enum { WIDTH = 760, HEIGHT = 450, FEW = 40 };

/* Told apart by people who see fewer colours: M. Okabe, K. Ito, "Color
 * universal design", 2008. Black comes last. */
static const char *const colors[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                     "#E69F00", "#56B4E9", "#F0E442",
                                     "#000000"};
enum { COLORS = sizeof colors / sizeof *colors };

double reel__series_x(const reel_series *s, int64_t i)
{
    return s->x ? s->x[i] : (double)(i + 1);
}

/* Where gnuplot takes a number for none, and a range has no width. */
#define LARGEST 1e300

bool reel__point_shown(const reel_plot *p, const reel_series *s, int64_t i)
{
    double x = reel__series_x(s, i), y = s->y[i];

    return fabs(x) < LARGEST && fabs(y) < LARGEST && !(p->log_x && x <= 0) &&
           !(p->log_y && y <= 0);
}

/* ------------------------------------------------------------------ checks */

static int64_t points_shown(const reel_plot *p)
{
    int64_t n = 0;

    for (int64_t k = 0; k < p->count; k++)
        for (int64_t i = 0; i < p->series[k].count; i++)
            n += reel__point_shown(p, &p->series[k], i);
    return n;
}

reel_status reel__plot_check(const reel_plot *p, const char *name,
                             reel_error *error)
{
    if (p->count < 1)
        return reel__report(error, REEL_EVALUE, name, "there is no series");
    for (int64_t k = 0; k < p->count; k++) {
        const reel_series *s = &p->series[k];

        if (s->count < 1 || !s->y)
            return reel__report(error, REEL_EVALUE, name,
                                "series %" PRId64 " has no numbers", k + 1);
        if (!s->low != !s->high)
            return reel__report(error, REEL_EVALUE, name,
                                "series %" PRId64 " has one edge of a band: "
                                "needs both or neither", k + 1);
    }
    if (points_shown(p) == 0)
        return reel__report(error, REEL_EVALUE, name,
                            "no number can be shown: all are NaN%s",
                            p->log_x || p->log_y
                                ? ", infinite, or not above 0 on a "
                                  "logarithmic axis"
                                : " or infinite");
    return REEL_OK;
}

/* --------------------------------------------------------------------- CSV */

static void put_csv(reel__text *t, const void *what)
{
    const reel_plot *p = what;

    reel__put_line(t, "series,x,y,low,high");
    for (int64_t k = 0; k < p->count; k++)
        for (int64_t i = 0; i < p->series[k].count; i++) {
            const reel_series *s = &p->series[k];
            const double value[] = {reel__series_x(s, i), s->y[i],
                                    s->low ? s->low[i] : NAN,
                                    s->high ? s->high[i] : NAN};

            reel__put_csv_text(t, s->name);
            for (int v = 0; v < 4; v++) {
                reel__text_put(t, ",", 1);
                reel__put_csv_number(t, value[v]);
            }
            reel__text_put(t, "\n", 1);
        }
}

/* ------------------------------------------------------------------ script */

/* An edge of a band, or the curve where that cannot be shown. */
static double edge_at(const reel_plot *p, const reel_series *s,
                      const double *edge, int64_t i)
{
    bool shown = edge && fabs(edge[i]) < LARGEST &&
                 !(p->log_y && edge[i] <= 0);

    return shown ? edge[i] : s->y[i];
}

/* A gap is an empty line. */
static void put_data(reel__text *t, const reel_plot *p, int64_t k)
{
    const reel_series *s = &p->series[k];

    reel__text_print(t, "$s%" PRId64 " << EOD\n", k);
    for (int64_t i = 0; i < s->count; i++) {
        if (reel__point_shown(p, s, i)) {
            reel__put_number(t, reel__series_x(s, i));
            reel__text_put(t, " ", 1);
            reel__put_number(t, s->y[i]);
            reel__text_put(t, " ", 1);
            reel__put_number(t, edge_at(p, s, s->low, i));
            reel__text_put(t, " ", 1);
            reel__put_number(t, edge_at(p, s, s->high, i));
        }
        reel__text_put(t, "\n", 1);
    }
    reel__put_line(t, "EOD");
}

static void put_axes(reel__text *t, const reel_plot *p)
{
    reel__put_line(t, "set border 3 linecolor rgb '#555555'\n"
                      "set tics nomirror textcolor rgb 'black'\n"
                      "set grid linetype 1 linecolor rgb '#e0e0e0'\n"
                      "set key outside right top Left reverse");
    reel__put_title(t, "title", p->title);
    reel__put_title(t, "xlabel", p->x_label);
    reel__put_title(t, "ylabel", p->y_label);
    if (p->log_x)
        reel__put_line(t, "set logscale x\nset format x '%g'\n"
                          "set autoscale xfix");
    if (p->log_y)
        reel__put_line(t, "set logscale y\nset format y '%g'");
}

static void put_curve(reel__text *t, const reel_series *s, int64_t k)
{
    const char *color = colors[k % COLORS];
    /* Colours come round: then lines are dashed. */
    const char *dash = k / COLORS % 2 ? " dashtype 2" : "";

    reel__text_print(t, "$s%" PRId64 " using 1:2 with ", k);
    if (s->points)
        reel__text_print(t, "points pointtype 7 pointsize %s",
                         s->count <= FEW ? "0.8" : "0.4");
    else if (s->count <= FEW)
        reel__text_print(t, "linespoints pointtype 7 pointsize 0.5 linewidth 2"
                            "%s", dash);
    else
        reel__text_print(t, "lines linewidth 2%s", dash);
    reel__text_print(t, " linecolor rgb '%s' ", color);
    if (s->name) {
        reel__text_put(t, "title ", 6);
        reel__put_label(t, s->name);
    } else {
        reel__text_put(t, "notitle", 7);
    }
}

static void put_script(reel__text *t, const void *what)
{
    const reel_plot *p = what;

    for (int64_t k = 0; k < p->count; k++)
        put_data(t, p, k);
    put_axes(t, p);
    reel__text_put(t, "plot ", 5);
    for (int64_t k = 0; k < p->count; k++)
        if (p->series[k].low)
            reel__text_print(t, "$s%" PRId64 " using 1:3:4 with filledcurves "
                                "fillstyle transparent solid 0.18 noborder "
                                "linecolor rgb '%s' notitle, ",
                             k, colors[k % COLORS]);
    for (int64_t k = 0; k < p->count; k++) {
        reel__text_put(t, ", ", k > 0 ? 2 : 0);
        put_curve(t, &p->series[k], k);
    }
    reel__text_put(t, "\n", 1);
}

/* ------------------------------------------------------------------ public */

reel_status reel_plot_write(const reel_plot *plot, const char *path,
                            bool *drawn, reel_error *error)
{
    reel_status status = reel__plot_check(plot, path, error);

    if (drawn)
        *drawn = false;
    return status != REEL_OK
               ? status
               : reel__picture_write(path, plot, put_csv, put_script, WIDTH,
                                     HEIGHT, drawn, error);
}

reel_status reel_band(const double *values, int64_t runs, int64_t count,
                      double *mean, double *low, double *high)
{
    if (runs < 1 || count < 0)
        return REEL_EVALUE;
    for (int64_t i = 0; i < count; i++) {
        double sum = 0, least = values[i], most = values[i];

        for (int64_t r = 0; r < runs; r++) {
            double v = values[r * count + i];

            sum += v;
            least = v < least ? v : least;
            most = v > most ? v : most;
        }
        mean[i] = sum / (double)runs;
        low[i] = least;
        high[i] = most;
    }
    return REEL_OK;
}
