"""What arrives through synapses, in Numba: a row of weights for each event."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.arrays import Scratch, Synapses
from hardware.engines.bits import LANES, at, inlined, lowest_bit, not_zero, put


@inlined
def copy(out: Any, values: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = values[i]


@inlined
def fill(out: Any, value: int) -> None:
    for i in range(out.shape[0]):
        out[i] = value


@inlined
def arrive(synapses: Synapses, values: NDArray[np.int16], scratch: Scratch) -> None:
    """`sums = values · weights`, by adding one row for each event."""
    held, sums, change = synapses.held, synapses.sums, scratch.change
    if synapses.by_change:
        T = sums.dtype.type
        for i in range(held.shape[0]):
            change[i] = T(values[i]) - held[i]
        copy(held, values)
        count = find_events(change[: held.shape[0]], scratch)
        add_rows(synapses.weights, scratch, 0, count, sums)
    else:
        count = find_events(values[: held.shape[0]], scratch)
        first = begin_with_rows(synapses.weights, scratch, count, sums)
        add_rows(synapses.weights, scratch, first, count, sums)


@inlined
def find_events(values: Any, scratch: Scratch) -> int:
    """List the sources whose value is not 0; returns how many there are."""
    count = 0
    for start in range(0, values.shape[0], LANES):
        word = not_zero(values, start)
        while word != 0:
            i = start + np.intp(lowest_bit(word))
            scratch.active[count] = i
            scratch.factors[count] = values[i]
            count += 1
            word &= word - np.uint32(1)
    return count


@inlined
def begin_with_rows(weights: Any, scratch: Scratch, count: int, sums: Any) -> int:
    """`sums = Σ factor · row` over the first active sources; how many these are."""
    T, active, factors = sums.dtype.type, scratch.active, scratch.factors
    if count == 0:
        fill(sums, 0)
        return 0
    a, fa = weights[active[0]], factors[0]
    if count == 1:
        for n in range(sums.shape[0]):
            put(sums, n, T(fa * at(a, n)))
        return 1
    b, fb = weights[active[1]], factors[1]
    for n in range(sums.shape[0]):
        put(sums, n, T(T(fa * at(a, n)) + T(fb * at(b, n))))
    return 2


@inlined
def add_rows(weights: Any, scratch: Scratch, first: int, count: int, sums: Any) -> None:
    """`sums += Σ factor · row` over the active sources from `first` on, four rows at a time."""
    T, active, factors = sums.dtype.type, scratch.active, scratch.factors
    done = first
    while done + 4 <= count:
        a, b = weights[active[done]], weights[active[done + 1]]
        c, d = weights[active[done + 2]], weights[active[done + 3]]
        fa, fb, fc, fd = factors[done], factors[done + 1], factors[done + 2], factors[done + 3]
        for n in range(sums.shape[0]):
            ab, cd = T(fa * at(a, n)) + T(fb * at(b, n)), T(fc * at(c, n)) + T(fd * at(d, n))
            put(sums, n, T(sums[n] + T(ab + cd)))
        done += 4
    while done < count:
        a, fa = weights[active[done]], factors[done]
        for n in range(sums.shape[0]):
            put(sums, n, T(sums[n] + T(fa * at(a, n))))
        done += 1


@inlined
def clear(synapses: Synapses) -> None:
    fill(synapses.held, 0)
    fill(synapses.sums, 0)
