"""A step of the neurons of a layer, in Numba: new state, emission, reset.

A function reads by `at` the arrays that it only reads, and writes by `put` those that it writes:
otherwise LLVM does not vectorise a loop over many arrays. Each result is cast to the type of the
arrays, because Numba computes everything in 64 bits otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hardware.engines.event_driven.arrays import SIGMOID, TANH, LayerState, Neurons, Rules
from hardware.engines.event_driven.arrivals import four
from hardware.engines.event_driven.intrinsics import (
    at,
    left,
    put,
    right,
)
from hardware.engines.event_driven.tables import look_up
from hardware.kernels.parts import inlined, spliced


@inlined
def of_gate(g: int, n: int) -> slice:
    """The places of gate g in an array of gates · n values."""
    return slice(g * n, (g + 1) * n)


@inlined
def parts(state: LayerState, neurons: Neurons) -> Any:
    """The two parts of a layer's accumulators: of the input, and recurrent.

    The first has n accumulators for each gate; joint sums are there. The second too, but next to
    joint sums it has n accumulators, for the recurrent term of the candidate.
    """
    middle = state.accumulators.shape[0] - neurons.bias.shape[0] * neurons.bias.shape[1]
    return state.accumulators[middle:], state.accumulators[:middle]


@inlined
def ramped(T: Any, W: Any, U: Any, bias: Any, shifts: Any, ramp: Any) -> Any:
    """σ or tanh of p = ⌊W x · 2^k⌋ + ⌊U e · 2^k⌋ + b, before its clamp."""
    p = T(right(left(W, shifts[0]), shifts[1]) + right(left(U, shifts[2]), shifts[3]) + bias)
    return T(right(p, ramp[0]) + ramp[1])


@inlined
def mixed(T: Any, z: Any, kept: Any, written: Any, by: int) -> Any:
    """⌊z · kept + (1 − z) · written⌋, with one product: written + ⌊z · (kept − written)⌋."""
    return T(written + right(T(z * T(kept - written)), by))


@inlined
def clamped(value: Any, ramp: Any) -> Any:
    return min(max(value, ramp[2]), ramp[3])


@inlined
def reset_product(T: Any, r: Any, U: Any, recurrent_bias: Any, shifts: Any) -> Any:
    """r ⊙ ⌊(U e + d) · 2^k⌋."""
    return T(r * right(left(T(U + recurrent_bias), shifts[0]), shifts[1]))


@spliced
def new_state(new: Any, state: LayerState, neurons: Neurons) -> tuple[int, int]:
    """⌊z · kept + (1 − z) · written⌋ into `new`; return how many clamps of σ and of tanh acted."""
    rules = neurons.rules
    if rules.table:
        return new_state_by_tables(new, state, neurons)
    if rules.resets_after and rules.joined:
        return new_state_by_ramps(new, state, neurons, (True, True))
    if rules.resets_after:
        return new_state_by_ramps(new, state, neurons, (True, False))
    if rules.joined:
        return new_state_by_ramps(new, state, neurons, (False, True))
    return new_state_by_ramps(new, state, neurons, (False, False))


@inlined
def new_state_by_ramps(
    new: Any, state: LayerState, neurons: Neurons, constants: tuple[bool, bool]
) -> tuple[int, int]:
    """As `new_state`, of functions that are ramps: one loop.

    `constants` are rules which are literals wherever this is called: LLVM does not vectorise a
    loop that asks for them.
    """
    resets_after, joined = constants
    h, rules = state.h, neurons.rules
    n, T = h.shape[0], h.dtype.type
    W, U = parts(state, neurons)
    reset, mixing, candidate = rules.reset_gate, rules.mixing_gate, rules.candidate
    W_r, W_z, W_c = W[of_gate(reset, n)], W[of_gate(mixing, n)], W[of_gate(candidate, n)]
    U_r, U_z = U[of_gate(reset, n)], U[of_gate(mixing, n)]
    U_c = U[of_gate(0 if joined else candidate, n)]
    b_r, b_z, b_c = neurons.bias[reset], neurons.bias[mixing], neurons.bias[candidate]
    r_shifts, z_shifts = four(neurons.shifts[reset]), four(neurons.shifts[mixing])
    c_shifts = four(neurons.shifts[candidate])
    r_down, z_down = neurons.joined_shift[reset], neurons.joined_shift[mixing]
    c_down = neurons.joined_shift[candidate]
    d, inside = neurons.recurrent_bias, (neurons.inside_shift[0], neurons.inside_shift[1])
    sigmoid, tanh = four(neurons.ramps[SIGMOID]), four(neurons.ramps[TANH])
    by, writes = rules.gate_fraction, rules.writes
    of_gates, of_candidate = T(0), T(0)
    for j in range(n):
        if joined:
            value = right(at(W_z, j), z_down)
        else:
            value = ramped(T, at(W_z, j), at(U_z, j), at(b_z, j), z_shifts, sigmoid)
        z = clamped(value, sigmoid)
        of_gates = T(of_gates + T(z != value))
        term = at(U_c, j)
        if resets_after:
            if joined:
                value = right(at(W_r, j), r_down)
            else:
                value = ramped(T, at(W_r, j), at(U_r, j), at(b_r, j), r_shifts, sigmoid)
            r = clamped(value, sigmoid)
            of_gates = T(of_gates + T(r != value))
            term = reset_product(T, r, term, at(d, j), inside)
        if joined:
            term = right(left(term, c_shifts[2]), c_shifts[3])
            value = right(T(right(at(W_c, j), c_down) + term), tanh[0])
        else:
            value = ramped(T, at(W_c, j), term, at(b_c, j), c_shifts, tanh)
        c = clamped(value, tanh)
        of_candidate = T(of_candidate + T(c != value))
        kept, written = (c, at(h, j)) if writes else (at(h, j), c)
        put(new, j, mixed(T, z, kept, written, by))
    return int(of_gates), int(of_candidate)


@inlined
def new_state_by_tables(new: Any, state: LayerState, neurons: Neurons) -> tuple[int, int]:
    """As `new_state`, of functions that are tables: a loop for each pass over the neurons.

    Look-ups in the same loop would keep LLVM from vectorising everything else.
    """
    h, rules, rows = state.h, neurons.rules, state.scratch.rows
    n, candidate = h.shape[0], rules.candidate
    W, U = parts(state, neurons)
    z, c = rows[4], rows[5]
    of_gates = gate(z, rules.mixing_gate, state, neurons)
    term = U[of_gate(0 if rules.joined else candidate, n)]
    if rules.resets_after:
        of_gates += gate(c, rules.reset_gate, state, neurons)
        reset_terms(rows[3], c, term, neurons.recurrent_bias, neurons.inside_shift)
        term = rows[3]
    W_c, tanh = W[of_gate(candidate, n)], neurons.ramps[TANH]
    shifts = neurons.shifts[candidate]
    if rules.joined:
        down = neurons.joined_shift[candidate]
        of_candidate = joint_candidate_places(c, W_c, down, term, shifts, tanh)
    else:
        of_candidate = places(c, W_c, term, neurons.bias[candidate], shifts, tanh)
    look_up(c, neurons.tables[TANH])
    if rules.writes:
        mix(new, z, c, h, rules.gate_fraction)
    else:
        mix(new, z, h, c, rules.gate_fraction)
    return of_gates, of_candidate


@inlined
def places(out: Any, W: Any, U: Any, bias: Any, shifts: Any, ramp: Any) -> int:
    """The places of p on a ramp; return how many clamps acted."""
    T, by, on = out.dtype.type, four(shifts), four(ramp)
    clamps = T(0)
    for j in range(out.shape[0]):
        value = ramped(T, at(W, j), at(U, j), at(bias, j), by, on)
        v = clamped(value, on)
        clamps = T(clamps + T(v != value))
        put(out, j, v)
    return int(clamps)


@inlined
def joint_places(out: Any, sums: Any, down: Any, ramp: Any) -> int:
    """As `places`, of joint sums."""
    T, on = out.dtype.type, four(ramp)
    clamps = T(0)
    for j in range(out.shape[0]):
        value = right(at(sums, j), down)
        v = clamped(value, on)
        clamps = T(clamps + T(v != value))
        put(out, j, v)
    return int(clamps)


@inlined
def joint_candidate_places(out: Any, sums: Any, down: Any, U: Any, shifts: Any, ramp: Any) -> int:
    """As `places`, of the candidate's joint sums and its recurrent term."""
    T, by, on = out.dtype.type, four(shifts), four(ramp)
    clamps = T(0)
    for j in range(out.shape[0]):
        term = right(left(at(U, j), by[2]), by[3])
        value = right(T(right(at(sums, j), down) + term), on[0])
        v = clamped(value, on)
        clamps = T(clamps + T(v != value))
        put(out, j, v)
    return int(clamps)


