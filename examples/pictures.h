/* examples/pictures.h: what an experiment does with a picture.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_PICTURES_H
#define EXAMPLES_PICTURES_H

#include <reel.h>

/* What --help says of --plot FILE. */
#define PLOT_HELP                                                         \
    "draw it there, as .svg or .png (with gnuplot), and write its numbers " \
    "beside it, as .csv"

/* Prints curves as text, and writes them to path unless that is NULL. The
 * others are only written. All say what they wrote, and die with a message. */
void show_plot(const reel_plot *plot, const char *path);
void show_heat_map(const reel_heat_map *map, const char *path);
void show_confusion(const reel_confusion *confusion, const char *path);
void show_images(const reel_images *images, const char *path);

#endif /* EXAMPLES_PICTURES_H */
