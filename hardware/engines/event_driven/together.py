"""The inner loop of a layer whose own messages are dense, in Numba: several sequences in step.

Each sequence has a slot. When one ends, the next one takes its slot. So one pass over the recurrent
weights serves all slots.
"""

from __future__ import annotations

from typing import Any

from hardware.engines.event_driven.arrays import LayerState, Part, Slots
from hardware.engines.event_driven.arrivals import arrive_at, copy
from hardware.engines.event_driven.layers import (
    last_membranes,
    of_slot,
    rows_ahead,
    start_clean,
)
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
    scaled,
    to_gate_grid,
)
from hardware.engines.event_driven.watching import watch_step
from hardware.kernels.calls import Kernel
from hardware.kernels.fields import arguments_at
from hardware.kernels.parts import inlined


@Kernel
def run_together(form: Any, address: int) -> int:
    """As `layers.run_layer`, of several sequences in step."""
    (neurons, state), (arriving, part, sent, initial, counts) = arguments_at(form, address)
    rules, n, emitted, column = neurons.rules, state.h.shape[1], sent.messages, sent.column
    slots, products, grid = state.scratch.slots, state.scratch.products, to_gate_grid(rules)
    order, accumulators, e = slots.order, state.accumulators, state.e
    message, rows = state.scratch.message, state.scratch.rows
    # Held values of inputs, and a sequence that goes on, are in slot 0.
    apart = arriving.dense or not state.input.by_change
    together = len(state.h) if apart and all_begin(part) else 1
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
            slots.sequence[b], slots.step[b] = taken, 0
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
                in_order = together == 1
                ahead = rows_ahead(part, slots.sequence[b], in_order, rules.backward)
                arrive_ahead(accumulators[b], state.input, arriving, row, ahead, b, products)
            else:
                arrive_at(accumulators[b], state.input, arriving, row, state.scratch.listing)
        arrive_together(accumulators, state.emission, e, order, active, products)
        clamps = of_candidate = 0
        if rules.resets_before:
            for k in range(active):
                one = of_slot(state, order[k])
                clamps += gate(one.scratch.rows[0], rules.reset_gate, one, neurons)
                scaled(one.scratch.message, one.scratch.rows[0], one.e, rules.event_fraction)
            arrive_together(accumulators, state.reset, message, order, active, products)
        for k in range(active):
            one = of_slot(state, order[k])
            found = new_state(one.scratch.rows[1], one, neurons)
            clamps, of_candidate = clamps + found[0], of_candidate + found[1]
        if rules.has_output and rules.output_waits:
            for k in range(active):
                b = order[k]
                emit(message[b], rows[b, 1], e[b], neurons.threshold, rules)
            arrive_together(accumulators, state.output, message, order, active, products)
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
            copy(emitted.rows[row, column : column + n], one.e)
            if len(sent.membranes):
                copy(sent.membranes[row], one.h)
            if counts.counting and rules.watched:
                before = part.order[0]
                where = part.sequence[0] + s, before + i, before + row - part.starts[s]
                watch_step(neurons, one, rows[b, 0], rows[b, 3], where, counts)
            slots.step[b] += 1
            if slots.step[b] < part.lengths[s]:
                k += 1
            else:
                last_membranes(sent.ends[s, column:], one.h, grid)
                active -= 1
                order[k], order[active] = order[active], b
        if counts.counting:
            counts.counts[0] += clamps
            counts.counts[1] += of_candidate
    keep_last(state, len(part.starts) - 1)
    return 0


@inlined
def all_begin(part: Part) -> bool:
    """Whether no sequence continues the one before it."""
    going_on = 0
    for s in range(len(part.begins)):
        going_on += not part.begins[s]
    return going_on == 0


@inlined
def row_of_slot(slots: Slots, b: int, part: Part, backward: bool) -> int:
    """The row of the step that a slot computes."""
    s, i = slots.sequence[b], slots.step[b]
    return part.starts[s] + (part.lengths[s] - 1 - i if backward else i)


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