@inlined
def reset_terms(out: Any, r: Any, U: Any, bias: Any, shifts: Any) -> None:
    """out = r ⊙ ⌊(U e + d) · 2^k⌋."""
    T, inside = out.dtype.type, (shifts[0], shifts[1])
    for j in range(out.shape[0]):
        put(out, j, reset_product(T, at(r, j), at(U, j), at(bias, j), inside))


@inlined
def mix(out: Any, z: Any, kept: Any, written: Any, by: int) -> None:
    """out = ⌊z · kept + (1 − z) · written⌋."""
    T = out.dtype.type
    for j in range(out.shape[0]):
        put(out, j, mixed(T, at(z, j), at(kept, j), at(written, j), by))


@inlined
def gate(out: Any, g: int, state: LayerState, neurons: Neurons) -> int:
    """σ of gate g; return how many clamps acted."""
    n, sigmoid = out.shape[0], neurons.ramps[SIGMOID]
    W, U = parts(state, neurons)
    if neurons.rules.joined:
        clamps = joint_places(out, W[of_gate(g, n)], neurons.joined_shift[g], sigmoid)
    else:
        clamps = places(
            out, W[of_gate(g, n)], U[of_gate(g, n)], neurons.bias[g], neurons.shifts[g], sigmoid
        )
    if neurons.rules.table:
        look_up(out, neurons.tables[SIGMOID])
    return clamps


