/* plot/picture.h: a picture's way to its file: text that a drawing program
 * reads, and what stands beside the picture for other programs.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_PLOT_PICTURE_H
#define REEL_PLOT_PICTURE_H

#include "io/text.h"

/* What a path's ending asks for. */
typedef enum reel__format { REEL__BESIDE, REEL__SVG, REEL__PNG } reel__format;

/* beside: the other ending, ".csv"; anything else than .svg, .png and that is
 * REEL_EVALUE. */
reel_status reel__picture_format(const char *path, const char *beside,
                                 reel__format *format, reel_error *error);

/* Writes the text to path with its ending changed to beside. */
reel_status reel__picture_beside(const char *path, const char *beside,
                                 const reel__text *text, reel_error *error);

/* Gives the script to the program arguments[0] as its standard input, and what
 * that writes to path. *drawn: false where there is no such program. */
reel_status reel__picture_draw(const char *path, const char *const *arguments,
                               const reel__text *script, bool *drawn,
                               reel_error *error);

/* ------------------------------------------------ by gnuplot, beside a .csv */

/* Both, of what a picture shows; drawn may be NULL. */
typedef void reel__picture_text(reel__text *text, const void *what);
reel_status reel__picture_write(const char *path, const void *what,
                                reel__picture_text *csv,
                                reel__picture_text *script, int width,
                                int height, bool *drawn, reel_error *error);

/* As few digits as give the number back, but 15 at least; "" (csv) or NaN
 * where it is not finite. */
void reel__put_number(reel__text *text, double value);
void reel__put_csv_number(reel__text *text, double value);

/* Quoted where RFC 4180 asks for it. NULL: "". */
void reel__put_csv_text(reel__text *text, const char *value);

/* In single quotes, in which gnuplot takes all as it stands but the quote;
 * control characters become blanks. NULL: ''. */
void reel__put_label(reel__text *text, const char *value);

/* A line of a script, whole; and one that sets a title of this kind, unless
 * label is NULL. */
void reel__put_line(reel__text *text, const char *line);
void reel__put_title(reel__text *text, const char *kind, const char *label);

/* ------------------------------------------------------------------- sizes */

enum {
    REEL__MOST_CELLS = 2000, /* of a heat map or an image, each way; images */
    REEL__MOST_SIDE = 16000, /* pixels of a picture, each way */
};

/* How many letters of UTF-8 the text has, and how many bytes its first ones
 * have. */
int reel__letters(const char *text);
size_t reel__letters_bytes(const char *text, int letters);

#endif /* REEL_PLOT_PICTURE_H */
