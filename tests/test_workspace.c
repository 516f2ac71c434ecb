/* test_workspace.c: several runs of one program, each with buffers of its own,
 * one after the other and at the same time.
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>

#include <reel.h>

#include "support.h"

static reel_tape *t;
static reel_node *x;

static void setup(void)
{
    t = reel_tape_new();
    x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(2), NULL);
}

static void teardown(void)
{
    reel_tape_free(t);
}

enum { THREADS = 4, RUNS = 50, SIZE = 100 };

typedef struct job {
    const reel_program *program;
    const reel_node *input, *output;
    double factor;
    int wrong;
} job;

static void *work(void *argument)
{
    job *j = argument;
    double data[SIZE];
    reel_workspace *w = reel_workspace_new(j->program);
    j->wrong = !w || reel_workspace_data(w, j->output) ||
               reel_workspace_bind(w, j->input, data) != REEL_OK;
    for (int run = 0; !j->wrong && run < RUNS; run++) {
        for (int i = 0; i < SIZE; i++)
            data[i] = j->factor * (run + i);
        j->wrong = reel_run_in(j->program, w) != REEL_OK;
        const double *y = reel_workspace_data(w, j->output);
        for (int i = 0; !j->wrong && i < SIZE; i++)
            j->wrong = y[i] != data[i] * data[i] - data[i];
    }
    reel_workspace_free(w);
    return NULL;
}

START_TEST(test_threads_share_a_program)
{
    reel_node *in = reel_input(t, "in", REEL_F64, REEL_SHAPE(SIZE));
    reel_node *y = reel_sub(reel_square(in), in);
    reel_program *p = reel_compile(t, REEL_NODES(y));
    pthread_t thread[THREADS];
    job jobs[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (job){.program = p, .input = in, .output = y,
                        .factor = i + 1};
        ck_assert_int_eq(pthread_create(&thread[i], NULL, work, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        ck_assert_int_eq(jobs[i].wrong, 0);
    }
    ck_assert_ptr_null(reel_data(y)); /* the nodes are left alone */
    ck_assert_ptr_null(reel_data(in));
    reel_program_free(p);
}
END_TEST

START_TEST(test_workspaces)
{
    double first[] = {1, 2}, second[] = {3, 4};
    int line = __LINE__ + 1;
    reel_node *in = reel_input(t, "in", REEL_F64, REEL_SHAPE(2));
    reel_node *y = reel_neg(in), *z = reel_exp(x);
    reel_node *alien = reel_input(t, "alien", REEL_F64, REEL_SHAPE(2));
    reel_program *p = reel_compile(t, REEL_NODES(y, in));
    reel_program *q = reel_compile(t, REEL_NODES(z));
    reel_workspace *w = reel_workspace_new(p);

    ck_assert_int_eq(reel_run_in(p, w), REEL_ESTATE);
    char expected[200];
    snprintf(expected, sizeof expected,
             "%s:%d: input in [2]: has no data: reel_bind or reel_set it "
             "before the run", __FILE__, line);
    ck_assert_str_eq(reel_workspace_message(w), expected);
    assert_ok(t); /* the tape is left alone */
    ck_assert_int_eq(reel_run(p), REEL_ESTATE);
    assert_error(t, REEL_ESTATE, "%s", expected);

    ck_assert_int_eq(reel_workspace_bind(w, in, first), REEL_OK);
    ck_assert_int_eq(reel_bind(in, second), REEL_OK);
    ck_assert_int_eq(reel_run_in(p, w), REEL_OK);
    ck_assert_str_eq(reel_workspace_message(w), "");
    ck_assert_int_eq(reel_run(p), REEL_OK);
    ck_assert_double_eq(((const double *)reel_workspace_data(w, y))[1], -2);
    ck_assert_ptr_eq(reel_workspace_data(w, in), first);
    assert_values(y, 0, -3, -4);
    ck_assert_int_eq(reel_workspace_bind(w, in, NULL), REEL_OK);
    ck_assert_int_eq(reel_run_in(p, w), REEL_OK); /* the input's own again */
    ck_assert_double_eq(((const double *)reel_workspace_data(w, y))[1], -4);

    ck_assert_int_eq(reel_workspace_bind(w, alien, first), REEL_EVALUE);
    ck_assert_int_eq(reel_workspace_bind(w, x, first), REEL_EVALUE);
    ck_assert_int_eq(reel_workspace_bind(w, NULL, first), REEL_EVALUE);
    ck_assert_int_eq(reel_workspace_bind(NULL, in, first), REEL_EVALUE);
    ck_assert_ptr_null(reel_workspace_data(w, z));
    ck_assert_ptr_null(reel_workspace_data(NULL, y));
    ck_assert_int_eq(reel_run_in(q, w), REEL_EVALUE);
    ck_assert_int_eq(reel_run_in(NULL, w), REEL_EVALUE);
    ck_assert_int_eq(reel_run_in(p, NULL), REEL_EVALUE);
    ck_assert_ptr_null(reel_workspace_new(NULL));
    ck_assert_str_eq(reel_workspace_message(NULL), "");
    reel_workspace_free(w);
    reel_program_free(p);
    reel_program_free(q);
}
END_TEST

START_TEST(test_thread_count)
{
    reel_set_threads(3);
#ifdef _OPENMP
    ck_assert_int_eq(reel_threads(), 3);
#else
    ck_assert_int_eq(reel_threads(), 1);
#endif
    reel_set_threads(0);
    ck_assert_int_ge(reel_threads(), 1);
    reel_set_threads(-5);
    ck_assert_int_ge(reel_threads(), 1);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("workspace");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_threads_share_a_program);
    tcase_add_test(all, test_workspaces);
    tcase_add_test(all, test_thread_count);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
