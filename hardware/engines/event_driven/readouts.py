"""The readout's inner loop, in Numba."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import (
    ACCUMULATOR,
    SCORE,
    Messages,
    Part,
    Reading,
    ReadoutState,
    SaturationCounts,
)
from hardware.engines.event_driven.arrivals import arrive_at, arrive_dense, copy, fill
from hardware.engines.event_driven.intrinsics import left, right
from hardware.engines.event_driven.products import arrive_ahead, read_nothing_ahead
from hardware.engines.event_driven.watching import watch
from hardware.kernels.calls import Kernel
from hardware.kernels.fields import arguments_at
from hardware.kernels.parts import inlined


@inlined
def add_to_window(reading: Reading, state: ReadoutState, j: int, current: int, step: int) -> None:
    """Take one more current of an output, as `hardware.definition.window` has it."""
    place = step % reading.window
    if reading.slides:
        state.score[j] += current - state.window[place, j]
        state.window[place, j] = current
        return
    sums = current if place == 0 else state.window[0, j] + current
    state.window[0, j] = sums
    if step < reading.window or place == reading.window - 1:
        state.score[j] = sums


class ReadoutConstants(NamedTuple):
    """The arguments of `run_readout` that are the same in every call."""

    reading: Reading
    state: ReadoutState


class ReadoutCall(NamedTuple):
    """The other arguments of `run_readout`."""

    arriving: Messages
    ends: NDArray[np.int16]
    """The last membranes on the gate grid, for a readout that receives them."""

    part: Part
    scores: NDArray[np.int64]
    counts: SaturationCounts


@Kernel
def run_readout(form: Any, address: int) -> int:
    """Compute the scores of sequences, as `hardware.definition.readout` has it."""
    (reading, state), (arriving, ends, part, scores, counts) = arguments_at(form, address)
    synapses, score, shift = state.synapses, state.score, reading.shift
    accumulators, products = state.accumulators, state.scratch.products
    read_nothing_ahead(products)
    for s in range(len(part.starts)):
        if part.begins[s]:
            fill(accumulators, 0)
            fill(synapses.held, 0)
            fill(score, 0)
            # Only the words that the sequence before has written: a window may be long.
            for word in range(min(state.steps[0], len(state.window))):
                fill(state.window[word], 0)
            state.steps[0] = 0
        for i in range(part.lengths[s] - 1 if reading.once else 0, part.lengths[s]):
            row = part.starts[s] + i
            if reading.once:
                arrive_dense(accumulators, synapses, ends[s], state.scratch.listing)
            elif arriving.dense:
                ahead = part.starts[s], part.starts[s] + part.lengths[s], False
                arrive_ahead(accumulators, synapses, arriving, row, ahead, 0, products)
            else:
                arrive_at(accumulators, synapses, arriving, row, state.scratch.listing)
            step = state.steps[0]
            for j in range(len(score)):
                current = right(left(accumulators[j], shift[0]), shift[1])
                current = np.int64(current) + reading.bias[j]
                if not reading.keeps:
                    score[j] = current
                elif reading.leak:
                    score[j] += current - (score[j] >> reading.leak)
                elif reading.window:
                    add_to_window(reading, state, j, current, step)
                else:
                    score[j] += current
            state.steps[0] = step + 1
            if reading.every_step:
                copy(scores[row], score)
            if counts.counting and reading.watched:
                where = part.sequence[0] + s, part.order[0] + i, part.order[0] + i
                watch(accumulators, where, np.int64(ACCUMULATOR), np.int64(0), counts)
                # A tumbling score is a copy of an earlier sum.
                sums = state.window[0] if reading.tumbles else score
                watch(sums, where, np.int64(SCORE), np.int64(0), counts)
        if not reading.every_step:
            copy(scores[s], score)
    return 0
