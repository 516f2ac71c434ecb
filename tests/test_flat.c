/* test_flat.c: flat programs: that they compute what plain ones and the
 * long-double reference do, whatever shares a slot, is split, stored or read
 * again; that a bad index stores nothing; and how many instructions some graphs
 * take. test_flat_math.c looks at the instructions.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <reel.h>

#include "compile/compile.h"
#include "grad/reference.h"
#include "kernels/flat_code.h"
#include "support.h"

enum { MOST_LEAVES = 16, MOST_BYTES = 256, MOST_NODES = 400 };

/* Graphs are on one tape; these are the leaves that programs change. */
static reel_tape *t;
static reel_node *leaf[MOST_LEAVES];
static size_t leaves;

static void setup(void)
{
    t = reel_tape_new();
    leaves = 0;
}

static void teardown(void)
{
    reel_tape_free(t);
}

/* Random numbers in [-1, 1). */
static reel_node *parameter(reel_dtype dtype, reel_shape shape)
{
    reel_node *n = reel_parameter(t, NULL, dtype, shape, NULL);
    ck_assert_uint_lt(leaves, MOST_LEAVES);
    ck_assert_uint_le(reel_bytes(n), MOST_BYTES);
    for (int64_t i = 0; i < reel_count(n); i++) {
        double x = reel_random_uniform(3, leaves, (uint64_t)i) * 2 - 1;
        if (dtype == REEL_F32)
            ((float *)reel_data(n))[i] = (float)x;
        else
            ((double *)reel_data(n))[i] = x;
    }
    return leaf[leaves++] = n;
}

static size_t flat_steps(const reel_program *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->steps.count; i++)
        count += p->steps.step[i].flat != NULL;
    return count;
}

/* The only step is a flat program; how many instructions it has. */
static uint32_t instructions(const reel_program *p)
{
    ck_assert_uint_eq(p->steps.count, 1);
    ck_assert_ptr_nonnull(p->steps.step[0].flat);
    return p->steps.step[0].flat->count;
}

static void assert_near(const reel_node *n, const long double *expected,
                        double tolerance)
{
    for (int64_t i = 0; i < reel_count(n); i++) {
        long double got = (long double)value_at(n, i), want = expected[i];
        bool same = got == want || (got != got && want != want) ||
                    fabsl(got - want) <=
                        (long double)tolerance * fmaxl(1, fabsl(want));
        if (!same)
            ck_abort_msg("%s, element %d: %.20Lg, not %.20Lg", reel_name(n),
                         (int)i, got, want);
    }
}

/* The outputs by the reference on the leaves' values now, and by one run. */
static void run_beside_reference(reel_program *p, reel_nodes out,
                                 double tolerance)
{
    reel__reference *r = reel__reference_new(t, out);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(reel__reference_run(r), REEL_OK);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    for (size_t i = 0; i < out.count; i++)
        assert_near(out.node[i], reel__reference_data(r, out.node[i]),
                    tolerance);
    reel__reference_free(r);
}

/* Three runs each, plain and not, from the same values on. Returns the latter
 * program. */
static reel_program *check_runs(reel_nodes out, double tolerance)
{
    unsigned char before[MOST_LEAVES][MOST_BYTES];
    reel_program *p = NULL;
    for (size_t i = 0; i < leaves; i++)
        memcpy(before[i], reel_data(leaf[i]), reel_bytes(leaf[i]));
    for (int plain = 1; plain >= 0; plain--) {
        reel_program_free(p);
        p = reel_compile_with(t, out, plain ? REEL_COMPILE_PLAIN : 0);
        assert_ok(t);
        for (size_t i = 0; i < leaves; i++)
            memcpy(reel_data(leaf[i]), before[i], reel_bytes(leaf[i]));
        for (int run = 0; run < 3; run++)
            run_beside_reference(p, out, tolerance);
        ck_assert(!plain || flat_steps(p) == 0);
    }
    return p;
}

