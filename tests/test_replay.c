/* test_replay.c: graphs that are recorded again after a rewind: what is the
 * same is taken over, what differs is made anew, and nobody can tell by the
 * values.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <reel.h>

#include "core/internal.h" /* after it, which keeps the locations */
#include "custom_ops.h"
#include "support.h"

static memory m;
static reel_tape *t;

static void setup(void)
{
    memory_init(&m);
    t = reel_tape_new_with(&m.allocator);
    ck_assert_ptr_nonnull(t);
}

static void teardown(void)
{
    reel_tape_free(t);
    ck_assert_uint_eq(m.blocks, 0);
    ck_assert_uint_eq(m.bytes, 0);
}

static reel_node *parameter(const char *name, double a, double b)
{
    return reel_parameter(t, name, REEL_F64, REEL_SHAPE(2),
                          (double[]){a, b});
}

static void rewind_to(reel_mark mark)
{
    ck_assert_int_eq(reel_tape_rewind(t, mark), REEL_OK);
}

/* All that was dropped has been recorded again, and nothing else. */
static void assert_all_again(void)
{
    ck_assert_uint_eq(t->count, t->recorded);
}

/* ------------------------------------------------------------ a whole step */

/* Records, differentiates, compiles, runs: broadcasting, promotion and
 * composites, an input and an assignment. What it gives is in out[]. */
enum { OUTPUTS = 4 };

typedef struct step {
    reel_node *w, *x, *out[OUTPUTS];
    reel_program *program;
} step;

static void record_step(step *s, int number)
{
    s->x = reel_input(t, "x", REEL_F64, REEL_SHAPE(3, 2));
    reel_node *two = reel_scalar(t, REEL_I32, 2); /* is cast and expanded */
    reel_node *y = reel_sub(reel_mul(s->x, s->w), two);
    reel_node *loss = reel_mse_loss(y, reel_tanh(y));
    reel_node *d = reel_gradient(loss, s->w);
    s->out[0] = loss;
    s->out[1] = d;
    s->out[2] = reel_assign(s->w, reel_sub(s->w, reel_affine(d, 0.5, 0)));
    s->out[3] = reel_jvp(loss, REEL_NODES(s->w), REEL_NODES(d));
    s->program = reel_compile(t, (reel_nodes){OUTPUTS, s->out});
    assert_ok(t);
    double n = number;
    reel_set(s->x, (double[]){n, 1, 2, n, 0.5, -1});
    ck_assert_int_eq(reel_run(s->program), REEL_OK);
}

START_TEST(test_same_again)
{
    step s = {.w = parameter("w", 1, -1)}, first = s;
    reel_mark mark = reel_tape_mark(t);
    size_t calls = 0;
    for (int i = 0; i < 6; i++) {
        record_step(&s, i);
        if (i == 0)
            first = s;
        if (i == 1) /* the second program is one to come again */
            calls = m.calls, first.program = s.program;
        for (int k = 0; k < OUTPUTS; k++)
            ck_assert_ptr_eq(s.out[k], first.out[k]);
        if (i > 0)
            ck_assert_ptr_eq(s.program, first.program);
        assert_all_again();

        /* The same on a tape of its own, from the same weights. */
        double w[2], d[2], loss, along;
        memcpy(w, reel_data(s.w), sizeof w);
        memcpy(d, reel_data(s.out[1]), sizeof d);
        loss = reel_item(s.out[0]);
        along = reel_item(s.out[3]);
        reel_tape *kept = t;
        size_t counted = m.calls;
        t = reel_tape_new();
        step fresh = {.w = parameter("w", w[0] + 0.5 * d[0],
                                     w[1] + 0.5 * d[1])};
        record_step(&fresh, i);
        assert_values(fresh.out[0], 1e-14, loss);
        assert_values(fresh.out[1], 1e-14, d[0], d[1]);
        assert_values(fresh.out[3], 1e-14, along);
        reel_program_free(fresh.program);
        reel_tape_free(t);
        t = kept;
        ck_assert_uint_eq(m.calls, counted);

        reel_program_free(s.program);
        rewind_to(mark);
    }
    ck_assert_uint_eq(m.calls, calls); /* nothing was allocated since */
}
END_TEST

