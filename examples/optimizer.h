/* examples/optimizer.h: updates of parameters as part of the graph.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_OPTIMIZER_H
#define EXAMPLES_OPTIMIZER_H

#include "mlp.h"

#define MAX_PARAMETERS (2 * MAX_LAYERS)
#define MAX_UPDATES (3 * MAX_PARAMETERS + 1)

/* sgd       p <- p - lr g
 * momentum  m <- 0.9 m + g, p <- p - lr m
 * adam      D. Kingma, J. Ba, "Adam: a method for stochastic optimization",
 *           ICLR 2015, algorithm 1, with its beta1 = 0.9, beta2 = 0.999,
 *           epsilon = 1e-8 */
extern const char *const optimizer_names[];

typedef struct optimizer {
    const char *name;
    double lr;
    reel_nodes parameters;
    reel_node *m[MAX_PARAMETERS], *v[MAX_PARAMETERS]; /* moments; states */
    reel_node *steps;                                 /* so far; state */
} optimizer;

/* Borrows parameters.node. */
optimizer optimizer_new(reel_tape *t, const char *name, double lr,
                        reel_nodes parameters);

/* Records one step down the loss; returns how many nodes it put in update, to
 * be listed among a program's outputs. */
size_t optimizer_step(const optimizer *o, reel_node *loss,
                      reel_node *update[MAX_UPDATES]);

#endif /* EXAMPLES_OPTIMIZER_H */
