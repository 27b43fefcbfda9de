"""Optimisers and schedules of the learning rate, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LinearLR, LRScheduler

OPTIMISERS: dict[str, Callable[..., Optimizer]] = {
    "adamw": AdamW,
    "adam": Adam,
    "sgd": partial(SGD, momentum=0.9),
}


def linear(optimiser: Optimizer, epochs: int) -> LRScheduler:
    """The rate falls by the same amount after each epoch, and would be 0 after the last."""
    return LinearLR(optimiser, start_factor=1.0, end_factor=0.0, total_iters=epochs)


def constant(optimiser: Optimizer, epochs: int) -> LRScheduler:
    return ConstantLR(optimiser, factor=1.0, total_iters=epochs)


SCHEDULES: dict[str, Callable[[Any, int], LRScheduler]] = {
    "cosine": CosineAnnealingLR,
    "linear": linear,
    "constant": constant,
}
