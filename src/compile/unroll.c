/* compile/unroll.c: the points of a tiny step as scalar instructions.
 *
 * A value is read from its buffer at most once and stays known by its number;
 * so a copy is no instruction at all, whatever its strides.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "compile/flat.h"
#include "kernels/walk.h"

#define COSTLY_POINTS 16 /* of exp and the like: vectors beat this soon */

/* ------------------------------------------------------------ what we take */

static bool is_costly(unsigned kernel)
{
    switch (kernel) {
    case REEL__K_exp:
    case REEL__K_expm1:
    case REEL__K_log:
    case REEL__K_log1p:
    case REEL__K_sin:
    case REEL__K_cos:
    case REEL__K_tanh:
    case REEL__K_sigmoid:
    case REEL__K_softplus:
    case REEL__K_erf:
    case REEL__K_gelu:
    case REEL__K_silu:
    case REEL__K_elu:
    case REEL__K_pow:
    case REEL__K_xlogy:
    case REEL__K_xlog1py:
    case REEL__K_logsumexp:
    case REEL__K_softmax:
    case REEL__K_log_softmax: return true;
    default: return false;
    }
}

static bool is_index(unsigned kernel)
{
    return kernel >= REEL__K_gather && kernel <= REEL__K_one_hot;
}

/* Operand k is read as a number of the slots' type, whatever its own. */
static bool converts(const reel__step *st, int k)
{
    return k > 0 && ((st->kernel == REEL__K_cast) ||
                     (is_index(st->kernel) && k == st->operands - 1));
}

static bool known_kernel(unsigned kernel)
{
    return kernel <= REEL__K_cast || kernel == REEL__K_sum ||
           kernel == REEL__K_max || kernel == REEL__K_min ||
           kernel == REEL__K_logsumexp || kernel == REEL__K_softmax ||
           kernel == REEL__K_log_softmax || kernel == REEL__K_matmul ||
           is_index(kernel);
}

bool reel__can_unroll(const reel__compiler *c, const reel__step *st,
                      reel_dtype *dtype)
{
    int64_t points = 1;
    int64_t limit = is_costly(st->kernel) ? COSTLY_POINTS : REEL__FLAT_POINTS;
    reel_dtype one = *dtype;
    const reel__operand *result = &st->operand[0];
    if (!known_kernel(st->kernel))
        return false;
    for (int d = 0; d < st->ndim; d++) {
        points *= st->geometry[d];
        if (points > limit)
            return false;
    }
    if (is_index(st->kernel) && points * st->attributes->i[0] > limit)
        return false;
    /* A result can have many elements that no point adds to. */
    if (points == 0 && c->buffer[result->base].bytes >
                           (size_t)limit *
                               reel_dtype_size((reel_dtype)result->dtype))
        return false;
    for (int k = 0; k < st->operands; k++) {
        reel_dtype d = (reel_dtype)st->operand[k].dtype;
        if (reel__is_float(d)) {
            if (one != REEL_BOOL && one != d)
                return false;
            one = d;
        } else if (d != REEL_BOOL && !converts(st, k)) {
            return false;
        }
    }
    if (st->kernel == REEL__K_cast && !reel__is_float(one))
        return false;
    *dtype = one;
    return true;
}

/* ------------------------------------------------------------- elementwise */

reel__task reel__step_axes(const reel__step *st, int from, int count)
{
    reel__task t = {.ndim = count, .dim = st->geometry + from};
    for (int k = 0; k < st->operands; k++)
        t.stride[k] = st->geometry + (size_t)(k + 1) * st->ndim + from;
    return t;
}

/* The same constant for each of n points. */
static void constants(reel__flattener *f, double value, int64_t n, uint16_t *v)
{
    uint16_t one = reel__flat_constant(f, value);
    for (int64_t i = 0; i < n; i++)
        v[i] = one;
}

static void affine(reel__flattener *f, const double *a, int64_t n,
                   const uint16_t *x, uint16_t *y)
{
    uint16_t p[REEL__FLAT_POINTS], q[REEL__FLAT_POINTS];
    constants(f, a[0], n, p);
    constants(f, a[1], n, q);
    if (a[0] == 1 && a[1] == 0)
        memcpy(y, x, (size_t)n * sizeof *y);
    else if (a[1] == 0)
        reel__flat_emit_row(f, REEL__K_mul, n, x, p, NULL, y);
    else if (a[0] == 1)
        reel__flat_emit_row(f, REEL__K_add, n, x, q, NULL, y);
    else
        reel__flat_emit_row(f, REEL__K_affine, n, x, p, q, y);
}

