"""Sequences of tokens: the first value that is none is refused, with its place."""

from __future__ import annotations

import numpy as np

from hardware.definition.limits import MOST_TOKENS
from hardware.definition.tokens import first_wrong, refusal
from hardware.sequences.sparse import AnySequences, SparseSequences
from hardware.sequences.statistics import largest


def require_tokens(sequences: AnySequences, tokens: int) -> None:
    """Refuse a value that is no whole number of 0 … `tokens`; 0 is padding."""
    place = first_wrong(sequences.values, tokens)
    if place is None:
        return
    value = float(sequences.values[place])
    frame, channel = place[0], place[-1]
    if isinstance(sequences, SparseSequences):
        channel = int(sequences.columns[place[0]])
        frame = int(np.searchsorted(sequences.edges, place[0], side="right")) - 1
    ends = np.cumsum(sequences.lengths)
    sequence = int(np.searchsorted(ends, frame, side="right"))
    step = frame - int(ends[sequence] - sequences.lengths[sequence])
    raise refusal(value, f"sequence {sequence}, step {step}, channel {channel}", tokens)


def largest_token(sequences: AnySequences) -> int:
    """Return the largest token; an InputError where a value is none."""
    found = int(min(largest(sequences), MOST_TOKENS))
    require_tokens(sequences, found)
    return found
