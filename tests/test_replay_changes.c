/* test_replay_changes.c: graphs that are recorded again with differences, their
 * programs and their sweeps: what differs is made anew.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "replay_cases.h"

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

static Suite *make_suite(void)
{
    Suite *suite = suite_create("replay changes");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, test_changes);
    tcase_add_test(all, test_difference_ends_it);
    tcase_add_test(all, test_programs);
    tcase_add_test(all, test_few_programs_wait);
    tcase_add_test(all, test_sweeps);
    tcase_add_test(all, test_sweep_at_once);
    tcase_add_test(all, test_locations);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
