"""The kernel of each forward phase, in Triton: one number of (batch, hidden) for each thread.

Rows of a batch whose sequence has ended are neither read nor written.
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
def place(living, size, hidden, BLOCK: tl.constexpr):
    """A thread's number of (batch, hidden): its place, row, column, and whether it is on."""
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    on = n < size
    row = n // hidden
    on = on & (tl.load(living + row, mask=on, other=0) != 0)
    return n, row, n % hidden, on


@triton.jit
def gate(
    gates, products, b, table, at, count, hidden, row, column, on,
    GATE: tl.constexpr, PRODUCT: tl.constexpr,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
):  # fmt: skip
    """A gate in the place of its W x: σ(W x + b + U e)."""
    p = tl.load(gates + at + GATE * hidden, mask=on, other=0.0)
    u = tl.load(products + (row * count + PRODUCT) * hidden + column, mask=on, other=0.0)
    p = floor_to(p, TO_STATE, QUANTISED) + tl.load(b + GATE * hidden + column, mask=on, other=0.0)
    y = sigmoid(p + floor_to(u, TO_STATE, QUANTISED), table, TO_GATE, QUANTISED, TABLE)
    tl.store(gates + at + GATE * hidden, y, mask=on)
    return y


@triton.jit
def candidate(
    gates, b, u, table, at, hidden, column, on,
    GATE: tl.constexpr,
    TO_STATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
):  # fmt: skip
    """The candidate in the place of its W x: tanh(W x + b + u)."""
    p = tl.load(gates + at + GATE * hidden, mask=on, other=0.0)
    p = floor_to(p, TO_STATE, QUANTISED) + tl.load(b + GATE * hidden + column, mask=on, other=0.0)
    y = tanh(p + floor_to(u, TO_STATE, QUANTISED), table, QUANTISED, TABLE)
    tl.store(gates + at + GATE * hidden, y, mask=on)
    return y


@triton.jit
def release(
    h, last, theta, new, e, after, n, column, on,
    TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, EMISSION: tl.constexpr, RESET: tl.constexpr,
):  # fmt: skip
    """Emit, reset, and store all three."""
    t = tl.load(theta + column, mask=on, other=0.0)
    sent = emit(h, tl.load(last + n, mask=on, other=0.0), t, TO_GATE, QUANTISED, EMISSION)
    tl.store(new + n, h, mask=on)
    tl.store(e + n, sent, mask=on)
    tl.store(after + n, reset(h, sent, t, RESET), mask=on)


