/* reel/nn.h: networks out of layers: activations, losses and initial values by
 * name, layers that keep their parameters, lists of layers.
 *
 * All of it records ordinary nodes of ordinary ops, so layers mix with any
 * other graph code: a branch, a skip, several inputs and losses are nodes used
 * twice or added. A name may have an argument in brackets, "leaky_relu(0.1)";
 * one that is wrong is REEL_EVALUE, and the message lists those there are. As
 * in reel/ops.h, functions take NULL and return NULL when given one, after an
 * error, and when the tape holds one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REEL_NN_H
#define REEL_NN_H

#include <reel/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------- functions by their name */

/* identity, relu, leaky_relu (slope 0.01, or that in brackets), elu (alpha 1),
 * selu (G. Klambauer et al., NeurIPS 2017), gelu, silu, sigmoid, softplus,
 * tanh, sin, softmax and log_softmax (along the last axis). No derivative is
 * asked for: ops bring theirs. "identity" gives x itself. */
REEL_API reel_node *reel_activation(reel_node *x, const char *name);

/* The mean loss of a network's output x:
 *
 *   "mse"              mean squared error, x and target of one shape
 *   "huber"            the same, linear beyond delta 1, or that in brackets
 *   "bce"              binary cross-entropy of probabilities
 *   "bce_with_logits"  the same of what a sigmoid would make them of
 *   "nll"              of log-probabilities [n, classes] and class indices [n]
 *   "cross_entropy"    the same of what a log_softmax would make them of
 *
 * Broadcasting, dtypes and formulas as of reel_mse_loss, ... in reel/ops.h,
 * which also has losses with weights and other reductions. */
REEL_API reel_node *reel_loss(reel_node *x, reel_node *target,
                              const char *name);

/* ---------------------------------------------------------- initial values */

/* Fills a parameter or state (f32 or f64) by the named rule. fan_in and fan_out
 * are a matrix's rows and columns (x W), as reel_matmul uses it.
 *
 *   "zeros"           0
 *   "constant(c)"     c
 *   "normal"          N(0, 1); "normal(s)": N(0, s^2)
 *   "uniform"         U(-0.5, 0.5); "uniform(a)": U(-a, a)
 *   "xavier_uniform"  U(-a, a), a = g sqrt(6 / (fan_in + fan_out))
 *   "xavier_normal"   N(0, s^2), s = g sqrt(2 / (fan_in + fan_out)); g is 1 or
 *                     the number in brackets (X. Glorot, Y. Bengio, AISTATS
 *                     2010); "xavier" is xavier_uniform
 *   "he_normal"       N(0, 2 / fan_in)
 *   "he_uniform"      U(-a, a), a = sqrt(6 / fan_in); (fan_out) in brackets
 *                     takes that instead (K. He et al., ICCV 2015); "he" is
 *                     he_normal
 *   "lecun_normal"    N(0, 1 / fan_in)
 *   "lecun_uniform"   U(-a, a), a = sqrt(3 / fan_in); as he (Y. LeCun et al.,
 *                     "Efficient BackProp", 1998); "lecun" is lecun_normal
 *   "orthogonal"      orthonormal rows or columns, whichever are fewer, times 1
 *                     or the number in brackets, uniform on all such matrices
 *                     (A. Saxe et al., ICLR 2014)
 *
 * glorot_ and kaiming_ with uniform or normal are the same as xavier_ and he_.
 *
 * Element i is a function of (rule, shape, seed, stream, i): give each
 * parameter a stream of its own. Uniform values have the same bits on every
 * machine, the others as far as reel_random_normal's. REEL_EVALUE for an
 * unknown name, an argument that the rule has no use for or a leaf that cannot
 * be filled; REEL_ESHAPE when a rule needs fans and the leaf is no matrix.
 * O(elements); orthogonal O(elements x the fewer of rows and columns). */
REEL_API reel_status reel_initialize(reel_node *leaf, const char *rule,
                                     uint64_t seed, uint64_t stream);

/* The seed of the layers that are made on the tape from now on; 0 at first. */
REEL_API reel_status reel_set_seed(reel_tape *tape, uint64_t seed);

/* ------------------------------------------------------------------ layers */

/* A layer is a function of a node that has parameters of its own. It gets them
 * when it is first applied, in the size and dtype of what it is applied to, and
 * keeps them: applied again it shares them, in the same graph or in that of
 * another batch size. It lives on its tape like a node: nothing to free, gone
 * when the tape is rewound before the place where it was made; rewinding to
 * between that and its first use makes it as new. */
typedef struct reel_layer reel_layer;

/* x [..., n] W [n, units] + b [units], then the activation. W starts by the
 * rule, b as zeros. The k-th dense layer of a tape is named "dense<k>" and
 * draws from streams 2 k - 2 (W) and 2 k - 1 (b); its parameters are named
 * "dense<k>.w" and "dense<k>.b". Names and units > 0 are checked at once. */
REEL_API reel_layer *reel_dense_layer(reel_tape *tape, int64_t units,
                                      const char *activation,
                                      const char *rule);

