/* gradcheck_cases.c: the gradient checks whose reports
 * docs/checking-gradients.md shows. gradcheck_cases NAME prints one of them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/internal.h"
#undef REEL_NO_LOCATIONS
#include <reel/gradcheck.h>
#include <reel/nn.h>

static reel_tape *t;

static void report(reel_node *y, reel_nodes params, reel_gradcheck_options o)
{
    reel_gradcheck_report r;
    reel_gradcheck(y, params, &o, &r);
    reel_gradcheck_print(&r, stdout);
    reel_gradcheck_free(&r);
}

/* An activation of a user's, recorded at net.c:12: the derivative of tanh with
 * a wrong sign in it, g (1 + y^2) for g (1 - y^2). */
static void wrong(reel_node *y, reel_node *g, const bool *need, reel_node **dx)
{
    (void)need;
    dx[0] = reel_mul(g, reel_affine(reel_square(y), 1, 1));
}

static reel_node *bend(reel_node *x, bool right)
{
    static reel__op op;
    op = reel__op_tanh;
    op.name = "bend";
    if (!right)
        op.vjp = wrong;
    reel_location_enter("net.c", 12);
    return reel_location_leave(reel__record(&op, &x, 1, NULL, 0));
}

static void network(bool right, reel_gradcheck_options o)
{
    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(3, 2),
                                 (double[]){1, -1, 0.5, 2, -0.25, 0.75});
    reel_node *w1 = reel_parameter(t, "w1", REEL_F64, REEL_SHAPE(2, 4), NULL);
    reel_node *b1 = reel_parameter(t, "b1", REEL_F64, REEL_SHAPE(4), NULL);
    reel_node *w2 = reel_parameter(t, "w2", REEL_F64, REEL_SHAPE(4, 2), NULL);
    reel_initialize(w1, "he", 1, 0);
    reel_initialize(w2, "he", 1, 1);
    reel_node *h = bend(reel_add(reel_matmul(x, w1), b1), right);
    report(reel_matmul(h, w2), REEL_NODES(w1, b1, w2), o);
}

static void kink(void)
{
    reel_node *x = reel_parameter(t, "x", REEL_F64, REEL_SHAPE(4),
                                  (double[]){-1, 0, 1e-9, 2});
    report(reel_relu(x), REEL_NODES(x), (reel_gradcheck_options){.seed = 0});
}

static void precision(void)
{
    reel_node *x = reel_parameter(t, "x", REEL_F32, REEL_SHAPE(1),
                                  (float[]){9.5f});
    report(reel_tanh(x), REEL_NODES(x), (reel_gradcheck_options){.seed = 0});
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    t = reel_tape_new();
    if (strcmp(name, "pass") == 0)
        network(true, (reel_gradcheck_options){.seed = 0});
    else if (strcmp(name, "fail") == 0)
        network(false, (reel_gradcheck_options){.sample = 2});
    else if (strcmp(name, "directions") == 0)
        network(false, (reel_gradcheck_options){.directions = 2, .seed = 7});
    else if (strcmp(name, "second") == 0)
        network(true, (reel_gradcheck_options){.order = 2});
    else if (strcmp(name, "kink") == 0)
        kink();
    else if (strcmp(name, "precision") == 0)
        precision();
    else
        return fprintf(stderr, "gradcheck_cases: no case '%s'\n", name), 2;
    int failed = reel_status_of(t) != REEL_OK;
    if (failed)
        fprintf(stderr, "%s\n", reel_message(t));
    reel_tape_free(t);
    return failed;
}
