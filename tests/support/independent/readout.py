"""Scores, their values and the class: docs/format.md, "Readout"."""

from collections.abc import Sequence

from independent.arithmetic import product, shifted
from independent.cell import Watch
from independent.program import WINDOWED, Head, Readout


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
    s, ring = y, [y for _ in range(readout.window)]
    for t, m in enumerate(arriving):
        new = current(readout, m, watch)
        place = t % readout.window if readout.kind in WINDOWED else 0
        if readout.kind == "leaky":
            y = [v - shifted(v, -readout.leak) + c for v, c in zip(y, new, strict=True)]
        elif readout.kind == "sliding":
            y = [v - old + c for v, old, c in zip(y, ring[place], new, strict=True)]
            ring[place] = new
        elif readout.kind == "tumbling":
            s = new if place == 0 else [v + c for v, c in zip(s, new, strict=True)]
            y = s if t < readout.window or place == readout.window - 1 else y
        elif readout.kind == "step":
            y = new
        else:
            y = [v + c for v, c in zip(y, new, strict=True)]
        watch("score", s if readout.kind == "tumbling" else y)
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
    scales = [s for head in readout.heads for s in head.scale or [None] * head.outputs]
    offsets = [o for head in readout.heads for o in head.offset or [None] * head.outputs]
    for y, scale, offset in zip(row, scales, offsets, strict=True):
        value = float(y) * (readout.gain * 2.0 ** (readout.exponent - readout.leak))
        if readout.kind == "mean":
            value = value / float(steps)
        if readout.kind in WINDOWED:
            value = value / float(min(steps, readout.window))
        if scale is not None:
            value = value * scale
        if offset is not None:
            value = value + offset
        result.append(value)
    return result


def rows_of_heads(readout: Readout, row: Sequence[int]) -> list[tuple[Head, list[int]]]:
    """Return each head with its own scores of a row."""
    left, found = list(row), []
    for head in readout.heads:
        found.append((head, left[: head.outputs]))
        left = left[head.outputs :]
    return found


def class_of(head: Head, row: Sequence[int]) -> int | list[int]:
    """Return the class, or for each class 1 where it is named and 0 where it is not."""
    if head.decision == "any-of":
        return [1 if score > 0 else 0 for score in row]
    if head.decision == "sign":
        return 1 if row[0] > 0 else 0
    return list(row).index(max(row))
