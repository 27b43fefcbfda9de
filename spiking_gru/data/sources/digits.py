"""Handwritten digits of scikit-learn: images of 8 × 8 pixels."""

from __future__ import annotations

import gzip

import numpy as np

from hardware.errors import InputError
from spiking_gru.data.npz import Arrays
from spiking_gru.data.sources.package import Package

SCIKIT_LEARN = Package("scikit-learn", "sklearn", 'pip install "spiking-gru[data]"')


def digits(pixels: int = 8) -> Arrays:
    """1,797 images, of which a frame holds `pixels`: 8 for row by row, 1 for pixel by pixel.

    They have no official split: the same 30 % are always the test part.
    """
    path = SCIKIT_LEARN.file("datasets/data/digits.csv.gz")
    try:
        with gzip.open(path, "rt") as file:
            table = np.loadtxt(file, delimiter=",", ndmin=2)
        images, labels = table[:, :64].reshape(len(table), 64), table[:, 64].astype(np.int64)
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise InputError(f"{path}: not 64 pixels and a digit a line: {error}") from error
    order = np.random.default_rng(0).permutation(len(labels))
    arrays: Arrays = {"classes": np.array([str(i) for i in range(10)])}
    held = round(0.3 * len(labels))
    for part, chosen in (("test", order[:held]), ("train", order[held:])):
        arrays[f"{part}_values"] = images[chosen].reshape(-1, pixels)
        arrays[f"{part}_lengths"] = np.full(len(chosen), 64 // pixels)
        arrays[f"{part}_labels"] = labels[chosen]
    return arrays


def digits_pixels() -> Arrays:
    """The same images as 64 frames of one pixel."""
    return digits(pixels=1)
