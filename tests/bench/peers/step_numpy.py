#!/usr/bin/env python3
"""step_numpy.py THREADS: the training step of tests/bench/step.c in NumPy, all
arrays f32, every array that can be is written in place."""
# SPDX-License-Identifier: MIT
import sys

import numpy as np

from lines import (BATCHES, CLASSES, HIDDEN, IMAGES, PIXELS, RATE, Turns,
                   seconds, step_line)

THREADS = int(sys.argv[1])
draw = np.random.default_rng(1)
pixels = draw.integers(0, 256, (IMAGES, PIXELS), dtype=np.uint8)
labels = draw.integers(0, CLASSES, IMAGES, dtype=np.uint8)
order = draw.permutation(IMAGES)


def weights(rows, columns):
    return (draw.standard_normal((rows, columns), dtype=np.float32)
            * np.float32((2 / rows) ** 0.5))


def step_of(batch):
    w1, b1 = weights(PIXELS, HIDDEN), np.zeros(HIDDEN, np.float32)
    w2, b2 = weights(HIDDEN, CLASSES), np.zeros(CLASSES, np.float32)
    x = np.empty((batch, PIXELS), np.float32)
    h = np.empty((batch, HIDDEN), np.float32)
    slope = np.empty_like(h)
    dh = np.empty_like(h)
    dw1 = np.empty_like(w1)
    rows = np.arange(batch)
    rate, scale = np.float32(RATE), np.float32(1 / 255)
    turns = Turns(order, batch)

    def step():
        index = turns.next()
        np.multiply(pixels[index], scale, out=x)
        y = labels[index]
        np.matmul(x, w1, out=h)
        np.add(h, b1, out=h)
        np.negative(h, out=h)
        np.exp(h, out=h)
        np.add(h, np.float32(1), out=h)
        np.reciprocal(h, out=h)
        z = h @ w2
        z += b2
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        total = p.sum(axis=1, keepdims=True)
        loss = -(z[rows, y] - np.log(total[:, 0])).mean()
        p /= total
        p[rows, y] -= 1
        p *= np.float32(1 / batch)
        np.subtract(np.float32(1), h, out=slope)
        np.multiply(slope, h, out=slope)
        np.matmul(p, w2.T, out=dh)
        np.multiply(dh, slope, out=dh)
        dw2 = h.T @ p
        dw2 *= rate
        np.subtract(w2, dw2, out=w2)
        np.subtract(b2, rate * p.sum(axis=0), out=b2)
        np.matmul(x.T, dh, out=dw1)
        np.multiply(dw1, rate, out=dw1)
        np.subtract(w1, dw1, out=w1)
        np.subtract(b1, rate * dh.sum(axis=0), out=b1)
        return loss

    return step


for batch in BATCHES:
    step_line("numpy", THREADS, batch, seconds(step_of(batch)))