@inlined
def scaled(out: Any, factors: Any, values: Any, by: int) -> None:
    """out = ⌊factors · values · 2^-by⌋."""
    for j in range(factors.shape[0]):
        put(out, j, right(factors.dtype.type(at(factors, j) * at(values, j)), by))


@inlined
def emission(T: Any, h: Any, last: Any, threshold: Any, grid: tuple[int, int], rules: Rules) -> Any:
    """The emission for membrane h after `last`; `grid` shifts left, right to the gate grid."""
    if rules.spiking:
        below = rules.signed and T(-h) > threshold
        return np.int16(np.int16(h > threshold) - np.int16(below))
    on_grid = right(left(h, grid[0]), grid[1])
    if rules.by_delta:
        distance = T(h - right(left(T(last), grid[1]), grid[0]))
        return np.int16(on_grid if max(distance, T(-distance)) > threshold else T(last))
    return np.int16(on_grid)


@inlined
def after(T: Any, h: Any, sent: Any, threshold: Any, rules: Rules) -> Any:
    """The membrane after its reset."""
    if rules.subtracts:
        return T(h - T(threshold * sent))
    if rules.clears and sent != 0:
        return T(0)
    return h


@inlined
def to_gate_grid(rules: Rules) -> tuple[int, int]:
    """How far left, then how far right, from the state grid to the gate grid."""
    return max(rules.to_gate_grid, 0), max(-rules.to_gate_grid, 0)


@inlined
def emit(out: Any, h: Any, e: Any, threshold: Any, rules: Rules) -> None:
    """Return the emissions of neurons with these membranes."""
    T, grid = h.dtype.type, to_gate_grid(rules)
    for n in range(h.shape[0]):
        put(out, n, emission(T, at(h, n), at(e, n), at(threshold, n), grid, rules))


@inlined
def emit_and_reset(e: Any, h: Any, new: Any, threshold: Any, rules: Rules) -> None:
    """Emissions of neurons with new membranes, and these membranes after their reset."""
    T, grid = h.dtype.type, to_gate_grid(rules)
    for n in range(h.shape[0]):
        sent = emission(T, at(new, n), e[n], at(threshold, n), grid, rules)
        put(e, n, sent)
        put(h, n, after(T, at(new, n), sent, at(threshold, n), rules))
