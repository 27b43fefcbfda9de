"""Many sequences at once, each with a state of its own: the rows of a batch session."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.engines.event_driven.layout import Layout
from hardware.engines.event_driven.live import LiveSequence
from hardware.engines.event_driven.machine import Machine
from hardware.engines.event_driven.memory import compact
from hardware.engines.event_driven.sampling import Sampling, values_in_force
from hardware.engines.saturation import Saturations
from hardware.kernels.calls import run_rows
from hardware.program.model import Program
from hardware.program.start import Carried, Start, start_of_row


class LiveRows:
    """A live sequence for each row. Rows share weights, and memory that means nothing later."""

    def __init__(
        self, program: Program, count: int, start: Start | None = None, *, dense: str = "auto"
    ) -> None:
        self.given, self.dense = (program, count, start), dense
        layout = Layout(program)
        machine = Machine(layout, dense)
        machine.compile_scoring()
        steps = program.encoder.steps if program.readout.answers_every_step else 1
        self.frames = np.zeros((count, program.encoder.channels), dtype=np.float32)
        self.scores = np.zeros((count, steps, program.readout.outputs), dtype=np.int64)
        self.counted = np.zeros(self.frames.shape, dtype=np.int64)
        self.live = []
        for row, clamped in enumerate(self.counted):
            own = Machine(layout, dense, partner=machine, clamped=clamped)
            first = start_of_row(program, start, row)
            frame, scores = self.frames[row : row + 1], self.scores[row]
            self.live.append(LiveSequence(own, first, frame, scores, row))
        self.by_definition = layout.encode is None
        self.watched = layout.watched
        self.sampling = Sampling(machine.density)
        self.collect()
        self.step(self.frames[:0], np.zeros(0, dtype=np.int64))  # compiles it

    def collect(self) -> None:
        """Collect the calls of all rows: the same kernels, with arguments of their own."""
        self.functions = self.live[0].calls.functions
        self.addresses = np.stack([live.calls.addresses for live in self.live])

    def __getstate__(self) -> dict[str, Any]:
        """Return integers: a copy has memory, and so addresses, of its own."""
        saturated = [[each[:2] for each in live.machine.saturated] for live in self.live]
        now = [live.carried() for live in self.live]
        given = {"given": self.given, "dense": self.dense}
        return {**given, "now": now, "counted": (self.counted, saturated)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(*state["given"], dense=state["dense"])  # type: ignore[misc]
        self.counted[:], saturated = state["counted"]
        for live, carried, of_row in zip(self.live, state["now"], saturated, strict=True):
            live.load(carried)
            live.machine.take_up(of_row)

    def step(
        self, frames: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> tuple[Integers, NDArray[np.bool_]]:
        self.frames[rows] = frames
        refused = np.zeros(len(rows), dtype=np.int64)
        self.sampling.left -= bool(len(rows))
        sampled = None if self.sampling.left > 0 else self.live[rows[-1]]
        before = None if sampled is None else values_in_force(sampled.machine)
        if self.by_definition:
            refused[:] = [self.live[row].step() for row in rows]
        else:
            run_rows(self.functions, self.addresses, compact(rows), refused)
        if sampled is not None and before is not None:
            # The last row: its messages are still in the memory that all rows share.
            dense = self.sampling.take(sampled, before, int(refused[-1]))
            changed = [live.follow(dense) for live in self.live]
            if any(changed):
                self.collect()
        return self.scores[rows, -1], refused != 0

    def reset(self, row: int) -> None:
        self.live[row].reset()

    def carried(self, row: int) -> Carried:
        return self.live[row].carried()

    def load(self, row: int, carried: Carried) -> None:
        self.live[row].load(carried)

    def overflows(self, rows: NDArray[np.int64]) -> dict[int, Saturations]:
        if not self.watched:
            return {}
        found = {int(row): self.live[row].machine.overflow() for row in rows}
        return {row: beyond for row, beyond in found.items() if beyond is not None}

    def clamped(self) -> Integers:
        return self.counted

    def close(self) -> None:
        """Do nothing: rows hold only memory."""
