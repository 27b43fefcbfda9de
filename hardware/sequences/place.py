"""The place of a value in sequences, for errors."""

from __future__ import annotations

import numpy as np

from hardware.sequences.sparse import AnySequences, SparseSequences


def place_of(sequences: AnySequences, index: tuple[int, ...], first: int = 0) -> str:
    """Return the sequence, the step and the channel of a value, by its index in `values`.

    The first of the sequences has the number `first`.
    """
    frame, channel = index[0], index[-1]
    if isinstance(sequences, SparseSequences):
        channel = int(sequences.columns[index[0]])
        frame = int(np.searchsorted(sequences.edges, index[0], side="right")) - 1
    ends = np.cumsum(sequences.lengths)
    sequence = int(np.searchsorted(ends, frame, side="right"))
    step = frame - int(ends[sequence] - sequences.lengths[sequence])
    return f"sequence {first + sequence}, step {step}, channel {channel}"
