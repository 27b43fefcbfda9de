"""Sequences of different lengths, kept as all their frames one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeAlias, TypeVar, overload, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.display import number_of
from hardware.errors import InputError

T = TypeVar("T")

NO_ARRAY = (TypeError, ValueError, RuntimeError)
"""The errors of NumPy and torch for anything that is no array."""

PACKED = ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
"""The fields of torch's PackedSequence."""

NUMBERS = "fiub"
"""Kinds of NumPy types that can stand for a frame's values: floating, whole, bool."""


def as_array(values: Any) -> NDArray[Any]:
    """Return an array, of a tensor that requires a gradient or is of bfloat16 as well.

    Raises a TypeError, ValueError or RuntimeError for anything that is no array.
    """
    detach = getattr(values, "detach", None)
    values = detach() if callable(detach) else values
    try:
        return np.asarray(values)
    except TypeError:
        widened = getattr(values, "float", None)
        if not callable(widened):
            raise
        return np.asarray(widened())  # NumPy has no bfloat16; float32 holds each of its numbers


def unpacked(data: Any) -> Any:
    """Return the sequences of torch's PackedSequence as a list; anything else as it is.

    Step t of the packed data holds a frame of each of the first `batch_sizes[t]` sequences.
    """
    if not (isinstance(data, tuple) and getattr(data, "_fields", ()) == PACKED):
        return data
    frames, sizes, _, order = data
    frames, sizes = as_array(frames), as_array(sizes)
    starts = np.cumsum(sizes) - sizes
    lengths = [int((sizes > i).sum()) for i in range(sizes[0])]
    found = [frames[starts[:length] + i] for i, length in enumerate(lengths)]
    return found if order is None else [found[i] for i in as_array(order)]


def float_frames(owner: str, frames: ArrayLike, shape: str) -> NDArray[np.float32]:
    """Frames of numbers as a new float32 array; an InputError for anything else.

    `shape` says what was expected, in the words of the error.
    """
    try:
        array = as_array(frames)
    except NO_ARRAY as error:
        raise InputError(f"{owner}: not an array of numbers of shape {shape}: {error}") from error
    if array.dtype.kind not in NUMBERS:
        raise InputError(
            f"{owner} is of {array.dtype}, expected floating point or whole numbers: convert it"
        )
    with np.errstate(over="ignore"):  # what is too large becomes inf, and is named by the caller
        return np.array(array, dtype=np.float32)


@runtime_checkable
class CanBeDense(Protocol):
    """Sequences of another kind, which can be made dense."""

    def dense(self) -> Sequences: ...