@triton.jit
def torch_kernel(
    living, gates, products, b, d, theta, last, was, inside, new, e, after, sigmoids, tanhs,
    size, hidden, count,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
    EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at = row * 3 * hidden + column
    r = gate(
        gates,
        products,
        b,
        sigmoids,
        at,
        3,
        hidden,
        row,
        column,
        on,
        0,
        0,
        TO_STATE,
        TO_GATE,
        QUANTISED,
        TABLE,
    )
    z = gate(
        gates,
        products,
        b,
        sigmoids,
        at,
        3,
        hidden,
        row,
        column,
        on,
        1,
        1,
        TO_STATE,
        TO_GATE,
        QUANTISED,
        TABLE,
    )
    q = tl.load(products + at + 2 * hidden, mask=on, other=0.0)
    q = q + tl.load(d + column, mask=on, other=0.0)
    if EMISSION >= GRADED:
        q = floor_to(q, TO_GATE, QUANTISED)
    tl.store(inside + n, q, mask=on)
    c = candidate(gates, b, r * q, tanhs, at, hidden, column, on, 2, TO_STATE, QUANTISED, TABLE)
    h = mix(z, tl.load(was + n, mask=on, other=0.0), c, TO_STATE, QUANTISED, WRITES)
    release(h, last, theta, new, e, after, n, column, on, TO_GATE, QUANTISED, EMISSION, RESET)


@triton.jit
def forget_kernel(
    living, gates, products, b, theta, last, was, new, e, after, sigmoids, tanhs,
    size, hidden, count,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
    EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at = row * 2 * hidden + column
    f = gate(
        gates,
        products,
        b,
        sigmoids,
        at,
        2,
        hidden,
        row,
        column,
        on,
        0,
        0,
        TO_STATE,
        TO_GATE,
        QUANTISED,
        TABLE,
    )
    u = tl.load(products + at + hidden, mask=on, other=0.0)
    c = candidate(gates, b, u, tanhs, at, hidden, column, on, 1, TO_STATE, QUANTISED, TABLE)
    h = mix(f, tl.load(was + n, mask=on, other=0.0), c, TO_STATE, QUANTISED, WRITES)
    release(h, last, theta, new, e, after, n, column, on, TO_GATE, QUANTISED, EMISSION, RESET)


@triton.jit
def open_kernel(
    living, gates, products, b, last, message, sigmoids, tanhs, size, hidden, count,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
    EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at = row * count * hidden + column
    r = gate(
        gates,
        products,
        b,
        sigmoids,
        at,
        2,
        hidden,
        row,
        column,
        on,
        0,
        0,
        TO_STATE,
        TO_GATE,
        QUANTISED,
        TABLE,
    )
    gate(
        gates,
        products,
        b,
        sigmoids,
        at,
        2,
        hidden,
        row,
        column,
        on,
        1,
        1,
        TO_STATE,
        TO_GATE,
        QUANTISED,
        TABLE,
    )
    m = r * tl.load(last + n, mask=on, other=0.0)
    tl.store(message + n, floor_to(m, TO_GATE, QUANTISED), mask=on)


@triton.jit
def mixed_of(
    gates, products, b, was, tanhs, n, count, hidden, row, column, on,
    TO_STATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr, WRITES: tl.constexpr,
):  # fmt: skip
    """The new h of two products, before an output gate."""
    at = row * count * hidden + column
    u = tl.load(products + n, mask=on, other=0.0)
    c = candidate(gates, b, u, tanhs, at, hidden, column, on, 2, TO_STATE, QUANTISED, TABLE)
    z = tl.load(gates + at + hidden, mask=on, other=0.0)
    return mix(z, tl.load(was + n, mask=on, other=0.0), c, TO_STATE, QUANTISED, WRITES)


@triton.jit
def close_kernel(
    living, gates, products, b, theta, last, was, new, e, after, sigmoids, tanhs,
    size, hidden, count,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
    EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    h = mixed_of(
        gates,
        products,
        b,
        was,
        tanhs,
        n,
        count,
        hidden,
        row,
        column,
        on,
        TO_STATE,
        QUANTISED,
        TABLE,
        WRITES,
    )
    release(h, last, theta, new, e, after, n, column, on, TO_GATE, QUANTISED, EMISSION, RESET)


@triton.jit
def close_unseen_kernel(
    living, gates, products, b, theta, last, was, mixed, would, sigmoids, tanhs,
    size, hidden, count,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
    EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    h = mixed_of(
        gates,
        products,
        b,
        was,
        tanhs,
        n,
        count,
        hidden,
        row,
        column,
        on,
        TO_STATE,
        QUANTISED,
        TABLE,
        WRITES,
    )
    t = tl.load(theta + column, mask=on, other=0.0)
    tl.store(mixed + n, h, mask=on)
    sent = emit(h, tl.load(last + n, mask=on, other=0.0), t, TO_GATE, QUANTISED, EMISSION)
    tl.store(would + n, sent, mask=on)


@triton.jit
def output_kernel(
    living, gates, products, b, theta, last, mixed, new, e, after, sigmoids, tanhs,
    size, hidden, count,
    TO_STATE: tl.constexpr, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr,
    EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at = row * count * hidden + column
    o = gate(
        gates,
        products,
        b,
        sigmoids,
        at,
        1,
        hidden,
        row,
        column,
        on,
        3,
        0,
        TO_STATE,
        TO_GATE,
        QUANTISED,
        TABLE,
    )
    h = floor_to(o * tl.load(mixed + n, mask=on, other=0.0), TO_STATE, QUANTISED)
    release(h, last, theta, new, e, after, n, column, on, TO_GATE, QUANTISED, EMISSION, RESET)
