"""A data set: labelled sequences in three parts, and where they come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.sequences.dense import Sequences

VALIDATION_SHARE = 0.1


@dataclass(frozen=True)
class Labelled:
    """Sequences and the class of each."""

    sequences: Sequences
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.sequences):
            raise InputError(f"{len(self.sequences)} sequences, but {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: NDArray[np.integer]) -> Labelled:
        return Labelled(self.sequences.take(indices), self.labels[indices])


@dataclass(frozen=True)
class Dataset:
    """Training, validation and test parts; the last is never looked at before the end."""

    name: str
    training: Labelled
    validation: Labelled
    test: Labelled
    classes: tuple[str, ...]
    fingerprint: str

    @property
    def channels(self) -> int:
        return self.training.sequences.channels


def fingerprint(arrays: dict[str, NDArray[np.generic]]) -> str:
    """SHA-256 over names, types, shapes and values."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return total.hexdigest()


def hold_out(part: Labelled, share: float, seed: int) -> tuple[Labelled, Labelled]:
    """Split off `share` of each class, at least one sequence of it, chosen by the seed."""
    rng = np.random.default_rng(seed)
    held: list[int] = []
    for label in np.unique(part.labels):
        members = rng.permutation(np.flatnonzero(part.labels == label))
        if len(members) < 2:
            raise InputError(
                f"class {label} has {len(members)} training sequence: at least 2 are needed, "
                f"one to train on and one to validate"
            )
        held.extend(members[: max(1, round(share * len(members)))])
    kept = np.setdiff1d(np.arange(len(part)), held)
    return part.take(kept), part.take(np.sort(np.array(held)))
