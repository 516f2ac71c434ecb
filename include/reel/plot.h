/* reel/plot.h: pictures of numbers: curves with bands, heat maps, images.
 *
 * Every picture is a struct that borrows its numbers, written to a file as
 * SVG or PNG by gnuplot (found on PATH at run time, started without a shell)
 * and, always, its numbers as CSV beside it; or printed as text. The path's
 * ending says what is wanted: "loss.svg" and "loss.png" write loss.csv as well,
 * "loss.csv" writes only that; another ending is REEL_EVALUE.
 *
 * Files appear whole or not at all. *drawn (NULL: not asked for) tells whether
 * the SVG or PNG was written: where there is no gnuplot it is false, which is
 * no error. REEL_EVALUE (a picture without numbers, a series with one edge of a
 * band only, ...), REEL_EIO (files; gnuplot failed), REEL_ENOMEM; *error says
 * which. Text is UTF-8 and shown as it is; gnuplot must be 5.2 or later.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_PLOT_H
#define REEL_PLOT_H

#include <stdio.h>

#include <reel/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ curves */

/* One curve, or one cloud of points. */
typedef struct reel_series {
    const char *name; /* for the key; NULL: not in it */
    int64_t count;
    const double *x;          /* NULL: 1, 2, ..., count */
    const double *y;          /* NaN and what is beyond 1e300 leave a gap */
    const double *low, *high; /* a band, drawn pale; both or neither */
    bool points;              /* dots, not a line */
} reel_series;

typedef struct reel_plot {
    const char *title, *x_label, *y_label; /* NULL: none */
    bool log_x, log_y; /* where a value is <= 0, a gap */
    int64_t count;
    const reel_series *series;
} reel_plot;

REEL_API reel_status reel_plot_write(const reel_plot *plot, const char *path,
                                     bool *drawn, reel_error *error);

/* As text: columns wide and rows high with axes and key, from 40 x 10 to
 * 1000 x 1000; 0: 72 x 20. A letter per series, the first on top; no bands.
 * Names that have no room are left out of the key. REEL_EVALUE (also: no
 * stream), REEL_ENOMEM, REEL_EIO. */
REEL_API reel_status reel_plot_print(const reel_plot *plot, int columns,
                                     int rows, FILE *stream);

/* The mean over runs of values [runs, count], and the lowest and highest, for a
 * series with a band. Values that are not finite make the mean so. REEL_EVALUE:
 * no runs, or count < 0. */
REEL_API reel_status reel_band(const double *values, int64_t runs,
                               int64_t count, double *mean, double *low,
                               double *high);

/* --------------------------------------------------------------- heat maps */

/* Numbers as colours, and printed in their cells where there is room: a
 * confusion matrix, a grid of settings. At most 2000 x 2000. */
typedef struct reel_heat_map {
    const char *title, *row_label, *column_label;
    int64_t rows, columns;
    const double *value; /* [rows, columns]; NaN: an empty cell */
    const char *const *row_names, *const *column_names; /* NULL: 0, 1, ... */
    bool log; /* colours by logarithm, of values > 0 */
} reel_heat_map;

REEL_API reel_status reel_heat_map_write(const reel_heat_map *map,
                                         const char *path, bool *drawn,
                                         reel_error *error);

/* ------------------------------------------------------------------ images */

/* Small images side by side: digits, weights of a first layer. At most 2000 of
 * 2000 x 2000, on 16000 x 16000 pixels. NaN is white. */
typedef struct reel_images {
    const char *title;
    int64_t count, height, width;
    const double *value; /* [count, height, width] */
    /* Colours: from white (the lowest of all) to black; or, for numbers with a
     * sign, white at 0, red above, blue below, each image to its own largest
     * absolute value. */
    bool with_sign;
    const char *const *captions; /* below each; NULL: none */
    int64_t columns;             /* images in a row; 0: about square */
} reel_images;

REEL_API reel_status reel_images_write(const reel_images *images,
                                       const char *path, bool *drawn,
                                       reel_error *error);

#ifdef __cplusplus
}
#endif
#endif /* REEL_PLOT_H */