/* Rules of the user's, sweeps of their own among them, are not asked again. */
START_TEST(test_custom_ops)
{
    const reel_custom_op *op = &swishes[_i];
    reel_node *w = parameter("w", 1, -1);
    reel_mark mark = reel_tape_mark(t);
    reel_node *first[3] = {NULL, NULL, NULL};
    size_t calls = 0;
    for (int i = 0; i < 5; i++) {
        double a = 0.5 * i, b = 1 - a;
        reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(2),
                                     (double[]){a, b});
        reel_node *y = reel_custom(op, REEL_NODES(reel_mul(x, w)));
        reel_node *d = reel_gradient(reel_sum(y, REEL_ALL, false), w);
        reel_node *along = reel_jvp(y, REEL_NODES(w), REEL_NODES(x));
        reel_program *p = reel_compile(t, REEL_NODES(y, d, along));
        assert_ok(t);
        ck_assert_int_eq(reel_run(p), REEL_OK);
        assert_values(y, 1e-14, a / (1 + exp(-a)), -b / (1 + exp(b)));
        assert_values(d, 1e-14, a * swish_slope(a), b * swish_slope(-b));
        assert_values(along, 1e-14, a * a * swish_slope(a),
                      b * b * swish_slope(-b));
        reel_node *got[] = {y, d, along};
        for (int k = 0; k < 3; k++) {
            ck_assert(i == 0 || got[k] == first[k]);
            first[k] = got[k];
        }
        assert_all_again();
        reel_program_free(p);
        rewind_to(mark);
        if (i == 2) /* the constants differed first in the second step */
            calls = m.calls;
    }
    ck_assert_uint_eq(m.calls, calls);
}
END_TEST

/* ------------------------------------------------- layers, optimisers again */

/* So many steps with an optimiser, each recorded anew after a rewind or one
 * program run again; fresh: with a layer that each recording makes, which
 * starts with the same weights and is not trained. */
static void train(int steps, bool rewinding, bool fresh, double *losses)
{
    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(2, 2),
                                 (double[]){1, 2, -1, 3});
    reel_node *target = reel_full(t, REEL_F64, REEL_SHAPE(2, 1), 0);
    reel_layer *first = reel_dense_layer(t, 3, "tanh", "he");
    reel_layer *last = reel_dense_layer(t, 1, "identity", "he");
    reel_apply(last, reel_apply(first, x)); /* now they have parameters */
    reel_node *all[] = {reel_layer_weight(first), reel_layer_bias(first),
                        reel_layer_weight(last), reel_layer_bias(last)};
    reel_optimizer *o =
        reel_optimizer_new((reel_nodes){4, all}, "adam", 0.1, NULL);
    assert_ok(t);
    reel_mark mark = reel_tape_mark(t);
    size_t calls = 0, notes = 0;
    reel_program *p = NULL;
    reel_node *loss = NULL;
    for (int i = 0; i < steps; i++) {
        if (rewinding || i == 0) {
            reel_node *h = fresh ? reel_dense(x, 3, "tanh", "he")
                                 : reel_apply(first, x);
            reel_node *y = reel_apply(last, h);
            loss = reel_loss(y, target, "mse");
            p = reel_compile(t, reel_minimize(o, loss, REEL_NODES(loss)));
        }
        assert_ok(t);
        ck_assert_int_eq(reel_run(p), REEL_OK);
        losses[i] = reel_item(loss);
        if (i == 2)
            calls = m.calls, notes = t->notes.used;
        if (i >= 2)
            ck_assert_uint_eq(t->notes.used, notes);
        if (rewinding) {
            assert_all_again();
            reel_program_free(p);
            rewind_to(mark);
        }
    }
    ck_assert_uint_eq(m.calls, calls);
    if (!rewinding)
        reel_program_free(p);
}

START_TEST(test_training)
{
    enum { STEPS = 8 };
    double once[STEPS], again[STEPS];
    bool fresh = _i;
    train(STEPS, true, fresh, again);
    reel_tape *kept = t;
    t = reel_tape_new_with(&m.allocator);
    train(STEPS, false, fresh, once);
    reel_tape_free(t);
    t = kept;
    for (int i = 0; i < STEPS; i++)
        ck_assert(once[i] == again[i]);
    ck_assert(again[STEPS - 1] < again[0]);
}
END_TEST

