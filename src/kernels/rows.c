/* kernels/rows.c: softmax and log-softmax along one axis, shifted by the
 * largest element.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "kernels/families.h"
#include "kernels/walk.h"

#define ROW(T, F)                                                          \
    static T largest_##T(int64_t n, const T *x, int64_t sx)                \
    {                                                                      \
        T m = -INFINITY;                                                   \
        for (int64_t i = 0; i < n; i++)                                    \
            m = x[i * sx] > m || isnan(x[i * sx]) ? x[i * sx] : m;         \
        return m;                                                          \
    }                                                                      \
                                                                           \
    static void softmax_row_##T(int64_t n, T *y, int64_t sy, const T *x,   \
                                int64_t sx)                                \
    {                                                                      \
        T m = largest_##T(n, x, sx);                                       \
        double sum = 0;                                                    \
        for (int64_t i = 0; i < n; i++) {                                  \
            T e = F(exp)(x[i * sx] - m);                                   \
            y[i * sy] = e;                                                 \
            sum += (double)e;                                              \
        }                                                                  \
        T total = (T)sum;                                                  \
        for (int64_t i = 0; i < n; i++)                                    \
            y[i * sy] /= total;                                            \
    }                                                                      \
                                                                           \
    static void log_softmax_row_##T(int64_t n, T *y, int64_t sy,           \
                                    const T *x, int64_t sx)                \
    {                                                                      \
        T m = largest_##T(n, x, sx);                                       \
        double sum = 0;                                                    \
        for (int64_t i = 0; i < n; i++)                                    \
            sum += (double)F(exp)(x[i * sx] - m);                          \
        T log_sum = F(log)((T)sum);                                        \
        for (int64_t i = 0; i < n; i++)                                    \
            y[i * sy] = x[i * sx] - m - log_sum;                           \
    }                                                                      \
    EACH(softmax, T)                                                       \
    EACH(log_softmax, T)

#define EACH(name, T)                                                      \
    static void name##_##T(const reel__task *t, int64_t begin,             \
                           int64_t end)                                    \
    {                                                                      \
        int axis = t->ndim - 1;                                            \
        reel__walk w;                                                      \
        if (begin >= end)                                                  \
            return;                                                        \
        reel__walk_to(&w, t, axis, 1, begin);                              \
        for (; begin < end; begin++) {                                     \
            name##_row_##T(t->dim[axis], (T *)t->data[0] + w.at[0],        \
                           t->stride[0][axis],                             \
                           (const T *)t->data[1] + w.at[1],                \
                           t->stride[1][axis]);                            \
            reel__walk_on(&w, 1);                                          \
        }                                                                  \
    }

#define WITH_F(function) function##f
#define PLAIN(function) function
ROW(float, WITH_F)
ROW(double, PLAIN)

reel__kernel *reel__rows_find(reel__kernel_id id, reel_dtype in)
{
    bool log = id == REEL__K_log_softmax;
    if (in == REEL_F32)
        return log ? log_softmax_float : softmax_float;
    if (in == REEL_F64)
        return log ? log_softmax_double : softmax_double;
    return NULL;
}
