/* nn/functions.c: activations and losses by name.
 *
 * SPDX-License-Identifier: MIT */
#include "nn/names.h"
#include <reel/nn.h>

/* ------------------------------------------------------------- activations */

static reel_node *identity(reel_node *x)
{
    return x;
}

static reel_node *softmax(reel_node *x)
{
    return reel_softmax(x, -1);
}

static reel_node *log_softmax(reel_node *x)
{
    return reel_log_softmax(x, -1);
}

/* The fixed point of mean 0 and variance 1: G. Klambauer et al.,
 * "Self-normalizing neural networks", NeurIPS 2017, equation 14. */
static reel_node *selu(reel_node *x)
{
    return reel_affine(reel_elu(x, 1.6732632423543772848),
                       1.0507009873554804934, 0);
}

/* One of the two. */
typedef struct activation {
    reel__choice choice;
    reel_node *(*plain)(reel_node *x);
    reel_node *(*with)(reel_node *x, double number);
} activation;

#define PLAIN(name, f) {{name, REEL__TAKES_NOTHING, 0}, f, NULL}
static const activation activations[] = {
    PLAIN("identity", identity),
    PLAIN("relu", reel_relu),
    {{"leaky_relu", REEL__TAKES_NUMBER, 0.01}, NULL, reel_leaky_relu},
    {{"elu", REEL__TAKES_NUMBER, 1}, NULL, reel_elu},
    PLAIN("selu", selu),
    PLAIN("gelu", reel_gelu),
    PLAIN("silu", reel_silu),
    PLAIN("sigmoid", reel_sigmoid),
    PLAIN("softplus", reel_softplus),
    PLAIN("tanh", reel_tanh),
    PLAIN("sin", reel_sin),
    PLAIN("softmax", softmax),
    PLAIN("log_softmax", log_softmax),
};

bool reel__choose_activation(reel_tape *tape, const char *op, const char *text,
                             reel__chosen *chosen)
{
    return reel__choose(tape, op, &REEL__CHOICES("activation", activations),
                        text, chosen);
}

reel_node *reel__activate(reel_node *x, const reel__chosen *chosen)
{
    const activation *a = chosen->row;
    return a->plain ? a->plain(x) : a->with(x, chosen->number);
}

reel_node *reel_activation(reel_node *x, const char *name)
{
    reel__chosen chosen;
    if (!x || !reel__choose_activation(x->tape, "activation", name, &chosen))
        return NULL;
    return reel__usable(x->tape) ? reel__activate(x, &chosen) : NULL;
}

/* ------------------------------------------------------------------ losses */

typedef struct loss {
    reel__choice choice;
    reel_node *(*with)(reel_node *x, reel_node *t,
                       const reel_loss_options *options);
} loss;

#define LOSS(name, f) {{name, REEL__TAKES_NOTHING, 0}, f}
static const loss losses[] = {
    LOSS("mse", reel_mse_loss_with),
    LOSS("bce", reel_bce_loss_with),
    LOSS("bce_with_logits", reel_bce_with_logits_loss_with),
    LOSS("cross_entropy", reel_cross_entropy_loss_with),
    LOSS("nll", reel_nll_loss_with),
    {{"huber", REEL__TAKES_POSITIVE, 1}, reel_huber_loss_with},
};

reel_node *reel_loss(reel_node *x, reel_node *target, const char *name)
{
    reel__chosen chosen;
    if (!x || !target ||
        !reel__choose(x->tape, "loss", &REEL__CHOICES("loss", losses), name,
                      &chosen))
        return NULL;
    return ((const loss *)chosen.row)
        ->with(x, target, &(reel_loss_options){.delta = chosen.number});
}