/* Everything zero is the default. */
typedef struct reel_dense_options {
    const char *name; /* in place of dense<k>; copied */
    const char *bias; /* the bias's rule, one that needs no fans */
    bool no_bias;
    uint64_t seed;    /* in place of the tape's */
} reel_dense_options;
REEL_API reel_layer *reel_dense_layer_with(reel_tape *tape, int64_t units,
                                           const char *activation,
                                           const char *rule,
                                           const reel_dense_options *options);

/* An activation as a layer; it has no parameters. */
REEL_API reel_layer *reel_activation_layer(reel_tape *tape, const char *name);

/* reel_dropout in training, nothing otherwise; 0 <= p < 1. Each has bits of its
 * own. */
REEL_API reel_layer *reel_dropout_layer(reel_tape *tape, double p);

/* Any graph code as a layer: function(x, user) returns a node. */
typedef reel_node *reel_layer_function(reel_node *x, void *user);
REEL_API reel_layer *reel_function_layer(reel_tape *tape,
                                         reel_layer_function *function,
                                         void *user);

/* Layers applied one after the other, as one: lists can hold lists, and a layer
 * can stand in several places. An empty list passes x through. O(layers). */
typedef struct reel_layers {
    size_t count;
    reel_layer *const *layer;
} reel_layers;
REEL_API reel_layer *reel_layer_list(reel_tape *tape, reel_layers layers);

/* REEL_LAYERS(a, b, c): write a list in place. */
#ifdef __cplusplus
#define REEL_LAYERS(...) reel__layers({__VA_ARGS__})
#else
#define REEL_LAYERS(...)                              \
    ((reel_layers){REEL__COUNT(reel_layer *, __VA_ARGS__), \
                   (reel_layer *const[]){__VA_ARGS__}})
#endif

/* The layer of x; both are of one tape. REEL_ESHAPE when a dense layer has the
 * parameters of another width or x has fewer than two axes, REEL_EDTYPE when x
 * is no float or another than its parameters. reel_apply is for testing and
 * prediction; in training dropout draws by the value of step, an i64 scalar
 * (see reel_dropout). */
REEL_API reel_node *reel_apply(reel_layer *layer, reel_node *x);
REEL_API reel_node *reel_apply_training(reel_layer *layer, reel_node *x,
                                        reel_node *step);

/* A dense layer that is used once. */
REEL_API reel_node *reel_dense(reel_node *x, int64_t units,
                               const char *activation, const char *rule);

/* Its name ("" for layers without parameters), and a dense layer's W and b;
 * NULL before it is first applied, for other layers, and for no bias. */
REEL_API const char *reel_layer_name(const reel_layer *layer);
REEL_API reel_node *reel_layer_weight(const reel_layer *layer);
REEL_API reel_node *reel_layer_bias(const reel_layer *layer);

/* The parameters through which the nodes can be changed, in the order of their
 * recording: those of paths that end in stop_gradient or an op without
 * derivative are not among them. The list lives on the tape; empty after an
 * error. O(nodes up to the youngest of these). */
REEL_API reel_nodes reel_parameters(reel_nodes nodes);

/* reel_location_leave for the macros below. */
REEL_API reel_layer *reel_location_leave_layer(reel_layer *layer);
REEL_API reel_nodes reel_location_leave_nodes(reel_nodes nodes);

#ifndef REEL_NO_LOCATIONS
#define REEL__LAYER_AT(...)                   \
    (reel_location_enter(__FILE__, __LINE__), \
     reel_location_leave_layer(__VA_ARGS__))
#define REEL__NODES_AT(...)                   \
    (reel_location_enter(__FILE__, __LINE__), \
     reel_location_leave_nodes(__VA_ARGS__))
#define reel_activation(...) REEL_AT(reel_activation(__VA_ARGS__))
#define reel_loss(...) REEL_AT(reel_loss(__VA_ARGS__))
#define reel_dense(...) REEL_AT(reel_dense(__VA_ARGS__))
#define reel_apply(...) REEL_AT(reel_apply(__VA_ARGS__))
#define reel_apply_training(...) REEL_AT(reel_apply_training(__VA_ARGS__))
#define reel_dense_layer(...) REEL__LAYER_AT(reel_dense_layer(__VA_ARGS__))
#define reel_dense_layer_with(...) \
    REEL__LAYER_AT(reel_dense_layer_with(__VA_ARGS__))
#define reel_activation_layer(...) \
    REEL__LAYER_AT(reel_activation_layer(__VA_ARGS__))
#define reel_dropout_layer(...) REEL__LAYER_AT(reel_dropout_layer(__VA_ARGS__))
#define reel_function_layer(...) \
    REEL__LAYER_AT(reel_function_layer(__VA_ARGS__))
#define reel_layer_list(...) REEL__LAYER_AT(reel_layer_list(__VA_ARGS__))
#define reel_parameters(...) REEL__NODES_AT(reel_parameters(__VA_ARGS__))
#endif

#ifdef __cplusplus
} /* extern "C" */

/* The list lives until the end of the full expression that holds it. */
static inline reel_layers reel__layers(std::initializer_list<reel_layer *> all)
{
    reel_layers l = {all.size(), all.begin()};
    return l;
}
#endif
#endif /* REEL_NN_H */
