#!/usr/bin/env python3
"""step_torch.py THREADS: the training step of tests/bench/step.c in PyTorch."""
# SPDX-License-Identifier: MIT
import sys

import torch
import torch.nn.functional as F

from lines import (BATCHES, CLASSES, HIDDEN, IMAGES, PIXELS, RATE, Turns,
                   seconds, step_line)

THREADS = int(sys.argv[1])
torch.set_num_threads(THREADS)
torch.manual_seed(1)
pixels = torch.randint(0, 256, (IMAGES, PIXELS), dtype=torch.uint8)
labels = torch.randint(0, CLASSES, (IMAGES,))
order = torch.randperm(IMAGES)


def weights(rows, columns):
    return (torch.randn(rows, columns) * (2 / rows) ** 0.5).requires_grad_()


def step_of(batch):
    p = [weights(PIXELS, HIDDEN), torch.zeros(HIDDEN, requires_grad=True),
         weights(HIDDEN, CLASSES), torch.zeros(CLASSES, requires_grad=True)]
    turns = Turns(order, batch)

    def step():
        index = turns.next()
        x = pixels.index_select(0, index).float().mul_(1 / 255)
        h = torch.addmm(p[1], x, p[0]).sigmoid_()
        loss = F.cross_entropy(torch.addmm(p[3], h, p[2]),
                               labels.index_select(0, index))
        gradient = torch.autograd.grad(loss, p)
        with torch.no_grad():
            for w, d in zip(p, gradient):
                w.add_(d, alpha=-RATE)
        return loss

    return step


for batch in BATCHES:
    step_line("pytorch", THREADS, batch, seconds(step_of(batch)))
