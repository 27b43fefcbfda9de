"""The kernel of each backward phase, in Triton, as `forward_triton` has them."""

from __future__ import annotations

import triton
import triton.language as tl

from spiking_gru.fused.forward_triton import place
from spiking_gru.fused.rows_triton import (
    GRADED,
    emit_back,
    mix_back,
    reset_back,
    sigmoid_slope,
)


@triton.jit
def settle_back(
    last, new, e, theta, up, down, d_out, d_e, g, d_theta, n, column, on,
    EMISSION: tl.constexpr, RESET: tl.constexpr, LEARNS: tl.constexpr, ALPHA: tl.constexpr,
):  # fmt: skip
    """Back through reset and emission to the gradient of h; what reaches `last` goes to d_e."""
    d_t = n * 0.0
    if LEARNS:
        d_t = tl.load(d_theta + n, mask=on, other=0.0)
    d_h, d_t = reset_back(
        tl.load(g + n, mask=on, other=0.0), tl.load(e + n, mask=on, other=0.0), d_t, RESET
    )
    total = tl.load(d_e + n, mask=on, other=0.0) + tl.load(d_out + n, mask=on, other=0.0)
    return through_emission(
        d_h, n * 0.0, d_t, total, last, new, theta, up, down, d_e, d_theta, n, column, on,
        EMISSION, LEARNS, ALPHA,
    )  # fmt: skip


@triton.jit
def through_emission(
    d_h, d_last, d_t, total, last, h, theta, up, down, d_e, d_theta, n, column, on,
    EMISSION: tl.constexpr, LEARNS: tl.constexpr, ALPHA: tl.constexpr,
):  # fmt: skip
    rising, falling = n * 0.0, n * 0.0
    if EMISSION < GRADED and ALPHA == 0:
        rising = tl.load(up + n, mask=on, other=0.0)
        falling = tl.load(down + n, mask=on, other=0.0)
    d_h, d_last, d_t = emit_back(
        d_h, d_last, d_t, total,
        tl.load(h + n, mask=on, other=0.0),
        tl.load(last + n, mask=on, other=0.0),
        tl.load(theta + column, mask=on, other=0.0),
        rising, falling, EMISSION, ALPHA,
    )  # fmt: skip
    tl.store(d_e + n, d_last, mask=on)
    if LEARNS:
        tl.store(d_theta + n, d_t, mask=on)
    return d_h


@triton.jit
def through_mix(
    d_h, gates, was, g, d, n, at, d_at, hidden, on,
    SHARE: tl.constexpr, D_SHARE: tl.constexpr, TABLE: tl.constexpr, WRITES: tl.constexpr,
):  # fmt: skip
    z = tl.load(gates + at + SHARE * hidden, mask=on, other=0.0)
    c = tl.load(gates + at + (SHARE + 1) * hidden, mask=on, other=0.0)
    d_z, d_c, d_was = mix_back(d_h, z, tl.load(was + n, mask=on, other=0.0), c, TABLE, WRITES)
    tl.store(d + d_at + D_SHARE * hidden, d_z, mask=on)
    tl.store(d + d_at + (D_SHARE + 1) * hidden, d_c, mask=on)
    tl.store(g + n, d_was, mask=on)
    return d_c


@triton.jit
def torch_back_kernel(
    living, gates, inside, last, was, new, e, theta, up, down, d_out, d_e, g, total, d_theta, d,
    size, hidden, count,
    TABLE: tl.constexpr, EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr,
    SHARE: tl.constexpr, LEARNS: tl.constexpr, ALPHA: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at, d_at = row * 3 * hidden + column, row * 4 * hidden + column
    d_h = settle_back(
        last,
        new,
        e,
        theta,
        up,
        down,
        d_out,
        d_e,
        g,
        d_theta,
        n,
        column,
        on,
        EMISSION,
        RESET,
        LEARNS,
        ALPHA,
    )
    d_c = through_mix(d_h, gates, was, g, d, n, at, d_at, hidden, on, 1, 2, TABLE, WRITES)
    r = tl.load(gates + at, mask=on, other=0.0)
    q = tl.load(inside + n, mask=on, other=0.0)
    tl.store(d + d_at, d_c * r, mask=on)
    tl.store(d + d_at + hidden, d_c * q * sigmoid_slope(r, TABLE), mask=on)


@triton.jit
def close_back_kernel(
    living, gates, last, was, new, e, theta, up, down, d_out, d_e, g, total, d_theta, d,
    size, hidden, count,
    TABLE: tl.constexpr, EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr,
    SHARE: tl.constexpr, LEARNS: tl.constexpr, ALPHA: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at = row * count * hidden + column
    d_h = settle_back(
        last,
        new,
        e,
        theta,
        up,
        down,
        d_out,
        d_e,
        g,
        d_theta,
        n,
        column,
        on,
        EMISSION,
        RESET,
        LEARNS,
        ALPHA,
    )
    through_mix(d_h, gates, was, g, d, n, at, at, hidden, on, SHARE, SHARE, TABLE, WRITES)


@triton.jit
def output_back_kernel(
    living, gates, mixed, last, new, e, theta, up, down, d_out, d_e, g, total, d_theta, d,
    size, hidden, count,
    TABLE: tl.constexpr, EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr,
    SHARE: tl.constexpr, LEARNS: tl.constexpr, ALPHA: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at = row * count * hidden + column + 3 * hidden
    d_h = settle_back(
        last,
        new,
        e,
        theta,
        up,
        down,
        d_out,
        d_e,
        g,
        d_theta,
        n,
        column,
        on,
        EMISSION,
        RESET,
        LEARNS,
        ALPHA,
    )
    o = tl.load(gates + at, mask=on, other=0.0)
    d_o = d_h * tl.load(mixed + n, mask=on, other=0.0) * sigmoid_slope(o, TABLE)
    tl.store(d + at, d_o, mask=on)
    tl.store(g + n, d_h * o, mask=on)


@triton.jit
def close_unseen_back_kernel(
    living, gates, last, was, mixed, theta, up, down, d_would, d_e, g, d_theta, d,
    size, hidden, count,
    TABLE: tl.constexpr, EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr,
    SHARE: tl.constexpr, LEARNS: tl.constexpr, ALPHA: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at = row * count * hidden + column
    d_t = n * 0.0
    if LEARNS:
        d_t = tl.load(d_theta + n, mask=on, other=0.0)
    d_h = through_emission(
        tl.load(g + n, mask=on, other=0.0), tl.load(d_e + n, mask=on, other=0.0), d_t,
        tl.load(d_would + n, mask=on, other=0.0),
        last, mixed, theta, up, down, d_e, d_theta, n, column, on, EMISSION, LEARNS, ALPHA,
    )  # fmt: skip
    through_mix(d_h, gates, was, g, d, n, at, at, hidden, on, SHARE, SHARE, TABLE, WRITES)


@triton.jit
def open_back_kernel(
    living, gates, last, d_message, d_e, d, size, hidden, count,
    TABLE: tl.constexpr, EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr,
    SHARE: tl.constexpr, LEARNS: tl.constexpr, ALPHA: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = place(living, size, hidden, BLOCK)
    at = row * count * hidden + column
    r = tl.load(gates + at, mask=on, other=0.0)
    d_m = tl.load(d_message + n, mask=on, other=0.0)
    tl.store(d_e + n, tl.load(d_e + n, mask=on, other=0.0) + d_m * r, mask=on)
    d_r = d_m * tl.load(last + n, mask=on, other=0.0) * sigmoid_slope(r, TABLE)
    tl.store(d + at, d_r, mask=on)
