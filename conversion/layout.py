"""Pass 4, layout: integers become layers, with the shifts that bring every sum to the state grid.

An input event of a level counts in the exponent of what sends it: of the encoder, or of the level
below, whose spikes are whole numbers and whose states have the gate's fraction bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from conversion.folded import FoldedLayer
from conversion.quantise import IntegerLayer
from hardware.definition.cell import GateParameters
from hardware.program.model import Layer


def lay_out(
    folded: Sequence[FoldedLayer], integers: Sequence[IntegerLayer], encoder_exponent: int
) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    arriving = leaving = encoder_exponent
    for about, numbers in zip(folded, integers, strict=True):
        if not about.backward:
            arriving, leaving = leaving, -about.cell.event_fraction
        layers.append(_layer(about, numbers, arriving))
    return tuple(layers)


def _layer(about: FoldedLayer, numbers: IntegerLayer, input_exponent: int) -> Layer:
    cell, exponents = about.cell, numbers.exponents
    return Layer(
        name=about.name,
        cell=cell,
        input_weights=_rows(numbers.input_weights),
        recurrent_weights=_rows(numbers.recurrent_weights),
        gate=GateParameters(
            input_shift=exponents.input + input_exponent + cell.state_fraction,
            recurrent_shift=exponents.recurrent - cell.event_fraction + cell.state_fraction,
            bias=numbers.bias,
            recurrent_bias=numbers.recurrent_bias,
            threshold=numbers.threshold,
        ),
        initial_membrane=numbers.initial_membrane,
        backward=about.backward,
    )


def _rows(weights: np.ndarray) -> np.ndarray:
    """(gates, neurons, sources) as (gates · neurons, sources)."""
    return weights.reshape(-1, weights.shape[-1]).astype(np.int8)
