/* test_alloc.c: memory that runs out. Every single allocation of a training
 * step fails once, in turn: that is an error, nothing leaks, what there was
 * before is as good as ever, and the same call made again gives the same bits.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <reel.h>

#include "support.h"

enum { ROWS = 12, IN = 5, OUT = 4, WEIGHTS = IN * OUT, MOST_NODES = 16 };

typedef struct world {
    memory memory;
    reel_tape *tape;
    reel_node *x, *label, *w, *bias, *step;
    reel_node *loss, *dw, *slope, *out[MOST_NODES];
    size_t outs;
    reel_program *program;
    reel_workspace *workspace;
    reel_gradcheck_report report;
    double found[3 * WEIGHTS];
} world;

static double data[ROWS * IN];
static const int32_t labels[ROWS] = {0, 3, 1, 2, 0, 1, 2, 3, 3, 2, 1, 0};

/* ------------------------------------------------------------------ stages */

/* Each leaves all as it was when it fails. */

static bool make_tape(world *s)
{
    s->tape = reel_tape_new_with(&s->memory.allocator);
    return s->tape != NULL;
}

static bool make_leaves(world *s)
{
    double start[WEIGHTS];
    for (int i = 0; i < WEIGHTS; i++)
        start[i] = 0.1 * cos(i);
    s->x = reel_input(s->tape, "x", REEL_F64, REEL_SHAPE(ROWS, IN));
    s->label = reel_input(s->tape, "label", REEL_I32, REEL_SHAPE(ROWS));
    s->w = reel_parameter(s->tape, "w", REEL_F64, REEL_SHAPE(IN, OUT), start);
    s->bias = reel_parameter(s->tape, NULL, REEL_F64, REEL_SHAPE(OUT), NULL);
    s->step = reel_state(s->tape, "step", REEL_I64, REEL_SCALAR, NULL);
    return s->step != NULL;
}

static bool feed(world *s)
{
    return reel_set(s->x, data) == REEL_OK &&
           reel_set(s->label, labels) == REEL_OK;
}

static bool record(world *s)
{
    reel_node *in = reel_dropout(s->x, 0.25, 1, s->step);
    reel_node *y = reel_add(reel_matmul(in, s->w), s->bias);
    reel_node *six[] = {y, y, reel_neg(y), y, reel_exp(y), y};
    reel_node *all = reel_concat((reel_nodes){6, six}, 0);
    reel_node *stacked = reel_stack((reel_nodes){5, six}, 0);
    reel_node *more = reel_mean(reel_square(all), REEL_ALL, false);
    reel_node *most = reel_mean(reel_prod(stacked, REEL_AXES(0), false),
                                REEL_ALL, false);
    s->loss = reel_add(reel_cross_entropy_loss(y, s->label),
                       reel_affine(reel_add(more, most), 0.5, 0));
    return s->loss && reel_set_name(s->loss, "loss") == REEL_OK;
}

static bool differentiate(world *s)
{
    reel_node *all[] = {s->w, s->bias}, *d[2];
    reel_nodes xs = {2, all}, tangents = {2, d};
    if (reel_gradients(s->loss, xs, d) != REEL_OK)
        return false;
    s->dw = d[0];
    s->slope = reel_jvp(s->loss, xs, tangents);
    s->out[0] = s->loss;
    s->out[1] = s->slope;
    s->out[2] = reel_assign(s->w, reel_sub(s->w, reel_affine(d[0], 0.1, 0)));
    s->out[3] = reel_assign(s->step,
                            reel_add(s->step, reel_scalar(s->tape, REEL_I64,
                                                          1)));
    s->outs = 4;
    return s->out[3] && s->slope;
}

static bool compile(world *s)
{
    s->program = reel_compile(s->tape, (reel_nodes){s->outs, s->out});
    return s->program != NULL;
}

static bool run(world *s)
{
    return reel_run(s->program) == REEL_OK;
}

static bool make_workspace(world *s)
{
    s->workspace = reel_workspace_new(s->program);
    if (!s->workspace) /* it has no tape to tell */
        ck_assert_int_eq(reel_status_of(s->tape), REEL_OK);
    return s->workspace != NULL;
}

static bool check(world *s)
{
    reel_gradcheck_free(&s->report); /* of the failed one */
    reel_status got = reel_gradcheck(s->loss, REEL_NODES(s->w, s->bias), NULL,
                                     &s->report);
    ck_assert(got == REEL_OK || got == REEL_ENOMEM);
    return got == REEL_OK;
}

