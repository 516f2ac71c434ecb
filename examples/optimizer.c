/* examples/optimizer.c: SGD, momentum and Adam, written as graph. Moments are
 * states: they keep their values from run to run, and all programs share them.
 *
 * SPDX-License-Identifier: MIT */
#include "optimizer.h"

#include <math.h>
#include <string.h>

const char *const optimizer_names[] = {"sgd", "momentum", "adam", NULL};

optimizer optimizer_new(reel_tape *t, const char *name, double lr,
                        reel_nodes parameters)
{
    optimizer o = {.name = name, .lr = lr, .parameters = parameters};
    bool adam = strcmp(name, "adam") == 0;

    for (size_t i = 0; i < parameters.count; i++) {
        reel_dtype dtype = reel_dtype_of(parameters.node[i]);
        reel_shape shape = reel_shape_of(parameters.node[i]);

        if (strcmp(name, "sgd") != 0)
            o.m[i] = reel_state(t, "m", dtype, shape, NULL);
        if (adam)
            o.v[i] = reel_state(t, "v", dtype, shape, NULL);
    }
    if (adam)
        o.steps = reel_state(t, "steps", REEL_I64, REEL_SCALAR, NULL);
    return o;
}

/* p - lr d */
static reel_node *descend(reel_node *p, double lr, reel_node *d)
{
    return reel_assign(p, reel_sub(p, reel_affine(d, lr, 0)));
}

static size_t sgd(const optimizer *o, reel_node *const *g, reel_node **update)
{
    size_t n = 0;

    for (size_t i = 0; i < o->parameters.count; i++)
        update[n++] = descend(o->parameters.node[i], o->lr, g[i]);
    return n;
}

static size_t momentum(const optimizer *o, reel_node *const *g,
                       reel_node **update)
{
    size_t n = 0;

    for (size_t i = 0; i < o->parameters.count; i++) {
        reel_node *m = reel_add(reel_affine(o->m[i], 0.9, 0), g[i]);

        update[n++] = reel_assign(o->m[i], m);
        update[n++] = descend(o->parameters.node[i], o->lr, m);
    }
    return n;
}

/* beta moment + (1 - beta) x */
static reel_node *decay(reel_node *moment, double beta, reel_node *x)
{
    return reel_add(reel_affine(moment, beta, 0), reel_affine(x, 1 - beta, 0));
}

/* 1 - beta^step, without cancellation when beta is close to 1. */
static reel_node *bias(reel_node *step, double beta)
{
    return reel_neg(reel_expm1(reel_affine(step, log(beta), 0)));
}

static size_t adam(const optimizer *o, reel_node *const *g, reel_node **update)
{
    const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    reel_dtype dtype = reel_dtype_of(o->parameters.node[0]);
    reel_tape *t = reel_tape_of(o->parameters.node[0]);
    reel_node *steps = reel_add(o->steps, reel_scalar(t, REEL_I64, 1));
    reel_node *real = reel_cast(steps, dtype);
    reel_node *bias1 = bias(real, beta1), *bias2 = bias(real, beta2);
    size_t n = 0;

    update[n++] = reel_assign(o->steps, steps);
    for (size_t i = 0; i < o->parameters.count; i++) {
        reel_node *m = decay(o->m[i], beta1, g[i]);
        reel_node *v = decay(o->v[i], beta2, reel_square(g[i]));
        reel_node *root = reel_sqrt(reel_div(v, bias2));
        reel_node *d = reel_div(reel_div(m, bias1),
                                reel_affine(root, 1, epsilon));

        update[n++] = reel_assign(o->m[i], m);
        update[n++] = reel_assign(o->v[i], v);
        update[n++] = descend(o->parameters.node[i], o->lr, d);
    }
    return n;
}

size_t optimizer_step(const optimizer *o, reel_node *loss,
                      reel_node *update[MAX_UPDATES])
{
    reel_node *gradient[MAX_PARAMETERS];

    reel_gradients(loss, o->parameters, gradient);
    if (strcmp(o->name, "adam") == 0)
        return adam(o, gradient, update);
    if (strcmp(o->name, "momentum") == 0)
        return momentum(o, gradient, update);
    return sgd(o, gradient, update);
}
