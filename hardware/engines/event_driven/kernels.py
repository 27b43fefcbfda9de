"""The inner loops of the events engine, in Numba: work where an event is, neurons in rows.

They compute the step of `hardware.definition` in 32-bit integers, or in 64-bit ones where a program
needs them: the type of the arrays decides. Tests compare every kind of program with the definition.

`arrivals` and `updates` are inlined here. Nothing is allocated and no reference counted: both would
cost more than the arithmetic.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import (
    ACCUMULATOR,
    INPUT_ACCUMULATOR,
    MEMBRANE,
    PRE_ACTIVATION,
    RECURRENT_ACCUMULATOR,
    RESET_PRODUCT,
    SCORE,
    WITH_BIAS,
    Batch,
    Initial,
    LayerState,
    Messages,
    Neurons,
    Part,
    Reading,
    ReadoutState,
    SaturationCounts,
    Scratch,
    Sent,
    Slots,
)
from hardware.engines.event_driven.arrivals import (
    arrive,
    arrive_at,
    arrive_dense,
    copy,
    fill,
    list_events,
)
from hardware.engines.event_driven.fields import arguments_at
from hardware.engines.event_driven.intrinsics import inlined, left, right
from hardware.engines.event_driven.products import (
    arrive_ahead,
    arrive_together,
    read_nothing_ahead,
)
from hardware.engines.event_driven.updates import (
    emit,
    emit_and_reset,
    gate,
    new_state,
    of_gate,
    parts,
    reset_product,
    scaled,
    to_gate_grid,
)
from hardware.files.kernel_cache import compiled


class LayerConstants(NamedTuple):
    """The arguments of `run_layer` that are the same in every call."""

    neurons: Neurons
    state: LayerState


class LayerCall(NamedTuple):
    """The other arguments of `run_layer`."""

    arriving: Messages
    part: Part
    sent: Sent
    initial: Initial
    counts: SaturationCounts


@compiled
def run_layer(form: Any, address: int) -> int:
    """Run sequences through a layer, as `hardware.definition.cell.step` has it.

    Where a layer's own messages are dense, several sequences are computed in step: when one ends,
    the next one takes its slot.
    """
    (neurons, state), (arriving, part, sent, initial, counts) = arguments_at(form, address)
    rules, n, emitted, column = neurons.rules, state.h.shape[1], sent.messages, sent.column
    slots, products, end = state.scratch.slots, state.scratch.products, sent.end[0] if column else 0
    order, accumulators, e = slots.order, state.accumulators, state.e
    message, rows = state.scratch.message, state.scratch.rows
    listed, grid = len(emitted.begin) > 0, to_gate_grid(rules)
    apart = arriving.dense or not state.input.by_change
    together = len(state.h) if emitted.dense and apart and all_begin(part) else 1
    read_nothing_ahead(products)
    active = taken = begun = 0
    while True:
        while active < together and taken < len(part.starts):
            b = order[active]
            one = of_slot(state, b)
            if part.begins[taken]:
                start_clean(one, neurons)
                if len(initial.membrane):
                    copy(one.e, initial.emission[begun])
                    copy(one.h, initial.membrane[begun])
                begun += 1
            slots.sequence[b], slots.step[b], slots.begin[b] = taken, 0, end
            if listed:
                end = list_events(one.e, column, emitted.events, end)
            slots.end[b] = end
            if part.lengths[taken]:
                active += 1
            else:
                last_membranes(sent.ends[taken, column:], one.h, grid)
            taken += 1
        if active == 0:
            break
        for k in range(active):
            b = order[k]
            row = row_of_slot(slots, b, part, rules.backward)
            if arriving.dense:
                in_order = together == 1 and not rules.backward
                reach = rows_of_slot(slots, b, part, in_order)
                ahead = reach[0], reach[1], rules.backward
                arrive_ahead(accumulators[b], state.input, arriving, row, ahead, b, products)
            else:
                arrive_at(accumulators[b], state.input, arriving, row, state.scratch)
        if emitted.dense:
            arrive_together(accumulators, state.emission, e, order, active, products)
        elif state.emission.by_change:
            arrive_dense(accumulators[0], state.emission, e[0], state.scratch)
        else:
            batch = Batch(emitted.events, slots.begin[0], slots.end[0], column)
            arrive(accumulators[0], state.emission, batch)
        clamps = 0
        if rules.resets_before:
            for k in range(active):
                one = of_slot(state, order[k])
                clamps += gate(one.scratch.rows[0], rules.reset_gate, one, neurons)
                scaled(one.scratch.message, one.scratch.rows[0], one.e, rules.event_fraction)
            if emitted.dense:
                arrive_together(accumulators, state.reset, message, order, active, products)
            else:
                arrive_dense(accumulators[0], state.reset, message[0], state.scratch)
        of_candidate = 0
        for k in range(active):
            one = of_slot(state, order[k])
            # Two calls, so that `joined` is a literal in each.
            if rules.joined:
                found = new_state(one.scratch.rows[1], one, neurons, True)
            else:
                found = new_state(one.scratch.rows[1], one, neurons, False)
            clamps, of_candidate = clamps + found[0], of_candidate + found[1]
        if rules.has_output and rules.output_waits:
            for k in range(active):
                b = order[k]
                emit(message[b], rows[b, 1], e[b], neurons.threshold, rules)
            if emitted.dense:
                arrive_together(accumulators, state.output, message, order, active, products)
            else:
                arrive_dense(accumulators[0], state.output, message[0], state.scratch)
        k = 0
        while k < active:
            b = order[k]
            one = of_slot(state, b)
            s, i = slots.sequence[b], slots.step[b]
            row = row_of_slot(slots, b, part, rules.backward)
            out = rows[b, 1]
            if rules.has_output:
                clamps += gate(rows[b, 0], rules.output_gate, one, neurons)
                scaled(rows[b, 2], rows[b, 0], rows[b, 1], rules.gate_fraction)
                out = rows[b, 2]
            emit_and_reset(one.e, one.h, out, neurons.threshold, rules)
            if listed:
                begin = end
                if column:
                    end = copy_list(emitted, row, end)
                slots.begin[b] = end
                end = list_events(one.e, column, emitted.events, end)
                slots.end[b] = end
                emitted.begin[row], emitted.end[row] = begin, end
            if len(emitted.rows):
                copy(emitted.rows[row, column : column + n], one.e)
            if len(sent.membranes):
                copy(sent.membranes[row], one.h)
            if counts.counting is not None and rules.watched:
                where = part.sequence + s, part.order[0] + i, part.order[0] + row - part.starts[s]
                watch_step(neurons, one, rows[b, 0], rows[b, 3], where, counts)
            slots.step[b] += 1
            if slots.step[b] < part.lengths[s]:
                k += 1
            else:
                last_membranes(sent.ends[s, column:], one.h, grid)
                active -= 1
                order[k], order[active] = order[active], b
        if counts.counting is not None:
            counts.counts[0] += clamps
            counts.counts[1] += of_candidate
    keep_last(state, len(part.starts) - 1)
    sent.end[0] = end
    return 0


@inlined
def all_begin(part: Part) -> bool:
    """Whether no sequence continues the one before it."""
    going_on = 0
    for s in range(len(part.begins)):
        going_on += not part.begins[s]
    return going_on == 0


@inlined
def of_slot(state: LayerState, b: int) -> LayerState:
    """The state of the sequence in a slot."""
    scratch = state.scratch
    own = Scratch(
        scratch.events,
        scratch.change,
        scratch.message[b],
        scratch.rows[b],
        scratch.products,
        scratch.slots,
    )
    return LayerState(
        state.input,
        state.emission,
        state.reset,
        state.output,
        state.accumulators[b],
        state.e[b],
        state.h[b],
        own,
    )


@inlined
def row_of_slot(slots: Slots, b: int, part: Part, backward: bool) -> int:
    """The row of the step that a slot computes."""
    s, i = slots.sequence[b], slots.step[b]
    return part.starts[s] + (part.lengths[s] - 1 - i if backward else i)


@inlined
def rows_of_slot(slots: Slots, b: int, part: Part, in_order: bool) -> tuple[int, int]:
    """The rows whose messages a slot may read ahead: from and to.

    Where the slot computes all sequences in their order, these are the rows of all.
    """
    s, last = slots.sequence[b], len(part.starts) - 1
    if in_order and part.starts[0] <= part.starts[last]:
        return part.starts[0], part.starts[last] + part.lengths[last]
    return part.starts[s], part.starts[s] + part.lengths[s]


@inlined
def last_membranes(out: Any, h: Any, grid: tuple[int, int]) -> None:
    """The membranes after the last step of a sequence, on the gate grid."""
    for j in range(h.shape[0]):
        out[j] = right(left(h[j], grid[0]), grid[1])


@inlined
def keep_last(state: LayerState, last: int) -> None:
    """Bring the state of the last sequence to slot 0, where the next call could continue it."""
    slots = state.scratch.slots
    for b in range(1, len(state.h)):
        if slots.sequence[b] == last and last > 0:
            copy(state.e[0], state.e[b])
            copy(state.h[0], state.h[b])
            copy(state.accumulators[0], state.accumulators[b])
    for b in range(len(state.h)):
        slots.order[b], slots.sequence[b] = b, -1


@inlined
def start_clean(state: LayerState, neurons: Neurons) -> None:
    """The state before the first step of a sequence."""
    copy(state.e, neurons.initial_emission)
    copy(state.h, neurons.initial_membrane)
    fill(state.accumulators, 0)
    fill(state.input.held, 0)
    fill(state.emission.held, 0)
    fill(state.reset.held, 0)
    fill(state.output.held, 0)


@inlined
def copy_list(emitted: Messages, row: int, end: int) -> int:
    """Append what other layers of the level have sent at this step; return the new end."""
    events = emitted.events
    for i in range(emitted.begin[row], emitted.end[row]):
        events.sources[end], events.values[end] = events.sources[i], events.values[i]
        end += 1
    return end


@compiled
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
        watch(arrived, where, INPUT_ACCUMULATOR, g, counts)
        watch(received, where, RECURRENT_ACCUMULATOR, g, counts)
        if g == rules.candidate and rules.resets_after:
            for j in range(n):
                inside[j] = received[j] + neurons.recurrent_bias[j]
            watch(inside, where, WITH_BIAS, g, counts)
            gate(p, rules.reset_gate, state, neurons)
            shifts = neurons.inside_shift
            for j in range(n):
                inside[j] = reset_product(T, p[j], received[j], neurons.recurrent_bias[j], shifts)
            watch(inside, where, RESET_PRODUCT, g, counts)
            received = inside
        shifts = neurons.shifts[g]
        W_left, W_right, U_left, U_right = shifts[0], shifts[1], shifts[2], shifts[3]
        for j in range(n):
            p[j] = right(left(arrived[j], W_left), W_right) + neurons.bias[g, j]
            p[j] += right(left(received[j], U_left), U_right)
        watch(p, where, PRE_ACTIVATION, g, counts)
    watch(state.h, where, MEMBRANE, 0, counts)


@inlined
def watch(values: Any, where: Any, quantity: int, g: int, counts: SaturationCounts) -> None:
    """Count the values outside the word; keep the first, by sequence, order and place."""
    for n in range(values.shape[0]):
        value = np.int64(values[n])
        if abs(value) > counts.limit:
            counts.counts[2] += 1
            first = counts.first
            if first[0] < 0 or is_before((where[0], where[1], quantity, g), first):
                first[0], first[1], first[2], first[3] = where[0], where[1], quantity, g
                first[4], first[5], first[6] = n, where[2], value


@inlined
def is_before(place: Any, first: Any) -> bool:
    """Whether a place is before the first one: by sequence, order, quantity and gate."""
    for i in range(4):
        if place[i] != first[i]:
            return bool(place[i] < first[i])
    return False


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


@compiled
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
                arrive_dense(accumulators, synapses, ends[s], state.scratch)
            elif arriving.dense:
                ahead = part.starts[s], part.starts[s] + part.lengths[s], False
                arrive_ahead(accumulators, synapses, arriving, row, ahead, 0, products)
            else:
                arrive_at(accumulators, synapses, arriving, row, state.scratch)
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
            if counts.counting is not None and reading.watched:
                where = part.sequence + s, part.order[0] + i, part.order[0] + i
                watch(accumulators, where, ACCUMULATOR, 0, counts)
                # A tumbling score is a copy of an earlier sum.
                sums = state.window[0] if reading.tumbles else score
                watch(sums, where, SCORE, 0, counts)
        if not reading.every_step:
            copy(scores[s], score)
    return 0
