/* compile/unroll.c: the points of a tiny step as scalar instructions.
 *
 * A value is read from its buffer at most once and stays known by its number;
 * so a copy is no instruction at all, whatever its strides.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include "compile/flat.h"
#include "kernels/walk.h"

#define COSTLY_POINTS 16        /* of exp and the like: vectors beat this soon */
#define BLOCK_ELEMENTS 64       /* buffers up to here are read as a whole */
#define MAPPED_ELEMENTS 4096    /* up to here elements keep their values */

/* -------------------------------------------------------------- what we take */

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

/* -------------------------------------------------------------- instructions */

uint16_t reel__flat_emit(reel__flattener *f, unsigned op, uint16_t a,
                         uint16_t b, uint16_t c)
{
    reel__flat_instruction *grown =
        reel__grow(&f->c->tape->allocator, f->code, &f->capacity, f->count + 1,
                   sizeof *grown);
    if (!grown) {
        f->failed = true;
        return 0;
    }
    f->code = grown;
    f->code[f->count++] = (reel__flat_instruction){
        (uint16_t)op, (uint16_t)f->values, a, b, c};
    return (uint16_t)f->values++;
}

uint16_t reel__flat_operand(reel__flattener *f, uint32_t buffer,
                            int64_t offset, reel_dtype dtype, bool written)
{
    reel__operand *grown =
        reel__grow(&f->c->tape->allocator, f->operand, &f->operand_capacity,
                   f->operands + 1, sizeof *grown);
    if (!grown) {
        f->failed = true;
        return 0;
    }
    f->operand = grown;
    f->operand[f->operands] = (reel__operand){.offset = offset,
                                              .base = buffer,
                                              .dtype = (uint16_t)dtype,
                                              .written = written};
    return (uint16_t)f->operands++;
}

/* The few latest are looked through for one that is the same. */
static uint16_t constant(reel__flattener *f, double value)
{
    const reel_allocator *a = &f->c->tape->allocator;
    size_t from = f->constants > 8 ? f->constants - 8 : 0;
    for (size_t i = from; i < f->constants; i++)
        if (memcmp(&f->constant[i], &value, sizeof value) == 0)
            return f->constant_value[i];
    double *grown = reel__grow(a, f->constant, &f->constant_capacity,
                               f->constants + 1, sizeof *grown);
    if (grown)
        f->constant = grown;
    uint16_t *number =
        reel__grow(a, f->constant_value, &f->constant_value_capacity,
                   f->constants + 1, sizeof *number);
    if (number)
        f->constant_value = number;
    if (!grown || !number) {
        f->failed = true;
        return 0;
    }
    f->constant[f->constants] = value;
    f->constant_value[f->constants++] = (uint16_t)f->values;
    return (uint16_t)f->values++;
}

static bool is_constant(const reel__flattener *f, uint16_t v, double value)
{
    size_t from = f->constants > 8 ? f->constants - 8 : 0;
    for (size_t i = from; i < f->constants; i++)
        if (f->constant_value[i] == v)
            return f->constant[i] == value;
    return false;
}

/* Whether v is known to name an element of n; *which it is. */
static bool is_known_index(const reel__flattener *f, uint16_t v, int64_t n,
                           int64_t *which)
{
    for (int64_t i = 0; i < n; i++)
        if (is_constant(f, v, (double)i)) {
            *which = i;
            return true;
        }
    return false;
}

static uint16_t two(reel__flattener *f, unsigned op, uint16_t a, uint16_t b)
{
    if (op == REEL__K_mul && is_constant(f, a, 1))
        return b;
    if (op == REEL__K_mul && is_constant(f, b, 1))
        return a;
    return reel__flat_emit(f, op, a, b, 0);
}

/* ---------------------------------------------------------- reading, writing */

