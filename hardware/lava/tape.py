"""The files through which a session's host and its processes share frames and recordings.

Reading a Lava Var costs a message for each value, and a channel needs a process at either end. So
both sides map the same files into memory. A small board says which run is on: its number, the
generation of the files (it grows when their shapes change), its first tick, and the tick reached.
All other numbers are 32 bits wide, as on the wire.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

RUN, GENERATION, FIRST_TICK, TICK = range(4)
BOARD = "board.npy"
FRAMES, FRAMES_TURNED = "frames", "frames turned round"


class Tape:
    """The host's side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.board = _make(folder / BOARD, (4,), np.int64)
        self.arrays: dict[str, NDArray[np.int32]] = {}

    def lay(
        self,
        given: Mapping[str, NDArray[np.int64]],
        wanted: Mapping[str, tuple[int, int]],
        first_tick: int,
    ) -> None:
        """Lay out a run: arrays that are given, and the shapes of those that are wanted."""
        shapes = {**{name: array.shape for name, array in given.items()}, **wanted}
        if shapes != {name: array.shape for name, array in self.arrays.items()}:
            old, self.board[GENERATION] = self.board[GENERATION], self.board[GENERATION] + 1
            for name in self.arrays:
                _file(self.folder, name, old).unlink()
            generation = self.board[GENERATION]
            self.arrays = {
                name: _make(_file(self.folder, name, generation), shape)
                for name, shape in shapes.items()
            }
        for name, array in given.items():
            self.arrays[name][:] = array
        self.board[FIRST_TICK] = self.board[TICK] = first_tick
        self.board[RUN] += 1

    def fetch(self, name: str) -> NDArray[np.int64]:
        """A copy of what a run has recorded."""
        return self.arrays[name].astype(np.int64)


class Tracks:
    """A process's side: some of the arrays of the run that is on."""

    def __init__(self, folder: str, names: Sequence[str]) -> None:
        self.folder, self.names = Path(folder), names
        self.board = _open(self.folder / BOARD)
        self.run = self.generation = 0
        self.arrays: list[NDArray[np.int32]] = []

    def turn(self) -> bool:
        """Whether a new run has begun since this was last asked; its arrays are then open."""
        if self.board[RUN] == self.run:
            return False
        self.run = int(self.board[RUN])
        if self.board[GENERATION] != self.generation:
            self.generation = int(self.board[GENERATION])
            self.arrays = [_open(_file(self.folder, name, self.generation)) for name in self.names]
        return True

    def ticks_into(self, time_step: int) -> int:
        """How many ticks of the run have passed before this time step, and note it on the board."""
        self.board[TICK] = time_step
        return time_step - 1 - int(self.board[FIRST_TICK])


class Feed(NamedTuple):
    """Frames to play from a tape: the array that holds them, and the ticks between two of them."""

    folder: Path
    frames: str
    period: int


class Player:
    """Plays a feed: what the plan of a run says, nothing between steps and after the last."""

    def __init__(self, feed: Feed) -> None:
        self.tracks = Tracks(str(feed.folder), (feed.frames, "rows", "clock"))
        self.period = feed.period

    def at(self, time_step: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The frames (lanes, channels) and the clock messages (lanes,) of a tick."""
        self.tracks.turn()
        frames, rows, clock = self.tracks.arrays
        slot, between = divmod(self.tracks.ticks_into(time_step), self.period)
        lanes = rows.shape[1]
        if between or slot >= len(rows):
            return np.zeros((lanes, frames.shape[1]), dtype=np.int32), np.zeros_like(clock[0])
        sent = frames[rows[slot]]
        sent[rows[slot] < 0] = 0
        return sent, clock[slot]


class Rows:
    """A recording: what a lane sends in its n-th step goes to the row that the plan gives it."""

    def __init__(self, folder: str, recording: str, table: str) -> None:
        self.tracks = Tracks(folder, (recording, table))

    def write(self, clock: NDArray[np.integer], values: NDArray[np.integer]) -> None:
        """Values (lanes, width) of the lanes whose clock message is not 0."""
        if self.tracks.turn():
            self.step = np.zeros(len(clock), dtype=np.int64)
        lanes = np.flatnonzero(clock)
        if not len(lanes):
            return
        recording, table = self.tracks.arrays
        rows = table[self.step[lanes], lanes]
        self.step[lanes] += 1
        wanted = rows >= 0
        recording[rows[wanted]] = values[lanes[wanted]]


def tick_reached(folder: Path) -> int | None:
    """The tick that a session is in; None before its first run."""
    try:
        board = _open(folder / BOARD)
    except (OSError, ValueError):
        return None
    return int(max(board[TICK], board[FIRST_TICK] + 1)) if board[RUN] else None


def _file(folder: Path, name: str, generation: int | np.integer[Any]) -> Path:
    return folder / f"{name}.{generation}.npy"


def _make(
    file: Path, shape: tuple[int, ...], kind: type[np.signedinteger[Any]] = np.int32
) -> NDArray[Any]:
    memory = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
        file, mode="w+", dtype=kind, shape=shape
    )
    with file.open("r+b") as whole:
        # What there is no room for is an error now, not a signal when it is written.
        os.posix_fallocate(whole.fileno(), 0, file.stat().st_size)
    return np.asarray(memory)


def _open(file: Path) -> NDArray[Any]:
    return np.asarray(np.load(file, mmap_mode="r+"))
