/* test_optim.c: optimisers and schedules against PyTorch's numbers
 * (optimizer_values.h, made by reference/optimizer_values.py) and against their
 * update rules in long double.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include <reel.h>

#include "optimizer_values.h"
#include "support.h"

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

#define NO_OPTIONS {.momentum = 0}

static reel_tape *t;

static void setup(void)
{
    t = reel_tape_new();
}

static void teardown(void)
{
    reel_tape_free(t);
}

static reel_node *ramp(bool parameter, reel_shape shape, double phase)
{
    double v[12];
    for (int i = 0; i < (int)reel_shape_count(shape); i++)
        v[i] = sin(1.7 * i + phase);
    return parameter ? reel_parameter(t, "p", REEL_F64, shape, v)
                     : reel_constant(t, REEL_F64, shape, v);
}

/* ----------------------------------------------------------------- PyTorch */

enum { STEPS = 6, NUMBERS = 9 };

static const struct {
    const char *name;
    double lr;
    reel_optimizer_options options;
    const double *values;
    bool cosine; /* rate */
} torch[] = {
    {"sgd", 0.5, NO_OPTIONS, torch_sgd, false},
    {"sgd", 0.5, {.weight_decay = 0.1}, torch_sgd_decay, false},
    {"sgd", 0.5, {.clip_norm = 0.25}, torch_sgd_norm, false},
    {"sgd", 0.5, {.clip_value = 0.05}, torch_sgd_value, false},
    {"sgd", 0.5, NO_OPTIONS, torch_sgd_cosine, true},
    {"momentum", 0.2, NO_OPTIONS, torch_momentum, false},
    {"momentum", 0.2, {.momentum = 0.8, .weight_decay = 0.1},
     torch_momentum_decay, false},
    {"nesterov", 0.2, NO_OPTIONS, torch_nesterov, false},
    {"adagrad", 0.1, NO_OPTIONS, torch_adagrad, false},
    {"rmsprop", 0.01, NO_OPTIONS, torch_rmsprop, false},
    {"rmsprop", 0.01, {.momentum = 0.5, .beta2 = 0.9, .epsilon = 1e-3},
     torch_rmsprop_momentum, false},
    {"adam", 0.05, NO_OPTIONS, torch_adam, false},
    {"adam", 0.05, {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-4,
                    .weight_decay = 0.1},
     torch_adam_decay, false},
    {"adam", 0.05, {.clip_norm = 0.25}, torch_adam_norm, false},
    {"adamw", 0.05, {.weight_decay = 0.1}, torch_adamw, false},
};

/* Each step, fused and plain. */
START_TEST(test_torch)
{
    int i = _i / 2;
    reel_node *x = ramp(false, REEL_SHAPE(4, 2), 0.5);
    reel_node *target = ramp(false, REEL_SHAPE(4, 3), 1.9);
    reel_node *w = ramp(true, REEL_SHAPE(2, 3), 0.1);
    reel_node *b = ramp(true, REEL_SHAPE(3), 2.5);
    reel_node *y = reel_tanh(reel_add(reel_matmul(x, w), b));
    reel_node *loss = reel_loss(y, target, "mse");
    reel_optimizer *o = reel_optimizer_new(REEL_NODES(w, b), torch[i].name,
                                           torch[i].lr, &torch[i].options);
    reel_program *p = reel_compile_with(
        t, reel_minimize(o, loss, REEL_NODES(loss)),
        _i % 2 ? REEL_COMPILE_PLAIN : 0);
    assert_ok(t);
    for (int step = 0; step < STEPS; step++) {
        if (torch[i].cosine)
            reel_set_learning_rate(o, torch[i].lr *
                                          reel_cosine(step, STEPS, 0));
        ck_assert_int_eq(reel_run(p), REEL_OK);
        for (int k = 0; k < NUMBERS; k++) {
            double got = k < 6 ? value_at(w, k) : value_at(b, k - 6);
            double want = torch[i].values[step * NUMBERS + k];
            if (!(fabs(got - want) <= 1e-13))
                ck_abort_msg("%s (%d), step %d: %d is %.17g, not %.17g",
                             torch[i].name, i, step + 1, k, got, want);
        }
    }
    reel_program_free(p);
}
END_TEST

static double step_decay(int64_t i)
{
    return reel_step_decay(i, 3, 0.5);
}

static double cosine(int64_t i)
{
    return reel_cosine(i, 8, 0.1);
}

