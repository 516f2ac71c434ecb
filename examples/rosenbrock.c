/* examples/rosenbrock.c: Newton's method with Reel's Hessian, on the valley of
 * H. H. Rosenbrock ("An automatic method for finding the greatest or least
 * value of a function", 1960), in n dimensions:
 *
 *     f(x) = sum over i of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2
 *
 * Where the Hessian is not positive definite a multiple of the identity is
 * added; where the full step goes too far it is halved. For n of 4 and more
 * there is another minimum, near (-1, 1, 1, ...), which is the one found.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <reel.h>

#include "common.h"
#include "solve.h"

static int64_t size = 2, steps = 100;
static double tolerance = 1e-10;

static const option options[] = {
    {"--n", OPTION_INTEGER, &size, "N", "dimensions", 2, 1000, NULL},
    {"--steps", OPTION_INTEGER, &steps, "N", "at most so many", 1, 1e6, NULL},
    {"--tolerance", OPTION_REAL, &tolerance, "X",
     "of the gradient's largest element", 1e-14, 1, NULL},
};

/* What is asked of the function at x. */
typedef struct problem {
    reel_tape *tape;
    reel_node *x, *f, *gradient, *hessian;
    reel_program *all, *value; /* all of them; f alone */
    int n;
} problem;

static void record(problem *p)
{
    const int64_t n = p->n, first[] = {0}, last[] = {n - 1}, second[] = {1},
                  end[] = {n};

    p->tape = reel_tape_new();
    p->x = reel_parameter(p->tape, "x", REEL_F64, REEL_SHAPE(n), NULL);

    reel_node *a = reel_slice(p->x, first, last, NULL);
    reel_node *b = reel_slice(p->x, second, end, NULL);
    reel_node *bend = reel_square(reel_sub(b, reel_square(a)));
    reel_node *slope = reel_square(reel_affine(a, -1, 1));

    p->f = reel_sum(reel_add(reel_affine(bend, 100, 0), slope), REEL_ALL,
                    false);
    p->gradient = reel_gradient(p->f, p->x);
    p->hessian = reel_hessian(p->f, p->x);
    p->all = reel_compile(p->tape, REEL_NODES(p->f, p->gradient, p->hessian));
    p->value = reel_compile(p->tape, REEL_NODES(p->f));
    if (reel_status_of(p->tape) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(p->tape));
}

static void run(const problem *p, reel_program *program)
{
    if (reel_run(program) != REEL_OK)
        die(EXIT_FAILURE, "%s", reel_message(p->tape));
}

static double largest(int n, const double *v)
{
    double most = 0;

    for (int i = 0; i < n; i++)
        most = fmax(most, fabs(v[i]));
    return most;
}

/* step = -(H + shift I)^-1 g, for the first shift that makes it go down. */
static double newton_step(const problem *p, double *matrix, double *step)
{
    const double *h = reel_data(p->hessian), *g = reel_data(p->gradient);
    size_t n = (size_t)p->n;

    for (double shift = 0;; shift = shift > 0 ? 4 * shift : 1e-3) {
        memcpy(matrix, h, n * n * sizeof *h);
        for (size_t i = 0; i < n; i++) {
            matrix[i * n + i] += shift;
            step[i] = -g[i];
        }
        if (factor(p->n, matrix)) {
            solve(p->n, matrix, step);
            return shift;
        }
        if (!isfinite(shift))
            die(EXIT_FAILURE, "the Hessian is not finite");
    }
}

/* Halves the step until f is below where it was by a part of what the slope
 * promises (L. Armijo, 1966). Returns the part that was taken. */
static double go(problem *p, const double *step)
{
    const double *g = reel_data(p->gradient);
    double *x = reel_data(p->x), f = reel_item(p->f), promise = 0, part = 1;
    double *from = allocate((size_t)p->n, sizeof *from);

    for (int i = 0; i < p->n; i++)
        promise += g[i] * step[i];
    memcpy(from, x, (size_t)p->n * sizeof *x);
    for (;; part /= 2) {
        for (int i = 0; i < p->n; i++)
            x[i] = from[i] + part * step[i];
        run(p, p->value);
        if (reel_item(p->f) <= f + 1e-4 * part * promise || part < 1e-10)
            break;
    }
    free(from);
    return part;
}

int main(int argc, char **argv)
{
    read_options("rosenbrock",
                 "Newton's method with a dense Hessian on Rosenbrock's valley.",
                 options, sizeof options / sizeof *options, argc, argv);

    problem p = {.n = (int)size};
    size_t n = (size_t)p.n;
    double *matrix = allocate(n * n, sizeof *matrix);
    double *step = allocate(n, sizeof *step);

    record(&p);

    double *x = reel_data(p.x), slope;

    for (size_t i = 0; i < n; i++)
        x[i] = i % 2 ? 1 : -1.2;
    puts("step             f  |gradient|     shift   part       x[0]"
         "       x[1]");
    for (int64_t i = 0;; i++) {
        run(&p, p.all);
        slope = largest(p.n, reel_data(p.gradient));
        printf("%4" PRId64 "  %12.5g  %10.3g", i, reel_item(p.f), slope);
        if (slope <= tolerance || i == steps || !isfinite(slope))
            break;

        double at[2] = {x[0], x[1]}, shift = newton_step(&p, matrix, step);

        printf("  %8.2g  %5.3g %10.6f %10.6f\n", shift, go(&p, step), at[0],
               at[1]);
    }
    printf("  %8s  %5s %10.6f %10.6f\n", "", "", x[0], x[1]);
    if (!(slope <= tolerance))
        die(EXIT_FAILURE, "no minimum in %" PRId64 " steps", steps);
    free(step);
    free(matrix);
    reel_program_free(p.value);
    reel_program_free(p.all);
    reel_tape_free(p.tape);
    return finish();
}
