/* test_record.c: what constructors let pass: NULL for operands, and, from
 * within, attributes that no constructor makes but a loader might.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "core/internal.h"
#include "ops/ops.h"

#include "support.h"

static reel_tape *t;
static reel_node *x, *m; /* f64 [3], [2, 3] */
static reel_node *i;     /* i64 scalar */

static void setup(void)
{
    t = reel_tape_new();
    x = reel_input(t, "x", REEL_F64, REEL_SHAPE(3));
    m = reel_input(t, "m", REEL_F64, REEL_SHAPE(2, 3));
    i = reel_state(t, "i", REEL_I64, REEL_SCALAR, NULL);
}

static void teardown(void)
{
    reel_tape_free(t);
}

/* -------------------------------------------------------------------- NULL */

/* A line for every op that is not of one or two plain operands: one without
 * does not compile. Each calls its constructors with NULL for every operand in
 * turn, and gives the first node that was made all the same. */
typedef reel_node *of_null(void);

#define NULLS(op, ...)                                                       \
    static reel_node *op##_of_null(void)                                     \
    {                                                                        \
        reel_node *node[] = {__VA_ARGS__};                                   \
        for (size_t k = 0; k < sizeof node / sizeof *node; k++)              \
            if (node[k])                                                     \
                return node[k];                                              \
        return NULL;                                                         \
    }

static const int64_t at[REEL_MAX_DIMS];
static reel_node *part[2];

NULLS(leaky_relu, reel_leaky_relu(NULL, 1))
NULLS(elu, reel_elu(NULL, 1))
NULLS(clamp, reel_clamp(NULL, 0, 1))
NULLS(affine, reel_affine(NULL, 1, 0))
NULLS(cast, reel_cast(NULL, REEL_F32))
NULLS(where, reel_where(NULL, x, x), reel_where(x, NULL, x),
      reel_where(x, x, NULL))
NULLS(sum, reel_sum(NULL, REEL_ALL, false))
NULLS(mean, reel_mean(NULL, REEL_ALL, false))
NULLS(max, reel_max(NULL, REEL_ALL, false))
NULLS(min, reel_min(NULL, REEL_ALL, false))
NULLS(prod, reel_prod(NULL, REEL_ALL, false))
NULLS(var, reel_var(NULL, REEL_ALL, 0, false))
NULLS(logsumexp, reel_logsumexp(NULL, REEL_ALL, false))
NULLS(argmax, reel_argmax(NULL, 0, false))
NULLS(argmin, reel_argmin(NULL, 0, false))
NULLS(reshape, reel_reshape(NULL, REEL_SHAPE(3)), reel_squeeze(NULL, 0),
      reel_unsqueeze(NULL, 0))
NULLS(permute, reel_permute(NULL, REEL_AXES(0)), reel_transpose(NULL))
NULLS(expand, reel_expand(NULL, REEL_SHAPE(3)))
NULLS(slice, reel_slice(NULL, at, at, NULL))
NULLS(pad, reel_pad(NULL, at, at, NULL, 0))
NULLS(flip, reel_flip(NULL, REEL_ALL))
NULLS(concat, reel_concat((reel_nodes){0, NULL}, 0),
      reel_concat(REEL_NODES(NULL, x), 0), reel_concat(REEL_NODES(x, NULL), 0))
NULLS(stack, reel_stack((reel_nodes){0, NULL}, 0),
      reel_stack(REEL_NODES(NULL, x), 0), reel_stack(REEL_NODES(x, NULL), 0))
