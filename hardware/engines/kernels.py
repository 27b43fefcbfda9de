"""The inner loops of the events engine, in Numba: work where an event is, neuron updates in rows.

They compute `hardware.cell.step` and `hardware.readout` in 32-bit integers, or in 64-bit ones where
a program needs them: the type of the arrays decides. Tests hold every kind of program against the
definition.

Loops are short and of few arrays each, for only such loops are vectorised, and each result is cast
to the arrays' type, for Numba computes everything in 64 bits otherwise. Nothing is allocated and no
reference counted, which would cost more than the arithmetic.
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
from hardware.engines.bits import LANES, left, lowest_bit, not_zero, right

F = TypeVar("F", bound=Callable[..., Any])

compiled: Callable[[F], F] = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inlined: Callable[[F], F] = numba.njit(
    nogil=True, error_model="numpy", forceinline=True, _nrt=False
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
def arrive(synapses: Synapses, values: NDArray[np.int16], scratch: Scratch) -> None:
    """`sums = values · weights`, by adding one row for each event."""
    held, sums, change = synapses.held, synapses.sums, scratch.change
    if synapses.by_change:
        T = sums.dtype.type
        for i in range(held.shape[0]):
            change[i] = T(values[i]) - held[i]
        copy(held, values)
        count = find_events(change[: held.shape[0]], scratch)
    else:
        fill(sums, 0)
        count = find_events(values[: held.shape[0]], scratch)
    add_rows(synapses.weights, scratch.active, scratch.factors, count, sums)


@inlined
def find_events(values: Any, scratch: Scratch) -> int:
    """List the sources whose value is not 0; returns how many there are."""
    count = 0
    for start in range(0, values.shape[0], LANES):
        word = not_zero(values, start)
        while word != 0:
            i = start + np.intp(lowest_bit(word))
            scratch.active[count] = i
            scratch.factors[count] = values[i]
            count += 1
            word &= word - np.uint32(1)
    return count


@inlined
def add_rows(weights: Any, active: Any, factors: Any, count: int, sums: Any) -> None:
    """`sums += Σ factor · row` over the active sources, four rows at a time."""
    T = sums.dtype.type
    done = 0
    while done + 4 <= count:
        a, b = weights[active[done]], weights[active[done + 1]]
        c, d = weights[active[done + 2]], weights[active[done + 3]]
        fa, fb, fc, fd = factors[done], factors[done + 1], factors[done + 2], factors[done + 3]
        for n in range(sums.shape[0]):
            sums[n] += T(T(fa * a[n]) + T(fb * b[n])) + T(T(fc * c[n]) + T(fd * d[n]))
        done += 4
    while done < count:
        a, fa = weights[active[done]], factors[done]
        for n in range(sums.shape[0]):
            sums[n] += T(fa * a[n])
        done += 1


@inlined
def activate(
    out: Any, function: int, g: int, W: Synapses, U: Any, neurons: Neurons, table: bool
) -> int:
    """σ or tanh of gate g from W x and its recurrent term U; how many clamps acted."""
    n = out.shape[0]
    arriving, ramp = W.sums[g * n : (g + 1) * n], neurons.ramps[function]
    clamps = climb(out, arriving, U, neurons.bias[g], neurons.shifts[g], ramp)
    if table:
        look_up(out, neurons.tables[function])
    return clamps


@inlined
def climb(out: Any, W: Any, U: Any, bias: Any, shifts: Any, ramp: Any) -> int:
    """The ramp of p = ⌊W x · 2^k⌋ + ⌊U e · 2^k⌋ + b, clamped; how many clamps acted."""
    T = out.dtype.type
    W_left, W_right, U_left, U_right = shifts[0], shifts[1], shifts[2], shifts[3]
    by, offset, low, high = ramp[0], ramp[1], ramp[2], ramp[3]
    clamps = T(0)
    for n in range(out.shape[0]):
        p = T(right(left(W[n], W_left), W_right) + right(left(U[n], U_left), U_right) + bias[n])
        v = T(right(p, by) + offset)
        clamps = T(clamps + T((v < low) | (v > high)))
        out[n] = min(max(v, low), high)
    return int(clamps)


@inlined
def reset_product(out: Any, r: Any, U: Any, recurrent_bias: Any, inside_shift: Any) -> None:
    """r ⊙ ⌊(U e + d) · 2^k⌋."""
    T = out.dtype.type
    by_left, by_right = inside_shift[0], inside_shift[1]
    for n in range(out.shape[0]):
        out[n] = r[n] * right(left(T(U[n] + recurrent_bias[n]), by_left), by_right)


@inlined
def look_up(values: Any, table: Any) -> None:
    for n in range(values.shape[0]):
        values[n] = table[values[n]]


@inlined
def mix(out: Any, z: Any, kept: Any, written: Any, gate_fraction: int) -> None:
    """⌊z · kept + (1 − z) · written⌋."""
    T = out.dtype.type
    one = T(1 << gate_fraction)
    for n in range(out.shape[0]):
        out[n] = right(T(T(z[n] * kept[n]) + T(T(one - z[n]) * written[n])), gate_fraction)


@inlined
def scale(out: Any, factors: Any, by: int) -> None:
    """out = ⌊out · factors · 2^-by⌋."""
    T = out.dtype.type
    for n in range(out.shape[0]):
        out[n] = right(T(out[n] * factors[n]), by)


@inlined
def emit(out: Any, h: Any, last: Any, threshold: Any, rules: Rules) -> None:
    """What neurons with these membranes emit, `last` being what they emitted before."""
    T = h.dtype.type
    up, down = max(rules.to_gate_grid, 0), max(-rules.to_gate_grid, 0)
    if rules.graded:
        for n in range(h.shape[0]):
            distance = T(h[n] - right(left(T(last[n]), down), up))
            moved = max(distance, T(-distance)) > threshold[n]
            out[n] = right(left(h[n], up), down) if moved else T(last[n])
    elif not rules.spiking:
        for n in range(h.shape[0]):
            out[n] = right(left(h[n], up), down)
    elif rules.signed:
        for n in range(h.shape[0]):
            out[n] = np.int16(h[n] > threshold[n]) - np.int16(T(-h[n]) > threshold[n])
    else:
        for n in range(h.shape[0]):
            out[n] = np.int16(h[n] > threshold[n])


@inlined
def reset(h: Any, new: Any, spikes: Any, threshold: Any, rules: Rules) -> None:
    """The membranes after their reset."""
    T = h.dtype.type
    if rules.spiking and rules.subtract:
        for n in range(h.shape[0]):
            h[n] = new[n] - T(threshold[n] * spikes[n])
    elif rules.spiking and rules.zero:
        for n in range(h.shape[0]):
            h[n] = new[n] if spikes[n] == 0 else T(0)
    else:
        for n in range(h.shape[0]):
            h[n] = new[n]


@inlined
def clear(synapses: Synapses) -> None:
    fill(synapses.held, 0)
    fill(synapses.sums, 0)


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
    membranes: NDArray[np.int64],
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
    T = h.dtype.type
    message, rows = scratch.message, scratch.rows
    r, z, c, new, inside, p = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]
    update, candidate = rules.update_gate, rules.candidate
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
            U_z = U.sums[update * n : (update + 1) * n]
            U_c = U.sums[candidate * n : (candidate + 1) * n]
            clamps = activate(z, SIGMOID, update, W, U_z, neurons, rules.table)
            if rules.reset_inside or rules.reset_before:
                clamps += activate(r, SIGMOID, 0, W, U.sums[:n], neurons, rules.table)
            if rules.reset_inside:
                reset_product(inside, r, U_c, neurons.recurrent_bias, neurons.inside_shift)
                U_c = inside
            if rules.reset_before:
                for j in range(n):
                    message[j] = right(T(r[j] * e[j]), rules.event_fraction)
                arrive(M, message, scratch)
                U_c = M.sums
            tally.counts[1] += activate(c, TANH, candidate, W, U_c, neurons, rules.table)
            if rules.update_keeps:
                mix(new, z, h, c, rules.gate_fraction)
            else:
                mix(new, z, c, h, rules.gate_fraction)
            if rules.output_gated:
                emit(message, new, e, neurons.threshold, rules)
                arrive(O, message, scratch)
                clamps += activate(r, SIGMOID, OUTPUT, W, O.sums, neurons, rules.table)
                scale(new, r, rules.gate_fraction)
            tally.counts[0] += clamps
            emit(message, new, e, neurons.threshold, rules)
            reset(h, new, message, neurons.threshold, rules)
            copy(e, message)
            copy(emitted[row, column : column + n], message)
            if len(membranes):
                copy(membranes[row], h)
            if rules.watched:
                where = sequence + s, order + i, order + step
                watch_step(rules, neurons, W, U, M, O, inside, p, h, where, tally)
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
    n = h.shape[0]
    for g in range(len(neurons.bias)):
        is_candidate = g == rules.candidate
        sums = U.sums[g * n : (g + 1) * n]
        if is_candidate and rules.reset_before:
            sums = M.sums
        if rules.output_gated and g == OUTPUT:
            sums = O.sums
        arriving = W.sums[g * n : (g + 1) * n]
        watch(arriving, where, INPUT_ACCUMULATOR, g, tally)
        watch(sums, where, RECURRENT_ACCUMULATOR, g, tally)
        if is_candidate and rules.reset_inside:
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
