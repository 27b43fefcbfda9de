"""Many sequences at once, on every engine that can step one."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.engines.registry import ENGINES, Stepper, connected, require_options
from hardware.engines.saturation import Saturations
from hardware.errors import choose
from hardware.program.model import Program
from hardware.program.start import Carried, Start, carried_at_start, start_of_row


class RowStepper(Protocol):
    """A running program with many sequences, each with a state of its own: the rows of a batch."""

    def step(
        self, frames: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> tuple[Integers, NDArray[np.bool_]]:
        """The scores of these rows after one more frame of each, and which rows refused theirs.

        A row refuses a frame as `Stepper.step` does, and does not change.
        """

    def reset(self, row: int) -> None:
        """Let the next step of a row begin a new sequence."""

    def carried(self, row: int) -> Carried:
        """The state of a row after its last step."""

    def load(self, row: int, carried: Carried) -> None:
        """Let the next step of a row continue from this state."""

    def overflows(self, rows: NDArray[np.int64]) -> dict[int, Saturations]:
        """Values of these rows that have left the word since the start of their sequences."""

    def clamped(self) -> Integers:
        """(rows, channels): inputs that were clamped since it was connected."""

    def close(self) -> None:
        """Give back whatever was started."""


def connected_rows(
    name: str, program: Program, options: dict[str, Any], count: int, start: Start | None = None
) -> RowStepper:
    """As `connected`, for many sequences at once; `start` has a row for each of them."""
    choose("engine", name, ENGINES)
    connect = getattr(import_module(ENGINES[name]), "connect_rows", None)
    if connect is None:
        return SwitchedRows(connected(name, program, options), program, count, start)
    require_options(name, connect, options)
    rows: RowStepper = connect(program, count, start, **options)
    return rows


class SwitchedRows:
    """Rows of an engine that steps one sequence at a time: it loads the state of each row."""

    def __init__(self, stepper: Stepper, program: Program, count: int, start: Start | None) -> None:
        encoder, outputs = program.encoder, program.readout.outputs
        self.stepper, self.outputs = stepper, outputs
        self.first = [
            carried_at_start(program, start_of_row(program, start, row)) for row in range(count)
        ]
        self.now = list(self.first)
        self.counted = np.zeros((count, encoder.channels), dtype=np.int64)
        self.beyond: dict[int, Saturations] = {}

    def step(
        self, frames: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> tuple[Integers, NDArray[np.bool_]]:
        scores = np.zeros((len(rows), self.outputs), dtype=np.int64)
        refused = np.zeros(len(rows), dtype=np.bool_)
        stepper = self.stepper
        for i, row in enumerate(rows.tolist()):
            before = stepper.clamped().copy()
            stepper.load(self.now[row])
            answer = stepper.step(frames[i])
            if answer is None:
                refused[i] = True
                continue
            scores[i], self.now[row] = answer, stepper.carried()
            self.counted[row] += stepper.clamped() - before
            found = stepper.overflow()
            if found is not None and found.first is not None and row not in self.beyond:
                first = found.first._replace(sequence=row)
                self.beyond[row] = Saturations(found.counts, first)
        return scores, refused

    def reset(self, row: int) -> None:
        self.load(row, self.first[row])

    def carried(self, row: int) -> Carried:
        return self.now[row]

    def load(self, row: int, carried: Carried) -> None:
        self.now[row] = carried
        self.beyond.pop(row, None)

    def overflows(self, rows: NDArray[np.int64]) -> dict[int, Saturations]:
        return {row: self.beyond[row] for row in rows.tolist() if row in self.beyond}

    def clamped(self) -> Integers:
        return self.counted

    def close(self) -> None:
        self.stepper.close()