static double warm_up(int64_t i)
{
    return reel_warm_up(i, 5);
}

static double one_cycle(int64_t i)
{
    return reel_one_cycle(i, 20);
}

static void check_rates(const char *name, const double *values, int count,
                        double rate(int64_t step))
{
    for (int i = 0; i < count; i++)
        ck_assert_msg(fabs(rate(i) - values[i]) <= 1e-15, "%s, %d: %.17g, not "
                      "%.17g", name, i, rate(i), values[i]);
}

START_TEST(test_schedules)
{
    check_rates("step", torch_step_decay, COUNT(torch_step_decay), step_decay);
    check_rates("cosine", torch_cosine, COUNT(torch_cosine), cosine);
    check_rates("warm-up", torch_warm_up, COUNT(torch_warm_up), warm_up);
    check_rates("one cycle", torch_one_cycle, COUNT(torch_one_cycle),
                one_cycle);

    reel_plateau p = {.factor = 0.5, .patience = 1, .threshold = 0.01};
    for (int i = 0; i < COUNT(torch_plateau); i++)
        ck_assert(reel_plateau_next(&p, torch_plateau_losses[i]) ==
                  torch_plateau[i]);
    ck_assert(p.rate < 1); /* it did fall */
}
END_TEST

/* Beyond the end, and where there is nothing to divide. */
START_TEST(test_schedules_ends)
{
    ck_assert(reel_cosine(100, 8, 0.25) == 0.25);
    ck_assert(reel_cosine(-1, 8, 0.25) == 1);
    ck_assert(reel_cosine(0, 0, 0.25) == 1);
    ck_assert(reel_warm_up(100, 8) == 1);
    ck_assert(reel_warm_up(0, 0) == 1);
    ck_assert(reel_step_decay(-5, 3, 0.5) == 1);
    ck_assert(reel_step_decay(3, 0, 0.5) == 0.125);
    ck_assert(reel_one_cycle(100, 20) == reel_one_cycle(19, 20));
    for (int64_t steps = 0; steps < 4; steps++)
        for (int64_t i = 0; i < 4; i++) {
            double rate = reel_one_cycle(i, steps);
            ck_assert(rate >= 1 / 25e4 * 0.999 && rate <= 1);
        }
}
END_TEST

/* ------------------------------------------------------------ update rules */

/* One number p with gradient a p + c, as published. */
typedef struct ideal {
    long double p, m, v;
    int step;
} ideal;

typedef struct settings {
    long double lr, mu, beta1, beta2, epsilon, decay;
} settings;

typedef void rule(ideal *x, long double g, const settings *s);

static void sgd(ideal *x, long double g, const settings *s)
{
    x->p -= s->lr * (g + s->decay * x->p);
}

static void momentum(ideal *x, long double g, const settings *s)
{
    x->m = s->mu * x->m + g + s->decay * x->p;
    x->p -= s->lr * x->m;
}

/* I. Sutskever et al., ICML 2013, equations 3 and 4, where the gradient is
 * taken ahead of theta; x->p is that place, theta + mu v. */
static void nesterov(ideal *x, long double g, const settings *s)
{
    long double theta = x->p - s->mu * x->v;
    long double v = s->mu * x->v - s->lr * (g + s->decay * x->p);
    x->v = v;
    x->p = theta + v + s->mu * v;
}

static void adagrad(ideal *x, long double g, const settings *s)
{
    g += s->decay * x->p;
    x->v += g * g;
    x->p -= s->lr * g / (sqrtl(x->v) + s->epsilon);
}

static void rmsprop(ideal *x, long double g, const settings *s)
{
    g += s->decay * x->p;
    x->v = s->beta2 * x->v + (1 - s->beta2) * g * g;
    x->m = s->mu * x->m + g / (sqrtl(x->v) + s->epsilon);
    x->p -= s->lr * x->m;
}

static long double adam_direction(ideal *x, long double g, const settings *s)
{
    x->step++;
    x->m = s->beta1 * x->m + (1 - s->beta1) * g;
    x->v = s->beta2 * x->v + (1 - s->beta2) * g * g;
    long double m = x->m / (1 - powl(s->beta1, x->step));
    long double v = x->v / (1 - powl(s->beta2, x->step));
    return m / (sqrtl(v) + s->epsilon);
}

static void adam(ideal *x, long double g, const settings *s)
{
    x->p -= s->lr * adam_direction(x, g + s->decay * x->p, s);
}

