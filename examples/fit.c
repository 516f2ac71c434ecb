/* examples/fit.c: a curve fitted to measurements by Gauss and Newton's method,
 * with K. Levenberg's and D. Marquardt's damping, and Reel's Jacobian. The
 * model
 *
 *     y = b1 (1 - exp(-b2 x))
 *
 * and the measurements (dental research, monomolecular adsorption) are Misra1a
 * of the Statistical Reference Datasets of NIST, which certifies the result:
 *
 *     b1 = 238.94212918      standard deviation 2.7070075241
 *     b2 = 5.5015643181e-4   standard deviation 7.2668688436e-6
 *     sum of squares 0.12455138894
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <reel.h>

#include "common.h"
#include "pictures.h"
#include "solve.h"

enum { POINTS = 14, UNKNOWNS = 2, CURVE = 101 };

static const double measured_x[POINTS] = {
    77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
    378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
static const double measured_y[POINTS] = {
    10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
    44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};

static double start[UNKNOWNS] = {500, 1e-4}, damping = 1e-3;
static int64_t steps = 50;
static const char *csv, *plot;

static const option options[] = {
    {"--b1", OPTION_REAL, &start[0], "X", "where b1 starts", -1e6, 1e6, NULL},
    {"--b2", OPTION_REAL, &start[1], "X", "where b2 starts", -1, 1, NULL},
    {"--damping", OPTION_REAL, &damping, "X", "where the damping starts", 0,
     1e6, NULL},
    {"--steps", OPTION_INTEGER, &steps, "N", "at most so many", 1, 1e6, NULL},
    {"--csv", OPTION_TEXT, &csv, "FILE", "write points and curve there", 0, 0,
     NULL},
    {"--plot", OPTION_TEXT, &plot, "FILE", PLOT_HELP, 0, 0, NULL},
};

/* The normal equations J^T J d = -J^T r of the residuals r. */
typedef struct problem {
    reel_tape *tape;
    reel_node *b, *curve, *sum, *matrix, *side;
    reel_program *all, *value;
} problem;

static void record(problem *p)
{
    reel_node *part[UNKNOWNS];

    p->tape = reel_tape_new();
    p->b = reel_parameter(p->tape, "b", REEL_F64, REEL_SHAPE(UNKNOWNS), start);
    reel_split(p->b, 0, UNKNOWNS, part);

    reel_node *x = reel_constant(p->tape, REEL_F64, REEL_SHAPE(POINTS),
                                 measured_x);
    reel_node *y = reel_constant(p->tape, REEL_F64, REEL_SHAPE(POINTS),
                                 measured_y);

    p->curve = reel_mul(part[0], reel_neg(reel_expm1(
                                     reel_neg(reel_mul(part[1], x)))));

    reel_node *r = reel_sub(p->curve, y);
    reel_node *j = reel_jacobian(r, p->b); /* [POINTS, UNKNOWNS] */

    p->sum = reel_sum(reel_square(r), REEL_ALL, false);
    p->matrix = reel_matmul(reel_transpose(j), j);
    p->side = reel_matmul(reel_transpose(j), reel_unsqueeze(r, 1));
    p->all = reel_compile(p->tape,
                          REEL_NODES(p->sum, p->curve, p->matrix, p->side));
    p->value = reel_compile(p->tape, REEL_NODES(p->sum));
    if (reel_status_of(p->tape) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(p->tape));
}

static double value(const problem *p, reel_program *program)
{
    if (reel_run(program) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(p->tape));
    return reel_item(p->sum);
}

/* d = -(A + lambda diag A)^-1 J^T r; false if that cannot be solved. */
static bool step_of(const problem *p, double lambda, double *d)
{
    const double *a = reel_data(p->matrix), *side = reel_data(p->side);
    double m[UNKNOWNS * UNKNOWNS];

    memcpy(m, a, sizeof m);
    for (int i = 0; i < UNKNOWNS; i++) {
        m[i * UNKNOWNS + i] *= 1 + lambda;
        d[i] = -side[i];
    }
    if (!factor(UNKNOWNS, m))
        return false;
    solve(UNKNOWNS, m, d);
    return true;
}

/* How small a step is, beside the unknowns. */
static double relative(const double *d, const double *b)
{
    double most = 0;

    for (int i = 0; i < UNKNOWNS; i++)
        most = fmax(most, fabs(d[i]) / (fabs(b[i]) + 1e-300));
    return most;
}