/* Leaves start anew, and so do values. */
START_TEST(test_values_start_anew)
{
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        reel_node *p = parameter("p", 1, 2);
        reel_node *large = reel_state(t, "s", REEL_F64, REEL_SHAPE(20), NULL);
        reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(2));
        reel_node *to = reel_assign(p, reel_add(p, x));
        reel_node *y = reel_mul(p, x);
        reel_node *more = reel_assign(large, reel_affine(large, 1, 1));
        reel_program *q = reel_compile(t, REEL_NODES(y, to, more));
        assert_values(p, 0, 1, 2);
        ck_assert_ptr_null(reel_data(x));
        ck_assert_ptr_null(reel_data(y));
        ck_assert_int_eq(reel_run(q), REEL_ESTATE);
        assert_error(t, REEL_ESTATE, "%s:%d: input x [2]: has no data: "
                     "reel_bind or reel_set it before the run", __FILE__,
                     reel_line(x));
        ck_assert_int_eq(reel_set(x, (double[]){5, i}), REEL_OK);
        ck_assert_int_eq(reel_run(q), REEL_OK);
        assert_values(p, 0, 6, 2 + i);
        assert_values(y, 0, 5, 2 * i);
        ck_assert_double_eq(value_at(large, 19), 1);
        assert_all_again();
        reel_program_free(q);
        ck_assert_ptr_null(reel_data(y));
        rewind_to(mark);
    }
}
END_TEST

/* --------------------------------------------------------------- constants */

/* Other data each time, in constants small and large; b begins as equal to a,
 * so that the two are one in the first program. */
START_TEST(test_constants_change)
{
    reel_node *x = parameter("x", 3, 5);
    reel_mark mark = reel_tape_mark(t);
    double data[40] = {0};
    size_t calls = 0;
    for (int i = 0; i < 6; i++) {
        reel_node *a = reel_scalar(t, REEL_F64, 1 + i);
        reel_node *b = reel_scalar(t, REEL_F64, 1 - i);
        reel_node *fixed = reel_scalar(t, REEL_F64, 10);
        data[39] = i;
        reel_node *c = reel_constant(t, REEL_F64, REEL_SHAPE(40), data);
        reel_node *sum = reel_sum(reel_square(c), REEL_ALL, false);
        reel_node *ab = reel_mul(reel_affine(a, 2, 0), reel_mul(b, fixed));
        reel_node *loss = reel_sum(reel_mul(x, reel_add(ab, sum)), REEL_ALL,
                                   false);
        reel_program *p = run_once(t, loss, reel_gradient(loss, x), ab);
        double is = 20.0 * (1 + i) * (1 - i);
        assert_values(ab, 0, is);
        assert_values(loss, 0, 8 * (is + i * i));
        assert_values(reel_gradient(loss, x), 0, is + i * i, is + i * i);
        assert_all_again();
        if (i == 2)
            calls = m.calls;
        reel_program_free(p);
        rewind_to(mark);
    }
    ck_assert_uint_eq(m.calls, calls); /* compiled when they first changed */

    /* NULL stands for zeros, which is another value, too. */
    reel_node *a = reel_scalar(t, REEL_F64, 0);
    rewind_to(mark);
    ck_assert_ptr_eq(reel_constant(t, REEL_F64, REEL_SCALAR, NULL), a);
    ck_assert(!a->leaf->varies || reel_item(a) == 0);
}
END_TEST

START_TEST(test_constant_becomes_zeros)
{
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        reel_node *c = reel_constant(t, REEL_F64, REEL_SHAPE(2),
                                     i < 2 ? (double[]){1, 2} : NULL);
        reel_node *y = reel_exp(c);
        reel_program *p = run_once(t, y);
        assert_values(y, 1e-14, exp(i < 2 ? 1 : 0), exp(i < 2 ? 2 : 0));
        reel_program_free(p);
        rewind_to(mark);
    }
}
END_TEST

/* ------------------------------------------------------------- differences */

/* A graph that a number decides on: where it forks, which shapes, attributes
 * and operands it has. Its outputs' values go to found[]. */
