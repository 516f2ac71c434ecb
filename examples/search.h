/* examples/search.h: what is tried in a search for a learning rate and a number
 * of hidden units, and pictures of how it went.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_SEARCH_H
#define EXAMPLES_SEARCH_H

#include <reel.h>

#include "mlp.h"

enum { RATES = 7, WIDTHS = 4, MAX_RUNGS = 12 };

typedef struct candidate {
    double rate;
    int64_t units;
    mlp net;
    reel_tape *tape; /* NULL: dropped */
    reel_optimizer *optimizer;
    int64_t epochs;
    double *curve; /* validation error after each of them, in % */
    /* Now: parts of the images that are told wrongly, and the mean loss. */
    double training, validation, loss;
    reel_status status;
} candidate;

/* So many candidates learned until they had had so many epochs. */
typedef struct rung {
    int64_t count, epochs;
    double *rate, *error;
} rung;

/* Pictures go to the file at path, if it is not NULL. */

/* Validation error against learning rate, by rung. */
void draw_rungs(const rung *rungs, int n, const char *path);

/* Validation error by epoch: a line for each candidate, the best one first. */
void draw_curves(candidate *const *all, int64_t count, const char *path);

/* Validation error after so many epochs; a row has one rate, a column one
 * number of units. */
void draw_map(const candidate grid[RATES * WIDTHS], int64_t epochs,
              const char *path);

#endif /* EXAMPLES_SEARCH_H */