static void adamw(ideal *x, long double g, const settings *s)
{
    long double d = adam_direction(x, g, s);
    x->p -= s->lr * d + s->lr * s->decay * x->p;
}

static const struct {
    const char *name;
    rule *rule;
    settings s;
    reel_optimizer_options o;
} ideals[] = {
    {"sgd", sgd, {.lr = 0.1}, NO_OPTIONS},
    {"sgd", sgd, {.lr = 0.1, .decay = 0.25}, {.weight_decay = 0.25}},
    {"momentum", momentum, {.lr = 0.02, .mu = 0.9}, NO_OPTIONS},
    {"momentum", momentum, {.lr = 0.02, .mu = 0.5, .decay = 0.25},
     {.momentum = 0.5, .weight_decay = 0.25}},
    {"nesterov", nesterov, {.lr = 0.02, .mu = 0.9}, NO_OPTIONS},
    {"nesterov", nesterov, {.lr = 0.02, .mu = 0.5, .decay = 0.25},
     {.momentum = 0.5, .weight_decay = 0.25}},
    {"adagrad", adagrad, {.lr = 0.1, .epsilon = 1e-10}, NO_OPTIONS},
    {"adagrad", adagrad, {.lr = 0.1, .epsilon = 0.125, .decay = 0.25},
     {.epsilon = 0.125, .weight_decay = 0.25}},
    {"rmsprop", rmsprop, {.lr = 0.01, .beta2 = 0.99, .epsilon = 1e-8},
     NO_OPTIONS},
    {"rmsprop", rmsprop,
     {.lr = 0.01, .mu = 0.5, .beta2 = 0.75, .epsilon = 0.125, .decay = 0.25},
     {.momentum = 0.5, .beta2 = 0.75, .epsilon = 0.125,
      .weight_decay = 0.25}},
    {"adam", adam,
     {.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8}, NO_OPTIONS},
    {"adam", adam,
     {.lr = 0.01, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.125,
      .decay = 0.25},
     {.beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.125, .weight_decay = 0.25}},
    {"adamw", adamw,
     {.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8,
      .decay = 0.25},
     {.weight_decay = 0.25}},
};

/* Many steps on sum(a p^2 / 2 + c p), whose gradient is a p + c. */
START_TEST(test_rules)
{
    enum { N = 5, MANY = 200 };
    static const double a[N] = {0.5, 1, 2, 3, 0.125};
    static const double c[N] = {1, -1, 0.5, -3, 0.25};
    static const double start[N] = {1, 2, -1, 0.25, -3};
    reel_node *p = reel_parameter(t, "p", REEL_F64, REEL_SHAPE(N), start);
    reel_node *steep = reel_constant(t, REEL_F64, REEL_SHAPE(N), a);
    reel_node *slope = reel_constant(t, REEL_F64, REEL_SHAPE(N), c);
    reel_node *half = reel_affine(reel_square(p), 0.5, 0);
    reel_node *loss = reel_sum(reel_add(reel_mul(steep, half),
                                        reel_mul(slope, p)), REEL_ALL, false);
    reel_optimizer *o = reel_optimizer_new(REEL_NODES(p), ideals[_i].name,
                                           (double)ideals[_i].s.lr,
                                           &ideals[_i].o);
    reel_program *program =
        reel_compile(t, reel_minimize(o, loss, REEL_NODES(loss)));
    ideal x[N] = {{0}};
    settings s = ideals[_i].s;
    assert_ok(t);
    s.lr = (double)s.lr; /* as it is handed over */
    s.mu = (double)s.mu, s.beta1 = (double)s.beta1, s.beta2 = (double)s.beta2;
    s.epsilon = (double)s.epsilon;
    for (int i = 0; i < N; i++)
        x[i].p = start[i];
    for (int step = 1; step <= MANY; step++) {
        ck_assert_int_eq(reel_run(program), REEL_OK);
        for (int i = 0; i < N; i++) {
            ideals[_i].rule(&x[i], a[i] * x[i].p + c[i], &s);
            double got = value_at(p, i), want = (double)x[i].p;
            if (!(fabs(got - want) <= 1e-12))
                ck_abort_msg("%s, step %d: %d is %.17g, not %.17g",
                             ideals[_i].name, step, i, got, want);
        }
    }
    reel_program_free(program);
}
END_TEST

/* ------------------------------------------------------------------ states */

