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
from hardware.engines.event_driven.intrinsics import at, inlined, left, put, right


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


@inlined
def new_state(new: Any, state: LayerState, neurons: Neurons, joined: bool) -> tuple[int, int]:
    """`new_state_by` with the rules of the layer."""
    if neurons.rules.resets_after:
        if neurons.rules.table:
            return new_state_by(new, state, neurons, (True, True, joined))
        return new_state_by(new, state, neurons, (True, False, joined))
    if neurons.rules.table:
        return new_state_by(new, state, neurons, (False, True, joined))
    return new_state_by(new, state, neurons, (False, False, joined))


@inlined
def new_state_by(
    new: Any, state: LayerState, neurons: Neurons, constants: tuple[bool, bool, bool]
) -> tuple[int, int]:
    """⌊z · kept + (1 − z) · written⌋ into `new`; return how many clamps of σ and of tanh acted.

    `constants` are rules which are literals wherever this is called: LLVM does not vectorise a
    loop that asks for them.
    """
    resets_after, table, joined = constants
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
    sigmoids, tanhs = neurons.tables[SIGMOID], neurons.tables[TANH]
    by, writes = rules.gate_fraction, rules.writes
    of_gates, of_candidate = T(0), T(0)
    for j in range(n):
        if joined:
            value = right(at(W_z, j), z_down)
        else:
            value = ramped(T, at(W_z, j), at(U_z, j), at(b_z, j), z_shifts, sigmoid)
        z = clamped(value, sigmoid)
        of_gates = T(of_gates + T(z != value))
        if table:
            z = at(sigmoids, z)
        term = at(U_c, j)
        if resets_after:
            if joined:
                value = right(at(W_r, j), r_down)
            else:
                value = ramped(T, at(W_r, j), at(U_r, j), at(b_r, j), r_shifts, sigmoid)
            r = clamped(value, sigmoid)
            of_gates = T(of_gates + T(r != value))
            if table:
                r = at(sigmoids, r)
            term = reset_product(T, r, term, at(d, j), inside)
        if joined:
            term = right(left(term, c_shifts[2]), c_shifts[3])
            value = right(T(right(at(W_c, j), c_down) + term), tanh[0])
        else:
            value = ramped(T, at(W_c, j), term, at(b_c, j), c_shifts, tanh)
        c = clamped(value, tanh)
        of_candidate = T(of_candidate + T(c != value))
        if table:
            c = at(tanhs, c)
        kept, written = (c, at(h, j)) if writes else (at(h, j), c)
        put(new, j, mixed(T, z, kept, written, by))
    return int(of_gates), int(of_candidate)


@inlined
def gate(out: Any, g: int, state: LayerState, neurons: Neurons) -> int:
    """σ of gate g; return how many clamps acted."""
    n, T, rules = out.shape[0], out.dtype.type, neurons.rules
    W, U = parts(state, neurons)
    W_g, U_g = W[of_gate(g, n)], U[of_gate(g, n)]
    bias, shifts, down = neurons.bias[g], four(neurons.shifts[g]), neurons.joined_shift[g]
    sigmoid, sigmoids = four(neurons.ramps[SIGMOID]), neurons.tables[SIGMOID]
    clamps = T(0)
    for j in range(n):
        if rules.joined:
            value = right(at(W_g, j), down)
        else:
            value = ramped(T, at(W_g, j), at(U_g, j), at(bias, j), shifts, sigmoid)
        v = clamped(value, sigmoid)
        clamps = T(clamps + T(v != value))
        put(out, j, at(sigmoids, v) if rules.table else v)
    return int(clamps)


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
