"""Pass 5, assemble: encoder, layers and readout become a program from raw frames to answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conversion.ranges import longest_sequence
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout, Target
from hardware.program import Layer, Program


def assemble(
    encoder: Encoder, layers: Sequence[Layer], readout: Readout, target: Target
) -> Program:
    return Program(
        encoder=encoder,
        layers=tuple(layers),
        readouts=(replace(readout, target=target),),
        max_steps=longest_sequence(readout, layers[-1].cell),
    )
