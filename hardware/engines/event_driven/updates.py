"""What a step does to the neurons of a layer, in Numba: new state, emission, reset.

What a function only reads it reads by `at`, what it writes it writes by `put`: only then is a loop
of many arrays vectorised. Each result is cast to the arrays' type, for Numba computes everything in
64 bits otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hardware.engines.event_driven.arrays import SIGMOID, TANH, Neurons, Rules
from hardware.engines.event_driven.intrinsics import at, inlined, left, put, right


@inlined
def four(row: Any) -> Any:
    return row[0], row[1], row[2], row[3]


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
    joined: bool,
) -> tuple[int, int]:
    """`new_state_by` these rules."""
    if rules.reset_inside:
        if rules.table:
            return new_state_by(new, h, W, U, U_c, neurons, rules, True, True, joined)
        return new_state_by(new, h, W, U, U_c, neurons, rules, True, False, joined)
    if rules.table:
        return new_state_by(new, h, W, U, U_c, neurons, rules, False, True, joined)
    return new_state_by(new, h, W, U, U_c, neurons, rules, False, False, joined)


@inlined
def new_state_by(
    new: Any,
    h: Any,
    W: Any,
    U: Any,
    U_c: Any,
    neurons: Neurons,
    rules: Rules,
    reset_inside: bool,
    table: bool,
    joined: bool,
) -> tuple[int, int]:
    """⌊z · kept + (1 − z) · written⌋ into `new`; how many clamps of σ and of tanh acted.

    `U_c` is the candidate's recurrent term. The last three are rules which are constants where
    this is called: a loop that had to ask would not be vectorised.
    """
    n, T = h.shape[0], h.dtype.type
    update, candidate, keeps = rules.update_gate, rules.candidate, rules.update_keeps
    W_r, W_z, W_c = W[of_gate(0, n)], W[of_gate(update, n)], W[of_gate(candidate, n)]
    U_r, U_z = U[of_gate(0, n)], U[of_gate(update, n)]
    b_r, b_z, b_c = neurons.bias[0], neurons.bias[update], neurons.bias[candidate]
    r_shifts, z_shifts = four(neurons.shifts[0]), four(neurons.shifts[update])
    c_shifts = four(neurons.shifts[candidate])
    r_down, z_down = neurons.joined_shift[0], neurons.joined_shift[update]
    c_down = neurons.joined_shift[candidate]
    d, inside = neurons.recurrent_bias, (neurons.inside_shift[0], neurons.inside_shift[1])
    sigmoid, tanh = four(neurons.ramps[SIGMOID]), four(neurons.ramps[TANH])
    sigmoids, tanhs = neurons.tables[SIGMOID], neurons.tables[TANH]
    by = rules.gate_fraction
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
        if reset_inside:
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
        kept, written = (at(h, j), c) if keeps else (c, at(h, j))
        put(new, j, mixed(T, z, kept, written, by))
    return int(of_gates), int(of_candidate)


@inlined
def gate(out: Any, g: int, W: Any, U: Any, neurons: Neurons, rules: Rules) -> int:
    """σ of gate g from its recurrent term U; how many clamps acted."""
    n, T = out.shape[0], out.dtype.type
    W_g, bias, shifts = W[of_gate(g, n)], neurons.bias[g], four(neurons.shifts[g])
    down = neurons.joined_shift[g]
    sigmoid, sigmoids = four(neurons.ramps[SIGMOID]), neurons.tables[SIGMOID]
    clamps = T(0)
    for j in range(n):
        if rules.joined:
            value = right(at(W_g, j), down)
        else:
            value = ramped(T, at(W_g, j), at(U, j), at(bias, j), shifts, sigmoid)
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
def emission(T: Any, h: Any, last: Any, threshold: Any, up: int, down: int, rules: Rules) -> Any:
    """What a neuron with this membrane emits, `last` being what it emitted before."""
    if rules.spiking:
        below = rules.signed and T(-h) > threshold
        return np.int16(np.int16(h > threshold) - np.int16(below))
    on_grid = right(left(h, up), down)
    if rules.graded:
        distance = T(h - right(left(T(last), down), up))
        return np.int16(on_grid if max(distance, T(-distance)) > threshold else T(last))
    return np.int16(on_grid)


@inlined
def after(T: Any, h: Any, sent: Any, threshold: Any, rules: Rules) -> Any:
    """The membrane after its reset."""
    if rules.subtract:
        return T(h - T(threshold * sent))
    if rules.zero and sent != 0:
        return T(0)
    return h


@inlined
def emit(out: Any, h: Any, e: Any, threshold: Any, rules: Rules) -> None:
    """What neurons with these membranes would emit."""
    T = h.dtype.type
    up, down = max(rules.to_gate_grid, 0), max(-rules.to_gate_grid, 0)
    for n in range(h.shape[0]):
        put(out, n, emission(T, at(h, n), at(e, n), at(threshold, n), up, down, rules))


@inlined
def emit_and_reset(e: Any, h: Any, new: Any, threshold: Any, rules: Rules) -> None:
    """What neurons with new membranes emit, and these after their reset."""
    T = h.dtype.type
    up, down = max(rules.to_gate_grid, 0), max(-rules.to_gate_grid, 0)
    for n in range(h.shape[0]):
        sent = emission(T, at(new, n), e[n], at(threshold, n), up, down, rules)
        put(e, n, sent)
        put(h, n, after(T, at(new, n), sent, at(threshold, n), rules))
