"""How large the numbers of a program can become: which integers hold them all, whatever the input.

Magnitudes are float64: exact up to 2^53, and above it no limit is near enough for their rounding
to matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import WORD_LIMIT
from hardware.definition.encoder import INPUT_LIMIT
from hardware.definition.readout import Readout
from hardware.engines.saturation import QUANTITIES
from hardware.errors import RangeError
from hardware.program.model import Layer, Program

Magnitudes = NDArray[np.float64]

NARROW, WIDE = 2.0**31 - 1, 2.0**62
"""What 32-bit and 64-bit integers hold; a bit is left to the sum of two."""

MESSAGES = ("emission", "last membrane on the gate grid")
"""What travels has 16 bits."""

ENDLESS = 2**40
"""Steps of a stream without end: at a microsecond each, twelve days."""


class Bound(NamedTuple):
    """The largest magnitude of one quantity."""

    owner: str
    quantity: str
    magnitude: float


class Width(NamedTuple):
    """What a program's numbers need."""

    narrow: bool
    """Whether 32 bits hold every number of the layers."""

    proven: bool
    """Whether all that must lie within the chip's word does, for any input."""


def width(program: Program) -> Width:
    """The width a program needs; a RangeError where 64 bits could not hold one of its numbers."""
    found = list(bounds(program))
    for bound in found:
        limit = INPUT_LIMIT if bound.quantity in MESSAGES else WIDE
        if bound.magnitude > limit:
            raise RangeError(
                f"{bound.owner}: the {bound.quantity} can reach {bound.magnitude:.3g}, over "
                f"{limit:.3g}: no engine can compute it exactly, convert the network anew"
            )
    return Width(
        narrow=all(b.magnitude <= NARROW for b in found if b.quantity != "score"),
        proven=all(b.magnitude <= WORD_LIMIT for b in found if b.quantity in QUANTITIES),
    )


def bounds(program: Program) -> Iterator[Bound]:
    """Every quantity of every layer and of the readout, in the order of the flow."""
    steps = ENDLESS if program.max_steps is None else program.max_steps
    low, high = (np.full(program.encoder.channels, float(v)) for v in program.encoder.range)
    levels = program.levels
    for level in levels:
        sent = []
        for layer in level:
            found = dict(layer_magnitudes(layer, low, high, steps))
            sent.append(emission_range(layer, found["emission"]))
            if level is levels[-1] and program.readout.sees_membranes:
                largest = shifted(found["membrane"], to_gate_grid(layer))
                found["last membrane on the gate grid"] = largest
                sent[-1] = -largest, largest
            for quantity, values in found.items():
                yield Bound(layer.name, quantity, float(values.max(initial=0)))
        low, high = (np.concatenate(ends) for ends in zip(*sent, strict=True))
    for quantity, values in readout_magnitudes(program.readout, low, high, steps):
        yield Bound("readout", quantity, float(values.max(initial=0)))


def product(weights: NDArray[np.int8], low: Magnitudes, high: Magnitudes) -> Magnitudes:
    """The largest |w · x| of each row, for any x between low and high: their middle ± their reach.

    Not by BLAS: starting its threads costs more than these few sums.
    """
    middle, reach = (low + high) / 2, (high - low) / 2
    found = np.einsum("ij,j->i", np.abs(weights, dtype=np.int16), reach)
    if middle.any():
        found += np.abs(np.einsum("ij,j->i", weights, middle))
    return found


def shifted(magnitudes: Magnitudes, k: NDArray[np.int64] | int) -> Magnitudes:
    """The largest |⌊x · 2^k⌋|."""
    return np.ceil(np.ldexp(magnitudes, np.clip(k, -200, 200).astype(np.int32)))


def to_gate_grid(layer: Layer) -> int:
    return layer.cell.gate_fraction - layer.cell.state_fraction


def emission_range(layer: Layer, largest: Magnitudes) -> tuple[Magnitudes, Magnitudes]:
    return (np.zeros_like(largest) if layer.cell.emit == "binary" else -largest), largest


def largest_membrane(layer: Layer, steps: int) -> Magnitudes:
    """|h| of each neuron: within ±1 or its start, but for thresholds below 0, which add to it."""
    h = np.maximum(np.abs(layer.initial_membrane).astype(np.float64), 2**layer.cell.state_fraction)
    if layer.cell.spiking and layer.cell.reset_mechanism == "subtract":
        h = h + steps * np.maximum(-layer.gate.threshold, 0.0)
    return h


def layer_magnitudes(
    layer: Layer, low: Magnitudes, high: Magnitudes, steps: int
) -> Iterator[tuple[str, Magnitudes]]:
    """Every quantity of `hardware.definition.cell.step`, for inputs between low and high."""
    cell, gate, one = layer.cell, layer.gate, 2.0**layer.cell.gate_fraction
    S, G = cell.state_fraction, cell.gate_fraction
    shape = len(cell.gates), layer.neurons
    candidate = cell.gates.index("candidate")
    h = largest_membrane(layer, steps)
    emitted = np.ones_like(h) if cell.spiking else shifted(h, to_gate_grid(layer))
    U = product(layer.recurrent_weights, *emission_range(layer, emitted)).reshape(shape)
    W = product(layer.input_weights, low, high).reshape(shape)
    if cell.formulation == "output-gated":
        W[candidate] = 0  # its candidate sees no input
    k = gate.recurrent_shift
    recurrent = shifted(U, k[:, np.newaxis])
    if cell.formulation == "torch":
        inside = U[candidate] + np.abs(gate.recurrent_bias)
        yield "recurrent accumulator with its bias", inside
        on_grid = inside if cell.spiking else shifted(inside, k[candidate] - S + G)
        yield "reset product", one * on_grid
        recurrent[candidate] = shifted(
            one * on_grid, k[candidate] - G if cell.spiking else S - 2 * G
        )
    elif cell.formulation != "forget":
        message = emitted * 2.0 ** (G - cell.event_fraction)
        rows = np.split(layer.recurrent_weights, shape[0])[candidate]
        U[candidate] = product(rows, *emission_range(layer, message))
        recurrent[candidate] = shifted(U[candidate], k[candidate] - G + cell.event_fraction)
    arriving = shifted(W, gate.input_shift[:, np.newaxis])
    yield "emission", emitted
    yield "input accumulator", W
    yield "recurrent accumulator", U
    yield "shifted input", arriving
    yield "shifted recurrence", recurrent
    yield "pre-activation", arriving + recurrent + np.abs(gate.bias)
    yield "membrane", h
    yield "threshold", np.abs(gate.threshold).astype(np.float64)
    yield "membrane's distance from what was sent", 2 * h + np.abs(gate.threshold)
    yield "convex mix", one * (h + 2.0**S)


def readout_magnitudes(
    readout: Readout, low: Magnitudes, high: Magnitudes, steps: int
) -> Iterator[tuple[str, Magnitudes]]:
    """Every quantity of `hardware.definition.readout`, over so many steps."""
    V = product(readout.weights, low, high)
    current = shifted(V, readout.shift) + np.abs(readout.bias)
    yield "accumulator", V
    yield "current", current
    if readout.adds_up:
        yield "score", steps * current
    elif readout.kind == "leaky":
        yield "score", (current + 1) * 2.0**readout.leak
    else:
        yield "score", current