/* NULL where the buffer is too large to follow each element. */
static reel__home *home_of(reel__flattener *f, const reel__operand *o)
{
    reel__home *h = &f->home[o->base];
    if (h->flat == f->number)
        return h;
    size_t elements =
        f->c->buffer[o->base].bytes / reel__size_of((reel_dtype)o->dtype);
    if (elements > MAPPED_ELEMENTS)
        return NULL;
    const reel_allocator *a = &f->c->tape->allocator;
    uint32_t *touched = reel__grow(a, f->touched, &f->touched_capacity,
                                   f->touches + 1, sizeof *touched);
    if (touched)
        f->touched = touched;
    if (elements == 1)
        h->value = &h->one;
    else if (!h->value)
        h->value = reel__arena_take(&f->c->scratch,
                                    (elements + 1) * sizeof *h->value);
    if (!touched || !h->value) {
        f->failed = true;
        return NULL;
    }
    f->touched[f->touches++] = o->base;
    h->one = REEL__NO_VALUE;
    if (elements > 1)
        memset(h->value, 0xFF, elements * sizeof *h->value); /* the same */
    h->elements = (uint16_t)elements;
    h->dtype = (uint8_t)o->dtype;
    h->flat = f->number;
    h->operand = 0;
    h->written = false;
    return h;
}

/* count elements from one on, into values with successive numbers. */
static uint16_t load(reel__flattener *f, uint16_t operand, uint16_t first,
                     uint16_t count)
{
    uint16_t v =
        reel__flat_emit(f, REEL__F_load, operand, count, first);
    f->values += count - 1u;
    return v;
}

/* Element `at` of a buffer that is too large to follow, for itself. */
static uint16_t large_operand(reel__flattener *f, const reel__operand *o,
                              int64_t at, bool written)
{
    reel_dtype dtype = (reel_dtype)o->dtype;
    return reel__flat_operand(f, o->base, at * (int64_t)reel__size_of(dtype),
                              dtype, written);
}

/* Known while compiling: an element of a small constant. */
static bool read_constant(reel__flattener *f, const reel__operand *o,
                          int64_t at, uint16_t *v)
{
    const reel__buffer *b = &f->c->buffer[o->base];
    if (!b->constant || b->base < REEL__BASE_LEAVES ||
        b->bytes > BLOCK_ELEMENTS * sizeof(double))
        return false;
    const reel_node *leaf = f->c->program->leaf[b->base - REEL__BASE_LEAVES];
    *v = constant(f, (double)reel__load((reel_dtype)o->dtype, leaf->value, at));
    return true;
}

static void load_block(reel__flattener *f, reel__home *h)
{
    size_t n = h->elements;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && h->value[to] == REEL__NO_VALUE; to++)
            ;
        if (to > from) {
            uint16_t v = load(f, h->operand, (uint16_t)from,
                              (uint16_t)(to - from));
            for (size_t i = from; i < to; i++)
                h->value[i] = (uint16_t)(v + (i - from));
        } else {
            to++;
        }
    }
}

/* The element of the buffer that an operand's element is. */
static int64_t element(const reel__operand *o, int64_t at)
{
    size_t size = reel__size_of((reel_dtype)o->dtype);
    return o->offset ? at + o->offset / (int64_t)size : at;
}

static uint16_t read(reel__flattener *f, const reel__operand *o, int64_t at)
{
    uint16_t v;
    at = element(o, at);
    if (read_constant(f, o, at, &v))
        return v;
    reel__home *h = home_of(f, o);
    if (!h) {
        if (f->failed)
            return 0;
        return load(f, large_operand(f, o, at, false), 0, 1);
    }
    if (h->value[at] == REEL__NO_VALUE) {
        if (!h->operand)
            h->operand = reel__flat_operand(f, o->base, 0,
                                            (reel_dtype)o->dtype, false);
        if (h->elements <= BLOCK_ELEMENTS)
            load_block(f, h);
        else
            h->value[at] = load(f, h->operand, (uint16_t)at, 1);
    }
    return h->value[at];
}

static void write(reel__flattener *f, const reel__operand *o, int64_t at,
                  uint16_t v)
{
    reel__home *h = home_of(f, o);
    at = element(o, at);
    if (h) {
        h->value[at] = v;
        h->written = true;
    } else if (!f->failed) {
        reel__flat_store(f, large_operand(f, o, at, true), 0, v);
    }
}

void reel__flat_store(reel__flattener *f, uint16_t operand, uint16_t at,
                      uint16_t v)
{
    bool truth = f->operand[operand].dtype == REEL_BOOL;
    reel__flat_emit(f, truth ? REEL__F_store_truth : REEL__F_store, v, 1, at);
    if (!f->failed) {
        f->code[f->count - 1].dst = operand;
        f->values--; /* it has none */
    }
}

