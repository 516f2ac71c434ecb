#!/usr/bin/env python3
"""The chains of tests/bench/scalar.h and the 2-3-2 network of scalar.c in
PyTorch, which records them anew each time."""
# SPDX-License-Identifier: MIT
import torch
import torch.nn.functional as F

from lines import QUICK, line, seconds

torch.set_num_threads(1)
LENGTH, INPUTS = (100, 10) if QUICK else (1000, 10)
OPS = (lambda v, x: v + x, lambda v, x: v * x,
       lambda v, x: v.tanh(), lambda v, x: v.exp())


def chain(kinds):
    inputs = [torch.tensor(0.5 + 0.04 * k, dtype=torch.float64,
                           requires_grad=True) for k in range(INPUTS)]
    ops = OPS[:kinds]

    def run():
        v = inputs[0]
        for i in range(LENGTH):
            v = ops[i % kinds](v, inputs[i % INPUTS])
        return torch.autograd.grad(v, inputs)

    return run


def network():
    def leaf(values):
        return torch.tensor(values, dtype=torch.float64, requires_grad=True)

    p = [leaf([[1., 1., 1.], [-1., -1., -1.]]), leaf([0., 0., 0.]),
         leaf([[1., 1.], [-1., -1.], [-1., -1.]]), leaf([0., 0.])]
    x = torch.tensor([[1., -1.]], dtype=torch.float64)
    y = torch.tensor([0])

    def run():
        h = torch.addmm(p[1], x, p[0]).sigmoid()
        loss = F.cross_entropy(torch.addmm(p[3], h, p[2]), y)
        with torch.no_grad():
            for w, d in zip(p, torch.autograd.grad(loss, p)):
                w.add_(d, alpha=-0.03)

    return run


line("anew.arithmetic", "pytorch", 1, "ns", seconds(chain(2)) / LENGTH * 1e9)
line("anew.mixed", "pytorch", 1, "ns", seconds(chain(4)) / LENGTH * 1e9)
line("net.2-3-2", "pytorch", 1, "ns", seconds(network()) * 1e9)
