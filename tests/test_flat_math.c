/* test_flat_math.c: the instructions of flat programs on special values, and
 * their functions of single numbers against long double.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <reel.h>

#include "compile/compile.h"
#include "grad/check.h"
#include "kernels/flat_code.h"
#include "math_cases.h"
#include "support.h"

/* ------------------------------------------------------------ special values */

static const double specials[] = {
    0.0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 0.5,
    1e-320, -1e-320, DBL_MIN, -DBL_MIN, DBL_MAX, -DBL_MAX, 3, -0.25,
};
enum { SPECIALS = sizeof specials / sizeof *specials };

/* The sign of a zero, too, but not under valgrind, whose fused multiply-add
 * gets it wrong: -0 - -0 comes out as -0. */
static bool is_same(double a, double b)
{
    bool valgrind = reel__working_epsilon() > LDBL_EPSILON;
    return (a != a && b != b) ||
           (a == b && (valgrind || !signbit(a) == !signbit(b)));
}

/* All pairs of them, in groups and alone: as C's operators. A product may be
 * rounded before it is added or not. */
START_TEST(test_special_values)
{
    int together = _i ? 1 : SPECIALS;
    reel_tape *t = reel_tape_new();
    reel_node *a = reel_input(t, "a", REEL_F64, REEL_SHAPE(together));
    reel_node *b = reel_input(t, "b", REEL_F64, REEL_SHAPE(together));
    reel_node *product = reel_mul(a, b);
    reel_node *out[] = {reel_add(a, b), reel_sub(a, b), product, reel_div(a, b),
                        reel_maximum(a, b), reel_minimum(a, b), reel_lt(a, b),
                        reel_eq(a, b), reel_relu(a), reel_sign(a), reel_abs(a),
                        reel_clamp(a, -0.75, 0.75),
                        reel_where(reel_ge(a, b), a, b),
                        reel_add(reel_mul(a, a), product),
                        reel_sub(b, reel_mul(reel_neg(a), b))};
    enum { OUT = sizeof out / sizeof *out, FUSED = OUT - 2 };
    reel_program *p = reel_compile(t, (reel_nodes){OUT, out});
    assert_ok(t);
    ck_assert_uint_eq(p->steps.count, 1);
    ck_assert_ptr_nonnull(p->steps.step[0].flat);
    for (int turn = 0; turn < SPECIALS; turn++) {
        double second[SPECIALS];
        for (int i = 0; i < SPECIALS; i++)
            second[i] = specials[(i + turn) % SPECIALS];
        for (int i = 0; i < SPECIALS; i++) {
            if (i % together == 0) {
                ck_assert_int_eq(reel_bind(a, specials + i), REEL_OK);
                ck_assert_int_eq(reel_bind(b, second + i), REEL_OK);
                ck_assert_int_eq(reel_run(p), REEL_OK);
            }
            double x = specials[i], y = second[i];
            double bound = x < -0.75 ? -0.75 : x > 0.75 ? 0.75 : x;
            double high = x > y || x != x ? x : y, low = x < y || x != x ? x : y;
            double product_of = x * y, square = x * x; /* apart from sums */
            double want[OUT] = {x + y, x - y, product_of, x / y, high, low,
                                x < y, x == y, x < 0 ? 0 : x,
                                x > 0 ? 1 : x < 0 ? -1 : x, fabs(x), bound,
                                x >= y ? x : y, square + product_of,
                                y + product_of};
            double fused[] = {fma(x, x, product_of), fma(x, y, y)};
            for (int k = 0; k < OUT; k++) {
                double got = value_at(out[k], i % together);
                if (!is_same(got, want[k]) &&
                    !(k >= FUSED && is_same(got, fused[k - FUSED])))
                    ck_abort_msg("%s of %g and %g: %g, not %g",
                                 reel_op_name(out[k]), x, y, got, want[k]);
            }
        }
    }
    reel_program_free(p);
    reel_tape_free(t);
}
END_TEST

/* --------------------------------------------------- functions of one number */

enum { BLOCK = 64, LANES = REEL__FLAT_LANES };
/* How an operation gets its argument: from a slot, from the result before it,
 * from a group of slots. */
typedef enum source { SLOT, RESULT, GROUP } source;

