/* nn/optimizer.c: optimisers as graph.
 *
 * A row of the table says which options and moments an optimiser has and makes
 * a direction of a gradient; all else is the same for all of them.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "nn/names.h"
#include <reel/optim.h>

/* A step that is being recorded. */
typedef struct descent {
    const reel_optimizer *o;
    reel_node *steps; /* with this one, where they are counted */
    reel_node **list;
    size_t count;
} descent;

enum { M = 1, V = 2, COUNTS = 4, DECOUPLED = 8 };

typedef struct method {
    reel__choice choice;
    unsigned has; /* M, V: moments; COUNTS steps; DECOUPLED weight decay */
    reel_optimizer_options defaults; /* -1: takes none */
    /* Parameter i goes down by it; updates of moments are put on the list. */
    reel_node *(*direction)(descent *s, size_t i, reel_node *g);
} method;

struct reel_optimizer {
    reel_tape *tape;
    const method *method;
    reel_optimizer_options options;
    size_t count, states;
    reel_node **parameter, **m, **v, **state;
    reel_node *lr, *steps;
};

static void put(descent *s, reel_node *node)
{
    s->list[s->count++] = node;
}

/* Records what leaf becomes; returns that. */
static reel_node *becomes(descent *s, reel_node *leaf, reel_node *value)
{
    put(s, reel_assign(leaf, value));
    return value;
}

/* -------------------------------------------------------------- directions */

static reel_node *sgd(descent *s, size_t i, reel_node *g)
{
    (void)s;
    (void)i;
    return g;
}

/* mu m + g */
static reel_node *momentum(descent *s, size_t i, reel_node *g)
{
    reel_node *m = s->o->m[i];
    return becomes(s, m,
                   reel_add(reel_affine(m, s->o->options.momentum, 0), g));
}

static reel_node *nesterov(descent *s, size_t i, reel_node *g)
{
    reel_node *m = momentum(s, i, g);
    return reel_add(g, reel_affine(m, s->o->options.momentum, 0));
}

/* beta moment + (1 - beta) x */
static reel_node *decay(descent *s, reel_node *moment, double beta,
                        reel_node *x)
{
    return becomes(s, moment, reel_add(reel_affine(moment, beta, 0),
                                       reel_affine(x, 1 - beta, 0)));
}

/* g / (sqrt(v) + epsilon) */
static reel_node *scaled(const descent *s, reel_node *g, reel_node *v)
{
    return reel_div(g, reel_affine(reel_sqrt(v), 1, s->o->options.epsilon));
}

static reel_node *adagrad(descent *s, size_t i, reel_node *g)
{
    reel_node *v = s->o->v[i];
    return scaled(s, g, becomes(s, v, reel_add(v, reel_square(g))));
}

static reel_node *rmsprop(descent *s, size_t i, reel_node *g)
{
    reel_node *v =
        decay(s, s->o->v[i], s->o->options.beta2, reel_square(g));
    reel_node *d = scaled(s, g, v);
    return s->o->m ? momentum(s, i, d) : d;
}

/* 1 - beta^steps, without cancellation when beta is close to 1. */
static reel_node *bias(const descent *s, double beta, reel_dtype dtype)
{
    reel_node *steps = reel_cast(s->steps, dtype);
    return reel_neg(reel_expm1(reel_affine(steps, log(beta), 0)));
}

static reel_node *adam(descent *s, size_t i, reel_node *g)
{
    const reel_optimizer_options *o = &s->o->options;
    reel_dtype dtype = reel_dtype_of(s->o->parameter[i]);
    reel_node *m = decay(s, s->o->m[i], o->beta1, g);
    reel_node *v = decay(s, s->o->v[i], o->beta2, reel_square(g));
    return scaled(s, reel_div(m, bias(s, o->beta1, dtype)),
                  reel_div(v, bias(s, o->beta2, dtype)));
}

#define ROW(name, has, direction, ...) \
    {{name, REEL__TAKES_NOTHING, 0}, has, {__VA_ARGS__}, direction}
static const method methods[] = {
    /*                                  momentum, betas, epsilon */
    ROW("sgd", 0, sgd, -1, -1, -1, -1, 0, 0, 0),
    ROW("momentum", M, momentum, 0.9, -1, -1, -1, 0, 0, 0),
    ROW("nesterov", M, nesterov, 0.9, -1, -1, -1, 0, 0, 0),
    ROW("adagrad", V, adagrad, -1, -1, -1, 1e-10, 0, 0, 0),
    ROW("rmsprop", V, rmsprop, 0, -1, 0.99, 1e-8, 0, 0, 0),
    ROW("adam", M | V | COUNTS, adam, -1, 0.9, 0.999, 1e-8, 0, 0, 0),
    ROW("adamw", M | V | COUNTS | DECOUPLED, adam, -1, 0.9, 0.999, 1e-8, 0, 0,
        0),
};

