"""Padded batches of sequences for torch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from hardware.sequences.dense import Sequences
from spiking_gru.data import Labelled


def padded(sequences: Sequences) -> tuple[Tensor, Tensor]:
    """Frames (steps, sequences, channels), zero beyond each length, and the lengths.

    There is one step at least, also of no sequence: a layer takes no fewer.
    """
    steps = int(sequences.lengths.max(initial=1))
    frames = np.zeros((steps, len(sequences), sequences.channels), dtype=np.float32)
    for i, sequence in enumerate(sequences):
        frames[: len(sequence), i] = sequence
    return torch.from_numpy(frames), torch.from_numpy(sequences.lengths)


def batches(
    part: Labelled, size: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """All sequences in random order, as (frames, lengths, labels) cut to the longest of each."""
    frames, lengths = padded(part.sequences)
    labels = torch.from_numpy(part.labels)
    for chosen in torch.randperm(len(part), generator=generator).split(size):
        of_batch = lengths[chosen]
        yield frames[: int(of_batch.max()), chosen], of_batch, labels[chosen]