/* A batch of the problem above; two graphs of it share parameters. */
static reel_node *loss_of(reel_node *w, double phase)
{
    reel_node *x = ramp(false, REEL_SHAPE(4, 2), phase);
    return reel_mean(reel_square(reel_tanh(reel_matmul(x, w))), REEL_ALL,
                     false);
}

/* Two programs of one optimiser go on where the other has stopped. */
START_TEST(test_two_graphs)
{
    reel_node *w[2];
    double found[2][6];
    for (int two = 0; two < 2; two++) {
        w[two] = ramp(true, REEL_SHAPE(2, 3), 0.1);
        reel_optimizer *o =
            reel_optimizer_new(REEL_NODES(w[two]), "adam", 0.1, NULL);
        reel_nodes none = {0, NULL};
        reel_program *p[2];
        for (int i = 0; i < 2; i++)
            p[i] = reel_compile(t, reel_minimize(o, loss_of(w[two], 0.5),
                                                 none));
        assert_ok(t);
        for (int i = 0; i < 7; i++)
            ck_assert_int_eq(reel_run(p[two ? i % 2 : 0]), REEL_OK);
        memcpy(found[two], reel_data(w[two]), sizeof *found);
        reel_program_free(p[0]);
        reel_program_free(p[1]);
    }
    ck_assert(memcmp(found[0], found[1], sizeof *found) == 0);
}
END_TEST

START_TEST(test_states)
{
    static const char *const names[] = {"lr", "steps", "p.m", "m", "p.v", "v"};
    reel_node *w = ramp(true, REEL_SHAPE(2, 3), 0.1);
    reel_node *b = reel_parameter(t, NULL, REEL_F64, REEL_SHAPE(3), NULL);
    reel_optimizer *o = reel_optimizer_new(REEL_NODES(w, b), "adam", 0.1,
                                           NULL);
    reel_nodes s = reel_optimizer_states(o);
    ck_assert_uint_eq(s.count, 6);
    for (int i = 0; i < 6; i++) {
        ck_assert_str_eq(reel_name(s.node[i]), names[i]);
        ck_assert_str_eq(reel_op_name(s.node[i]), "state");
    }
    ck_assert_ptr_eq(s.node[0], reel_learning_rate(o));
    ck_assert(reel_item(s.node[0]) == 0.1);
    ck_assert_int_eq(reel_set_learning_rate(o, 0.25), REEL_OK);
    ck_assert(reel_item(s.node[0]) == 0.25);
    ck_assert_int_eq(reel_count(s.node[2]), 6);
    ck_assert_int_eq(reel_count(s.node[5]), 3);

    /* Set back, they make the same steps again: what a checkpoint needs. */
    reel_node *y = reel_add(loss_of(w, 0.5), reel_sum(reel_square(b), REEL_ALL,
                                                      false));
    reel_program *p = reel_compile(t, reel_minimize(o, y, REEL_NODES(y)));
    double kept[6][6], start[6], after[6];
    assert_ok(t);
    reel_run(p);
    for (int i = 0; i < 6; i++)
        memcpy(kept[i], reel_data(s.node[i]), reel_bytes(s.node[i]));
    memcpy(start, reel_data(w), sizeof start);
    reel_run(p);
    memcpy(after, reel_data(w), sizeof after);
    ck_assert(memcmp(start, after, sizeof start) != 0);
    for (int i = 0; i < 6; i++)
        reel_set(s.node[i], kept[i]);
    reel_set(w, start);
    reel_run(p);
    ck_assert(memcmp(reel_data(w), after, sizeof after) == 0);
    reel_program_free(p);
}
END_TEST

/* f32 and f64 parameters in one loss: the states are each of its parameter's
 * dtype, and all gradients count in the norm. */
