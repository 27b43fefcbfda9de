"""Notes on a training run: signs that its settings do not suit the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import TrainingError
from hardware.metrics import MISSING_CLASS, ClassMetrics, LabelMetrics, Metrics


def require_finite(what: str, value: float, learning_rate: float) -> None:
    """Stop a training run whose numbers have left the range of floats."""
    if not math.isfinite(value):
        raise TrainingError(
            f"{what} is {value:g}, expected a finite number: lower the learning rate, which is "
            f"{learning_rate:g}"
        )


def notes_on(
    phase: str,
    epochs: int,
    best_epoch: int,
    metrics: Mapping[str, Metrics],
    targets: Mapping[str, NDArray[Any]],
) -> list[str]:
    """Return what the best epoch says of a phase, by the metrics of heads on the validation part.

    The only target has no name.
    """
    notes = []
    for name, of_head in metrics.items():
        fault = _no_better_than_chance(of_head, targets[name])
        if fault:
            owner = f"{phase}, {name}" if name else phase
            notes.append(f"{owner}: {fault}; try another learning rate or more epochs")
    if best_epoch == epochs:
        last = "the only epoch" if epochs == 1 else f"the last of {epochs} epochs"
        notes.append(f"{phase}: {last} was the best; more may do better")
    return notes


def _no_better_than_chance(metrics: Metrics, targets: NDArray[Any]) -> str | None:
    """Return what metrics say that an answer without a look at the frames would reach as well."""
    known = targets[targets != MISSING_CLASS]
    if isinstance(metrics, ClassMetrics):
        chance = float(np.bincount(known).max(initial=0) / max(1, len(known)))
        if metrics.accuracy <= chance:
            return (
                f"{100 * metrics.accuracy:.1f} % accuracy on the validation part is no better than "
                f"chance: its most frequent class makes up {100 * chance:.1f} %"
            )
    elif isinstance(metrics, LabelMetrics):
        rarer = np.minimum((targets == 0).sum(axis=0), (targets == 1).sum(axis=0))
        chance = float(rarer.sum() / max(1, known.size))
        if metrics.hamming_loss >= chance:
            return (
                f"{100 * metrics.hamming_loss:.1f} % of the labels of the validation part are "
                f"wrong, which is no better than chance: {100 * chance:.1f} % are, if each label "
                f"has its more frequent answer"
            )
    elif metrics.nrmse >= 1:
        return "on the validation part the error is no smaller than that of the mean"
    return None
