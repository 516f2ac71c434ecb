/* examples/pictures.c: see pictures.h.
 *
 * SPDX-License-Identifier: MIT */
#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static void report(reel_status status, const char *path, bool drawn,
                   const reel_error *error)
{
    const char *end = strrchr(path, '.');

    if (status != REEL_OK)
        die(EXIT_FAILURE, "%s", error->message);
    if (drawn)
        printf("picture: %s, its numbers: %.*s.csv\n", path,
               (int)(end - path), path);
    else if (strcmp(end, ".csv") == 0)
        printf("numbers: %s\n", path);
    else
        printf("numbers: %.*s.csv; no picture, for lack of gnuplot\n",
               (int)(end - path), path);
}

void show_plot(const reel_plot *plot, const char *path)
{
    putchar('\n');
    if (reel_plot_print(plot, 0, 0, stdout) != REEL_OK)
        die(EXIT_FAILURE, "the plot cannot be printed");
    putchar('\n');
    if (path) {
        reel_error error;
        bool drawn;
        reel_status status = reel_plot_write(plot, path, &drawn, &error);

        report(status, path, drawn, &error);
    }
}

void show_heat_map(const reel_heat_map *map, const char *path)
{
    if (path) {
        reel_error error;
        bool drawn;
        reel_status status = reel_heat_map_write(map, path, &drawn, &error);

        report(status, path, drawn, &error);
    }
}

void show_confusion(const reel_confusion *confusion, const char *path)
{
    if (path) {
        reel_error error;
        bool drawn;
        reel_status status =
            reel_confusion_write(confusion, NULL, path, &drawn, &error);

        report(status, path, drawn, &error);
    }
}

void show_images(const reel_images *images, const char *path)
{
    if (path) {
        reel_error error;
        bool drawn;
        reel_status status = reel_images_write(images, path, &drawn, &error);

        report(status, path, drawn, &error);
    }
}
