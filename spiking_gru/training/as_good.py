"""Whether a network answers the validation part as well as another."""

from __future__ import annotations

from collections.abc import Callable

from spiking_gru.training.evaluation import Score

LOSS = 1.1
"""A loss on the validation part may rise by this factor, and by 0.01."""


SAME = 1.01
"""Errors on the validation part may rise by this factor."""

ERRORS: dict[str, Callable[[float], float]] = {
    "accuracy": lambda share: 1 - share,
    "micro_f1": lambda share: 1 - share,
    "rmse": lambda error: error,
}
"""Errors by the name of a metric."""


def worse(found: Score, other: Score) -> bool:
    """Return whether a score has more errors than another, or a clearly larger loss."""
    return _errors(found) > SAME * _errors(other) or found.loss > LOSS * other.loss + 0.01


def _errors(score: Score) -> float:
    """Return the share of wrong answers, or the error of values."""
    found = vars(score.metrics)
    name = next(name for name in ERRORS if name in found)
    return ERRORS[name](found[name])
