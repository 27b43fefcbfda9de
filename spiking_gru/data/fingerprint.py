"""The fingerprint of a data set: a hash of everything that it consists of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.sequences.dense import Sequences

if TYPE_CHECKING:
    from spiking_gru.data.dataset import Part

PIECE = 2**23
"""Values that are looked at together, where all may not fit in memory."""

FRAMES = np.dtype("<f4")


def arrays_of(
    training: Part, test: Part, classes: tuple[str, ...], validation: Part | None = None
) -> dict[str, NDArray[Any] | Sequences]:
    """Return everything that a data set consists of, by name."""
    arrays: dict[str, NDArray[Any] | Sequences] = {"classes": np.array(classes, dtype=str)}
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


def fingerprint(arrays: Mapping[str, NDArray[Any] | Sequences]) -> str:
    """SHA-256 over names, types, shapes and values; sequences count as their frames."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        if isinstance(array, Sequences):
            shape = (int(array.lengths.sum()), array.channels)
            total.update(f"{name} {FRAMES.str} {shape} ".encode())
            for piece in array.parts(max(1, PIECE // max(1, array.channels))):
                total.update(piece.values.astype(FRAMES).tobytes())
        else:
            array = np.ascontiguousarray(array)
            total.update(f"{name} {array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return total.hexdigest()
