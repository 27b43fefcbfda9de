"""A layer of a program: synapses, and the gated neurons that they lead to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.arithmetic import Integers, shift
from hardware.definition.cell import Cell, GateParameters
from hardware.display import number_of
from hardware.errors import InputError, ProgramError, RangeError, choose
from hardware.sequences.dense import NO_ARRAY, as_array

ENCODER = "encoder"
"""The name of the encoder among the sources of a layer."""

SYNAPSES = ("dense",)
"""Kinds of synapses."""


def expect_shape(owner: str, name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ProgramError(f"{owner}: {name} has shape {array.shape}, expected {shape}")


def expect_matrix(owner: str, name: str, array: NDArray[Any]) -> None:
    if array.ndim != 2:
        raise ProgramError(f"{owner}: {name} has shape {array.shape}, expected two dimensions")


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of gated neurons: its synapses, and the numbers that its neurons hold.

    A `backward` layer reads every sequence from its last step to its first; its forward layer
    comes before it in the program.
    """

    name: str
    cell: Cell
    input_weights: NDArray[np.int8]  # (input gates · neurons, inputs)
    recurrent_weights: NDArray[np.int8]  # (recurrent gates · neurons, neurons)
    gate: GateParameters
    initial_membrane: NDArray[np.int64]  # (neurons,), on the state grid
    backward: bool = False
    sources: tuple[str, ...] = ()
    """Names of the layers that send to it, or ENCODER. Empty: the level directly before it."""

    synapses: str = "dense"
    """The kind of its input synapses."""

    def __repr__(self) -> str:
        return (
            f"Layer({self.name!r}: {self.inputs} inputs, {number_of(self.neurons, 'neuron')}, "
            f"{self.cell.formulation}, {self.cell.emit}, {self.cell.weight_bits} bits)"
        )

    def __post_init__(self) -> None:
        choose(f"synapses of {self.name}:", self.synapses, SYNAPSES)
        expect_matrix(self.name, "input_weights", self.input_weights)
        expect_matrix(self.name, "recurrent_weights", self.recurrent_weights)
        row, n = self.cell.row, self.neurons
        shapes: dict[str, tuple[int, ...]] = {
            "input_weights": (len(row.input_gates) * n, self.inputs),
            "recurrent_weights": (len(row.recurrent_gates) * n, n),
            "initial_membrane": (n,),
        }
        for name, shape in shapes.items():
            expect_shape(self.name, name, getattr(self, name), shape)
        shapes = {
            "input_shift": (len(row.input_gates),),
            "recurrent_shift": (len(row.recurrent_gates),),
            "bias": (len(row.gates), n),
            "recurrent_bias": (n,),
            "threshold": (n,),
        }
        for name, shape in shapes.items():
            expect_shape(self.name, name, getattr(self.gate, name), shape)
        if not row.resets_after and self.gate.recurrent_bias.any():
            raise ProgramError(
                f"{self.name}: recurrent_bias is not 0, but no reset of formulation "
                f"{self.cell.formulation!r} reads it"
            )

    @property
    def inputs(self) -> int:
        return self.input_weights.shape[1]

    @property
    def neurons(self) -> int:
        return self.recurrent_weights.shape[1]

    def input_rows(self, gate: str) -> NDArray[np.int8]:
        """The input weights of one gate; no rows where it has none."""
        return rows_of(self.input_weights, self.cell.row.input_gates, gate, self.neurons)

    def recurrent_rows(self, gate: str) -> NDArray[np.int8]:
        """The recurrent weights of one gate; no rows where it has none."""
        return rows_of(self.recurrent_weights, self.cell.row.recurrent_gates, gate, self.neurons)

    def starting_from(self, membrane: ArrayLike) -> Layer:
        """The layer with another initial membrane, see `Program.starting_from`."""
        return replace(self, initial_membrane=self.initial_membranes(membrane))

    def initial_membranes(self, given: ArrayLike, sequences: int | None = None) -> Integers:
        """Initial membranes (neurons,) on the state grid; an error for any beyond ±1.

        With a number of sequences the result is (sequences, neurons), from one vector for all
        sequences or one for each. Whole numbers are on the state grid, real ones are rounded to it,
        half to even.
        """
        one = 1 << self.cell.state_fraction
        try:
            values = as_array(given)
        except NO_ARRAY as error:
            raise InputError(f"{self.name}: not an initial membrane: {error}") from error
        each = (sequences, self.neurons)
        fits = values.shape == (self.neurons,) or (sequences is not None and values.shape == each)
        if not fits or values.dtype.kind not in "fiu":
            many = "" if sequences is None else f", or that for each of {sequences} sequences"
            raise InputError(
                f"{self.name}: the initial membrane has shape {values.shape} of {values.dtype}, "
                f"expected a number for each of {self.neurons} neurons{many}"
            )
        real = values.dtype.kind == "f"
        scaled = values.astype(np.float64) * one if real else values
        outside = np.argwhere(~((scaled >= -one) & (scaled <= one)))
        if len(outside):
            place = tuple(outside[0].tolist())
            sequence = f", sequence {place[0]}" if len(place) == 2 else ""
            raise RangeError(
                f"{self.name}{sequence}, neuron {place[-1]}: the initial membrane is "
                f"{values[place]}, expected a value within ±1 (±{one} on the state grid): the "
                f"range proof covers no other"
            )
        found = np.rint(scaled).astype(np.int64)
        if sequences is None or found.ndim == 2:
            return found
        return np.tile(found, (sequences, 1))

    @property
    def initial_emission(self) -> Integers:
        """The emission before the first step: 0, or the state where no threshold decides."""
        return self.emission_before(self.initial_membrane)

    def emission_before(self, membrane: Integers) -> Integers:
        """The emission before the first step of sequences that start from these membranes."""
        cell = self.cell
        if not cell.emission.has_threshold:
            return shift(membrane, cell.gate_fraction - cell.state_fraction)
        return np.zeros_like(membrane)


def rows_of(
    weights: NDArray[np.int8], gates: tuple[str, ...], gate: str, neurons: int
) -> NDArray[np.int8]:
    """The rows of one of the gates that are stacked in a matrix."""
    if gate not in gates:
        return weights[:0]
    first = gates.index(gate) * neurons
    return weights[first : first + neurons]