#define CHECK_RUNS(tolerance, ...) check_runs(REEL_NODES(__VA_ARGS__), tolerance)

/* ------------------------------------------------------------------- slots */

/* One more value of those there are: any of them may be the last use of its
 * operands, the product of a sum, or used again much later. */
static reel_node *any_value(reel_node *const *v, size_t count, uint64_t stream)
{
    uint64_t n[4];
    for (uint64_t k = 0; k < 4; k++)
        n[k] = reel_random_below(11, stream, 4 * count + k, count);
    reel_node *a = v[n[0]], *b = v[n[1]];
    reel_node *recent = v[count - 1 - n[2] % (count < 6 ? count : 6)];
    switch (n[3] % 13) {
    case 0: return reel_affine(reel_add(a, recent), 0.5, 0);
    case 1: return reel_affine(reel_sub(recent, b), 0.5, 0.125);
    case 2: return reel_mul(a, recent);
    case 3: return reel_affine(reel_add(reel_mul(a, b), recent), 0.5, 0);
    case 4: return reel_affine(reel_sub(reel_mul(recent, b), a), 0.5, 0);
    case 5: return reel_affine(reel_sub(a, reel_mul(b, recent)), 0.5, 0);
    case 6: return reel_tanh(recent);
    case 7: return reel_exp(reel_affine(reel_square(recent), -1, 0));
    case 8: return reel_maximum(a, recent);
    case 9: return reel_sigmoid(a);
    case 10: return reel_neg(recent);
    case 11: return reel_where(reel_lt(v[0], v[1]), a, recent);
    default: return reel_sin(recent);
    }
}

START_TEST(test_random_graphs)
{
    reel_dtype dtype = _i % 2 ? REEL_F32 : REEL_F64;
    double tolerance = dtype == REEL_F32 ? 1e-4 : 1e-12;
    enum { IN = 6, OUT = 5 };
    reel_node *v[MOST_NODES], *out[OUT + 2];
    /* All scalars, or some among rows of 2 to 7. */
    reel_shape row = _i % 4 < 2 ? REEL_SCALAR : REEL_SHAPE(2 + _i / 4);
    for (size_t i = 0; i < MOST_NODES; i++)
        v[i] = i < IN ? parameter(dtype, i % 3 ? row : REEL_SCALAR)
                      : any_value(v, i, (uint64_t)_i);
    for (size_t i = 0; i < OUT; i++)
        out[i] = v[MOST_NODES - 1 - i * i * 7];
    out[OUT] = reel_assign(v[2], reel_maximum(v[2], v[MOST_NODES / 2]));
    out[OUT + 1] = reel_assign(v[4], v[2]);
    reel_program *p = check_runs((reel_nodes){OUT + 2, out}, tolerance);
    ck_assert_uint_gt(instructions(p), MOST_NODES / 4);
    reel_program_free(p);
}
END_TEST

/* Products and rows of all small sizes, forward and backward, with matrices as
 * they are and transposed: groups of 2 to 4, what is left over, and none. */