START_TEST(test_mixed_dtypes)
{
    reel_node *a = reel_parameter(t, "a", REEL_F32, REEL_SHAPE(1),
                                  (float[]){3});
    reel_node *b = reel_parameter(t, "b", REEL_F64, REEL_SHAPE(1),
                                  (double[]){4});
    reel_node *both = reel_add(reel_cast(reel_square(a), REEL_F64),
                               reel_square(b));
    reel_node *loss = reel_sum(both, REEL_ALL, false);
    reel_optimizer *o = reel_optimizer_new(
        REEL_NODES(a, b), "sgd", 1,
        &(reel_optimizer_options){.clip_norm = 5});
    reel_program *p = reel_compile(t, reel_minimize(o, loss, REEL_NODES(loss)));
    assert_ok(t);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_values(a, 1e-6, 0); /* (6, 8) shortened to (3, 4) */
    assert_values(b, 1e-6, 0);
    reel_program_free(p);

    o = reel_optimizer_new(REEL_NODES(a, b), "adamw", 1,
                           &(reel_optimizer_options){.weight_decay = 0.5});
    p = reel_compile(t, reel_minimize(o, loss, REEL_NODES(loss)));
    assert_ok(t);
    ck_assert_int_eq(reel_dtype_of(reel_learning_rate(o)), REEL_F32);
    reel_set(a, (float[]){3});
    reel_set(b, (double[]){4});
    ck_assert_int_eq(reel_run(p), REEL_OK);
    assert_values(a, 1e-6, 0.5); /* 3 - 1.5 - 1 */
    assert_values(b, 1e-6, 1);
    reel_program_free(p);
}
END_TEST

/* What was asked for stands before the updates. */
START_TEST(test_list)
{
    reel_node *w = ramp(true, REEL_SHAPE(2, 3), 0.1), *loss = loss_of(w, 0.5);
    reel_optimizer *o = reel_optimizer_new(reel_parameters(REEL_NODES(loss)),
                                           "momentum", 0.1, NULL);
    reel_nodes all = reel_minimize(o, loss, REEL_NODES(loss, w));
    ck_assert_uint_eq(all.count, 4);
    ck_assert_ptr_eq(all.node[0], loss);
    ck_assert_ptr_eq(all.node[1], w);
    ck_assert_str_eq(reel_op_name(all.node[2]), "assign");
    ck_assert_str_eq(reel_op_name(all.node[3]), "assign");
}
END_TEST

/* ---------------------------------------------------------------- mistakes */

#define LIST "sgd, momentum, nesterov, adagrad, rmsprop, adam and adamw"

/* A call that makes a mistake, on one line, which its error has. */
static int line;
static const void *made;
#define TRY(call) (line = __LINE__, made = (call))
#define SAYS(status, ...) \
    says(__LINE__, status, support_format(__VA_ARGS__))

static void says(int here, reel_status status, const char *message)
{
    ck_assert_msg(made == NULL, "line %d: made something", here);
    support_error(t, status, __FILE__, here, "%s:%d: %s", __FILE__, line,
                  message);
}
#define NEW(name, lr, ...)                         \
    reel_optimizer_new(REEL_NODES(w), name, lr,    \
                       &(reel_optimizer_options){__VA_ARGS__})

START_TEST(test_mistakes)
{
    reel_node *w = ramp(true, REEL_SHAPE(2, 3), 0.1), *loss = loss_of(w, 0.5);
    TRY(NEW("adan", 1, .beta1 = 0));
    SAYS(REEL_EVALUE, "optimizer: no optimizer 'adan': there are " LIST);
    TRY(NEW(NULL, 1, .beta1 = 0));
    SAYS(REEL_EVALUE, "optimizer: no optimizer '': there are " LIST);
    TRY(NEW("adam(1)", 1, .beta1 = 0));
    SAYS(REEL_EVALUE, "optimizer: optimizer 'adam(1)': adam takes no argument");
    TRY(NEW("sgd", NAN, .beta1 = 0));
    SAYS(REEL_EVALUE, "sgd: learning rate is nan: needs a finite one");
    TRY(NEW("sgd", 1, .momentum = 0.5));
    SAYS(REEL_EVALUE, "sgd: takes no momentum");
    TRY(NEW("adam", 1, .momentum = 0.5));
    SAYS(REEL_EVALUE, "adam: takes no momentum");
    TRY(NEW("momentum", 1, .beta1 = 0.5));
    SAYS(REEL_EVALUE, "momentum: takes no beta1");
    TRY(NEW("adagrad", 1, .beta2 = 0.5));
    SAYS(REEL_EVALUE, "adagrad: takes no beta2");
    TRY(NEW("nesterov", 1, .epsilon = 0.5));
    SAYS(REEL_EVALUE, "nesterov: takes no epsilon");
    TRY(NEW("adam", 1, .beta1 = 1));
    SAYS(REEL_EVALUE, "adam: beta1 is 1: needs >= 0 and < 1");
    TRY(NEW("rmsprop", 1, .momentum = -0.5));
    SAYS(REEL_EVALUE, "rmsprop: momentum is -0.5: needs >= 0 and < 1");
    TRY(NEW("sgd", 1, .weight_decay = -1));
    SAYS(REEL_EVALUE, "sgd: weight_decay is -1: needs >= 0 and < inf");
    TRY(NEW("sgd", 1, .clip_norm = NAN));
    SAYS(REEL_EVALUE, "sgd: clip_norm is nan: needs >= 0 and < inf");
    TRY(NEW("sgd", 1, .clip_value = INFINITY));
    SAYS(REEL_EVALUE, "sgd: clip_value is inf: needs >= 0 and < inf");
    reel_nodes two = REEL_NODES(w, loss);
    TRY(reel_optimizer_new(two, "sgd", 1, NULL));
    SAYS(REEL_EVALUE,
         "optimizer: node 1 of the list is no parameter of this tape");
    TRY(reel_minimize(NULL, loss, REEL_NODES(loss)).node);
    SAYS(REEL_EVALUE, "minimize: no optimizer of this tape");

    reel_optimizer *o = NEW("sgd", 1, .beta1 = 0);
    TRY(reel_minimize(o, w, REEL_NODES(loss)).node);
    SAYS(REEL_EGRAD, "%s", strstr(reel_message(t), "gradient"));
    ck_assert_int_eq(reel_set_learning_rate(o, INFINITY), REEL_EVALUE);
    assert_error(t, REEL_EVALUE, "sgd: learning rate is inf: needs a finite "
                 "one");
    ck_assert(reel_item(reel_learning_rate(o)) == 1);
}
END_TEST

