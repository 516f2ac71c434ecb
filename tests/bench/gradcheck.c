/* tests/bench/gradcheck.c: what it costs to check the gradient of a
 * 784-300-10 perceptron at batch 8, by three directions, by a sample of each
 * parameter, and by all of its 238,510 elements.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include <reel.h>

#include "bench.h"

typedef struct net {
    reel_tape *tape;
    reel_node *loss, *w1, *b1, *w2, *b2;
} net;

static net make(int64_t in, int64_t hidden)
{
    enum { BATCH = 8, CLASSES = 10 };
    net n = {.tape = reel_tape_new()};
    reel_tape *t = n.tape;
    reel_node *x = reel_state(t, "x", REEL_F32, REEL_SHAPE(BATCH, in), NULL);
    float *pixel = reel_data(x);
    int32_t label[BATCH];

    for (int64_t i = 0; i < BATCH * in; i++)
        pixel[i] = (float)reel_random_uniform(1, 1, (uint64_t)i);
    for (int i = 0; i < BATCH; i++)
        label[i] = i;
    reel_node *y = reel_constant(t, REEL_I32, REEL_SHAPE(BATCH), label);
    n.w1 = reel_parameter(t, "w1", REEL_F32, REEL_SHAPE(in, hidden), NULL);
    n.b1 = reel_parameter(t, "b1", REEL_F32, REEL_SHAPE(hidden), NULL);
    n.w2 = reel_parameter(t, "w2", REEL_F32, REEL_SHAPE(hidden, CLASSES), NULL);
    n.b2 = reel_parameter(t, "b2", REEL_F32, REEL_SHAPE(CLASSES), NULL);
    reel_initialize(n.w1, "he", 1, 1);
    reel_initialize(n.w2, "he", 1, 2);
    reel_node *h = reel_relu(reel_add(reel_matmul(x, n.w1), n.b1));
    n.loss = reel_nll_loss(
        reel_log_softmax(reel_add(reel_matmul(h, n.w2), n.b2), -1), y);
    return n;
}

static void check(const net *n, const char *name, reel_gradcheck_options o)
{
    reel_gradcheck_report r;
    double start = bench_now();
    reel_status status = reel_gradcheck(
        n->loss, REEL_NODES(n->w1, n->b1, n->w2, n->b2), &o, &r);
    double seconds = bench_now() - start;
    char more[64];

    if (status != REEL_OK)
        bench_die("%s: %s %s", name, reel_status_text(status),
                  reel_message(n->tape));
    snprintf(more, sizeof more, "parameters=%lld",
             (long long)(r.row[0].elements + r.row[1].elements +
                         r.row[2].elements + r.row[3].elements));
    reel_gradcheck_free(&r);
    bench_print((bench_line){.name = name, .by = "reel",
                             .threads = reel_threads(), .unit = "ms",
                             .value = 1e3 * seconds, .more = more});
}

int main(int argc, char **argv)
{
    bench_start(argc, argv, "Times the gradient check of a perceptron.");

    net n = bench_quick ? make(20, 10) : make(784, 300);

    check(&n, "gradcheck.directions3",
          (reel_gradcheck_options){.directions = 3});
    check(&n, "gradcheck.sample1000", (reel_gradcheck_options){.sample = 1000});
    check(&n, "gradcheck.all", (reel_gradcheck_options){.seed = 0});
    reel_tape_free(n.tape);
    return bench_finish();
}
