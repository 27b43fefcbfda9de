"""Element kernels of one time step for the CPU, in Numba, one thread, float32.

They compute what `spiking_gru.functional.step` computes for formulation `torch`, and its gradient,
in one pass over a step's numbers. Tests hold both against each other. One thread, because Numba's
threads and torch's fight for the same cores.

Gates lie as (batch, 3 · hidden), in the order reset, update, candidate. A row is worked on in short
loops of few arrays each: only such loops does the compiler vectorise, for it must rule out that
arrays overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np

from hardware.arithmetic import TABLE_ENTRIES, TABLE_RANGE, sigmoid_table, tanh_table
from hardware.cell import Cell

F = np.float32
ZERO, QUARTER, HALF, ONE, TWO = F(0), F(0.25), F(0.5), F(1), F(2)
LOG2_E, LN2_HIGH, LN2_LOW = F(1.44269504), F(0.693359375), F(-2.12194440e-4)
LARGEST_EXPONENT = F(87)

compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
exact = numba.njit(cache=True, nogil=True, error_model="numpy")
"""For quantised kernels: no multiplication may melt into an addition before a floor."""


@numba.njit(inline="always")
def exponential(x: Any) -> Any:
    """e^x to two units in the last place, by a polynomial: the loop around it vectorises."""
    x = min(max(x, -LARGEST_EXPONENT), LARGEST_EXPONENT)
    n = np.floor(x * LOG2_E + HALF)
    f = x - n * LN2_HIGH - n * LN2_LOW
    p = F(1.9875691500e-4)
    p = p * f + F(1.3981999507e-3)
    p = p * f + F(8.3334519073e-3)
    p = p * f + F(4.1665795894e-2)
    p = p * f + F(1.6666665459e-1)
    p = p * f + F(5.0000001201e-1)
    p = p * f * f + f + ONE
    return p * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@numba.njit(inline="always")
def smooth_sigmoid(p: Any) -> Any:
    return ONE / (ONE + exponential(-p))


@numba.njit(inline="always")
def smooth_tanh(p: Any) -> Any:
    return ONE - TWO / (ONE + exponential(TWO * p))


@numba.njit(inline="always")
def hard_sigmoid(p: Any) -> Any:
    return min(max(p * QUARTER + HALF, ZERO), ONE)


@numba.njit(inline="always")
def hard_tanh(p: Any) -> Any:
    return min(max(p, -ONE), ONE)


@cache
def forward_kernel(cell: Cell, quantised: bool) -> Callable[..., None]:
    """One step of a cell: from W x and U e to what is emitted and the membrane after its reset.

    `gates` holds W x and is replaced by r, z, c; `inside` keeps what r multiplies, `before` the
    membrane before its reset. Where a sequence has ended, the membrane stays and all is silent.
    """
    S, G = cell.state_fraction, cell.gate_fraction
    to_state, from_state, to_gate, from_gate = F(2.0**S), F(2.0**-S), F(2.0**G), F(2.0**-G)
    signed = cell.emit == "signed"
    spiking = cell.spiking
    subtract, zero = cell.reset_mechanism == "subtract", cell.reset_mechanism == "zero"
    decorate = exact if quantised else compiled
    sigmoid, tanh = _activations(cell, quantised)

    @numba.njit(inline="always")
    def state(x: Any) -> Any:
        return np.floor(x * to_state) * from_state if quantised else x

    @numba.njit(inline="always")
    def gate(x: Any) -> Any:
        return np.floor(x * to_gate) * from_gate if quantised else x

    @decorate
    def forward(gates, Us, b, d, theta, alive, h_before, inside, before, emitted, h):  # type: ignore[no-untyped-def]
        batch, n = h.shape
        for i in range(batch):
            if not alive[i]:
                for j in range(n):
                    h[i, j] = h_before[i, j]
                    emitted[i, j] = ZERO
                    before[i, j] = ZERO
                continue
            r, z, c = gates[i, :n], gates[i, n : 2 * n], gates[i, 2 * n :]
            Us_r, Us_z, Us_c = Us[i, :n], Us[i, n : 2 * n], Us[i, 2 * n :]
            b_r, b_z, b_c = b[:n], b[n : 2 * n], b[2 * n :]
            q, was, new, e, after = inside[i], h_before[i], before[i], emitted[i], h[i]
            for j in range(n):
                r[j] = sigmoid(state(r[j]) + state(Us_r[j]) + b_r[j])
            for j in range(n):
                z[j] = sigmoid(state(z[j]) + state(Us_z[j]) + b_z[j])
            for j in range(n):
                q[j] = Us_c[j] + d[j] if spiking else gate(Us_c[j] + d[j])
            for j in range(n):
                c[j] = tanh(state(c[j]) + state(r[j] * q[j]) + b_c[j])
            for j in range(n):
                new[j] = state(z[j] * was[j] + (ONE - z[j]) * c[j])
            if not spiking:
                for j in range(n):
                    e[j] = gate(new[j])
                    after[j] = new[j]
                continue
            for j in range(n):
                s = ONE if new[j] > theta[j] else ZERO
                if signed:
                    s -= ONE if -new[j] > theta[j] else ZERO
                e[j] = s
            for j in range(n):
                reset = new[j]
                if subtract:
                    reset -= theta[j] * e[j]
                if zero:
                    reset *= ONE - abs(e[j])
                after[j] = reset

    return forward


def _activations(cell: Cell, quantised: bool) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """σ and tanh of a cell, float or on its grids."""
    is_hard = cell.activation == "hard"
    if not quantised:
        return (hard_sigmoid, hard_tanh) if is_hard else (smooth_sigmoid, smooth_tanh)
    S, G = cell.state_fraction, cell.gate_fraction
    to_gate, from_gate = F(2.0**G), F(2.0**-G)
    steps, entries = F(TABLE_ENTRIES // (2 * TABLE_RANGE)), TABLE_ENTRIES
    sigmoids = (sigmoid_table(G) * 2.0**-G).astype(F)
    tanhs = (tanh_table(S) * 2.0**-S).astype(F)
    last = F(entries - 1)

    @numba.njit(inline="always")
    def index(p: Any) -> Any:
        return np.int32(min(max(np.floor(p * steps) + F(entries // 2), ZERO), last))

    @numba.njit(inline="always")
    def floored_sigmoid(p: Any) -> Any:
        return min(max(np.floor(p * QUARTER * to_gate) * from_gate + HALF, ZERO), ONE)

    @numba.njit(inline="always")
    def looked_up_sigmoid(p: Any) -> Any:
        return sigmoids[index(p)]

    @numba.njit(inline="always")
    def looked_up_tanh(p: Any) -> Any:
        return tanhs[index(p)]

    return (floored_sigmoid, hard_tanh) if is_hard else (looked_up_sigmoid, looked_up_tanh)


@cache
def backward_kernel(cell: Cell) -> Callable[..., None]:
    """The gradient of one step; roundings pass it straight through.

    `dh` comes as the gradient of the membrane after its reset and leaves as that of h_{t-1}; `de`
    is the gradient of what was emitted. Out come those of U e, and of the candidate's
    pre-activation `dp`: W x + b has the same gradient as U e but there.
    """
    is_hard = cell.activation == "hard"
    spiking, zero = cell.spiking, cell.reset_mechanism == "zero"

    @numba.njit(inline="always")
    def sigmoid_slope(y: Any) -> Any:
        if is_hard:
            return QUARTER if ZERO < y < ONE else ZERO
        return y * (ONE - y)

    @numba.njit(inline="always")
    def tanh_slope(y: Any) -> Any:
        if is_hard:
            return ONE if abs(y) < ONE else ZERO
        return ONE - y * y

    @compiled
    def backward(gates, inside, h_before, emitted, slope, alive, de, de_out, dh, dUs, dp):  # type: ignore[no-untyped-def]
        batch, n = dh.shape
        for i in range(batch):
            if not alive[i]:
                for j in range(3 * n):
                    dUs[i, j] = ZERO
                for j in range(n):
                    dp[i, j] = ZERO
                    de[i, j] = ZERO
                continue
            r, z, c = gates[i, :n], gates[i, n : 2 * n], gates[i, 2 * n :]
            d_r, d_z, d_c = dUs[i, :n], dUs[i, n : 2 * n], dUs[i, 2 * n :]
            g, was, q, pre = dh[i], h_before[i], inside[i], dp[i]
            total, out, s, k = de[i], de_out[i], emitted[i], slope[i]
            for j in range(n):
                total[j] += out[j]
            if spiking:
                if zero:
                    for j in range(n):
                        g[j] *= ONE - abs(s[j])
                for j in range(n):
                    g[j] += total[j] * k[j]
            else:
                for j in range(n):
                    g[j] += total[j]
            for j in range(n):
                pre[j] = g[j] * (ONE - z[j]) * tanh_slope(c[j])
            for j in range(n):
                d_c[j] = pre[j] * r[j]
            for j in range(n):
                d_r[j] = pre[j] * q[j] * sigmoid_slope(r[j])
            for j in range(n):
                d_z[j] = g[j] * (was[j] - c[j]) * sigmoid_slope(z[j])
            for j in range(n):
                g[j] *= z[j]

    return backward


@compiled
def atan_slopes(before, theta, half_alpha, factor, signed, slope, by_threshold):  # type: ignore[no-untyped-def]
    """The slopes of `ATan`: of the spikes by h, and by θ. `before` is h before its reset."""
    batch, n = before.shape
    for i in range(batch):
        h, up = before[i], slope[i]
        for j in range(n):
            v = factor * (h[j] - theta[j])
            up[j] = half_alpha / (ONE + v * v)
        if signed:
            down = by_threshold[i]
            for j in range(n):
                v = factor * (-h[j] - theta[j])
                down[j] = half_alpha / (ONE + v * v)
            for j in range(n):
                rising, falling = up[j], down[j]
                up[j] = rising + falling
                down[j] = falling - rising
        else:
            down = by_threshold[i]
            for j in range(n):
                down[j] = -up[j]
