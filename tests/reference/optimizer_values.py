#!/usr/bin/env python3
"""Writes tests/optimizer_values.h: parameters after each step of PyTorch's
optimisers, and learning rates by its schedulers, in f64.

The problem is a layer of three units, mse(tanh(x w + b), t), on inputs fixed by
formulas that tests/test_optim.c repeats.

    python3 tests/reference/optimizer_values.py > tests/optimizer_values.h
"""
import math
import textwrap
import torch
from torch import optim
from torch.optim import lr_scheduler as schedule

STEPS = 6


def ramp(shape, phase):
    n = math.prod(shape)
    values = [math.sin(1.7 * i + phase) for i in range(n)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def trajectory(make, clip=None, scheduler=None):
    """w and b, nine numbers, after each step."""
    x, t = ramp((4, 2), 0.5), ramp((4, 3), 1.9)
    parameters = [ramp((2, 3), 0.1).requires_grad_(),
                  ramp((3,), 2.5).requires_grad_()]
    optimizer = make(parameters)
    following = scheduler and scheduler(optimizer)
    out = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        w, b = parameters
        torch.nn.functional.mse_loss(torch.tanh(x @ w + b), t).backward()
        if clip:
            clip(parameters)
        optimizer.step()
        if following:
            following.step()
        out += [v for p in parameters for v in p.detach().flatten().tolist()]
    return out


def by_norm(most):
    return lambda p: torch.nn.utils.clip_grad_norm_(p, most)


def by_value(most):
    return lambda p: torch.nn.utils.clip_grad_value_(p, most)


TRAJECTORIES = {
    "sgd": (lambda p: optim.SGD(p, 0.5),),
    "sgd_decay": (lambda p: optim.SGD(p, 0.5, weight_decay=0.1),),
    "sgd_norm": (lambda p: optim.SGD(p, 0.5), by_norm(0.25)),
    "sgd_value": (lambda p: optim.SGD(p, 0.5), by_value(0.05)),
    "sgd_cosine": (lambda p: optim.SGD(p, 0.5), None,
                   lambda o: schedule.CosineAnnealingLR(o, STEPS)),
    "momentum": (lambda p: optim.SGD(p, 0.2, momentum=0.9),),
    "momentum_decay": (lambda p: optim.SGD(p, 0.2, momentum=0.8,
                                           weight_decay=0.1),),
    "nesterov": (lambda p: optim.SGD(p, 0.2, momentum=0.9, nesterov=True),),
    "adagrad": (lambda p: optim.Adagrad(p, 0.1),),
    "rmsprop": (lambda p: optim.RMSprop(p, 0.01),),
    "rmsprop_momentum": (lambda p: optim.RMSprop(p, 0.01, alpha=0.9, eps=1e-3,
                                                 momentum=0.5),),
    "adam": (lambda p: optim.Adam(p, 0.05),),
    "adam_decay": (lambda p: optim.Adam(p, 0.05, betas=(0.8, 0.95), eps=1e-4,
                                        weight_decay=0.1),),
    "adam_norm": (lambda p: optim.Adam(p, 0.05), by_norm(0.25)),
    "adamw": (lambda p: optim.AdamW(p, 0.05, weight_decay=0.1),),
}


def rates(make, steps, losses=None):
    """What a scheduler makes of a rate of 1."""
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    scheduler = make(optimizer)
    out = []
    for i in range(steps):
        if losses:
            scheduler.step(losses[i])
        out.append(optimizer.param_groups[0]["lr"])
        if not losses:
            optimizer.step()
            scheduler.step()
    return out


LOSSES = [3, 2, 2.5, 1.9999, 2.2, 1.5, 1.6, float("nan"), 1.7, 1.4, 1.4, 1.39,
          1.5, 1.6, 1.5, 1.5]
RATES = {
    "step_decay": (lambda o: schedule.StepLR(o, 3, 0.5), 12),
    "cosine": (lambda o: schedule.CosineAnnealingLR(o, 8, eta_min=0.1), 9),
    "warm_up": (lambda o: schedule.LinearLR(o, 0.2, total_iters=4), 8),
    "one_cycle": (lambda o: schedule.OneCycleLR(o, 1, total_steps=20), 20),
    "plateau": (lambda o: schedule.ReduceLROnPlateau(
        o, factor=0.5, patience=1, threshold=0.01), len(LOSSES), LOSSES),
}


def write(name, values):
    body = ", ".join(v.hex() if math.isfinite(v) else "NAN" for v in values)
    print(f"static const double torch_{name}[] = {{")
    print(textwrap.fill(body, 78, initial_indent="    ",
                        subsequent_indent="    ") + "};")


print(f"""/* Made by tests/reference/optimizer_values.py with PyTorch {torch.__version__.split("+")[0]}.
 *
 * SPDX-License-Identifier: MIT */""")
for name, arguments in TRAJECTORIES.items():
    write(name, trajectory(*arguments))
for name, arguments in RATES.items():
    write(name, rates(*arguments))
write("plateau_losses", [float(v) for v in LOSSES])