NULLS(split, reel_split(NULL, 0, 2, part))
NULLS(gather, reel_gather(NULL, i), reel_gather(x, NULL))
NULLS(scatter_add, reel_scatter_add(NULL, i, 2), reel_scatter_add(x, NULL, 2))
NULLS(pick, reel_pick(NULL, i), reel_pick(x, NULL))
NULLS(place, reel_place(NULL, i, 2), reel_place(x, NULL, 2))
NULLS(one_hot, reel_one_hot(NULL, 2, REEL_F32))
NULLS(softmax, reel_softmax(NULL, 0))
NULLS(log_softmax, reel_log_softmax(NULL, 0))
NULLS(nll_loss, reel_nll_loss(NULL, i), reel_nll_loss(x, NULL),
      reel_nll_loss_with(NULL, i, NULL))
NULLS(cross_entropy_loss, reel_cross_entropy_loss(NULL, i),
      reel_cross_entropy_loss(x, NULL),
      reel_cross_entropy_loss_with(x, NULL, NULL))
NULLS(mse_loss, reel_mse_loss(NULL, x), reel_mse_loss(x, NULL))
NULLS(bce_loss, reel_bce_loss(NULL, x), reel_bce_loss(x, NULL))
NULLS(bce_with_logits_loss, reel_bce_with_logits_loss(NULL, x),
      reel_bce_with_logits_loss(x, NULL))
NULLS(huber_loss, reel_huber_loss(NULL, x), reel_huber_loss(x, NULL))
NULLS(uniform, reel_uniform(NULL, REEL_F64, REEL_SCALAR, 1))
NULLS(dropout, reel_dropout(NULL, 0.5, 1, i), reel_dropout(x, 0.5, 1, NULL))