/* Takes a step that makes the sum smaller, with as much damping as it needs.
 * Returns its relative size. */
static double go(problem *p, double *lambda)
{
    double *b = reel_data(p->b), sum = reel_item(p->sum);
    double from[UNKNOWNS], d[UNKNOWNS];

    memcpy(from, b, sizeof from);
    for (; *lambda < 1e12; *lambda = fmax(2 * *lambda, 1e-6)) {
        if (!step_of(p, *lambda, d))
            continue;
        for (int i = 0; i < UNKNOWNS; i++)
            b[i] = from[i] + d[i];

        double size = relative(d, b);

        if (value(p, p->value) <= sum || size < 1e-12) {
            *lambda /= 5;
            return size;
        }
    }
    die(EXIT_FAILURE, "no step makes the sum of squares smaller");
}

/* ----------------------------------------------------------------- results */

static void write_csv(const problem *p)
{
    const double *curve = reel_data(p->curve);
    FILE *file = fopen(csv, "w");

    if (file)
        fputs("x,y,fit,residual\n", file);
    for (int i = 0; file && i < POINTS; i++)
        fprintf(file, "%.17g,%.17g,%.17g,%.17g\n", measured_x[i],
                measured_y[i], curve[i], measured_y[i] - curve[i]);
    if (!file || ferror(file) | fclose(file))
        die(EXIT_FAILURE, "%s: %s", csv, strerror(errno));
}

/* The curve from 0 to a little beyond the last point, and the points. */
static void show(const problem *p)
{
    double x[CURVE], y[CURVE];
    const double *b = reel_data(p->b);

    for (int i = 0; i < CURVE; i++) {
        x[i] = 800.0 * i / (CURVE - 1);
        y[i] = b[0] * (1 - exp(-b[1] * x[i]));
    }

    const reel_series series[] = {
        {.name = "measured", .count = POINTS, .x = measured_x,
         .y = measured_y, .points = true},
        {.name = "fit", .count = CURVE, .x = x, .y = y},
    };

    show_plot(&(reel_plot){.x_label = "x", .y_label = "y", .count = 2,
                           .series = series},
              plot);
}

/* Standard deviations: roots of the diagonal of s^2 (J^T J)^-1. */
static void print_result(const problem *p)
{
    const double *a = reel_data(p->matrix), *b = reel_data(p->b);
    double m[UNKNOWNS * UNKNOWNS];
    double variance = reel_item(p->sum) / (POINTS - UNKNOWNS);

    memcpy(m, a, sizeof m);
    if (!factor(UNKNOWNS, m))
        die(EXIT_FAILURE, "the unknowns depend on each other");
    for (int i = 0; i < UNKNOWNS; i++) {
        double unit[UNKNOWNS] = {0};

        unit[i] = 1;
        solve(UNKNOWNS, m, unit);
        printf("b%d = %.8g, standard deviation %.5g\n", i + 1, b[i],
               sqrt(variance * unit[i]));
    }
    printf("sum of squares %.8g\n", reel_item(p->sum));
}

int main(int argc, char **argv)
{
    read_options("fit",
                 "Fits y = b1 (1 - exp(-b2 x)) to 14 measurements by Gauss and "
                 "Newton's method with damping.",
                 options, sizeof options / sizeof *options, argc, argv);

    problem p;
    double lambda = damping, size = INFINITY;

    record(&p);

    const double *b = reel_data(p.b);

    puts("step  sum of squares   damping           b1               b2");
    for (int64_t i = 0;; i++) {
        double sum = value(&p, p.all);

        printf("%4" PRId64 "  %14.8g  %8.1g  %11.6f  %15.9g\n", i, sum, lambda,
               b[0], b[1]);
        if (!isfinite(sum))
            die(EXIT_FAILURE, "the sum of squares is %g: start elsewhere", sum);
        if (size < 1e-9)
            break;
        if (i == steps)
            die(EXIT_FAILURE, "not there in %" PRId64 " steps", steps);
        size = go(&p, &lambda);
    }
    print_result(&p);
    if (csv)
        write_csv(&p);
    show(&p);
    reel_program_free(p.value);
    reel_program_free(p.all);
    reel_tape_free(p.tape);
    return finish();
}