static int vary_graph(unsigned how, double *found)
{
    reel_node *x = parameter("x", 0.5, 2), *y = x, *d[2];
    if (how & 1)
        y = reel_exp(y);
    y = reel_affine(y, how & 2 ? 3 : 0.25, 1);
    reel_node *wide = reel_expand(y, how & 4 ? REEL_SHAPE(3, 2)
                                             : REEL_SHAPE(2, 2));
    if (how & 8)
        reel_set_name(wide, "wide");
    y = reel_sum(how & 16 ? reel_mul(wide, y) : reel_mul(wide, wide), REEL_ALL,
                 false);
    if (how & 32) { /* an error on the way */
        reel_node *bad = reel_add(y, reel_reshape(wide, REEL_SHAPE(7)));
        ck_assert_ptr_null(bad);
        ck_assert_int_eq(reel_status_of(t), REEL_ESHAPE);
        reel_clear_error(t);
    }
    d[0] = reel_gradient(y, how & 64 ? wide : x);
    d[1] = reel_gradient(reel_sum(d[0], REEL_ALL, false), x);
    if (how & 128)
        y = reel_sub(y, reel_scalar(t, REEL_F64, how & 256 ? 7 : 8));
    reel_node *out[] = {y, d[1], d[0]};
    reel_program *p = reel_compile_with(t, (reel_nodes){3, out},
                                        how & 512 ? REEL_COMPILE_PLAIN : 0);
    ck_assert_msg(p != NULL, "%s", reel_message(t));
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_str_eq(reel_name(wide), how & 8 ? "wide" : "");
    int n = 0;
    for (int k = 0; k < 3; k++)
        for (int64_t i = 0; i < reel_count(out[k]); i++)
            found[n++] = value_at(out[k], i);
    reel_program_free(p);
    return n;
}

/* Random walks over such graphs, a change or none at a time, on one tape and
 * each on a fresh one. */
START_TEST(test_changes)
{
    unsigned how = 0, random = 1;
    reel_mark mark = reel_tape_mark(t);
    for (size_t i = 0; i < support_scaled(3000, 300); i++) {
        double a[20], b[20];
        random = random * 1664525u + 1013904223u;
        if (random >> 30) /* three times out of four */
            how ^= 1u << (random >> 16) % 10;
        int n = vary_graph(how, a);
        rewind_to(mark);
        reel_tape *kept = t;
        t = reel_tape_new();
        ck_assert_int_eq(vary_graph(how, b), n);
        reel_tape_free(t);
        t = kept;
        if (memcmp(a, b, (size_t)n * sizeof *a) != 0)
            ck_abort_msg("step %zu: another value, how %u", i, how);
    }
}
END_TEST

/* What a call that differs drops is gone: its program, its blocks. */
START_TEST(test_difference_ends_it)
{
    reel_mark mark = reel_tape_mark(t);
    reel_node *x = reel_state(t, "x", REEL_F64, REEL_SHAPE(1000), NULL);
    reel_node *y = reel_exp(x);
    reel_program *p = run_once(t, y);
    rewind_to(mark);
    ck_assert_int_eq(reel_run(p), REEL_ESTATE);
    ck_assert_ptr_eq(reel_state(t, "x", REEL_F64, REEL_SHAPE(1000), NULL), x);
    ck_assert_int_eq(reel_run(p), REEL_ESTATE); /* not compiled again yet */
    ck_assert_uint_eq(t->recorded, 2);
    ck_assert_ptr_nonnull(reel_neg(x));
    assert_all_again();
    y = reel_exp(x);
    reel_program *q = run_once(t, y);
    ck_assert_double_eq(value_at(y, 999), 1);
    ck_assert_int_eq(reel_run(p), REEL_ESTATE);
    ck_assert_int_eq(reel_program_print(p, stdout), REEL_ESTATE);
    reel_program_free(p);
    reel_program_free(q);
    rewind_to(mark);
    size_t bytes = m.bytes;
    ck_assert_ptr_nonnull(reel_scalar(t, REEL_F64, 0));
    ck_assert_uint_le(m.bytes, bytes - 8000); /* x's */
}
END_TEST

/* ---------------------------------------------------------------- programs */

/* Of one graph, kept and freed at any time: each runs when it was compiled
 * since the last rewind. */