/* --------------------------------------------------------------- elementwise */

static reel__task axes_of(const reel__step *st, int from, int count)
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
        return reel__flat_emit(f, REEL__K_mul, x, constant(f, p), 0);
    if (p == 1)
        return reel__flat_emit(f, REEL__K_add, x, constant(f, q), 0);
    uint16_t by = constant(f, p), plus = constant(f, q);
    return reel__flat_emit(f, REEL__K_affine, x, by, plus);
}

static uint16_t point(reel__flattener *f, const reel__step *st,
                      const reel__walk *w)
{
    uint16_t v[REEL__MAX_ARGS] = {0};
    const double *a = st->attributes ? st->attributes->f : NULL;
    for (int k = 1; k < st->operands; k++)
        v[k] = read(f, &st->operand[k], w->at[k]);
    switch (st->kernel) {
    case REEL__K_fill: return constant(f, a[0]);
    case REEL__K_copy: return v[1];
    case REEL__K_cast:
        return st->operand[0].dtype == REEL_BOOL
                   ? reel__flat_emit(f, REEL__K_ne, v[1], constant(f, 0), 0)
                   : v[1];
    case REEL__K_affine: return affine(f, v[1], a[0], a[1]);
    default: break;
    }
    if (st->operands == 3)
        return two(f, st->kernel, v[1], v[2]);
    if (a) {
        v[2] = constant(f, a[0]);
        v[3] = constant(f, a[1]);
    }
    return reel__flat_emit(f, st->kernel, v[1], v[2], v[3]);
}

static void unroll_elementwise(reel__flattener *f, const reel__step *st)
{
    static const reel__walk origin;
    if (st->ndim == 0) { /* the usual case, which costs little */
        write(f, &st->operand[0], 0, point(f, st, &origin));
        return;
    }
    reel__task t = axes_of(st, 0, st->ndim);
    reel__walk w;
    int64_t n = reel__points(&t, 0, t.ndim);
    if (n > 0)
        reel__walk_to(&w, &t, t.ndim, st->operands - 1, 0);
    for (int64_t i = 0; i < n; i++) {
        write(f, &st->operand[0], w.at[0], point(f, st, &w));
        reel__walk_on(&w, st->operands - 1);
    }
}

/* ------------------------------------------------------------ sums over axes */

/* v[0..n) by one operation, from the first to the last. */
static uint16_t chain(reel__flattener *f, unsigned op, const uint16_t *v,
                      int64_t n)
{
    uint16_t sum = v[0];
    for (int64_t i = 1; i < n; i++)
        sum = reel__flat_emit(f, op, sum, v[i], 0);
    return sum;
}

/* x - m and its exponential, of a whole row; returns their sum. */
static uint16_t exponentials(reel__flattener *f, int64_t n, const uint16_t *x,
                             uint16_t m, uint16_t *d, uint16_t *e)
{
    for (int64_t i = 0; i < n; i++)
        d[i] = reel__flat_emit(f, REEL__K_sub, x[i], m, 0);
    for (int64_t i = 0; i < n; i++)
        e[i] = reel__flat_emit(f, REEL__K_exp, d[i], 0, 0);
    return chain(f, REEL__K_add, e, n);
}

/* An infinite or NaN largest is the result itself. */
static uint16_t logsumexp(reel__flattener *f, const uint16_t *x, int64_t n)
{
    uint16_t d[REEL__FLAT_POINTS], e[REEL__FLAT_POINTS];
    if (n == 0)
        return constant(f, -INFINITY);
    uint16_t m = chain(f, REEL__K_maximum, x, n);
    uint16_t sum = exponentials(f, n, x, m, d, e);
    uint16_t log = reel__flat_emit(f, REEL__K_log, sum, 0, 0);
    uint16_t y = reel__flat_emit(f, REEL__K_add, m, log, 0);
    uint16_t none = reel__flat_emit(f, REEL__K_sub, m, m, 0);
    uint16_t zero = constant(f, 0);
    uint16_t finite = reel__flat_emit(f, REEL__K_eq, none, zero, 0);
    return reel__flat_emit(f, REEL__K_where, finite, y, m);
}

