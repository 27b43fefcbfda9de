"""Figures of each channel over all frames, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import AnySequences, SparseSequences

PIECE = 2**23
"""Values that are looked at together."""

FRAMES_AT_ONCE = 2**13
"""Frames of sparse sequences that are looked at together."""

PerChannel = NDArray[np.float64]


def mean_and_deviation(frames: AnySequences | NDArray[Any]) -> tuple[PerChannel, PerChannel]:
    """Return the mean and the standard deviation of each channel, in float64.

    The sums are taken over pieces of whole sequences, about 2^23 values each, and then over the
    pieces: the same bits whether frames are in memory or on disk. Sums of sparse sequences are
    those of their nonzero values, and may differ from these in the last bit.
    """
    if isinstance(frames, SparseSequences):
        return _mean_and_deviation_of_nonzero(frames)
    count = sum(len(piece) for piece in _pieces(frames))
    mean = sum(piece.sum(axis=0) for piece in _pieces(frames)) / count
    squares = sum(np.square(piece - mean).sum(axis=0) for piece in _pieces(frames))
    return mean, np.sqrt(squares / count)


def largest(frames: AnySequences | NDArray[Any]) -> float:
    """Return the largest magnitude of all channels."""
    if isinstance(frames, SparseSequences):
        return float(max(np.abs(part.values).max(initial=0) for part in _parts(frames)))
    return float(max(np.abs(piece).max(initial=0) for piece in _pieces(frames)))


def ranges(frames: AnySequences) -> tuple[PerChannel, PerChannel, PerChannel]:
    """Return the lowest value, the highest and the mean of each channel."""
    if isinstance(frames, SparseSequences):
        return _ranges_of_nonzero(frames)
    low = np.min([piece.min(axis=0) for piece in _pieces(frames)], axis=0)
    high = np.max([piece.max(axis=0) for piece in _pieces(frames)], axis=0)
    return low, high, mean_and_deviation(frames)[0]


def _pieces(frames: Sequences | NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    if isinstance(frames, Sequences):
        for part in frames.parts(max(1, PIECE // max(1, frames.channels))):
            yield part.values.astype(np.float64)
    else:
        yield frames.astype(np.float64)


def _parts(sparse: SparseSequences) -> Iterator[SparseSequences]:
    return sparse.parts(FRAMES_AT_ONCE)


def _present(sparse: SparseSequences) -> NDArray[np.int64]:
    """Return in how many frames each channel has a value."""
    present = np.zeros(sparse.channels, dtype=np.int64)
    for part in _parts(sparse):
        present += np.bincount(part.columns, minlength=sparse.channels)
    return present


def _mean_and_deviation_of_nonzero(sparse: SparseSequences) -> tuple[PerChannel, PerChannel]:
    count, mean = int(sparse.lengths.sum()), np.zeros(sparse.channels)
    for part in _parts(sparse):
        mean += np.bincount(part.columns, part.values, sparse.channels)
    mean /= count
    squares = (count - _present(sparse)) * np.square(mean)
    for part in _parts(sparse):
        beyond = np.square(part.values - mean[part.columns])
        squares += np.bincount(part.columns, beyond, sparse.channels)
    return mean, np.sqrt(squares / count)


def _ranges_of_nonzero(sparse: SparseSequences) -> tuple[PerChannel, PerChannel, PerChannel]:
    low, high = np.full(sparse.channels, np.inf), np.full(sparse.channels, -np.inf)
    for part in _parts(sparse):
        np.minimum.at(low, part.columns, part.values)
        np.maximum.at(high, part.columns, part.values)
    has_zero = _present(sparse) < sparse.lengths.sum()
    low[has_zero], high[has_zero] = low[has_zero].clip(max=0), high[has_zero].clip(min=0)
    return low, high, mean_and_deviation(sparse)[0]
