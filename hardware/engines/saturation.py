"""Saturations of a run: clamps of σ and tanh that acted, and values outside the word.

Clamps are part of the arithmetic and only counted. The chip would change a value outside the 24-bit
word: in strict mode it is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import (
    TABLE_ENTRIES,
    TABLE_RANGE,
    WORD_BITS,
    WORD_LIMIT,
    Integers,
)
from hardware.definition.cell import Cell
from hardware.errors import RangeError
from hardware.program.model import Program

SATURATIONS = ("gate", "candidate", "word")
"""Counters of each layer, and of the readout after the last."""

QUANTITIES = (
    "input accumulator",
    "recurrent accumulator",
    "recurrent accumulator with its bias",
    "reset product",
    "pre-activation",
    "membrane",
    "accumulator",
    "score",
)
"""Quantities that must lie within the word, in the order of the flow; the readout's two last."""


class Ramp(NamedTuple):
    """σ or tanh of p before its clamp: ⌊p · 2^-shift⌋ + offset, clamped to low … high."""

    shift: int
    offset: int
    low: int
    high: int


def ramp(cell: Cell, function: str) -> Ramp:
    """Return the ramp of `sigmoid` or `tanh`: of its value, or of the place in its table."""
    S, G = cell.state_fraction, cell.gate_fraction
    if cell.functions.table:
        steps_per_one = TABLE_ENTRIES // (2 * TABLE_RANGE)
        return Ramp(S - steps_per_one.bit_length() + 1, TABLE_ENTRIES // 2, 0, TABLE_ENTRIES - 1)
    if function == "sigmoid":
        return Ramp(S + 2 - G, 1 << (G - 1), 0, 1 << G)
    return Ramp(0, 0, -(1 << S), 1 << S)


class Beyond(NamedTuple):
    """A value outside the word and its place. An error names the least of several."""

    layer: int
    """The number of the layer; the readout has the next number."""

    sequence: int
    order: int
    """The step of the sequence, in the order of computation."""

    quantity: int
    gate: int
    neuron: int
    step: int
    value: int


@dataclass(frozen=True)
class Saturations:
    """How often each layer saturated, and the first value that left the word."""

    counts: NDArray[np.int64]  # (layers + 1, len(SATURATIONS))
    first: Beyond | None = None


def merged(parts: list[Saturations]) -> Saturations:
    """Return the saturations of a run from those of its parts."""
    found = [part.first for part in parts if part.first is not None]
    return Saturations(
        np.sum([part.counts for part in parts], axis=0), min(found) if found else None
    )


def require_within_word(program: Program, found: Saturations | None) -> None:
    """Raise a RangeError that names the first value outside the word."""
    if found is None or found.first is None:
        return
    first, layers = found.first, program.layers
    if first.layer < len(layers):
        layer = layers[first.layer]
        gates = layer.cell.gates if QUANTITIES[first.quantity] != "membrane" else ()
        names = (layer.name, *gates[first.gate : first.gate + 1])
    else:
        names = ("readout",)
    outside = int(found.counts[:, SATURATIONS.index("word")].sum())
    raise RangeError(
        f"{', '.join(names)}, neuron {first.neuron}, sequence {first.sequence}, step {first.step}: "
        f"the {QUANTITIES[first.quantity]} is {first.value}, over {WORD_LIMIT}, the limit of "
        f"{WORD_BITS} bits, the first of {outside} such values: convert the network again, or "
        f"run with strict=False to count them"
    )


def clamped(ramp: Ramp, p: Integers) -> int:
    """Return how many of these pre-activations a clamp acts on."""
    value = (p >> ramp.shift) + ramp.offset
    return int(((value < ramp.low) | (value > ramp.high)).sum())
