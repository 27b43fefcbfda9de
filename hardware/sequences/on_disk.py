"""Sequences larger than memory: their frames are in a temporary file, and are read when needed."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError
from hardware.sequences.dense import Inputs, Sequences, float_frames, without_check
from hardware.sequences.events import Counts
from hardware.sequences.sparse import AnySequences, SparseSequences, in_ranges

PLACE = "/var/tmp"
"""Folder of the temporary file unless TMPDIR names another: /tmp may itself be in memory."""

BYTES = 4
"""Bytes of a value."""

IN_MEMORY = 2**28
"""Bytes of frames that a data set holds in memory; more are kept on disk."""


def place_of_frames() -> str:
    """Return the folder in which frames are kept."""
    if "TMPDIR" not in os.environ and os.access(PLACE, os.W_OK):
        return PLACE
    return tempfile.gettempdir()


class FrameFile:
    """Frames (frames, channels) of float32, one after another, in a file without a name.

    The system removes the file with this object, or when the process ends, however it ends.
    """

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.frames = 0
        self._place = place_of_frames()
        try:
            self._handle, name = tempfile.mkstemp(dir=self._place, prefix="spiking-gru-")
            os.unlink(name)  # noqa: PTH108 - no other process finds it, and none is left
        except OSError as error:
            self._refuse(error)
        weakref.finalize(self, os.close, self._handle)

    def append(self, frames: NDArray[np.float32]) -> None:
        """Add frames at the end."""
        left = memoryview(frames.astype("<f4").tobytes())
        place = self.frames * self.channels * BYTES
        try:
            while left:
                written = os.pwrite(self._handle, left, place)
                left, place = left[written:], place + written
        except OSError as error:
            self._refuse(error)
        self.frames += len(frames)

    def read(self, start: int, count: int) -> NDArray[np.float32]:
        """Return `count` frames from the frame `start` on."""
        found = np.empty((count, self.channels), dtype="<f4")
        left = found.data.cast("B") if found.size else memoryview(b"")
        place = start * self.channels * BYTES
        while left:
            read = os.preadv(self._handle, [left], place)
            if not read:
                raise InputError(
                    f"the temporary file of frames in {self._place} is cut off: run this again"
                )
            left, place = left[read:], place + read
        return found

    def _refuse(self, error: OSError) -> NoReturn:
        raise InputError(
            f"cannot keep {self.frames} frames in {self._place}: {error.strerror}: set TMPDIR to a "
            f"folder with more room"
        ) from error


class DiskSequences(Sequences):
    """Sequences whose frames are on disk.

    Iteration, `parts` and `take` read no more than they give. `values` reads all frames.
    """

    _file: FrameFile
    _starts: NDArray[np.int64]

    def __init__(
        self, file: FrameFile, lengths: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> None:
        self.__dict__.update(_file=file, lengths=lengths, _starts=starts)

    @property
    def values(self) -> NDArray[np.float32]:
        """All frames, read from disk."""
        return self._values(np.arange(len(self)))

    @property
    def channels(self) -> int:
        return self._file.channels

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for start, length in zip(self._starts.tolist(), self.lengths.tolist(), strict=True):
            yield self._file.read(start, length)

    def part(self, part: slice, frames: slice) -> Sequences:
        """Some of these sequences, read into memory."""
        return without_check(
            Sequences, values=self._values(np.arange(len(self))[part]), lengths=self.lengths[part]
        )

    def take(self, indices: ArrayLike) -> DiskSequences:
        """The sequences at `indices`, in that order; their frames stay on disk."""
        chosen = np.asarray(indices, dtype=np.int64)
        return DiskSequences(self._file, self.lengths[chosen], self._starts[chosen])

    def in_memory(self) -> Sequences:
        """These sequences, read into memory."""
        return self.part(slice(None), slice(None))

    def _values(self, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        found = np.empty((int(self.lengths[chosen].sum()), self.channels), dtype=np.float32)
        end = 0
        for start, length in zip(self._starts[chosen], self.lengths[chosen], strict=True):
            found[end : end + length] = self._file.read(int(start), int(length))
            end += int(length)
        return found


class SequenceStore:
    """Collects sequences one by one: in memory, or on disk once they are larger than `most` bytes.

    Values are checked as they come: sequences (frames, channels) of finite numbers.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.lengths: list[int] = []
        self.bytes = 0
        self._held: list[NDArray[np.float32]] = []
        self._file: FrameFile | None = None

    def add(self, frames: NDArray[np.float32]) -> None:
        """Add a sequence."""
        self.lengths.append(len(frames))
        self.bytes += frames.size * BYTES
        self._held.append(frames)
        if self._file is None and self.bytes > self.most:
            self._file = FrameFile(frames.shape[1])
        if self._file is not None:
            for held in self._held:
                self._file.append(held)
            self._held.clear()

    def sequences(self) -> Sequences:
        """Return all sequences."""
        if self._file is None:
            return Sequences.of(self._held)
        lengths = np.array(self.lengths, dtype=np.int64)
        return DiskSequences(self._file, lengths, np.cumsum(lengths) - lengths)


