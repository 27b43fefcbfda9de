"""Scores of all lanes, as they build up where the messages of the last layer arrive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.readout import Readout
from hardware.definition.window import Tally
from hardware.lava.clock import StepClock, lanes_of
from hardware.lava.shared_arrays import ProcessArrays, RecordingWriter
from hardware.lava.starts import TALLY, TALLY_NOW, StartReader, packed, unpacked


class FusedReadout(NamedTuple):
    """A readout that the last layer steps itself, and the folder that receives its scores."""

    readout: Readout
    folder: Path


class Scores:
    """`hardware.definition.readout`'s step of every lane, in the tick after its clock message.

    `arrived` sums up what has come since the last step: messages, or products of synapses. With a
    folder, scores are written to the shared arrays there.
    """

    def __init__(
        self,
        readout: Readout,
        arrived: Integers,
        *,
        clocked: bool,
        input_changes: bool,
        folder: Path | str | None,
    ) -> None:
        self.readout, self.arrived, self.input_changes = readout, arrived, input_changes
        self.clock = StepClock(len(arrived), 1, clocked)
        table = "rows" if readout.answers_every_step else "ends"
        self.writer = None if folder is None else RecordingWriter(str(folder), "scores", table)
        self.starts = None if folder is None else StartReader(folder, (TALLY,))
        _, self.window, self.steps = readout.tally(len(arrived))
        told = folder is not None and self.window.size  # else scores are all that a session reads
        self.now = ProcessArrays(str(folder), (TALLY_NOW,)) if told else None

    def step(self, score: Integers, product: Callable[[Integers], Integers]) -> NDArray[np.int64]:
        """Step the lanes that are due, and return their clock messages.

        `product` gives V m for the messages that have arrived.
        """
        done = self.clock.advance().done
        lanes = lanes_of(done)
        if lanes is not None:
            tally = Tally(score, self.window, self.steps)
            self.readout.step(tally, product(self.arrived[lanes]), lanes)
            if not self.input_changes:
                self.arrived[lanes] = 0
            if self.now is not None:
                self.now.refresh()
                self.now.arrays[0][:] = packed(self.readout, tally)
        if self.writer is not None:
            self.writer.write(done, score)
        return done

    def receive(self, score: Integers, clock: NDArray[np.integer]) -> None:
        """Take the clock messages of this tick: a sequence begins, from zero without a session."""
        fresh = lanes_of(self.clock.receive(clock))
        if fresh is not None:
            now = Tally(score, self.window, self.steps)
            before = self.first(fresh, len(self.steps[fresh]))
            for values, first in zip(now, before, strict=True):
                values[fresh] = first
            self.arrived[fresh] = 0

    def first(self, lanes: slice | NDArray[np.int64], count: int) -> Tally:
        """Return the tally with which sequences begin in these lanes."""
        if self.starts is None:
            return self.readout.tally(count)
        return unpacked(self.readout, self.starts.next(lanes)[0])
