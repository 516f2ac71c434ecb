/* examples/mlp.c: a multilayer perceptron of any depth: its parameters, its
 * graph, and files that keep it.
 *
 * SPDX-License-Identifier: MIT */
#include "mlp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mlp_activations[] = {
    "sigmoid", "relu", "tanh", "leaky_relu", "elu",
    "selu",    "gelu", "silu", NULL};
const char *const mlp_rules[] = {
    "normal",     "he",            "xavier", "zeros",      "uniform",
    "he_uniform", "xavier_normal", "lecun",  "orthogonal", NULL};

mlp mlp_new(reel_tape *t, reel_dtype dtype, int64_t in, const sizes *hidden,
            int64_t out, const char *activation, const char *rule,
            double dropout, uint64_t seed)
{
    reel_layer *layer[2 * MAX_LAYERS];
    size_t layers = 0;
    bool random_biases = !strcmp(rule, "normal") || !strcmp(rule, "uniform");
    reel_dense_options options = {.bias = random_biases ? rule : NULL,
                                  .seed = seed};

    for (int i = 0; i < hidden->count; i++) {
        layer[layers++] = reel_dense_layer_with(t, hidden->size[i], activation,
                                                rule, &options);
        if (dropout > 0)
            layer[layers++] = reel_dropout_layer(t, dropout);
    }
    layer[layers++] = reel_dense_layer_with(t, out, "identity", rule, &options);

    mlp net = {.dtype = dtype};

    net.layers = reel_layer_list(t, (reel_layers){layers, layer});

    /* Layers get their parameters when they are applied. */
    reel_node *one = reel_input(t, "one", dtype, REEL_SHAPE(1, in));

    net.parameters = reel_parameters(REEL_NODES(mlp_logits(&net, one)));
    return net;
}

reel_node *mlp_logits(const mlp *net, reel_node *x)
{
    return reel_apply(net->layers, x);
}

/* -------------------------------------------------------------------- files */

void mlp_save(const mlp *net, const char *path, const char *const *metadata)
{
    reel_tensor tensor[2 * MAX_LAYERS];
    reel_nodes all = net->parameters;
    reel_error error;

    for (size_t i = 0; i < all.count; i++) {
        reel_node *p = all.node[i];

        tensor[i] = (reel_tensor){reel_name(p), reel_dtype_of(p),
                                  reel_shape_of(p), reel_data(p)};
    }
    if (reel_safetensors_write(path, tensor, all.count, metadata, &error) !=
        REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
}

static bool same_shape(reel_shape a, reel_shape b)
{
    if (a.ndim != b.ndim)
        return false;
    for (int i = 0; i < a.ndim; i++)
        if (a.dim[i] != b.dim[i])
            return false;
    return true;
}

void mlp_load(const mlp *net, const char *path)
{
    reel_nodes all = net->parameters;
    reel_tensors file;
    reel_error error;

    if (reel_safetensors_read(path, &file, &error) != REEL_OK)
        die(EXIT_FAILURE, "%s", error.message);
    if (file.count != all.count)
        die(EXIT_FAILURE, "%s: %zu tensors, this network has %zu", path,
            file.count, all.count);
    for (size_t i = 0; i < all.count; i++) {
        reel_node *p = all.node[i];
        const reel_tensor *found = reel_tensors_find(&file, reel_name(p));

        if (!found)
            die(EXIT_FAILURE, "%s: no tensor '%s'", path, reel_name(p));
        if (found->dtype != reel_dtype_of(p) ||
            !same_shape(found->shape, reel_shape_of(p)))
            die(EXIT_FAILURE,
                "%s: '%s' has not the shape and dtype of this network's: "
                "--hidden and --dtype must be those it was saved with",
                path, found->name);
        reel_set(p, found->data);
    }
    reel_tensors_free(&file);
}
