/* examples/search_pictures.c: see search.h.
 *
 * SPDX-License-Identifier: MIT */
#include "search.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pictures.h"

void draw_rungs(const rung *rungs, int n, const char *path)
{
    reel_series series[MAX_RUNGS];
    char name[MAX_RUNGS][64];

    for (int i = 0; i < n; i++) {
        snprintf(name[i], sizeof name[i], "epoch %" PRId64,
                 rungs[i].epochs);
        series[i] = (reel_series){.name = name[i], .count = rungs[i].count,
                                  .x = rungs[i].rate, .y = rungs[i].error,
                                  .points = true};
    }
    show_plot(&(reel_plot){.title = "Successive halving",
                           .x_label = "learning rate",
                           .y_label = "validation error, %", .log_x = true,
                           .log_y = true, .count = n, .series = series},
              path);
}

/* One line each; those of the last candidates have names. A candidate whose
 * loss was no number in its first epoch has none. */
void draw_curves(candidate *const *all, int64_t count, const char *path)
{
    enum { NAMED = 3 };
    reel_series *series = allocate((size_t)count, sizeof *series);
    char name[NAMED][64];
    int64_t lines = 0;

    for (int64_t i = 0; i < count; i++) {
        const candidate *c = all[i];

        if (c->epochs == 0)
            continue;
        series[lines] = (reel_series){.count = c->epochs, .y = c->curve};
        if (i < NAMED) {
            snprintf(name[i], sizeof *name, "rate %.2g, %" PRId64 " units",
                     c->rate, c->units);
            series[lines].name = name[i];
        }
        lines++;
    }
    show_plot(&(reel_plot){.title = "Candidates until they are dropped",
                           .x_label = "epoch",
                           .y_label = "validation error, %", .log_y = true,
                           .count = lines, .series = series},
              path);
    free(series);
}

/* After the first rung, which all have climbed. */
void draw_map(const candidate grid[RATES * WIDTHS], int64_t epochs,
              const char *path)
{
    double value[RATES * WIDTHS];
    char text[RATES + WIDTHS][32];
    const char *name[RATES + WIDTHS];

    for (int64_t i = 0; i < RATES * WIDTHS; i++)
        value[i] = grid[i].epochs < epochs
                       ? NAN : grid[i].curve[epochs - 1];
    for (int i = 0; i < RATES; i++)
        snprintf(text[i], sizeof *text, "%.2g", grid[i * WIDTHS].rate);
    for (int i = 0; i < WIDTHS; i++)
        snprintf(text[RATES + i], sizeof *text, "%" PRId64,
                 grid[i].units);
    for (int i = 0; i < RATES + WIDTHS; i++)
        name[i] = text[i];
    show_heat_map(&(reel_heat_map){
                      .title = "Validation error, %, before the first halving",
                      .row_label = "learning rate", .column_label = "units",
                      .rows = RATES, .columns = WIDTHS, .value = value,
                      .row_names = name, .column_names = name + RATES,
                      .log = true},
                  path);
}
