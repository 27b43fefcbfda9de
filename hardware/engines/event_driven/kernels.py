"""The inner loops of the events engine, in Numba: work where an event is, neuron updates in rows.

They compute the step of `hardware.definition` in 32-bit integers, or in 64-bit ones where a program
needs them: the type of the arrays decides. Tests compare every kind of program with the definition.

What arrives (`arrivals`) and what neurons make of it (`updates`) is inlined here. Nothing is
allocated and no reference counted, which would cost more than the arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import (
    ACCUMULATOR,
    INPUT_ACCUMULATOR,
    MEMBRANE,
    OUTPUT,
    PRE_ACTIVATION,
    RECURRENT_ACCUMULATOR,
    RESET_PRODUCT,
    SCORE,
    Messages,
    Neurons,
    Numbers,
    Rules,
    Scratch,
    Synapses,
    Tally,
)
from hardware.engines.event_driven.arrivals import (
    arrive,
    arrive_at,
    arrive_dense,
    clear,
    copy,
    fill,
    list_events,
)
from hardware.engines.event_driven.intrinsics import inlined, left, right
from hardware.engines.event_driven.updates import (
    emit,
    emit_and_reset,
    gate,
    new_state,
    of_gate,
    reset_product,
    scaled,
)
from hardware.files.kernel_cache import compiled


@compiled
def run_layer(
    rules: Rules,
    neurons: Neurons,
    W: Synapses,
    U: Synapses,
    M: Synapses,
    O: Synapses,  # noqa: E741
    e: NDArray[np.int16],
    h: Numbers,
    arriving: Messages,
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    sequence: int,
    order: int,
    emitted: Messages,
    column: int,
    end: int,
    membranes: Numbers,
    ends: NDArray[np.int16],
    scratch: Scratch,
    tally: Tally | None,
) -> int:
    """Run sequences through a layer, as `hardware.definition.cell.step` has it.

    Synapses: W of the input, U of e, M of r ⊙ e, O of what h would emit. Emissions go to `emitted`,
    as sources from `column` on and with lists from `end` on, the next end is returned; membranes go
    to `membranes` where that has rows, the last membranes on the gate grid to `ends`. The first
    sequence counts as number `sequence`. With `order` 0 each starts clean, else the state is that
    of a sequence which has already come that far. Without a tally nothing is counted or watched.
    """
    n = h.shape[0]
    message, rows = scratch.message, scratch.rows
    r, new, shown, p = rows[0], rows[1], rows[2], rows[3]
    candidate, listed = rules.candidate, len(emitted.begin) > 0
    up, down = max(rules.to_gate_grid, 0), max(-rules.to_gate_grid, 0)
    for s in range(len(starts)):
        if order == 0:
            copy(e, neurons.initial_emission)
            copy(h, neurons.initial_membrane)
            clear(W)
            clear(U)
            clear(M)
            clear(O)
        own = end
        if listed:
            end = list_events(e, column, emitted.events, end)
        for i in range(lengths[s]):
            step = lengths[s] - 1 - i if rules.backward else i
            row = starts[s] + step
            arrive_at(W, arriving, row, scratch)
            if U.by_change:
                arrive_dense(U, e, scratch)
            else:
                arrive(U, emitted.events, own, end, column)
            U_c = U.sums[of_gate(0 if rules.joined else candidate, n)]
            clamps = 0
            if rules.reset_before:
                clamps += gate(r, 0, W.sums, U.sums, neurons, rules)
                scaled(message, r, e, rules.event_fraction)
                arrive_dense(M, message, scratch)
                U_c = M.sums
            if rules.joined:
                found = new_state(new, h, W.sums, U.sums, U_c, neurons, rules, True)
            else:
                found = new_state(new, h, W.sums, U.sums, U_c, neurons, rules, False)
            clamps += found[0]
            if rules.output_gated:
                emit(message, new, e, neurons.threshold, rules)
                arrive_dense(O, message, scratch)
                clamps += gate(r, OUTPUT, W.sums, O.sums, neurons, rules)
                scaled(shown, r, new, rules.gate_fraction)
            out = shown if rules.output_gated else new
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
            if len(membranes):
                copy(membranes[row], h)
            if tally is not None:
                tally.counts[0] += clamps
                tally.counts[1] += found[1]
                if rules.watched:
                    where = sequence + s, order + i, order + step
                    watch_step(rules, neurons, W, U, M, O, r, p, h, where, tally)
        for j in range(n):
            ends[s, column + j] = right(left(h[j], up), down)
    return end


@inlined
def copy_list(emitted: Messages, row: int, end: int) -> int:
    """Append what other layers of the level have sent at this step; returns the new end."""
    events = emitted.events
    for i in range(emitted.begin[row], emitted.end[row]):
        events.sources[end], events.values[end] = events.sources[i], events.values[i]
        end += 1
    return end


@compiled
def watch_step(
    rules: Rules,
    neurons: Neurons,
    W: Synapses,
    U: Synapses,
    M: Synapses,
    O: Synapses,  # noqa: E741
    inside: Numbers,
    p: Numbers,
    h: Numbers,
    where: tuple[int, int, int],
    tally: Tally,
) -> None:
    """Look at everything of a step that must lie within the word."""
    n, T = h.shape[0], h.dtype.type
    for g in range(len(neurons.bias)):
        is_candidate = g == rules.candidate
        sums = U.sums[of_gate(g, n)]
        if is_candidate and rules.reset_before:
            sums = M.sums
        if rules.output_gated and g == OUTPUT:
            sums = O.sums
        arriving = W.sums[of_gate(g, n)]
        watch(arriving, where, INPUT_ACCUMULATOR, g, tally)
        watch(sums, where, RECURRENT_ACCUMULATOR, g, tally)
        if is_candidate and rules.reset_inside:
            gate(p, 0, W.sums, U.sums, neurons, rules)
            shifts = neurons.inside_shift
            for j in range(n):
                inside[j] = reset_product(T, p[j], sums[j], neurons.recurrent_bias[j], shifts)
            watch(inside, where, RESET_PRODUCT, g, tally)
            sums = inside
        shifts = neurons.shifts[g]
        W_left, W_right, U_left, U_right = shifts[0], shifts[1], shifts[2], shifts[3]
        for j in range(n):
            p[j] = right(left(arriving[j], W_left), W_right) + neurons.bias[g, j]
            p[j] += right(left(sums[j], U_left), U_right)
        watch(p, where, PRE_ACTIVATION, g, tally)
    watch(h, where, MEMBRANE, 0, tally)


@inlined
def watch(values: Any, where: Any, quantity: int, g: int, tally: Tally) -> None:
    """Count the values outside the word; keep the first, by sequence, order and place."""
    for n in range(values.shape[0]):
        value = np.int64(values[n])
        if abs(value) > tally.limit:
            tally.counts[2] += 1
            first = tally.first
            earlier = first[0] < 0
            if first[0] == where[0] and first[1] == where[1]:
                earlier = quantity < first[2] or (quantity == first[2] and g < first[3])
            if earlier:
                first[0], first[1], first[2], first[3] = where[0], where[1], quantity, g
                first[4], first[5], first[6] = n, where[2], value


@compiled
def run_readout(
    synapses: Synapses,
    bias: NDArray[np.int64],
    shifts: Numbers,
    adds_up: bool,
    leak: int,
    score: NDArray[np.int64],
    messages: Messages,
    ends: NDArray[np.int16],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    sequence: int,
    order: int,
    scores: NDArray[np.int64],
    every_step: bool,
    once: bool,
    watched: bool,
    scratch: Scratch,
    tally: Tally | None,
) -> None:
    """Scores of sequences, as `hardware.definition.readout` has it; `order` as in `run_layer`.

    It hears the messages of every step, or where it is read `once` those at the end of a sequence.
    """
    for s in range(len(starts)):
        if order == 0:
            clear(synapses)
            fill(score, 0)
        for i in range(lengths[s] - 1 if once else 0, lengths[s]):
            row = starts[s] + i
            if once:
                arrive_dense(synapses, ends[s], scratch)
            else:
                arrive_at(synapses, messages, row, scratch)
            for j in range(len(score)):
                current = np.int64(right(left(synapses.sums[j], shifts[0]), shifts[1])) + bias[j]
                if not adds_up:
                    score[j] = current
                elif leak:
                    score[j] += current - (score[j] >> leak)
                else:
                    score[j] += current
            if every_step:
                copy(scores[row], score)
            if tally is not None and watched:
                where = sequence + s, order + i, order + i
                watch(synapses.sums, where, ACCUMULATOR, 0, tally)
                watch(score, where, SCORE, 0, tally)
        if not every_step:
            copy(scores[s], score)
