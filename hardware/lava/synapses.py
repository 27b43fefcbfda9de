"""Products with many messages at once, in floating point that is exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.cell import Cell, Product
from hardware.definition.formulation import RESET, Message
from hardware.lava.clock import block

SINGLE_LIMIT = 2**24
"""float32 holds every whole number up to here. float64 does up to 2^53, more than any product."""


class Synapses:
    """`weights · m` for every row m of some messages.

    Integers have no fast matrix product. That of float32 is exact as long as no sum can leave 2^24,
    and that of float64 always is. `largest` bounds the messages; if None, each call finds it.
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


def message_range(cell: Cell, message: Message) -> tuple[int, int]:
    """Return the least and the greatest value of a recurrent message."""
    return cell.reset_message_range if message.stream == RESET else cell.emission_range


def emits_graded(cell: Cell) -> bool:
    """Return whether what neurons send can be more than 0 or 1."""
    return cell.sends_changes or cell.emission_range != (0, 1)


def recurs_graded(cell: Cell) -> bool:
    """Return whether a recurrent message can be more than 0 or 1."""
    messages = cell.row.messages
    return any(cell.sends_changes or message_range(cell, m) != (0, 1) for m in messages)


class RecurrentSynapses:
    """`U(gate, message)` from `recurrent_matrix`; gates of one message share one product."""

    def __init__(self, matrix: NDArray[np.integer], cell: Cell) -> None:
        row = cell.row
        n = len(matrix) // len(row.recurrent_gates)
        self.synapses: list[Synapses] = []
        self.places: dict[str, tuple[int, slice]] = {}
        for column, message in enumerate(row.messages):
            low, high = message_range(cell, message)
            rows = [block(row.recurrent_gates.index(gate), n) for gate in message.gates]
            weights = np.concatenate([matrix[part, block(column, n)] for part in rows])
            self.synapses.append(Synapses(weights, max(-low, high)))
            self.places |= {gate: (column, block(i, n)) for i, gate in enumerate(message.gates)}

    def product(self) -> Product:
        """Return the products of one step."""
        found: dict[int, Integers] = {}

        def U(gate: str, message: Integers) -> Integers:
            column, part = self.places[gate]
            if column not in found:
                found[column] = self.synapses[column](message)
            return found[column][..., part]

        return U
