"""The inner loops of the events engine, in Numba: work where an event is, neuron updates in rows.

They compute `hardware.cell.step` and `hardware.readout` in 32-bit integers, or in 64-bit ones where
a program needs them: the type of the arrays decides. Tests hold every kind of program against the
definition.

What a function only reads it reads by `at`, what it writes it writes by `put`: only then is a loop
of many arrays vectorised. Each result is cast to the arrays' type, for Numba computes everything in
64 bits otherwise. Nothing is allocated and no reference counted, which would cost more than the
arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from hardware.engines.arrays import (
    ACCUMULATOR,
    INPUT_ACCUMULATOR,
    MEMBRANE,
    OUTPUT,
    PRE_ACTIVATION,
    RECURRENT_ACCUMULATOR,
    RESET_PRODUCT,
    SCORE,
    SIGMOID,
    TANH,
    Neurons,
    Numbers,
    Rules,
    Scratch,
    Synapses,
    Tally,
)
from hardware.engines.arrivals import arrive, clear, copy, fill
from hardware.engines.bits import at, inlined, left, put, right

F = TypeVar("F", bound=Callable[..., Any])

compiled: Callable[[F], F] = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)


@inlined
def four(row: Any) -> Any:
    return row[0], row[1], row[2], row[3]


@inlined
def ramped(T: Any, W: Any, U: Any, bias: Any, shifts: Any, ramp: Any) -> Any:
    """σ or tanh of p = ⌊W x · 2^k⌋ + ⌊U e · 2^k⌋ + b, before its clamp."""
    p = T(right(left(W, shifts[0]), shifts[1]) + right(left(U, shifts[2]), shifts[3]) + bias)
    return T(right(p, ramp[0]) + ramp[1])


@inlined
def clamped(value: Any, ramp: Any) -> Any:
    return min(max(value, ramp[2]), ramp[3])


@inlined
def reset_product(T: Any, r: Any, U: Any, recurrent_bias: Any, shifts: Any) -> Any:
    """r ⊙ ⌊(U e + d) · 2^k⌋."""
    return T(r * right(left(T(U + recurrent_bias), shifts[0]), shifts[1]))


@inlined
def of_gate(g: int, n: int) -> slice:
    """Where the sums of gate g stand, of n neurons."""
    return slice(g * n, (g + 1) * n)


@inlined
def new_state(
    new: Any,
    h: Any,
    W: Any,
    U: Any,
    U_c: Any,
    neurons: Neurons,
    rules: Rules,
    reset_inside: bool,
    table: bool,
) -> tuple[int, int]:
    """⌊z · kept + (1 − z) · written⌋ into `new`; how many clamps of σ and of tanh acted.

    `U_c` is the candidate's recurrent term. The last two are rules which are constants where this
    is called: a loop that had to ask would not be vectorised.
    """
    n, T = h.shape[0], h.dtype.type
    update, candidate, keeps = rules.update_gate, rules.candidate, rules.update_keeps
    W_r, W_z, W_c = W[of_gate(0, n)], W[of_gate(update, n)], W[of_gate(candidate, n)]
    U_r, U_z = U[of_gate(0, n)], U[of_gate(update, n)]
    b_r, b_z, b_c = neurons.bias[0], neurons.bias[update], neurons.bias[candidate]
    r_shifts, z_shifts = four(neurons.shifts[0]), four(neurons.shifts[update])
    c_shifts = four(neurons.shifts[candidate])
    d, inside = neurons.recurrent_bias, (neurons.inside_shift[0], neurons.inside_shift[1])
    sigmoid, tanh = four(neurons.ramps[SIGMOID]), four(neurons.ramps[TANH])
    sigmoids, tanhs = neurons.tables[SIGMOID], neurons.tables[TANH]
    one, by = T(1 << rules.gate_fraction), rules.gate_fraction
    of_gates, of_candidate = T(0), T(0)
    for j in range(n):
        value = ramped(T, at(W_z, j), at(U_z, j), at(b_z, j), z_shifts, sigmoid)
        z = clamped(value, sigmoid)
        of_gates = T(of_gates + T(z != value))
        if table:
            z = at(sigmoids, z)
        term = at(U_c, j)
        if reset_inside:
            value = ramped(T, at(W_r, j), at(U_r, j), at(b_r, j), r_shifts, sigmoid)
            r = clamped(value, sigmoid)
            of_gates = T(of_gates + T(r != value))
            if table:
                r = at(sigmoids, r)
            term = reset_product(T, r, term, at(d, j), inside)
        value = ramped(T, at(W_c, j), term, at(b_c, j), c_shifts, tanh)
        c = clamped(value, tanh)
        of_candidate = T(of_candidate + T(c != value))
        if table:
            c = at(tanhs, c)
        kept, written = (at(h, j), c) if keeps else (c, at(h, j))
        put(new, j, right(T(T(z * kept) + T(T(one - z) * written)), by))
    return int(of_gates), int(of_candidate)


@inlined
def gate(out: Any, g: int, W: Any, U: Any, neurons: Neurons, table: bool) -> int:
    """σ of gate g from its recurrent term U; how many clamps acted."""
    n, T = out.shape[0], out.dtype.type
    W_g, bias, shifts = W[of_gate(g, n)], neurons.bias[g], four(neurons.shifts[g])
    sigmoid, sigmoids = four(neurons.ramps[SIGMOID]), neurons.tables[SIGMOID]
    clamps = T(0)
    for j in range(n):
        value = ramped(T, at(W_g, j), at(U, j), at(bias, j), shifts, sigmoid)
        v = clamped(value, sigmoid)
        clamps = T(clamps + T(v != value))
        put(out, j, at(sigmoids, v) if table else v)
    return int(clamps)


@inlined
def scaled(out: Any, factors: Any, values: Any, by: int) -> None:
    """out = ⌊factors · values · 2^-by⌋."""
    for j in range(factors.shape[0]):
        put(out, j, right(factors.dtype.type(at(factors, j) * at(values, j)), by))


@inlined
def emit(out: Any, h: Any, last: Any, threshold: Any, rules: Rules) -> None:
    """What neurons with these membranes emit, `last` being what they emitted before."""
    T = h.dtype.type
    up, down = max(rules.to_gate_grid, 0), max(-rules.to_gate_grid, 0)
    if rules.graded:
        for n in range(h.shape[0]):
            distance = T(at(h, n) - right(left(T(last[n]), down), up))
            moved = max(distance, T(-distance)) > at(threshold, n)
            put(out, n, right(left(at(h, n), up), down) if moved else T(last[n]))
    elif not rules.spiking:
        for n in range(h.shape[0]):
            put(out, n, right(left(at(h, n), up), down))
    elif rules.signed:
        for n in range(h.shape[0]):
            above, below = at(h, n) > at(threshold, n), T(-at(h, n)) > at(threshold, n)
            put(out, n, np.int16(above) - np.int16(below))
    else:
        for n in range(h.shape[0]):
            put(out, n, np.int16(at(h, n) > at(threshold, n)))


@inlined
def reset(h: Any, new: Any, spikes: Any, threshold: Any, rules: Rules) -> None:
    """The membranes after their reset."""
    T = h.dtype.type
    if rules.spiking and rules.subtract:
        for n in range(h.shape[0]):
            put(h, n, at(new, n) - T(at(threshold, n) * at(spikes, n)))
    elif rules.spiking and rules.zero:
        for n in range(h.shape[0]):
            put(h, n, at(new, n) if at(spikes, n) == 0 else T(0))
    else:
        for n in range(h.shape[0]):
            put(h, n, at(new, n))


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
    arriving: NDArray[np.int16],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    sequence: int,
    order: int,
    emitted: NDArray[np.int16],
    column: int,
    membranes: Numbers,
    ends: NDArray[np.int16],
    scratch: Scratch,
    tally: Tally,
) -> None:
    """Run sequences through a layer, as `hardware.cell.step` has it.

    Synapses: W of the input, U of e, M of r ⊙ e, O of what h would emit. Emissions go to `emitted`
    from `column` on, membranes to `membranes` where that has rows, the last membranes on the gate
    grid to `ends`. The first sequence counts as number `sequence`. With `order` 0 each starts
    clean, else the state is that of a sequence which has already come that far.
    """
    n = h.shape[0]
    message, rows = scratch.message, scratch.rows
    r, new, shown, p = rows[0], rows[1], rows[2], rows[3]
    candidate = rules.candidate
    up, down = max(rules.to_gate_grid, 0), max(-rules.to_gate_grid, 0)
    for s in range(len(starts)):
        if order == 0:
            copy(e, neurons.initial_emission)
            copy(h, neurons.initial_membrane)
            clear(W)
            clear(U)
            clear(M)
            clear(O)
        for i in range(lengths[s]):
            step = lengths[s] - 1 - i if rules.backward else i
            row = starts[s] + step
            arrive(W, arriving[row], scratch)
            arrive(U, e, scratch)
            U_c = U.sums[of_gate(candidate, n)]
            clamps = 0
            if rules.reset_before:
                clamps += gate(r, 0, W.sums, U.sums, neurons, rules.table)
                scaled(message, r, e, rules.event_fraction)
                arrive(M, message, scratch)
                U_c = M.sums
            if rules.reset_inside and rules.table:
                found = new_state(new, h, W.sums, U.sums, U_c, neurons, rules, True, True)
            elif rules.reset_inside:
                found = new_state(new, h, W.sums, U.sums, U_c, neurons, rules, True, False)
            elif rules.table:
                found = new_state(new, h, W.sums, U.sums, U_c, neurons, rules, False, True)
            else:
                found = new_state(new, h, W.sums, U.sums, U_c, neurons, rules, False, False)
            clamps += found[0]
            tally.counts[1] += found[1]
            if rules.output_gated:
                emit(message, new, e, neurons.threshold, rules)
                arrive(O, message, scratch)
                clamps += gate(r, OUTPUT, W.sums, O.sums, neurons, rules.table)
                scaled(shown, r, new, rules.gate_fraction)
            out = shown if rules.output_gated else new
            tally.counts[0] += clamps
            emit(message, out, e, neurons.threshold, rules)
            reset(h, out, message, neurons.threshold, rules)
            copy(e, message)
            copy(emitted[row, column : column + n], message)
            if len(membranes):
                copy(membranes[row], h)
            if rules.watched:
                where = sequence + s, order + i, order + step
                watch_step(rules, neurons, W, U, M, O, r, p, h, where, tally)
        for j in range(n):
            ends[s, column + j] = right(left(h[j], up), down)


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
            gate(p, 0, W.sums, U.sums, neurons, rules.table)
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
    messages: NDArray[np.int16],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    sequence: int,
    order: int,
    scores: NDArray[np.int64],
    every_step: bool,
    once: bool,
    watched: bool,
    scratch: Scratch,
    tally: Tally,
) -> None:
    """Scores of sequences, as `hardware.readout` has it; `order` as in `run_layer`.

    Messages are those of every step, or of each sequence where it is read `once`, at its end.
    """
    for s in range(len(starts)):
        if order == 0:
            clear(synapses)
            fill(score, 0)
        for i in range(lengths[s] - 1 if once else 0, lengths[s]):
            row = starts[s] + i
            arrive(synapses, messages[s if once else row], scratch)
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
            if watched:
                where = sequence + s, order + i, order + i
                watch(synapses.sums, where, ACCUMULATOR, 0, tally)
                watch(score, where, SCORE, 0, tally)
        if not every_step:
            copy(scores[s], score)
