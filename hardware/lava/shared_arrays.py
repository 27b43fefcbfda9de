"""The files through which a session's host and its processes share frames and recordings.

Reading a Lava Var costs a message for each value, and a channel needs a process at either end. So
both sides map the same files into memory. A small control array describes the run in progress: its
number, the generation of the files (it grows when their shapes change), its first tick, and the
tick reached. All other numbers are 32 bits wide, as on the wire.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.tokens import one_of_each

RUN, GENERATION, FIRST_TICK, TICK = range(4)
CONTROL = "control.npy"
FRAMES, FRAMES_REVERSED = "frames", "frames reversed"


class HostArrays:
    """The host's side: it lays out the arrays of a run, and reads its recordings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.control = _make(folder / CONTROL, (4,), np.int64)
        self.arrays: dict[str, NDArray[np.int32]] = {}

    def prepare(
        self,
        given: Mapping[str, NDArray[np.int64]],
        wanted: Mapping[str, tuple[int, int]],
        first_tick: int,
    ) -> None:
        """Lay out a run: the arrays that are given, and room for recordings of these shapes."""
        shapes = {**{name: array.shape for name, array in given.items()}, **wanted}
        control = self.control
        if shapes != {name: array.shape for name, array in self.arrays.items()}:
            old, control[GENERATION] = control[GENERATION], control[GENERATION] + 1
            for name in self.arrays:
                _file(self.folder, name, old).unlink()
            self.arrays = {
                name: _make(_file(self.folder, name, control[GENERATION]), shape)
                for name, shape in shapes.items()
            }
        for name, array in given.items():
            self.arrays[name][:] = array
        control[FIRST_TICK] = control[TICK] = first_tick
        control[RUN] += 1

    def fetch(self, name: str) -> NDArray[np.int64]:
        """Return a copy of a recording."""
        return self.arrays[name].astype(np.int64)


class ProcessArrays:
    """A process's side: some of the arrays of the run in progress."""

    def __init__(self, folder: str, names: Sequence[str]) -> None:
        self.folder, self.names = Path(folder), names
        self.control = _open(self.folder / CONTROL)
        self.run = self.generation = 0
        self.arrays: list[NDArray[np.int32]] = []

    def refresh(self) -> bool:
        """Open the arrays of a new run; return whether one has begun since the last call."""
        if self.control[RUN] == self.run:
            return False
        self.run = int(self.control[RUN])
        if self.control[GENERATION] != self.generation:
            self.generation = int(self.control[GENERATION])
            self.arrays = [_open(_file(self.folder, name, self.generation)) for name in self.names]
        return True

    def ticks_into(self, time_step: int) -> int:
        """Return the ticks of the run before this time step, and note the time step as reached."""
        self.control[TICK] = time_step
        return time_step - 1 - int(self.control[FIRST_TICK])


class Feed(NamedTuple):
    """Frames to send: the folder and name of their array, and the ticks between two of them."""

    folder: Path
    frames: str
    period: int
    tokens: int | None = None
    """Tokens of a channel, where the array holds their numbers."""


class FeedReader:
    """Reads a feed: the frames that the plan of a run gives, nothing between steps and after them.

    `hardware.lava.plan.Plan` gives the arrays `rows` and `clock`.
    """

    def __init__(self, feed: Feed) -> None:
        self.shared = ProcessArrays(str(feed.folder), (feed.frames, "rows", "clock"))
        self.period, self.tokens = feed.period, feed.tokens

    def at(self, time_step: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the frames (lanes, sources) and the clock messages (lanes,) of a tick."""
        self.shared.refresh()
        frames, rows, clock = self.shared.arrays
        slot, between = divmod(self.shared.ticks_into(time_step), self.period)
        lanes = rows.shape[1]
        if between or slot >= len(rows):
            sent, ticked = np.zeros((lanes, frames.shape[1]), np.int32), np.zeros_like(clock[0])
        else:
            sent, ticked = frames[rows[slot]], clock[slot]
            sent[rows[slot] < 0] = 0
        if self.tokens is not None:
            sent = one_of_each(sent, self.tokens, np.int32)
        return sent, ticked


class RecordingWriter:
    """Writes a recording: a table of the plan gives the row of the n-th step of each lane."""

    def __init__(self, folder: str, recording: str, table: str) -> None:
        self.shared = ProcessArrays(folder, (recording, table))

    def write(self, clock: NDArray[np.integer], values: NDArray[np.integer]) -> None:
        """Write values (lanes, width) of the lanes whose clock message is nonzero."""
        if self.shared.refresh():
            self.step = np.zeros(len(clock), dtype=np.int64)
        lanes = np.flatnonzero(clock)
        if not len(lanes):
            return
        recording, table = self.shared.arrays
        rows = table[self.step[lanes], lanes]
        self.step[lanes] += 1
        wanted = rows >= 0
        recording[rows[wanted]] = values[lanes[wanted]]


def tick_reached(folder: Path) -> int | None:
    """Return the tick that a session is in; None before its first run."""
    try:
        control = _open(folder / CONTROL)
    except (OSError, ValueError):
        return None
    return int(max(control[TICK], control[FIRST_TICK] + 1)) if control[RUN] else None


def _file(folder: Path, name: str, generation: int | np.integer[Any]) -> Path:
    return folder / f"{name}.{generation}.npy"


def _make(
    file: Path, shape: tuple[int, ...], kind: type[np.signedinteger[Any]] = np.int32
) -> NDArray[Any]:
    memory = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
        file, mode="w+", dtype=kind, shape=shape
    )
    with file.open("r+b") as whole:
        # Missing room is an error now, not a signal when a number is written.
        os.posix_fallocate(whole.fileno(), 0, file.stat().st_size)
    return np.asarray(memory)


def _open(file: Path) -> NDArray[Any]:
    return np.asarray(np.load(file, mmap_mode="r+"))
