"""The synapses of a layer by what they receive, and the accumulators that they add to."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.formulation import EMISSION, OUTPUT, RESET
from hardware.engines.event_driven.arrays import Numbers, owned, room
from hardware.engines.event_driven.joint_sums import Joined
from hardware.engines.event_driven.tiles import PANEL
from hardware.program.model import Layer

STRIP = 32
"""Targets whose weights are transposed together: they fit in the cache."""

NOTHING = np.zeros(0, dtype=np.int64)


class Wires(NamedTuple):
    """The constant fields of `Synapses`."""

    weights: NDArray[np.int8]
    packed: NDArray[np.int8]
    runs: NDArray[np.int64]
    by_change: bool
    base: Numbers
    first: int
    quiet: NDArray[np.int64]


class Wiring(NamedTuple):
    """The synapses of a layer, named as in `LayerState`."""

    input: Wires
    emission: Wires
    reset: Wires
    output: Wires
    accumulators: int
    """How many accumulators the layer has."""


class Block(NamedTuple):
    """The weights of one gate."""

    rows: NDArray[np.int8]
    target: int
    """The place of its first accumulator."""

    scale: int = 0


class Start(NamedTuple):
    """Accumulators that start again in every step."""

    base: Integers = NOTHING
    first: int = 0


GOES_ON = Start()
"""No accumulator starts again."""


def wiring_of(
    layer: Layer, number: type[np.integer], by_change: bool, joined: Joined | None
) -> Wiring:
    """Return the synapses of a layer; `by_change` tells whether its inputs send changes.

    The accumulators are two parts (`updates.parts`), the recurrent one first. Each part has a
    block of accumulators for each gate. With joint sums the recurrent part has only one, for the
    candidate's term, and all other synapses add to the input part.
    """
    cell, row, n = layer.cell, layer.cell.row, layer.neurons
    size = n * len(cell.gates)
    middle = size if joined is None else n
    received = {message.stream: message.gates for message in row.messages}

    def place(gate: str) -> int:
        return n * cell.gates.index(gate)

    def recurrent(stream: str, start: Start = GOES_ON) -> Wires:
        blocks = []
        for gate in received.get(stream, ()):
            target, scale = place(gate), 0
            if joined is not None:
                target = 0 if gate == "candidate" else middle + target
                scale = int(joined.recurrent_scale[cell.gates.index(gate)])
            blocks.append(Block(layer.recurrent_rows(gate), target, scale))
        return wires(blocks, number, cell.sends_changes, start)

    scale = np.zeros(len(cell.gates), int) if joined is None else joined.input_scale
    if joined is not None:
        of_input, of_recurrence = Start(joined.base.ravel()), GOES_ON
    else:
        of_input = GOES_ON if by_change else Start(np.zeros(size, dtype=np.int64), middle)
        of_recurrence = GOES_ON if cell.sends_changes else Start(np.zeros(size, dtype=np.int64))
    blocks = [
        Block(layer.input_rows(gate), middle + place(gate), int(scale[cell.gates.index(gate)]))
        for gate in row.input_gates
    ]
    return Wiring(
        wires(blocks, number, by_change, of_input),
        recurrent(EMISSION, of_recurrence),
        recurrent(RESET),
        recurrent(OUTPUT),
        middle + size,
    )


def readout_wires(rows: NDArray[np.int8], number: type[np.integer], by_change: bool) -> Wires:
    """Return the synapses of a readout; its accumulators start again unless changes arrive."""
    start = GOES_ON if by_change else Start(np.zeros(len(rows), dtype=np.int64))
    return wires([Block(rows, 0)], number, by_change, start)


def wires(blocks: list[Block], number: type[np.integer], by_change: bool, start: Start) -> Wires:
    """Return synapses of gates. Blocks that follow one another with one scale are one run."""
    blocks = sorted(blocks, key=lambda block: block.target)
    runs: list[list[int]] = []
    column = 0
    for block in blocks:
        if runs and runs[-1][3] == block.scale and runs[-1][1] + runs[-1][2] == block.target:
            runs[-1][2] += len(block.rows)
        else:
            runs.append([column, block.target, len(block.rows), block.scale])
        column += len(block.rows)
    none = np.empty((0, 0), dtype=np.int8)
    rows = np.concatenate([block.rows for block in blocks]) if blocks else none
    return Wires(
        by_source(rows),
        room(packed_shape(*rows.shape) if number is np.int32 else (0, 0, PANEL, 2), np.int8),
        np.array(runs, dtype=np.int64).reshape(-1, 4),
        by_change,
        owned(start.base, number),
        start.first,
        quiet_spans(runs, start),
    )


def quiet_spans(runs: list[list[int]], start: Start) -> NDArray[np.int64]:
    """Return the accumulators that start again and that no run adds to."""
    spans = []
    if len(start.base):
        ends = [start.first, *(edge for _, to, length, _ in runs for edge in (to, to + length))]
        ends.append(start.first + len(start.base))
        spans = [span for span in list(pairwise(ends))[::2] if span[0] < span[1]]
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def by_source(rows: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return one row for each source; transposed in strips of targets, which fit the cache."""
    turned = room(rows.shape[::-1], np.int8)
    for first in range(0, len(rows), STRIP):
        turned[:, first : first + STRIP] = rows[first : first + STRIP].T
    return turned


def packed_shape(targets: int, sources: int) -> tuple[int, int, int, int]:
    """Return the shape of packed weights: panels of targets, pairs of sources, both filled up."""
    return -(-targets // PANEL), -(-sources // 2), PANEL, 2


def pack(packed: NDArray[np.int8], weights: NDArray[np.int8]) -> None:
    """Write weights (sources, targets) in panels of targets, by pairs of adjacent sources."""
    panels, pairs = packed.shape[:2]
    filled = np.zeros((2 * pairs, panels * PANEL), dtype=np.int8)
    filled[: len(weights), : weights.shape[1]] = weights
    packed[:] = filled.reshape(pairs, 2, panels, PANEL).transpose(2, 0, 3, 1)
