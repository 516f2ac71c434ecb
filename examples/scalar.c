/* examples/scalar.c: a 2-3-2 network small enough to follow by hand. Prints its
 * tape: every node with its value and its adjoint, the derivative of the loss
 * with respect to it.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <reel.h>

#define MAX_NODES 64

/* The fewest digits that read back as the same number. */
static void print_number(double x)
{
    char text[32];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    fputs(text, stdout);
}

/* A value on one line, rows in brackets. */
static void print_value(const reel_node *node)
{
    reel_shape shape = reel_shape_of(node);
    const double *value = reel_data(node);
    const int32_t *label = reel_data(node);
    int64_t n = reel_count(node), row = n;

    if (shape.ndim == 2)
        row = shape.dim[1];
    for (int64_t i = 0; i < n; i++) {
        if (i % row == 0 && shape.ndim > 0)
            fputs(i > 0 ? "; " : "[", stdout);
        else if (i > 0)
            fputs(", ", stdout);
        if (reel_dtype_of(node) == REEL_F64)
            print_number(value[i]);
        else
            printf("%" PRId32, label[i]);
    }
    if (shape.ndim > 0)
        putchar(']');
}

static void print_shape(const reel_node *node)
{
    reel_shape shape = reel_shape_of(node);

    printf(" %s [", reel_dtype_name(reel_dtype_of(node)));
    for (int i = 0; i < shape.ndim; i++)
        printf(i ? ", %" PRId64 : "%" PRId64, shape.dim[i]);
    putchar(']');
}

/* Number, name and op, operands, shape, value, adjoint, place in the source. */
static void print_node(const reel_node *node, const reel_node *adjoint)
{
    printf("%%%zu", reel_id(node));
    if (*reel_name(node))
        printf(" %s", reel_name(node));
    printf(" = %s(", reel_op_name(node));
    for (size_t i = 0; i < reel_arity(node); i++)
        printf(i ? ", %%%zu" : "%%%zu", reel_id(reel_operand(node, i)));
    putchar(')');
    print_shape(node);
    fputs("  value ", stdout);
    print_value(node);
    if (adjoint) {
        fputs("  adjoint ", stdout);
        print_value(adjoint);
    }
    if (reel_file(node))
        printf("  %s:%d", reel_file(node), reel_line(node));
    putchar('\n');
}

/* The loss of the network, recorded on the tape t. */
static reel_node *record(reel_tape *t)
{
    const double ones[] = {1, 1, 1, -1, -1, -1};
    const double rows[] = {1, 1, -1, -1, -1, -1};

    reel_node *x = reel_constant(t, REEL_F64, REEL_SHAPE(1, 2),
                                 (double[]){1, -1});
    reel_node *y = reel_constant(t, REEL_I32, REEL_SHAPE(1), (int32_t[]){0});
    reel_node *w1 = reel_parameter(t, "w1", REEL_F64, REEL_SHAPE(2, 3), ones);
    reel_node *b1 = reel_parameter(t, "b1", REEL_F64, REEL_SHAPE(3), NULL);
    reel_node *w2 = reel_parameter(t, "w2", REEL_F64, REEL_SHAPE(3, 2), rows);
    reel_node *b2 = reel_parameter(t, "b2", REEL_F64, REEL_SHAPE(2), NULL);

    reel_node *h = reel_sigmoid(reel_add(reel_matmul(x, w1), b1));
    reel_node *logp = reel_log_softmax(reel_add(reel_matmul(h, w2), b2), -1);
    return reel_nll_loss(logp, y);
}

int main(void)
{
    reel_tape *t = reel_tape_new();
    reel_node *loss = record(t);
    size_t nodes = reel_tape_count(t), outputs = 0;
    reel_node *adjoint[MAX_NODES] = {NULL}, *output[2 * MAX_NODES];

    if (nodes > MAX_NODES)
        return fprintf(stderr, "scalar: %zu nodes\n", nodes), 1;

    /* Integers have no adjoint; neither does what only they lead to. */
    for (size_t i = 0; i < nodes; i++) {
        reel_node *node = reel_tape_node(t, i);

        output[outputs++] = node;
        if (reel_dtype_of(node) == REEL_F64) {
            adjoint[i] = reel_gradient(loss, node);
            output[outputs++] = adjoint[i];
        }
    }

    reel_program *p = reel_compile(t, (reel_nodes){outputs, output});

    reel_run(p);
    if (reel_status_of(t) != REEL_OK)
        return fprintf(stderr, "scalar: %s\n", reel_message(t)), 1;
    for (size_t i = 0; i < nodes; i++)
        print_node(reel_tape_node(t, i), adjoint[i]);

    reel_program_free(p);
    reel_tape_free(t);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
