"""Dense messages arrive, in Numba: whole rows of values are multiplied by all weights.

Where most sources send, this costs less than an event for each: `tiles` multiplies pairs of sources
for several rows together. The sums are exact, because a program that takes this path is proven to
need 32 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import Messages, Products, Synapses
from hardware.engines.event_driven.arrivals import copy, four
from hardware.engines.event_driven.intrinsics import at, left, put
from hardware.engines.event_driven.tiles import tile
from hardware.kernels.parts import called, inlined, spliced

MANY, SOME, WIDE, ALONE = 8, 4, 3, 6
"""Rows of a tile; panels of a tile of several rows, and of one row."""

many_wide, many_narrow = tile(MANY, WIDE), tile(MANY, 1)
some_wide, some_narrow = tile(SOME, WIDE), tile(SOME, 1)
one_wide, one_narrow = tile(1, ALONE), tile(1, 1)


@called
def multiply(
    packed: NDArray[np.int8],
    values: NDArray[np.int16],
    places: NDArray[np.int64],
    count: int,
    sums: NDArray[np.int32],
) -> None:
    """`sums[k] = weights · values[places[k]]` for the first `count` places."""
    panels, p, k = packed.shape[0], 0, 0
    if count == 1:
        while p + ALONE <= panels:
            one_wide(values, places, 0, count, packed, p, sums)
            p += ALONE
        while p < panels:
            one_narrow(values, places, 0, count, packed, p, sums)
            p += 1
        return
    # Panels outside: the weights of some stay in the nearest cache for all rows.
    while p + WIDE <= panels:
        k = 0
        while k + SOME < count:
            many_wide(values, places, k, count, packed, p, sums)
            k += MANY
        if k < count:
            some_wide(values, places, k, count, packed, p, sums)
        p += WIDE
    while p < panels:
        k = 0
        while k + SOME < count:
            many_narrow(values, places, k, count, packed, p, sums)
            k += MANY
        if k < count:
            some_narrow(values, places, k, count, packed, p, sums)
        p += 1


@inlined
def deposit(accumulators: Any, synapses: Synapses, sums: NDArray[np.int32]) -> None:
    """As `arrivals.arrive`, of one row of complete sums.

    Accumulators that are kept between steps are replaced: the sums are of values, not of changes.
    """
    T = accumulators.dtype.type
    base, first = synapses.base, synapses.first
    for span in range(synapses.quiet.shape[0]):
        begin, stop = synapses.quiet[span, 0], synapses.quiet[span, 1]
        copy(accumulators[begin:stop], base[begin - first : stop - first])
    for run in range(synapses.runs.shape[0]):
        place, target, length, scale = four(synapses.runs[run])
        some, new = accumulators[target : target + length], sums[place : place + length]
        if base.shape[0]:
            start = base[target - first : target - first + length]
            for n in range(length):
                put(some, n, T(at(start, n) + left(T(at(new, n)), scale)))
        elif synapses.by_change:
            for n in range(length):
                put(some, n, left(T(at(new, n)), scale))
        else:
            for n in range(length):
                put(some, n, T(some[n] + left(T(at(new, n)), scale)))


@inlined
def arrive_together(
    accumulators: Any, synapses: Synapses, values: Any, slots: Any, active: int, products: Products
) -> None:
    """A row of values arrives in each of the first `active` slots."""
    if synapses.packed.shape[0]:
        multiply(synapses.packed, values, slots, active, products.sums)
    for k in range(active):
        deposit(accumulators[slots[k]], synapses, products.sums[k])


@spliced
def arrive_ahead(
    accumulators: Any,
    synapses: Synapses,
    messages: Messages,
    row: int,
    reach: tuple[int, int, bool],
    slot: int,
    products: Products,
) -> None:
    """The messages of one step arrive in a slot; those of the next steps are multiplied with them.

    `reach` has the rows that the slot may read: the first, the end, and whether it reads backwards.
    """
    span, block = products.spans[slot], products.blocks[slot]
    if row < span[0] or row >= span[1]:
        low, high, backward = reach
        begin = max(row + 1 - block.shape[0], low) if backward else row
        end = min(begin + block.shape[0], high)
        if synapses.packed.shape[0]:
            for k in range(end - begin):
                products.places[k] = begin + k
            multiply(synapses.packed, messages.rows, products.places, end - begin, block)
        span[0], span[1] = begin, end
    deposit(accumulators, synapses, block[row - span[0]])


@inlined
def read_nothing_ahead(products: Products) -> None:
    """Forget the sums of the messages of another call."""
    for slot in range(products.spans.shape[0]):
        products.spans[slot, 0] = products.spans[slot, 1] = 0
