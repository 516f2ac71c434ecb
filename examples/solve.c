/* examples/solve.c: Cholesky's method.
 *
 * SPDX-License-Identifier: MIT */
#include "solve.h"

#include <math.h>

bool factor(int n, double *a)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = a[i * n + j];

            for (int k = 0; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            if (i > j)
                a[i * n + j] = sum / a[j * n + j];
            else if (sum > 0) /* no NaN, either */
                a[i * n + i] = sqrt(sum);
            else
                return false;
        }
    }
    return true;
}

void solve(int n, const double *a, double *b)
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++)
            b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (int i = n; i-- > 0;) {
        for (int k = i + 1; k < n; k++)
            b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
}