START_TEST(test_small_layers)
{
    static const int64_t sizes[] = {1, 2, 3, 5};
    int64_t m = sizes[_i % 4], k = sizes[_i / 4 % 4], n = sizes[_i / 16 % 4];
    reel_dtype dtype = _i / 64 ? REEL_F32 : REEL_F64;
    double tolerance = dtype == REEL_F32 ? 1e-5 : 1e-13;
    reel_node *w[4], *d[4], *out[12];
    w[0] = parameter(dtype, REEL_SHAPE(m, k));
    w[1] = parameter(dtype, REEL_SHAPE(k, n));
    w[2] = parameter(dtype, REEL_SHAPE(n, k));
    w[3] = parameter(dtype, REEL_SHAPE(n));
    reel_node *y = reel_add(reel_matmul(w[0], w[1]), w[3]);
    reel_node *z = reel_matmul(reel_sigmoid(w[0]), reel_transpose(w[2]));
    reel_node *logp = reel_log_softmax(reel_add(y, z), -1);
    reel_node *p = reel_softmax(reel_sub(y, z), 0);
    out[0] = reel_sum(reel_mul(logp, p), REEL_ALL, false);
    out[1] = reel_exp(logp);
    out[2] = reel_sum(y, REEL_AXES(0), false);
    out[3] = reel_max(z, REEL_AXES(1), false);
    ck_assert_int_eq(reel_gradients(out[0], (reel_nodes){4, w}, d), REEL_OK);
    for (int i = 0; i < 4; i++) {
        out[4 + i] = d[i];
        out[8 + i] = reel_assign(
            w[i], reel_sub(w[i], reel_affine(d[i], 0.1, 0)));
    }
    reel_program *program = check_runs((reel_nodes){12, out}, tolerance);
    ck_assert(m * n > 15 || flat_steps(program) > 0);
    reel_program_free(program);
}
END_TEST

/* Elements in another order, parts, and the same one several times. */
START_TEST(test_views)
{
    reel_node *a = parameter(REEL_F64, REEL_SHAPE(2, 3));
    reel_node *b = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *turned = reel_transpose(a);
    reel_node *rows = reel_concat(REEL_NODES(turned, reel_flip(
        turned, REEL_AXES(0))), 1);
    reel_node *part = reel_slice(rows, (int64_t[]){0, 1}, (int64_t[]){3, 4},
                                 (int64_t[]){1, 2});
    reel_node *sum = reel_sum(reel_mul(part, reel_reshape(b,
        REEL_SHAPE(3, 1))), REEL_AXES(0), false);
    reel_program *p = CHECK_RUNS(1e-14, rows, part, sum,
        reel_matmul(a, turned), reel_assign(b, reel_slice(
            reel_reshape(turned, REEL_SHAPE(6)), (int64_t[]){1},
            (int64_t[]){6}, (int64_t[]){2})));
    instructions(p);
    reel_program_free(p);
}
END_TEST

/* Values that lie side by side go to elements that do not: of a large array,
 * which another step fills. */
START_TEST(test_gaps)
{
    reel_node *a = parameter(REEL_F64, REEL_SHAPE(2, 2)), *v = a;
    reel_node *wide = reel_pad(a, (int64_t[]){3, 1}, (int64_t[]){5, 7}, NULL,
                               0.5);
    for (int i = 0; i < 12; i++)
        v = reel_tanh(reel_add(v, a));
    reel_program *p = CHECK_RUNS(1e-14, wide, v, reel_assign(a, v));
    ck_assert_uint_ge(flat_steps(p), 1);
    ck_assert_uint_gt(p->steps.count, flat_steps(p));
    reel_program_free(p);
}
END_TEST

/* ------------------------------------------------------------- assignments */

/* Every read sees what was before the run, however often it is read. */
START_TEST(test_reads_are_before)
{
    reel_node *a = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *b = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *c = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *early = reel_mul(a, b);
    reel_node *to_a = reel_assign(a, b), *to_b = reel_assign(b, c);
    reel_node *to_c = reel_assign(c, reel_affine(reel_add(early, a), 0.5, 0));
    reel_node *late = reel_add(a, reel_mul(b, c));
    reel_program *p = CHECK_RUNS(1e-14, early, to_a, to_b, to_c, late,
                                 reel_add(to_a, a));
    instructions(p);
    reel_program_free(p);
}
END_TEST

/* So many leaves change places that they are stored by several flat
 * programs. */
