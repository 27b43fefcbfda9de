"""Values that could leave the chip's word are watched, in Numba, at every step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import (
    INPUT_ACCUMULATOR,
    MEMBRANE,
    PRE_ACTIVATION,
    RECURRENT_ACCUMULATOR,
    RESET_PRODUCT,
    WITH_BIAS,
    LayerState,
    Neurons,
    SaturationCounts,
)
from hardware.engines.event_driven.intrinsics import left, right
from hardware.engines.event_driven.updates import gate, of_gate, parts, reset_product
from hardware.kernels.parts import called, inlined


@called
def watch_step(
    neurons: Neurons,
    state: LayerState,
    inside: NDArray[Any],
    p: NDArray[Any],
    where: tuple[int, int, int],
    counts: SaturationCounts,
) -> None:
    """Check everything of a step that must lie within the word."""
    rules, n, T = neurons.rules, state.h.shape[0], state.h.dtype.type
    W, U = parts(state, neurons)
    for g in range(len(neurons.bias)):
        arrived, received = W[of_gate(g, n)], U[of_gate(g, n)]
        watch(arrived, where, np.int64(INPUT_ACCUMULATOR), g, counts)
        watch(received, where, np.int64(RECURRENT_ACCUMULATOR), g, counts)
        if g == rules.candidate and rules.resets_after:
            for j in range(n):
                inside[j] = received[j] + neurons.recurrent_bias[j]
            watch(inside, where, np.int64(WITH_BIAS), g, counts)
            gate(p, rules.reset_gate, state, neurons)
            shifts = neurons.inside_shift
            for j in range(n):
                inside[j] = reset_product(T, p[j], received[j], neurons.recurrent_bias[j], shifts)
            watch(inside, where, np.int64(RESET_PRODUCT), g, counts)
            received = inside
        shifts = neurons.shifts[g]
        W_left, W_right, U_left, U_right = shifts[0], shifts[1], shifts[2], shifts[3]
        for j in range(n):
            p[j] = right(left(arrived[j], W_left), W_right) + neurons.bias[g, j]
            p[j] += right(left(received[j], U_left), U_right)
        watch(p, where, np.int64(PRE_ACTIVATION), g, counts)
    watch(state.h, where, np.int64(MEMBRANE), np.int64(0), counts)


@called
def watch(
    values: Any, where: tuple[int, int, int], quantity: np.int64, g: Any, counts: SaturationCounts
) -> None:
    """Count the values outside the word; keep the first, by sequence, order and place.

    The quantity is no literal: Numba would compile this for each.
    """
    place = where[0], where[1], quantity, g
    for n in range(values.shape[0]):
        value = np.int64(values[n])
        if abs(value) > counts.limit:
            counts.counts[2] += 1
            first = counts.first
            if first[0] < 0 or is_before(place, first):
                first[0], first[1], first[2], first[3] = place
                first[4], first[5], first[6] = n, where[2], value


@inlined
def is_before(place: Any, first: Any) -> bool:
    """Whether a place is before the first one: by sequence, order, quantity and gate."""
    for i in range(4):
        if place[i] != first[i]:
            return bool(place[i] < first[i])
    return False