@dataclass(frozen=True, eq=False, repr=False)
class Sequences:
    """`values` (all frames, channels) and `lengths` (sequences,), which sum to all frames.

    Values are converted to float32, so that engines and torch see the same numbers.
    """

    values: NDArray[np.float32]
    lengths: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise InputError(
                f"frames have shape {self.values.shape}, expected two dimensions (frames, channels)"
            )
        if not np.issubdtype(self.values.dtype, np.floating):
            raise InputError(f"frames are {self.values.dtype}, expected floating point numbers")
        require_lengths(self.lengths, len(self.values))
        # Copies: a value that the caller writes into its arrays later must not run.
        object.__setattr__(
            self, "values", float_frames("frames", self.values, "(frames, channels)")
        )
        object.__setattr__(self, "lengths", self.lengths.astype(np.int64))
        self._require_finite()

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({number_of(len(self), 'sequence')}, "
            f"{number_of(int(self.lengths.sum()), 'frame')}, "
            f"{number_of(self.channels, 'channel')})"
        )

    def _require_finite(self) -> None:
        finite = np.isfinite(self.values)
        if not finite.all():
            frame, channel = np.argwhere(~finite)[0]
            sample = int(np.searchsorted(np.cumsum(self.lengths), frame, side="right"))
            raise InputError(
                f"{self.values[frame, channel]} in sequence {sample}, "
                f"step {frame - self.starts[sample]}, channel {channel}, "
                f"expected finite numbers: correct it, or leave the sequence out"
            )

    @classmethod
    def of(cls, data: Inputs, channels: int = 0) -> Sequences:
        """Return sequences of (steps, channels) arrays, one array of all, or packed ones.

        One array has the shape (sequences, steps, channels).

        An empty list has no channels: pass `channels`.
        """
        if isinstance(data, cls):
            return data if len(data) or data.channels else cls.empty(channels)
        if isinstance(data, CanBeDense):
            return cls.of(data.dense(), channels)
        data = unpacked(data)
        try:
            shape: tuple[int, ...] = getattr(data, "shape", ())
            arrays = [as_array(item) for item in data]  # type: ignore[union-attr]
        except NO_ARRAY as error:
            raise InputError(
                f"not a list of arrays of shape (steps, channels): {error}: give one such array "
                f"for each sequence"
            ) from error
        if not arrays:
            return cls.empty(shape[2] if len(shape) == 3 else channels)
        width = str(arrays[0].shape[1]) if arrays[0].ndim == 2 else "channels"
        for i, array in enumerate(arrays):
            if array.ndim != 2 or array.shape[1] != arrays[0].shape[1]:
                raise InputError(
                    f"sequence {i} has shape {array.shape}, expected (steps, {width}): give a row "
                    f"for each step, with a number of each channel"
                )
            if array.dtype.kind not in NUMBERS:
                raise InputError(
                    f"sequence {i} is of {array.dtype}, expected floating point or whole numbers"
                )
        lengths = np.array([len(array) for array in arrays], dtype=np.int64)
        require_lengths(lengths, int(lengths.sum()))
        with np.errstate(over="ignore"):  # np.concatenate has made a copy
            values = np.concatenate(arrays).astype(np.float32, copy=False)
        made = without_check(cls, values=values, lengths=lengths)
        made._require_finite()
        return made

    @classmethod
    def empty(cls, channels: int) -> Sequences:
        """Return no sequences."""
        return cls(np.empty((0, channels), np.float32), np.empty(0, np.int64))

    @property
    def channels(self) -> int:
        return self.values.shape[1]

    @property
    def starts(self) -> NDArray[np.int64]:
        return np.cumsum(self.lengths) - self.lengths

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.float32]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequences: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.float32] | Sequences:
        """Return one sequence (frames, channels), or those of a slice."""
        chosen = range(len(self))[index]
        if isinstance(chosen, range):
            return self.take(chosen)
        return next(iter(self.take([chosen])))

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return iter(np.split(self.values, np.cumsum(self.lengths))[:-1])

    def parts(self, frames: int) -> Iterator[Sequences]:
        """Yield these sequences in parts of about that many frames."""
        edges = np.concatenate([[0], np.cumsum(self.lengths)])
        for part in in_parts(self.lengths, frames):
            yield self.part(part, slice(edges[part.start], edges[part.stop]))

    def part(self, part: slice, frames: slice) -> Sequences:
        """Return some of these sequences in the same memory, without a second check."""
        return without_check(
            Sequences,
            values=self.values[frames],
            lengths=self.lengths[part],
        )

    def in_memory(self) -> Sequences:
        """Return these sequences, whose frames are in memory already."""
        return self

    def take(self, indices: ArrayLike) -> Sequences:
        """Return the sequences at `indices`, in that order."""
        parts = list(self)
        chosen = [parts[i] for i in np.asarray(indices)]
        values = np.concatenate(chosen) if chosen else self.values[:0]
        lengths = self.lengths[np.asarray(indices, dtype=np.int64)]
        return without_check(Sequences, values=values, lengths=lengths)


Inputs: TypeAlias = Sequences | ArrayLike | Iterable[ArrayLike]
"""Inputs of `Sequences.of`."""


def require_lengths(lengths: NDArray[Any], frames: int) -> None:
    """An InputError for lengths that are not those of that many frames."""
    if lengths.ndim != 1 or not np.issubdtype(lengths.dtype, np.integer):
        raise InputError("lengths must be one whole number for each sequence")
    if len(lengths) and lengths.min() < 1:
        sample = int(lengths.argmin())
        raise InputError(
            f"sequence {sample} has length {lengths[sample]}, expected at least 1: leave it out"
        )
    if lengths.max(initial=0) > frames or lengths.sum() != frames:  # a sum can wrap
        raise InputError(
            f"lengths sum to {sum(lengths.tolist())}, but there are {frames} frames: "
            f"correct the lengths"
        )


def without_check(kind: type[T], **fields: Any) -> T:
    """One of a frozen kind, of fields that have been checked."""
    made = object.__new__(kind)
    made.__dict__.update(fields)
    return made


def in_parts(lengths: NDArray[np.int64], steps: int) -> list[slice]:
    """Sequences in parts of about that many steps, each of whole ones."""
    numbers = (np.cumsum(lengths) - lengths) // steps
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(lengths)]
    return [slice(a, b) for a, b in pairwise(edges)]
