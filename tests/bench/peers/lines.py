"""Timing and the line format of tests/bench/bench.h, for Python."""
# SPDX-License-Identifier: MIT
import os
import statistics
import time

QUICK = os.environ.get("BENCH_QUICK", "0") not in ("", "0")
SAMPLES, FEWEST = 25, 3
WARM_SECONDS, SAMPLE_SECONDS, ENOUGH_SECONDS = 0.05, 4e-3, 1


def sample(run, repetitions):
    start = time.perf_counter()
    for _ in range(repetitions):
        run()
    return time.perf_counter() - start


def seconds(run):
    """The median of the seconds that a repetition takes."""
    run()
    if QUICK:
        return sample(run, 1)
    start = time.perf_counter()
    while time.perf_counter() - start < WARM_SECONDS:
        run()
    repetitions = max(1, int(SAMPLE_SECONDS / max(sample(run, 3) / 3, 1e-9)))
    took = []
    while len(took) < SAMPLES and (
            len(took) < FEWEST or sum(took) < ENOUGH_SECONDS):
        took.append(sample(run, repetitions))
    return statistics.median(took) / repetitions


def line(name, by, threads, unit, value, more=""):
    print(f"name={name} by={by} threads={threads} unit={unit} "
          f"value={value:.4g}{' ' if more else ''}{more}", flush=True)


# The step of tests/bench/step.c: its data and its arithmetic.
PIXELS, HIDDEN, CLASSES, RATE = 784, 300, 10, 0.03
IMAGES = 100 if QUICK else 60000
BATCHES = [b for b in (1, 16, 64, 256, 1024) if b <= IMAGES]


def step_flops(batch):
    return 2 * batch * (2 * PIXELS * HIDDEN + 3 * HIDDEN * CLASSES)


def step_line(by, threads, batch, took):
    line(f"step.{batch}", by, threads, "us", took * 1e6,
         f"gflops={step_flops(batch) / took * 1e-9:.1f}")


class Turns:
    """Batches of a shuffled order, in turn."""

    def __init__(self, order, batch):
        self.order, self.batch, self.at = order, batch, 0

    def next(self):
        if self.at + self.batch > len(self.order):
            self.at = 0
        start = self.at
        self.at += self.batch
        return self.order[start:self.at]
