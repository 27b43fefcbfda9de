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
from hardware.engines.event_driven.fields import arguments_at
from hardware.engines.event_driven.intrinsics import inlined, left, right
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
    """Run sequences through a layer, as `hardware.definition.cell.step` has it."""
    (neurons, state), (arriving, part, sent, initial, counts) = arguments_at(form, address)
    rules, e, h, scratch = neurons.rules, state.e, state.h, state.scratch
    n, emitted, column = h.shape[0], sent.messages, sent.column
    end = sent.end[0] if column else 0
    accumulators, message, rows = state.accumulators, scratch.message, scratch.rows
    r, new, shown, p = rows[0], rows[1], rows[2], rows[3]
    listed, grid = len(emitted.begin) > 0, to_gate_grid(rules)
    begun = 0
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
            arrive_at(accumulators, state.input, arriving, row, scratch)
            if state.emission.by_change:
                arrive_dense(accumulators, state.emission, e, scratch)
            else:
                batch = Batch(emitted.events, own, end, column)
                arrive(accumulators, state.emission, batch)
            clamps = 0
            if rules.resets_before:
                clamps += gate(r, rules.reset_gate, state, neurons)
                scaled(message, r, e, rules.event_fraction)
                arrive_dense(accumulators, state.reset, message, scratch)
            # Two calls, so that `joined` is a literal in each.
            if rules.joined:
                found = new_state(new, state, neurons, True)
            else:
                found = new_state(new, state, neurons, False)
            clamps += found[0]
            if rules.has_output:
                if rules.output_waits:
                    emit(message, new, e, neurons.threshold, rules)
                    arrive_dense(accumulators, state.output, message, scratch)
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
            if counts.counting is not None:
                counts.counts[0] += clamps
                counts.counts[1] += found[1]
                if rules.watched:
                    where = part.sequence + s, part.order[0] + i, part.order[0] + step
                    watch_step(neurons, state, r, p, where, counts)
        for j in range(n):
            sent.ends[s, column + j] = right(left(h[j], grid[0]), grid[1])
    sent.end[0] = end
    return 0


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
            earlier = first[0] < 0
            if first[0] == where[0] and first[1] == where[1]:
                earlier = quantity < first[2] or (quantity == first[2] and g < first[3])
            if earlier:
                first[0], first[1], first[2], first[3] = where[0], where[1], quantity, g
                first[4], first[5], first[6] = n, where[2], value


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
    accumulators = state.accumulators
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
