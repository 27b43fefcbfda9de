"""The range proof: interval arithmetic over the weights bounds every number of every neuron.

It proves, it does not sample: whatever the input, no accumulator, product or score leaves the
chip's 24-bit word. Since 24 bits are also what float32 holds exactly, the same proof shows that
training computed the chip's own bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import WORD_BITS, WORD_LIMIT, Integers, shift
from hardware.errors import RangeError
from hardware.program import Layer, Program, Readout

REMEDY = "fewer weight bits, a smaller layer, or smaller weights (more weight decay) would help"


def prove(program: Program) -> None:
    """Raise a RangeError for the first number that could leave the word."""
    largest_event = program.encoder.limit
    for layer in program.layers:
        prove_layer(layer, largest_event, signed=layer is program.layers[0])
        largest_event = 1
    bound = program.max_steps * largest_score_step(program.readout)
    _require("readout", "score", np.atleast_1d(bound), ("readout",))


def longest_sequence(readout: Readout) -> int:
    """The number of steps after which a readout score could leave the word."""
    return max(1, WORD_LIMIT // max(1, largest_score_step(readout)))


def largest_score_step(readout: Readout) -> int:
    """The largest |V s + b| of any output, for any spikes."""
    low, high = product_bounds(readout.weights, 0, 1)
    return int(np.maximum(np.abs(low + readout.bias), np.abs(high + readout.bias)).max())


def product_bounds(weights: NDArray[np.int8], low: int, high: int) -> tuple[Integers, Integers]:
    """The least and the greatest `w · x` of each row, for any x with every value in [low, high]."""
    positive = np.maximum(weights.astype(np.int64), 0).sum(axis=1)
    negative = np.minimum(weights.astype(np.int64), 0).sum(axis=1)
    return positive * low + negative * high, positive * high + negative * low


def prove_layer(layer: Layer, largest_event: int, signed: bool) -> None:
    """Bound both accumulators, the reset product, the pre-activations and the mix of one layer."""
    gates = layer.cell.gates
    one = 1 << layer.cell.gate_fraction
    shape = (len(gates), layer.neurons)
    event_range = (-largest_event if signed else 0, largest_event)
    Wx = np.reshape(product_bounds(layer.input_weights, *event_range), (2, *shape))
    Us = np.reshape(product_bounds(layer.recurrent_weights, 0, 1), (2, *shape))
    _require(layer.name, "input accumulator", Wx, gates)
    _require(layer.name, "recurrent accumulator", Us, gates)

    candidate = gates.index("candidate")
    inside_reset = Us[:, candidate] + layer.gate.recurrent_bias
    _require(layer.name, "reset product", one * inside_reset, ("candidate",))

    recurrent = shift(Us, layer.gate.recurrent_shift[:, np.newaxis])
    # r lies in [0, 1], so the reset product lies between 0 and its value at r = 1.
    scaled = shift(
        one * inside_reset, layer.gate.recurrent_shift[candidate] - layer.cell.gate_fraction
    )
    recurrent[0, candidate] = np.minimum(scaled[0], 0)
    recurrent[1, candidate] = np.maximum(scaled[1], 0)
    arriving = shift(Wx, layer.gate.input_shift[:, np.newaxis])
    _require(layer.name, "shifted input", arriving, gates)
    _require(layer.name, "shifted recurrence", recurrent, gates)
    _require(layer.name, "pre-activation", arriving + recurrent + layer.gate.bias, gates)

    # |h| and |c| are at most 1, so the mix is at most one · 1 on the product of both grids.
    mix = np.array([one << layer.cell.state_fraction])
    _require(layer.name, "convex mix", mix, ("update",))


def _require(layer: str, quantity: str, bounds: Integers, gates: tuple[str, ...]) -> None:
    """Bounds of shape (…, gates, neurons) or (…, neurons) must lie within the word."""
    magnitude = np.abs(bounds)
    if magnitude.max(initial=0) <= WORD_LIMIT:
        return
    position = np.unravel_index(int(magnitude.argmax()), magnitude.shape)
    gate = gates[int(position[-2])] if len(gates) > 1 else gates[0]
    raise RangeError(
        f"{layer}, {gate}, neuron {int(position[-1])}: the {quantity} can reach "
        f"{int(magnitude.max())}, over {WORD_LIMIT}, the limit of {WORD_BITS} bits: {REMEDY}"
    )
