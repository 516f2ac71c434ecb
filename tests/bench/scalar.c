/* tests/bench/scalar.c: graphs of scalars, where all that counts is what an
 * operation costs beside its arithmetic. Each beside the same in plain C,
 * written by hand.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <reel.h>

#include "bench.h"
#include "scalar.h"

/* ------------------------------------------------------------ chains in C */

/* The chain's value; its derivatives to gradient. kind is a constant where this
 * is inlined. */
static inline double chain_in_c(chain_kind kind, const double *x,
                                double *gradient)
{
    static double value[CHAIN_LENGTH + 1];
    double v = x[0], d = 1;

    for (int i = 0; i < CHAIN_LENGTH; i++) {
        value[i] = v;
        switch (chain_op(kind, i)) {
        case CHAIN_ADD: v += x[i % CHAIN_INPUTS]; break;
        case CHAIN_MUL: v *= x[i % CHAIN_INPUTS]; break;
        case CHAIN_TANH: v = tanh(v); break;
        case CHAIN_EXP: v = exp(v); break;
        }
    }
    value[CHAIN_LENGTH] = v;
    for (int k = 0; k < CHAIN_INPUTS; k++)
        gradient[k] = 0;
    for (int i = CHAIN_LENGTH; i-- > 0;) {
        int k = i % CHAIN_INPUTS;

        switch (chain_op(kind, i)) {
        case CHAIN_ADD: gradient[k] += d; break;
        case CHAIN_MUL:
            gradient[k] += d * value[i];
            d *= x[k];
            break;
        case CHAIN_TANH: d *= 1 - value[i + 1] * value[i + 1]; break;
        case CHAIN_EXP: d *= value[i + 1]; break;
        }
    }
    gradient[0] += d;
    return v;
}

typedef struct c_chain {
    double x[CHAIN_INPUTS], gradient[CHAIN_INPUTS], value;
} c_chain;

static void c_arithmetic_run(void *with)
{
    c_chain *c = with;

    c->value = chain_in_c(CHAIN_ARITHMETIC, c->x, c->gradient);
}

static void c_mixed_run(void *with)
{
    c_chain *c = with;

    c->value = chain_in_c(CHAIN_MIXED, c->x, c->gradient);
}

/* --------------------------------------------------------- chains in Reel */

typedef struct chain {
    chain_kind kind;
    reel_tape *tape;
    reel_node *x[CHAIN_INPUTS];
    reel_node *output[1 + CHAIN_INPUTS]; /* the value, its derivatives */
    reel_program *program;
} chain;

static void chain_record(chain *c)
{
    reel_node *v = c->x[0];

    for (int i = 0; i < CHAIN_LENGTH; i++)
        switch (chain_op(c->kind, i)) {
        case CHAIN_ADD: v = reel_add(v, c->x[i % CHAIN_INPUTS]); break;
        case CHAIN_MUL: v = reel_mul(v, c->x[i % CHAIN_INPUTS]); break;
        case CHAIN_TANH: v = reel_tanh(v); break;
        case CHAIN_EXP: v = reel_exp(v); break;
        }
    c->output[0] = v;
    reel_gradients(v, (reel_nodes){CHAIN_INPUTS, c->x}, c->output + 1);
    c->program =
        reel_compile(c->tape, (reel_nodes){1 + CHAIN_INPUTS, c->output});
    if (!c->program)
        bench_die("%s", reel_message(c->tape));
}

static void chain_run(void *with)
{
    chain *c = with;

    if (reel_run(c->program) != REEL_OK)
        bench_die("%s", reel_message(c->tape));
}

/* Everything, from nothing but the inputs. */
static void chain_anew(void *with)
{
    chain *c = with;
    reel_mark mark = reel_tape_mark(c->tape);

    chain_record(c);
    chain_run(c);
    reel_program_free(c->program);
    reel_tape_rewind(c->tape, mark);
}

static chain chain_new(chain_kind kind)
{
    chain c = {.kind = kind, .tape = reel_tape_new()};

    for (int k = 0; k < CHAIN_INPUTS; k++) {
        double x = chain_input(k);

        c.x[k] = reel_parameter(c.tape, "x", REEL_F64, REEL_SCALAR, &x);
    }
    return c;
}

static void print(const char *name, const char *by, double seconds, double ops,
                  double limit)
{
    bench_print((bench_line){.name = name, .by = by, .threads = 1,
        .unit = "ns", .value = seconds / ops * 1e9, .limit = limit / ops * 1e9});
}

/* Wrong figures are worth nothing, however fast. */
static void compare_values(const chain *kept, const c_chain *by_hand)
{
    for (int k = 0; k <= CHAIN_INPUTS; k++) {
        double a = reel_item(kept->output[k]);
        double b = k ? by_hand->gradient[k - 1] : by_hand->value;

        if (!(fabs(a - b) <= 1e-9 * (fabs(b) + 1e-9)))
            bench_die("chain: Reel computes %.17g, C %.17g", a, b);
    }
}

