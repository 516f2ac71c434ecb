/* kernels/logsumexp.h: logsumexp in one dtype. Included by reduce.c with what
 * exponentials.h asks for and LARGEST, max of several results.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/exponentials.h"

/* A result's elements less the largest to the buffer at fill, or, where there
 * are more than fit, their exponentials to the sum whenever it is full. Returns
 * where the buffer's last elements end. */
static int64_t OF(gather)(const inner *in, const T *x, T largest, T *buffer,
                          int64_t fill, double *sum)
{
    reel__walk w;
    if (in->rows > 0)
        reel__walk_to(&w, &in->task, in->task.ndim, 1, 0);
    for (int64_t r = 0; r < in->rows; r++) {
        for (int64_t i = 0; i < in->length;) {
            if (fill == BUFFER) {
                OF(exps)(fill, buffer);
                *sum += OF(total)(fill, buffer);
                fill = 0;
            }
            int64_t m = in->length - i;
            m = m < BUFFER - fill ? m : BUFFER - fill;
            OF(subtract)(m, buffer + fill, 1, x + w.at[1] + i * in->stride,
                         in->stride, largest);
            fill += m;
            i += m;
        }
        reel__walk_on(&w, 1);
    }
    return fill;
}

static T OF(largest_of)(const inner *in, const T *x)
{
    T largest = -INFINITY;
    reel__walk w;
    if (in->rows > 0)
        reel__walk_to(&w, &in->task, in->task.ndim, 1, 0);
    for (int64_t r = 0; r < in->rows; r++) {
        T m = OF(largest)(in->length, x + w.at[1], in->stride);
        largest = m > largest ? m : largest;
        reel__walk_on(&w, 1);
    }
    return largest;
}

/* At most TILE results whose elements fit into the buffer together, or one. */
static void OF(logsumexp_few)(const inner *in, int64_t n, T *out, int64_t so,
                              const T *x, int64_t sx)
{
    int64_t count = in->rows * in->length, fill = 0;
    T buffer[BUFFER], largest[TILE], log[TILE];
    double sum[TILE] = {0};
    for (int64_t j = 0; j < n; j++) {
        largest[j] = OF(largest_of)(in, x + j * sx);
        fill = OF(gather)(in, x + j * sx, largest[j], buffer, fill, &sum[j]);
    }
    OF(exps)(fill, buffer);
    for (int64_t j = 0; j < n; j++) {
        int64_t m = count < fill ? count : fill;
        log[j] = (T)(sum[j] + OF(total)(m, buffer + j * count));
    }
    OF(logs)(n, log);
    for (int64_t j = 0; j < n; j++) {
        T *o = &out[j * so];
        *o = largest[j] + log[j];
        if (isfinite(largest[j]))
            continue;
        *o = largest[j]; /* an infinity or NaN is the result itself */
        if (count > 0)
            LARGEST(in, 1, o, 0, x + j * sx, 0);
    }
}

static void OF(logsumexps)(const inner *in, int64_t n, T *out, int64_t so,
                           const T *x, int64_t sx)
{
    int64_t count = in->rows * in->length;
    int64_t fit = count > 0 && count < BUFFER ? BUFFER / count : 1;
    fit = fit < TILE ? fit : TILE;
    for (int64_t j = 0; j < n; j += fit)
        OF(logsumexp_few)(in, n - j < fit ? n - j : fit, out + j * so, so,
                          x + j * sx, sx);
}
#include "kernels/exponentials_undef.h"
#undef LARGEST
