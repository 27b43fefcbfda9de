"""The states in which sequences start, and those in which layers stand now, in shared arrays.

The plan of a run numbers the sequences of each lane; the arrays have a row for each number.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.readout import Readout
from hardware.definition.window import Tally
from hardware.lava.shared_arrays import ProcessArrays
from hardware.program.layer import Layer
from hardware.program.model import Program
from hardware.program.start import Start, start_of_one

BEGINS, TALLY, TALLY_NOW = "begins", "start of tally", "now of tally"
"""Arrays of the rows in which the sequences of each lane start, and of the readout's tallies."""


class LayerFiles(NamedTuple):
    """The shared arrays of one layer's states."""

    folder: Path
    number: int

    @property
    def starts(self) -> tuple[str, str]:
        """Names of the arrays of initial emissions and membranes."""
        return f"start of emitted.{self.number}", f"start of membranes.{self.number}"

    @property
    def now(self) -> tuple[str, str]:
        """Names of the arrays (lanes, neurons) of emissions and membranes after the last step."""
        return f"now of emitted.{self.number}", f"now of membranes.{self.number}"


class StartReader:
    """Reads the rows in which the sequences of each lane start, one sequence after another."""

    def __init__(self, folder: Path | str, names: tuple[str, ...]) -> None:
        self.shared = ProcessArrays(str(folder), (BEGINS, *names))

    def next(self, lanes: slice | NDArray[np.int64]) -> list[NDArray[np.int32]]:
        """Return the rows of the sequences that begin in these lanes."""
        new = self.shared.refresh()
        begins, *arrays = self.shared.arrays
        if new:
            self.begun = np.zeros(begins.shape[1], dtype=np.int64)
        numbers = np.arange(begins.shape[1])[lanes]
        rows = begins[self.begun[numbers], numbers]
        self.begun[numbers] += 1
        return [array[rows] for array in arrays]


class LayerStates:
    """A layer's initial states and its state now: a session's, or those of the layer itself."""

    def __init__(self, layer: Layer, files: LayerFiles | None) -> None:
        self.layer = layer
        self.reader = None if files is None else StartReader(files.folder, files.starts)
        self.written = None if files is None else ProcessArrays(str(files.folder), files.now)

    def first(self, lanes: slice | NDArray[np.int64]) -> tuple[Integers, Integers]:
        """Return emissions and membranes of the sequences that begin in these lanes."""
        if self.reader is None:
            return self.layer.initial_emission, self.layer.initial_membrane
        emitted, membranes = self.reader.next(lanes)
        return emitted.astype(np.int64), membranes.astype(np.int64)

    def write(self, emitted: Integers, membranes: Integers) -> None:
        """Write the state (lanes, neurons) after a step, where a session reads it."""
        if self.written is not None:
            self.written.refresh()
            for array, values in zip(self.written.arrays, (emitted, membranes), strict=True):
                array[:] = values


def packed(readout: Readout, tally: Tally) -> Integers:
    """Return a tally as rows (sequences, numbers) of 32 bits: scores, window, place in the window.

    The place goes on after the first window, so that it tells whether one is complete.
    """
    steps, window = tally.steps, max(1, readout.window)
    place = np.minimum(steps, window + steps % window)
    words = tally.window.reshape(len(steps), -1)
    return np.hstack([tally.score, words, place[:, np.newaxis]])


def unpacked(readout: Readout, rows: NDArray[np.integer]) -> Tally:
    """Return the tally of rows; a window of no words is empty."""
    wide = rows.astype(np.int64)
    tally = readout.tally(len(rows))
    tally.score[:], tally.steps[:] = wide[:, : readout.outputs], wide[:, -1]
    words = wide[:, readout.outputs : -1]
    if words.size:
        tally.window[:] = words.reshape(tally.window.shape)
    return tally


def starts(
    program: Program, start: Start | None, tally: Tally | None = None
) -> dict[str, Integers]:
    """Return the arrays of initial states, a row for each sequence, or one row for all."""
    start, readout = start_of_one(program, start), program.readout
    rows = len(start.membranes[0])
    found = {TALLY: packed(readout, readout.tally(rows, 0) if tally is None else tally)}
    for number, of_layer in enumerate(zip(*start, strict=True)):
        names = LayerFiles(Path(), number).starts
        found.update(zip(names, of_layer, strict=True))
    return found


def now(program: Program, lanes: int) -> dict[str, tuple[int, int]]:
    """Return the shapes of the arrays of every layer's state, and of the tally."""
    readout = program.readout
    return {
        name: (lanes, layer.neurons)
        for number, layer in enumerate(program.layers)
        for name in LayerFiles(Path(), number).now
    } | {TALLY_NOW: (lanes, readout.outputs * (1 + readout.window_words) + 1)}


def state_of(found: Mapping[str, Integers], program: Program) -> Start:
    """Return the state of the first lane of every layer, from what a run has left."""
    names = [LayerFiles(Path(), number).now for number in range(len(program.layers))]
    emitted, membranes = (tuple(found[name][:1] for name in of) for of in zip(*names, strict=True))
    return Start(emitted, membranes)