START_TEST(test_many_leaves)
{
    size_t n = support_scaled(40000, 500);
    reel_node **p = malloc(n * sizeof *p), **out = malloc(n * sizeof *out);
    ck_assert(p && out);
    for (size_t i = 0; i < n; i++)
        p[i] = reel_state(t, NULL, REEL_F64, REEL_SCALAR,
                          (double[]){(double)i});
    for (size_t i = 0; i < n; i++)
        out[i] = reel_assign(p[i], p[(i + 1) % n]);
    reel_program *program = reel_compile(t, (reel_nodes){n, out});
    assert_ok(t);
    ck_assert_uint_eq(flat_steps(program), program->steps.count);
    ck_assert(n < 40000 || program->steps.count > 1);
    for (size_t run = 1; run <= 2; run++) {
        ck_assert_int_eq(reel_run(program), REEL_OK);
        for (size_t i = 0; i < n; i++)
            if (reel_item(p[i]) != (double)((i + run) % n))
                ck_abort_msg("leaf %zu is %g", i, reel_item(p[i]));
    }
    reel_program_free(program);
    free(p);
    free(out);
}
END_TEST

/* ----------------------------------------------------------------- splits */

/* More values than numbers of 16 bits: what one flat program makes another
 * reads, the first of all values at the very end. */
START_TEST(test_split)
{
    int n = (int)support_scaled(40000, 400);
    reel_node *p[5], *early = NULL;
    for (int k = 0; k < 5; k++)
        p[k] = parameter(REEL_F64, REEL_SCALAR);
    reel_node *index = reel_input(t, "index", REEL_I64, REEL_SHAPE(1));
    reel_node *five = reel_stack((reel_nodes){5, p}, 0);
    reel_node *v = reel_sum(reel_gather(five, index), REEL_ALL, false);
    for (int i = 0; i < n; i++) {
        v = reel_affine(reel_add(reel_mul(v, p[i % 5]), p[(i + 1) % 5]), 0.5,
                        0);
        if (i == 7)
            early = v;
    }
    reel_node *out[] = {v, reel_add(v, early), reel_assign(p[0], p[1]),
                        reel_assign(p[1], reel_tanh(early)),
                        reel_assign(p[2], v)};
    reel_nodes outs = {5, out};
    int64_t at[1] = {3};
    ck_assert_int_eq(reel_bind(index, at), REEL_OK);
    reel_program *program = check_runs(outs, 1e-12);
    ck_assert_uint_eq(flat_steps(program), program->steps.count);
    ck_assert(n < 40000 || program->steps.count > 1);

    double before[5];
    for (int k = 0; k < 5; k++)
        before[k] = reel_item(p[k]);
    at[0] = 5;
    ck_assert_int_eq(reel_run(program), REEL_EINDEX);
    reel_clear_error(t);
    for (int k = 0; k < 5; k++)
        ck_assert_double_eq(reel_item(p[k]), before[k]);
    at[0] = 4;
    run_beside_reference(program, outs, 1e-12);
    reel_program_free(program);
}
END_TEST

/* ----------------------------------------------------------------- indices */

/* Nothing is stored when any index is bad, whichever op it is of. */
START_TEST(test_bad_index)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(2, 3));
    reel_node *row = reel_input(t, "row", REEL_I32, REEL_SHAPE(2));
    reel_node *column = reel_input(t, "column", REEL_U8, REEL_SHAPE(2));
    reel_node *taken = reel_gather(x, row), *picked = reel_pick(x, column);
    reel_node *placed = reel_place(picked, column, 3);
    reel_node *added = reel_scatter_add(reel_exp(x), row, 2);
    reel_node *hot = reel_one_hot(column, 3, REEL_F64);
    int32_t rows[2] = {1, 1};
    uint8_t columns[2] = {2, 0};
    ck_assert_int_eq(reel_bind(row, rows), REEL_OK);
    ck_assert_int_eq(reel_bind(column, columns), REEL_OK);
    reel_program *p =
        CHECK_RUNS(1e-14, taken, picked, placed, added, hot,
                   reel_assign(x, reel_affine(reel_add(reel_add(taken, placed),
                                                       added), 0.25, 0)));
    instructions(p);

    double before[6];
    memcpy(before, reel_data(x), sizeof before);
    for (int bad = 0; bad < 3; bad++) {
        rows[0] = bad == 0 ? 2 : bad == 1 ? INT32_MIN : 1;
        columns[1] = bad == 2 ? 3 : 0;
        ck_assert_int_eq(reel_run(p), REEL_EINDEX);
        reel_clear_error(t);
        ck_assert_int_eq(memcmp(before, reel_data(x), sizeof before), 0);
    }
    columns[1] = 0;
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_int_ne(memcmp(before, reel_data(x), sizeof before), 0);
    reel_program_free(p);
}
END_TEST

