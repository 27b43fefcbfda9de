"""Batches of a stream: as many sequences together as are worth a call, and those that can run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError
from hardware.program.model import Program
from hardware.sequences.dense import NO_ARRAY, Sequences, as_array, unpacked
from hardware.sequences.sparse import AnySequences, SparseSequences

VALUES_AT_ONCE = 2**18
"""One MiB of frames is one piece of work: its calls cost little, and threads have many to share."""

FRAMES_AT_ONCE = 4096
"""Frames of sparse sequences in a batch; their silence takes no memory."""

Source: TypeAlias = AnySequences | Iterable[ArrayLike | AnySequences]

Work: TypeAlias = AnySequences | list[NDArray[np.generic]] | Exception
"""Sequences, those that have been checked not to be checked again; or why there are no more."""

Batch: TypeAlias = tuple[Work, int]
"""Work, and the number of its first sequence."""


def batches(sequences: Source) -> Iterator[Batch]:
    """As many sequences together as are worth a call; what the source raises comes last."""
    sequences = unpacked(sequences)
    waiting: list[NDArray[np.generic]] = []
    first = values = 0
    failure = None
    try:
        for item in [sequences] if isinstance(sequences, AnySequences) else sequences:
            parts: Iterable[AnySequences] = ()
            if isinstance(item, AnySequences):
                parts = item.parts(frames_at_once(item))
            else:
                waiting.append(array_of(item, first + len(waiting)))
                values += waiting[-1].size
                if values < VALUES_AT_ONCE:
                    continue
            if waiting:
                yield waiting, first
                first, values, waiting = first + len(waiting), 0, []
            for part in parts:
                yield part, first
                first += len(part)
    except Exception as error:  # whatever the source raises, in its turn
        failure = error
    if waiting:
        yield waiting, first
    if failure is not None:
        yield failure, first + len(waiting)


def array_of(item: ArrayLike, number: int) -> NDArray[np.generic]:
    """A sequence as an array; an InputError for anything else."""
    try:
        return as_array(item)
    except NO_ARRAY as error:
        raise InputError(
            f"sequence {number} of the stream: not an array of shape (steps, channels): {error}"
        ) from error


def frames_at_once(sequences: AnySequences) -> int:
    """How many of them are worth a call."""
    if isinstance(sequences, SparseSequences):
        return FRAMES_AT_ONCE
    return max(VALUES_AT_ONCE // max(sequences.channels, 1), 1)


def runnable(
    program: Program, batch: Work, first: int
) -> tuple[AnySequences | None, Exception | None]:
    """Sequences before the first one that the program cannot take, and the reason."""
    if isinstance(batch, Exception):
        return None, batch
    try:
        return sound(program, batch), None
    except InputError as refusal:
        for i in range(len(batch)):
            try:
                sound(program, part_of(batch, slice(i, i + 1)))
            except InputError as error:
                named = InputError(f"sequence {first + i} of the stream: {error}")
                return sound(program, part_of(batch, slice(0, i))) if i else None, named
        return None, refusal


def part_of(
    batch: AnySequences | list[NDArray[np.generic]], part: slice
) -> AnySequences | list[NDArray[np.generic]]:
    """Some of the sequences, by their places."""
    if isinstance(batch, list):
        return batch[part]
    edges = np.concatenate([[0], np.cumsum(batch.lengths)])
    return batch.part(part, slice(edges[part.start], edges[part.stop]))


def sound(program: Program, batch: AnySequences | list[NDArray[np.generic]]) -> AnySequences:
    """The batch as sequences that the program can take; else an InputError."""
    sequences: AnySequences
    if isinstance(batch, SparseSequences):
        sequences = batch
    else:
        sequences = Sequences.of(batch, program.encoder.channels)
    program.steps_of(sequences)
    return sequences
