"""How large the numbers of a program can become, for any input: which integers hold them all.

Magnitudes are float64: exact up to 2^53. No limit above 2^53 is so near that rounding matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import WORD_LIMIT
from hardware.definition.encoder import INPUT_LIMIT
from hardware.definition.formulation import RESET
from hardware.definition.readout import Readout
from hardware.definition.sums import largest_sums
from hardware.engines.saturation import QUANTITIES, ramp
from hardware.errors import RangeError
from hardware.program.model import Layer, Program

Magnitudes = NDArray[np.float64]

NARROW, WIDE = 2.0**31 - 1, 2.0**62
"""The largest magnitudes for 32-bit and 64-bit integers; one bit is left for the sum of two."""

MESSAGES = ("emission", "last membrane on the gate grid")
"""Quantities that travel in 16 bits."""

ENDLESS = 2**40
"""Steps of an endless stream: twelve days at a microsecond each."""


class Bound(NamedTuple):
    """The largest magnitude of one quantity."""

    owner: str
    quantity: str
    magnitude: float


class Width(NamedTuple):
    """The width that a program's numbers need."""

    narrow: bool
    """Whether 32 bits hold every number of the layers."""

    proven: bool
    """Whether everything that must lie within the chip's word does, for any input."""


def width(program: Program) -> Width:
    """Return the width that a program needs; a RangeError if 64 bits do not hold its numbers."""
    found = list(bounds(program))
    for bound in found:
        limit = INPUT_LIMIT if bound.quantity in MESSAGES else WIDE
        if bound.magnitude > limit:
            raise RangeError(
                f"{bound.owner}: the {bound.quantity} can reach {bound.magnitude:.3g}, over "
                f"{limit:.3g}: no engine can compute it exactly, convert the network again"
            )
    return Width(
        narrow=all(b.magnitude <= NARROW for b in found if b.quantity != "score"),
        proven=all(b.magnitude <= WORD_LIMIT for b in found if b.quantity in QUANTITIES),
    )


def bounds(program: Program) -> Iterator[Bound]:
    """Yield every quantity of every layer and of the readout, in the order of the flow."""
    steps = ENDLESS if program.max_steps is None else program.max_steps
    low, high = (np.full(program.encoder.sources, float(v)) for v in program.encoder.range)
    levels, alternatives = program.levels, program.encoder.alternatives
    for level in levels:
        sent = []
        for layer in level:
            found = dict(layer_magnitudes(layer, low, high, steps, alternatives))
            sent.append(emission_range(layer, found["emission"]))
            if level is levels[-1] and program.readout.sees_membranes:
                largest = shifted(found["membrane"], to_gate_grid(layer))
                found["last membrane on the gate grid"] = largest
                sent[-1] = -largest, largest
            for quantity, values in found.items():
                yield Bound(layer.name, quantity, float(values.max(initial=0)))
        low, high = (np.concatenate(ends) for ends in zip(*sent, strict=True))
        alternatives = 1
    for quantity, values in readout_magnitudes(program.readout, low, high, steps):
        yield Bound("readout", quantity, float(values.max(initial=0)))


def product(
    weights: NDArray[np.int8], low: Magnitudes, high: Magnitudes, alternatives: int = 1
) -> Magnitudes:
    """Return the largest |w · x| of each row, for any x between low and high.

    Of `alternatives` adjacent sources at most one sends; all of them send from 0 to one most.
    Not by BLAS: starting its threads costs more than these few sums.
    """
    if alternatives > 1:
        greatest, least = largest_sums(weights, alternatives)
        return np.maximum(greatest, -least) * high.max()
    middle, reach = (low + high) / 2, (high - low) / 2
    found = np.einsum("ij,j->i", np.abs(weights, dtype=np.int16), reach)
    if middle.any():
        found += np.abs(np.einsum("ij,j->i", weights, middle))
    return found


def shifted(magnitudes: Magnitudes, k: NDArray[np.int64] | int) -> Magnitudes:
    """Return the largest |⌊x · 2^k⌋|."""
    return np.ceil(np.ldexp(magnitudes, np.clip(k, -200, 200).astype(np.int32)))


def to_gate_grid(layer: Layer) -> int:
    return layer.cell.gate_fraction - layer.cell.state_fraction


