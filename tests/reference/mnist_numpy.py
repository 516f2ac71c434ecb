#!/usr/bin/env python3
"""Simple recipes for examples/mnist.c (README.md) in NumPy, for comparing them.

It shares nothing with Reel but the recipe: the gradient is written by hand and
the random numbers are NumPy's, so results agree within the spread of seeds.

    python3 tests/reference/mnist_numpy.py --data DIR [--init he ...]
"""
import argparse
import gzip
import os

import numpy as np

FUNCTIONS = {  # value, and derivative from the value
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda h: h * (1 - h)),
    "relu": (lambda z: np.maximum(z, 0), lambda h: (h > 0).astype(h.dtype)),
    "tanh": (np.tanh, lambda h: 1 - h * h),
}


def read_idx(folder, name):
    path = os.path.join(folder, name)
    if os.path.exists(path):
        data = open(path, "rb").read()
    else:
        data = gzip.open(path + ".gz").read()
    shape = np.frombuffer(data, ">i4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def read_set(folder, part):
    x = read_idx(folder, part + "-images-idx3-ubyte")
    y = read_idx(folder, part + "-labels-idx1-ubyte")
    return x.reshape(len(x), -1), y


def initial(rule, rows, columns, rng):
    w, b = (rows, columns), (columns,)
    if rule == "normal":
        return rng.normal(size=w), rng.normal(size=b)
    if rule == "uniform":
        return rng.uniform(-0.5, 0.5, w), rng.uniform(-0.5, 0.5, b)
    if rule == "he":
        return rng.normal(size=w) * (2 / rows) ** 0.5, np.zeros(b)
    a = (6 / (rows + columns)) ** 0.5 if rule == "xavier" else 0
    return rng.uniform(-a, a, w) if a else np.zeros(w), np.zeros(b)


def log_softmax(z):
    z = z - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def forward(p, x, f):
    h = [x]
    for i in range(0, len(p) - 2, 2):
        h.append(f(h[-1] @ p[i] + p[i + 1]))
    return h, log_softmax(h[-1] @ p[-2] + p[-1])


def backward(p, h, logp, y, df):
    g = [None] * len(p)
    d = np.exp(logp)
    d[np.arange(len(y)), y] -= 1
    d /= len(y)
    for i in range(len(p) - 2, -1, -2):
        g[i], g[i + 1] = h[i // 2].T @ d, d.sum(0)
        if i:
            d = d @ p[i].T * df(h[i // 2])
    return g


def update(o, p, g, m, v, step):
    for i in range(len(p)):
        if o.optimizer == "sgd":
            p[i] -= o.lr * g[i]
        elif o.optimizer == "momentum":
            m[i] = 0.9 * m[i] + g[i]
            p[i] -= o.lr * m[i]
        else:
            m[i] = 0.9 * m[i] + 0.1 * g[i]
            v[i] = 0.999 * v[i] + 0.001 * g[i] ** 2
            top = m[i] / (1 - 0.9 ** step)
            p[i] -= o.lr * top / (np.sqrt(v[i] / (1 - 0.999 ** step)) + 1e-8)


def accuracy(p, x, y, f):
    right = sum((forward(p, x[i:i + 1000] / np.float32(255), f)[1].argmax(1)
                 == y[i:i + 1000]).sum() for i in range(0, len(x), 1000))
    return 100 * right / len(x)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--data", required=True)
    a.add_argument("--hidden", default="300")
    a.add_argument("--activation", default="sigmoid", choices=FUNCTIONS)
    a.add_argument("--init", default="he")
    a.add_argument("--optimizer", default="sgd")
    a.add_argument("--lr", type=float, default=0.03)
    a.add_argument("--batch", type=int, default=64)
    a.add_argument("--epochs", type=int, default=10)
    a.add_argument("--val", type=int, default=0)
    a.add_argument("--seed", type=int, default=1)
    o = a.parse_args()
    rng = np.random.default_rng(o.seed)
    f, df = FUNCTIONS[o.activation]
    (x, y), (tx, ty) = read_set(o.data, "train"), read_set(o.data, "t10k")
    n = len(x) - o.val
    units = [x.shape[1], *map(int, o.hidden.split(",")), int(y.max()) + 1]
    p = [q.astype(np.float32) for rows, columns in zip(units, units[1:])
         for q in initial(o.init, rows, columns, rng)]
    m, v = [0 * q for q in p], [0 * q for q in p]
    step = 0
    for epoch in range(1, o.epochs + 1):
        order = rng.permutation(n)
        for i in range(0, n, o.batch):
            k = order[i:i + o.batch]
            h, logp = forward(p, x[k] / np.float32(255), f)
            step += 1
            update(o, p, backward(p, h, logp, y[k], df), m, v, step)
        line = f"epoch {epoch:2}"
        if o.val:
            line += f"  validation {accuracy(p, x[n:], y[n:], f):.2f} %"
        print(line, flush=True)
    print(f"test accuracy: {accuracy(p, tx, ty, f):.2f} %")


main()
