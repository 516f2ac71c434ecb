/* test_layers.c: layers, activations and losses by name: what they compute,
 * whose parameters they share, how they are named and seeded.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <reel.h>

#include "support.h"

enum { N = 5, IN = 4 };

static reel_tape *t;
static reel_node *x; /* [N, IN] */

static void setup(void)
{
    double values[N * IN];
    for (int i = 0; i < N * IN; i++)
        values[i] = sin(1.7 * i + 0.5);
    t = reel_tape_new();
    x = reel_constant(t, REEL_F64, REEL_SHAPE(N, IN), values);
}

static void teardown(void)
{
    reel_tape_free(t);
}

/* Both nodes have the same shape and bits. */
static void assert_same(reel_node *a, reel_node *b)
{
    reel_program *p = run_once(t, a, b);
    ck_assert_int_eq(reel_count(a), reel_count(b));
    for (int64_t i = 0; i < reel_count(a); i++)
        if (value_at(a, i) != value_at(b, i))
            ck_abort_msg("element %d: %.17g, not %.17g", (int)i,
                         value_at(a, i), value_at(b, i));
    reel_program_free(p);
}

/* The values of a new parameter filled by the rule. */
static reel_node *filled(reel_shape shape, const char *rule, uint64_t seed,
                         uint64_t stream)
{
    reel_node *p = reel_parameter(t, "by hand", REEL_F64, shape, NULL);
    ck_assert_int_eq(reel_initialize(p, rule, seed, stream), REEL_OK);
    return p;
}

/* ----------------------------------------------------------------- by name */

static reel_node *relu_by_hand(reel_node *a)
{
    return reel_relu(a);
}

#define ACTIVATIONS(X)                                                      \
    X("identity", a)                                                        \
    X("relu", relu_by_hand(a))                                              \
    X("leaky_relu", reel_leaky_relu(a, 0.01))                               \
    X("leaky_relu(0.2)", reel_leaky_relu(a, 0.2))                           \
    X("leaky_relu(-1)", reel_leaky_relu(a, -1))                             \
    X("elu", reel_elu(a, 1))                                                \
    X("elu(0.5)", reel_elu(a, 0.5))                                         \
    X("selu", reel_affine(reel_elu(a, 1.6732632423543772), 1.0507009873554805, \
                          0))                                               \
    X("gelu", reel_gelu(a))                                                 \
    X("silu", reel_silu(a))                                                 \
    X("sigmoid", reel_sigmoid(a))                                           \
    X("softplus", reel_softplus(a))                                         \
    X("tanh", reel_tanh(a))                                                 \
    X("sin", reel_sin(a))                                                   \
    X("softmax", reel_softmax(a, -1))                                       \
    X("log_softmax", reel_log_softmax(a, -1))

START_TEST(test_activations)
{
    reel_node *a = x;
#define X(name, expression) assert_same(reel_activation(a, name), expression);
    ACTIVATIONS(X)
#undef X
    ck_assert_ptr_eq(reel_activation(x, "identity"), x);
}
END_TEST

START_TEST(test_losses)
{
    double whole[N] = {0, 3, 1, 2, 1}, unit[N * IN];
    for (int i = 0; i < N * IN; i++)
        unit[i] = (i % 7 + 0.5) / 8;
    reel_node *p = reel_constant(t, REEL_F64, REEL_SHAPE(N, IN), unit);
    reel_node *y = reel_cast(reel_constant(t, REEL_F64, REEL_SHAPE(N), whole),
                             REEL_I32);
    reel_node *logp = reel_log_softmax(x, -1);
    assert_same(reel_loss(x, p, "mse"), reel_mse_loss(x, p));
    assert_same(reel_loss(p, p, "bce"), reel_bce_loss(p, p));
    assert_same(reel_loss(x, p, "bce_with_logits"),
                reel_bce_with_logits_loss(x, p));
    assert_same(reel_loss(logp, y, "nll"), reel_nll_loss(logp, y));
    assert_same(reel_loss(x, y, "cross_entropy"),
                reel_cross_entropy_loss(x, y));
    assert_same(reel_loss(x, p, "huber"), reel_huber_loss(x, p));
    assert_same(reel_loss(x, p, "huber(0.25)"),
                reel_huber_loss_with(x, p,
                                     &(reel_loss_options){.delta = 0.25}));
}
END_TEST

/* ------------------------------------------------------------------- dense */

