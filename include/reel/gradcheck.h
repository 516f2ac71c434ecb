/* reel/gradcheck.h: are the derivatives that Reel computes those that the
 * function has?
 *
 * Three witnesses are heard. Reverse mode (reel_gradients, reel_vjp) and
 * forward mode (reel_jvp) must satisfy <J^T v, u> = <v, J u>, for which no step
 * is needed; and both must agree with differences of the same graph, evaluated
 * in long double by the plain reference of every op, extrapolated to step 0
 * with an estimate of their error. The differences share no code with the other
 * two but the graph.
 *
 * Reverse and forward mode are evaluated twice: in long double, which shows
 * whether the rules are right to many digits whatever the graph's dtypes, and
 * as programs compute them, which shows what the dtypes make of it.
 *
 * The manual's chapter "Checking gradients" teaches how to use it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_GRADCHECK_H
#define REEL_GRADCHECK_H

#include <stdio.h>
#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum reel_verdict {
    REEL_PASS = 0,
    REEL_FAIL,        /* they differ by more than the tolerance, or one of them
                       * is not finite, or nothing was compared */
    REEL_INCONCLUSIVE /* neither can be said: the reason tells why */
} reel_verdict;

/* What a verdict rests on. */
typedef enum reel_reason {
    REEL_REASON_NONE = 0,       /* of a pass */
    REEL_REASON_DIFFERS,        /* FAIL: a rule is wrong */
    REEL_REASON_PRECISION,      /* FAIL: the rules are right in long double, but
                                 * what the program computes is not */
    REEL_REASON_NOT_FINITE,     /* FAIL */
    REEL_REASON_NOTHING,        /* FAIL: nothing was compared */
    REEL_REASON_KINK,           /* the slopes on both sides differ; inconclusive
                                 * where the derivative lies between them, FAIL
                                 * where it does not */
    REEL_REASON_NOISE,          /* inconclusive: rounding errors of the function
                                 * hide its slope, even in long double */
    REEL_REASON_ILL_CONDITIONED /* inconclusive: no step is small enough for
                                 * what the function does here */
} reel_reason;

/* Reverse mode is made of the ops' vjp rules, forward mode of the jvp rules. */
typedef enum reel_rule {
    REEL_RULE_NONE = 0,
    REEL_RULE_VJP,
    REEL_RULE_JVP,
    REEL_RULE_BOTH
} reel_rule;

/* What must hold beside the values. Bits. */
enum {
    REEL_CONTRACT_ZERO = 1,       /* a cotangent or tangent of 0 gives 0 */
    REEL_CONTRACT_LINEAR = 2,     /* the vjp is linear in its cotangent */
    REEL_CONTRACT_REPEATABLE = 4, /* a second run gives the same bits */
    REEL_CONTRACT_THREADS = 8,    /* so does any number of threads */
    REEL_CONTRACT_INPUTS = 16,    /* leaves come back bit for bit */
    REEL_CONTRACT_SYMMETRIC = 32, /* u' H w = w' H u (order 2 and more) */
    REEL_CONTRACTS = 63
};

/* Parts of a check that can be left out. Bits. */
enum {
    REEL_SKIP_FORWARD = 1,   /* forward mode */
    REEL_SKIP_CONTRACTS = 2,
    REEL_SKIP_BLAME = 4
};

/* Everything zero is the default, and does the whole thing: every element. */
typedef struct reel_gradcheck_options {
    double rtol;      /* relative tolerance. 0: for what programs compute 1e-7
                       * in f64 and 1e-3 in f32, for the rules in long double
                       * 1e-9 and 1e-6 (whose constants are rounded) */
    double atol;      /* absolute; 0: rtol times the parameter's largest slope,
                       * but no less than rounding does to the gradient */
    double step;      /* largest step over max(1, |x|); 0: LDBL_EPSILON^(1/4) */
    int64_t sample;   /* elements of each parameter, spread evenly and shifted
                       * by seed; 0: all */
    uint64_t seed;    /* of all that is random in the check */
    /* Called now and then with elements (or directions) done and to do, for
     * long checks. By the calling thread. */
    void (*progress)(void *user, int64_t done, int64_t total);
    void *user;
    int64_t directions; /* > 0: so many random directions, all parameters
                         * moving up or down at once, in place of elements: the
                         * cost does not depend on the number of parameters. A
                         * direction that fails is bisected to an element.
                         * 0: elements, and 2 directions for forward mode */
    int order;          /* of the highest derivative; 0: 1. Order 2 checks the
                         * gradient's own gradient and the derivative of a
                         * directional derivative, and so on */
    int threads;        /* 0: reel_threads(), or 1 where that is faster. The
                         * report does not depend on it. One for graphs with
                         * custom ops, whose functions need not bear more */
    unsigned skip;      /* REEL_SKIP_... */
} reel_gradcheck_options;

/* What became of one parameter; worst: the element with the largest relative
 * error among those of the row's verdict. The error is relative to |analytic|,
 * |numeric| or atol / rtol, whichever is largest: above rtol is too large. It
 * is infinite where something is not finite. */
