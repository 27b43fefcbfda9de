"""Padded batches of sequences for torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from hardware.sequences.dense import in_parts
from hardware.sequences.on_disk import DiskSequences
from hardware.sequences.sparse import AnySequences, SparseSequences
from spiking_gru.data import Part

WINDOW = 16
"""Batches within whose sequences those of equal length are put together."""

PIECE = 2**24
"""Values of frames that are evaluated at once, of a part that is sparse or on disk.

These are 64 MiB: the C library gives memory back that is allocated in pieces of more than 32 MiB.
In smaller pieces the heap grew with every piece.
"""

IN_PIECES = (DiskSequences, SparseSequences)
"""Sequences of which only those of a batch are in memory as dense frames."""

CPU = torch.device("cpu")


def padded(sequences: AnySequences, device: torch.device = CPU) -> tuple[Tensor, Tensor]:
    """Frames (steps, sequences, channels), zero beyond each length, and the lengths.

    There is one step at least, also of no sequence: a layer takes no fewer. Of sparse sequences
    only the nonzero values go to the device.
    """
    if isinstance(sequences, SparseSequences):
        return padded_sparse(sequences.in_memory(), device), torch.from_numpy(sequences.lengths)
    steps = int(sequences.lengths.max(initial=1))
    frames = np.zeros((steps, len(sequences), sequences.channels), dtype=np.float32)
    for i, sequence in enumerate(sequences):
        frames[: len(sequence), i] = sequence
    return torch.from_numpy(frames), torch.from_numpy(sequences.lengths)


def padded_sparse(sequences: SparseSequences, device: torch.device) -> Tensor:
    """Frames (steps, sequences, channels) on a device, zero beyond each length."""
    lengths, number = sequences.lengths, len(sequences)
    shape = (int(lengths.max(initial=1)), number, sequences.channels)
    step = np.arange(int(lengths.sum())) - np.repeat(sequences.starts, lengths)
    row = step * number + np.repeat(np.arange(number), lengths)
    place = np.repeat(row, np.diff(sequences.edges)) * sequences.channels + sequences.columns
    frames = torch.zeros(shape, device=device)
    frames.view(-1)[torch.from_numpy(place).to(device)] = torch.from_numpy(sequences.values).to(
        device
    )
    return frames


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
    """Return the values of (frames, sequences, …) within each length, sequence after sequence."""
    sequence_first = of_frames.transpose(0, 1)
    return sequence_first[
        torch.arange(len(of_frames), device=of_frames.device) < lengths.unsqueeze(-1)
    ]


class Batch(NamedTuple):
    """Some sequences, padded to the longest of them."""

    frames: Tensor
    """(frames, sequences, channels), zero beyond each length."""

    lengths: Tensor
    targets: Tensor
    """Targets of each sequence, or of each frame (frames, sequences, …)."""

    def to(self, device: torch.device) -> Batch:
        """Return the same batch on a device."""
        return Batch(*(part.to(device) for part in self))


def whole(part: Part, device: torch.device = CPU) -> Batch:
    """All sequences of a part as one batch; the frames of sparse ones are on the device."""
    return Batch(*padded(part.sequences, device), padded_targets(part))


def pieces(part: Part) -> Iterator[Part]:
    """The part itself; one that is sparse or on disk in pieces that fit in memory."""
    if isinstance(part.sequences, IN_PIECES):
        frames = max(1, PIECE // max(1, part.sequences.channels))
        for piece in in_parts(part.sequences.lengths, frames):
            yield part.take(np.arange(piece.start, piece.stop))
    else:
        yield part


def joined(of_pieces: Sequence[Tensor], per_step: bool) -> Tensor:
    """Return all pieces of sequences (sequences, …) or padded frames (frames, sequences, …)."""
    if not per_step:
        return torch.cat(list(of_pieces))
    longest = max(map(len, of_pieces))
    ends = [(0, 0) * (piece.ndim - 1) + (0, longest - len(piece)) for piece in of_pieces]
    padded_pieces = [nn.functional.pad(p, end) for p, end in zip(of_pieces, ends, strict=True)]
    return torch.cat(padded_pieces, dim=1)


def bucketed(lengths: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Places of the sequences of each batch, of about equal length.

    The order is random. The sequences of each `WINDOW` batches are sorted by length, and then these
    batches are in random order.
    """
    for window in torch.randperm(len(lengths), generator=generator).split(size * WINDOW):
        by_length = window[torch.argsort(lengths[window], stable=True)].split(size)
        yield from (by_length[i] for i in torch.randperm(len(by_length), generator=generator))


def batches(
    part: Part, size: int, generator: torch.Generator, device: torch.device = CPU
) -> Iterator[Batch]:
    """All sequences in random order.

    Of sparse sequences and those on disk each batch has similar lengths and is made when its turn
    comes. The frames of sparse ones are on the device.
    """
    if isinstance(part.sequences, IN_PIECES):
        for chosen in bucketed(torch.from_numpy(part.sequences.lengths), size, generator):
            yield whole(part.take(chosen), device)
        return
    frames, lengths = padded(part.sequences)
    targets = padded_targets(part)
    for chosen in torch.randperm(len(part), generator=generator).split(size):
        of_batch = lengths[chosen]
        longest = int(of_batch.max())
        of_chosen = targets[:longest, chosen] if part.per_step else targets[chosen]
        yield Batch(frames[:longest, chosen], of_batch, of_chosen)
