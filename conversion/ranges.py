"""Pass 6, ranges: interval arithmetic over the weights bounds every number of every neuron.

It proves, it does not sample: whatever the input, no accumulator, product, partial sum or score
leaves the chip's 24-bit word. Since 24 bits are also what float32 holds exactly, the same proof
shows that training computed the chip's own bits.

Bounds are Python integers, because a proof that could wrap would prove nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import WORD_BITS, WORD_LIMIT, shift
from hardware.definition.cell import Cell
from hardware.definition.formulation import RESET
from hardware.definition.readout import Readout
from hardware.definition.sums import largest_sums
from hardware.engines.magnitudes import ENDLESS
from hardware.errors import RangeError
from hardware.program.model import Layer, Program

Exact = NDArray[Any]
"""Python integers, which never wrap."""

Range = tuple[int, int]

REMEDY = "fewer weight bits, a smaller layer, or smaller weights (more weight decay) would help"
REMEDIES = {
    "bias": "a smaller bias (more weight decay) would help",
    "recurrent bias": "a smaller bias (more weight decay) would help",
    "convex mix": "fewer fraction bits of the gates or of the state would help",
    "score": "a smaller max_steps (shorter sequences), or a smaller readout bias would help",
}


def prove(program: Program) -> None:
    """Raise a RangeError for the first number that could leave the word."""
    events, alternatives = program.encoder.range, program.encoder.alternatives
    for level in program.levels:
        for layer in level:
            prove_layer(layer, events, alternatives)
        events, alternatives = level[0].cell.emission_range, 1
    prove_readout(program.readout, program.layers[-1].cell, program.max_steps)


def prove_layer(layer: Layer, events: Range, alternatives: int = 1) -> None:
    """Every number that a layer computes lies within the word, for any events in that range.

    Of `alternatives` adjacent sources at most one sends at a step.
    """
    prove_threshold(layer)
    prove_initial_membrane(layer)
    for quantity, bounds in layer_bounds(layer, events, alternatives).items():
        _require(layer.name, quantity, bounds, layer.cell.gates)


def prove_threshold(layer: Layer) -> None:
    """0 < θ < 1: all that keeps a membrane within ±1 when a spike takes θ from it.

    A change that is sent may be of any size, so θ = 0 is a threshold too where states are sent.
    """
    if not layer.cell.emission.has_threshold:
        return
    one, threshold = 1 << layer.cell.state_fraction, layer.gate.threshold
    least = 1 if layer.cell.spiking else 0
    outside = np.flatnonzero((threshold < least) | (threshold >= one))
    if outside.size:
        neuron = int(outside[0])
        raise RangeError(
            f"{layer.name}, threshold, neuron {neuron}: the threshold is {int(threshold[neuron])}, "
            f"allowed are {least} to {one - 1} in steps of 2^-{layer.cell.state_fraction} "
            f"(0 {'<' if least else '≤'} θ < 1): a fixed threshold would help"
        )


def prove_initial_membrane(layer: Layer) -> None:
    """|h| ≤ 1 at the start, and so for ever."""
    one, start = 1 << layer.cell.state_fraction, layer.initial_membrane
    outside = np.flatnonzero(np.abs(start) > one)
    if outside.size:
        neuron = int(outside[0])
        raise RangeError(
            f"{layer.name}, initial membrane, neuron {neuron}: it is {int(start[neuron])}, allowed "
            f"are −{one} to {one}, because a membrane lies within ±1"
        )


def prove_readout(readout: Readout, cell: Cell, steps: int | None) -> None:
    """No sum of weights and no score leaves the word in that many steps, for any emission."""
    longest, most = longest_window(readout, cell), ENDLESS if steps is None else steps
    if longest and longest < readout.summed(most):
        raise RangeError(
            f"readout: a window of {readout.window} steps can leave the {WORD_BITS} bits of the "
            f"word: use a window of at most {longest} steps"
        )
    for quantity, bounds in readout_bounds(readout, cell, steps).items():
        _require("readout", quantity, bounds, ("readout",))


def readout_bounds(readout: Readout, cell: Cell, steps: int | None) -> dict[str, Exact]:
    """The bounds of every number of a readout, by its name, in the order of computation.

    `steps` is None for any number of steps.
    """
    products = _stacked(product_bounds(readout.weights, *_seen(readout, cell)))
    return {
        "bias": _exact(readout.bias),
        "accumulator": products,
        "shifted accumulator": shifted(products, readout.shift),
        "score": score_bound(readout, cell, ENDLESS if steps is None else steps),
    }


def longest_sequence(readout: Readout, cell: Cell) -> int | None:
    """The steps after which a score that only adds up could leave the word; None if it does not."""
    return max(1, _most_summed(readout, cell)) if readout.grows else None


def longest_window(readout: Readout, cell: Cell) -> int | None:
    """The longest window whose sums all lie within the word, 0 if none does; None without one."""
    return _most_summed(readout, cell) if readout.window else None


def _most_summed(readout: Readout, cell: Cell) -> int:
    """The most currents whose sum lies within the word."""
    return WORD_LIMIT // max(1, int(score_bound(readout, cell, 1).max()))


def score_bound(readout: Readout, cell: Cell, steps: int) -> Exact:
    """The largest |score| of each output after that many steps, for any emission.

    A leaky score settles where 2^-leak of it leaks as fast as current arrives, and rounding with
    it: |y| ≤ (|current| + 1) · 2^leak. A sum of a window has at most as many currents as the window
    has steps; so has every partial sum of its step.
    """
    products = _stacked(product_bounds(readout.weights, *_seen(readout, cell)))
    current = np.abs(shifted(products, readout.shift) + _exact(readout.bias)).max(0)
    if readout.row.leaks:
        return (current + 1) * 2**readout.leak
    return int(readout.summed(steps)) * current


def _seen(readout: Readout, cell: Cell) -> Range:
    """The range of what a readout sees: emissions, or membranes on the gate grid."""
    one = 1 << cell.gate_fraction
    return (-one, one) if readout.sees_membranes else cell.emission_range


def product_bounds(
    weights: NDArray[np.int8], low: int, high: int, alternatives: int = 1
) -> tuple[Exact, Exact]:
    """The least and the greatest `w · x` of each row, for any x with every value in [low, high].

    Of `alternatives` adjacent values at most one is not 0.
    """
    positive, negative = map(_exact, largest_sums(weights, alternatives))
    return positive * low + negative * high, positive * high + negative * low


def layer_bounds(layer: Layer, events: Range, alternatives: int = 1) -> dict[str, Exact]:
    """The least and the greatest value of every number of a layer's step, by its name.

    Each is an array of (least / greatest, gates, neurons), in the order of computation.
    """
    cell, gate, row, candidate = layer.cell, layer.gate, layer.cell.row, layer.cell.candidate
    shape = (2, len(cell.gates), layer.neurons)
    Wx, Ue, arriving, recurrent = (_zeros(shape) for _ in range(4))
    bias, recurrent_bias = _zeros(shape), _zeros(shape)
    bias[:] = _exact(gate.bias)
    recurrent_bias[:, candidate] = _exact(gate.recurrent_bias)
    for name, k in zip(row.input_gates, gate.input_shift, strict=True):
        g = cell.gates.index(name)
        Wx[:, g] = _stacked(product_bounds(layer.input_rows(name), *events, alternatives))
        arriving[:, g] = shifted(Wx[:, g], k)
    shifts = dict(zip(row.recurrent_gates, gate.recurrent_shift, strict=True))
    for message in row.messages:
        of_reset = message.stream == RESET
        received = cell.reset_message_range if of_reset else cell.emission_range
        finer = cell.gate_fraction - cell.event_fraction if of_reset else 0
        for name in message.gates:
            g = cell.gates.index(name)
            Ue[:, g] = _stacked(product_bounds(layer.recurrent_rows(name), *received))
            recurrent[:, g] = shifted(Ue[:, g], shifts[name] - finer)
    reset: dict[str, Exact] = {}
    if row.resets_after:
        inside = (Ue + recurrent_bias)[:, candidate]
        reset = {"recurrent accumulator with its bias": inside}
        reset |= reset_bounds(layer, inside, shifts["candidate"])
        recurrent[:, candidate] = reset.pop("recurrence")
    unbiased = arriving + recurrent
    return {
        "bias": bias,
        "recurrent bias": recurrent_bias,
        "input accumulator": Wx,
        "recurrent accumulator": Ue,
        **{name: _only(bounds, shape, candidate) for name, bounds in reset.items()},
        "shifted input": arriving,
        "shifted recurrence": recurrent,
        # The bias comes last, so the sum has to fit without it as well.
        "pre-activation": _hull(unbiased, unbiased + bias),
        "gate sum": gate_sum(layer, unbiased + bias),
        "convex mix": mix_bounds(layer),
    }


def reset_bounds(layer: Layer, current: Exact, k: int) -> dict[str, Exact]:
    """The bounds of `hardware.definition.cell.reset_product`, and of its result.

    r lies in [0, 1], so the product lies between 0 and its value at r = 1.
    """
    cell = layer.cell
    S, G = cell.state_fraction, cell.gate_fraction
    bounds, rest = {}, k - G
    if not cell.spiking:
        current, rest = shifted(current, k - S + G), S - 2 * G
        bounds["shifted recurrent accumulator"] = current
    at_one = current * (1 << G)
    product = np.stack([np.minimum(at_one[0], 0), np.maximum(at_one[1], 0)])
    return {**bounds, "reset product": product, "recurrence": shifted(product, rest)}


def shifted(bounds: Exact, k: int) -> Exact:
    """Bounds after a shift; exact where they still fit the word."""
    # A shift by the word's width takes all but 0 out of the word. A longer one would tell no more,
    # and a damaged exponent would fill the memory.
    return shift(bounds, np.minimum(k, WORD_BITS))


def gate_sum(layer: Layer, p: Exact) -> Exact:
    """⌊p/4⌋ + 1/2 of the hard sigmoid, before its clamp; a table has no such sum."""
    cell, total = layer.cell, _zeros(p.shape)
    if not cell.functions.table:
        total = shift(p, cell.gate_fraction - cell.state_fraction - 2)
        total = total + (1 << cell.gate_fraction) // 2
        total[:, cell.candidate] = 0
    return total


def mix_bounds(layer: Layer) -> Exact:
    """|h| and |c| are at most 1, so z h + (1 − z) c is at most 1 on the product of both grids.

    So is o ⊙ h, and of a product on the gate grid alone, r ⊙ e, the bound is smaller.
    """
    cell = layer.cell
    bounds = _zeros((2, len(cell.gates), layer.neurons))
    one = 1 << (cell.gate_fraction + cell.state_fraction)
    bounds[:, cell.gates.index(cell.row.mixing)] = _exact([[-one], [one]])
    return bounds


def _exact(numbers: Any) -> Exact:
    return np.array(numbers, dtype=object)


def _stacked(bounds: tuple[Exact, Exact]) -> Exact:
    return np.stack(bounds)


def _zeros(shape: tuple[int, ...]) -> Exact:
    return np.full(shape, 0, dtype=object)


def _only(bounds: Exact, shape: tuple[int, ...], gate: int) -> Exact:
    """Bounds of one gate among all."""
    whole = _zeros(shape)
    whole[:, gate] = bounds
    return whole


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