/* e^log of a log(e/sum) is a quotient, which is at hand sooner than log. */
static bool exp_of_logs(reel__flattener *f, int64_t n, const uint16_t *x,
                        uint16_t *y)
{
    uint16_t e[REEL__FLAT_POINTS], sum[REEL__FLAT_POINTS];
    for (int64_t i = 0; i < n; i++) {
        unsigned k = 0;
        while (k < f->log_count && k < REEL__FLAT_LOGS &&
               f->logs[k].log != x[i])
            k++;
        if (k == f->log_count || k == REEL__FLAT_LOGS)
            return false;
        e[i] = f->logs[k].e;
        sum[i] = f->logs[k].sum;
    }
    reel__flat_emit_row(f, REEL__K_div, n, e, sum, NULL, y);
    return true;
}

/* n points of values v[1] and on. */
static void points(reel__flattener *f, const reel__step *st, int64_t n,
                   uint16_t v[][REEL__FLAT_POINTS], uint16_t *y)
{
    const double *a = st->attributes ? st->attributes->f : NULL;
    int values = reel__flat_ops[st->kernel].values;
    switch (st->kernel) {
    case REEL__K_fill: constants(f, a[0], n, y); return;
    case REEL__K_copy: memcpy(y, v[1], (size_t)n * sizeof *y); return;
    case REEL__K_cast:
        constants(f, 0, n, v[2]);
        if (st->operand[0].dtype == REEL_BOOL)
            reel__flat_emit_row(f, REEL__K_ne, n, v[1], v[2], NULL, y);
        else
            memcpy(y, v[1], (size_t)n * sizeof *y);
        return;
    case REEL__K_affine: affine(f, a, n, v[1], y); return;
    case REEL__K_exp:
        if (exp_of_logs(f, n, v[1], y))
            return;
        break;
    default: break;
    }
    for (int k = st->operands; k <= values; k++) /* attributes */
        constants(f, a[k - st->operands], n, v[k]);
    reel__flat_emit_row(f, st->kernel, n, v[1], values > 1 ? v[2] : NULL,
                        values > 2 ? v[3] : NULL, y);
}

static void unroll_elementwise(reel__flattener *f, const reel__step *st)
{
    uint16_t v[REEL__MAX_ARGS][REEL__FLAT_POINTS], y[REEL__FLAT_POINTS];
    if (st->ndim == 0) { /* the usual case, which costs little */
        for (int k = 1; k < st->operands; k++)
            v[k][0] = reel__flat_read(f, &st->operand[k], 0);
        if (st->operands == 3)
            y[0] = reel__flat_two(f, st->kernel, v[1][0], v[2][0]);
        else
            points(f, st, 1, v, y);
        reel__flat_write(f, &st->operand[0], 0, y[0]);
        return;
    }
    int rows = st->ndim - 1;
    reel__task outer = reel__step_axes(st, 0, rows);
    reel__task row = reel__step_axes(st, rows, 1);
    int64_t n = row.dim[0], count = reel__points(&outer, 0, rows);
    reel__walk w;
    for (int64_t j = 0; n > 0 && j < count; j++) {
        if (j == 0)
            reel__walk_to(&w, &outer, rows, st->operands - 1, 0);
        for (int k = 1; k < st->operands; k++)
            reel__flat_read_row(f, &st->operand[k], w.at[k], *row.stride[k], n,
                                v[k] + j * n);
        reel__walk_on(&w, st->operands - 1);
    }
    if (n * count > 0)
        points(f, st, n * count, v, y);
    for (int64_t j = 0; n > 0 && j < count && !f->failed; j++) {
        if (j == 0)
            reel__walk_to(&w, &outer, rows, 0, 0);
        for (int64_t i = 0; i < n; i++)
            reel__flat_write(f, &st->operand[0],
                             w.at[0] + i * *row.stride[0], y[j * n + i]);
        reel__walk_on(&w, 0);
    }
}

void reel__unroll(reel__flattener *f, const reel__step *st)
{
    if (st->kernel <= REEL__K_cast)
        unroll_elementwise(f, st);
    else if (st->kernel <= REEL__K_log_softmax)
        reel__unroll_reduced(f, st);
    else if (st->kernel == REEL__K_matmul)
        reel__unroll_matmul(f, st);
    else
        reel__unroll_index(f, st);
}
