"""Sequences of frames that are nearly all 0, as event cameras and cochleas give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError
from hardware.sequences.dense import (
    Inputs,
    Sequences,
    in_parts,
    require_lengths,
    without_check,
)

MOST_CHANNELS = int(np.iinfo(np.int32).max)


@dataclass(frozen=True)
class SparseSequences:
    """Only the values that are not 0, frame after frame, as a matrix of compressed rows has them.

    The values of frame t, and the channels they stand in, are those from `edges[t]` to
    `edges[t + 1]`; `lengths` (sequences,) sum to all frames. `hardware.stream` computes only what
    these hold; `run` and `Session` take them as they take any frames.
    """

    values: NDArray[np.float32]
    columns: NDArray[np.int32]
    edges: NDArray[np.int64]
    lengths: NDArray[np.int64]
    channels: int

    def __post_init__(self) -> None:
        require_channels(self.channels)
        kinds = ("values", np.floating), ("columns", np.integer), ("edges", np.integer)
        for name, kind in kinds:
            array = vars(self)[name]
            if array.ndim != 1 or not np.issubdtype(array.dtype, kind):
                numbers = "floating point" if kind is np.floating else "whole"
                raise InputError(
                    f"{name} are {array.dtype} of shape {array.shape}, expected one dimension of "
                    f"{numbers} numbers"
                )
        self._require_sound_edges()
        require_lengths(self.lengths, len(self.edges) - 1)
        self._keep(edges=np.int64, lengths=np.int64)
        self._require_sound_columns()
        self._keep(values=np.float32, columns=np.int32)
        finite = np.isfinite(self.values)
        if not finite.all():
            event = int(finite.argmin())
            raise InputError(
                f"{self.values[event]} in {self._place(event)}, channel {self.columns[event]}: "
                f"every value must be a finite number"
            )

    def _keep(self, **numbers: type[np.generic]) -> None:
        """As these numbers; what is too large for float32 becomes inf."""
        with np.errstate(over="ignore"):
            for name, number in numbers.items():
                object.__setattr__(self, name, vars(self)[name].astype(number, copy=False))

    def _require_sound_edges(self) -> None:
        edges, events = self.edges, len(self.values)
        if len(self.columns) != events:
            raise InputError(f"there are {len(self.columns)} columns, but {events} values")
        if not len(edges) or edges[0] != 0 or edges[-1] != events or (edges[1:] < edges[:-1]).any():
            raise InputError(
                f"edges must rise from 0 to {events}, the number of values: where each frame "
                f"begins, and where the last one ends"
            )

    def _require_sound_columns(self) -> None:
        columns = self.columns
        outside = (columns < 0) | (columns >= self.channels)
        if outside.any():
            event = int(outside.argmax())
            raise InputError(
                f"column {columns[event]} in {self._place(event)}: expected 0 to "
                f"{self.channels - 1}, one of {self.channels} channels"
            )
        rises = np.ones(len(columns) + 1, dtype=bool)
        rises[1:-1] = columns[1:] > columns[:-1]
        rises[self.edges] = True  # a frame begins anew
        if not rises.all():
            event = int(rises.argmin())
            raise InputError(
                f"column {columns[event]} comes behind {columns[event - 1]} in "
                f"{self._place(event)}: the columns of a frame must rise; `from_events` sorts them "
                f"and adds up what meets in one place"
            )

    def _place(self, event: int) -> str:
        """Where an event is, in words."""
        frame = int(np.searchsorted(self.edges, event, side="right")) - 1
        ends = np.cumsum(self.lengths)
        sequence = int(np.searchsorted(ends, frame, side="right"))
        return f"sequence {sequence}, step {frame - ends[sequence] + self.lengths[sequence]}"

    @classmethod
    def of(cls, data: Inputs, channels: int = 0) -> SparseSequences:
        """Return the nonzero values of these sequences; `channels` are as for `Sequences.of`."""
        sequences = Sequences.of(data, channels)
        frames, columns = np.nonzero(sequences.values)
        edges = np.searchsorted(frames, np.arange(len(sequences.values) + 1))
        return cls(
            sequences.values[frames, columns],
            columns.astype(np.int32),
            edges,
            sequences.lengths,
            sequences.channels,
        )

    @classmethod
    def from_events(
        cls,
        frames: ArrayLike,
        columns: ArrayLike,
        values: ArrayLike,
        *,
        lengths: ArrayLike,
        channels: int,
    ) -> SparseSequences:
        """From events in any order: the frame of each, counted through all sequences, its channel
        and its value; what meets in one place is added up.

        Of a camera with 128 × 128 pixels, in frames of a millisecond::

            SparseSequences.from_events(
                t // 1000, x + 128 * y, 2.0 * p - 1, lengths=[steps], channels=128 * 128
            )
        """
        require_channels(channels)
        frame, column, count = (numbers(given) for given in (frames, columns, lengths))
        require_lengths(count, int(count.sum()))
        for name, found, most in (("frame", frame, int(count.sum())), ("column", column, channels)):
            if found.ndim != 1 or not np.issubdtype(found.dtype, np.integer):
                raise InputError(f"expected one whole number for the {name} of each event")
            outside = (found < 0) | (found >= most)
            if outside.any():
                event = int(outside.argmax())
                raise InputError(
                    f"{name} {found[event]} of event {event}: expected 0 to {most - 1}"
                )
        value = np.asarray(values, dtype=np.float64)
        if len(frame) != len(column) or value.shape not in ((), frame.shape):
            raise InputError(
                f"{len(frame)} frames, {len(column)} columns and {value.size} "
                f"value{'s' * (value.size != 1)}: expected one of each for each event"
            )
        value = np.broadcast_to(value, frame.shape)
        place = frame.astype(np.int64) * int(channels) + column.astype(np.int64)
        places, which = np.unique(place, return_inverse=True)
        with np.errstate(over="ignore"):
            total = np.bincount(which, value, len(places)).astype(np.float32)
        return cls(
            total,
            (places % int(channels)).astype(np.int32),
            np.searchsorted(places, int(channels) * np.arange(int(count.sum()) + 1)),
            count,
            channels,
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Each sequence as (steps, channels)."""
        for part in self.parts(1):
            yield from part.dense()

    def dense(self) -> Sequences:
        """The same with every 0 in its place."""
        frames = np.zeros((len(self.edges) - 1, self.channels), dtype=np.float32)
        rows = np.repeat(np.arange(len(frames)), np.diff(self.edges))
        frames[rows, self.columns] = self.values
        return without_check(Sequences, values=frames, lengths=self.lengths)

    def parts(self, frames: int) -> Iterator[SparseSequences]:
        """These sequences in parts of about so many frames."""
        edges = np.concatenate([[0], np.cumsum(self.lengths)])
        for part in in_parts(self.lengths, frames):
            yield self.part(part, slice(edges[part.start], edges[part.stop]))

    def part(self, part: slice, frames: slice) -> SparseSequences:
        """Some of these sequences and their frames: the same memory, not checked again."""
        edges = self.edges[frames.start : frames.stop + 1]
        events = slice(edges[0], edges[-1])
        return without_check(
            SparseSequences,
            values=self.values[events],
            columns=self.columns[events],
            edges=edges - edges[0],
            lengths=self.lengths[part],
            channels=self.channels,
        )


def require_channels(channels: int) -> None:
    """An InputError for what is no number of channels."""
    whole = isinstance(channels, int | np.integer) and not isinstance(channels, bool)
    if not whole or not 1 <= channels <= MOST_CHANNELS:
        raise InputError(f"{channels!r} channels: expected a whole number of 1 to {MOST_CHANNELS}")


def numbers(values: ArrayLike) -> NDArray[Any]:
    """An array; of whole numbers where it is empty, for NumPy takes an empty list for real ones."""
    array = np.asarray(values)
    return array if array.size else array.astype(np.int64)


AnySequences: TypeAlias = Sequences | SparseSequences
