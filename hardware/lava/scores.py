"""Scores of all lanes, as they build up where the messages of the last layer arrive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.readout import Readout
from hardware.lava.clock import Pace, lanes_of
from hardware.lava.tape import Rows


class Tally(NamedTuple):
    """A readout to step where the last layer is, and the folder of the tape for its scores."""

    readout: Readout
    folder: Path


class Scores:
    """`hardware.definition.readout`'s step of every lane, in the tick after its clock message.

    `arrived` is what the dendrites have got since the last step: messages, or what synapses have
    made of them. With a folder, scores are kept on the tape there.
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
        self.pace = Pace(len(arrived), 1, clocked)
        table = "rows" if readout.answers_every_step else "ends"
        self.rows = None if folder is None else Rows(str(folder), "scores", table)

    def step(self, score: Integers, product: Callable[[Integers], Integers]) -> NDArray[np.int64]:
        """One step of the lanes that are due, and their clock messages.

        `product` gives V m for what has arrived.
        """
        done = self.pace.beat().done
        lanes = lanes_of(done)
        if lanes is not None:
            score[lanes] = self.readout.step(score[lanes], product(self.arrived[lanes]))
            if not self.input_changes:
                self.arrived[lanes] = 0
        if self.rows is not None:
            self.rows.write(done, score)
        return done

    def hear(self, score: Integers, clock: NDArray[np.integer]) -> None:
        """The clock messages of this tick: a sequence begins from zero."""
        fresh = lanes_of(self.pace.hear(clock))
        if fresh is not None:
            score[fresh] = 0
            self.arrived[fresh] = 0