typedef struct reel_gradcheck_row {
    const reel_node *parameter;
    reel_verdict verdict; /* fail if any element fails; inconclusive only if
                           * no element passed or failed; fail if there is
                           * no element */
    int64_t elements;     /* of the parameter */
    int64_t compared;     /* pass + fail + inconclusive */
    int64_t passed, failed, inconclusive;
    int64_t worst;        /* flat index, -1 when nothing was compared */
    double analytic, numeric, relative_error; /* at worst */
    double rule;          /* at worst: analytic in long double */
    double estimate;      /* at worst: how far off numeric may be */
    reel_reason reason;   /* at worst */
    int order;            /* of the derivative */
} reel_gradcheck_row;

/* An element that did not pass. */
typedef struct reel_gradcheck_place {
    size_t row;
    int64_t index;
    reel_verdict verdict;
    reel_reason reason;
    double analytic, rule, numeric, estimate;
    double left, right; /* the slopes on both sides */
} reel_gradcheck_place;

/* One direction u: <J^T v, u> by reverse mode, <v, J u> by forward mode (NaN:
 * not asked), both in long double, and by differences. */
typedef struct reel_gradcheck_direction {
    int order;
    reel_verdict verdict;
    reel_reason reason;
    reel_rule wrong; /* which is at odds with the differences */
    double reverse, forward, numeric, estimate;
} reel_gradcheck_direction;

/* An op whose rule is wrong at a node, checked alone at the values it had. */
typedef struct reel_gradcheck_blame {
    const char *op;   /* its name */
    size_t node;      /* reel_id */
    reel_rule rule;   /* which of its rules */
    int operand;      /* by which operand, -1: all of them */
    int64_t index;    /* of the operand's element */
    double analytic, numeric; /* there */
    char place[128];  /* "net.c:42", "" when unknown */
    char shapes[192]; /* "[8, 3] x [3, 2] -> [8, 2]" */
    char diagnosis[192]; /* "the sign is flipped"; "" when numbers show none */
} reel_gradcheck_blame;

typedef struct reel_gradcheck_report {
    reel_verdict verdict; /* pass only if something was compared, nothing failed
                           * and some element (or direction) passed */
    size_t count;
    reel_gradcheck_row *row; /* one a parameter, for each order; owned */
    double loss;             /* in long double, rounded; of a y of any shape
                              * <v, y> for the random v that was used */
    uint64_t seed;           /* that gives the same report again */
    size_t places;
    reel_gradcheck_place *place; /* at most REEL_GRADCHECK_PLACES; owned */
    int64_t unlisted;            /* more of them */
    size_t directions;
    reel_gradcheck_direction *direction; /* owned */
    size_t blames;
    reel_gradcheck_blame *blame; /* in the order of recording, at most
                                  * REEL_GRADCHECK_BLAMES; owned */
    int64_t unblamed;            /* more nodes of which the same is true */
    unsigned contracts, broken;  /* REEL_CONTRACT_... that were looked at, and
                                  * those of them that do not hold */
    char forward[256];           /* why forward mode was not asked, or "" */
    void *own;
} reel_gradcheck_report;

#define REEL_GRADCHECK_PLACES 32
#define REEL_GRADCHECK_BLAMES 8

/* Checks dy/dparams[i]. y is a loss of one element, or a float of any shape,
 * which is checked with a random cotangent v, as the loss <v, y>; params are
 * float leaves (parameters, states, constants and inputs with data), the same
 * one twice if need be. Nothing is changed: the differences are taken on
 * copies, the tape is rewound, storage stays bit for bit. What is behind
 * reel_stop_gradient is held still; random ops are functions of their seed and
 * stay what they are. options NULL: the defaults. report may be NULL; else free
 * it with reel_gradcheck_free, whatever was returned. REEL_OK when the verdict
 * is pass, REEL_ECHECK when it is not, REEL_EVALUE for params that are no float
 * leaves or empty, and what recording or running the gradient returned.
 * Cost: some evaluations of what changes with an element, for each element
 * compared; of the graph, for each direction. */
REEL_API reel_status reel_gradcheck(reel_node *y, reel_nodes params,
                                    const reel_gradcheck_options *options,
                                    reel_gradcheck_report *report);
REEL_API void reel_gradcheck_free(reel_gradcheck_report *report);

/* "pass", "FAIL" or "inconclusive"; "kink", "differs"; "vjp"; "a cotangent or
 * tangent of 0 gives 0". */
REEL_API const char *reel_verdict_text(reel_verdict verdict);
REEL_API const char *reel_reason_text(reel_reason reason);
REEL_API const char *reel_rule_text(reel_rule rule);
REEL_API const char *reel_contract_text(unsigned contract);

/* The report as a table: parameter, elements, verdict counts, worst index,
 * analytic, numeric, relative error, verdict; below it, where there is
 * something to say, the blame, the elements that did not pass with the reasons,
 * directions and contracts; and a line that sums up. While the tape lives:
 * names come from there. */
REEL_API reel_status
reel_gradcheck_print(const reel_gradcheck_report *report, FILE *stream);

/* All of it as one object of JSON (RFC 8259); numbers that are not finite are
 * the strings "nan", "inf" and "-inf". */
REEL_API reel_status
reel_gradcheck_write_json(const reel_gradcheck_report *report, FILE *stream);

#ifdef __cplusplus
}
#endif
#endif /* REEL_GRADCHECK_H */
