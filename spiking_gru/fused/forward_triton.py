"""The forward phase in Triton: one kernel, one number of (batch, hidden) for each thread.

The settings are compile-time constants, so every stage of every cell has a kernel of its own. Rows
of a batch whose sequence has ended are neither read nor written.
"""

from __future__ import annotations

import triton
import triton.language as tl

from spiking_gru.fused.rows_triton import (
    GRADED,
    emit,
    floor_to,
    mix,
    reset,
    sigmoid,
    tanh,
)


@triton.jit
def thread(living, size, hidden, BLOCK: tl.constexpr):
    """A thread's number of (batch, hidden), its row and column, and whether it is on."""
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    on = n < size
    row = n // hidden
    on = on & (tl.load(living + row, mask=on, other=0) != 0)
    return n, row, n % hidden, on


@triton.jit
def read(array, at, on):
    return tl.load(array + at, mask=on, other=0.0)


@triton.jit
def accumulate(
    p, products, first, b, column, hidden, on,
    GATE: tl.constexpr, PRODUCT: tl.constexpr, TO_STATE: tl.constexpr, QUANTISED: tl.constexpr,
):  # fmt: skip
    """p + b + the recurrent product, if the gate has one; `first` is the row's first product."""
    p = floor_to(p, TO_STATE, QUANTISED) + read(b, GATE * hidden + column, on)
    if PRODUCT >= 0:
        u = read(products, first + PRODUCT * hidden, on)
        p = p + floor_to(u, TO_STATE, QUANTISED)
    return p


@triton.jit
def gate(
    gates, at, products, first, b, table, column, hidden, on,
    GATE: tl.constexpr, PRODUCT: tl.constexpr,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
):  # fmt: skip
    """σ(W x + b + U e), stored in the place of W x."""
    p = read(gates, at + GATE * hidden, on)
    p = accumulate(
        p, products, first, b, column, hidden, on, GATE, PRODUCT, TO_STATE, QUANTISED
    )  # fmt: skip
    y = sigmoid(p, table, TO_GATE, QUANTISED, TABLE)
    tl.store(gates + at + GATE * hidden, y, mask=on)
    return y


@triton.jit
def forward_kernel(
    living, gates, inside, messages, mixed, would, before, emitted, membranes,
    b, inside_bias, threshold, last, was, products, sigmoids, tanhs,
    size, hidden, count, received,
    OPENS: tl.constexpr, CLOSES: tl.constexpr, ENDS: tl.constexpr,
    R: tl.constexpr, Z: tl.constexpr, C: tl.constexpr, OUT: tl.constexpr,
    U_R: tl.constexpr, U_Z: tl.constexpr, U_C: tl.constexpr, U_OUT: tl.constexpr,
    AFTER: tl.constexpr, BEFORE: tl.constexpr, WAITS: tl.constexpr,
    QUANTISED: tl.constexpr, TABLE: tl.constexpr,
    EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    # Values that this stage has stored stay in registers: another thread may not see the store yet.
    n, row, column, on = thread(living, size, hidden, BLOCK)
    at, first = row * count * hidden + column, row * received * hidden + column
    theta = read(threshold, column, on)
    if OPENS:
        if R >= 0:
            r = gate(
                gates, at, products, first, b, sigmoids, column, hidden, on,
                R, U_R, TO_STATE, TO_GATE, QUANTISED, TABLE,
            )  # fmt: skip
            if BEFORE:
                message = floor_to(r * read(last, n, on), TO_GATE, QUANTISED)
                tl.store(messages + n, message, mask=on)
        z = gate(
            gates, at, products, first, b, sigmoids, column, hidden, on,
            Z, U_Z, TO_STATE, TO_GATE, QUANTISED, TABLE,
        )  # fmt: skip
    if CLOSES:
        p = read(gates, at + C * hidden, on)
        if AFTER:
            q = read(products, first + U_C * hidden, on) + read(inside_bias, column, on)
            if EMISSION >= GRADED:
                q = floor_to(q, TO_GATE, QUANTISED)
            tl.store(inside + n, q, mask=on)
            p = floor_to(p, TO_STATE, QUANTISED) + read(b, C * hidden + column, on)
            p = p + floor_to(r * q, TO_STATE, QUANTISED)
        else:
            p = accumulate(
                p, products, first, b, column, hidden, on, C, U_C, TO_STATE, QUANTISED
            )  # fmt: skip
        c = tanh(p, tanhs, QUANTISED, TABLE)
        tl.store(gates + at + C * hidden, c, mask=on)
        if not OPENS:
            z = read(gates, at + Z * hidden, on)
        h = mix(z, read(was, n, on), c, TO_STATE, QUANTISED, WRITES)
        if OUT >= 0:
            tl.store(mixed + n, h, mask=on)
        else:
            tl.store(before + n, h, mask=on)
        if WAITS:
            sent = emit(h, read(last, n, on), theta, TO_GATE, QUANTISED, EMISSION)
            tl.store(would + n, sent, mask=on)
    if ENDS:
        if OUT >= 0:
            o = gate(
                gates, at, products, first, b, sigmoids, column, hidden, on,
                OUT, U_OUT, TO_STATE, TO_GATE, QUANTISED, TABLE,
            )  # fmt: skip
            if not CLOSES:
                h = read(mixed, n, on)
            h = floor_to(o * h, TO_STATE, QUANTISED)
            tl.store(before + n, h, mask=on)
        e = emit(h, read(last, n, on), theta, TO_GATE, QUANTISED, EMISSION)
        tl.store(emitted + n, e, mask=on)
        tl.store(membranes + n, reset(h, e, theta, RESET), mask=on)