START_TEST(test_programs)
{
    reel_node *x = parameter("x", 1, 2);
    reel_mark mark = reel_tape_mark(t);
    reel_node *y = reel_square(x), *z = reel_neg(y);
    reel_program *py = run_once(t, y), *pz = run_once(t, z, y);
    reel_program *plain = run_plain(t, y), *other = run_once(t, y);
    ck_assert_ptr_ne(py, other); /* both in use */
    ck_assert_ptr_ne(py, plain);
    rewind_to(mark);
    reel_program_free(pz); /* after the rewind, and it is kept in mind */
    size_t calls = m.calls;
    ck_assert_ptr_eq(reel_square(x), y);
    ck_assert_int_eq(reel_run(py), REEL_ESTATE);
    ck_assert_ptr_null(reel_data(y));
    reel_program *again = reel_compile(t, REEL_NODES(y));
    ck_assert(again == py || again == other);
    ck_assert_int_eq(reel_run(again), REEL_OK);
    assert_values(y, 0, 1, 4);
    ck_assert_int_eq(reel_run(again == py ? other : py), REEL_ESTATE);
    ck_assert_ptr_eq(reel_compile_with(t, REEL_NODES(y),
                                       REEL_COMPILE_PLAIN), plain);
    ck_assert_ptr_eq(reel_neg(y), z);
    ck_assert_ptr_eq(reel_compile(t, REEL_NODES(z, y)), pz);
    ck_assert_int_eq(reel_run(pz), REEL_OK);
    assert_values(z, 0, -1, -4);
    ck_assert_uint_eq(m.calls, calls);
    ck_assert_ptr_eq(reel_compile(t, REEL_NODES(y)),
                     again == py ? other : py);
    ck_assert_uint_eq(m.calls, calls);

    reel_program_free(plain); /* it was given twice */
    ck_assert_int_eq(reel_run(plain), REEL_OK);
    reel_program_free(plain);
    rewind_to(mark);
    ck_assert_ptr_nonnull(reel_exp(x)); /* they are out of use */
    ck_assert_int_eq(reel_run(py), REEL_ESTATE);
    ck_assert_int_eq(reel_run(other), REEL_ESTATE);
    reel_program_free(py);
    reel_program_free(py);
    reel_program_free(other);
    reel_program_free(other);
    reel_tape_free(t);
    reel_program_free(pz);
    ck_assert_uint_eq(m.blocks, 0);
    setup();
}
END_TEST

/* Not more than a few wait to be compiled again, and none on a tape that is
 * not rewound, or for nodes that never were recorded again. */
START_TEST(test_few_programs_wait)
{
    reel_node *x = parameter("x", 1, 2), *y = x;
    size_t blocks = m.blocks;
    reel_program_free(run_once(t, x));
    ck_assert_uint_eq(m.blocks, blocks);
    reel_mark mark = reel_tape_mark(t);
    reel_program *p[20];
    for (int i = 0; i < 20; i++)
        y = reel_exp(y);
    rewind_to(mark);
    y = x;
    for (int i = 0; i < 20; i++) {
        y = reel_exp(y);
        p[i] = run_once(t, y);
    }
    size_t bytes = m.bytes;
    for (int i = 0; i < 20; i++)
        reel_program_free(p[i]);
    ck_assert_uint_lt(m.bytes, bytes);
    bytes = m.bytes;
    for (int i = 0; i < 20; i++)
        reel_program_free(run_once(t, reel_tape_node(t, mark.nodes +
                                                            (size_t)i)));
    ck_assert_uint_eq(m.bytes, bytes);
    blocks = m.blocks;
    reel_program_free(run_once(t, reel_neg(y)));
    ck_assert_uint_eq(m.blocks, blocks);
}
END_TEST

/* ------------------------------------------------------------------ sweeps */

