"""Messages arrive through synapses, in Numba: each event adds one row of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import (
    Batch,
    Events,
    Listing,
    Messages,
    Numbers,
    Synapses,
)
from hardware.engines.event_driven.intrinsics import (
    LANES,
    at,
    left,
    lowest_bit,
    nonzero,
    put,
)
from hardware.kernels.parts import called, inlined, spliced


@inlined
def copy(out: Any, values: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = values[i]


@inlined
def fill(out: Any, value: int) -> None:
    for i in range(out.shape[0]):
        out[i] = value


@inlined
def four(row: Any) -> Any:
    return row[0], row[1], row[2], row[3]


@inlined
def list_events(values: Any, column: int, events: Events, end: int) -> int:
    """Append the sources with a nonzero value, numbered from `column` on; return the new end."""
    for start in range(0, values.shape[0], LANES):
        word = nonzero(values, start)
        while word != 0:
            i = start + np.intp(lowest_bit(word))
            events.sources[end] = column + i
            events.values[end] = values[i]
            end += 1
            word &= word - np.uint64(1)
    return end


@inlined
def arrive(accumulators: Numbers, synapses: Synapses, batch: Batch) -> None:
    """`accumulators += values · weights`. Accumulators with a base start with it first."""
    base, first = synapses.base, synapses.first
    if batch.begin == batch.end:
        copy(accumulators[first : first + base.shape[0]], base)
        return
    for span in range(synapses.quiet.shape[0]):
        begin, stop = synapses.quiet[span, 0], synapses.quiet[span, 1]
        copy(accumulators[begin:stop], base[begin - first : stop - first])
    for run in range(synapses.runs.shape[0]):
        place, target, length, scale = four(synapses.runs[run])
        some, done = accumulators[target : target + length], 0
        if base.shape[0]:
            start = base[target - first : target - first + length]
            begin_rows(synapses.weights, place, scale, batch, start, some)
            done = 2
        add_rows(synapses.weights, place, scale, batch, done, some)


@called
def arrive_dense(
    accumulators: Numbers, synapses: Synapses, values: NDArray[np.int16], listing: Listing
) -> None:
    """A row of values arrives, padded with zeros."""
    held, (found, change) = synapses.held, listing
    if synapses.by_change:
        T = held.dtype.type
        for i in range(held.shape[0]):
            change[i] = T(values[i]) - held[i]
        copy(held, values)
        end = list_events(change[: held.shape[0]], 0, found, 0)
    else:
        end = list_events(values[: held.shape[0]], 0, found, 0)
    arrive(accumulators, synapses, Batch(found, 0, end, 0))


@spliced
def arrive_at(
    accumulators: Numbers, synapses: Synapses, messages: Messages, row: int, listing: Listing
) -> None:
    """The messages of one step arrive."""
    if synapses.by_change:
        arrive_dense(accumulators, synapses, messages.rows[row], listing)
    else:
        batch = Batch(messages.events, messages.begin[row], messages.end[row], 0)
        arrive(accumulators, synapses, batch)


@inlined
def row_of(T: Any, weights: Any, batch: Batch, i: int, scale: int) -> Any:
    """The row of event i, and its factor on the grid of the accumulators."""
    events = batch.events
    return weights[events.sources[i] - batch.column], left(T(events.values[i]), scale)


@inlined
def last_row(T: Any, weights: Any, batch: Batch, i: int, scale: int) -> Any:
    """As `row_of`; behind the last event, the last row with a factor of 0."""
    events, there = batch.events, i < batch.end
    i = i if there else batch.end - 1
    value = T(events.values[i] if there else 0)
    return weights[events.sources[i] - batch.column], left(value, scale)


@inlined
def begin_rows(weights: Any, place: int, scale: int, batch: Batch, base: Any, sums: Any) -> None:
    """`sums = base + Σ factor · row` of the first two events; rows count from `place` on.

    The first two events write the accumulators, so that nothing has to clear them before.
    """
    T = sums.dtype.type
    a, fa = row_of(T, weights, batch, batch.begin, scale)
    b, fb = last_row(T, weights, batch, batch.begin + 1, scale)
    for n in range(sums.shape[0]):
        ab = T(fa * at(a, place + n)) + T(fb * at(b, place + n))
        put(sums, n, T(at(base, n) + T(ab)))


@inlined
def add_rows(weights: Any, place: int, scale: int, batch: Batch, done: int, sums: Any) -> None:
    """`sums += Σ factor · row` of the events after the first `done`, from column `place` on.

    Four events at a time: each pass over the accumulators costs a load and a store of each.
    """
    T, done, end = sums.dtype.type, batch.begin + done, batch.end
    while done + 2 < end:
        a, fa = row_of(T, weights, batch, done, scale)
        b, fb = row_of(T, weights, batch, done + 1, scale)
        c, fc = row_of(T, weights, batch, done + 2, scale)
        d, fd = last_row(T, weights, batch, done + 3, scale)
        for n in range(sums.shape[0]):
            i = place + n
            ab, cd = T(fa * at(a, i)) + T(fb * at(b, i)), T(fc * at(c, i)) + T(fd * at(d, i))
            put(sums, n, T(sums[n] + T(ab + cd)))
        done += 4
    if done < end:
        a, fa = row_of(T, weights, batch, done, scale)
        b, fb = last_row(T, weights, batch, done + 1, scale)
        for n in range(sums.shape[0]):
            ab = T(fa * at(a, place + n)) + T(fb * at(b, place + n))
            put(sums, n, T(sums[n] + T(ab)))
