"""The synapses of a layer by what travels through them, and where what arrives is summed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.cell import Cell
from hardware.engines.event_driven.arrays import Numbers, owned, room
from hardware.engines.event_driven.joint_sums import Joined
from hardware.program.model import Layer

Gates = tuple[str, ...]

STRIP = 32
"""Targets whose weights are laid out together."""

NOTHING = np.zeros(0, dtype=np.int64)


class Wires(NamedTuple):
    """Synapses as `arrays` has them, but for what a run leaves in them."""

    weights: NDArray[np.int8]
    scale: Numbers
    edges: NDArray[np.int64]
    by_change: bool
    first: int
    """The place of their sums among those of the layer."""

    base: Numbers
    begin: int
    """The place of the sums that begin anew, with `base`."""


class Wiring(NamedTuple):
    """The synapses of a layer, as `run_layer` names them."""

    W: Wires
    U: Wires
    M: Wires
    O: Wires  # noqa: E741

    @property
    def sums(self) -> int:
        """How many sums the layer has."""
        return max(wires.first + wires.weights.shape[1] for wires in self)


def wiring_of(
    layer: Layer, number: type[np.integer], by_change: bool, joined: Joined | None
) -> Wiring:
    """The synapses of a layer; `by_change` says how its inputs come."""
    cell, n = layer.cell, layer.neurons
    W, U = layer.input_weights, layer.recurrent_weights
    if cell.formulation == "output-gated":
        W = W.copy()
        rows_of(W, cell, "candidate")[:] = 0  # it sees no input
    heard = heard_in_turn(cell)
    if joined is None:
        first = len(W) + n * np.cumsum([0, *(len(gates) for gates in heard)])
        return Wiring(
            apart(W, number, by_change),
            *(
                apart(stacked(U, cell, gates), number, cell.sends_changes, place)
                for gates, place in zip(heard, first, strict=False)
            ),
        )
    if cell.products_in_turn == 1:
        heard[0] = "candidate", *cell.gates[: cell.gates.index("candidate")]
    order = ["candidate", *cell.gates]  # its recurrent term, then the gates
    return Wiring(
        together(W, number, joined.input_scale, n, joined.base),
        *(
            together(
                stacked(U, cell, gates),
                number,
                joined.recurrent_scale[[cell.gates.index(gate) for gate in gates]],
                n * order.index(gates[0]) if gates else 0,
            )
            for gates in heard
        ),
    )


def heard_in_turn(cell: Cell) -> list[Gates]:
    """Which gates hear e, which r ⊙ e, and which what h would emit."""
    if cell.products_in_turn == 1:
        return [cell.gates, (), ()]
    return [("reset", "update"), ("candidate",), cell.gates[3:]]


def rows_of(weights: NDArray[np.int8], cell: Cell, gate: str) -> NDArray[np.int8]:
    return np.split(weights, len(cell.gates))[cell.gates.index(gate)]


def stacked(weights: NDArray[np.int8], cell: Cell, gates: Gates) -> NDArray[np.int8]:
    """The rows of these gates."""
    none = np.empty((0, 0), dtype=np.int8)
    return np.concatenate([rows_of(weights, cell, gate) for gate in gates]) if gates else none


def by_source(rows: NDArray[np.int8]) -> NDArray[np.int8]:
    """One row for each source; in strips of targets, which fit the cache."""
    turned = room(rows.shape[::-1], np.int8)
    for first in range(0, len(rows), STRIP):
        turned[:, first : first + STRIP] = rows[first : first + STRIP].T
    return turned


def apart(
    rows: NDArray[np.int8], number: type[np.integer], by_change: bool, first: int = 0
) -> Wires:
    """Synapses with sums of their own, which begin with 0; if changes arrive, they are kept."""
    base = np.zeros(0 if by_change else len(rows))
    scale, edges = owned([0], number), np.array([0, len(rows)])
    return Wires(by_source(rows), scale, edges, by_change, first, owned(base, number), first)


def together(
    rows: NDArray[np.int8],
    number: type[np.integer],
    scale: Integers,
    first: int,
    base: Integers = NOTHING,
) -> Wires:
    """Synapses that share the sums of their layer; with a base, those all begin with it.

    Gates that follow one another with one scale are one run.
    """
    begins = np.flatnonzero(np.diff(scale, prepend=-1))
    edges = np.append(begins, len(scale)) * (len(rows) // max(len(scale), 1))
    scale = owned(scale[begins], number)
    return Wires(by_source(rows), scale, edges, False, first, owned(base.ravel(), number), 0)
