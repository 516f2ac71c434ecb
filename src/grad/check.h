/* grad/check.h: the parts of the gradient check.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRAD_CHECK_H
#define REEL_GRAD_CHECK_H

#include <reel/gradcheck.h>
#include "grad/slope.h"

/* ---------------------------------------------------- what programs compute */

/* A program that leaves storage, tape and published values as they were. */
typedef struct reel__runner {
    reel_tape *tape;
    reel_nodes outputs;
    reel_program *program;
    reel_workspace *workspace;
    reel__order order;     /* of what the outputs depend on */
    unsigned char *stored; /* what the program's assignments overwrite */
    size_t bytes;
} reel__runner;

/* false after an error on the tape; close it in any case. */
bool reel__runner_open(reel__runner *runner, reel_tape *tape,
                       reel_nodes outputs);
bool reel__runner_run(reel__runner *runner);
void reel__runner_close(reel__runner *runner);

/* The outputs' numbers, of one after the other, and a hash of their bits. */
void reel__runner_copy(const reel__runner *runner, long double *out);
uint64_t reel__runner_hash(const reel__runner *runner);
uint64_t reel__hash(uint64_t hash, const void *data, size_t bytes);
#define REEL__HASH_BEGIN UINT64_C(0xCBF29CE484222325)

/* ----------------------------------------------------------------- subjects */

/* One function y of xs under the check, with its derivatives recorded and
 * evaluated in long double. */
typedef struct reel__subject {
    reel_tape *tape;
    reel_node *y;
    reel_nodes xs;
    size_t elements;       /* of all xs, one after the other */
    reel_node *cotangent;  /* a leaf; NULL: y has one element, and v is 1 */
    long double *v;        /* its numbers */
    reel_node **dx, **u;   /* J^T v, and leaves for tangents, one each of xs */
    reel_node *dy;         /* J u; NULL: forward mode is not asked */
    reel__reference *function; /* of y; has run */
    reel__reference *rules;    /* of dx and dy; has run */
    long double *rule;     /* the dx, in long double */
    long double *computed; /* the dx as a program computes them; NULL: not */
    char forward[256];     /* why not forward, or "" */
} reel__subject;

typedef struct reel__setup {
    uint64_t seed;
    bool forward; /* with J u */
    bool run;     /* with what a program computes */
    bool vjp;     /* by a cotangent even if y has one element */
    /* Values that leaves have in the references, in place of their own. */
    reel_nodes leaves;
    const reel__ref *value;
} reel__setup;

/* Records on the tape, whose rewinding is the caller's. false after an error on
 * the tape; close it in any case. */
bool reel__subject_open(reel__subject *s, reel_node *y, reel_nodes xs,
                        const reel__setup *setup);
void reel__subject_close(reel__subject *s);

/* Forward mode along the line, in long double: <v, J u>. false after an error
 * on the tape. */
bool reel__forward(reel__subject *s, const reel__line *line,
                   long double *product);
/* Reverse mode: <J^T v, u>, of what is given as J^T v. */
long double reel__reverse(const long double *slope, const reel__line *line);

/* A number in +-[0.5, 1) that every float dtype holds exactly. */
double reel__generic(uint64_t seed, uint64_t stream, uint64_t i);

/* Streams of the seed. */
enum {
    REEL__STREAM_COTANGENT = 1,
    REEL__STREAM_OTHER,       /* another cotangent */
    REEL__STREAM_ORDER = 16,  /* + order: directions that derivatives are of */
    REEL__STREAM_LINES = 64   /* + number: heading */
};

/* ---------------------------------------------------------------- the check */

typedef struct reel__check {
    reel_tape *tape;
    reel_gradcheck_options options;
    reel_gradcheck_report *report;
    int order;     /* of the function under the check now */
    size_t rows;   /* where its rows begin */
    int threads;
    int64_t done, total; /* for the progress */
    bool passed;   /* something has */
    long double epsilon;
} reel__check;

/* Counts one element or direction as done. */
void reel__progress(reel__check *check);

/* The tolerances of one of xs: for the rules in long double, and for what
 * programs compute. false: no memory. */