/* Indices that are constants are settled while compiling, but for bad ones. */
START_TEST(test_known_index)
{
    reel_node *x = parameter(REEL_F64, REEL_SHAPE(2, 3));
    reel_node *good = reel_constant(t, REEL_I32, REEL_SHAPE(2),
                                    (int32_t[]){2, 0});
    reel_node *row = reel_constant(t, REEL_U8, REEL_SHAPE(2),
                                   (uint8_t[]){1, 1});
    reel_node *bad = reel_constant(t, REEL_I32, REEL_SHAPE(2),
                                   (int32_t[]){0, 3});
    reel_node *picked = reel_pick(x, good);
    reel_program *p = CHECK_RUNS(
        1e-14, picked, reel_place(picked, good, 3), reel_gather(x, row),
        reel_scatter_add(x, row, 2), reel_mul(x, reel_one_hot(good, 3,
                                                              REEL_F64)));
    instructions(p);
    const reel__flat_program *flat = p->steps.step[0].flat;
    for (uint32_t i = 0; i < flat->count; i++) {
        ck_assert_uint_ne(flat->code[i].op, REEL__F_check);
        ck_assert_uint_ne(flat->code[i].op, REEL__F_pick);
        ck_assert_uint_ne(flat->code[i].op, REEL__F_place);
    }
    reel_program_free(p);

    double before[6];
    memcpy(before, reel_data(x), sizeof before);
    reel_node *store = reel_assign(x, reel_place(reel_pick(x, bad), bad, 3));
    p = reel_compile(t, REEL_NODES(store));
    instructions(p);
    ck_assert_int_eq(reel_run(p), REEL_EINDEX);
    reel_clear_error(t);
    ck_assert_int_eq(memcmp(before, reel_data(x), sizeof before), 0);
    reel_program_free(p);
}
END_TEST

/* ------------------------------------------------------------------ dtypes */

/* Slots are of one dtype: a flat program each. */
START_TEST(test_both_floats)
{
    reel_node *a = parameter(REEL_F32, REEL_SHAPE(3));
    reel_node *b = parameter(REEL_F64, REEL_SHAPE(3));
    reel_node *x = a, *y = b;
    for (int i = 0; i < 10; i++) {
        x = reel_tanh(reel_add(reel_mul(x, a), a));
        y = reel_tanh(reel_add(reel_mul(y, b), b));
    }
    reel_node *wide = reel_add(reel_cast(x, REEL_F64), y);
    reel_node *narrow = reel_mul(reel_cast(wide, REEL_F32), x);
    for (int i = 0; i < 10; i++)
        narrow = reel_sigmoid(reel_sub(narrow, a));
    reel_program *p = CHECK_RUNS(1e-5, x, y, wide, narrow,
                                 reel_assign(a, narrow), reel_assign(b, wide));
    ck_assert_uint_ge(flat_steps(p), 2);
    reel_program_free(p);

    /* f64 must not be rounded to f32 on the way. */
    reel_node *third = reel_affine(reel_add(y, b), 1 / 3.0, 0);
    p = CHECK_RUNS(1e-14, y, third, reel_assign(b, third));
    instructions(p);
    reel_program_free(p);
}
END_TEST

