"""The integer operations of docs/format.md, "Notation" and "σ and tanh"."""

import math
from collections.abc import Sequence
from functools import cache


def shifted(n: int, k: int) -> int:
    """Return ⌊n · 2^k⌋."""
    return n << k if k >= 0 else n >> -k


def clamp(n: int, low: int, high: int) -> int:
    """Return `n` within `low` and `high`."""
    return low if n < low else high if n > high else n


def product(matrix: Sequence[Sequence[int]], vector: Sequence[int]) -> list[int]:
    """Return the matrix times the vector."""
    return [sum(w * x for w, x in zip(row, vector, strict=True)) for row in matrix]


def sigmoid(p: int, activation: str, gate_fraction: int, state_fraction: int) -> int:
    """Return σ of a pre-activation, on the gate grid."""
    if activation == "table":
        return sigmoid_table(gate_fraction)[entry(p, state_fraction)]
    half = 2 ** (gate_fraction - 1)
    return clamp(shifted(p, gate_fraction - state_fraction - 2) + half, 0, 2**gate_fraction)


def tanh(p: int, activation: str, state_fraction: int) -> int:
    """Return tanh of a pre-activation, on the state grid."""
    if activation == "table":
        return tanh_table(state_fraction)[entry(p, state_fraction)]
    return clamp(p, -(2**state_fraction), 2**state_fraction)


def entry(p: int, state_fraction: int) -> int:
    """Return the interval `j` of a pre-activation."""
    return clamp(shifted(p, 4 - state_fraction) + 128, 0, 255)


@cache
def sigmoid_table(fraction: int) -> list[int]:
    """Return the 256 entries of σ."""
    return [round(2**fraction / (1 + math.exp(-middle(j)))) for j in range(256)]


@cache
def tanh_table(fraction: int) -> list[int]:
    """Return the 256 entries of tanh."""
    return [round(2**fraction * math.tanh(middle(j))) for j in range(256)]


def middle(j: int) -> float:
    """Return the middle of interval `j`."""
    return -8 + (j + 0.5) / 16
