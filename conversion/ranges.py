"""The range proof: interval arithmetic over the weights bounds every number of every neuron.

It proves, it does not sample: whatever the input, no accumulator, product, partial sum or score
leaves the chip's 24-bit word. Since 24 bits are also what float32 holds exactly, the same proof
shows that training computed the chip's own bits.

Bounds are Python integers, for a proof that could wrap would prove nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import WORD_BITS, WORD_LIMIT, shift
from hardware.errors import RangeError
from hardware.program import Layer, Program
from hardware.readout import Readout

Exact = NDArray[Any]
"""Python integers, which never wrap."""

SPIKE = (0, 1)
REMEDY = "fewer weight bits, a smaller layer, or smaller weights (more weight decay) would help"
REMEDIES = {
    "bias": "a smaller bias (more weight decay) would help",
    "recurrent bias": "a smaller bias (more weight decay) would help",
    "convex mix": "fewer fraction bits of the gates or of the state would help",
    "score": "shorter sequences, or a smaller readout bias would help",
}


def prove(program: Program) -> None:
    """Raise a RangeError for the first number that could leave the word."""
    events = program.encoder.range
    for layer in program.layers:
        prove_layer(layer, events)
        events = SPIKE
    prove_readout(program.readout, program.max_steps)


def prove_layer(layer: Layer, events: tuple[int, int]) -> None:
    """Every number that a layer computes lies within the word, for any events in that range."""
    prove_threshold(layer)
    for quantity, bounds in layer_bounds(layer, events).items():
        _require(layer.name, quantity, bounds, layer.cell.gates)


def prove_threshold(layer: Layer) -> None:
    """0 < θ < 1: all that keeps a membrane within ±1 when a spike takes θ from it."""
    one = 1 << layer.cell.state_fraction
    threshold = layer.gate.threshold
    outside = np.flatnonzero((threshold <= 0) | (threshold >= one))
    if outside.size:
        neuron = int(outside[0])
        raise RangeError(
            f"{layer.name}, threshold, neuron {neuron}: the threshold is {int(threshold[neuron])}, "
            f"allowed are 1 to {one - 1} in steps of 2^-{layer.cell.state_fraction} (0 < θ < 1): "
            f"a fixed threshold, or a lower learning rate would help"
        )


def prove_readout(readout: Readout, steps: int | None) -> None:
    """No sum of weights and no score leaves the word in that many steps, for any spikes."""
    accumulator = _exact(product_bounds(readout.weights, *SPIKE))
    _require("readout", "bias", _exact(readout.bias), ("readout",))
    _require("readout", "accumulator", accumulator, ("readout",))
    _require("readout", "score", (steps or 1) * score_steps(readout), ("readout",))


def longest_sequence(readout: Readout) -> int:
    """The number of steps after which a readout score could leave the word."""
    return max(1, WORD_LIMIT // max(1, largest_score_step(readout)))


def largest_score_step(readout: Readout) -> int:
    """The largest |V s + b| of any output, for any spikes."""
    return int(score_steps(readout).max())


def score_steps(readout: Readout) -> Exact:
    """The largest |V s + b| of each output, for any spikes."""
    return np.abs(_exact(product_bounds(readout.weights, *SPIKE)) + _exact(readout.bias)).max(0)


def product_bounds(weights: NDArray[np.int8], low: int, high: int) -> tuple[Exact, Exact]:
    """The least and the greatest `w · x` of each row, for any x with every value in [low, high]."""
    positive = _exact(np.maximum(weights, 0).sum(axis=1, dtype=np.int64))
    negative = _exact(np.minimum(weights, 0).sum(axis=1, dtype=np.int64))
    return positive * low + negative * high, positive * high + negative * low


def layer_bounds(layer: Layer, events: tuple[int, int]) -> dict[str, Exact]:
    """The least and the greatest value of every number of `hardware.cell.step`, by its name.

    Each is an array of (least / greatest, gates, neurons), in the order of computation, for the
    formulation `torch` with binary spikes.
    """
    cell, gate, gates = layer.cell, layer.gate, layer.cell.gates
    one, candidate = 1 << cell.gate_fraction, gates.index("candidate")
    shape = (2, len(gates), layer.neurons)
    Wx = np.reshape(product_bounds(layer.input_weights, *events), shape)
    Us = np.reshape(product_bounds(layer.recurrent_weights, *SPIKE), shape)
    bias, recurrent_bias = _zeros(shape), _zeros(shape)
    bias[:] = _exact(gate.bias)
    recurrent_bias[:, candidate] = _exact(gate.recurrent_bias)

    # r lies in [0, 1], so the reset product lies between 0 and its value at r = 1.
    reset_product, product = _zeros(shape), one * (Us + recurrent_bias)[:, candidate]
    reset_product[0, candidate] = np.minimum(product[0], 0)
    reset_product[1, candidate] = np.maximum(product[1], 0)

    arriving = shifted(Wx, gate.input_shift)
    recurrent = shifted(Us, gate.recurrent_shift)
    recurrent[:, candidate] = shifted(reset_product, gate.recurrent_shift - cell.gate_fraction)[
        :, candidate
    ]
    unbiased = arriving + recurrent
    return {
        "bias": bias,
        "recurrent bias": recurrent_bias,
        "input accumulator": Wx,
        "recurrent accumulator": Us,
        "reset product": reset_product,
        "shifted input": arriving,
        "shifted recurrence": recurrent,
        # The bias comes last, so the sum has to fit without it as well.
        "pre-activation": _hull(unbiased, unbiased + bias),
        "gate sum": gate_sum(layer, unbiased + bias),
        "convex mix": mix_bounds(layer),
    }


def shifted(bounds: Exact, k: NDArray[np.int64]) -> Exact:
    """Bounds of gates after each gate's shift; exact where they still fit the word."""
    # A shift by the word's width takes all but 0 out of the word. A longer one would tell no more,
    # and a damaged exponent would fill the memory.
    return shift(bounds, np.minimum(k, WORD_BITS)[:, np.newaxis])


