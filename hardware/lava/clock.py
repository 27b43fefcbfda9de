"""When neurons take their steps: a clock message starts one, and it lasts a fixed number of ticks.

Next to its values, every process of ours sends a clock message for each lane. A lane carries one
sequence after another; a batch has several lanes. The message is 0 between steps, else the sum of
STEP and of FIRST and LAST where the step begins or ends a sequence. Values and clock leave in the
same tick. The synapses delay the values by one tick, so a step begins one tick after its clock
message has come.

Only the clock says where a sequence begins. Sequences may therefore follow one another without a
gap, a stream may pause at any step, and layers may differ in how many ticks a step takes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.cell import Cell
from hardware.program.model import Layer

STEP, FIRST, LAST = 1, 2, 4


class Tick(NamedTuple):
    """One tick of all lanes."""

    number: NDArray[np.int64]
    """Ticks since the last clock message, from 1. A step has the first `ticks` of them."""

    done: NDArray[np.int64]
    """The clock message of the step that ends with this tick; 0 where none does."""


def lanes_of(marks: NDArray[Any]) -> slice | NDArray[np.int64] | None:
    """Return the lanes whose mark is nonzero, as an index; None where there are none."""
    # count_nonzero is far quicker than any() and all() for a few lanes, and a slice copies nothing.
    count = np.count_nonzero(marks)
    if count == len(marks):
        return slice(None)
    return np.flatnonzero(marks) if count else None


class StepClock:
    """The steps of all lanes, each `ticks` long; without a clock one step follows another.

    A process advances first and receives the clock messages last. Its work in a tick does not wait
    for the clock messages of that tick, so all processes of a network work at the same time.
    """

    def __init__(self, lanes: int, ticks: int, clocked: bool) -> None:
        self.ticks, self.clocked = ticks, clocked
        self.message = np.zeros(lanes, dtype=np.int64)
        self.number = np.full(lanes, ticks, dtype=np.int64)
        self.unclocked_message = STEP | FIRST

    def advance(self) -> Tick:
        """Begin the next tick."""
        self.number += 1
        return Tick(self.number, np.where(self.number == self.ticks, self.message, 0))

    def receive(self, clock: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Take the clock messages of this tick; return the lanes where a sequence begins."""
        if not self.clocked:
            clock = np.where(self.number < self.ticks, 0, self.unclocked_message)
            self.unclocked_message = STEP
        starts = clock > 0
        early = starts & (self.number < self.ticks)
        if np.count_nonzero(early):
            raise ValueError(
                f"a clock message came {self.number[early][0]} ticks after the one before it: a "
                f"step takes {self.ticks}"
            )
        self.message = np.where(starts, clock, self.message)
        self.number[starts] = 0
        return (clock & FIRST) > 0


def product_ticks(cell: Cell) -> dict[str, int]:
    """Return the tick of a step, from 1, in which each gate's recurrent product is there."""
    return {gate: message.tick for message in cell.row.messages for gate in message.gates}


def recurrent_matrix(layer: Layer) -> NDArray[np.int64]:
    """Return U as one matrix of synapses (recurrent gates · neurons, messages · neurons).

    Each recurrent message of a step has columns of its own, and meets only the synapses of its
    gates: the other weights are zero, that is no synapses.
    """
    row, n = layer.cell.row, layer.neurons
    matrix = np.zeros((len(row.recurrent_gates) * n, len(row.messages) * n), dtype=np.int64)
    for column, message in enumerate(row.messages):
        for gate in message.gates:
            rows = block(row.recurrent_gates.index(gate), n)
            matrix[rows, block(column, n)] = layer.recurrent_rows(gate)
    return matrix


def block(i: int, n: int) -> slice:
    """Return the place of the i-th n numbers."""
    return slice(i * n, (i + 1) * n)


def change(values: Integers, last: Integers, cell: Cell) -> Integers:
    """Return the message for values that follow others: the values, or their change."""
    return values - last if cell.sends_changes else values
