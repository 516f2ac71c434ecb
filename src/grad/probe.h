/* grad/probe.h: what a function of a graph does along a line, in long double.
 *
 * A probe shares the values of a reference that has run, and has a copy of what
 * depends on the parameters. A change of one element touches few others: what
 * changes in each node is kept as a list, as long as that is short, and only
 * that is evaluated anew, compared and put back.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRAD_PROBE_H
#define REEL_GRAD_PROBE_H

#include "grad/reference.h"

/* A line through the values that the parameters have: the elements [from, to)
 * of all of them, one after the other, move together; each by 1, or up or down
 * at random, by a half to one. */
typedef struct reel__heading {
    uint64_t seed, stream;
} reel__heading;

typedef struct reel__line {
    int64_t from, to;
    const reel__heading *heading; /* NULL: each by 1 */
} reel__line;

/* How far the element moves. */
long double reel__component(const reel__heading *heading, int64_t element);

/* Which elements of a node differ from the reference's. */
typedef enum reel__changed { REEL__NOT, REEL__SOME, REEL__ALL } reel__changed;

typedef struct reel__change {
    reel__changed kind;
    size_t first, count; /* REEL__SOME: a piece of the probe's list */
} reel__change;

typedef struct reel__probe {
    const reel__reference *reference;
    const reel_allocator *allocator;
    size_t y;             /* its place */
    const long double *v; /* y's cotangent; NULL: ones */
    uint32_t *node;       /* places that depend on the parameters, in order */
    size_t nodes;
    size_t *x;            /* the parameters' places, order.count: none */
    int64_t *begin;       /* of each among all elements; params + 1 */
    size_t params;
    reel__ref *value;     /* by place */
    reel__change *change; /* by place */
    long double *block;   /* numbers of what changes */
    size_t elements;
    int64_t *list;
    size_t used;
    unsigned char *mark; /* of the largest node, zero between uses */
    size_t widest;
    long double *scratch; /* REEL__PIECE numbers for each operand and result */
    reel__ref *in;
    bool failed;      /* an index is out of range, or a custom op failed */
    bool finite;      /* y is: else nothing can be said */
    long double size; /* sum of |v y| */
} reel__probe;

#define REEL__LIST 16384 /* entries of all lists together */
#define REEL__PIECE 256

/* After the reference has run; v of y's elements, or NULL. false: no memory.
 * Close it in any case. */
bool reel__probe_open(reel__probe *probe, const reel__reference *reference,
                      const reel_node *y, reel_nodes xs, const long double *v);
void reel__probe_close(reel__probe *probe);

/* Elements of the parameter at a place in xs, and which one an element is. */
size_t reel__probe_owner(const reel__probe *probe, int64_t element);

/* <v, y(t) - y(0)> at t on the line, and in *size the sum of |v y| over what
 * has changed in y. NaN for an index out of range, when a custom op fails,
 * or when y(0) is not finite everywhere. */
long double reel__probe_at(reel__probe *probe, const reel__line *line,
                           long double t, long double *size);

/* sparse.c: the new values of a node of which only listed elements of operands
 * have changed. false: it must be evaluated as a whole. */
bool reel__update(reel__probe *probe, size_t place);

/* Appends to the change that was begun last; false: the list is full. */
bool reel__probe_list(reel__probe *probe, reel__change *change, int64_t at);

#endif /* REEL_GRAD_PROBE_H */
