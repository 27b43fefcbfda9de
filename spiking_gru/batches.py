"""Padded batches of sequences for torch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from hardware.sequences.dense import Sequences
from spiking_gru.data import Part


def padded(sequences: Sequences) -> tuple[Tensor, Tensor]:
    """Frames (steps, sequences, channels), zero beyond each length, and the lengths.

    There is one step at least, also of no sequence: a layer takes no fewer.
    """
    steps = int(sequences.lengths.max(initial=1))
    frames = np.zeros((steps, len(sequences), sequences.channels), dtype=np.float32)
    for i, sequence in enumerate(sequences):
        frames[: len(sequence), i] = sequence
    return torch.from_numpy(frames), torch.from_numpy(sequences.lengths)


def padded_targets(part: Part) -> Tensor:
    """Targets of each sequence, or of each frame (frames, sequences, …) with zeros as padding."""
    if not part.per_step:
        return torch.from_numpy(part.targets)
    lengths = part.sequences.lengths
    shape = (int(lengths.max(initial=1)), len(lengths), *part.targets.shape[1:])
    targets = np.zeros(shape, dtype=part.targets.dtype)
    for i, of_sequence in enumerate(np.split(part.targets, np.cumsum(lengths))[:-1]):
        targets[: len(of_sequence), i] = of_sequence
    return torch.from_numpy(targets)


def valid_frames(of_frames: Tensor, lengths: Tensor) -> Tensor:
    """Of (frames, sequences, …) what is within each length, one sequence after another."""
    sequence_first = of_frames.transpose(0, 1)
    return sequence_first[torch.arange(len(of_frames)) < lengths.unsqueeze(-1)]


def batches(
    part: Part, size: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """All sequences in random order, as (frames, lengths, targets) cut to the longest of each."""
    frames, lengths = padded(part.sequences)
    targets = padded_targets(part)
    for chosen in torch.randperm(len(part), generator=generator).split(size):
        of_batch = lengths[chosen]
        longest = int(of_batch.max())
        of_chosen = targets[:longest, chosen] if part.per_step else targets[chosen]
        yield frames[:longest, chosen], of_batch, of_chosen
