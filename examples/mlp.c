/* examples/mlp.c: a multilayer perceptron of any depth: its parameters, its
 * graph, and files that keep it.
 *
 * SPDX-License-Identifier: MIT */
#include "mlp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mlp_activations[] = {"sigmoid", "relu", "tanh", NULL};
const char *const mlp_rules[] = {"normal", "he",      "xavier",
                                 "zeros",  "uniform", NULL};

static reel_node *(*const functions[])(reel_node *) = {reel_sigmoid, reel_relu,
                                                       reel_tanh};

mlp mlp_new(reel_tape *t, reel_dtype dtype, int64_t in, const sizes *hidden,
            int64_t out, const char *activation, const char *rule,
            uint64_t seed)
{
    mlp net = {.layers = hidden->count + 1};
    bool random_biases = !strcmp(rule, "normal") || !strcmp(rule, "uniform");
    char name[16];

    for (int i = 0; mlp_activations[i]; i++)
        if (strcmp(activation, mlp_activations[i]) == 0)
            net.activation = functions[i];

    for (int i = 0; i < net.layers; i++) {
        int64_t rows = i > 0 ? hidden->size[i - 1] : in;
        int64_t columns = i < hidden->count ? hidden->size[i] : out;
        reel_node **w = &net.parameter[2 * i], **b = w + 1;

        snprintf(name, sizeof name, "w%d", i + 1);
        *w = reel_parameter(t, name, dtype, REEL_SHAPE(rows, columns), NULL);
        snprintf(name, sizeof name, "b%d", i + 1);
        *b = reel_parameter(t, name, dtype, REEL_SHAPE(columns), NULL);
        reel_initialize(*w, rule, seed, 2 * (uint64_t)i);
        if (random_biases)
            reel_initialize(*b, rule, seed, 2 * (uint64_t)i + 1);
    }
    return net;
}

reel_nodes mlp_parameters(const mlp *net)
{
    return (reel_nodes){2 * (size_t)net->layers, net->parameter};
}

reel_node *mlp_logits(const mlp *net, reel_node *x)
{
    char name[16];

    for (int i = 0; i < net->layers; i++) {
        reel_node *w = net->parameter[2 * i], *b = net->parameter[2 * i + 1];

        x = reel_add(reel_matmul(x, w), b);
        if (i + 1 < net->layers) {
            x = REEL_AT(net->activation(x));
            snprintf(name, sizeof name, "h%d", i + 1);
            reel_set_name(x, name);
        }
    }
    return x;
}

/* -------------------------------------------------------------------- files */

void mlp_save(const mlp *net, const char *path, const char *const *metadata)
{
    reel_tensor tensor[2 * MAX_LAYERS];
    reel_nodes all = mlp_parameters(net);
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
    reel_nodes all = mlp_parameters(net);
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
