"""When neurons take their steps: a clock message starts one, and it lasts a fixed number of ticks.

Beside its values, every process of ours sends a clock message for each lane (a lane plays one
sequence after another; a batch has several): 0 between steps, else the sum of STEP and of FIRST and
LAST where the step begins or ends a sequence. Values and clock leave in the same tick. The synapses
hold the values back by one tick, so a step begins one tick after its clock message has come.

Nothing else says where a sequence begins. That is why sequences may follow one another without a
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


class Beat(NamedTuple):
    """What one tick is to each lane."""

    turn: NDArray[np.int64]
    """Which tick since its last clock message this is, from 1: up to `ticks` it is in its step."""

    done: NDArray[np.int64]
    """The clock message of the step that ends with this tick; 0 where none does."""


def lanes_of(marks: NDArray[Any]) -> slice | NDArray[np.int64] | None:
    """The lanes that are not 0, as an index: all as a slice, which copies nothing; or None."""
    count = np.count_nonzero(marks)  # far quicker than any() and all() for a few lanes
    if count == len(marks):
        return slice(None)
    return np.flatnonzero(marks) if count else None


class Pace:
    """The steps of all lanes, each `ticks` long; without a clock one follows another.

    A tick is first known and then heard: what happens in it does not wait for the clock messages
    that come in it, so all processes of a network work at the same time.
    """

    def __init__(self, lanes: int, ticks: int, clocked: bool) -> None:
        self.ticks, self.clocked = ticks, clocked
        self.message = np.zeros(lanes, dtype=np.int64)
        self.turn = np.full(lanes, ticks, dtype=np.int64)
        self.of_its_own = STEP | FIRST

    def beat(self) -> Beat:
        """One tick on."""
        self.turn += 1
        return Beat(self.turn, np.where(self.turn == self.ticks, self.message, 0))

    def hear(self, clock: NDArray[np.integer]) -> NDArray[np.bool_]:
        """The clock messages of this tick; where a sequence begins, from a clean state."""
        if not self.clocked:
            clock = np.where(self.turn < self.ticks, 0, self.of_its_own)
            self.of_its_own = STEP
        starts = clock > 0
        early = starts & (self.turn < self.ticks)
        if np.count_nonzero(early):
            raise ValueError(
                f"a clock message came {self.turn[early][0]} ticks after the one before it: a step "
                f"takes {self.ticks}"
            )
        self.message = np.where(starts, clock, self.message)
        self.turn[starts] = 0
        return (clock & FIRST) > 0


def turns(cell: Cell) -> dict[str, int]:
    """In which tick of a step, from 1, each gate's recurrent product is there.

    The first gates see what was emitted last; the others wait for a message of the step itself.
    """
    together = len(cell.gates) - cell.products_in_turn + 1
    return {gate: max(1, i - together + 2) for i, gate in enumerate(cell.gates)}


def recurrent_matrix(layer: Layer) -> NDArray[np.int64]:
    """U as one matrix of synapses (gates · neurons, products in turn · neurons).

    Each product in turn has messages of its own, `e`, `r ⊙ e`, and what h would emit, which meet
    only the synapses of their gates: the other weights are zero, that is no synapses.
    """
    cell, n = layer.cell, layer.neurons
    matrix = np.zeros((len(cell.gates) * n, cell.products_in_turn * n), dtype=np.int64)
    for i, turn in enumerate(turns(cell).values()):
        rows, columns = slice(i * n, (i + 1) * n), slice((turn - 1) * n, turn * n)
        matrix[rows, columns] = layer.recurrent_weights[rows]
    return matrix


def change(values: Integers, last: Integers, cell: Cell) -> Integers:
    """What goes on the wire for values that follow others: they themselves, or their change."""
    return values - last if cell.sends_changes else values
