"""Pass 5, attach: encoder and readout beside the layers make a program of raw frames to answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from conversion.fold import Floats
from conversion.ranges import longest_sequence
from hardware.definition.arithmetic import quantise
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout
from hardware.program.model import Layer, Program
from spiking_gru.readout import Readout as TrainedReadout


def attach(
    encoder: Encoder, layers: Sequence[Layer], readout: Readout, classes: Sequence[str]
) -> Program:
    return Program(
        encoder=encoder,
        layers=tuple(layers),
        readout=readout,
        classes=tuple(classes),
        max_steps=longest_sequence(readout, layers[-1].cell),
    )


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

    def integers(self) -> Readout:
        return Readout(
            weights=quantise(self.weights, self.weight_exponent).astype(np.int8),
            bias=quantise(self.bias, self.exponent),
            exponent=self.exponent,
            gain=self.gain,
            kind=self.kind,
            shift=self.shift,
            leak=self.leak,
        )


def fold_readout(readout: TrainedReadout) -> FoldedReadout:
    return FoldedReadout(
        weights=readout.weight.detach().cpu().float().numpy(),
        bias=readout.bias.detach().cpu().float().numpy(),
        weight_exponent=readout.weight_exponent,
        exponent=readout.exponent,
        gain=readout.gain,
        kind=readout.kind,
        shift=readout.shift,
        leak=readout.leak,
    )