static uint16_t reduced(reel__flattener *f, unsigned kernel, const uint16_t *x,
                        int64_t n)
{
    switch (kernel) {
    case REEL__K_sum:
        return n ? chain(f, REEL__K_add, x, n) : constant(f, 0);
    case REEL__K_max: return chain(f, REEL__K_maximum, x, n);
    case REEL__K_min: return chain(f, REEL__K_minimum, x, n);
    default: return logsumexp(f, x, n);
    }
}

static void softmax(reel__flattener *f, bool log, const uint16_t *x, int64_t n,
                    uint16_t *y)
{
    uint16_t d[REEL__FLAT_POINTS], e[REEL__FLAT_POINTS];
    if (n == 0)
        return;
    uint16_t m = chain(f, REEL__K_maximum, x, n);
    uint16_t sum = exponentials(f, n, x, m, d, e);
    if (log)
        sum = reel__flat_emit(f, REEL__K_log, sum, 0, 0);
    for (int64_t i = 0; i < n; i++)
        y[i] = log ? reel__flat_emit(f, REEL__K_sub, d[i], sum, 0)
                   : reel__flat_emit(f, REEL__K_div, e[i], sum, 0);
}

/* Reductions, and rows, whose result has the last axis too. */
static void unroll_reduced(reel__flattener *f, const reel__step *st)
{
    int kept = st->ndim - st->nred;
    bool rows = st->kernel == REEL__K_softmax ||
                st->kernel == REEL__K_log_softmax;
    reel__task outer = axes_of(st, 0, kept), inner = axes_of(st, kept, st->nred);
    int64_t n = reel__points(&inner, 0, inner.ndim);
    int64_t count = reel__points(&outer, 0, outer.ndim);
    uint16_t x[REEL__FLAT_POINTS] = {0}, y[REEL__FLAT_POINTS] = {0};
    reel__walk o, w;
    if (count > 0)
        reel__walk_to(&o, &outer, kept, 1, 0);
    for (int64_t j = 0; j < count; j++) {
        int64_t to[REEL__FLAT_POINTS] = {0};
        if (n > 0)
            reel__walk_to(&w, &inner, inner.ndim, 1, 0);
        for (int64_t i = 0; i < n; i++) {
            x[i] = read(f, &st->operand[1], o.at[1] + w.at[1]);
            to[i] = o.at[0] + w.at[0];
            reel__walk_on(&w, 1);
        }
        if (rows)
            softmax(f, st->kernel == REEL__K_log_softmax, x, n, y);
        else
            write(f, &st->operand[0], o.at[0], reduced(f, st->kernel, x, n));
        for (int64_t i = 0; rows && i < n; i++)
            write(f, &st->operand[0], to[i], y[i]);
        reel__walk_on(&o, 1);
    }
}

static uint16_t inner_product(reel__flattener *f, const reel__step *st,
                              int64_t at_a, int64_t at_b)
{
    int k = st->ndim - 2;
    reel__task t = axes_of(st, k, 1);
    uint16_t sum = 0;
    for (int64_t i = 0; i < t.dim[0]; i++) {
        uint16_t a = read(f, &st->operand[1], at_a + i * t.stride[1][0]);
        uint16_t b = read(f, &st->operand[2], at_b + i * t.stride[2][0]);
        sum = i ? reel__flat_emit(f, REEL__K_affine, a, b, sum)
                : two(f, REEL__K_mul, a, b);
    }
    return t.dim[0] > 0 ? sum : constant(f, 0);
}

static void unroll_matmul(reel__flattener *f, const reel__step *st)
{
    int rows = st->ndim - 2; /* batch axes and m */
    reel__task outer = axes_of(st, 0, rows), n = axes_of(st, st->ndim - 1, 1);
    int64_t count = reel__points(&outer, 0, rows);
    reel__walk w;
    if (count > 0)
        reel__walk_to(&w, &outer, rows, 2, 0);
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < n.dim[0]; j++) {
            uint16_t v = inner_product(f, st, w.at[1],
                                       w.at[2] + j * n.stride[2][0]);
            write(f, &st->operand[0], w.at[0] + j * n.stride[0][0], v);
        }
        reel__walk_on(&w, 2);
    }
}

