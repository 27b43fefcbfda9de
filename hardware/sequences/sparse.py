"""Sequences of frames that are nearly all 0, as event cameras and cochleas give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.display import number_of
from hardware.errors import InputError
from hardware.sequences.dense import (
    Inputs,
    Sequences,
    in_parts,
    require_lengths,
    without_check,
)
from hardware.sequences.events import Counts, EventForm, named_recordings, numbers

FRAMES_AT_ONCE = 4096
"""Frames whose places are looked up together."""

MOST_CHANNELS = int(np.iinfo(np.int32).max)


@dataclass(frozen=True, eq=False, repr=False)
class SparseSequences:
    """Nonzero values only, frame after frame, in the form of a matrix of compressed rows.

    `values` and `columns` of frame t are those from `edges[t]` to `edges[t + 1]`. `lengths`
    (sequences,) sum to all frames. `hardware.stream` computes only these values; `run` and
    `Session` take them like any frames.
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
                f"{self.values[event]} in {self._place(event)}, channel {self.columns[event]}, "
                f"expected finite numbers: correct it, or leave the sequence out"
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
        rises[self.edges] = True  # a frame begins
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
        events: Any,
        columns: ArrayLike | None = None,
        values: ArrayLike = 1.0,
        *,
        sensor_size: int | Sequence[int] | None = None,
        dt: float | None = None,
        pool: int | Sequence[int] = 1,
        frames: int | None = None,
        start: float | str = 0,
        lengths: ArrayLike | None = None,
        channels: int | None = None,
    ) -> SparseSequences:
        """Return the events of a camera or cochlea as frames of counts.

        `events` is a structured array with fields such as t, x, y and p, or a list of recordings::

            SparseSequences.from_events(recordings, sensor_size=(128, 128, 2), dt=1000, pool=(4, 4))

        `sensor_size` is (width, height, polarities), or the channels of a cochlea; `dt` the length
        of a frame in the unit of t. `pool` sums the counts of (x, y) pixels. All recordings have
        `frames` frames if it is given, else as many as they need. Times count from `start`, which
        may be `"first"`. `hardware.sequences.events` has the equation of the channels.

        Events that already have a frame and a channel may be in any order. Pass the frame of each
        event, counted through all sequences, its column and its value, with `lengths` and
        `channels`. Values of one place are added up.
        """
        if columns is None:
            if sensor_size is None or dt is None:
                raise InputError(
                    "from_events needs sensor_size and dt for recordings of events: give "
                    "(width, height, polarities), and the length of a frame in the unit of t"
                )
            return cls.of_recordings(events, EventForm(sensor_size, dt, pool, frames, start))
        if lengths is None or channels is None:
            raise InputError(
                "from_events needs lengths and channels for events with a frame and a column: give "
                "the frames of each sequence, and the number of channels"
            )
        return cls._of_places(events, columns, values, lengths, channels)

    @classmethod
    def of_recordings(cls, events: Any, form: EventForm) -> SparseSequences:
        """Return recordings of events as frames of this form."""
        counts = [form.counts(recording, name) for name, recording in named_recordings(events)]
        return cls.of_counts(counts, form.channels)

    @classmethod
    def of_counts(cls, counts: Sequence[Counts], channels: int) -> SparseSequences:
        """Return the frames of recordings, one after another."""
        ends = np.cumsum([0, *(len(each.values) for each in counts)])
        edges = [each.edges[1:] + end for each, end in zip(counts, ends, strict=False)]
        return without_check(
            cls,
            values=np.concatenate([np.empty(0, np.float32), *(each.values for each in counts)]),
            columns=np.concatenate([np.empty(0, np.int32), *(each.columns for each in counts)]),
            edges=np.concatenate([np.zeros(1, np.int64), *edges]),
            lengths=np.array([len(each.edges) - 1 for each in counts], dtype=np.int64),
            channels=channels,
        )

    @classmethod
    def joined(cls, parts: Sequence[SparseSequences]) -> SparseSequences:
        """Return the sequences of all parts, one after another."""
        channels = {part.channels for part in parts}
        if len(channels) != 1:
            raise InputError(
                f"parts have {' and '.join(map(str, sorted(channels))) or 'no'} channels: expected "
                f"as many in every part"
            )
        made = cls.of_counts(
            [Counts(part.values, part.columns, part.edges) for part in parts], channels.pop()
        )
        lengths = np.concatenate([part.lengths for part in parts])
        return without_check(cls, **(vars(made) | {"lengths": lengths}))

    @classmethod
    def _of_places(
        cls,
        frames: ArrayLike,
        columns: ArrayLike,
        values: ArrayLike,
        lengths: ArrayLike,
        channels: int,
    ) -> SparseSequences:
        """Return the sums of values by frame, counted through all sequences, and column."""
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

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first frame of each sequence."""
        return np.cumsum(self.lengths) - self.lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({number_of(len(self), 'sequence')}, "
            f"{number_of(int(self.lengths.sum()), 'frame')}, "
            f"{number_of(self.channels, 'channel')}, "
            f"{number_of(int(self.edges[-1]), 'nonzero value')})"
        )

    @overload
    def __getitem__(self, index: int) -> NDArray[np.float32]: ...

    @overload
    def __getitem__(self, index: slice) -> SparseSequences: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.float32] | SparseSequences:
        """Return one sequence (frames, channels), or those of a slice."""
        chosen = range(len(self))[index]
        if isinstance(chosen, range):
            return self.take(chosen)
        return next(iter(self.take([chosen])))

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Each sequence as (steps, channels)."""
        for part in self.parts(1):
            yield from part.dense()

    def dense(self) -> Sequences:
        """Return the same sequences with every 0 stored."""
        frames = np.zeros((len(self.edges) - 1, self.channels), dtype=np.float32)
        rows = np.repeat(np.arange(len(frames)), np.diff(self.edges))
        frames[rows, self.columns] = self.values
        return without_check(Sequences, values=frames, lengths=self.lengths)

    def parts(self, frames: int) -> Iterator[SparseSequences]:
        """Yield these sequences in parts of about that many frames."""
        edges = np.concatenate([[0], np.cumsum(self.lengths)])
        for part in in_parts(self.lengths, frames):
            yield self.part(part, slice(edges[part.start], edges[part.stop]))

    def part(self, part: slice, frames: slice) -> SparseSequences:
        """Return some of these sequences in the same memory, without a second check."""
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

    def frames(self) -> Iterator[NDArray[np.float32]]:
        """Yield each frame (channels,), one after another, for `Session.step`."""
        for first in range(0, len(self.edges) - 1, FRAMES_AT_ONCE):
            few = self.edges[first : first + FRAMES_AT_ONCE + 1]
            for start, end in pairwise(few.tolist()):
                frame = np.zeros(self.channels, dtype=np.float32)
                frame[self.columns[start:end]] = self.values[start:end]
                yield frame

    def in_memory(self) -> SparseSequences:
        """Return these sequences, whose events are in memory already."""
        return self

    def take(self, indices: ArrayLike) -> SparseSequences:
        """Return the sequences at `indices`, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        frames = in_ranges(self.starts[chosen], self.lengths[chosen])
        counts = np.diff(self.edges)[frames]
        events = in_ranges(self.edges[frames], counts)
        return without_check(
            SparseSequences,
            values=self.values[events],
            columns=self.columns[events],
            edges=np.concatenate([[0], np.cumsum(counts)]),
            lengths=self.lengths[chosen],
            channels=self.channels,
        )


def in_ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of all ranges, one range after another."""
    before = np.cumsum(lengths) - lengths
    numbers: NDArray[np.int64] = np.repeat(starts - before, lengths) + np.arange(lengths.sum())
    return numbers


def require_channels(channels: int) -> None:
    """An InputError for what is no number of channels."""
    whole = isinstance(channels, int | np.integer) and not isinstance(channels, bool)
    if not whole or not 1 <= channels <= MOST_CHANNELS:
        raise InputError(f"{channels!r} channels: expected a whole number of 1 to {MOST_CHANNELS}")


AnySequences: TypeAlias = Sequences | SparseSequences