START_TEST(test_sweeps)
{
    reel_node *x = parameter("x", 1, 2), *w = parameter("w", 3, 4);
    reel_mark mark = reel_tape_mark(t);
    size_t nodes[4], calls = 0;
    for (int i = 0; i < 4; i++) {
        reel_node *y = reel_mul(reel_square(x), w), *d[2], *v[1];
        reel_node *loss = reel_sum(y, REEL_ALL, false);
        reel_status status = reel_gradients(loss, REEL_NODES(x, w), d);
        ck_assert_int_eq(status, REEL_OK);
        reel_node *dd = reel_gradient(reel_sum(d[0], REEL_ALL, false), x);
        ck_assert_ptr_eq(reel_gradient(loss, x), d[0]);
        status = reel_vjp(y, w, REEL_NODES(i == 2 ? w : x), v);
        ck_assert_int_eq(status, REEL_OK);
        reel_node *dy = reel_jvp(y, REEL_NODES(x, w), REEL_NODES(w, x));
        ck_assert_ptr_eq(reel_gradient(loss, w), d[1]);
        reel_program *p = run_once(t, d[0], d[1], dd, v[0], dy);
        assert_values(d[0], 0, 6, 16);
        assert_values(d[1], 0, 1, 4);
        assert_values(dd, 0, 6, 8);
        if (i == 2)
            assert_values(v[0], 0, 3, 16);
        else
            assert_values(v[0], 0, 18, 64);
        assert_values(dy, 0, 6 * 3 + 1, 16 * 4 + 8);
        nodes[i] = reel_tape_count(t);
        reel_program_free(p);
        if (i == 1)
            calls = m.calls;
        rewind_to(mark);
    }
    ck_assert_uint_eq(nodes[1], nodes[0]);
    ck_assert_uint_eq(nodes[3], nodes[0]);
    ck_assert_uint_gt(m.calls, calls); /* step 2 asked something else */
}
END_TEST

/* A sweep whose nodes are all there is one step forward on the tape. */
START_TEST(test_sweep_at_once)
{
    reel_node *x = parameter("x", 1, 2), *first = NULL;
    reel_mark mark = reel_tape_mark(t);
    size_t all = 0;
    for (int i = 0; i < 3; i++) {
        reel_node *loss = reel_sum(reel_exp(x), REEL_ALL, false);
        size_t calls = m.calls, before = reel_tape_count(t);
        reel_node *d = reel_gradient(loss, x);
        if (i == 0)
            all = reel_tape_count(t), first = d;
        else
            ck_assert_uint_eq(m.calls, calls); /* to sort takes memory */
        ck_assert_uint_lt(before, all);
        ck_assert_uint_eq(reel_tape_count(t), all);
        ck_assert_ptr_eq(d, first);
        rewind_to(mark);
    }
}
END_TEST

/* Nodes have the line they were last recorded at, in gradients, too. */
START_TEST(test_locations)
{
    reel_node *x = parameter("x", 1, 2), *y;
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 6; i++) {
        int line;
        if (i % 3 == 1)
            y = reel_square(x), line = __LINE__;
        else
            y = reel_square(x), line = __LINE__;
        size_t from = reel_tape_count(t);
        reel_node *d[1];
        reel_vjp(y, x, REEL_NODES(x), d);
        ck_assert_int_eq(reel_line(y), line);
        ck_assert_uint_gt(reel_tape_count(t), from);
        for (size_t k = from; k < reel_tape_count(t); k++)
            ck_assert_int_eq(reel_line(reel_tape_node(t, k)), line);
        assert_all_again();
        rewind_to(mark);
    }
}
END_TEST

/* ------------------------------------------------------------ names, marks */

START_TEST(test_names)
{
    static const char *const name[] = {"one", "two", NULL, "one"};
    reel_node *x = parameter("x", 1, 2);
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        const char *is = name[i] ? name[i] : "";
        reel_node *p = parameter(name[i], 0, 0);
        reel_node *y = reel_add(p, x);
        ck_assert_str_eq(reel_name(p), is);
        ck_assert_str_eq(reel_name(y), "");
        if (name[i]) {
            reel_set_name(y, name[i]);
            reel_set_name(x, name[i]);
        }
        reel_node *z = reel_neg(y);
        ck_assert_str_eq(reel_name(y), is);
        ck_assert_str_eq(reel_name(z), "");
        assert_all_again();
        rewind_to(mark);
        ck_assert_str_eq(reel_name(x), "x");
    }
}
END_TEST

/* An inner loop that is rewound again and again, and branches at its third
 * pass, within an outer one. */