static bool draw(world *s)
{
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    reel_status got = reel_write_dot(REEL_NODES(s->loss), f);
    fclose(f);
    ck_assert(got == REEL_OK || got == REEL_ENOMEM);
    return got == REEL_OK;
}

static bool (*const stages[])(world *s) = {
    make_tape, make_leaves,    feed,  record, differentiate, compile,
    run,       make_workspace, check, draw,   run,
};

enum { STAGES = sizeof stages / sizeof *stages };

/* -------------------------------------------------------------- everything */

/* All the numbers that came out. */
static void note(world *s)
{
    s->found[0] = reel_item(s->loss);
    s->found[1] = reel_item(s->slope);
    s->found[2] = reel_item(s->step);
    s->found[3] = s->report.row[0].analytic;
    memcpy(s->found + 4, reel_data(s->w), reel_bytes(s->w));
    ck_assert_int_eq(s->report.verdict, REEL_PASS);
}

static void clean(world *s)
{
    reel_gradcheck_free(&s->report);
    reel_workspace_free(s->workspace);
    reel_program_free(s->program);
    reel_tape_free(s->tape);
    ck_assert_uint_eq(s->memory.blocks, 0);
    ck_assert_uint_eq(s->memory.bytes, 0);
}

/* The stage failed: the tape says so, and forgets it. */
static void recover(world *s, int stage, reel_mark mark)
{
    ck_assert_msg(s->memory.failed == 1, "stage %d failed for another reason: "
                  "%s", stage, reel_message(s->tape));
    if (reel_status_of(s->tape) != REEL_OK) {
        const char *end = strstr(reel_message(s->tape), "out of memory");
        ck_assert_int_eq(reel_status_of(s->tape), REEL_ENOMEM);
        ck_assert_msg(end && strlen(end) == strlen("out of memory"),
                      "stage %d: %s", stage, reel_message(s->tape));
    }
    if (!s->tape)
        return;
    reel_clear_error(s->tape);
    ck_assert_int_eq(reel_tape_rewind(s->tape, mark), REEL_OK);
}

/* The whole of it with the n-th allocation failing; false when there are fewer.
 * A stage that fails is done again. */
static bool live(world *s, size_t n)
{
    memset(s, 0, sizeof *s);
    memory_init(&s->memory);
    memory_fail_after(&s->memory, n);
    for (int stage = 0; stage < STAGES; stage++) {
        reel_mark mark = reel_tape_mark(s->tape);
        if (stages[stage](s)) {
            ck_assert_msg(s->memory.failed == 0 || s->memory.fail_at == 0,
                          "allocation %zu failed unseen in stage %d", n,
                          stage);
            continue;
        }
        recover(s, stage, mark);
        s->memory.fail_at = 0;
        ck_assert_msg(stages[stage](s), "stage %d again: %s", stage,
                      reel_message(s->tape));
    }
    note(s);
    return s->memory.failed > 0;
}

/* Nothing is done again: all is just given up. */
static bool give_up(world *s, size_t n)
{
    int stage = 0;
    memset(s, 0, sizeof *s);
    memory_init(&s->memory);
    memory_fail_after(&s->memory, n);
    while (stage < STAGES && stages[stage](s))
        stage++;
    ck_assert((stage < STAGES) == (s->memory.failed > 0));
    return stage < STAGES;
}

static void setup(void)
{
    for (int i = 0; i < ROWS * IN; i++)
        data[i] = sin(i);
}

START_TEST(test_done_again)
{
    world good, s;
    size_t n = 0, step = support_scaled(1, 7);
    ck_assert(!live(&good, SIZE_MAX / 2));
    clean(&good);
    for (; live(&s, n); n += step) {
        ck_assert_msg(memcmp(s.found, good.found, sizeof s.found) == 0,
                      "other values after allocation %zu failed", n);
        clean(&s);
    }
    clean(&s);
    ck_assert_uint_gt(n, 100); /* there were some */
}
END_TEST

START_TEST(test_given_up)
{
    world s;
    size_t n = 0, step = support_scaled(1, 7);
    for (; give_up(&s, n); n += step)
        clean(&s);
    clean(&s);
    ck_assert_uint_gt(n, 100);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("alloc");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, NULL);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, test_done_again);
    tcase_add_test(all, test_given_up);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