/* Truth values are read, made, combined and stored; integers are converted. */
START_TEST(test_truth_and_integers)
{
    reel_dtype dtype = _i ? REEL_F64 : REEL_F32;
    reel_node *x = parameter(dtype, REEL_SHAPE(4));
    reel_node *y = parameter(dtype, REEL_SHAPE(4));
    reel_node *mask = reel_state(t, NULL, REEL_BOOL, REEL_SHAPE(4),
                                 (uint8_t[]){1, 0, 1, 0});
    reel_node *bytes = reel_state(t, NULL, REEL_U8, REEL_SHAPE(4),
                                  (uint8_t[]){0, 1, 127, 255});
    reel_node *large = reel_state(t, NULL, REEL_I64, REEL_SHAPE(4),
                                  (int64_t[]){-9, 1 << 24, INT32_MIN, 0});
    reel_node *small = reel_state(t, NULL, REEL_I32, REEL_SHAPE(4),
                                  (int32_t[]){-1, 0, 1, 77});
    reel_node *less = reel_lt(x, y), *some = reel_logical_or(less, mask);
    reel_node *odd = reel_logical_xor(some, reel_logical_not(mask));
    reel_node *both = reel_logical_and(odd, reel_ge(x, reel_neg(y)));
    reel_node *sum = reel_add(reel_cast(bytes, dtype),
                              reel_add(reel_cast(large, dtype),
                                       reel_cast(small, dtype)));
    reel_node *chosen = reel_where(both, reel_mul(x, sum), y);
    reel_node *count = reel_sum(reel_cast(some, dtype), REEL_ALL, false);
    reel_program *p = CHECK_RUNS(
        dtype == REEL_F32 ? 1e-6 : 1e-15, less, some, odd, both, sum, chosen,
        count, reel_cast(x, REEL_BOOL), reel_eq(x, x), reel_ne(x, x),
        reel_le(x, y), reel_gt(x, y), reel_assign(mask, odd));
    instructions(p);
    reel_program_free(p);
}
END_TEST

/* -------------------------------------------------- beside steps that are not */

/* Large arrays in, scalars in the middle, large ones out, and again. */
START_TEST(test_beside_large)
{
    enum { N = 300 };
    reel_node *large = reel_state(t, NULL, REEL_F64, REEL_SHAPE(N), NULL);
    for (int i = 0; i < N; i++)
        ((double *)reel_data(large))[i] = cos(i);
    reel_node *p = parameter(REEL_F64, REEL_SCALAR);
    reel_node *v = reel_mean(reel_square(large), REEL_ALL, false), *w = p;
    for (int i = 0; i < 12; i++)
        v = reel_tanh(reel_add(v, reel_mul(p, v)));
    reel_node *middle = reel_mul(large, v);
    reel_node *element = reel_slice(middle, (int64_t[]){N - 2},
                                    (int64_t[]){N - 1}, NULL);
    for (int i = 0; i < 12; i++)
        w = reel_sigmoid(reel_sub(w, reel_reshape(element, REEL_SCALAR)));
    reel_node *last = reel_add(middle, w);
    reel_program *program =
        CHECK_RUNS(1e-13, v, middle, w, last, reel_assign(p, w));
    ck_assert_uint_ge(flat_steps(program), 2);
    ck_assert_uint_gt(program->steps.count, flat_steps(program));
    reel_program_free(program);
}
END_TEST

/* -------------------------------------------------------------------- memory */

