/* reel/optim.h: optimisers by name, as part of the graph, and schedules for
 * their learning rate.
 *
 * An optimiser's step is nodes that assign to parameters and to states
 * (momenta, counters); listed among a program's outputs they make it a training
 * step:
 *
 *     reel_optimizer *o = reel_optimizer_new(
 *         reel_parameters(REEL_NODES(loss)), "adam", 0.001, NULL);
 *     reel_program *p = reel_compile(t, reel_minimize(o, loss,
 *                                                     REEL_NODES(loss)));
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_OPTIM_H
#define REEL_OPTIM_H

#include <reel/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------- optimisers */

/* An optimiser of some parameters: its states, which keep their values from
 * run to run and are shared by all its steps. It lives on its tape like a node:
 * nothing to free. */
typedef struct reel_optimizer reel_optimizer;

/* Everything zero is the default; so is what an optimiser has no use for. */
typedef struct reel_optimizer_options {
    double momentum;     /* momentum, nesterov: 0.9; rmsprop: none */
    double beta1, beta2; /* adam, adamw: 0.9 and 0.999; rmsprop: beta2 0.99 */
    double epsilon;      /* adam, adamw, rmsprop: 1e-8; adagrad: 1e-10 */
    double weight_decay; /* none */
    double clip_value;   /* every element of a gradient into +-this */
    double clip_norm;    /* then all gradients, as one vector, to this length */
} reel_optimizer_options;

/* By name, with g the gradient (clipped), p a parameter, lr the learning rate:
 *
 *   sgd       p <- p - lr g
 *   momentum  m <- mu m + g, p <- p - lr m
 *             (B. Polyak, 1964, as I. Sutskever et al., ICML 2013, but for lr,
 *             which is outside m)
 *   nesterov  m <- mu m + g, p <- p - lr (g + mu m)
 *   adagrad   v <- v + g^2, p <- p - lr g / (sqrt(v) + epsilon)
 *             (J. Duchi et al., JMLR 12, 2011)
 *   rmsprop   v <- beta2 v + (1 - beta2) g^2, d = g / (sqrt(v) + epsilon),
 *             p <- p - lr d; with momentum m <- mu m + d, p <- p - lr m
 *             (T. Tieleman, G. Hinton, 2012)
 *   adam      D. Kingma, J. Ba, "Adam: a method for stochastic optimization",
 *             ICLR 2015, algorithm 1
 *   adamw     I. Loshchilov, F. Hutter, "Decoupled weight decay
 *             regularization", ICLR 2019, algorithm 2
 *
 * Weight decay w adds w p to g; in adamw it is p <- p - lr w p instead, apart
 * from the moments. Moments m and v and adam's count of steps begin as zeros.
 *
 * lr is where the learning rate begins: it is a state. parameters: f32 or f64,
 * copied. NULL after an error: REEL_EVALUE for an unknown name (the message
 * lists those there are) or options out of range: momentum and betas are >= 0
 * and < 1, the others >= 0, lr is finite; an empty list gives NULL, too. */
REEL_API reel_optimizer *reel_optimizer_new(
    reel_nodes parameters, const char *name, double lr,
    const reel_optimizer_options *options);

/* Records one step down a loss of one element. Returns what a program of it
 * computes: the nodes of `also`, then the updates; for reel_compile. Call it
 * for each graph that has the parameters (another batch size): steps of all of
 * them go on from the same states. One optimiser's steps make one program each:
 * a leaf can be assigned only once in a run. The list lives on the tape; empty
 * after an error. */
REEL_API reel_nodes reel_minimize(reel_optimizer *optimizer, reel_node *loss,
                                  reel_nodes also);

/* The learning rate of runs from now on, and the state that holds it: of the
 * first parameter's dtype. */
REEL_API reel_status reel_set_learning_rate(reel_optimizer *optimizer,
                                            double lr);
REEL_API reel_node *reel_learning_rate(const reel_optimizer *optimizer);

/* All its states, for files: the learning rate, named "lr", adam's "steps" and
 * each parameter's moments, "<parameter>.m" and "<parameter>.v". */
REEL_API reel_nodes reel_optimizer_states(const reel_optimizer *optimizer);