#define REEL_OP(name, kind, formula, gradient) REEL__##kind(name)
#define REEL__UNARY(name) NULLS(name, reel_##name(NULL))
#define REEL__BINARY(name) \
    NULLS(name, reel_##name(NULL, x), reel_##name(x, NULL))
#define REEL__OTHER(name)
#include <reel/ops.def>
#undef REEL_OP

static const struct {
    const char *name;
    of_null *of_null;
} nulls[] = {
#define REEL_OP(name, kind, formula, gradient) {#name, name##_of_null},
#include <reel/ops.def>
#undef REEL_OP
};

#define OPS (sizeof nulls / sizeof *nulls)

/* NULL stands for an error that was reported already: none is added. */
START_TEST(test_null_operands)
{
    size_t count = reel_tape_count(t);
    for (size_t k = 0; k < OPS; k++) {
        reel_node *node = nulls[k].of_null();
        ck_assert_msg(!node, "%s made a node of NULL", nulls[k].name);
        ck_assert_msg(reel_status_of(t) == REEL_OK, "%s of NULL: %s",
                      nulls[k].name, reel_message(t));
    }
    ck_assert_ptr_null(reel_assign(NULL, x));
    ck_assert_ptr_null(reel_assign(x, NULL));
    assert_ok(t);
    ck_assert_uint_eq(reel_tape_count(t), count);
}
END_TEST

/* After an error nothing is recorded, whatever the operands. */
START_TEST(test_after_an_error)
{
    size_t count = reel_tape_count(t);
    reel_node *reals[] = {x, x, x, x}, *none[1] = {NULL};
    reel__fail(t, REEL_EIO, NULL, "before");
    for (size_t k = 0; reel__ops[k]; k++)
        for (int s = 0; s < reel__ops[k]->samples; s++) {
            const reel__sample *sample = &reel__ops[k]->sample[s];
            reel_node *node =
                sample->build
                    ? sample->build(reals)
                    : reel__record(reel__ops[k], reals, (size_t)sample->nin,
                                   NULL, 0);
            /* What changes nothing gives its operand. */
            ck_assert_msg(!node || node == x, "%s, %s", reel__ops[k]->name,
                          sample->what);
        }
    ck_assert_int_eq(reel_gradients(x, (reel_nodes){1, &x}, none), REEL_EIO);
    ck_assert_ptr_null(none[0]);
    ck_assert_uint_eq(reel_tape_count(t), count);
    assert_error(t, REEL_EIO, "before");
}
END_TEST

/* ---------------------------------------------------------------- attributes */

static void forged(const reel__op *op, reel_node *in, const void *attr,
                   size_t bytes, reel_status status, const char *message)
{
    reel_node *both[] = {in, in};
    size_t nin = op->arity == REEL__ANY_ARITY ? 2 : 1;
    ck_assert_ptr_null(reel__record(op, both, nin, attr, bytes));
    assert_error(t, status, "%s: %s", op->name, message);
}

#define FORGED(name, in, type, status, message, ...)                        \
    forged(&reel__op_##name, in, &(type){__VA_ARGS__}, sizeof(type), status, \
           message)

START_TEST(test_attributes)
{
    FORGED(sum, m, reel__axes, REEL_EVALUE, "axes beyond the last of 2", 4, 0);
    FORGED(max, m, reel__axes, REEL_EVALUE, "axes beyond the last of 2", 1, 2);
    FORGED(flip, m, reel__axes, REEL_EVALUE, "axes beyond the last of 2", 8, 0);
    FORGED(softmax, m, reel__axes, REEL_EVALUE, "needs one axis of 2", 0, 0);
    FORGED(softmax, m, reel__axes, REEL_EVALUE, "needs one axis of 2", 3, 0);
    FORGED(log_softmax, m, reel__axes, REEL_EVALUE, "needs one axis of 2", 4,
           0);
    FORGED(argmax, m, reel__axis, REEL_EVALUE,
           "axis 2 is out of range for 2 dimensions", 2, 0);
    FORGED(argmin, m, reel__axis, REEL_EVALUE,
           "axis 0 is out of range for 2 dimensions", 0, 2);
    FORGED(concat, m, reel__axis, REEL_EVALUE,
           "axis 2 is out of range for 2 dimensions", 2, 0);
    FORGED(permute, m, reel__order_of_axes, REEL_EVALUE,
           "needs all 2 axes, each once", {1, 1});
    FORGED(permute, m, reel__order_of_axes, REEL_EVALUE,
           "needs all 2 axes, each once", {0, 2});
    FORGED(reshape, m, reel__sizes, REEL_ESHAPE,
           "-1 dimensions: give 0 to 8", -1, {0});
    FORGED(expand, m, reel__sizes, REEL_ESHAPE,
           "9 dimensions: give 0 to 8", 9, {0});
    FORGED(slice, x, reel__ranges, REEL_EVALUE,
           "3 elements from 1 in steps of 1 are not within axis 0 of size 3",
           {1}, {1}, {3});
    FORGED(slice, x, reel__ranges, REEL_EVALUE,
           "2 elements from -1 in steps of 1 are not within axis 0 of size 3",
           {-1}, {1}, {2});
    FORGED(slice, x, reel__ranges, REEL_EVALUE,
           "2 elements from 0 in steps of 9223372036854775807 are not within "
           "axis 0 of size 3", {0}, {INT64_MAX}, {2});
    FORGED(slice, x, reel__ranges, REEL_EVALUE,
           "0 elements from 4 in steps of 1 are not within axis 0 of size 3",
           {4}, {1}, {0});
    FORGED(pad, reel_reshape(x, REEL_SHAPE(3, 1)), reel__padding, REEL_EVALUE,
           "2 between along axis 1 of size 1: there is no between",
           {0}, {0}, {0, 2}, 0);
}
END_TEST

START_TEST(test_no_room_in_the_message)
{
    char name[600];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    reel__fail(t, REEL_EVALUE, name, "%s", "never seen");
    ck_assert_int_eq(reel_status_of(t), REEL_EVALUE);
    ck_assert_uint_eq(strlen(reel_message(t)), sizeof t->message - 1);
    ck_assert_mem_eq(reel_message(t), name, sizeof t->message - 1);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("record");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_null_operands);
    tcase_add_test(all, test_after_an_error);
    tcase_add_test(all, test_attributes);
    tcase_add_test(all, test_no_room_in_the_message);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run(make_suite());
}