/* ------------------------------------------------------------------ by index */

static void check(reel__flattener *f, const reel__step *st, uint16_t index)
{
    int64_t known;
    if (is_known_index(f, index, st->attributes->i[0], &known))
        return;
    reel__flat_emit(f, REEL__F_check, index, (uint16_t)st->check,
                    (uint16_t)(st->check >> 16));
    if (!f->failed) {
        f->code[f->count - 1].dst = (uint16_t)st->attributes->i[0];
        f->values--;
    }
}

/* The element of n that the index names, 0 where it names none. */
static uint16_t choose(reel__flattener *f, const reel__step *st, int64_t at,
                       uint16_t index)
{
    int64_t n = st->attributes->i[0], stride = st->attributes->i[1], known;
    uint16_t x[REEL__FLAT_POINTS], v = 0;
    if (is_known_index(f, index, n, &known))
        return read(f, &st->operand[1], at + known * stride);
    for (int64_t i = 0; i < n; i++)
        x[i] = read(f, &st->operand[1], at + i * stride);
    for (int64_t i = 0; i < n; i++)
        v = reel__flat_emit(f, i ? REEL__F_pick : REEL__F_place, index, x[i],
                            (uint16_t)i);
    return n > 0 ? v : constant(f, 0);
}

/* x where the index names, 0 elsewhere; added to what is there, or not. */
static void put(reel__flattener *f, const reel__step *st, int64_t at,
                uint16_t index, uint16_t x)
{
    const reel__operand *to = &st->operand[0];
    int64_t n = st->attributes->i[0], stride = st->attributes->i[1], known;
    bool is_known = is_known_index(f, index, n, &known);
    for (int64_t i = 0; i < n; i++) {
        uint16_t v;
        if (is_known)
            v = i == known ? x : constant(f, 0);
        else
            v = reel__flat_emit(f, REEL__F_place, index, x, (uint16_t)i);
        if (st->kernel == REEL__K_scatter_add)
            v = two(f, REEL__K_add, read(f, to, at + i * stride), v);
        write(f, to, at + i * stride, v);
    }
}

/* What scatter_add adds to: zeros in all of the result. */
static void zero_result(reel__flattener *f, const reel__step *st)
{
    const reel__operand *to = &st->operand[0];
    int64_t n = st->attributes->i[0], stride = st->attributes->i[1];
    int skip = (int)st->attributes->i[2];
    reel__task rest = axes_of(st, skip, st->ndim - skip);
    int64_t count = reel__points(&rest, 0, rest.ndim);
    reel__walk w;
    if (count > 0)
        reel__walk_to(&w, &rest, rest.ndim, 0, 0);
    for (int64_t j = 0; j < count; j++) {
        for (int64_t i = 0; i < n; i++)
            write(f, to, w.at[0] + i * stride, constant(f, 0));
        reel__walk_on(&w, 0);
    }
}

static void unroll_index(reel__flattener *f, const reel__step *st)
{
    int last = st->operands - 1;
    reel__task t = axes_of(st, 0, st->ndim);
    int64_t n = reel__points(&t, 0, t.ndim);
    reel__walk w;
    if (st->kernel == REEL__K_scatter_add)
        zero_result(f, st);
    if (n > 0)
        reel__walk_to(&w, &t, t.ndim, last, 0);
    for (int64_t i = 0; i < n; i++) {
        uint16_t index = read(f, &st->operand[last], w.at[last]);
        check(f, st, index);
        if (st->kernel == REEL__K_gather || st->kernel == REEL__K_pick)
            write(f, &st->operand[0], w.at[0],
                  choose(f, st, w.at[1], index));
        else
            put(f, st, w.at[0], index,
                last == 1 ? constant(f, 1)
                          : read(f, &st->operand[1], w.at[1]));
        reel__walk_on(&w, last);
    }
}

void reel__unroll(reel__flattener *f, const reel__step *st)
{
    if (st->kernel <= REEL__K_cast)
        unroll_elementwise(f, st);
    else if (st->kernel <= REEL__K_log_softmax)
        unroll_reduced(f, st);
    else if (st->kernel == REEL__K_matmul)
        unroll_matmul(f, st);
    else
        unroll_index(f, st);
}
