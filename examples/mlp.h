/* examples/mlp.h: a multilayer perceptron of any depth.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_MLP_H
#define EXAMPLES_MLP_H

#include <reel.h>

#include "common.h"

#define MAX_LAYERS (MAX_SIZES + 1)

typedef struct mlp {
    reel_layer *layers; /* parameters dense1.w, dense1.b, dense2.w, ... */
    reel_nodes parameters;
    reel_dtype dtype;
} mlp;

/* Names for an option: of activations and of initial weights. */
extern const char *const mlp_activations[];
extern const char *const mlp_rules[];

/* Layers of in, hidden..., out units. Weights start by the rule; biases too if
 * it is "normal" or "uniform", else as zeros. dropout: the probability with
 * which training leaves out a hidden unit; 0: none. */
mlp mlp_new(reel_tape *t, reel_dtype dtype, int64_t in, const sizes *hidden,
            int64_t out, const char *activation, const char *rule,
            double dropout, uint64_t seed);

/* x [n, in] to logits [n, out]; call it once for each batch size. */
reel_node *mlp_logits(const mlp *net, reel_node *x);

/* To and from a safetensors file. Both die with a message. */
void mlp_save(const mlp *net, const char *path, const char *const *metadata);
void mlp_load(const mlp *net, const char *path);

#endif /* EXAMPLES_MLP_H */