START_TEST(test_dense)
{
    reel_set_seed(t, 3);
    reel_layer *a = reel_dense_layer(t, 6, "tanh", "he");
    reel_layer *b = reel_dense_layer(t, 2, "identity", "xavier");
    ck_assert_ptr_null(reel_layer_weight(a));
    ck_assert_ptr_null(reel_layer_bias(a));
    reel_node *y = reel_apply(b, reel_apply(a, x));

    /* Streams go by the layers, whatever else there is on the tape. */
    reel_node *w1 = filled(REEL_SHAPE(IN, 6), "he", 3, 0);
    reel_node *w2 = filled(REEL_SHAPE(6, 2), "xavier", 3, 2);
    assert_same(reel_layer_weight(a), w1);
    assert_same(reel_layer_weight(b), w2);
    assert_values(reel_layer_bias(a), 0, 0, 0, 0, 0, 0, 0);
    reel_set(reel_layer_bias(a), (double[]){1, -2, 3, -4, 5, -6});
    reel_node *h = reel_tanh(reel_add(reel_matmul(x, w1), reel_layer_bias(a)));
    assert_same(y, reel_add(reel_matmul(h, w2), reel_layer_bias(b)));

    ck_assert_str_eq(reel_layer_name(a), "dense1");
    ck_assert_str_eq(reel_layer_name(b), "dense2");
    ck_assert_str_eq(reel_name(reel_layer_weight(a)), "dense1.w");
    ck_assert_str_eq(reel_name(reel_layer_bias(b)), "dense2.b");
}
END_TEST

START_TEST(test_dense_options)
{
    char name[] = "encoder";
    reel_layer *a = reel_dense_layer_with(
        t, 3, "identity", "normal",
        &(reel_dense_options){.name = name, .bias = "normal", .seed = 9});
    name[0] = '?'; /* it was copied */
    reel_layer *b = reel_dense_layer_with(
        t, 3, "identity", "normal", &(reel_dense_options){.no_bias = true});
    reel_apply(a, x);
    reel_node *y = reel_apply(b, x);
    assert_same(y, reel_matmul(x, reel_layer_weight(b)));
    assert_same(reel_layer_weight(a),
                filled(REEL_SHAPE(IN, 3), "normal", 9, 0));
    assert_same(reel_layer_bias(a), filled(REEL_SHAPE(3), "normal", 9, 1));
    assert_same(reel_layer_weight(b),
                filled(REEL_SHAPE(IN, 3), "normal", 0, 2));
    ck_assert_str_eq(reel_name(reel_layer_weight(a)), "encoder.w");
    ck_assert_str_eq(reel_layer_name(b), "dense2");
    ck_assert_ptr_null(reel_layer_bias(b));
}
END_TEST

