"""A GRU that somebody else trained, as plain arrays, whatever framework they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.formulation import THREE
from hardware.definition.limits import MOST_WEIGHTS
from hardware.definition.readout import READOUTS, ReadoutKind
from hardware.display import number_of
from hardware.errors import InputError, choose

Doubles = NDArray[np.float64]

FILE_LIMIT = 8 * MOST_WEIGHTS
"""Bytes of a file: a double for each weight that a program can hold."""

GATES = THREE
"""The order in which a GRU's rows are kept here: reset, update, candidate."""

HEADS = ("last", "mean", "step")
"""Input of a head: the last state, the mean over time, or the state at every step."""


@dataclass(frozen=True)
class GRULayer:
    """One direction of a layer, gate by gate."""

    input_weights: Doubles  # (3, units, inputs)
    recurrent_weights: Doubles  # (3, units, units)
    input_bias: Doubles  # (3, units)
    recurrent_bias: Doubles  # (3, units)

    @property
    def units(self) -> int:
        return self.recurrent_weights.shape[-1]

    @property
    def inputs(self) -> int:
        return self.input_weights.shape[-1]

    @classmethod
    def of(
        cls,
        input_weights: ArrayLike,
        recurrent_weights: ArrayLike,
        input_bias: ArrayLike | None,
        recurrent_bias: ArrayLike | None,
        order: Sequence[str] = GATES,
        name: str = "GRU",
    ) -> GRULayer:
        """From rows stacked gate upon gate in the framework's `order`; no bias is a bias of 0."""
        W = numbers(f"{name}: the input weights", input_weights, 2)
        U = numbers(f"{name}: the recurrent weights", recurrent_weights, 2)
        units = U.shape[1]
        if not units or U.shape[0] != 3 * units or W.shape[0] != 3 * units or not W.shape[1]:
            raise InputError(
                f"{name}: input weights have shape {W.shape} and recurrent weights {U.shape}, "
                f"expected (3 · units, inputs) and (3 · units, units)"
            )
        biases = []
        for kind, bias in (("input", input_bias), ("recurrent", recurrent_bias)):
            b = np.zeros(3 * units) if bias is None else numbers(f"{name}: the bias", bias, 1)
            if b.shape != (3 * units,):
                raise InputError(
                    f"{name}: the {kind} bias has shape {b.shape}, expected ({3 * units},)"
                )
            biases.append(b)
        rows = [order.index(gate) for gate in GATES]
        return cls(*(array.reshape(3, units, *array.shape[1:])[rows] for array in (W, U, *biases)))


@dataclass(frozen=True)
class Head:
    """`V h + b` of the last layer's states h: of the last one, of their mean, or of each."""

    weights: Doubles  # (outputs, states)
    bias: Doubles  # (outputs,)
    reads: str = "last"

    def __post_init__(self) -> None:
        choose("head reads", self.reads, HEADS)
        if self.weights.ndim != 2 or self.bias.shape != (len(self.weights),):
            raise InputError(
                f"head: weights have shape {self.weights.shape} and the bias {self.bias.shape}, "
                f"expected (outputs, states) and (outputs,)"
            )

    @property
    def row(self) -> ReadoutKind:
        """The row of the readout that reads the same."""
        return READOUTS[self.reads]

    @classmethod
    def of(cls, weights: ArrayLike, bias: ArrayLike | None, reads: str) -> Head:
        V = numbers("head: the weights", weights, 2)
        b = np.zeros(len(V)) if bias is None else numbers("head: the bias", bias, 1)
        return cls(V, b, reads)


@dataclass(frozen=True)
class ForeignGRU:
    """Layers of a GRU, its head, and the standardisation it was trained behind.

    ::

        x = (frame − mean) / deviation
        r, z = σ(W x + b + U h + d)
        reset_after        c = tanh(W_c x + b_c + r ⊙ (U_c h + d_c))
        not reset_after    c = tanh(W_c x + b_c + U_c (r ⊙ h) + d_c)
        h = z ⊙ h + (1 − z) ⊙ c

    A level is one layer, or a forward and a backward layer that read the same input. Every sequence
    begins at h = 0.
    """

    levels: tuple[tuple[GRULayer, ...], ...]
    head: Head
    reset_after: bool
    origin: str
    mean: Doubles
    deviation: Doubles

    def __repr__(self) -> str:
        of_each = ", ".join(str(level[0].units) for level in self.levels)
        channels, outputs = len(self.mean), number_of(len(self.head.bias), "output")
        return f"ForeignGRU({channels} channels, layers of {of_each} units, {outputs})"

    def __post_init__(self) -> None:
        width, source = self.channels, "frames have"
        for number, level in enumerate(self.levels):
            for layer in level:
                if layer.inputs != width:
                    raise InputError(
                        f"layer {number} takes {layer.inputs} inputs, but {source} {width}"
                    )
            width, source = sum(layer.units for layer in level), f"layer {number} gives"
        if self.head.weights.shape[1] != width:
            raise InputError(
                f"the head takes {self.head.weights.shape[1]} states, but {source} {width}: the "
                f"head must look at the last layer's state, both directions side by side"
            )
        for name, values in (("mean", self.mean), ("deviation", self.deviation)):
            if values.shape != (self.channels,):
                raise InputError(
                    f"the {name} has shape {values.shape}, expected one value for each of "
                    f"{self.channels} channels"
                )
        if self.deviation.min() <= 0:
            raise InputError(f"a deviation is {self.deviation.min()}, expected more than 0")

    @classmethod
    def of(
        cls,
        levels: Sequence[Sequence[GRULayer]],
        head: tuple[ArrayLike, ArrayLike | None] | None,
        reads: str,
        *,
        reset_after: bool,
        origin: str,
    ) -> ForeignGRU:
        """Return a GRU of raw frames and its head; without weights of a head it reads states."""
        if not levels:
            raise InputError(f"{origin}: no layer, expected at least one")
        channels = levels[0][0].inputs
        weights, bias = head or (np.eye(sum(layer.units for layer in levels[-1])), None)
        return cls(
            levels=tuple(tuple(level) for level in levels),
            head=Head.of(weights, bias, reads),
            reset_after=reset_after,
            origin=origin,
            mean=np.zeros(channels),
            deviation=np.ones(channels),
        )

    @property
    def channels(self) -> int:
        return self.levels[0][0].inputs

    def standardised(self, mean: ArrayLike, deviation: ArrayLike) -> ForeignGRU:
        """Return the same GRU for raw frames; it was trained on (frame − mean) / deviation."""
        return replace(
            self,
            mean=numbers("the mean", mean, 1),
            deviation=numbers("the deviation", deviation, 1),
        )


def numbers(name: str, values: Any, dimensions: int) -> Doubles:
    """An array of finite numbers with that many dimensions."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or array.ndim != dimensions:
        raise InputError(
            f"{name}: found {array.dtype} of shape {array.shape}, expected numbers in {dimensions} "
            f"dimension{'s' if dimensions > 1 else ''}"
        )
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise InputError(f"{name}: {array[~np.isfinite(array)][0]}, expected finite numbers")
    return array
