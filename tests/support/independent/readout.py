"""Scores, their values and the class: docs/format.md, "Readout"."""

from collections.abc import Sequence

from independent.arithmetic import product, shifted
from independent.cell import Watch
from independent.program import Readout


def scores(
    readout: Readout, arriving: Sequence[Sequence[int]], membranes: Sequence[int], watch: Watch
) -> list[list[int]]:
    """Return one row of scores, or for `step` one row for each step.

    `arriving` are the emissions of the last level, `membranes` those that `last` reads.
    """
    if readout.kind == "last":
        y = current(readout, membranes, watch)
        watch("score", y)
        return [y]
    y, rows = [0] * len(readout.bias), []
    for m in arriving:
        new = current(readout, m, watch)
        if readout.kind == "leaky":
            y = [v - shifted(v, -readout.leak) + c for v, c in zip(y, new, strict=True)]
        elif readout.kind == "step":
            y = new
        else:
            y = [v + c for v, c in zip(y, new, strict=True)]
        watch("score", y)
        rows.append(y)
    return rows if readout.kind == "step" else rows[-1:]


def current(readout: Readout, m: Sequence[int], watch: Watch) -> list[int]:
    """Return ⌊V m · 2^shift⌋ + b."""
    accumulator = product(readout.weights, m)
    watch("m of the readout", list(m))
    watch("V m", accumulator)
    new = [shifted(v, readout.shift) + b for v, b in zip(accumulator, readout.bias, strict=True)]
    watch("⌊V m⌋ + b", new)
    return new


def values(readout: Readout, row: Sequence[int], steps: int) -> list[float]:
    """Return the values of a row of scores, in float64."""
    result = []
    for i, y in enumerate(row):
        value = float(y) * (readout.gain * 2.0 ** (readout.exponent - readout.leak))
        if readout.kind == "mean":
            value = value / float(steps)
        if readout.scale:
            value = value * readout.scale[i]
        if readout.offset:
            value = value + readout.offset[i]
        result.append(value)
    return result


def class_of(readout: Readout, row: Sequence[int]) -> int | list[int]:
    """Return the class, or for each class 1 where it is named and 0 where it is not."""
    if readout.decision == "any-of":
        return [1 if score > 0 else 0 for score in row]
    if readout.decision == "sign":
        return 1 if row[0] > 0 else 0
    return list(row).index(max(row))
