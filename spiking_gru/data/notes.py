"""Notes on a data set: signs that it does not suit its use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spiking_gru.data.dataset import Dataset

FEW = 20
"""Validation sequences below which one of them moves the accuracy by more than 5 points."""


def notes_on_data(dataset: Dataset) -> list[str]:
    """Return what the data set says of a training run before it begins."""
    sequences = len(dataset.validation)
    if sequences >= FEW:
        return []
    return [f"the validation part has {sequences} sequences: too few to choose settings by"]
