"""Figures of each channel over all frames, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.sequences.dense import Sequences

PIECE = 2**23
"""Values that are looked at together."""

PerChannel = NDArray[np.float64]


def mean_and_deviation(frames: Sequences | NDArray[Any]) -> tuple[PerChannel, PerChannel]:
    """Return the mean and the standard deviation of each channel, in float64.

    The sums are taken over pieces of whole sequences, about 2^23 values each, and then over the
    pieces: the same bits whether frames are in memory or on disk.
    """
    count = sum(len(piece) for piece in _pieces(frames))
    mean = sum(piece.sum(axis=0) for piece in _pieces(frames)) / count
    squares = sum(np.square(piece - mean).sum(axis=0) for piece in _pieces(frames))
    return mean, np.sqrt(squares / count)


def ranges(frames: Sequences) -> tuple[PerChannel, PerChannel, PerChannel]:
    """Return the lowest value, the highest and the mean of each channel."""
    low = np.min([piece.min(axis=0) for piece in _pieces(frames)], axis=0)
    high = np.max([piece.max(axis=0) for piece in _pieces(frames)], axis=0)
    return low, high, mean_and_deviation(frames)[0]


def _pieces(frames: Sequences | NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    if isinstance(frames, Sequences):
        for part in frames.parts(max(1, PIECE // max(1, frames.channels))):
            yield part.values.astype(np.float64)
    else:
        yield frames.astype(np.float64)
