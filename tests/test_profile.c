/* test_profile.c: what profiled runs say: counts that follow from geometry,
 * times that add up, a table, a trace, errors.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include <time.h>

#include <reel.h>

#include "support.h"

static reel_tape *t;
static reel_profile profile;

static void setup(void)
{
    t = reel_tape_new();
    profile = (reel_profile){0};
}

static void teardown(void)
{
    reel_profile_free(&profile);
    reel_tape_free(t);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* -------------------------------------------------------------------- counts */

static void count(reel_node *y, unsigned flags, double flops, double bytes)
{
    reel_program *p = reel_compile_with(t, REEL_NODES(y), flags);
    reel_profile f = {0};
    double got_flops = 0, got_bytes = 0;
    ck_assert_int_eq(reel_run_profiled(p, &f), REEL_OK);
    ck_assert_uint_eq(f.count, reel_program_steps(p));
    for (size_t i = 0; i < f.count; i++) {
        got_flops += f.step[i].flops;
        got_bytes += f.step[i].bytes;
    }
    ck_assert_msg(got_flops == flops && got_bytes == bytes,
                  "%s: %g flops, %g bytes", reel_op_name(y), got_flops,
                  got_bytes);
    reel_profile_free(&f);
    reel_program_free(p);
}

START_TEST(test_products)
{
    reel_node *a = reel_parameter(t, "a", REEL_F32, REEL_SHAPE(64, 78), NULL);
    reel_node *b = reel_parameter(t, "b", REEL_F32, REEL_SHAPE(78, 30), NULL);
    reel_node *c =
        reel_parameter(t, "c", REEL_F64, REEL_SHAPE(5, 20, 30), NULL);
    reel_node *d = reel_parameter(t, "d", REEL_F64, REEL_SHAPE(30, 40), NULL);
    for (unsigned flags = 0; flags < 2; flags++)
        count(reel_matmul(a, b), flags, 2. * 64 * 78 * 30,
              4. * (64 * 78 + 78 * 30 + 64 * 30));
    count(reel_matmul(c, d), 0, 2. * 5 * 20 * 30 * 40,
          8. * (5 * 20 * 30 + 30 * 40 + 5 * 20 * 40));
    /* Not optimised, d is first written out for each of the batch. */
    count(reel_matmul(c, d), REEL_COMPILE_PLAIN, 2. * 5 * 20 * 30 * 40,
          8. * (5 * 20 * 30 + 30 * 40 + 2 * 5 * 30 * 40 + 5 * 20 * 40));
}
END_TEST

START_TEST(test_other_steps)
{
    static const int32_t rows[] = {3, 1, 4, 1, 5};
    reel_node *x = reel_parameter(t, "x", REEL_F32, REEL_SHAPE(60, 70), NULL);
    reel_node *y = reel_parameter(t, "y", REEL_F32, REEL_SHAPE(70), NULL);
    reel_node *i = reel_input(t, "i", REEL_I32, REEL_SHAPE(5));
    reel_bind(i, rows);
    count(reel_add(x, y), 0, 60 * 70, 4. * (60 * 70 + 70 + 60 * 70));
    for (unsigned flags = 0; flags < 2; flags++) {
        count(reel_cast(x, REEL_F64), flags, 0, (4. + 8) * 60 * 70);
        count(reel_sum(x, REEL_AXES(1), false), flags, 60 * 70,
              4. * (60 * 70 + 60));
        count(reel_gather(x, i), flags, 0, 4. * (2 * 5 * 70 + 5));
        count(reel_one_hot(i, 80, REEL_F32), flags, 0, 4. * (5 + 5 * 80));
    }
}
END_TEST

/* A fused step does not go through memory between its parts; a flat program of
 * scalars counts its loads and stores. */
START_TEST(test_what_is_fused)
{
    reel_node *x = reel_parameter(t, "x", REEL_F32, REEL_SHAPE(90, 70), NULL);
    reel_node *s = reel_parameter(t, "s", REEL_F64, REEL_SCALAR, NULL);
    count(reel_neg(reel_exp(reel_square(x))), 0, 3. * 90 * 70,
          4. * 2 * 90 * 70);
    count(reel_neg(reel_exp(reel_square(x))), REEL_COMPILE_PLAIN, 3. * 90 * 70,
          4. * 6 * 90 * 70);
    count(reel_neg(reel_exp(reel_square(s))), 0, 3, 8. * 2);
}
END_TEST

/* --------------------------------------------------------------------- times */

