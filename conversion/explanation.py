"""Effects of a conversion as rows of a table: ranges, exponents, rounding, bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversion.folded import Floats, FoldedLayer
from conversion.passes import Conversion
from conversion.quantise import IntegerLayer
from conversion.ranges import Exact, layer_bounds, readout_bounds
from hardware.definition.arithmetic import WORD_BITS
from hardware.program.model import Layer

BOUND_OF = {"W": "input accumulator", "U": "recurrent accumulator", "b": "pre-activation"}
"""The bound in the row of each quantity."""


@dataclass(frozen=True)
class Explanation:
    """One gate's matrix or bias: its real and its integer values, and the largest sum it makes.

    `bound` is the largest magnitude that the proof allows of the accumulator (of the
    pre-activation for a bias, of the score for the readout's).
    """

    layer: str
    gate: str
    quantity: str
    floats: tuple[float, float]
    exponent: int
    integers: tuple[int, int]
    worst_rounding: float
    bound: int

    @property
    def bound_bits(self) -> float:
        """Bits of the bound, its sign among them."""
        return log2(self.bound + 1) + 1

    @property
    def headroom_bits(self) -> float:
        """Bits of the word that no input can use."""
        return WORD_BITS - self.bound_bits


def explain(conversion: Conversion) -> list[Explanation]:
    """Return rows for each gate's input matrix W, recurrent matrix U and bias b, and the readout.

    A gate without input or recurrent synapses has no row for them.
    """
    rows: list[Explanation] = []
    program, number = conversion.program, 0
    events, alternatives = program.encoder.range, program.encoder.alternatives
    for level in program.levels:
        for layer in level:
            folded, integers = conversion.folded[number], conversion.integers[number]
            bounds = layer_bounds(layer, events, alternatives)
            rows += _of_layer(folded, integers, layer, bounds)
            number += 1
        events, alternatives = level[0].cell.emission_range, 1
    return rows + list(_of_readout(conversion))


def _of_layer(
    folded: FoldedLayer, integers: IntegerLayer, layer: Layer, bounds: Mapping[str, Exact]
) -> Iterator[Explanation]:
    row = layer.cell.row
    state = np.full(len(row.gates), -layer.cell.state_fraction)
    exponents = integers.exponents
    parts = (
        ("W", row.input_gates, folded.input_weights, integers.input_weights, exponents.input),
        (
            "U",
            row.recurrent_gates,
            folded.recurrent_weights,
            integers.recurrent_weights,
            exponents.recurrent,
        ),
        ("b", row.gates, folded.bias, integers.bias, state),
    )
    for number, gate in enumerate(row.gates):
        for quantity, gates, floats, numbers, of_gates in parts:
            if gate in gates:
                i = gates.index(gate)
                reached = bounds[BOUND_OF[quantity]][:, number]
                yield _row(
                    layer.name, gate, quantity, floats[i], numbers[i], int(of_gates[i]), reached
                )


def _of_readout(conversion: Conversion) -> Iterator[Explanation]:
    program, readout = conversion.program, conversion.program.readout
    bounds = readout_bounds(readout, program.layers[-1].cell, program.max_steps)
    floats = conversion.readout
    yield _row(
        "readout",
        "",
        "V",
        floats.weights,
        readout.weights,
        floats.weight_exponent,
        bounds["accumulator"],
    )
    yield _row("readout", "", "b", floats.bias, readout.bias, readout.exponent, bounds["score"])


def _row(
    layer: str,
    gate: str,
    quantity: str,
    floats: Floats,
    integers: NDArray[Any],
    exponent: int,
    bounds: NDArray[Any],
) -> Explanation:
    rounding = np.abs(integers * 2.0**exponent - floats)
    return Explanation(
        layer=layer,
        gate=gate,
        quantity=quantity,
        floats=(float(floats.min()), float(floats.max())),
        exponent=exponent,
        integers=(int(integers.min()), int(integers.max())),
        worst_rounding=float(rounding.max()),
        bound=int(np.abs(bounds).max()),
    )
