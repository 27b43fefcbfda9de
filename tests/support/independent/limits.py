"""The limits that keep every integer within 64 bits: docs/format.md, "Limits"."""

from collections.abc import Sequence

from independent.arithmetic import shifted
from independent.container import RefusedError
from independent.program import WINDOWED, Layer, Matrix, Readout

LARGEST = 2**31 - 1


def check_layer(layer: Layer, sent: int, alternatives: int) -> None:
    """Refuse a layer that can overflow; its sender sends magnitudes up to `sent`.

    Of `alternatives` adjacent sources at most one sends.
    """
    for gate, block in layer.input_weights.items():
        within(shifted(sent * largest_row(block, alternatives), max(layer.input_shift[gate], 0)))
    for gate, block in layer.recurrent_weights.items():
        d = largest(layer.recurrent_bias) if gate == "candidate" else 0
        reached = layer.largest * largest_row(block) + d
        within(shifted(reached, max(layer.recurrent_shift[gate], 0)))


def check_readout(readout: Readout, last: Layer, max_steps: int | None) -> None:
    """Refuse a readout that can overflow; `last` is a layer of the last level."""
    sent = 2**last.gate_fraction if readout.kind == "last" else last.largest
    reached = shifted(sent * largest_row(readout.weights), max(readout.shift, 0))
    within(reached)
    current = shifted(reached, min(readout.shift, 0)) + 1 + largest(readout.bias)
    counts = readout.kind in ("mean", "count")
    windowed = readout.kind in WINDOWED
    most = (max_steps or 1) if counts else readout.window if windowed else 2**readout.leak
    within(current * most)


def largest(values: Sequence[int]) -> int:
    """Return the largest magnitude."""
    return max((abs(value) for value in values), default=0)


def largest_row(matrix: Matrix, alternatives: int = 1) -> int:
    """Return the largest sum of magnitudes in a row, of one of each `alternatives`."""
    starts = range(0, len(matrix[0]), alternatives)
    return max(sum(largest(row[i : i + alternatives]) for i in starts) for row in matrix)


def within(reached: int) -> None:
    """Refuse a magnitude beyond the limit."""
    if reached > LARGEST:
        raise RefusedError(f"a quantity can reach {reached}")
