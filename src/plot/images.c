/* plot/images.c: small images side by side, painted into one, whose dots are
 * squares of several pixels each, so that no viewer smooths them.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <reel/plot.h>

#include "io/report.h"
#include "plot/picture.h"

/* Pixels: the size that images are brought to and what a row may take, both
 * about; between images; of a letter and a line of a caption. */
enum { SIZE = 84, WIDEST = 1000, GAP = 8, LETTER = 8, LINE = 20 };

/* Red and blue of the palette in curves.c, and black; the frames' grey. */
static const unsigned char red[3] = {0xD5, 0x5E, 0x00},
                           blue[3] = {0x00, 0x72, 0xB2}, black[3] = {0, 0, 0},
                           grey[3] = {0xD0, 0xD0, 0xD0};

/* A picture on its way: where its images stand, and what they are painted to,
 * three bytes a pixel. */
typedef struct mosaic {
    const reel_images *images;
    int64_t columns, rows;
    int64_t dot;                 /* pixels of a number, each way */
    int64_t wide, high;          /* of an image with its gap and caption */
    int64_t width, height, top;  /* of the whole; of the title */
    unsigned char *pixel;        /* [height, width, 3] */
    double low, high_value;      /* the lowest and the highest of all numbers */
} mosaic;

/* ------------------------------------------------------------------ layout */

static int64_t about_square(int64_t count)
{
    return (int64_t)ceil(sqrt((double)count));
}

static int64_t caption_width(const reel_images *s)
{
    int most = 0;

    for (int64_t i = 0; s->captions && i < s->count; i++) {
        int letters = s->captions[i] ? reel__letters(s->captions[i]) : 0;

        most = letters > most ? letters : most;
    }
    return LETTER * (most < 30 ? most : 30);
}

static mosaic lay_out(const reel_images *s)
{
    int64_t longer = s->height > s->width ? s->height : s->width;
    int64_t text = caption_width(s);
    mosaic m = {.images = s,
                .columns = s->columns > 0 ? s->columns
                                          : about_square(s->count),
                .dot = longer < SIZE ? SIZE / longer : 1,
                .top = s->title ? 2 * LINE : GAP};

    if (m.columns > s->count)
        m.columns = s->count;
    while (m.dot > 1 && m.columns * (m.dot * s->width + GAP) > WIDEST)
        m.dot--;
    m.rows = (s->count + m.columns - 1) / m.columns;
    m.wide = m.dot * s->width > text ? m.dot * s->width : text;
    m.wide += GAP;
    m.high = m.dot * s->height + GAP + (s->captions ? LINE : 0);
    m.width = m.columns * m.wide + GAP;
    m.height = m.top + m.rows * m.high;
    return m;
}

/* Where image i begins, without its frame. */
static int64_t left_of(const mosaic *m, int64_t i)
{
    int64_t room = m->wide - m->dot * m->images->width;

    return GAP / 2 + i % m->columns * m->wide + room / 2;
}

static int64_t top_of(const mosaic *m, int64_t i)
{
    return m->top + i / m->columns * m->high;
}

/* ---------------------------------------------------------------- painting */

static void fill(mosaic *m, int64_t x, int64_t y, int64_t width,
                 int64_t height, const unsigned char color[3])
{
    for (int64_t row = y; row < y + height; row++)
        for (int64_t column = x; column < x + width; column++)
            memcpy(m->pixel + 3 * (row * m->width + column), color, 3);
}

/* From white, for part 0, to color, for 1. */
static void mix(double part, const unsigned char color[3],
                unsigned char mixed[3])
{
    for (int c = 0; c < 3; c++)
        mixed[c] = (unsigned char)(255.5 - part * (255 - color[c]));
}

static double largest(const double *value, int64_t count)
{
    double most = 0;

    for (int64_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            most = fmax(most, fabs(value[i]));
    return most;
}

/* The range is that of the image or of all images. */
static void find_range(mosaic *m)
{
    const reel_images *s = m->images;

    m->low = INFINITY;
    m->high_value = -INFINITY;
    for (int64_t i = 0; i < s->count * s->height * s->width; i++)
        if (isfinite(s->value[i])) {
            m->low = fmin(m->low, s->value[i]);
            m->high_value = fmax(m->high_value, s->value[i]);
        }
}

/* most: of the image's absolute values. What is not finite stays white. */
static void color_of(const mosaic *m, double value, double most,
                     unsigned char color[3])
{
    double part = 0;

    if (m->images->with_sign && most > 0)
        part = fabs(value) / most;
    else if (!m->images->with_sign && m->high_value > m->low)
        part = (value - m->low) / (m->high_value - m->low);
    mix(isfinite(value) ? part : 0,
        !m->images->with_sign ? black : value > 0 ? red : blue, color);
}

static void paint_image(mosaic *m, int64_t i)
{
    int64_t height = m->images->height, width = m->images->width, k = m->dot;
    const double *value = m->images->value + i * height * width;
    double most = largest(value, height * width);
    int64_t left = left_of(m, i), top = top_of(m, i);

    fill(m, left - 1, top - 1, k * width + 2, k * height + 2, grey);
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++) {
            unsigned char color[3];

            color_of(m, value[y * width + x], most, color);
            fill(m, left + k * x, top + k * y, k, k, color);
        }
}