/* Used once: no handle. */
START_TEST(test_dense_once)
{
    reel_node *y = reel_dense(reel_dense(x, 6, "relu", "he"), 2, "sigmoid",
                              "lecun");
    reel_nodes all = reel_parameters(REEL_NODES(y));
    static const char *const names[] = {"dense1.w", "dense1.b", "dense2.w",
                                        "dense2.b"};
    ck_assert_uint_eq(all.count, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(reel_name(all.node[i]), names[i]);
    reel_node *h = reel_relu(reel_add(reel_matmul(x, all.node[0]),
                                      all.node[1]));
    assert_same(y, reel_sigmoid(reel_add(reel_matmul(h, all.node[2]),
                                         all.node[3])));
}
END_TEST

START_TEST(test_f32_and_more_axes)
{
    reel_layer *a = reel_dense_layer(t, 3, "relu", "he");
    reel_node *f = reel_reshape(reel_cast(x, REEL_F32), REEL_SHAPE(1, N, IN));
    reel_node *y = reel_apply(a, f);
    ck_assert_int_eq(reel_dtype_of(reel_layer_weight(a)), REEL_F32);
    ck_assert_int_eq(reel_shape_of(y).ndim, 3);
    ck_assert_int_eq(reel_shape_of(y).dim[2], 3);
    reel_program_free(run_once(t, y));
}
END_TEST

/* ----------------------------------------------------------------- sharing */

/* One weight in two places: its gradient is the sum over both. */
START_TEST(test_applied_twice)
{
    reel_layer *a = reel_dense_layer(t, IN, "tanh", "xavier");
    reel_node *h = reel_apply(a, x), *y = reel_add(reel_apply(a, h), x);
    reel_node *w = reel_layer_weight(a), *b = reel_layer_bias(a);
    reel_nodes all = reel_parameters(REEL_NODES(y));
    ck_assert_uint_eq(all.count, 2);
    ck_assert_ptr_eq(all.node[0], w);

    reel_node *first = reel_tanh(reel_add(reel_matmul(x, w), b));
    reel_node *second = reel_tanh(reel_add(reel_matmul(first, w), b));
    reel_node *by_hand = reel_add(second, x);
    assert_same(reel_gradient(reel_sum(y, REEL_ALL, false), w),
                reel_gradient(reel_sum(by_hand, REEL_ALL, false), w));
}
END_TEST

/* Another batch size is another graph over the same parameters. */
START_TEST(test_other_batch)
{
    reel_layer *net = reel_layer_list(
        t, REEL_LAYERS(reel_dense_layer(t, 6, "relu", "he"),
                       reel_dense_layer(t, 2, "identity", "he")));
    reel_node *all = reel_apply(net, x);
    reel_node *two = reel_slice(x, (int64_t[]){1, 0}, (int64_t[]){3, IN}, NULL);
    size_t parameters = reel_parameters(REEL_NODES(all)).count;
    reel_node *part = reel_apply(net, two);
    ck_assert_uint_eq(reel_parameters(REEL_NODES(all, part)).count,
                      parameters);
    reel_program *p = run_once(t, all, part);
    for (int64_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(value_at(part, i), value_at(all, 2 + i),
                                1e-15);
    reel_program_free(p);
}
END_TEST

/* ------------------------------------------------------------------- lists */

static reel_node *skip(reel_node *in, void *user)
{
    return reel_add(in, reel_apply(user, in));
}

/* Lists in lists, a layer in two places, free code between: the same graph as
 * written out. */
START_TEST(test_lists)
{
    reel_layer *a = reel_dense_layer(t, IN, "identity", "xavier");
    reel_layer *b = reel_dense_layer(t, 3, "silu", "he");
    reel_layer *tanh_layer = reel_activation_layer(t, "tanh");
    reel_layer *inner = reel_layer_list(t, REEL_LAYERS(a, tanh_layer));
    reel_layer *empty = reel_layer_list(t, (reel_layers){0, NULL});
    reel_layer *net = reel_layer_list(
        t, REEL_LAYERS(inner, reel_function_layer(t, skip, a), empty, inner,
                       b));
    reel_node *y = reel_apply(net, x);
    reel_node *h = reel_tanh(reel_apply(a, x));
    h = reel_add(h, reel_apply(a, h));
    assert_same(y, reel_apply(b, reel_tanh(reel_apply(a, h))));
    ck_assert_ptr_eq(reel_apply(empty, x), x);
    ck_assert_uint_eq(reel_parameters(REEL_NODES(y)).count, 4);
    ck_assert_str_eq(reel_layer_name(net), "");
    ck_assert_ptr_null(reel_layer_weight(net));
    ck_assert_ptr_null(reel_layer_bias(tanh_layer));
}
END_TEST

/* Nesting costs no C stack. */
START_TEST(test_deep_lists)
{
    size_t depth = support_scaled(2000, 20);
    reel_layer *net = reel_activation_layer(t, "tanh");
    for (size_t i = 0; i < depth; i++)
        net = reel_layer_list(t, REEL_LAYERS(net));
    assert_same(reel_apply(net, x), reel_tanh(x));
}
END_TEST

START_TEST(test_dropout)
{
    enum { MANY = 1000 };
    reel_set_seed(t, 4);
    reel_layer *a = reel_dropout_layer(t, 0.25);
    reel_layer *b = reel_dropout_layer(t, 0.25);
    reel_layer *both = reel_layer_list(t, REEL_LAYERS(a, b));
    reel_node *ones = reel_full(t, REEL_F64, REEL_SHAPE(MANY), 1);
    reel_node *step = reel_state(t, "step", REEL_I64, REEL_SCALAR, NULL);
    ck_assert_ptr_eq(reel_apply(both, ones), ones);

    reel_node *y = reel_apply_training(a, ones, step);
    reel_node *z = reel_apply_training(b, ones, step);
    reel_node *next = reel_assign(step, reel_affine(step, 1, 1));
    reel_clear_error(t); /* affine takes floats */
    next = reel_assign(step, reel_add(step, reel_scalar(t, REEL_I64, 1)));
    reel_node *in_turn = reel_apply_training(both, ones, step);
    reel_program *p = run_once(t, y, z, in_turn, next);
    int kept = 0, differ = 0, redrawn = 0;
    double before[MANY];
    for (int i = 0; i < MANY; i++) {
        double v = before[i] = value_at(y, i), u = value_at(z, i);
        ck_assert(v == 0 || v == 1 / 0.75);
        ck_assert(value_at(in_turn, i) == v * u);
        kept += v != 0;
        differ += v != u;
    }
    ck_assert_int_lt(abs(kept - 750), 70); /* 5 deviations */
    ck_assert_int_gt(differ, 250);
    ck_assert_int_eq(reel_run(p), REEL_OK);
    for (int i = 0; i < MANY; i++)
        redrawn += value_at(y, i) != before[i];
    ck_assert_int_gt(redrawn, 250);
    reel_program_free(p);
}
END_TEST

/* -------------------------------------------------------------- parameters */

START_TEST(test_parameters)
{
    reel_node *a = reel_parameter(t, "a", REEL_F64, REEL_SCALAR, NULL);
    reel_node *b = reel_parameter(t, "b", REEL_F64, REEL_SCALAR, NULL);
    reel_node *c = reel_parameter(t, "c", REEL_F64, REEL_SCALAR, NULL);
    reel_node *s = reel_state(t, "s", REEL_F64, REEL_SCALAR, NULL);
    reel_node *sign = reel_cast(reel_gt(c, s), REEL_F64);
    reel_node *f = reel_add(reel_mul(b, s), reel_mul(a, b));
    reel_node *g = reel_add(reel_add(f, sign), reel_stop_gradient(c));
    reel_nodes found = reel_parameters(REEL_NODES(g, f));
    ck_assert_uint_eq(found.count, 2); /* not c, nor s */
    ck_assert_ptr_eq(found.node[0], a);
    ck_assert_ptr_eq(found.node[1], b);
    ck_assert_uint_eq(reel_parameters(REEL_NODES(s)).count, 0);
    ck_assert_uint_eq(reel_parameters(REEL_NODES(c)).count, 1);
    ck_assert_uint_eq(reel_parameters((reel_nodes){0, NULL}).count, 0);
    ck_assert_uint_eq(reel_parameters(REEL_NODES(f, NULL)).count, 0);
    ck_assert_int_eq(reel_status_of(t), REEL_OK);
}
END_TEST

/* --------------------------------------------------------------- rewinding */

/* What a rewind drops is made again as if it were new: the same names and
 * values. */
START_TEST(test_rewind)
{
    reel_layer *a = reel_dense_layer(t, 3, "identity", "he");
    reel_mark mark = reel_tape_mark(t);
    for (int round = 0; round < 3; round++) {
        reel_layer *b = reel_dense_layer(t, 2, "identity", "he");
        ck_assert_ptr_null(reel_layer_weight(a));
        ck_assert_ptr_null(reel_layer_bias(a));
        ck_assert_str_eq(reel_layer_name(b), "dense2");
        /* In turn, so that other nodes lie where these were. */
        reel_node *y = round % 2 ? reel_apply(b, x) : reel_apply(a, x);
        reel_node *z = round % 2 ? reel_apply(a, x) : reel_apply(b, x);
        reel_program_free(run_once(t, y, z));
        assert_same(reel_layer_weight(a),
                    filled(REEL_SHAPE(IN, 3), "he", 0, 0));
        assert_same(reel_layer_weight(b),
                    filled(REEL_SHAPE(IN, 2), "he", 0, 2));
        ck_assert_int_eq(reel_tape_rewind(t, mark), REEL_OK);
    }
    reel_apply(a, x);
    reel_node *w = reel_layer_weight(a);
    ck_assert_ptr_nonnull(w);
    ck_assert_int_eq(reel_tape_rewind(t, reel_tape_mark(t)), REEL_OK);
    ck_assert_ptr_eq(reel_layer_weight(a), w); /* older than the mark */
}
END_TEST

/* ---------------------------------------------------------------- mistakes */

#define ACTIVATION_LIST                                                      \
    "identity, relu, leaky_relu, elu, selu, gelu, silu, sigmoid, softplus, " \
    "tanh, sin, softmax and log_softmax"
#define LOSS_LIST "mse, bce, bce_with_logits, cross_entropy, nll and huber"

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

START_TEST(test_wrong_names)
{
    TRY(reel_activation(x, "rleu"));
    SAYS(REEL_EVALUE,
         "activation: no activation 'rleu': there are " ACTIVATION_LIST);
    TRY(reel_activation(x, NULL));
    SAYS(REEL_EVALUE,
         "activation: no activation '': there are " ACTIVATION_LIST);
    TRY(reel_activation(x, "relu(1)"));
    SAYS(REEL_EVALUE,
         "activation: activation 'relu(1)': relu takes no argument");
    TRY(reel_activation(x, "elu(a)"));
    SAYS(REEL_EVALUE, "activation: activation 'elu(a)': elu takes a number");
    TRY(reel_loss(x, x, "l2"));
    SAYS(REEL_EVALUE, "loss: no loss 'l2': there are " LOSS_LIST);
    TRY(reel_loss(x, x, NULL));
    SAYS(REEL_EVALUE, "loss: no loss '': there are " LOSS_LIST);
    TRY(reel_loss(x, x, "huber(0)"));
    SAYS(REEL_EVALUE, "loss: loss 'huber(0)': huber takes a number > 0");
    TRY(reel_dense(x, 3, "rleu", "he"));
    SAYS(REEL_EVALUE,
         "dense: no activation 'rleu': there are " ACTIVATION_LIST);
    TRY(reel_dense_layer(t, 3, "relu", "constant"));
    SAYS(REEL_EVALUE, "dense: rule 'constant': constant takes a number");
    const reel_dense_options bias = {.bias = "zeros(1)"};
    TRY(reel_dense_layer_with(t, 3, "relu", "he", &bias));
    SAYS(REEL_EVALUE, "dense: rule 'zeros(1)': zeros takes no argument");
    TRY(reel_activation_layer(t, "tanh("));
    SAYS(REEL_EVALUE,
         "activation: activation 'tanh(': tanh takes a closing bracket");
    ck_assert_ptr_nonnull(reel_dense(x, 3, "relu", "he"));
}
END_TEST

START_TEST(test_wrong_values)
{
    reel_layer *a = reel_dense_layer(t, 3, "relu", "he");
    TRY(reel_dense_layer(t, 0, "relu", "he"));
    SAYS(REEL_EVALUE, "dense: 0 units: needs > 0");
    TRY(reel_dropout_layer(t, 1));
    SAYS(REEL_EVALUE, "dropout: p is 1: needs 0 <= p < 1");
    TRY(reel_dropout_layer(t, -0.5));
    SAYS(REEL_EVALUE, "dropout: p is -0.5: needs 0 <= p < 1");
    TRY(reel_function_layer(t, NULL, NULL));
    SAYS(REEL_EVALUE, "function: is NULL");
    TRY(reel_apply(a, reel_cast(x, REEL_I32)));
    SAYS(REEL_EDTYPE, "dense1: takes f32 or f64, not i32");
    TRY(reel_apply(a, reel_scalar(t, REEL_F64, 1)));
    SAYS(REEL_ESHAPE, "dense1: needs at least two axes, not []");
    ck_assert_ptr_nonnull(reel_apply(a, x));
    TRY(reel_apply(a, reel_cast(x, REEL_F32)));
    SAYS(REEL_EDTYPE, "dense1: takes f64, not f32");
    TRY(reel_apply(a, reel_transpose(x)));
    SAYS(REEL_ESHAPE, "dense1: takes 4 features, not [4, 5]");
    reel_layer *fans = reel_dense_layer_with(
        t, 3, "relu", "he", &(reel_dense_options){.bias = "he"});
    TRY(reel_apply(fans, x));
    SAYS(REEL_ESHAPE, "initialize: rule 'he' needs a matrix, not [3]");
}
END_TEST

START_TEST(test_other_tapes_and_null)
{
    reel_tape *other = reel_tape_new();
    reel_layer *a = reel_dense_layer(t, 3, "relu", "he");
    reel_layer *b = reel_dense_layer(other, 3, "relu", "he");
    TRY(reel_apply(b, x));
    SAYS(REEL_EVALUE, "dense: the layer is of another tape");
    TRY(reel_layer_list(t, REEL_LAYERS(a, b)));
    SAYS(REEL_EVALUE, "list: a layer is of another tape");
    reel_tape_free(other);

    ck_assert_ptr_null(reel_apply(NULL, x));
    ck_assert_ptr_null(reel_apply(a, NULL));
    ck_assert_ptr_null(reel_apply_training(a, x, NULL));
    ck_assert_ptr_null(reel_activation(NULL, "relu"));
    ck_assert_ptr_null(reel_loss(NULL, x, "mse"));
    ck_assert_ptr_null(reel_loss(x, NULL, "mse"));
    ck_assert_ptr_null(reel_dense(NULL, 3, "relu", "he"));
    ck_assert_ptr_null(reel_dense_layer(NULL, 3, "relu", "he"));
    ck_assert_ptr_null(reel_layer_list(t, REEL_LAYERS(a, NULL)));
    ck_assert_ptr_null(reel_layer_list(NULL, REEL_LAYERS(a)));
    ck_assert_ptr_null(reel_layer_weight(NULL));
    ck_assert_ptr_null(reel_layer_bias(NULL));
    ck_assert_str_eq(reel_layer_name(NULL), "");
    ck_assert_int_eq(reel_set_seed(NULL, 1), REEL_EVALUE);
    ck_assert_int_eq(reel_status_of(t), REEL_OK);

    /* The first error stays, and nothing is recorded after it. */
    reel_neg(reel_gt(x, x));
    size_t nodes = reel_tape_count(t);
    ck_assert_ptr_null(reel_apply(a, x));
    ck_assert_ptr_null(reel_activation(x, "identity"));
    ck_assert_ptr_null(reel_dense_layer(t, 3, "relu", "he"));
    ck_assert_uint_eq(reel_parameters(REEL_NODES(x)).count, 0);
    ck_assert_uint_eq(reel_tape_count(t), nodes);
    ck_assert_int_eq(reel_status_of(t), REEL_EDTYPE);
}
END_TEST

/* ----------------------------------------------------------- out of memory */

/* A network of all kinds of layers on the tape; NULL after an error. */
static reel_node *network(reel_tape *tape, reel_layer **net)
{
    double ones[N * IN];
    for (int i = 0; i < N * IN; i++)
        ones[i] = 1;
    reel_node *in = reel_constant(tape, REEL_F64, REEL_SHAPE(N, IN), ones);
    reel_node *step = reel_state(tape, "step", REEL_I64, REEL_SCALAR, NULL);
    if (!*net)
        *net = reel_layer_list(
            tape, REEL_LAYERS(reel_dense_layer(tape, 300, "relu", "orthogonal"),
                              reel_dropout_layer(tape, 0.5),
                              reel_activation_layer(tape, "tanh"),
                              reel_dense_layer(tape, 2, "identity", "he")));
    reel_node *y = reel_apply_training(*net, in, step);
    return reel_parameters(REEL_NODES(y)).count == 4 ? y : NULL;
}

/* Each allocation fails once; then the same call goes on, with the same
 * values. */
START_TEST(test_no_memory)
{
    memory m;
    reel_layer *good = NULL;
    ck_assert_ptr_nonnull(network(t, &good));
    reel_node *want = reel_layer_weight(good);
    bool done = false;
    ck_assert_ptr_null(want); /* of a list */
    want = reel_parameters(REEL_NODES(network(t, &good))).node[0];
    for (size_t n = 0; !done; n++) {
        memory_init(&m);
        reel_tape *tape = reel_tape_new_with(&m.allocator);
        reel_layer *net = NULL;
        memory_fail_after(&m, n);
        reel_node *y = network(tape, &net);
        done = m.failed == 0;
        m.fail_at = 0;
        if (!done) {
            ck_assert_ptr_null(y);
            assert_error(tape, REEL_ENOMEM, "%s", reel_message(tape));
            y = network(tape, &net);
        }
        ck_assert_ptr_nonnull(y);
        reel_node *w = reel_parameters(REEL_NODES(y)).node[0];
        ck_assert(memcmp(reel_data(w), reel_data(want), reel_bytes(w)) == 0);
        reel_tape_free(tape);
        ck_assert_uint_eq(m.blocks, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layers");
    TCase *all = tcase_create("layers");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_activations);
    tcase_add_test(all, test_losses);
    tcase_add_test(all, test_dense);
    tcase_add_test(all, test_dense_options);
    tcase_add_test(all, test_dense_once);
    tcase_add_test(all, test_f32_and_more_axes);
    tcase_add_test(all, test_applied_twice);
    tcase_add_test(all, test_other_batch);
    tcase_add_test(all, test_lists);
    tcase_add_test(all, test_deep_lists);
    tcase_add_test(all, test_dropout);
    tcase_add_test(all, test_parameters);
    tcase_add_test(all, test_rewind);
    tcase_add_test(all, test_wrong_names);
    tcase_add_test(all, test_wrong_values);
    tcase_add_test(all, test_other_tapes_and_null);
    tcase_add_test(all, test_no_memory);
    suite_add_tcase(suite, all);
    return support_run(suite);
}
