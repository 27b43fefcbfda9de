"""How many of the texts that a pair writes by itself are right."""

from __future__ import annotations

import numpy as np

from hardware.sequences.dense import Sequences
from spiking_gru.batches import padded
from spiking_gru.data import Part
from spiking_gru.data.pairs import source_of, target_of
from spiking_gru.seq2seq import Seq2Seq

AT_ONCE = 256
"""Sources that are read at a time."""


def exact_match(pair: Seq2Seq, part: Part) -> float:
    """Return the share of the sources of a part for which a pair writes the right tokens.

    A text has at most one token more than the longest right one, so a wrong end is seen.
    """
    sequences = list(part.sequences)
    ends = np.cumsum(part.sequences.lengths).tolist()
    right = [
        target_of(one, part.targets[end - len(one) : end])
        for one, end in zip(sequences, ends, strict=True)
    ]
    most = max(map(len, right)) + 1
    device = next(pair.parameters()).device
    written: list[list[int]] = []
    for first in range(0, len(sequences), AT_ONCE):
        sources = [source_of(one) for one in sequences[first : first + AT_ONCE]]
        frames, lengths = padded(Sequences.of(sources))
        written += pair.eval().write(frames.to(device), lengths.to(device), most)
    return float(np.mean([a == b for a, b in zip(written, right, strict=True)]))
