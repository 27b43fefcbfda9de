"""The integer arithmetic of the chip, defined once, in NumPy.

A number is an integer `n` with `f` fraction bits and stands for `n · 2^-f`. Two grids are used:
the *state* grid (membrane, candidate, pre-activations, biases) and the *gate* grid (z, r).
Every rounding is the arithmetic right shift of the chip, that is the floor.

Whatever else computes these functions (the torch layers, the engines, the Lava processes) is
tested equal to this module bit for bit, or calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import exp, isfinite, tanh
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.errors import RangeError

Integers = NDArray[np.int64]

WORD_BITS = 24
"""Width of an accumulator or state word; a value must lie within ±(2^23 − 1)."""

WORD_LIMIT = 2 ** (WORD_BITS - 1) - 1

TABLE_ENTRIES = 256
TABLE_RANGE = 8
"""A table of 256 entries covers [−8, 8) in steps of 1/16."""

STORED_LIMIT = 2**31 - 1
"""A program keeps its integers in 32 bits."""

SMALLEST_EXPONENT = -20
"""Weights are never resolved finer than 2^-20, so that no shift leaves the word."""


def shift(x: Integers, k: int | NDArray[np.int64]) -> Integers:
    """⌊x · 2^k⌋: a left shift for k > 0, an arithmetic right shift for k < 0."""
    if isinstance(k, np.ndarray):
        return np.left_shift(x, np.maximum(k, 0)) >> np.maximum(-k, 0)
    places = np.int64(abs(k))
    return np.left_shift(x, places) if k > 0 else np.right_shift(x, places)


def clamp(x: Integers, low: int, high: int) -> Integers:
    """x within low … high; what `np.clip` does, in half the time for a few numbers."""
    return np.minimum(np.maximum(x, low), high)


def hard_sigmoid(p: Integers, state_fraction: int, gate_fraction: int) -> Integers:
    """σ(p) = clamp(⌊p/4⌋ + 1/2, 0, 1), from the state grid to the gate grid."""
    one = 1 << gate_fraction
    return clamp(shift(p, gate_fraction - state_fraction - 2) + one // 2, 0, one)


def hard_tanh(p: Integers, state_fraction: int) -> Integers:
    """tanh(p) = clamp(p, −1, 1), on the state grid."""
    one = 1 << state_fraction
    return clamp(p, -one, one)


@cache
def sigmoid_table(gate_fraction: int) -> Integers:
    """σ at the middle of each of the 256 intervals of [−8, 8), rounded to the gate grid."""
    return _table(lambda v: 1 / (1 + exp(-v)), gate_fraction)


@cache
def tanh_table(state_fraction: int) -> Integers:
    """tanh at the middle of each of the 256 intervals of [−8, 8), rounded to the state grid."""
    return _table(tanh, state_fraction)


def _table(function: Callable[[float], float], fraction: int) -> Integers:
    width = 2 * TABLE_RANGE / TABLE_ENTRIES
    middles = [-TABLE_RANGE + (i + 0.5) * width for i in range(TABLE_ENTRIES)]
    table = np.array([round(function(v) * 2**fraction) for v in middles], dtype=np.int64)
    table.setflags(write=False)
    return table


def table_index(p: Integers, state_fraction: int) -> Integers:
    """clamp(⌊16 p⌋ + 128, 0, 255): the interval of [−8, 8) that holds p."""
    steps_per_one = TABLE_ENTRIES // (2 * TABLE_RANGE)
    log_steps = steps_per_one.bit_length() - 1
    index = shift(p, log_steps - state_fraction) + TABLE_ENTRIES // 2
    return clamp(index, 0, TABLE_ENTRIES - 1)


def table_sigmoid(p: Integers, state_fraction: int, gate_fraction: int) -> Integers:
    """σ(p) from its table, from the state grid to the gate grid."""
    return sigmoid_table(gate_fraction)[table_index(p, state_fraction)]


def table_tanh(p: Integers, state_fraction: int) -> Integers:
    """tanh(p) from its table, on the state grid."""
    return tanh_table(state_fraction)[table_index(p, state_fraction)]


class Activation(NamedTuple):
    """How σ and tanh are computed."""

    table: bool
    """Whether values come from tables of 256 entries; if not, functions are clamped lines."""

    sigmoid: Callable[[Integers, int, int], Integers]
    tanh: Callable[[Integers, int], Integers]


ACTIVATIONS = {
    "hard": Activation(False, hard_sigmoid, hard_tanh),
    "table": Activation(True, table_sigmoid, table_tanh),
}


def sigmoid(p: Integers, activation: str, state_fraction: int, gate_fraction: int) -> Integers:
    """σ from the state grid to the gate grid."""
    return ACTIVATIONS[activation].sigmoid(p, state_fraction, gate_fraction)


def candidate_tanh(p: Integers, activation: str, state_fraction: int) -> Integers:
    """tanh on the state grid."""
    return ACTIVATIONS[activation].tanh(p, state_fraction)


def mix(z: Integers, kept: Integers, written: Integers, gate_fraction: int) -> Integers:
    """⌊z · kept + (1 − z) · written⌋: the convex mix of two states by a gate."""
    one = 1 << gate_fraction
    return shift(z * kept + (one - z) * written, -gate_fraction)


def fire(h: Integers, threshold: Integers) -> Integers:
    """s = 1 where h > θ, else 0."""
    return (h > threshold).astype(np.int64)


def weight_exponent(largest: float, bits: int) -> int:
    """The smallest e ≥ −20 for which round(largest · 2^-e) ≤ 2^(bits−1) − 1."""
    if not isfinite(largest):
        raise RangeError(f"the largest weight is {largest}: weights must be finite numbers")
    limit = 2 ** (bits - 1) - 1
    exponent = SMALLEST_EXPONENT
    while round(largest * 2.0**-exponent) > limit:
        exponent += 1
    return exponent


def quantise(values: NDArray[np.floating], exponent: int) -> Integers:
    """round(values · 2^-exponent), half to even; a RangeError for what 32 bits do not hold."""
    with np.errstate(over="ignore"):
        rounded = np.rint(np.asarray(values, dtype=np.float64) * 2.0**-exponent)
    # NaN compares false with every limit, so it is refused here as well.
    refused = np.flatnonzero(~(np.abs(rounded) <= STORED_LIMIT))
    if refused.size:
        value = float(np.ravel(values)[refused[0]])
        raise RangeError(
            f"{value} is not a number that can be converted: expected a finite one of at most "
            f"{STORED_LIMIT} steps of 2^{exponent}: smaller weights and biases would help"
        )
    return rounded.astype(np.int64)
