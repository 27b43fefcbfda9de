"""Products with many messages at once, in floating point that is exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.cell import Cell, Product
from hardware.lava.clock import turns

SINGLE_LIMIT = 2**24
"""float32 holds every whole number up to here, float64 up to 2^53, where no product comes."""


class Synapses:
    """`weights · m` for every row m of some messages.

    Integers have no fast matrix product; float32's is exact as long as no sum can leave 2^24, and
    float64's always is. `largest` bounds the messages; where it is not known they are looked at.
    """

    def __init__(self, weights: NDArray[np.integer], largest: int | None = None) -> None:
        self.single = np.ascontiguousarray(weights.T, dtype=np.float32)
        self.double = np.ascontiguousarray(weights.T, dtype=np.float64)
        self.most = int(np.abs(weights.astype(np.int64)).sum(axis=1).max())
        self.largest = largest

    def __call__(self, messages: Integers) -> Integers:
        largest = self.largest
        if largest is None:
            largest = max(int(messages.max()), -int(messages.min()))
        if largest * self.most <= SINGLE_LIMIT:
            sums = messages.astype(np.float32) @ self.single
            return sums.astype(np.int32).astype(np.int64)  # twice as fast as in one go
        return (messages.astype(np.float64) @ self.double).astype(np.int64)


class RecurrentSynapses:
    """`U(gate, message)` from `recurrent_matrix`; gates of the same turn share one product."""

    def __init__(self, matrix: NDArray[np.integer], cell: Cell) -> None:
        self.turns = turns(cell)
        n = len(matrix) // len(self.turns)
        # r ⊙ e of spikes is on the gate grid, whatever spikes are.
        largest = 1 << cell.gate_fraction if cell.products_in_turn > 1 else cell.emission_range[1]
        self.blocks: dict[int, Synapses] = {}
        self.columns: dict[str, slice] = {}
        for turn in range(1, cell.products_in_turn + 1):
            gates = [gate for gate, when in self.turns.items() if when == turn]
            first = list(self.turns).index(gates[0]) * n
            self.blocks[turn] = Synapses(
                matrix[first : first + len(gates) * n, (turn - 1) * n : turn * n], largest
            )
            self.columns |= {gate: slice(i * n, (i + 1) * n) for i, gate in enumerate(gates)}

    def product(self) -> Product:
        """The products of one step."""
        found: dict[int, Integers] = {}

        def U(gate: str, message: Integers) -> Integers:
            turn = self.turns[gate]
            if turn not in found:
                found[turn] = self.blocks[turn](message)
            return found[turn][..., self.columns[gate]]

        return U
