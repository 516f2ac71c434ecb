/* samples.h: the op table's samples as graphs.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include "core/internal.h"

enum { MOST_IN = 4 };

/* How an operand lies in memory. */
typedef enum layout {
    DENSE = 0,
    TURNED,  /* the last two axes the other way round */
    FLIPPED, /* backwards along every axis */
    SPACED,  /* every second element of a larger array, NaN between */
    LAYOUTS
} layout;

/* One sample, made into nodes on a tape of its own. */
typedef struct graph {
    const reel__op *op;
    const reel__sample *sample;
    reel_tape *tape;
    reel_node *leaf[MOST_IN]; /* what holds the numbers */
    reel_node *in[MOST_IN];   /* the operands: dense leaves, or views of them */
    int nin;
    reel_node *y;
    double epsilon; /* of the narrowest float on the tape */
} graph;

/* real: f32 or f64, which a REEL__REAL operand is to be. The numbers do not
 * depend on the layout. */
void graph_make(graph *g, const reel__op *op, int sample, reel_dtype real,
                layout lie);
void graph_free(graph *g);

/* Runs f for each sample of the op, in f32 and f64 where it has REEL__REAL
 * operands. */
void for_samples(const reel__op *op, void f(const reel__op *op, int sample,
                                            reel_dtype real));

/* How many ops the table has. */
int op_count(void);

/* Who is being tested, for messages: "matmul, 2x3 by 3x4, f32". */
const char *graph_name(const graph *g);

/* A float parameter of the node's dtype and shape, random in [-1, 1). */
reel_node *random_like(reel_node *like, uint64_t stream);

/* The float leaves. */
reel_nodes float_leaves(const graph *g, reel_node **array);

/* y's numbers by the op's own long-double reference, and how far they move, to
 * first order, when the operands move by their own size: what rounding errors
 * are measured by. Arrays of y's elements; free them with free(). */
void graph_expect(graph *g, long double **value, long double **condition);

#endif /* TESTS_SAMPLES_H */
