/* reel/health.h: how well a network is placed to learn: dead ReLUs, saturated
 * sigmoids, gradients that vanish or explode on their way down, updates too
 * large or too small for what they change.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_HEALTH_H
#define REEL_HEALTH_H

#include <stdio.h>
#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A relu, sigmoid or tanh that the loss depends on. Its units are the places
 * along the last axis; all other axes count as examples. A value is flat where
 * the function passes on (nearly) nothing of a gradient: a relu's that is 0; a
 * sigmoid's or tanh's with a slope below 1 % of the steepest. A unit all of
 * whose values are flat for this batch is stuck: a dead ReLU, a saturated
 * sigmoid. */
typedef struct reel_health_layer {
    const reel_node *node;
    int depth;        /* most activations on a way from a leaf to here, this
                       * one included: 1 for the first layer */
    int64_t units, examples;
    int64_t stuck;    /* units */
    double flat;      /* share of the values, 0 to 1 */
    double gradient;  /* L2 norm of d loss / d node */
} reel_health_layer;

typedef struct reel_health_parameter {
    const reel_node *node;
    double norm;      /* L2 norm of its value */
    double gradient;  /* L2 norm of d loss / d node */
    double update;    /* L2 norm of the change over norm; NaN: no update was
                       * told of, infinite: norm is 0 */
} reel_health_parameter;

typedef enum reel_health_kind {
    REEL_HEALTH_NOT_FINITE = 0, /* a gradient is NaN or infinite */
    REEL_HEALTH_DEAD,           /* 20 % or more of a relu's units are stuck */
    REEL_HEALTH_SATURATED,      /* half or more of the values are flat */
    REEL_HEALTH_NO_GRADIENT,    /* a parameter's gradient is exactly 0 */
    REEL_HEALTH_VANISHING,      /* the first layer's gradient is less than a
                                 * thousandth of the last one's */
    REEL_HEALTH_EXPLODING,      /* more than a thousand times */
    REEL_HEALTH_LARGE_UPDATE,   /* more than 10 % of a matrix */
    REEL_HEALTH_SMALL_UPDATE    /* less than a millionth of one */
} reel_health_kind;

/* Something to look into, in words: what is, what it means, what helps. */
typedef struct reel_health_finding {
    reel_health_kind kind;
    const reel_node *node; /* of which it is said */
    char text[320];
} reel_health_finding;

typedef struct reel_health {
    double loss;
    size_t layers, parameters, findings;
    reel_health_layer *layer;         /* in the order of recording */
    reel_health_parameter *parameter; /* likewise */
    reel_health_finding *finding;
} reel_health;

/* Everything zero is the default. */
typedef struct reel_health_options {
    double lr;          /* the update is lr times the gradient; 0: none */
    reel_nodes updates; /* or: what an optimiser records, reel_assign nodes;
                         * those of other leaves are passed over */
} reel_health_options;

/* Runs loss (one element) and its gradient once, with the data that is bound
 * and set now, and looks at every relu, sigmoid and tanh and every parameter
 * that loss depends on by a differentiable way. Nothing is assigned, the tape
 * is rewound, values of other programs stay. A whole batch of real data tells
 * most: with fewer than 8 examples stuck units are counted but not found
 * fault with, for chance alone may do it. Where a node or a parameter has a
 * name it is called by it (reel_set_name).
 *
 * Free *health with reel_health_free; after an error it is empty. Errors are on
 * the tape: REEL_EVALUE for NULL, or an update that is no reel_assign; what
 * recording the gradient or running it gives. Time and memory: of one
 * gradient, and of looking at each value once. */
REEL_API reel_status reel_health_check(reel_node *loss,
                                       const reel_health_options *options,
                                       reel_health *health);
REEL_API void reel_health_free(reel_health *health);

/* Two tables and the findings, a line each; "nothing to find fault with" when
 * there are none. While the tape lives: names come from there. REEL_EVALUE for
 * NULL, REEL_EIO when the stream refuses. */
REEL_API reel_status reel_health_print(const reel_health *health,
                                       FILE *stream);

#ifdef __cplusplus
}
#endif
#endif /* REEL_HEALTH_H */