/* For the macros below. */
REEL_API reel_optimizer *
reel_location_leave_optimizer(reel_optimizer *optimizer);

#ifndef REEL_NO_LOCATIONS
#define reel_optimizer_new(...)               \
    (reel_location_enter(__FILE__, __LINE__), \
     reel_location_leave_optimizer(reel_optimizer_new(__VA_ARGS__)))
#define reel_minimize(...) REEL__NODES_AT(reel_minimize(__VA_ARGS__))
#endif

/* ---------------------------------------------------------- small problems */

/* Everything zero is the default. */
typedef struct reel_lbfgs_options {
    int64_t iterations; /* at most; 1000 */
    int memory;         /* steps that curvature is learned from; 10 */
    double tolerance;   /* of the gradient's largest element; 1e-6 */
} reel_lbfgs_options;

typedef struct reel_lbfgs_report {
    int64_t iterations, evaluations; /* of the loss and its gradient */
    double loss, gradient; /* where it ended; the gradient's largest element */
    bool converged;        /* that is within the tolerance */
} reel_lbfgs_report;

/* Moves the parameters to a minimum of the loss near where they are: for
 * problems that are small enough to use all data in each step, which it then
 * solves in far fewer steps than the optimisers above, and to more digits.
 * L-BFGS with a line search for the strong Wolfe conditions (J. Nocedal, S.
 * Wright, "Numerical Optimization", 2nd edition, algorithms 7.4, 7.5, 3.5,
 * 3.6).
 *
 * Compiles a program of its own, and leaves the tape as it was. Inputs stay as
 * they are bound. REEL_OK also when it has not converged: after so many
 * iterations, or where rounding lets no step lower the loss; *report (NULL: not
 * asked for) says so. Errors are on the tape: REEL_EVALUE for what is no
 * parameter, negative options or a loss that is not finite at the start, and
 * those of recording and running. Work of its own: O(memory x elements) an
 * iteration. */
REEL_API reel_status reel_lbfgs(reel_node *loss, reel_nodes parameters,
                                const reel_lbfgs_options *options,
                                reel_lbfgs_report *report);

/* --------------------------------------------------------------- schedules */

/* What to multiply a learning rate by in a step (or an epoch), counted from 0:
 * plain numbers, so that they combine:
 *
 *     reel_set_learning_rate(o, lr * reel_warm_up(i, 500) *
 *                                   reel_cosine(i, steps, 0));
 *
 * A constant rate needs none of them. Beyond the last of `steps` steps the
 * value is that of the end; steps < 1 counts as 1. */

/* factor to the power of step / every, rounded down: 1, then factor after
 * `every` steps, and so on; every < 1 counts as 1. */
REEL_API double reel_step_decay(int64_t step, int64_t every, double factor);

/* From 1 to low by half a cosine: low + (1 - low) (1 + cos(pi step / steps)) /
 * 2 (I. Loshchilov, F. Hutter, "SGDR", ICLR 2017, without restarts). */
REEL_API double reel_cosine(int64_t step, int64_t steps, double low);

/* (step + 1) / steps, then 1. */
REEL_API double reel_warm_up(int64_t step, int64_t steps);

/* L. Smith, N. Topin, "Super-convergence", 2018, with cosines: from 1/25 up to
 * 1 in the first 30 % of steps, then down to 1/250000 in the last of them. */
REEL_API double reel_one_cycle(int64_t step, int64_t steps);

/* Lowers the rate when a loss no longer falls. Start with factor and patience
 * set and all else zero. */
typedef struct reel_plateau {
    double factor;    /* > 0, < 1: what the rate is multiplied by, ... */
    int64_t patience; /* ... after more than so many epochs without progress */
    double threshold; /* progress is a loss below best (1 - threshold) */
    double best, rate; /* so far; set by the first call */
    int64_t waited, epochs;
} reel_plateau;

/* Takes in the loss of one more epoch; what to multiply the rate by from now
 * on. A loss that is no number is no progress. */
REEL_API double reel_plateau_next(reel_plateau *plateau, double loss);

#ifdef __cplusplus
}
#endif
#endif /* REEL_OPTIM_H */
