"""Notes on a training run: signs that its settings do not suit the data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import TrainingError
from hardware.metrics import ClassMetrics, ValueMetrics
from spiking_gru.data import Dataset


def require_finite(what: str, value: float, learning_rate: float) -> None:
    """Stop a training run whose numbers have left the range of floats."""
    if not math.isfinite(value):
        raise TrainingError(
            f"{what} is {value:g}, expected a finite number: lower the learning rate, which is "
            f"{learning_rate:g}"
        )


FEW = 20
"""Validation sequences below which one of them moves the accuracy by more than 5 points."""


def notes_on_data(dataset: Dataset) -> list[str]:
    """Return what the data set says of a training run before it begins."""
    sequences = len(dataset.validation)
    if sequences >= FEW:
        return []
    return [f"the validation part has {sequences} sequences: too few to choose settings by"]


def notes_on(
    phase: str,
    epochs: int,
    best_epoch: int,
    metrics: ClassMetrics | ValueMetrics,
    targets: NDArray[Any],
) -> list[str]:
    """Return what the best epoch says of a phase, by the metrics on the validation part."""
    notes = []
    if isinstance(metrics, ClassMetrics):
        labels = targets[targets >= 0]
        chance = float(np.bincount(labels).max(initial=0) / max(1, len(labels)))
        if metrics.accuracy <= chance:
            notes.append(
                f"{phase}: {metrics.accuracy:.1%} of the validation part is no better than chance: "
                f"its most frequent class makes up {chance:.1%}; try another learning rate or more "
                f"epochs"
            )
    elif metrics.nrmse >= 1:
        notes.append(
            f"{phase}: on the validation part the error is no smaller than that of the mean; try "
            f"another learning rate or more epochs"
        )
    if best_epoch == epochs:
        notes.append(f"{phase}: the last of {epochs} epochs was the best; more may do better")
    return notes