/* Slots: the arguments, 1 and again for a group, the results. */
static void run_function(unsigned op, source from, reel_dtype dtype,
                         const void *x, void *y)
{
    enum { ONE = BLOCK, FIRST = BLOCK + LANES };
    uint8_t lanes = from == GROUP ? LANES : 1;
    reel__flat_instruction code[2 * BLOCK + 1];
    double slots[FIRST + BLOCK], constant[FIRST];
    size_t size = reel_dtype_size(dtype);
    uint32_t n = 0;
    for (uint16_t i = 0; i < BLOCK; i = (uint16_t)(i + lanes)) {
        if (from == RESULT)
            code[n++] = (reel__flat_instruction){
                REEL__K_maximum, 1, (uint16_t)(FIRST + i), i, i, 0};
        code[n++] = (reel__flat_instruction){
            (uint8_t)op, lanes, (uint16_t)(FIRST + i),
            from == RESULT ? ONE : i, ONE, 0};
    }
    code[n] = (reel__flat_instruction){.op = REEL__F_end};
    memcpy(constant, x, BLOCK * size);
    for (int i = 0; i < LANES; i++)
        reel__store(dtype, constant, ONE + i, 1);
    reel__flat_program flat = {code, constant, n, FIRST, FIRST + BLOCK};
    reel__task task = {.data[0] = slots, .flat = &flat};
    reel__kernel_find(REEL__K_flat, dtype, dtype)(&task, 0, 1);
    memcpy(y, (char *)slots + FIRST * size, BLOCK * size);
}

/* Whole blocks of the functions' cases, and of those that take results. */
static const struct {
    unsigned op;
    reel__kernel_id of;
} of_results[] = {{REEL__F_exp_r, REEL__K_exp},
                  {REEL__F_tanh_r, REEL__K_tanh},
                  {REEL__F_sigmoid_r, REEL__K_sigmoid}};
enum { OF_RESULTS = sizeof of_results / sizeof *of_results };

static void check_function(const math_case *c, unsigned op, source from,
                           reel_dtype dtype, const double *x)
{
    float narrow[BLOCK], narrow_y[BLOCK];
    double y[BLOCK];
    bool single = dtype == REEL_F32;
    for (int i = 0; i < BLOCK; i++)
        narrow[i] = (float)x[i];
    run_function(op, from, dtype, single ? (const void *)narrow : x,
                 single ? (void *)narrow_y : y);
    for (int i = 0; i < BLOCK; i++) {
        long double at = single ? (long double)narrow[i] : (long double)x[i];
        long double got = single ? (long double)narrow_y[i] : (long double)y[i];
        long double want = c->exact(at);
        if (!(math_ulps_of(dtype, got, want) <= c->ulps))
            ck_abort_msg("%s %s(%.20Lg) = %.20Lg, not %.20Lg",
                         reel_dtype_name(dtype), reel__flat_ops[op].name, at,
                         got, want);
    }
}

/* Any bits, the special values, and evenly within 2^-4 to 2^11. */
static double argument(uint64_t i)
{
    uint64_t bits = reel_random_bits(7, 13, i);
    double x;
    if (i < SPECIALS)
        return specials[i];
    if (i % 16 != 0)
        return ldexp((double)(int64_t)bits, (int)(i % 16) - 4 - 63);
    memcpy(&x, &bits, sizeof x);
    return x;
}

START_TEST(test_functions)
{
    const math_case *c = &math_cases[_i % MATH_CASES];
    int dtype = _i < MATH_CASES ? REEL_F32 : REEL_F64;
    uint64_t blocks = support_scaled(1000, 20);
    double x[BLOCK];
    for (uint64_t b = 0; b < blocks; b++) {
        for (uint64_t i = 0; i < BLOCK; i++)
            x[i] = argument(b * BLOCK + i);
        check_function(c, c->id, SLOT, (reel_dtype)dtype, x);
        check_function(c, reel__flat_ops[c->id].group, GROUP,
                       (reel_dtype)dtype, x);
        for (int k = 0; k < OF_RESULTS; k++)
            if (of_results[k].of == c->id)
                check_function(c, of_results[k].op, RESULT, (reel_dtype)dtype,
                               x);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("flat_math");
    TCase *tcase = tcase_create("flat_math");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_special_values, 0, 2);
    if (reel__working_epsilon() > LDBL_EPSILON) {
        fprintf(stderr, "test_flat_math: skipped: ulps, as long double has not "
                "its precision here (valgrind computes it as double)\n");
    } else {
        bool wide = LDBL_MANT_DIG > DBL_MANT_DIG;
        tcase_add_loop_test(tcase, test_functions, 0, (wide + 1) * MATH_CASES);
        if (!wide)
            fprintf(stderr, "test_flat_math: skipped: ulps of f64, as long "
                    "double is double here\n");
    }
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return support_run_isas(make_suite);
}
