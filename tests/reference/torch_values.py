#!/usr/bin/env python3
"""Writes tests/torch_values.h: values and gradients computed by PyTorch in f64.

Each case is a function of one or two tensors; the inputs are fixed by formulas
that tests/test_torch.c repeats, the result is multiplied by fixed weights and
summed, and the sum's gradient is what is stored.

    python3 tests/reference/torch_values.py > tests/torch_values.h
"""
import math
import textwrap
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def ramp(shape, phase):
    """sin(1.7 i + phase), in row-major order."""
    n = math.prod(shape)
    values = [math.sin(1.7 * i + phase) for i in range(n)]
    return torch.tensor(values).reshape(shape)


X = (3, 4)
T = torch.tensor([1, 3, 0])
ONE = {
    "exp": torch.exp, "expm1": torch.expm1, "sin": torch.sin,
    "cos": torch.cos, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
    "softplus": F.softplus, "erf": torch.erf, "gelu": F.gelu, "silu": F.silu,
    "relu": F.relu, "abs": torch.abs, "square": torch.square,
    "reciprocal": torch.reciprocal,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.1),
    "elu": lambda x: F.elu(x, 0.7),
    "clamp": lambda x: torch.clamp(x, -0.5, 0.25),
    "log": lambda x: torch.log(x + 2), "log1p": lambda x: torch.log1p(x / 2),
    "sqrt": lambda x: torch.sqrt(x + 2),
    "softmax": lambda x: F.softmax(x, -1),
    "softmax0": lambda x: F.softmax(x, 0),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "sum": lambda x: x.sum(0), "mean": lambda x: x.mean(1),
    "prod": lambda x: x.prod(1), "var": lambda x: x.var(1, unbiased=True),
    "amax": lambda x: x.amax(1), "amin": lambda x: x.amin(0),
    "logsumexp": lambda x: torch.logsumexp(x, (0, 1)),
    "transpose": lambda x: x.t(), "flip": lambda x: x.flip(1),
    "slice": lambda x: x[0:3:2, 1:4], "pad": lambda x: F.pad(x, (1, 2, 0, 1), value=3.0),
    "gather": lambda x: x[torch.tensor([2, 0, 2, 2])],
    "nll_loss": lambda x: F.nll_loss(F.log_softmax(x, -1), T),
    "nll_loss_weight": lambda x: F.nll_loss(
        F.log_softmax(x, -1), T, weight=torch.tensor([0.5, 1.0, 2.0, 0.25]),
        ignore_index=0),
    "cross_entropy": lambda x: F.cross_entropy(x, T, reduction="sum"),
}
TWO = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul,
    "div": lambda a, b: a / (b + 3),
    "pow": lambda a, b: (a + 2) ** b, "maximum": torch.maximum,
    "minimum": torch.minimum, "mse_loss": F.mse_loss,
    "huber_loss": lambda a, b: F.huber_loss(a, b, delta=0.6),
    "bce_with_logits": lambda a, b: F.binary_cross_entropy_with_logits(
        a, (b + 1) / 2),
    "bce": lambda a, b: F.binary_cross_entropy((a + 1.5) / 3, (b + 1) / 2),
    "matmul": lambda a, b: a @ b.t(),
}


def array(name, values):
    body = ", ".join(float(v).hex() for v in values.reshape(-1).tolist())
    lines = textwrap.fill(body, 76, initial_indent="    ",
                          subsequent_indent="    ")
    return f"static const double {name}[] = {{\n{lines}}};"


def emit(name, f, inputs):
    y = f(*inputs)
    loss = (y * ramp(tuple(y.shape), 0.3)).sum()
    grads = torch.autograd.grad(loss, inputs)
    print(array(f"torch_{name}_y", y.detach()))
    for letter, g in zip("ab", grads):
        print(array(f"torch_{name}_d{letter}", g))


print("/* Made by tests/reference/torch_values.py with PyTorch "
      f"{torch.__version__.split('+')[0]}.\n *\n"
      " * SPDX-License-Identifier: MIT */")
for name, f in ONE.items():
    emit(name, f, [ramp(X, 0.5).requires_grad_()])
for name, f in TWO.items():
    emit(name, f, [ramp(X, 0.5).requires_grad_(),
                   ramp(X, 1.9).requires_grad_()])