START_TEST(test_null)
{
    reel_node *w = ramp(true, REEL_SHAPE(2, 3), 0.1), *loss = loss_of(w, 0.5);
    reel_optimizer *o = reel_optimizer_new(REEL_NODES(w), "sgd", 1, NULL);
    ck_assert_ptr_null(reel_optimizer_new((reel_nodes){0, NULL}, "sgd", 1,
                                          NULL));
    ck_assert_ptr_null(reel_optimizer_new(REEL_NODES(w, NULL), "sgd", 1,
                                          NULL));
    ck_assert_uint_eq(reel_minimize(o, NULL, REEL_NODES(w)).count, 0);
    ck_assert_int_eq(reel_set_learning_rate(NULL, 1), REEL_EVALUE);
    ck_assert_ptr_null(reel_learning_rate(NULL));
    ck_assert_uint_eq(reel_optimizer_states(NULL).count, 0);
    assert_ok(t);
    reel_neg(reel_gt(w, w)); /* from here on nothing is recorded */
    size_t nodes = reel_tape_count(t);
    ck_assert_uint_eq(reel_minimize(o, loss, REEL_NODES(loss)).count, 0);
    ck_assert_ptr_null(reel_optimizer_new(REEL_NODES(w), "sgd", 1, NULL));
    ck_assert_uint_eq(reel_tape_count(t), nodes);
}
END_TEST

/* Each allocation fails once: an error, and all memory comes back. */
START_TEST(test_no_memory)
{
    bool done = false;
    reel_tape *own = t;
    for (size_t n = 0; !done; n++) {
        memory m;
        memory_init(&m);
        t = reel_tape_new_with(&m.allocator);
        memory_fail_after(&m, n);
        reel_node *w = ramp(true, REEL_SHAPE(2, 3), 0.1);
        reel_node *loss = loss_of(w, 0.5);
        reel_optimizer *o = reel_optimizer_new(REEL_NODES(w), "adam", 1, NULL);
        reel_nodes all = reel_minimize(o, loss, REEL_NODES(loss));
        done = m.failed == 0;
        ck_assert_uint_eq(all.count, done ? 5 : 0);
        ck_assert_int_eq(reel_status_of(t), done ? REEL_OK : REEL_ENOMEM);
        reel_tape_free(t);
        ck_assert_uint_eq(m.blocks, 0);
    }
    t = own;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optim");
    TCase *all = tcase_create("optimisers");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, test_torch, 0, 2 * COUNT(torch));
    tcase_add_test(all, test_schedules);
    tcase_add_test(all, test_schedules_ends);
    tcase_add_loop_test(all, test_rules, 0, COUNT(ideals));
    tcase_add_test(all, test_two_graphs);
    tcase_add_test(all, test_states);
    tcase_add_test(all, test_mixed_dtypes);
    tcase_add_test(all, test_list);
    tcase_add_test(all, test_mistakes);
    tcase_add_test(all, test_null);
    tcase_add_test(all, test_no_memory);
    suite_add_tcase(suite, all);
    return support_run(suite);
}
