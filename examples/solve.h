/* examples/solve.h: small systems of linear equations.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_SOLVE_H
#define EXAMPLES_SOLVE_H

#include <stdbool.h>

/* The Cholesky factor of a symmetric matrix a [n, n] over its lower half; false
 * when it is not positive definite. */
bool factor(int n, double *a);

/* Solves a x = b in place of b, a as factor left it. */
void solve(int n, const double *a, double *b);

#endif /* EXAMPLES_SOLVE_H */
