/* grad/subject.c: a function with its derivatives, recorded and evaluated in
 * long double.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include <reel/random.h>
#include "grad/check.h"

/* Fixed point of 23 bits in the upper half of [0, 1). */
double reel__generic(uint64_t seed, uint64_t stream, uint64_t i)
{
    uint64_t bits = reel_random_bits(seed, stream, i);
    double size = 0.5 + (double)(bits >> 41) * 0x1p-24;
    return bits & 1 ? size : -size;
}

static bool take(reel__subject *s, void *to, size_t count, size_t bytes)
{
    void **place = to;
    if (count < SIZE_MAX / 2 / bytes)
        *place = reel__alloc_zeroed(&s->tape->allocator, (count + 1) * bytes);
    return *place || reel__no_memory(s->tape, "gradcheck");
}

/* --------------------------------------------------------------- recording */

/* A leaf beside another one; states may be of any dtype. */
static reel_node *leaf_like(const reel_node *x, const char *name)
{
    return reel_state(x->tape, name, (reel_dtype)x->dtype, reel__shape_of(x),
                      NULL);
}

static bool record_reverse(reel__subject *s, const reel__setup *setup)
{
    int64_t n = reel_count(s->y);
    if (n == 1 && !setup->vjp)
        return reel_gradients(s->y, s->xs, s->dx) == REEL_OK;
    s->cotangent = leaf_like(s->y, "v");
    if (!s->cotangent || !take(s, &s->v, (size_t)n, sizeof *s->v))
        return false;
    for (int64_t i = 0; i < n; i++) {
        double v = reel__generic(setup->seed, REEL__STREAM_COTANGENT,
                                 (uint64_t)i);
        s->v[i] = v;
        reel__store((reel_dtype)s->y->dtype, s->cotangent->value, i, v);
    }
    return reel_vjp(s->y, s->cotangent, s->xs, s->dx) == REEL_OK;
}

/* An op without a jvp leaves forward mode unasked. */
static bool record_forward(reel__subject *s)
{
    reel_tape *t = s->tape;
    for (size_t i = 0; i < s->xs.count; i++)
        if (!(s->u[i] = leaf_like(s->xs.node[i], "u")))
            return false;
    reel_mark mark = reel_tape_mark(t);
    s->dy = reel_jvp(s->y, s->xs, (reel_nodes){s->xs.count, s->u});
    if (t->status != REEL_EGRAD)
        return s->dy != NULL;
    memcpy(s->forward, t->message, sizeof s->forward - 1);
    s->dy = NULL;
    reel_tape_rewind(t, mark);
    return true;
}

/* -------------------------------------------------------------- evaluation */

static void give_values(reel__reference *r, const reel__setup *setup)
{
    for (size_t i = 0; i < setup->leaves.count; i++) {
        const reel__ref *value = &setup->value[i];
        size_t n = (size_t)reel_shape_count(value->shape);
        long double *data = reel__reference_data(r, setup->leaves.node[i]);
        if (data && n)
            memcpy(data, value->data, n * sizeof *data);
    }
}

static reel__reference *evaluate(reel_tape *t, reel_nodes roots,
                                 const reel__setup *setup)
{
    reel__reference *r = reel__reference_new(t, roots);
    if (!r)
        return NULL;
    give_values(r, setup);
    reel__reference_run(r);
    return r; /* after an error, too: it must be freed */
}

static void copy_rule(reel__subject *s)
{
    long double *to = s->rule;
    for (size_t i = 0; i < s->xs.count; i++) {
        size_t n = (size_t)reel_count(s->dx[i]);
        if (n)
            memcpy(to, reel__reference_data(s->rules, s->dx[i]),
                   n * sizeof *to);
        to += n;
    }
}

static bool compute(reel__subject *s)
{
    reel__runner r;
    if (!take(s, &s->computed, s->elements, sizeof *s->computed))
        return false;
    bool done = reel__runner_open(&r, s->tape,
                                  (reel_nodes){s->xs.count, s->dx}) &&
                reel__runner_run(&r);
    if (done)
        reel__runner_copy(&r, s->computed);
    reel__runner_close(&r);
    return done;
}

static bool evaluate_all(reel__subject *s, const reel__setup *setup)
{
    reel_tape *t = s->tape;
    reel_node **root = NULL;
    size_t n = s->xs.count;
    if (!take(s, &root, n + 1, sizeof *root))
        return false;
    memcpy(root, s->dx, n * sizeof *root);
    if (s->dy)
        root[n++] = s->dy;
    s->function = evaluate(t, (reel_nodes){1, &s->y}, setup);
    s->rules = s->function && t->status == REEL_OK
                   ? evaluate(t, (reel_nodes){n, root}, setup)
                   : NULL;
    reel__free(&t->allocator, root, (s->xs.count + 2) * sizeof *root);
    if (!s->rules || t->status != REEL_OK)
        return false;
    copy_rule(s);
    return true;
}

bool reel__subject_open(reel__subject *s, reel_node *y, reel_nodes xs,
                        const reel__setup *setup)
{
    *s = (reel__subject){.tape = y->tape, .y = y, .xs = xs};
    for (size_t i = 0; i < xs.count; i++)
        s->elements += (size_t)reel_count(xs.node[i]);
    return take(s, &s->dx, xs.count, sizeof *s->dx) &&
           take(s, &s->u, xs.count, sizeof *s->u) &&
           take(s, &s->rule, s->elements, sizeof *s->rule) &&
           record_reverse(s, setup) &&
           (!setup->forward || record_forward(s)) &&
           (!setup->run || compute(s)) && evaluate_all(s, setup);
}

void reel__subject_close(reel__subject *s)
{
    if (!s->tape)
        return;
    const reel_allocator *a = &s->tape->allocator;
    size_t n = s->xs.count + 1, values = (s->elements + 1) * sizeof *s->rule;
    reel__reference_free(s->function);
    reel__reference_free(s->rules);
    reel__free(a, s->v, ((size_t)reel_count(s->y) + 1) * sizeof *s->v);
    reel__free(a, s->dx, n * sizeof *s->dx);
    reel__free(a, s->u, n * sizeof *s->u);
    reel__free(a, s->rule, values);
    reel__free(a, s->computed, values);
    *s = (reel__subject){.tape = NULL};
}

/* ---------------------------------------------------------------- products */

/* The line's direction in the tangents. */
static void set_tangents(reel__subject *s, const reel__line *line)
{
    int64_t e = 0;
    for (size_t i = 0; i < s->xs.count; i++) {
        long double *u = reel__reference_data(s->rules, s->u[i]);
        int64_t n = reel_count(s->u[i]);
        for (int64_t k = 0; u && k < n; k++)
            u[k] = e + k >= line->from && e + k < line->to
                       ? reel__component(line->heading, e + k)
                       : 0;
        e += n;
    }
}

bool reel__forward(reel__subject *s, const reel__line *line,
                   long double *product)
{
    set_tangents(s, line);
    if (reel__reference_run(s->rules) != REEL_OK)
        return false;
    const long double *dy = reel__reference_data(s->rules, s->dy);
    *product = 0;
    for (int64_t i = 0; i < reel_count(s->dy); i++)
        *product += (s->v ? s->v[i] : 1) * dy[i];
    return true;
}

long double reel__reverse(const long double *slope, const reel__line *line)
{
    long double sum = 0;
    for (int64_t e = line->from; e < line->to; e++)
        sum += slope[e] * reel__component(line->heading, e);
    return sum;
}
