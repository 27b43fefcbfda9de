"""Two traces compared: where they first differ, and how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.definition.token_rows import parts
from hardware.errors import InputError
from hardware.runs.given import TraceLike, trace_of
from hardware.runs.trace import Trace
from hardware.runs.traced_layers import same_initial


@dataclass(frozen=True)
class Divergence:
    """The first value on which two engines disagree."""

    quantity: str
    layer: str
    sequence: int
    step: int
    neuron: int
    values: tuple[int, int]

    def __str__(self) -> str:
        return (
            f"sequence {self.sequence}, step {self.step}, {self.layer}, neuron {self.neuron}: "
            f"{self.quantity} {self.values[0]} against {self.values[1]}"
        )


@dataclass(frozen=True)
class Comparison:
    """Differences between two traces of the same inputs, over every step of every sequence."""

    engines: tuple[str, str]
    compared: dict[str, int]
    """Number of values compared, by quantity."""

    mismatches: dict[str, int]
    """Number of values that differ, by quantity."""

    by_layer: dict[str, dict[str, int]]
    """Number of values that differ, by layer and quantity, where any does."""

    differing_classes: int
    first: Divergence | None

    @property
    def equal(self) -> bool:
        return self.first is None


def compare(a: TraceLike, b: TraceLike) -> Comparison:
    """Compare every event, emission, membrane and score of `a` with that of `b`."""
    a, b = trace_of(a), trace_of(b)
    if not np.array_equal(a.lengths, b.lengths):
        raise InputError("these traces are of different sequences: run both on the same inputs")
    if not same_initial(a.initial, b.initial):
        raise InputError(
            "these traces began from different initial states: give both runs the same one"
        )
    compared: dict[str, int] = {}
    mismatches: dict[str, int] = {}
    by_layer: dict[str, dict[str, int]] = {}
    found: list[tuple[tuple[int, int, int], Divergence]] = []
    for order, (of_a, of_b) in enumerate(zip(a.quantities(), b.quantities(), strict=True)):
        quantity, layer, values_a = of_a
        values_b = of_b[2]
        if values_a.shape != values_b.shape:
            raise InputError(
                f"{layer}: {quantity}s of shape {values_a.shape} against {values_b.shape}: these "
                f"traces are of different programs"
            )
        compared[quantity] = compared.get(quantity, 0) + values_a.size
        mismatches.setdefault(quantity, 0)
        for part in parts(values_a):
            arrays = np.asarray(values_a[part]), np.asarray(values_b[part])
            differs = arrays[0] != arrays[1]
            number = int(differs.sum())
            if not number:
                continue
            mismatches[quantity] += number
            of_layer = by_layer.setdefault(layer, {})
            if quantity not in of_layer:
                first = _first(quantity, layer, differs, part.start, arrays, a)
                found.append(((first.sequence, first.step, order), first))
            of_layer[quantity] = of_layer.get(quantity, 0) + number
    return Comparison(
        engines=(a.engine, b.engine),
        compared=compared,
        mismatches=mismatches,
        by_layer=by_layer,
        differing_classes=_differing_classes(a, b),
        first=min(found, key=lambda item: item[0])[1] if found else None,
    )


def _differing_classes(a: Trace, b: Trace) -> int:
    """Sequences that both name differently; none of programs of values or of several heads."""
    if not (a.names_classes and b.names_classes):
        return 0
    differ: NDArray[np.bool_] = a.predictions != b.predictions
    return int(differ.any(axis=tuple(range(1, differ.ndim))).sum())


def _first(
    quantity: str,
    layer: str,
    differs: NDArray[np.bool_],
    begin: int,
    arrays: tuple[NDArray[np.integer], NDArray[np.integer]],
    trace: Trace,
) -> Divergence:
    """The first value that differs in two arrays, whose first row has the number `begin`."""
    within, neuron = (int(i) for i in np.argwhere(differs)[0])
    row = begin + within
    if quantity == "score" and not trace.answers_every_step:
        sequence, step = row, int(trace.lengths[row]) - 1
    else:
        sequence = int(np.searchsorted(trace.starts, row, side="right")) - 1
        step = row - int(trace.starts[sequence])
    a, b = (int(array[within, neuron]) for array in arrays)
    return Divergence(quantity, layer, sequence, step, neuron, (a, b))