class DiskSparseSequences(SparseSequences):
    """Sparse sequences whose nonzero values are on disk.

    Iteration, `parts` and `take` read no more than they give. `values` and `columns` read all. Of
    each frame the number of its values is in memory.
    """

    _file: FrameFile
    _starts: NDArray[np.int64]
    _edges: NDArray[np.int64]
    """(frames in the file + 1,): where the values of each frame begin in the file."""

    def __init__(
        self,
        file: FrameFile,
        lengths: NDArray[np.int64],
        starts: NDArray[np.int64],
        edges: NDArray[np.int64],
        channels: int,
    ) -> None:
        self.__dict__.update(
            _file=file, lengths=lengths, _starts=starts, _edges=edges, channels=channels
        )

    @property
    def values(self) -> NDArray[np.float32]:
        """All nonzero values, read from disk."""
        return self.in_memory().values

    @property
    def columns(self) -> NDArray[np.int32]:
        """The channels of all nonzero values, read from disk."""
        return self.in_memory().columns

    @property
    def edges(self) -> NDArray[np.int64]:
        """Where the values of each frame begin, of all sequences."""
        frames = in_ranges(self._starts, self.lengths)
        return np.concatenate([[0], np.cumsum(self._edges[frames + 1] - self._edges[frames])])

    def part(self, part: slice, frames: slice) -> SparseSequences:
        """Some of these sequences, read into memory."""
        return self.take(np.arange(len(self))[part]).in_memory()

    def take(self, indices: ArrayLike) -> DiskSparseSequences:
        """The sequences at `indices`, in that order; their values stay on disk."""
        chosen = np.asarray(indices, dtype=np.int64)
        return DiskSparseSequences(
            self._file, self.lengths[chosen], self._starts[chosen], self._edges, self.channels
        )

    def in_memory(self) -> SparseSequences:
        """These sequences, read into memory."""
        edges, end = self.edges, 0
        found = np.empty((int(edges[-1]), 2), dtype=np.float32)
        for start, length in zip(self._starts.tolist(), self.lengths.tolist(), strict=True):
            first, last = self._edges[start].item(), self._edges[start + length].item()
            found[end : end + last - first] = self._file.read(first, last - first)
            end += last - first
        return without_check(
            SparseSequences,
            values=found[:, 1].copy(),
            columns=found[:, 0].view(np.int32),
            edges=edges,
            lengths=self.lengths,
            channels=self.channels,
        )

    def dense(self) -> Sequences:
        """The same with every 0 in its place, in memory."""
        return self.in_memory().dense()

    def frames(self) -> Iterator[NDArray[np.float32]]:
        """Yield each frame (channels,), one after another, for `Session.step`."""
        for part in self.parts(1):
            yield from part.frames()


class SparseStore:
    """Collects the frames of recordings: in memory, or on disk once they exceed `most` bytes."""

    def __init__(self, channels: int, most: int = IN_MEMORY) -> None:
        self.channels = channels
        self.most = most
        self.bytes = 0
        self._held: list[Counts] = []
        self._lengths: list[int] = []
        self._per_frame: list[NDArray[np.int64]] = []
        self._file: FrameFile | None = None

    def add(self, counts: Counts) -> None:
        """Add the frames of a recording."""
        self._lengths.append(len(counts.edges) - 1)
        self._per_frame.append(np.diff(counts.edges))
        self.bytes += 2 * BYTES * len(counts.values)
        self._held.append(counts)
        if self._file is None and self.bytes > self.most:
            self._file = FrameFile(2)
        if self._file is not None:
            for held in self._held:
                # A column's bits are kept as those of a float32, next to its value.
                self._file.append(np.stack([held.columns.view(np.float32), held.values], axis=1))
            self._held.clear()

    def sequences(self) -> SparseSequences:
        """Return all sequences."""
        if self._file is None:
            return SparseSequences.of_counts(self._held, self.channels)
        lengths = np.array(self._lengths, dtype=np.int64)
        edges = np.concatenate([[0], np.cumsum(np.concatenate(self._per_frame))])
        starts = np.cumsum(lengths) - lengths
        return DiskSparseSequences(self._file, lengths, starts, edges, self.channels)


def stored(sequences: Inputs | SparseSequences, most: int = IN_MEMORY) -> AnySequences:
    """Return sequences; memory-mapped arrays of more than `most` bytes of frames stay on disk.

    They are one array (sequences, steps, channels), or a list of arrays (steps, channels). Sparse
    sequences, or a list of these, stay sparse.
    """
    if isinstance(sequences, SparseSequences):
        return sequences
    if isinstance(sequences, (list, tuple)) and any(
        isinstance(item, SparseSequences) for item in sequences
    ):
        return SparseSequences.joined(sequences)
    listed = isinstance(sequences, (list, tuple)) or getattr(sequences, "ndim", 0) == 3
    items: Any = sequences if listed else ()
    mapped = any(isinstance(item, np.memmap) for item in items)
    if not mapped or sum(np.size(item) for item in items) * BYTES <= most:
        return Sequences.of(sequences)
    store, first = SequenceStore(most), np.shape(items[0])
    for i, item in enumerate(items):
        frames = float_frames(f"sequence {i}", item, "(steps, channels)")
        if frames.ndim != 2 or not len(frames) or frames.shape[1:] != first[1:]:
            raise InputError(
                f"sequence {i} has shape {frames.shape}, expected (steps, {first[-1]}): give a row "
                f"for each step, with a number of each channel"
            )
        if not np.isfinite(frames).all():
            raise InputError(
                f"sequence {i} holds NaN or infinity, expected finite numbers: correct it, or "
                f"leave it out"
            )
        store.add(frames)
    return store.sequences()