typedef struct reel__tolerances {
    reel__tolerance rule, computed;
} reel__tolerances;
bool reel__set_tolerances(const reel__check *c, const reel__subject *s,
                          size_t x, reel__tolerances *t);
/* For whole directions. */
bool reel__set_line_tolerances(const reel__check *c, const reel__subject *s,
                               reel__tolerances *t);

typedef struct reel__finding {
    reel_verdict verdict;
    reel_reason reason;
    long double analytic, rule;
    long double error; /* over the scale that rtol refers to */
    reel__slope slope;
} reel__finding;

/* What to think of one element (of all xs). */
void reel__judge(const reel__subject *s, reel__probe *probe, int64_t element,
                 const reel__tolerances *t, reel__finding *finding);

/* The parts: each adds to the report. REEL_OK whatever the verdicts. */
reel_status reel__check_elements(reel__check *c, reel__subject *s);
reel_status reel__check_directions(reel__check *c, reel__subject *s,
                                   int64_t count, bool rows);
reel_status reel__check_contracts(reel__check *c, reel__subject *s);
reel_status reel__check_blame(reel__check *c, const reel__subject *s);

/* A hash of all leaves' values. false after an error on the tape. */
bool reel__leaves_hash(reel_node *y, reel_nodes xs, uint64_t *hash);
void reel__check_inputs(reel__check *c, uint64_t before, uint64_t after);

/* How far off a derivative along the line is, where 1 is the most that is
 * allowed; and the line narrowed to one element, by halves that are worse.
 * slopes: those of all elements, NULL for forward mode. false after an error on
 * the tape. */
bool reel__excess(reel__subject *s, reel__probe *probe,
                  const reel__tolerance *t, const reel__line *line,
                  const long double *slopes, long double *excess);
bool reel__bisect(reel__subject *s, reel__probe *probe,
                  const reel__tolerance *t, reel__line *line,
                  const long double *slopes);

/* All of them for one function, with rows in the report or without. */
reel_status reel__check_function(reel__check *c, reel_node *y, reel_nodes xs,
                                 bool rows);
/* For the derivatives of y, from the second order on. */
reel_status reel__check_orders(reel__check *c, reel_node *y, reel_nodes xs);

/* Enters a finding into the row of the parameter that the element is of. */
void reel__enter(reel__check *c, const reel__subject *s, int64_t element,
                 const reel__finding *f);

/* ------------------------------------------------------------------ threads */

/* Calls job(context, thread, i) for each i < count, by several threads, each
 * with a number of its own below `threads`. */
void reel__team(int threads, int64_t count,
                void (*job)(void *context, int thread, int64_t i),
                void *context);

/* A probe a thread. NULL: no memory. */
reel__probe *reel__probes_new(const reel__subject *s, int threads);
void reel__probes_free(const reel__subject *s, reel__probe *probe, int threads);

/* -------------------------------------------------------------------- blame */

/* A node checked alone: what diagnosis.c looks at. */
typedef struct reel__suspect {
    reel__subject *subject; /* of a copy of it, with leaves for operands */
    reel__probe *probe;
    const reel__tolerance *t;
    size_t operand; /* of the subject's xs */
    int64_t begin;  /* its first among all elements */
    int64_t index;  /* of its element that is worst */
    bool forward;   /* the jvp is suspected, not the vjp */
} reel__suspect;

/* Fills in what the numbers show. false after an error on the tape. */
bool reel__diagnose(const reel__suspect *suspect, reel_gradcheck_blame *blame);

/* ------------------------------------------------------------------ reports */

/* Freed with the allocator that made them, perhaps after the tape. false: no
 * memory, on the tape. */
bool reel__report_new(reel_tape *tape, size_t params, size_t orders,
                      reel_gradcheck_report *report);
void reel__report_place(reel_gradcheck_report *report,
                        const reel_gradcheck_place *place);
bool reel__report_direction(reel_gradcheck_report *report,
                            const reel_gradcheck_direction *direction);
void reel__report_blame(reel_gradcheck_report *report,
                        const reel_gradcheck_blame *blame);

/* What a leaf is called: its name, or op and number. */
#define REEL__LEAF_TEXT 48
const char *reel__leaf_text(const reel_node *leaf, char *text);

#endif /* REEL_GRAD_CHECK_H */
