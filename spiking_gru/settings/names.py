"""Names that settings take."""

from __future__ import annotations

from collections.abc import Iterable

OPTIMISERS = ("adamw", "adam", "sgd")
SCHEDULES = ("cosine", "linear", "constant")
CLASS_WEIGHTS = ("none", "balanced")

BASELINES = {"gru": ("gru",), "lstm": ("lstm",), "state": ("state",), "none": ()}
"""The kinds of baselines that each name stands for."""

BASELINE_SIZES = {
    "hidden": ("hidden",),
    "parameters": ("parameters",),
    "both": ("hidden", "parameters"),
    "accuracy": ("accuracy",),
    "all": ("hidden", "parameters", "accuracy"),
}
"""Sizes that a baseline shares with the spiking network; one baseline is trained for each."""

DEVICES = {"auto": ("cuda", "cpu"), "cpu": ("cpu",), "cuda": ("cuda",)}
"""The kinds of devices that each name stands for; the first that torch finds trains."""

TEACHER = "gru"
"""The baseline that teaches the spiking network with --distil."""


def one_of(names: Iterable[str]) -> str:
    """Return names as a phrase: `a, b or c`."""
    *others, last = names
    return f"{', '.join(others)} or {last}"