START_TEST(test_marks_nest)
{
    reel_node *x = parameter("x", 1, 2);
    reel_mark outer = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        reel_node *y = reel_exp(reel_neg(x));
        reel_program *p = run_once(t, y);
        reel_mark inner = reel_tape_mark(t);
        for (int k = 0; k < 5; k++) {
            reel_node *z = reel_mul(y, y), *d;
            if (k == 3)
                z = reel_exp(z);
            z = reel_sum(reel_mul(z, x), REEL_ALL, false);
            d = reel_gradient(z, x);
            reel_program *q = run_once(t, z, d);
            double a = exp(-2), b = exp(-4), c = exp(a), e = exp(b);
            if (k == 3) {
                assert_values(z, 1e-14, c + 2 * e);
                assert_values(d, 1e-14, c - 2 * a * c, e - 4 * b * e);
            } else {
                assert_values(z, 1e-14, a + 2 * b);
                assert_values(d, 1e-14, a - 2 * a, b - 4 * b);
            }
            reel_program_free(q);
            rewind_to(inner);
        }
        ck_assert_int_eq(reel_run(p), REEL_OK); /* it lost nothing */
        assert_values(y, 1e-15, exp(-1), exp(-2));
        reel_program_free(p);
        rewind_to(outer);
    }
    ck_assert_int_eq(reel_tape_rewind(t, (reel_mark){.nodes = 2}),
                     REEL_EVALUE);
    ck_assert_int_eq(reel_tape_rewind(t, (reel_mark){.sweeps = 1}),
                     REEL_EVALUE);
}
END_TEST

START_TEST(test_long_chain)
{
    size_t n = support_scaled(1000000, 10000), calls = 0;
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SCALAR), *out[2];
    reel_mark mark = reel_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        reel_node *y = x;
        for (size_t k = 0; k < n; k++)
            y = k % 2 ? reel_add(y, x) : reel_neg(y);
        out[0] = y;
        out[1] = reel_gradient(y, x);
        reel_program *p = reel_compile(t, (reel_nodes){2, out});
        reel_set(x, (double[]){i});
        ck_assert_int_eq(reel_run(p), REEL_OK);
        assert_values(y, 0, n / 2 % 2 ? 0 : i);
        assert_values(out[1], 0, n / 2 % 2 ? 0 : 1);
        reel_program_free(p);
        assert_all_again();
        if (i == 2)
            calls = m.calls;
        rewind_to(mark);
    }
    ck_assert_uint_eq(m.calls, calls);
}
END_TEST

/* Memory that runs out as a graph is recorded again: it is recorded again. */
START_TEST(test_no_memory)
{
    reel_node *x = parameter("x", 1, 2);
    reel_mark mark = reel_tape_mark(t);
    reel_node *a = parameter(NULL, 3, 4), *loss = NULL, *d = NULL;
    char name[5000] = {0};
    memset(name, 'n', sizeof name - 1);
    rewind_to(mark);
    memory_fail_after(&m, 0);
    ck_assert_ptr_null(parameter(name, 3, 4));
    assert_error(t, REEL_ENOMEM, "%s:%d: parameter: out of memory", __FILE__,
                 reel_line(a));
    ck_assert_uint_eq(t->recorded, 1);
    for (size_t n = 0; !d && n < 50; n++) {
        memory_fail_after(&m, n);
        a = parameter("a", 3, 4);
        loss = reel_sum(reel_exp(reel_mul(x, a)), REEL_ALL, false);
        d = reel_gradient(loss, x);
        reel_clear_error(t);
        if (!d)
            rewind_to(mark);
    }
    m.fail_at = 0;
    ck_assert_ptr_nonnull(d);
    reel_program_free(run_once(t, d));
    reel_program *p = run_once(t, d);
    assert_values(d, 1e-9, 3 * exp(3), 4 * exp(8));
    reel_program_free(p);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("replay");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, test_same_again);
    tcase_add_loop_test(all, test_custom_ops, 0, SWISHES);
    tcase_add_loop_test(all, test_training, 0, 2);
    tcase_add_test(all, test_values_start_anew);
    tcase_add_test(all, test_constants_change);
    tcase_add_test(all, test_constant_becomes_zeros);
    tcase_add_test(all, test_changes);
    tcase_add_test(all, test_difference_ends_it);
    tcase_add_test(all, test_programs);
    tcase_add_test(all, test_few_programs_wait);
    tcase_add_test(all, test_sweeps);
    tcase_add_test(all, test_sweep_at_once);
    tcase_add_test(all, test_locations);
    tcase_add_test(all, test_names);
    tcase_add_test(all, test_marks_nest);
    tcase_add_test(all, test_long_chain);
    tcase_add_test(all, test_no_memory);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
