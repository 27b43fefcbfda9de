"""Pass 3, quantise: every parameter becomes an integer on its grid, rounded once, half to even."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conversion.exponents import Exponents
from conversion.folded import Floats, FoldedLayer
from hardware.definition.arithmetic import Integers, quantise


@dataclass(frozen=True)
class IntegerLayer:
    """A layer's parameters as integers, gate by gate, with the exponents they are counted in."""

    input_weights: Integers  # (input gates, neurons, inputs)
    recurrent_weights: Integers  # (recurrent gates, neurons, neurons)
    bias: Integers  # (gates, neurons)
    recurrent_bias: Integers  # (neurons,)
    threshold: Integers  # (neurons,)
    initial_membrane: Integers  # (neurons,)
    exponents: Exponents


def quantise_layer(layer: FoldedLayer, exponents: Exponents) -> IntegerLayer:
    state = -layer.cell.state_fraction
    return IntegerLayer(
        input_weights=quantise_gates(layer.input_weights, exponents.input),
        recurrent_weights=quantise_gates(layer.recurrent_weights, exponents.recurrent),
        bias=quantise(layer.bias, state),
        recurrent_bias=quantise_recurrent_bias(layer, exponents),
        threshold=quantise(layer.threshold, state),
        initial_membrane=quantise(layer.initial_membrane, state),
        exponents=exponents,
    )


def quantise_gates(weights: Floats, exponents: NDArray[np.int64]) -> Integers:
    integers = np.empty(weights.shape, dtype=np.int64)
    for i, exponent in enumerate(exponents.tolist()):
        integers[i] = quantise(weights[i], exponent)
    return integers


def quantise_recurrent_bias(layer: FoldedLayer, exponents: Exponents) -> Integers:
    """The bias that a reset multiplies, on the grid of the candidate's recurrent product."""
    row = layer.cell.row
    if not row.resets_after:
        return np.zeros(layer.recurrent_bias.shape, dtype=np.int64)
    exponent = int(exponents.recurrent[row.recurrent_gates.index("candidate")])
    return quantise(layer.recurrent_bias, exponent) << layer.cell.event_fraction
