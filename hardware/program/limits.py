"""Limits of a program, within which no engine overflows.

Conversion proves 24 bits. A file may come from anywhere and may be unproven: here its numbers are
bounded by 32 bits.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import STORED_LIMIT
from hardware.definition.limits import WIDEST
from hardware.definition.sums import largest_sums
from hardware.errors import ProgramError, name_fault
from hardware.program.layer import Layer

if TYPE_CHECKING:
    from hardware.program.model import Program

MOST_LAYERS = 64
MOST_SAMPLES = 64
LARGEST_SHIFT = 31
LARGEST_EXPONENT = 64
LARGEST_STANDARDISATION = 1e100
"""Largest offset or gain: keeps standardised frames finite."""


def require_sound(program: Program) -> None:
    """Raise a ProgramError for the first value outside the limits."""
    encoder, readout = program.encoder, program.readout
    _within("the number of layers", len(program.layers), 1, MOST_LAYERS)
    _within("the number of golden samples", len(program.golden), 0, MOST_SAMPLES)
    _within("the number of channels", encoder.channels, 1, WIDEST)
    _within("the number of sources of the encoder", encoder.sources, 1, WIDEST)
    _within("the number of outputs", readout.outputs, 1, WIDEST)
    _within("encoder: exponent", encoder.exponent, -LARGEST_EXPONENT, LARGEST_EXPONENT)
    _within("readout: exponent", readout.exponent, -LARGEST_EXPONENT, LARGEST_EXPONENT)
    _within("max_steps", 1 if program.max_steps is None else program.max_steps, 1, STORED_LIMIT)
    layers = [layer.name for layer in program.layers]
    steps = [name for name, _ in program.preprocessing]
    for name in (*layers, readout.name, *readout.target.names, *steps):
        fault = name_fault(name)
        if fault is not None:
            raise ProgramError(fault)
    for values in (encoder.offset, encoder.gain):
        largest = float(np.abs(values).max())
        if largest > LARGEST_STANDARDISATION:
            raise ProgramError(
                f"encoder: an offset or gain of {largest}, the limit is {LARGEST_STANDARDISATION}"
            )
    words = program.vocabulary
    if words is not None and (not encoder.row.by_token or encoder.fields != len(words)):
        raise ProgramError(
            f"the vocabulary has {len(words)} tokens, but the encoder {encoder.kind!r} takes "
            f"{encoder.fields if encoder.row.by_token else 'none'}"
        )
    if not isfinite(readout.gain):
        raise ProgramError(f"readout: the gain is {readout.gain}, expected a finite number")
    arriving, alternatives = max(map(abs, encoder.range)), encoder.alternatives
    for level in program.levels:
        for layer in level:
            _require_sound_layer(layer, arriving, alternatives)
        alternatives = 1
        arriving = max(max(map(abs, layer.cell.emission_range)) for layer in level)
    _require_sound_readout(program)


def _require_sound_layer(layer: Layer, arriving: int, alternatives: int) -> None:
    """Every sum of a layer within 32 bits, whatever arrives; the state within ±1.

    Of `alternatives` adjacent sources at most one sends.
    """
    cell, gate, name = layer.cell, layer.gate, layer.name
    one, emitted = 1 << cell.state_fraction, max(map(abs, cell.emission_range))
    _within(f"{name}: the number of neurons", layer.neurons, 1, WIDEST)
    _all_within(f"{name}: threshold", gate.threshold, 0, STORED_LIMIT)
    _all_within(f"{name}: initial_membrane", layer.initial_membrane, -one, one)
    row, n = cell.row, layer.neurons
    inside = np.abs(gate.recurrent_bias).max(initial=0)
    of_input, recurrent = layer.input_weights, layer.recurrent_weights
    for matrix, gates, weights, shifts, most, at_once in (
        ("input", row.input_gates, of_input, gate.input_shift, arriving, alternatives),
        ("recurrent", row.recurrent_gates, recurrent, gate.recurrent_shift, emitted, 1),
    ):
        _require_weights(f"{name}: {matrix}_weights", weights, cell.weight_bits)
        _all_within(f"{name}: {matrix}_shift", shifts, -LARGEST_SHIFT, LARGEST_SHIFT)
        sums = most * _row_sums(weights, at_once).reshape(len(gates), n).max(axis=1, initial=0)
        for sum_of, shift, total in zip(gates, shifts.tolist(), sums.tolist(), strict=True):
            both = matrix == "recurrent" and sum_of == "candidate"
            total += int(inside) if both else 0
            _within(f"{name}: the {matrix} sum", total << max(shift, 0), 0, STORED_LIMIT)


def _require_sound_readout(program: Program) -> None:
    """Every score within 32 bits, in as many steps as the program may take."""
    readout, level = program.readout, program.levels[-1]
    states = [1 << layer.cell.gate_fraction for layer in level]
    emitted = [max(map(abs, layer.cell.emission_range)) for layer in level]
    most = max(states if readout.sees_membranes else emitted)
    _require_weights("readout: weights", readout.weights, 8)
    _within("readout: shift", readout.shift, -LARGEST_SHIFT, LARGEST_SHIFT)
    product = int(_row_sums(readout.weights).max()) * most << max(readout.shift, 0)
    _within("readout: the sum", product, 0, STORED_LIMIT)
    # What is floored may be one more below 0 than it is above.
    current = (product >> max(-readout.shift, 0)) + 1 + int(np.abs(readout.bias).max())
    steps = (program.max_steps or 1) if readout.grows else readout.window or 1 << readout.leak
    _within("readout: the largest score", current * steps, 0, STORED_LIMIT)


def _require_weights(name: str, weights: NDArray[np.int8], bits: int) -> None:
    limit = 2 ** (bits - 1) - 1
    _all_within(name, weights, -limit, limit)


def _row_sums(weights: NDArray[np.int8], alternatives: int = 1) -> NDArray[np.int64]:
    """Σ |w| of each row: the largest sum that messages of ±1 can make.

    Of `alternatives` adjacent sources only the largest |w| counts.
    """
    return largest_sums(np.abs(weights), alternatives)[0]


def _all_within(name: str, values: NDArray[np.integer], low: int, high: int) -> None:
    for value in (int(values.min(initial=low)), int(values.max(initial=low))):
        _within(name, value, low, high)


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ProgramError(f"{name} is {value}, expected {low} to {high}")
