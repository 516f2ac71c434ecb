// The training step of tests/bench/step.c on one image in FANN, which learns from
// one example at a time (its loss is the squared error, the only one it has).
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <vector>

#include <floatfann.h>

#include "bench.h"

namespace {

enum { PIXELS = 784, HIDDEN = 300, CLASSES = 10, IMAGES = 1000 };

struct network {
    fann *net;
    std::vector<fann_type> pixels, classes;
    size_t at;
};

void run(void *with)
{
    network &n = *static_cast<network *>(with);

    fann_train(n.net, &n.pixels[n.at * PIXELS], &n.classes[n.at * CLASSES]);
    n.at = (n.at + 1) % IMAGES;
}

} // namespace

int main(int argc, char **argv)
{
    network n = {fann_create_standard(3, PIXELS, HIDDEN, CLASSES),
                 std::vector<fann_type>(IMAGES * PIXELS),
                 std::vector<fann_type>(IMAGES * CLASSES), 0};

    bench_start(argc, argv, "A training step on one image in FANN.");
    if (!n.net)
        bench_die("FANN makes no network");
    for (fann_type &p : n.pixels)
        p = static_cast<fann_type>(std::rand() % 256) / 255;
    for (size_t i = 0; i < IMAGES; i++)
        n.classes[i * CLASSES + static_cast<size_t>(std::rand() % CLASSES)] = 1;
    fann_set_activation_function_hidden(n.net, FANN_SIGMOID);
    fann_set_activation_function_output(n.net, FANN_SIGMOID);
    fann_set_training_algorithm(n.net, FANN_TRAIN_INCREMENTAL);
    fann_set_learning_rate(n.net, 0.03f);

    bench_contender c = {run, &n, 0};
    bench_line line = bench_line();

    bench_compare(&c, 1);
    line.name = "step.1";
    line.by = "fann";
    line.threads = 1;
    line.unit = "us";
    line.value = c.seconds * 1e6;
    bench_print(line);
    fann_destroy(n.net);
    return bench_finish();
}
