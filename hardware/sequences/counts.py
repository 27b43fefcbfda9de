"""Sequences of counts: the first value that is none is refused, with its place."""

from __future__ import annotations

import numpy as np

from hardware.errors import InputError
from hardware.sequences.place import place_of
from hardware.sequences.sparse import AnySequences

FRAMES_AT_ONCE = 2**13
"""Frames that are looked at together."""


def require_counts(sequences: AnySequences) -> None:
    """Refuse a value that is no number of events: one that is negative or not whole."""
    first = 0
    for part in sequences.parts(FRAMES_AT_ONCE):
        values = part.values
        wrong = np.argwhere((values < 0) | (values != np.rint(values)))
        if len(wrong):
            index = tuple(wrong[0].tolist())
            raise InputError(
                f"{place_of(part, index, first)} is {float(values[index]):g}, expected a count of "
                f"events, such as 0, 1 or 2: choose another encoder, or correct the value"
            )
        first += len(part)
