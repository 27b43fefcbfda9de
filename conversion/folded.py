"""Layers and a readout as plain arrays of real numbers: where networks of any origin meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import quantise
from hardware.definition.cell import Cell
from hardware.definition.readout import Readout

Floats = NDArray[np.float64]
"""Real numbers; float64 holds those of every network."""


@dataclass(frozen=True)
class FoldedLayer:
    """A layer's parameters as floats, gate by gate."""

    name: str
    cell: Cell
    input_weights: Floats  # (input gates, neurons, inputs)
    recurrent_weights: Floats  # (recurrent gates, neurons, neurons)
    bias: Floats  # (gates, neurons)
    recurrent_bias: Floats  # (neurons,)
    threshold: Floats  # (neurons,)
    initial_membrane: Floats  # (neurons,)
    backward: bool = False


@dataclass(frozen=True)
class FoldedReadout:
    """A readout's parameters as floats, and the grids they go to."""

    weights: Floats  # (outputs, neurons)
    bias: Floats  # (outputs,)
    weight_exponent: int
    exponent: int
    gain: float
    kind: str
    shift: int
    leak: int
    window: int = 0

    def integers(self) -> Readout:
        return Readout(
            weights=quantise(self.weights, self.weight_exponent).astype(np.int8),
            bias=quantise(self.bias, self.exponent),
            exponent=self.exponent,
            gain=self.gain,
            kind=self.kind,
            shift=self.shift,
            leak=self.leak,
            window=self.window,
        )
