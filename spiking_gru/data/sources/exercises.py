"""Shoulder exercises by smartwatch (Burns and others, 2018), from a file of seglearn."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.files.disk import read_bytes
from spiking_gru.data.npz import Arrays
from spiking_gru.data.sources.package import data_only

SEGLEARN = data_only("seglearn==1.2.5", "seglearn")

SHA256 = "eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537"
"""SHA-256 of the file in seglearn 1.2.5. The file is a pickle, so no other is read."""

MOST_BYTES = 64 * 2**20

WINDOW, EVERY = 100, 50
"""Frames of a window and from one to the next: 2 s and 1 s at 50 Hz."""

TEST_SUBJECTS = (1, 2, 3)


def exercises(test_subjects: Collection[int] = TEST_SUBJECTS) -> Arrays:
    """Ten subjects do seven exercises: windows of 2 s, 6 axes; the class is the exercise.

    `test_subjects` are in the test part alone; the groups are the subjects.
    """
    watch = _read_watch(SEGLEARN.file("data/watch_dataset.npy"))
    in_test = np.isin(watch["subject"], list(test_subjects))
    arrays: Arrays = {"classes": np.array(watch["y_labels"])}
    for part, chosen in (("train", ~in_test), ("test", in_test)):
        cut = [(i, w) for i in np.flatnonzero(chosen) for w in windows_of(watch["X"][i])]
        of = [i for i, _ in cut]
        arrays[f"{part}_values"] = np.concatenate([window for _, window in cut], dtype=np.float32)
        arrays[f"{part}_lengths"] = np.full(len(cut), WINDOW)
        arrays[f"{part}_labels"] = watch["y"][of]
        arrays[f"{part}_groups"] = np.array([f"subject {who}" for who in watch["subject"][of]])
    return arrays


def windows_of(recording: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the windows of a recording; what is left at its end is dropped."""
    return [
        recording[start : start + WINDOW] for start in range(0, len(recording) - WINDOW + 1, EVERY)
    ]


def _read_watch(path: Path) -> dict[str, Any]:
    content = read_bytes(path, MOST_BYTES)
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise InputError(
            f"{path} is not the file of seglearn 1.2.5: its SHA-256 is {found}, expected {SHA256}: "
            f"install the package again: {SEGLEARN.install}"
        )
    return np.load(io.BytesIO(content), allow_pickle=True).item()