static reel_program *network(reel_node **loss)
{
    static float data[50 * 60];
    for (int i = 0; i < 50 * 60; i++)
        data[i] = (float)sin(i);
    reel_node *x = reel_constant(t, REEL_F32, REEL_SHAPE(50, 60), data);
    reel_node *w = reel_parameter(t, "w", REEL_F32, REEL_SHAPE(60, 40), data);
    *loss = reel_sum(reel_square(reel_sigmoid(reel_matmul(x, w))), REEL_ALL,
                     false);
    reel_node *d = reel_gradient(*loss, w);
    return reel_compile(
        t, REEL_NODES(*loss,
                      reel_assign(w, reel_sub(w, reel_affine(d, 0.1, 0)))));
}

START_TEST(test_times_add_up)
{
    reel_node *loss;
    reel_program *p = network(&loss);
    double start = now(), sum = 0, last = 0;
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(reel_run_profiled(p, &profile), REEL_OK);
    double wall = now() - start;
    ck_assert_int_eq(profile.runs, 5);
    for (size_t i = 0; i < profile.count; i++) {
        const reel_profile_step *s = &profile.step[i];
        ck_assert_double_ge(s->seconds, s->ended - s->began);
        ck_assert_double_ge(s->began, last);
        ck_assert_double_ge(s->ended, s->began);
        last = s->ended;
        sum += s->seconds;
    }
    ck_assert_double_gt(sum, 0);
    ck_assert_double_le(sum, profile.seconds * (1 + 1e-9));
    ck_assert_double_le(profile.seconds, wall);
    reel_program_free(p);
}
END_TEST

START_TEST(test_same_values_as_a_plain_run)
{
    reel_node *loss[2];
    reel_program *p[2] = {network(&loss[0]), network(&loss[1])};
    for (int i = 0; i < 4; i++) {
        reel_set_threads(1 + i % 3);
        ck_assert_int_eq(reel_run(p[0]), REEL_OK);
        ck_assert_int_eq(reel_run_profiled(p[1], &profile), REEL_OK);
        ck_assert_double_eq(reel_item(loss[0]), reel_item(loss[1]));
    }
    reel_set_threads(0);
    reel_program_free(p[0]);
    reel_program_free(p[1]);
}
END_TEST

/* ------------------------------------------------------------------- reports */

START_TEST(test_table)
{
    reel_node *loss;
    reel_program *p = network(&loss);
    const char *text;
    size_t lines = 0;
    reel_run_profiled(p, &profile);
    reel_run_profiled(p, &profile);
    TEXT_OF(text, reel_profile_print(&profile, stream));
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    ck_assert_uint_eq(lines, 2 + profile.count);
    ck_assert_ptr_nonnull(strstr(text, "GFLOP/s     GB/s  kernels\n"));
    ck_assert_ptr_nonnull(strstr(text, "steps, mean of 2 runs\n"));
    ck_assert_ptr_nonnull(strstr(text, "  matmul"));
    ck_assert_ptr_nonnull(strstr(text, "[50, 60, 40]\n"));
    reel_program_free(p);
}
END_TEST

/* Passes over one JSON value of nested objects, arrays, strings without escapes
 * and numbers; NULL if it is none. */
static const char *skip_json(const char *c)
{
    char open[16];
    int depth = 0;
    do {
        c += strspn(c, " \n");
        if (*c == '{' || *c == '[') {
            if (depth == 16)
                return NULL;
            open[depth++] = *c++;
            c += strspn(c, " \n");
            if (*c == '}' || *c == ']')
                return NULL; /* an empty one is not expected */
            if (open[depth - 1] == '[')
                continue;
        } else if (*c == '"') {
            c += 1 + strcspn(c + 1, "\"");
            if (*c++ != '"')
                return NULL;
        } else {
            size_t n = strspn(c, "0123456789.");
            if (n == 0 || *c == '.' || c[n - 1] == '.')
                return NULL;
            c += n;
        }
        /* After a value: closes, a comma; in objects, a name and a colon. */
        while (c += strspn(c, " \n"), depth > 0 && (*c == '}' || *c == ']')) {
            if ((open[--depth] == '{') != (*c == '}'))
                return NULL;
            c++;
        }
        if (depth > 0 && *c == ':' && open[depth - 1] == '{') {
            c++;
        } else if (depth > 0 && *c == ',') {
            c++;
            c += strspn(c, " \n");
            if (open[depth - 1] == '{' && *c != '"')
                return NULL;
        } else if (depth > 0 && c[-1] != '{') {
            return NULL;
        }
    } while (depth > 0);
    return c;
}

