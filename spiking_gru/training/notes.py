"""Notes on a training run: signs that its settings do not suit the data."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hardware.errors import TrainingError


def require_finite(what: str, value: float, learning_rate: float) -> None:
    """Stop a training run whose numbers have left the range of floats."""
    if not math.isfinite(value):
        raise TrainingError(
            f"{what} is {value:g}, expected a finite number: lower the learning rate, which is "
            f"{learning_rate:g}"
        )


def notes_on(
    phase: str, epochs: int, best_epoch: int, accuracy: float, labels: NDArray[np.int64]
) -> list[str]:
    """Return what the best epoch says of a phase; `accuracy` and `labels` are of the validation."""
    notes = []
    chance = float(np.bincount(labels).max() / len(labels))
    if accuracy <= chance:
        notes.append(
            f"{phase}: {accuracy:.1%} of the validation part is no better than chance: its most "
            f"frequent class makes up {chance:.1%}; try another learning rate or more epochs"
        )
    if best_epoch == epochs:
        notes.append(f"{phase}: the last of {epochs} epochs was the best; more may do better")
    return notes