def gate_sum(layer: Layer, p: Exact) -> Exact:
    """⌊p/4⌋ + 1/2 of the hard sigmoid, before its clamp; a table has no such sum."""
    cell, total = layer.cell, _zeros(p.shape)
    if cell.activation == "hard":
        total = shift(p, cell.gate_fraction - cell.state_fraction - 2)
        total = total + (1 << cell.gate_fraction) // 2
        total[:, cell.gates.index("candidate")] = 0
    return total


def mix_bounds(layer: Layer) -> Exact:
    """|h| and |c| are at most 1, so z h + (1 − z) c is at most 1 on the product of both grids."""
    cell = layer.cell
    bounds = _zeros((2, len(cell.gates), layer.neurons))
    one = 1 << (cell.gate_fraction + cell.state_fraction)
    bounds[:, cell.gates.index("update")] = _exact([[-one], [one]])
    return bounds


def _exact(numbers: Any) -> Exact:
    return np.array(numbers, dtype=object)


def _zeros(shape: tuple[int, ...]) -> Exact:
    return np.full(shape, 0, dtype=object)


def _hull(a: Exact, b: Exact) -> Exact:
    """The least and the greatest of both."""
    return np.stack([np.minimum(a[0], b[0]), np.maximum(a[1], b[1])])


def _require(layer: str, quantity: str, bounds: Exact, gates: tuple[str, ...]) -> None:
    """Bounds of shape (…, gates, neurons) or (…, neurons) must lie within the word."""
    magnitude = np.abs(bounds)
    if magnitude.max(initial=0) <= WORD_LIMIT:
        return
    position = np.unravel_index(int(magnitude.argmax()), magnitude.shape)
    gate = gates[int(position[-2])] if len(gates) > 1 else gates[0]
    raise RangeError(
        f"{layer}, {gate}, neuron {int(position[-1])}: the {quantity} can reach "
        f"{int(magnitude.max())}, over {WORD_LIMIT}, the limit of {WORD_BITS} bits: "
        f"{REMEDIES.get(quantity, REMEDY)}"
    )