def emission_range(layer: Layer, largest: Magnitudes) -> tuple[Magnitudes, Magnitudes]:
    return (-largest if layer.cell.emission.signed else np.zeros_like(largest)), largest


def largest_membrane(layer: Layer, steps: int) -> Magnitudes:
    """Return |h| of each neuron: within ±1 or its start; thresholds below 0 add to it."""
    h = np.maximum(np.abs(layer.initial_membrane).astype(np.float64), 2**layer.cell.state_fraction)
    if layer.cell.subtracts:
        h = h + steps * np.maximum(-layer.gate.threshold, 0.0)
    return h


def recurrent_magnitudes(layer: Layer, emitted: Magnitudes) -> dict[str, Magnitudes]:
    """Return the recurrent accumulators of each gate that receives messages."""
    cell = layer.cell
    finer = 2.0 ** (cell.gate_fraction - cell.event_fraction)
    return {
        gate: product(
            layer.recurrent_rows(gate),
            *emission_range(layer, emitted * finer if message.stream == RESET else emitted),
        )
        for message in cell.row.messages
        for gate in message.gates
    }


def layer_magnitudes(
    layer: Layer, low: Magnitudes, high: Magnitudes, steps: int, alternatives: int = 1
) -> Iterator[tuple[str, Magnitudes]]:
    """Yield every quantity of `hardware.definition.cell.step`, for inputs between low and high."""
    cell, row, gate, one = layer.cell, layer.cell.row, layer.gate, 2.0**layer.cell.gate_fraction
    S, G = cell.state_fraction, cell.gate_fraction
    h = largest_membrane(layer, steps)
    emitted = np.ones_like(h) if cell.spiking else shifted(h, to_gate_grid(layer))
    W = {gate: product(layer.input_rows(gate), low, high, alternatives) for gate in row.input_gates}
    U = recurrent_magnitudes(layer, emitted)
    k_input = dict(zip(row.input_gates, gate.input_shift, strict=True))
    k = dict(zip(row.recurrent_gates, gate.recurrent_shift, strict=True))
    arriving = {name: shifted(values, k_input[name]) for name, values in W.items()}
    recurrent = {name: shifted(values, k[name]) for name, values in U.items()}
    if row.resets_after:
        inside = U["candidate"] + np.abs(gate.recurrent_bias)
        yield "recurrent accumulator with its bias", inside
        on_grid = inside if cell.spiking else shifted(inside, k["candidate"] - S + G)
        yield "reset product", one * on_grid
        after = k["candidate"] - G if cell.spiking else S - 2 * G
        recurrent["candidate"] = shifted(one * on_grid, after)
    elif row.resets_before:
        recurrent["candidate"] = shifted(U["candidate"], k["candidate"] - G + cell.event_fraction)
    yield "emission", emitted
    yield "input accumulator", stacked(W)
    yield "recurrent accumulator", stacked(U)
    yield "shifted input", stacked(arriving)
    yield "shifted recurrence", stacked(recurrent)
    pre_activation = np.abs(gate.bias).astype(np.float64)
    for terms in (arriving, recurrent):
        for name, values in terms.items():
            pre_activation[cell.gates.index(name)] += values
    yield "pre-activation", pre_activation
    sigmoid = ramp(cell, "sigmoid")
    yield "gate sum", shifted(pre_activation, -sigmoid.shift) + sigmoid.offset
    yield "membrane", h
    yield "threshold", np.abs(gate.threshold).astype(np.float64)
    yield "membrane's distance from what was sent", 2 * h + np.abs(gate.threshold)
    yield "convex mix", one * (h + 2.0**S)


def stacked(values: Mapping[str, Magnitudes]) -> Magnitudes:
    """Return the values of all gates; nothing where there is no gate."""
    return np.array(list(values.values()))


def readout_magnitudes(
    readout: Readout, low: Magnitudes, high: Magnitudes, steps: int
) -> Iterator[tuple[str, Magnitudes]]:
    """Yield every quantity of `hardware.definition.readout`, over this number of steps."""
    V = product(readout.weights, low, high)
    current = shifted(V, readout.shift) + np.abs(readout.bias)
    yield "accumulator", V
    yield "current", current
    if readout.row.leaks:
        yield "score", (current + 1) * 2.0**readout.leak
    else:
        yield "score", float(readout.summed(steps)) * current
