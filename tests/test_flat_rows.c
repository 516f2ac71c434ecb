/* test_flat_rows.c: instructions of flat programs that go down the rows of a
 * matrix: that they compute what the reference and a plain program do, at any
 * small shape, and that they are there.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <reel.h>

#include "compile/compile.h"
#include "grad/reference.h"
#include "kernels/flat_code.h"
#include "run/run.h"
#include "support.h"

/* A layer without bias, whose weights have a velocity, and one step of both;
 * the weights are read again, turned around. */
typedef struct layer {
    reel_tape *tape;
    reel_node *leaf[4], *out[4];
    reel_program *program;
} layer;
enum { LEAVES = 4, OUTS = 4 };

static void fill(reel_node *n, uint64_t stream)
{
    for (int64_t i = 0; i < reel_count(n); i++) {
        double x = reel_random_uniform(5, stream, (uint64_t)i) * 2 - 1;
        if (reel_dtype_of(n) == REEL_F32)
            ((float *)reel_data(n))[i] = (float)x;
        else
            ((double *)reel_data(n))[i] = x;
    }
}

static layer make_layer(reel_dtype dtype, int64_t batch, int64_t m, int64_t n,
                        unsigned flags)
{
    layer a = {.tape = reel_tape_new()};
    reel_node *x = reel_parameter(a.tape, "x", dtype, REEL_SHAPE(batch, m),
                                  NULL);
    reel_node *w = reel_parameter(a.tape, "w", dtype, REEL_SHAPE(m, n), NULL);
    reel_node *v = reel_parameter(a.tape, "v", dtype, REEL_SHAPE(m, n), NULL);
    reel_node *want = reel_parameter(a.tape, "want", dtype,
                                     REEL_SHAPE(batch, n), NULL);
    reel_node *error = reel_sub(reel_matmul(x, w), want);
    reel_node *g = reel_matmul(reel_transpose(x), error);
    reel_node *back = reel_matmul(error, reel_transpose(w));
    memcpy(a.leaf, (reel_node *[]){x, w, v, want}, sizeof a.leaf);
    for (uint64_t i = 0; i < LEAVES; i++)
        fill(a.leaf[i], i);
    a.out[0] = error;
    a.out[1] = back;
    a.out[2] = reel_assign(w, reel_sub(w, reel_affine(g, 0.125, 0)));
    a.out[3] = reel_assign(v, reel_add(reel_affine(v, 0.9, 0), g));
    a.program = reel_compile_with(a.tape, (reel_nodes){OUTS, a.out}, flags);
    assert_ok(a.tape);
    return a;
}

static void free_layer(layer *a)
{
    reel_program_free(a->program);
    reel_tape_free(a->tape);
}

static void check_near(const layer *a, const layer *plain, double tolerance)
{
    reel_nodes out = {OUTS, (reel_node **)(void *)a->out};
    reel__reference *r = reel__reference_new(a->tape, out);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(reel__reference_run(r), REEL_OK);
    ck_assert_int_eq(reel_run(a->program), REEL_OK);
    ck_assert_int_eq(reel_run(plain->program), REEL_OK);
    for (int k = 0; k < OUTS; k++) {
        const long double *want = reel__reference_data(r, a->out[k]);
        for (int64_t i = 0; i < reel_count(a->out[k]); i++) {
            double got = value_at(a->out[k], i);
            double other = value_at(plain->out[k], i);
            double most = tolerance * fmax(1, fabs((double)want[i]));
            if (!(fabs(got - (double)want[i]) <= most) ||
                !(fabs(got - other) <= 2 * most))
                ck_abort_msg("output %d, element %d: %.17g, not %.17Lg; plain "
                             "%.17g", k, (int)i, got, want[i], other);
        }
    }
    reel__reference_free(r);
}

static int has_op(const reel_program *p, unsigned op)
{
    int count = 0;
    for (size_t s = 0; s < p->steps.count; s++) {
        const reel__flat_program *f = p->steps.step[s].flat;
        for (uint32_t i = 0; f && i < f->count; i++)
            count += f->code[i].op == op;
    }
    return count;
}

static const unsigned row_ops[] = {
    REEL__F_outer, REEL__F_rows_muladd, REEL__F_rows_submul, REEL__F_dot,
    REEL__F_dot_l, REEL__F_load_rows, REEL__F_store_rows};
enum { ROW_OPS = sizeof row_ops / sizeof *row_ops };

/* Three steps each, at all shapes of these sizes that are flat. */
START_TEST(test_shapes)
{
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 7, 8};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    reel_dtype dtype = _i ? REEL_F32 : REEL_F64;
    int seen[ROW_OPS] = {0}, flat = 0;
    for (int i = 0; i < SIZES * SIZES * 3; i++) {
        int64_t m = sizes[i % SIZES], n = sizes[i / SIZES % SIZES];
        int64_t batch = 1 + i / (SIZES * SIZES);
        layer a = make_layer(dtype, batch, m, n, 0);
        layer plain = make_layer(dtype, batch, m, n, REEL_COMPILE_PLAIN);
        for (int run = 0; run < 3; run++)
            check_near(&a, &plain, dtype == REEL_F32 ? 1e-4 : 1e-12);
        for (int k = 0; k < ROW_OPS; k++)
            seen[k] += has_op(a.program, row_ops[k]);
        flat += a.program->steps.step[0].flat != NULL;
        free_layer(&a);
        free_layer(&plain);
    }
    ck_assert_int_ge(flat, SIZES * SIZES);
    for (int k = 0; k < ROW_OPS; k++)
        if (seen[k] == 0)
            ck_abort_msg("no %s", reel__flat_ops[row_ops[k]].name);
}
END_TEST

/* What is counted of rows: w += x y^T of 3 x 2. */
START_TEST(test_costs)
{
    reel_tape *t = reel_tape_new();
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(3, 1), NULL);
    reel_node *y = reel_parameter(t, "y", REEL_F64, REEL_SHAPE(1, 2), NULL);
    reel_node *w = reel_parameter(t, "w", REEL_F64, REEL_SHAPE(3, 2), NULL);
    reel_node *step = reel_affine(reel_matmul(x, y), 0.5, 0);
    reel_node *out = reel_assign(w, reel_sub(w, step));
    reel_program *p = reel_compile(t, REEL_NODES(out));
    assert_ok(t);
    ck_assert_uint_eq(p->steps.count, 1);
    ck_assert_ptr_nonnull(p->steps.step[0].flat);
    ck_assert_int_eq(has_op(p, REEL__F_outer), 1);
    ck_assert_int_eq(has_op(p, REEL__F_rows_submul), 1);
    ck_assert_int_eq(has_op(p, REEL__F_store_rows), 1);
    ck_assert_uint_le(p->steps.step[0].flat->count, 6);
    ck_assert_double_eq(reel__step_flops(&p->steps.step[0]), 6 + 12);
    ck_assert_double_eq(reel__step_bytes(&p->steps.step[0]),
                        (3 + 2 + 6 + 6) * 8);
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("flat_rows");
    TCase *tcase = tcase_create("flat_rows");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_shapes, 0, 2);
    tcase_add_test(tcase, test_costs);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