static void measure_chain(chain_kind kind, const char *name)
{
    chain kept = chain_new(kind), anew = chain_new(kind);
    c_chain by_hand = {.value = 0};
    bench_contender c[] = {
        {chain_run, &kept, 0},
        {chain_anew, &anew, 0},
        {kind == CHAIN_MIXED ? c_mixed_run : c_arithmetic_run, &by_hand, 0},
    };
    char text[32];

    for (int k = 0; k < CHAIN_INPUTS; k++)
        by_hand.x[k] = chain_input(k);
    chain_record(&kept);
    bench_compare(c, 3);
    compare_values(&kept, &by_hand);

    snprintf(text, sizeof text, "chain.%s", name);
    print(text, "reel", c[0].seconds, CHAIN_LENGTH, c[2].seconds);
    print(text, "c", c[2].seconds, CHAIN_LENGTH, 0);
    snprintf(text, sizeof text, "anew.%s", name);
    print(text, "reel", c[1].seconds, CHAIN_LENGTH, c[2].seconds);
    reel_program_free(kept.program);
    reel_tape_free(kept.tape);
    reel_tape_free(anew.tape);
}

/* ---------------------------------------------------------- a small network */

/* 2-3-2, sigmoid, softmax and cross-entropy, one SGD step in f64. */
typedef struct network {
    double w1[2][3], b1[3], w2[3][2], b2[2];
} network;

static const network network_start = {
    {{1, 1, 1}, {-1, -1, -1}}, {0, 0, 0}, {{1, 1}, {-1, -1}, {-1, -1}}, {0, 0}};
static const double network_x[2] = {1, -1}, network_rate = 0.03;
enum { NETWORK_CLASS = 0 };

static void network_in_c(void *with)
{
    network *n = with;
    double h[3], y[2], dh[3];

    for (int j = 0; j < 3; j++)
        h[j] = 1 / (1 + exp(-(network_x[0] * n->w1[0][j] +
                              network_x[1] * n->w1[1][j] + n->b1[j])));
    for (int k = 0; k < 2; k++)
        y[k] = h[0] * n->w2[0][k] + h[1] * n->w2[1][k] + h[2] * n->w2[2][k] +
               n->b2[k];

    /* Softmax of two less the class: the derivative of the loss by y. */
    double p1 = 1 / (1 + exp(y[0] - y[1]));

    y[1] = NETWORK_CLASS == 0 ? p1 : p1 - 1;
    y[0] = -y[1];
    for (int j = 0; j < 3; j++) {
        dh[j] = (y[0] * n->w2[j][0] + y[1] * n->w2[j][1]) * h[j] * (1 - h[j]);
        n->w2[j][0] -= network_rate * h[j] * y[0];
        n->w2[j][1] -= network_rate * h[j] * y[1];
        n->b1[j] -= network_rate * dh[j];
        n->w1[0][j] -= network_rate * dh[j] * network_x[0];
        n->w1[1][j] -= network_rate * dh[j] * network_x[1];
    }
    n->b2[0] -= network_rate * y[0];
    n->b2[1] -= network_rate * y[1];
}

static reel_program *network_new(reel_tape *t, reel_node *p[4])
{
    const int32_t class = NETWORK_CLASS;
    reel_node *gradient[4], *output[5];

    p[0] = reel_parameter(t, "w1", REEL_F64, REEL_SHAPE(2, 3),
                          network_start.w1);
    p[1] = reel_parameter(t, "b1", REEL_F64, REEL_SHAPE(3), NULL);
    p[2] = reel_parameter(t, "w2", REEL_F64, REEL_SHAPE(3, 2),
                          network_start.w2);
    p[3] = reel_parameter(t, "b2", REEL_F64, REEL_SHAPE(2), NULL);

    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(1, 2), network_x);
    reel_node *y = reel_constant(t, REEL_I32, REEL_SHAPE(1), &class);
    reel_node *h = reel_sigmoid(reel_add(reel_matmul(x, p[0]), p[1]));
    reel_node *logp =
        reel_log_softmax(reel_add(reel_matmul(h, p[2]), p[3]), -1);

    output[0] = reel_nll_loss(logp, y);
    reel_gradients(output[0], (reel_nodes){4, p}, gradient);
    for (int i = 0; i < 4; i++)
        output[i + 1] = reel_assign(
            p[i], reel_sub(p[i], reel_affine(gradient[i], network_rate, 0)));
    return reel_compile(t, (reel_nodes){5, output});
}

static void network_run(void *with)
{
    reel_run(with);
}

static void measure_network(void)
{
    reel_tape *t = reel_tape_new();
    reel_node *p[4];
    reel_program *program = network_new(t, p);
    network by_hand = network_start;

    if (!program)
        bench_die("%s", reel_message(t));

    /* The same numbers after one step. */
    network_run(program);
    network_in_c(&by_hand);
    if (reel_status_of(t) != REEL_OK)
        bench_die("%s", reel_message(t));
    for (int i = 0; i < 6; i++)
        if (!(fabs(((double *)reel_data(p[2]))[i] -
                   by_hand.w2[i / 2][i % 2]) < 1e-15))
            bench_die("2-3-2: Reel and C disagree");

    bench_contender c[] = {{network_run, program, 0},
                           {network_in_c, &by_hand, 0}};

    bench_compare(c, 2);
    print("net.2-3-2", "reel", c[0].seconds, 1, c[1].seconds);
    print("net.2-3-2", "c", c[1].seconds, 1, 0);
    reel_program_free(program);
    reel_tape_free(t);
}

int main(int argc, char **argv)
{
    bench_start(argc, argv,
                "Chains of 1,000 scalar operations over 10 inputs, f64, value "
                "and gradient:\nnanoseconds an operation, run again (chain.*) "
                "and recorded anew each time (anew.*);\nand a step of a 2-3-2 "
                "network. limit: the same written by hand in C.");
    measure_chain(CHAIN_ARITHMETIC, "arithmetic");
    measure_chain(CHAIN_MIXED, "mixed");
    measure_network();
    return bench_finish();
}
