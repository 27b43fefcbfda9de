"""The fingerprint of a data set: a hash of everything that it consists of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import AnySequences, SparseSequences

if TYPE_CHECKING:
    from spiking_gru.data.part import Part

PIECE = 2**23
"""Values that are looked at together, where all may not fit in memory."""

SPARSE_FRAMES = 2**13
"""Frames of sparse sequences that are looked at together."""

FRAMES = np.dtype("<f4")


def arrays_of(
    training: Part, test: Part, classes: tuple[str, ...], validation: Part | None = None
) -> dict[str, NDArray[Any] | AnySequences]:
    """Return everything that a data set consists of, by name."""
    arrays: dict[str, NDArray[Any] | AnySequences] = {"classes": np.array(classes, dtype=str)}
    parts = {"train": training, "test": test}
    if validation is not None and len(validation):
        parts["validation"] = validation
    for name, part in parts.items():
        arrays |= {
            f"{name}_values": part.sequences,
            f"{name}_lengths": part.sequences.lengths,
            f"{name}_targets": part.targets,
        }
        if part.groups is not None:
            arrays[f"{name}_groups"] = np.asarray(part.groups, dtype=str)
        if part.naive:
            arrays[f"{name}_naive"] = np.stack(list(part.naive.values()))
            arrays["naive"] = np.array(list(part.naive))
    return arrays


def fingerprint(arrays: Mapping[str, NDArray[Any] | AnySequences]) -> str:
    """SHA-256 over names, types, shapes and values.

    Sequences count as their frames, sparse ones as the nonzero values of their frames.
    """
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        if isinstance(array, Sequences):
            shape = (int(array.lengths.sum()), array.channels)
            total.update(f"{name} {FRAMES.str} {shape} ".encode())
            for piece in array.parts(max(1, PIECE // max(1, array.channels))):
                total.update(piece.values.astype(FRAMES).tobytes())
        elif isinstance(array, SparseSequences):
            shape = (int(array.lengths.sum()), array.channels)
            total.update(f"{name} sparse {FRAMES.str} {shape} ".encode())
            for few in array.parts(SPARSE_FRAMES):
                for field in (np.diff(few.edges), few.columns, few.values):
                    total.update(field.astype(field.dtype.newbyteorder("<")).tobytes())
        else:
            array = np.ascontiguousarray(array)
            total.update(f"{name} {array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return total.hexdigest()