/* ------------------------------------------------------------------ script */

static void put_captions(reel__text *t, const mosaic *m)
{
    const reel_images *s = m->images;

    for (int64_t i = 0; s->captions && i < s->count; i++) {
        if (!s->captions[i])
            continue;
        reel__text_print(t, "set label ");
        reel__put_label(t, s->captions[i]);
        reel__text_print(t, " at %" PRId64 ", %" PRId64 " center front\n",
                         left_of(m, i) + m->dot * s->width / 2,
                         top_of(m, i) + m->dot * s->height + LINE / 2);
    }
    if (s->title) {
        reel__text_print(t, "set label ");
        reel__put_label(t, s->title);
        reel__text_print(t, " at %" PRId64 ", %d center front\n",
                         m->width / 2, LINE);
    }
}

/* A unit of both axes is a pixel; y grows downwards. */
static void put_script(reel__text *t, const void *what)
{
    const mosaic *m = what;

    reel__put_line(t, "unset border\nunset tics\nunset key\n"
                      "set lmargin at screen 0\nset rmargin at screen 1\n"
                      "set bmargin at screen 0\nset tmargin at screen 1");
    reel__text_print(t, "set xrange [0:%" PRId64 "]\nset yrange [%" PRId64
                        ":0]\n", m->width, m->height);
    put_captions(t, m);
    reel__text_print(t, "plot '-' binary array=(%" PRId64 ",%" PRId64 ") ",
                     m->width, m->height);
    reel__put_line(t, "dx=1 dy=1 origin=(0.5,0.5) format='%uchar' "
                      "using 1:2:3 with rgbimage");
    reel__text_put(t, (const char *)m->pixel,
                   3 * (size_t)m->width * (size_t)m->height);
    reel__put_line(t, "");
}

/* --------------------------------------------------------------------- CSV */

/* A line is an image. */
static void put_csv(reel__text *t, const void *what)
{
    const reel_images *s = ((const mosaic *)what)->images;
    int64_t pixels = s->height * s->width;

    reel__text_print(t, "image,caption");
    for (int64_t k = 0; k < pixels; k++)
        reel__text_print(t, ",%" PRId64, k);
    for (int64_t i = 0; i < s->count; i++) {
        reel__text_print(t, "\n%" PRId64 ",", i);
        reel__put_csv_text(t, s->captions ? s->captions[i] : NULL);
        for (int64_t k = 0; k < pixels; k++) {
            reel__text_put(t, ",", 1);
            reel__put_csv_number(t, s->value[i * pixels + k]);
        }
    }
    reel__put_line(t, "");
}

/* ------------------------------------------------------------------ public */

static bool too_large(int64_t size)
{
    return size < 1 || size > REEL__MOST_CELLS;
}

static reel_status check(const reel_images *s, const char *path,
                         reel_error *error)
{
    if (too_large(s->count) || too_large(s->height) || too_large(s->width))
        return reel__report(error, REEL_EVALUE, path,
                            "%" PRId64 " images of %" PRId64 " x %" PRId64
                            ": a picture has 1 to %d images, as high and wide",
                            s->count, s->height, s->width, REEL__MOST_CELLS);
    if (!s->value)
        return reel__report(error, REEL_EVALUE, path, "images without values");
    if (s->columns < 0)
        return reel__report(error, REEL_EVALUE, path,
                            "%" PRId64 " images in a row", s->columns);
    return REEL_OK;
}

reel_status reel_images_write(const reel_images *images, const char *path,
                              bool *drawn, reel_error *error)
{
    reel_status status = check(images, path, error);

    if (drawn)
        *drawn = false;
    if (status != REEL_OK)
        return status;

    mosaic m = lay_out(images);
    size_t bytes = 3 * (size_t)m.width * (size_t)m.height;

    if (m.width > REEL__MOST_SIDE || m.height > REEL__MOST_SIDE)
        return reel__report(error, REEL_EVALUE, path,
                            "%" PRId64 " x %" PRId64 " pixels are too many for "
                            "a picture: %d each way at most",
                            m.width, m.height, REEL__MOST_SIDE);
    m.pixel = malloc(bytes);
    if (!m.pixel)
        return reel__report_memory(error, path, bytes);
    memset(m.pixel, 255, bytes);
    find_range(&m);
    for (int64_t i = 0; i < images->count; i++)
        paint_image(&m, i);
    status = reel__picture_write(path, &m, put_csv, put_script, (int)m.width,
                                 (int)m.height, drawn, error);
    free(m.pixel);
    return status;
}
