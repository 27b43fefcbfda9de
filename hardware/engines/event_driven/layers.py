"""The inner loop of a layer, in Numba: work where an event is, neurons in rows.

It computes the step of `hardware.definition` in 32-bit integers, or in 64-bit ones where a program
needs them: the type of the arrays decides. Tests compare every kind of program with the definition.

`arrivals` and `updates` are inlined here. Nothing is allocated and no reference counted: both would
cost more than the arithmetic.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hardware.engines.event_driven.arrays import (
    Batch,
    Initial,
    LayerState,
    Messages,
    Neurons,
    Part,
    SaturationCounts,
    Scratch,
    Sent,
)
from hardware.engines.event_driven.arrivals import (
    arrive,
    arrive_at,
    arrive_dense,
    copy,
    fill,
    list_events,
)
from hardware.engines.event_driven.intrinsics import left, right
from hardware.engines.event_driven.products import arrive_ahead, read_nothing_ahead
from hardware.engines.event_driven.updates import (
    emit,
    emit_and_reset,
    gate,
    new_state,
    scaled,
    to_gate_grid,
)
from hardware.engines.event_driven.watching import watch_step
from hardware.kernels.calls import Kernel
from hardware.kernels.fields import arguments_at
from hardware.kernels.parts import inlined


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


@Kernel
def run_layer(form: Any, address: int) -> int:
    """Run sequences through a layer, as `hardware.definition.cell.step` has it.

    One sequence is computed after another, in slot 0.
    """
    (neurons, slots), (arriving, part, sent, initial, counts) = arguments_at(form, address)
    state = of_slot(slots, 0)
    e, h, scratch, accumulators = state.e, state.h, state.scratch, state.accumulators
    rules, n, emitted, column = neurons.rules, h.shape[0], sent.messages, sent.column
    end = sent.end[0] if column else 0
    message, rows, products = scratch.message, scratch.rows, scratch.products
    r, new, shown, p = rows[0], rows[1], rows[2], rows[3]
    listed, grid = len(emitted.begin) > 0, to_gate_grid(rules)
    begun = 0
    read_nothing_ahead(products)
    for s in range(len(part.starts)):
        if part.begins[s]:
            start_clean(state, neurons)
            if len(initial.membrane):
                copy(e, initial.emission[begun])
                copy(h, initial.membrane[begun])
            begun += 1
        own = end
        if listed:
            end = list_events(e, column, emitted.events, end)
        for i in range(part.lengths[s]):
            step = part.lengths[s] - 1 - i if rules.backward else i
            row = part.starts[s] + step
            if arriving.dense:
                ahead = rows_ahead(part, s, True, rules.backward)
                arrive_ahead(accumulators, state.input, arriving, row, ahead, 0, products)
            else:
                arrive_at(accumulators, state.input, arriving, row, scratch.listing)
            if state.emission.by_change:
                arrive_dense(accumulators, state.emission, e, scratch.listing)
            else:
                batch = Batch(emitted.events, own, end, column)
                arrive(accumulators, state.emission, batch)
            clamps = 0
            if rules.resets_before:
                clamps += gate(r, rules.reset_gate, state, neurons)
                scaled(message, r, e, rules.event_fraction)
                arrive_dense(accumulators, state.reset, message, scratch.listing)
            found = new_state(new, state, neurons)
            clamps += found[0]
            if rules.has_output:
                if rules.output_waits:
                    emit(message, new, e, neurons.threshold, rules)
                    arrive_dense(accumulators, state.output, message, scratch.listing)
                clamps += gate(r, rules.output_gate, state, neurons)
                scaled(shown, r, new, rules.gate_fraction)
            out = shown if rules.has_output else new
            emit_and_reset(e, h, out, neurons.threshold, rules)
            if listed:
                begin = end
                if column:
                    end = copy_list(emitted, row, end)
                own = end
                end = list_events(e, column, emitted.events, end)
                emitted.begin[row], emitted.end[row] = begin, end
            if len(emitted.rows):
                copy(emitted.rows[row, column : column + n], e)
            if len(sent.membranes):
                copy(sent.membranes[row], h)
            if counts.counting:
                counts.counts[0] += clamps
                counts.counts[1] += found[1]
                if rules.watched:
                    where = part.sequence[0] + s, part.order[0] + i, part.order[0] + step
                    watch_step(neurons, state, r, p, where, counts)
        last_membranes(sent.ends[s, column:], h, grid)
    sent.end[0] = end
    return 0


@inlined
def of_slot(state: LayerState, b: int) -> LayerState:
    """The state of the sequence in a slot."""
    scratch = state.scratch
    own = Scratch(
        scratch.listing,
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
def rows_ahead(part: Part, s: int, in_order: bool, backward: bool) -> tuple[int, int, bool]:
    """The rows that may be read ahead in sequence s: from, to, and whether backwards.

    Where sequences are computed one after another, in order, these are the rows of all.
    """
    last = len(part.starts) - 1
    if in_order and not backward and part.starts[0] <= part.starts[last]:
        return part.starts[0], part.starts[last] + part.lengths[last], backward
    return part.starts[s], part.starts[s] + part.lengths[s], backward


@inlined
def last_membranes(out: Any, h: Any, grid: tuple[int, int]) -> None:
    """The membranes after the last step of a sequence, on the gate grid."""
    for j in range(h.shape[0]):
        out[j] = right(left(h[j], grid[0]), grid[1])


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