START_TEST(test_trace)
{
    reel_node *loss;
    reel_program *p = network(&loss);
    const char *text, *end;
    size_t events = 0;
    reel_run_profiled(p, &profile);
    TEXT_OF(text, reel_profile_write_trace(&profile, stream));
    end = skip_json(text);
    ck_assert_msg(end && *end == '\0', "no JSON: %s", text);
    ck_assert_ptr_nonnull(strstr(text, "\"traceEvents\":["));
    for (const char *c = text; (c = strstr(c, "\"ph\":\"X\"")); c++)
        events++;
    ck_assert_uint_eq(events, profile.count);
    ck_assert_ptr_nonnull(strstr(text, "\"shape\":[50,60,40]"));
    ck_assert_ptr_nonnull(strstr(text, "{\"name\":\"matmul"));
    reel_program_free(p);
}
END_TEST

/* -------------------------------------------------------------------- errors */

START_TEST(test_mistakes)
{
    reel_node *x = reel_input(t, "x", REEL_F64, REEL_SHAPE(2));
    reel_program *p = reel_compile(t, REEL_NODES(reel_neg(x)));
    reel_program *other = reel_compile(t, REEL_NODES(reel_exp(x)));
    ck_assert_int_eq(reel_run_profiled(NULL, &profile), REEL_EVALUE);
    ck_assert_int_eq(reel_run_profiled(p, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_profile_print(&profile, stdout), REEL_ESTATE);
    ck_assert_int_eq(reel_profile_write_trace(&profile, stdout), REEL_ESTATE);
    ck_assert_int_eq(reel_profile_print(NULL, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_profile_print(&profile, NULL), REEL_EVALUE);
    ck_assert_int_eq(reel_profile_write_trace(NULL, stdout), REEL_EVALUE);
    ck_assert_int_eq(reel_profile_write_trace(&profile, NULL), REEL_EVALUE);
    reel_profile_free(NULL);

    /* A run that fails adds nothing. */
    ck_assert_int_eq(reel_run_profiled(p, &profile), REEL_ESTATE);
    ck_assert_int_eq(profile.runs, 0);
    ck_assert_int_eq(reel_profile_print(&profile, stdout), REEL_ESTATE);
    reel_clear_error(t);
    reel_set(x, (double[]){1, 2});
    ck_assert_int_eq(reel_run_profiled(p, &profile), REEL_OK);
    ck_assert_int_eq(reel_run_profiled(other, &profile), REEL_EVALUE);
    ck_assert_int_eq(profile.runs, 1);
    assert_ok(t);

    reel_program_free(p);
    reel_program_free(other);
    ck_assert_str_ne(profile.step[0].kernel, ""); /* the profile stays */
    reel_profile_free(&profile);
    ck_assert_int_eq(profile.runs, 0);
}
END_TEST

START_TEST(test_stream_that_refuses)
{
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        return; /* not on every system */
    setvbuf(full, NULL, _IONBF, 0);
    reel_program *p =
        reel_compile(t, REEL_NODES(reel_neg(reel_parameter(
                            t, "x", REEL_F64, REEL_SHAPE(2), NULL))));
    reel_run_profiled(p, &profile);
    ck_assert_int_eq(reel_profile_print(&profile, full), REEL_EIO);
    ck_assert_int_eq(reel_profile_write_trace(&profile, full), REEL_EIO);
    reel_program_free(p);
    fclose(full);
}
END_TEST

START_TEST(test_memory)
{
    memory m;
    memory_init(&m);
    reel_tape *mine = reel_tape_new_with(&m.allocator);
    reel_node *x = reel_parameter(mine, "x", REEL_F64, REEL_SHAPE(9), NULL);
    reel_program *p = reel_compile(mine, REEL_NODES(reel_exp(x)));
    memory_fail_after(&m, 0);
    ck_assert_int_eq(reel_run_profiled(p, &profile), REEL_ENOMEM);
    assert_error(mine, REEL_ENOMEM, "run: out of memory");
    m.fail_at = 0;
    ck_assert_int_eq(reel_run_profiled(p, &profile), REEL_OK);
    size_t calls = m.calls;
    ck_assert_int_eq(reel_run_profiled(p, &profile), REEL_OK);
    ck_assert_uint_eq(m.calls, calls);
    reel_program_free(p);
    reel_tape_free(mine);
    reel_profile_free(&profile);
    ck_assert_uint_eq(m.blocks, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_products);
    tcase_add_test(all, test_other_steps);
    tcase_add_test(all, test_what_is_fused);
    tcase_add_test(all, test_times_add_up);
    tcase_add_test(all, test_same_values_as_a_plain_run);
    tcase_add_test(all, test_table);
    tcase_add_test(all, test_trace);
    tcase_add_test(all, test_mistakes);
    tcase_add_test(all, test_stream_that_refuses);
    tcase_add_test(all, test_memory);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
