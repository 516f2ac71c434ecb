/* tests/bench/step.c: a training step of the 784-300-10 network of
 * examples/mnist: sigmoid, SGD, f32. Pixels are bytes, gathered by a shuffled
 * index, cast and scaled by the program itself; forward and backward pass and
 * the update are one program. The images are random, of MNIST's size, so that
 * no files are needed.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

enum { PIXELS = 784, HIDDEN = 300, CLASSES = 10, PARAMETERS = 4 };

static const double rate = 0.03;

typedef struct dataset {
    int64_t count;
    uint8_t *pixels, *labels;
    int64_t *order;
} dataset;

/* A network's step on batches of one size, by some threads. */
typedef struct step {
    const dataset *data;
    reel_node *index, *loss;
    reel_program *program;
    int64_t batch, at;
    int threads;
} step;

static void *allocate(int64_t count, size_t size)
{
    void *p = malloc((size_t)count * size);

    if (!p)
        bench_die("no memory");
    return p;
}

static dataset dataset_new(int64_t count)
{
    dataset d = {count, allocate(count * PIXELS, 1), allocate(count, 1),
                 allocate(count, sizeof *d.order)};

    for (int64_t i = 0; i < count * PIXELS; i++)
        d.pixels[i] = (uint8_t)reel_random_bits(1, 0, (uint64_t)i);
    for (int64_t i = 0; i < count; i++)
        d.labels[i] =
            (uint8_t)reel_random_below(1, 1, (uint64_t)i, CLASSES);
    reel_shuffle(d.order, count, 1, 1);
    return d;
}

static void dataset_free(dataset *d)
{
    free(d->pixels);
    free(d->labels);
    free(d->order);
}

/* ------------------------------------------------------------------ the step */

static reel_node *parameter(reel_tape *t, const char *name, reel_shape shape,
                            const char *rule)
{
    reel_node *p = reel_parameter(t, name, REEL_F32, shape, NULL);

    reel_initialize(p, rule, 1, (uint64_t)shape.dim[0]);
    return p;
}

static step step_new(reel_tape *t, const dataset *d, int64_t batch)
{
    step s = {.data = d, .batch = batch};
    reel_node *images =
        reel_input(t, "images", REEL_U8, REEL_SHAPE(d->count, PIXELS));
    reel_node *labels = reel_input(t, "labels", REEL_U8, REEL_SHAPE(d->count));
    reel_node *p[PARAMETERS] = {
        parameter(t, "w1", REEL_SHAPE(PIXELS, HIDDEN), "he"),
        parameter(t, "b1", REEL_SHAPE(HIDDEN), "zeros"),
        parameter(t, "w2", REEL_SHAPE(HIDDEN, CLASSES), "he"),
        parameter(t, "b2", REEL_SHAPE(CLASSES), "zeros"),
    };
    reel_node *gradient[PARAMETERS], *output[PARAMETERS + 1];

    reel_bind(images, d->pixels);
    reel_bind(labels, d->labels);
    s.index = reel_input(t, "index", REEL_I64, REEL_SHAPE(batch));

    reel_node *x = reel_affine(
        reel_cast(reel_gather(images, s.index), REEL_F32), 1 / 255.0, 0);
    reel_node *h = reel_sigmoid(reel_add(reel_matmul(x, p[0]), p[1]));
    reel_node *logits = reel_add(reel_matmul(h, p[2]), p[3]);

    s.loss = reel_nll_loss(reel_log_softmax(logits, -1),
                           reel_gather(labels, s.index));
    reel_gradients(s.loss, (reel_nodes){PARAMETERS, p}, gradient);
    output[0] = s.loss;
    for (int i = 0; i < PARAMETERS; i++)
        output[i + 1] = reel_assign(
            p[i], reel_sub(p[i], reel_affine(gradient[i], rate, 0)));
    s.program = reel_compile(t, (reel_nodes){PARAMETERS + 1, output});
    if (!s.program)
        bench_die("%s", reel_message(t));
    return s;
}

static void step_run(void *with)
{
    step *s = with;

    if (s->at + s->batch > s->data->count)
        s->at = 0;
    reel_set_threads(s->threads);
    reel_bind(s->index, s->data->order + s->at);
    if (reel_run(s->program) != REEL_OK)
        bench_die("%s", reel_message(reel_tape_of(s->index)));
    s->at += s->batch;
}

/* Of the products: two of the input layer (its input has no gradient), three
 * of the output layer. */
static double step_flops(int64_t batch)
{
    return 2.0 * (double)batch * (2 * PIXELS * HIDDEN + 3 * HIDDEN * CLASSES);
}

/* ----------------------------------------------------------------- measuring */

static void print(const step *s, double seconds, double limit, double pings)
{
    char name[32], more[64];
    int n = snprintf(more, sizeof more, "gflops=%.1f",
                     step_flops(s->batch) / seconds * 1e-9);

    if (s->threads > 1)
        snprintf(more + n, sizeof more - (size_t)n, " pingpong_ns=%.0f",
                 pings / BENCH_PINGS * 1e9);
    snprintf(name, sizeof name, "step.%d", (int)s->batch);
    bench_print((bench_line){.name = name, .by = "reel",
        .threads = s->threads, .unit = "us", .value = seconds * 1e6,
        .limit = limit * 1e6, .more = more});
}

/* One batch size: each number of threads, beside as many threads' multiply-adds
 * in registers and the latency between two of them. */
static void measure(const dataset *d, int64_t batch)
{
    enum { MOST = 2 };
    int most = bench_threads();
    reel_tape *tape[MOST];
    step s[MOST];
    bench_peak peak[MOST];
    bench_contender c[2 * MOST + 1];

    for (int i = 0; i < most; i++) {
        tape[i] = reel_tape_new();
        s[i] = step_new(tape[i], d, batch);
        s[i].threads = i + 1;
        peak[i] = (bench_peak){REEL_F32, i + 1};
        c[2 * i] = (bench_contender){step_run, &s[i], 0};
        c[2 * i + 1] = (bench_contender){bench_peak_run, &peak[i], 0};
    }
    c[2 * most] = (bench_contender){bench_ping_pong_run, NULL, 0};
    bench_compare(c, 2 * (size_t)most + 1);
    for (int i = 0; i < most; i++) {
        double limit = step_flops(batch) / bench_peak_flops(&peak[i]) *
                       c[2 * i + 1].seconds;

        print(&s[i], c[2 * i].seconds, limit, c[2 * most].seconds);
        reel_program_free(s[i].program);
        reel_tape_free(tape[i]);
    }
}

int main(int argc, char **argv)
{
    static const int64_t batches[] = {1, 16, 64, 256, 1024};

    bench_start(argc, argv,
                "A training step of a 784-300-10 network: sigmoid, SGD, f32; "
                "microseconds.\nlimit: its products' arithmetic at the speed of "
                "multiply-adds in registers.");

    dataset d = dataset_new(bench_quick ? 100 : 60000);

    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        if (batches[i] <= d.count)
            measure(&d, batches[i]);
    dataset_free(&d);
    return bench_finish();
}
