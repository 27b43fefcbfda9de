"""Pass 3, quantise: every parameter becomes an integer on its grid, rounded once, half to even."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conversion.exponents import Exponents
from conversion.fold import FoldedLayer
from hardware.definition.arithmetic import Integers, quantise


@dataclass(frozen=True)
class IntegerLayer:
    """A layer's parameters as integers, gate by gate, with the exponents they are counted in."""

    input_weights: Integers  # (gates, neurons, inputs)
    recurrent_weights: Integers  # (gates, neurons, neurons)
    bias: Integers  # (gates, neurons)
    recurrent_bias: Integers  # (neurons,)
    threshold: Integers  # (neurons,)
    initial_membrane: Integers  # (neurons,)
    exponents: Exponents


def quantise_layer(layer: FoldedLayer, exponents: Exponents) -> IntegerLayer:
    state = -layer.cell.state_fraction
    candidate = layer.cell.gates.index("candidate")
    return IntegerLayer(
        input_weights=quantise_gates(layer.input_weights, exponents.input),
        recurrent_weights=quantise_gates(layer.recurrent_weights, exponents.recurrent),
        bias=quantise(layer.bias, state),
        # It stands beside the candidate's recurrent product, so it is on that product's grid.
        recurrent_bias=quantise(layer.recurrent_bias, int(exponents.recurrent[candidate]))
        << layer.cell.event_fraction,
        threshold=quantise(layer.threshold, state),
        initial_membrane=quantise(layer.initial_membrane, state),
        exponents=exponents,
    )


def quantise_gates(weights: NDArray[np.float32], exponents: NDArray[np.int64]) -> Integers:
    return np.stack([quantise(w, int(e)) for w, e in zip(weights, exponents, strict=True)])
