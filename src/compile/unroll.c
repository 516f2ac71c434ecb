/* compile/unroll.c: the points of a tiny step as scalar instructions.
 *
 * A value is read from its buffer at most once and stays known by its number;
 * so a copy is no instruction at all, whatever its strides.
 *
 * SPDX-License-Identifier: MIT */
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

static uint16_t affine(reel__flattener *f, uint16_t x, double p, double q)
{
    if (p == 1 && q == 0)
        return x;
    if (q == 0)
        return reel__flat_emit(f, REEL__K_mul, x, reel__flat_constant(f, p), 0);
    if (p == 1)
        return reel__flat_emit(f, REEL__K_add, x, reel__flat_constant(f, q), 0);
    uint16_t by = reel__flat_constant(f, p), plus = reel__flat_constant(f, q);
    return reel__flat_emit(f, REEL__K_affine, x, by, plus);
}

static uint16_t point(reel__flattener *f, const reel__step *st,
                      const reel__walk *w)
{
    uint16_t v[REEL__MAX_ARGS] = {0};
    const double *a = st->attributes ? st->attributes->f : NULL;
    for (int k = 1; k < st->operands; k++)
        v[k] = reel__flat_read(f, &st->operand[k], w->at[k]);
    switch (st->kernel) {
    case REEL__K_fill: return reel__flat_constant(f, a[0]);
    case REEL__K_copy: return v[1];
    case REEL__K_cast:
        return st->operand[0].dtype == REEL_BOOL
                   ? reel__flat_emit(f, REEL__K_ne, v[1],
                                     reel__flat_constant(f, 0), 0)
                   : v[1];
    case REEL__K_affine: return affine(f, v[1], a[0], a[1]);
    default: break;
    }
    if (st->operands == 3)
        return reel__flat_two(f, st->kernel, v[1], v[2]);
    if (a) {
        v[2] = reel__flat_constant(f, a[0]);
        v[3] = reel__flat_constant(f, a[1]);
    }
    return reel__flat_emit(f, st->kernel, v[1], v[2], v[3]);
}

static void unroll_elementwise(reel__flattener *f, const reel__step *st)
{
    static const reel__walk origin;
    if (st->ndim == 0) { /* the usual case, which costs little */
        reel__flat_write(f, &st->operand[0], 0, point(f, st, &origin));
        return;
    }
    reel__task t = reel__step_axes(st, 0, st->ndim);
    reel__walk w;
    int64_t n = reel__points(&t, 0, t.ndim);
    if (n > 0)
        reel__walk_to(&w, &t, t.ndim, st->operands - 1, 0);
    for (int64_t i = 0; i < n; i++) {
        reel__flat_write(f, &st->operand[0], w.at[0], point(f, st, &w));
        reel__walk_on(&w, st->operands - 1);
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
