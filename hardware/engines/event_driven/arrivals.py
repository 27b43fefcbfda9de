"""What arrives through synapses, in Numba: a row of weights for each event."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import Events, Messages, Scratch, Synapses
from hardware.engines.event_driven.intrinsics import (
    LANES,
    at,
    called,
    inlined,
    left,
    lowest_bit,
    not_zero,
    put,
)


@inlined
def copy(out: Any, values: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = values[i]


@inlined
def fill(out: Any, value: int) -> None:
    for i in range(out.shape[0]):
        out[i] = value


@inlined
def list_events(values: Any, column: int, events: Events, end: int) -> int:
    """Append the sources whose value is not 0, counted from `column` on; returns the new end."""
    for start in range(0, values.shape[0], LANES):
        word = not_zero(values, start)
        while word != 0:
            i = start + np.intp(lowest_bit(word))
            events.sources[end] = column + i
            events.values[end] = values[i]
            end += 1
            word &= word - np.uint64(1)
    return end


@inlined
def arrive(synapses: Synapses, events: Events, begin: int, end: int, column: int) -> None:
    """`sums += values · weights`, by adding a row for each event; first, some sums begin anew.

    Sources are counted from `column` on.
    """
    sums, base = synapses.sums, synapses.base
    before = base.shape[0] - sums.shape[0]
    if base.shape[0]:
        if begin == end:
            copy(synapses.begin, base)
        else:
            copy(synapses.begin[:before], base)
    if begin == end:
        return
    for run in range(synapses.scale.shape[0]):
        place, stop, done = synapses.edges[run], synapses.edges[run + 1], 0
        scale, some = synapses.scale[run], sums[place:stop]
        if base.shape[0]:
            rest = base[before + place : before + stop]
            begin_rows(synapses.weights, place, events, begin, end, column, scale, rest, some)
            done = 2
        add_rows(synapses.weights, place, events, begin + done, end, column, scale, some)


@called
def arrive_dense(synapses: Synapses, values: NDArray[np.int16], scratch: Scratch) -> None:
    """A row of values arrives, padded with zeros."""
    held, change = synapses.held, scratch.change
    if synapses.by_change:
        T = held.dtype.type
        for i in range(held.shape[0]):
            change[i] = T(values[i]) - held[i]
        copy(held, values)
        end = list_events(change[: held.shape[0]], 0, scratch.events, 0)
    else:
        end = list_events(values[: held.shape[0]], 0, scratch.events, 0)
    arrive(synapses, scratch.events, 0, end, 0)


@inlined
def arrive_at(synapses: Synapses, messages: Messages, row: int, scratch: Scratch) -> None:
    """What is sent at a step arrives."""
    if synapses.by_change:
        arrive_dense(synapses, messages.rows[row], scratch)
    else:
        arrive(synapses, messages.events, messages.begin[row], messages.end[row], 0)


@inlined
def row_of(weights: Any, events: Events, i: int, column: int, scale: Any) -> Any:
    """The row of event i, and its factor on the grid of the sums."""
    return weights[events.sources[i] - column], left(type(scale)(events.values[i]), scale)


@inlined
def last_row(weights: Any, events: Events, i: int, end: int, column: int, scale: Any) -> Any:
    """As `row_of`, with a factor of 0 behind the last event."""
    there = i < end
    i = i if there else end - 1
    value = type(scale)(events.values[i] if there else 0)
    return weights[events.sources[i] - column], left(value, scale)


@inlined
def begin_rows(
    weights: Any,
    place: int,
    events: Events,
    begin: int,
    end: int,
    column: int,
    scale: Any,
    base: Any,
    sums: Any,
) -> None:
    """`sums = base + Σ factor · row` of the first two events, of rows from `place` on."""
    T = sums.dtype.type
    a, fa = row_of(weights, events, begin, column, scale)
    b, fb = last_row(weights, events, begin + 1, end, column, scale)
    for n in range(sums.shape[0]):
        ab = T(fa * at(a, place + n)) + T(fb * at(b, place + n))
        put(sums, n, T(at(base, n) + T(ab)))


@inlined
def add_rows(
    weights: Any,
    place: int,
    events: Events,
    begin: int,
    end: int,
    column: int,
    scale: Any,
    sums: Any,
) -> None:
    """`sums += Σ factor · row` of these events, four at a time, of rows from `place` on."""
    T, done = sums.dtype.type, begin
    while done + 2 < end:
        a, fa = row_of(weights, events, done, column, scale)
        b, fb = row_of(weights, events, done + 1, column, scale)
        c, fc = row_of(weights, events, done + 2, column, scale)
        d, fd = last_row(weights, events, done + 3, end, column, scale)
        for n in range(sums.shape[0]):
            i = place + n
            ab, cd = T(fa * at(a, i)) + T(fb * at(b, i)), T(fc * at(c, i)) + T(fd * at(d, i))
            put(sums, n, T(sums[n] + T(ab + cd)))
        done += 4
    if done < end:
        a, fa = row_of(weights, events, done, column, scale)
        b, fb = last_row(weights, events, done + 1, end, column, scale)
        for n in range(sums.shape[0]):
            ab = T(fa * at(a, place + n)) + T(fb * at(b, place + n))
            put(sums, n, T(sums[n] + T(ab)))


@inlined
def clear(synapses: Synapses) -> None:
    """Forget what has come."""
    fill(synapses.held, 0)
    fill(synapses.sums, 0)
