/* grad/path.h: what lies between a result and the nodes it is differentiated
 * by, and the checks that both sweeps make.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRAD_PATH_H
#define REEL_GRAD_PATH_H

#include "core/internal.h"

/* Marks of a node in the order. A node is on a path when it has the first two,
 * by ops that have derivatives all the way. */
enum {
    REEL__LEADS = 1,   /* to y */
    REEL__DEPENDS = 2, /* on one of xs, or is one */
    REEL__ON_PATH = 3,
    REEL__KNOWN = 4 /* its adjoint was found on the tape */
};

typedef struct reel__path {
    reel_tape *tape;
    const char *what; /* "gradient", "vjp", "jvp": for messages */
    reel__order order;
    unsigned char *mark; /* order.count */
    reel_node **value;   /* order.count adjoints or tangents, NULL at first */
    size_t arity;        /* largest of a node on a path */
    reel_node **dx;      /* arity of them, for the rules */
    bool *need;          /* likewise */
} reel__path;

/* Checks y and xs: given, on one tape that has no error, floats. Sets the error
 * on whichever tape there is; the status of that tape when NULL hides one. */
reel_status reel__check_nodes(const char *what, reel_node *y, reel_nodes xs);

/* dtype and shape of v are those of x. */
bool reel__check_like(const char *what, const char *v_is, const reel_node *v,
                      const reel_node *x);

/* Sorts what y depends on (not through stop_gradient) and marks the paths to
 * xs, checked already. Fails when y depends on some x, but only by way of ops
 * that have no derivative. Close it in any case. */
bool reel__path_open(reel__path *path, const char *what, reel_node *y,
                     reel_nodes xs);
void reel__path_close(reel__path *path);

/* After a rule: one of the user's may have sorted, which takes the places away
 * that nodes have in the order. */
void reel__path_restore(reel__path *path);

static inline bool reel__on_path(const reel__path *path, const reel_node *n)
{
    return reel__is_in(&path->order, n) &&
           (path->mark[n->slot] & REEL__ON_PATH) == REEL__ON_PATH;
}

/* A derivative ends at such a node, unless it is itself asked for. */
bool reel__has_rule(const reel_node *node);

/* A rule's result must be of the node's dtype and shape: broadcasting would
 * hide the mistake. */
bool reel__fits(const reel_node *node, const char *rule, const reel_node *dx,
                const reel_node *like);

reel_node *reel__zeros_like(const reel_node *x);

#endif /* REEL_GRAD_PATH_H */
