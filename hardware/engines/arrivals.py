"""What arrives through synapses, in Numba: a row of weights for each event."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.arrays import Scratch, Synapses
from hardware.engines.bits import LANES, at, inlined, left, lowest_bit, not_zero, put


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
    """`sums += values · weights`, by adding one row for each event; first, some begin anew."""
    held, sums, change = synapses.held, synapses.sums, scratch.change
    if synapses.by_change:
        T = sums.dtype.type
        for i in range(held.shape[0]):
            change[i] = T(values[i]) - held[i]
        copy(held, values)
        count = find_events(change[: held.shape[0]], scratch)
    else:
        count = find_events(values[: held.shape[0]], scratch)
    copy(synapses.begin, synapses.base)
    if count == 0:
        return
    width = sums.shape[0] // synapses.scale.shape[0]
    for g in range(synapses.scale.shape[0]):
        first = g * width
        add_rows(synapses, first, scratch, count, synapses.scale[g], sums[first : first + width])


@inlined
def find_events(values: Any, scratch: Scratch) -> int:
    """List the sources whose value is not 0, and behind them four that send 0; returns how many.

    The first of a word is listed without asking whether it is there: where events are few, nobody
    can predict the answer, and a wrong guess costs more than the listing.
    """
    count = 0
    for start in range(0, values.shape[0], LANES):
        word = not_zero(values, start)
        list_event(values, start, word, count, scratch)
        count += int(word != 0)
        word &= word - np.uint64(1)
        while word != 0:
            list_event(values, start, word, count, scratch)
            count += 1
            word &= word - np.uint64(1)
    for i in range(4):
        scratch.active[count + i] = 0
        scratch.factors[count + i] = 0
    return count


@inlined
def list_event(values: Any, start: int, word: Any, count: int, scratch: Scratch) -> None:
    """The first source of a word that has one; any source of it where it has none."""
    i = start + (np.intp(lowest_bit(word)) & (LANES - 1))
    put(scratch.active, count, i)
    put(scratch.factors, count, at(values, i))


@inlined
def add_rows(
    synapses: Synapses, first: int, scratch: Scratch, count: int, scale: Any, sums: Any
) -> None:
    """`sums += Σ factor · row`, four rows at a time, of rows from column `first` on."""
    T, weights, active, factors = sums.dtype.type, synapses.weights, scratch.active, scratch.factors
    done = 0
    while done + 2 < count:
        a, b = weights[active[done]], weights[active[done + 1]]
        c, d = weights[active[done + 2]], weights[active[done + 3]]
        fa, fb = left(factors[done], scale), left(factors[done + 1], scale)
        fc, fd = left(factors[done + 2], scale), left(factors[done + 3], scale)
        for n in range(sums.shape[0]):
            i = first + n
            ab, cd = T(fa * at(a, i)) + T(fb * at(b, i)), T(fc * at(c, i)) + T(fd * at(d, i))
            put(sums, n, T(sums[n] + T(ab + cd)))
        done += 4
    if done < count:
        a, b = weights[active[done]], weights[active[done + 1]]
        fa, fb = left(factors[done], scale), left(factors[done + 1], scale)
        for n in range(sums.shape[0]):
            ab = T(fa * at(a, first + n)) + T(fb * at(b, first + n))
            put(sums, n, T(sums[n] + T(ab)))


@inlined
def clear(synapses: Synapses) -> None:
    """Forget what has come."""
    fill(synapses.held, 0)
    fill(synapses.sums, 0)
