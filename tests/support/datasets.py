"""A small made-up data set in a file: which of three channels is loud."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def small_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arrays: dict[str, np.ndarray] = {}
    for part, samples in (("train", 30), ("test", 9)):
        lengths = rng.integers(3, 9, samples)
        labels = np.arange(samples) % 3
        values = rng.normal(size=(lengths.sum(), 3)).astype(np.float32)
        values[np.arange(len(values)), np.repeat(labels, lengths)] += 2
        arrays |= {
            f"{part}_values": values,
            f"{part}_lengths": lengths,
            f"{part}_labels": labels,
        }
    return arrays


def small_file(folder: Path, **changes: np.ndarray | None) -> Path:
    """Write the data set with some arrays changed, and those that are None left out."""
    path, arrays = folder / "small.npz", {**small_arrays(), **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path