/* ----------------------------------------------------------------- options */

#define FIELD(name, limit) \
    {#name, offsetof(reel_optimizer_options, name), limit}
static const struct field {
    const char *name;
    size_t at;
    double limit; /* 0 <= value < limit */
} fields[] = {
    FIELD(momentum, 1),     FIELD(beta1, 1),
    FIELD(beta2, 1),        FIELD(epsilon, INFINITY),
    FIELD(weight_decay, INFINITY), FIELD(clip_value, INFINITY),
    FIELD(clip_norm, INFINITY),
};

static double *field_of(reel_optimizer_options *o, const struct field *f)
{
    return (double *)(void *)((char *)o + f->at);
}

/* The defaults with what is given in place of them. */
static bool take_options(reel_tape *t, const method *m,
                         const reel_optimizer_options *given,
                         reel_optimizer_options *options)
{
    static const reel_optimizer_options none;
    reel_optimizer_options from = given ? *given : none;
    *options = m->defaults;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        double value = *field_of(&from, &fields[i]);
        double *to = field_of(options, &fields[i]);
        if (value != 0 && *to < 0)
            return reel__fail(t, REEL_EVALUE, m->choice.name, "takes no %s",
                              fields[i].name);
        if (!(value >= 0 && value < fields[i].limit))
            return reel__fail(t, REEL_EVALUE, m->choice.name,
                              "%s is %g: needs >= 0 and < %g", fields[i].name,
                              value, fields[i].limit);
        *to = value != 0 ? value : *to;
    }
    return true;
}

/* ------------------------------------------------------------------ states */

static reel_node *add_state(reel_optimizer *o, const char *name,
                            reel_dtype dtype, reel_shape shape)
{
    reel_node *s = reel_state(o->tape, name, dtype, shape, NULL);
    return o->state[o->states++] = s;
}

/* A moment of every parameter. */
static reel_node **add_moments(reel_optimizer *o, const char *what)
{
    char name[256];
    reel_node **moment =
        reel__arena_take(&o->tape->notes, o->count * sizeof *moment);
    if (!moment)
        return reel__no_memory(o->tape, "optimizer");
    for (size_t i = 0; i < o->count; i++) {
        const reel_node *p = o->parameter[i];
        const char *of = reel_name(p);
        snprintf(name, sizeof name, "%.240s%s%s", of, *of ? "." : "", what);
        moment[i] = add_state(o, name, reel_dtype_of(p), reel__shape_of(p));
    }
    return moment;
}

static bool give_states(reel_optimizer *o, double lr)
{
    o->lr = add_state(o, "lr", reel_dtype_of(o->parameter[0]), REEL_SCALAR);
    if (o->method->has & COUNTS)
        o->steps = add_state(o, "steps", REEL_I64, REEL_SCALAR);
    if (o->method->has & M || o->options.momentum > 0)
        o->m = add_moments(o, "m");
    if (o->method->has & V)
        o->v = add_moments(o, "v");
    return reel__usable(o->tape) &&
           reel_set_learning_rate(o, lr) == REEL_OK;
}

reel_optimizer *reel_optimizer_new(reel_nodes parameters, const char *name,
                                   double lr,
                                   const reel_optimizer_options *options)
{
    reel_tape *t = parameters.count ? reel_tape_of(parameters.node[0]) : NULL;
    reel_optimizer o = {.tape = t, .count = parameters.count};
    reel__chosen chosen;
    if (!reel__usable(t) ||
        !reel__are_parameters(t, "optimizer", parameters) ||
        !reel__choose(t, "optimizer", &REEL__CHOICES("optimizer", methods),
                      name, &chosen))
        return NULL;
    o.method = chosen.row;
    if (!take_options(t, o.method, options, &o.options))
        return NULL;
    size_t list = o.count * sizeof *o.parameter;
    reel_optimizer *kept = reel__arena_take(&t->notes, sizeof *kept);
    o.parameter = reel__arena_take(&t->notes, list);
    o.state = reel__arena_take(&t->notes, 2 * (list + sizeof *o.state));
    if (!kept || !o.parameter || !o.state)
        return reel__no_memory(t, "optimizer");
    memcpy(o.parameter, parameters.node, list);
    if (!give_states(&o, lr))
        return NULL;
    *kept = o;
    return kept;
}