/* 2-3-2, cross-entropy, one step of plain gradient descent. */
static size_t network(reel_tape *tape, reel_node **out)
{
    reel_node *p[4], *d[4];
    p[0] = reel_parameter(tape, "w1", REEL_F64, REEL_SHAPE(2, 3),
                          (double[]){1, 1, 1, -1, -1, -1});
    p[1] = reel_parameter(tape, "b1", REEL_F64, REEL_SHAPE(3), NULL);
    p[2] = reel_parameter(tape, "w2", REEL_F64, REEL_SHAPE(3, 2),
                          (double[]){1, 1, -1, -1, -1, -1});
    p[3] = reel_parameter(tape, "b2", REEL_F64, REEL_SHAPE(2), NULL);
    reel_node *x = reel_constant(tape, REEL_F64, REEL_SHAPE(1, 2),
                                 (double[]){1, -1});
    reel_node *y = reel_constant(tape, REEL_I32, REEL_SHAPE(1), (int32_t[]){0});
    reel_node *h = reel_sigmoid(reel_add(reel_matmul(x, p[0]), p[1]));
    reel_node *logp =
        reel_log_softmax(reel_add(reel_matmul(h, p[2]), p[3]), -1);
    out[0] = reel_nll_loss(logp, y);
    reel_gradients(out[0], (reel_nodes){4, p}, d);
    for (int i = 0; i < 4; i++)
        out[i + 1] = reel_assign(p[i], reel_sub(p[i], reel_affine(d[i], 0.03,
                                                                  0)));
    return 5;
}

/* Every allocation fails once: an error, no leak, and the next one is right. */
START_TEST(test_no_memory)
{
    memory m;
    memory_init(&m);
    reel_tape *tape = reel_tape_new_with(&m.allocator);
    reel_node *out[5];
    reel_nodes outs = {network(tape, out), out};
    reel_program *p = NULL;
    size_t failures = 0;
    for (assert_ok(tape); !p; failures++) {
        size_t blocks = m.blocks, bytes = m.bytes;
        memory_fail_after(&m, failures);
        p = reel_compile(tape, outs);
        m.fail_at = 0;
        if (!p) {
            ck_assert_uint_eq(m.failed, 1);
            ck_assert_int_eq(reel_status_of(tape), REEL_ENOMEM);
            reel_clear_error(tape);
            ck_assert_uint_eq(m.blocks, blocks);
            ck_assert_uint_eq(m.bytes, bytes);
        }
    }
    ck_assert_uint_gt(failures, 15);
    instructions(p);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_double_eq_tol(reel_item(out[0]), 0.6931471805599453, 1e-15);
    reel_program_free(p);
    reel_tape_free(tape);
    ck_assert_uint_eq(m.blocks, 0);
}
END_TEST

/* ------------------------------------------------------------- instructions */

/* A chain costs one instruction an operation, forward and backward; a layer
 * loads its parameters at once and stores them so. */
START_TEST(test_instruction_counts)
{
    enum { N = 200, K = 4 };
    reel_node *x[K], *out[5], *v;
    for (int k = 0; k < K; k++)
        x[k] = parameter(REEL_F64, REEL_SCALAR);
    v = x[0];
    for (int i = 0; i < N; i++)
        v = i % 2 ? reel_mul(v, x[i % K]) : reel_add(v, x[i % K]);
    out[0] = v;
    ck_assert_int_eq(reel_gradients(v, (reel_nodes){K, x}, out + 1), REEL_OK);
    reel_program *p = check_runs((reel_nodes){1 + K, out}, 1e-9);
    ck_assert_uint_le(instructions(p), 2 * N + 4 * K);
    reel_program_free(p);

    p = reel_compile(t, (reel_nodes){network(t, out), out});
    ck_assert_uint_le(instructions(p), 35);
    reel_program_free(p);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("flat");
    TCase *tcase = tcase_create("flat");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_random_graphs, 0, 24);
    tcase_add_loop_test(tcase, test_small_layers, 0, 128);
    tcase_add_test(tcase, test_views);
    tcase_add_test(tcase, test_gaps);
    tcase_add_test(tcase, test_reads_are_before);
    tcase_add_test(tcase, test_many_leaves);
    tcase_add_test(tcase, test_split);
    tcase_add_test(tcase, test_bad_index);
    tcase_add_test(tcase, test_known_index);
    tcase_add_test(tcase, test_both_floats);
    tcase_add_loop_test(tcase, test_truth_and_integers, 0, 2);
    tcase_add_test(tcase, test_beside_large);
    tcase_add_test(tcase, test_no_memory);
    tcase_add_test(tcase, test_instruction_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
