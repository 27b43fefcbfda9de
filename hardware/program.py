"""The program: all that a chip needs to run a network, and nothing of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.cell import Cell, GateParameters
from hardware.errors import InputError, ProgramError
from hardware.sequences import Sequences


def _expect_shape(owner: str, name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ProgramError(f"{owner}: {name} has shape {array.shape}, expected {shape}")


@dataclass(frozen=True)
class Encoder:
    """Raw frames to graded spikes: `x = clamp(round((frame − offset) · gain), ±limit)`.

    `offset` and `gain` hold the standardisation by training statistics; an event's value stands
    for `x · 2^exponent`.
    """

    offset: NDArray[np.float64]  # (channels,)
    gain: NDArray[np.float64]  # (channels,)
    exponent: int
    limit: int

    def __post_init__(self) -> None:
        _expect_shape("encoder", "gain", self.gain, self.offset.shape)

    @property
    def channels(self) -> int:
        return len(self.offset)

    def encode(self, frames: NDArray[np.floating]) -> Integers:
        scaled = np.rint((frames.astype(np.float64) - self.offset) * self.gain)
        return np.clip(scaled, -self.limit, self.limit).astype(np.int64)


@dataclass(frozen=True)
class Layer:
    """One layer of gated neurons: two matrices of synapses, and what its neurons hold."""

    name: str
    cell: Cell
    input_weights: NDArray[np.int8]  # (gates · neurons, inputs)
    recurrent_weights: NDArray[np.int8]  # (gates · neurons, neurons)
    gate: GateParameters

    def __post_init__(self) -> None:
        neurons, gates = self.neurons, len(self.cell.gates)
        _expect_shape(
            self.name, "input_weights", self.input_weights, (gates * neurons, self.inputs)
        )
        shapes = {
            "input_shift": (gates,),
            "recurrent_shift": (gates,),
            "bias": (gates, neurons),
            "recurrent_bias": (neurons,),
            "threshold": (neurons,),
        }
        for name, shape in shapes.items():
            _expect_shape(self.name, name, getattr(self.gate, name), shape)

    @property
    def inputs(self) -> int:
        return self.input_weights.shape[1]

    @property
    def neurons(self) -> int:
        return self.recurrent_weights.shape[1]


@dataclass(frozen=True)
class Readout:
    """Scores that add up over time: `score ← score + V s_t + b`; the largest names the class.

    A score of n stands for `n · 2^exponent`; divided by the steps and times `gain` it is the
    logit that training saw.
    """

    weights: NDArray[np.int8]  # (outputs, neurons)
    bias: NDArray[np.int64]  # (outputs,)
    exponent: int
    gain: float

    def __post_init__(self) -> None:
        _expect_shape("readout", "bias", self.bias, (self.outputs,))

    @property
    def outputs(self) -> int:
        return self.weights.shape[0]


@dataclass(frozen=True)
class Program:
    """A converted network: encoder, layers, readout, class names, and where it came from."""

    encoder: Encoder
    layers: tuple[Layer, ...]
    readout: Readout
    classes: tuple[str, ...]
    max_steps: int
    """The longest sequence for which no readout score can leave the word."""

    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.layers:
            raise ProgramError("a program needs at least one layer, found none")
        width, source = self.encoder.channels, "encoder"
        for layer in self.layers:
            if layer.inputs != width:
                raise ProgramError(
                    f"{layer.name}: expects {layer.inputs} inputs, but {source} gives {width}"
                )
            width, source = layer.neurons, layer.name
        outputs, inputs = self.readout.weights.shape
        if inputs != width:
            raise ProgramError(f"readout: expects {inputs} inputs, but {source} gives {width}")
        if len(self.classes) != outputs:
            raise ProgramError(f"{len(self.classes)} class names for {outputs} readout outputs")

    @property
    def delay(self) -> int:
        """Ticks from a frame's arrival to its effect on the readout: one per set of synapses."""
        return len(self.layers) + 1

    def encode(self, sequences: Sequences) -> Integers:
        """The graded input spikes of every frame, after a check of shape, values and lengths."""
        if sequences.channels != self.encoder.channels:
            raise InputError(
                f"frames have {sequences.channels} channels, but the program was trained on "
                f"{self.encoder.channels}"
            )
        longest = int(sequences.lengths.max(initial=0))
        if longest > self.max_steps:
            raise InputError(
                f"a sequence has {longest} steps, but readout scores are proven only up to "
                f"{self.max_steps}: cut it into shorter ones"
            )
        return self.encoder.encode(sequences.values)

    def save(self, path: str | Path) -> None:
        """Write the program to one `.sgru` file, whole or not at all."""
        from hardware.program_file import save

        save(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> Program:
        """Read a program, checking its schema number, shapes and the SHA-256 of each tensor."""
        from hardware.program_file import load

        return load(Path(path))
