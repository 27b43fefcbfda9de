"""The program: all that a chip needs to run a network, and nothing of torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers, shift
from hardware.definition.cell import Cell, GateParameters
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout
from hardware.errors import InputError, ProgramError
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import AnySequences

if TYPE_CHECKING:
    from hardware.runs.trace import Trace


def _expect_shape(owner: str, name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ProgramError(f"{owner}: {name} has shape {array.shape}, expected {shape}")


def _expect_matrix(owner: str, name: str, array: NDArray[Any]) -> None:
    if array.ndim != 2:
        raise ProgramError(f"{owner}: {name} has shape {array.shape}, expected two dimensions")


@dataclass(frozen=True)
class Layer:
    """One layer of gated neurons: two matrices of synapses, and what its neurons hold.

    A `backward` layer reads every sequence from its last step to its first, beside the forward
    layer before it in the program.
    """

    name: str
    cell: Cell
    input_weights: NDArray[np.int8]  # (gates · neurons, inputs)
    recurrent_weights: NDArray[np.int8]  # (gates · neurons, neurons)
    gate: GateParameters
    initial_membrane: NDArray[np.int64]  # (neurons,), on the state grid
    backward: bool = False

    def __post_init__(self) -> None:
        _expect_matrix(self.name, "input_weights", self.input_weights)
        _expect_matrix(self.name, "recurrent_weights", self.recurrent_weights)
        neurons, gates = self.neurons, len(self.cell.gates)
        _expect_shape(
            self.name, "input_weights", self.input_weights, (gates * neurons, self.inputs)
        )
        _expect_shape(
            self.name, "recurrent_weights", self.recurrent_weights, (gates * neurons, neurons)
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
        _expect_shape(self.name, "initial_membrane", self.initial_membrane, (neurons,))

    @property
    def inputs(self) -> int:
        return self.input_weights.shape[1]

    @property
    def neurons(self) -> int:
        return self.recurrent_weights.shape[1]

    @property
    def initial_emission(self) -> Integers:
        """What counts as emitted before the first step: nothing, or an ordinary GRU's state."""
        cell = self.cell
        if cell.emit == "state":
            return shift(self.initial_membrane, cell.gate_fraction - cell.state_fraction)
        return np.zeros(self.neurons, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Golden:
    """One input, and the hash of all that the definition computes from it at every step."""

    frames: NDArray[np.float32]  # (frames, channels)
    digest: str
    """SHA-256, as `hardware.runs.golden` takes it."""

    def __post_init__(self) -> None:
        if self.frames.ndim != 2 or self.frames.dtype != np.float32 or not len(self.frames):
            raise ProgramError(
                f"golden sample: frames of shape {self.frames.shape} and {self.frames.dtype}, "
                f"expected float32 of (frames, channels), one frame at least"
            )
        if not np.isfinite(self.frames).all():
            raise ProgramError("golden sample: every value must be a finite number")
        if not re.fullmatch("[0-9a-f]{64}", self.digest):
            raise ProgramError(f"golden sample: {self.digest!r} is not a SHA-256")


@dataclass(frozen=True)
class Program:
    """A converted network: encoder, layers, readout, class names, and where it came from.

    Without class names its scores are values, not votes.
    """

    encoder: Encoder
    layers: tuple[Layer, ...]
    readout: Readout
    classes: tuple[str, ...]
    max_steps: int | None
    """The longest sequence for which no score can leave the word; None where none can."""

    provenance: Mapping[str, Any] = field(default_factory=dict)
    golden: tuple[Golden, ...] = ()
    """Samples that the program must compute as it did when they were taken."""

    def __post_init__(self) -> None:
        if not self.layers or self.layers[0].backward:
            raise ProgramError("a program needs at least one layer, the first of them forward")
        width, source = self.encoder.channels, "encoder"
        for level in self.levels:
            for layer in level:
                if layer.inputs != width:
                    raise ProgramError(
                        f"{layer.name}: expects {layer.inputs} inputs, but {source} gives {width}"
                    )
            width, source = sum(layer.neurons for layer in level), level[0].name
        outputs, inputs = self.readout.weights.shape
        if inputs != width:
            raise ProgramError(f"readout: expects {inputs} inputs, but {source} gives {width}")
        if self.classes and len(self.classes) != outputs:
            raise ProgramError(f"{len(self.classes)} class names for {outputs} readout outputs")
        for sample in self.golden:
            frames, channels = sample.frames.shape
            if channels != self.encoder.channels:
                raise ProgramError(
                    f"golden sample: frames have {channels} channels, but the encoder has "
                    f"{self.encoder.channels}"
                )
            if self.max_steps is not None and frames * self.encoder.steps > self.max_steps:
                raise ProgramError(
                    f"golden sample: {frames * self.encoder.steps} steps, but at most "
                    f"{self.max_steps} are proven"
                )

    @property
    def levels(self) -> tuple[tuple[Layer, ...], ...]:
        """The layers that see the same input: one, or a forward and a backward one."""
        levels: list[tuple[Layer, ...]] = []
        for layer in self.layers:
            if layer.backward and len(levels[-1]) == 1:
                levels[-1] = (*levels[-1], layer)
            elif layer.backward:
                raise ProgramError(f"{layer.name}: a second backward layer on the same level")
            else:
                levels.append((layer,))
        return tuple(levels)

    @property
    def bidirectional(self) -> bool:
        return any(layer.backward for layer in self.layers)

    @property
    def period(self) -> int:
        """Ticks of a step: each recurrent product that waits for another takes one more."""
        return max(layer.cell.products_in_turn for layer in self.layers)

    def ticks(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ticks of sequences of so many steps: one more for each set of synapses on the way.

        With both directions a level can begin only when the one before it has seen all.
        """
        if self.bidirectional:
            return len(self.levels) * (self.period * steps + 1) + 1
        return self.period * (steps + len(self.levels) - 1) + 2

    def steps_of(self, sequences: AnySequences) -> NDArray[np.int64]:
        """The steps of each sequence; an InputError for one that the program cannot take."""
        if sequences.channels != self.encoder.channels:
            raise InputError(
                f"frames have {sequences.channels} channels, but the program was trained on "
                f"{self.encoder.channels}"
            )
        steps = sequences.lengths * self.encoder.steps
        longest = int(steps.max(initial=0))
        if self.max_steps is not None and longest > self.max_steps:
            raise InputError(
                f"a sequence has {longest} steps, but readout scores are proven only up to "
                f"{self.max_steps}: cut it into shorter ones"
            )
        return steps

    def encode(self, sequences: Sequences) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """What the first layer sees at every step, and the steps of each sequence."""
        steps, encoder = self.steps_of(sequences), self.encoder
        if encoder.kind == "graded":
            return encoder.rounded(sequences.values, np.int16), steps
        start, events = encoder.initial_state(), np.empty((steps.sum(), encoder.channels), np.int16)
        for part, last in zip(sequences, np.cumsum(steps), strict=True):
            of_part, _ = encoder.encode(part, start)
            events[last - len(of_part) : last] = of_part
        return events, steps

    def values(self, trace: Trace) -> NDArray[np.float64]:
        """What a trace's scores stand for: of each sequence, or of each of its steps."""
        return self.readout.values(trace.scores, trace.lengths)

    def save(self, path: str | Path) -> None:
        """Write the program to one `.sgru` file, whole or not at all."""
        from hardware.program.file import save

        save(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> Program:
        """Read a program; a ProgramError for any file that is not a whole and sound one."""
        from hardware.program.file import load

        return load(Path(path))