reel_status reel_set_learning_rate(reel_optimizer *o, double lr)
{
    if (!o)
        return REEL_EVALUE;
    if (!isfinite(lr)) {
        reel__fail(o->tape, REEL_EVALUE, o->method->choice.name,
                   "learning rate is %g: needs a finite one", lr);
        return REEL_EVALUE;
    }
    reel__store(reel_dtype_of(o->lr), o->lr->value, 0, lr);
    return REEL_OK;
}

reel_node *reel_learning_rate(const reel_optimizer *o)
{
    return o ? o->lr : NULL;
}

reel_nodes reel_optimizer_states(const reel_optimizer *o)
{
    return o ? (reel_nodes){o->states, o->state} : (reel_nodes){0, NULL};
}

/* ------------------------------------------------------------------- steps */

/* The length of all gradients as one vector; what shortens them to at most
 * `most`. The constant keeps the quotient finite. */
static reel_node *shortening(const reel_optimizer *o, reel_node *const *g,
                             double most)
{
    reel_dtype dtype = reel_dtype_of(o->parameter[0]);
    reel_node *sum = NULL;
    for (size_t i = 0; i < o->count; i++) {
        reel_node *part = reel_cast(
            reel_sum(reel_square(g[i]), REEL_ALL, false), dtype);
        sum = i ? reel_add(sum, part) : part;
    }
    reel_node *length = reel_affine(reel_sqrt(sum), 1, 1e-6);
    return reel_clamp(reel_div(reel_scalar(o->tape, dtype, most), length), 0,
                      1);
}

static void clip(const reel_optimizer *o, reel_node **g)
{
    double value = o->options.clip_value;
    for (size_t i = 0; value > 0 && i < o->count; i++)
        g[i] = reel_clamp(g[i], -value, value);
    if (o->options.clip_norm > 0) {
        reel_node *by = shortening(o, g, o->options.clip_norm);
        for (size_t i = 0; i < o->count; i++)
            g[i] = reel_mul(g[i], reel_cast(by, reel_dtype_of(g[i])));
    }
}

/* x + w p */
static reel_node *decayed(const reel_optimizer *o, reel_node *x, reel_node *p)
{
    double w = o->options.weight_decay;
    return w > 0 ? reel_add(x, reel_affine(p, w, 0)) : x;
}

static void descend(descent *s, size_t i, reel_node *g)
{
    const reel_optimizer *o = s->o;
    reel_node *p = o->parameter[i];
    bool apart = (o->method->has & DECOUPLED) != 0;
    reel_node *d =
        o->method->direction(s, i, apart ? g : decayed(o, g, p));
    d = apart ? decayed(o, d, p) : d;
    becomes(s, p, reel_sub(p, reel_mul(d, reel_cast(o->lr,
                                                    reel_dtype_of(p)))));
}

static void record(descent *s, reel_node **g)
{
    const reel_optimizer *o = s->o;
    clip(o, g);
    if (o->steps)
        s->steps = becomes(s, o->steps,
                           reel_add(o->steps, reel_scalar(o->tape, REEL_I64,
                                                          1)));
    for (size_t i = 0; i < o->count; i++)
        descend(s, i, g[i]);
}

reel_nodes reel_minimize(reel_optimizer *o, reel_node *loss, reel_nodes also)
{
    const reel_nodes none = {0, NULL};
    if (!loss || !reel__usable(loss->tape))
        return none;
    reel_tape *t = loss->tape;
    if (!o || o->tape != t) {
        reel__fail(t, REEL_EVALUE, "minimize", "no optimizer of this tape");
        return none;
    }
    size_t most = also.count + 1 + 3 * o->count; /* gradients stand behind */
    descent s = {.o = o,
                 .list = reel__arena_take(&t->notes, (most + o->count) *
                                                         sizeof *s.list)};
    reel_node **g = s.list ? s.list + most : NULL;
    if (!g)
        reel__no_memory(t, "minimize");
    else if (reel_gradients(loss, (reel_nodes){o->count, o->parameter}, g) ==
             REEL_OK) {
        for (size_t i = 0; i < also.count; i++)
            put(&s, also.node[i]);
        record(&s, g);
    }
    return reel__usable(t) ? (reel_nodes){s.count, s.list} : none;
}

reel_optimizer *reel_location_leave_optimizer(reel_optimizer *optimizer)
{
    reel_location_leave(NULL);
    return optimizer;
}
