"""The backward phase in Triton: one kernel, as `forward_triton` has it."""

from __future__ import annotations

import triton
import triton.language as tl

from spiking_gru.fused.forward_triton import read, thread
from spiking_gru.fused.rows_triton import (
    GRADED,
    emit_back,
    mix_back,
    reset_back,
    sigmoid_slope,
)


@triton.jit
def through_emission(
    d_h, d_last, d_theta, total, last, h, theta, up, down, n, on,
    EMISSION: tl.constexpr, ALPHA: tl.constexpr,
):  # fmt: skip
    """The gradients by h, by the last emission and by θ."""
    rising, falling = n * 0.0, n * 0.0
    if EMISSION < GRADED and ALPHA == 0:
        rising, falling = read(up, n, on), read(down, n, on)
    return emit_back(
        d_h, d_last, d_theta, total, h, read(last, n, on), theta, rising, falling, EMISSION, ALPHA
    )  # fmt: skip


@triton.jit
def backward_kernel(
    living, gates, inside, mixed, before, emitted, threshold, last, was,
    d, d_out, up, down, up_would, down_would, d_emitted, d_membrane, d_total, d_threshold,
    size, hidden, count,
    OPENS: tl.constexpr, CLOSES: tl.constexpr, ENDS: tl.constexpr,
    R: tl.constexpr, Z: tl.constexpr, C: tl.constexpr, OUT: tl.constexpr,
    AFTER: tl.constexpr, BEFORE: tl.constexpr, WAITS: tl.constexpr,
    TABLE: tl.constexpr, EMISSION: tl.constexpr, RESET: tl.constexpr, WRITES: tl.constexpr,
    LEARNS: tl.constexpr, ALPHA: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    n, row, column, on = thread(living, size, hidden, BLOCK)
    at, d_at = row * count * hidden + column, row * (count + AFTER) * hidden + column
    d_at = d_at + AFTER * hidden
    theta = read(threshold, column, on)
    g, d_e, d_theta = read(d_membrane, n, on), read(d_emitted, n, on), n * 0.0
    if LEARNS:
        d_theta = read(d_threshold, n, on)
    if ENDS:
        total = d_e + read(d_out, n, on)
        g, d_theta = reset_back(g, read(emitted, n, on), d_theta, RESET)
        g, d_e, d_theta = through_emission(
            g, n * 0.0, d_theta, total, last, read(before, n, on), theta, up, down, n, on,
            EMISSION, ALPHA,
        )  # fmt: skip
        if OUT >= 0:
            o = read(gates, at + OUT * hidden, on)
            d_o = g * read(mixed, n, on) * sigmoid_slope(o, TABLE)
            tl.store(d + d_at + OUT * hidden, d_o, mask=on)
            g = g * o
    if CLOSES:
        if WAITS:
            g, d_e, d_theta = through_emission(
                g, d_e, d_theta, read(d_total, n, on), last, read(mixed, n, on), theta,
                up_would, down_would, n, on, EMISSION, ALPHA,
            )  # fmt: skip
        z, c = read(gates, at + Z * hidden, on), read(gates, at + C * hidden, on)
        d_z, d_c, g = mix_back(g, z, read(was, n, on), c, TABLE, WRITES)
        tl.store(d + d_at + Z * hidden, d_z, mask=on)
        tl.store(d + d_at + C * hidden, d_c, mask=on)
        if AFTER:
            r, q = read(gates, at + R * hidden, on), read(inside, n, on)
            tl.store(d + d_at - hidden, d_c * r, mask=on)
            tl.store(d + d_at + R * hidden, d_c * q * sigmoid_slope(r, TABLE), mask=on)
    if OPENS and BEFORE:
        r, d_m = read(gates, at + R * hidden, on), read(d_total, n, on)
        d_e = d_e + d_m * r
        d_r = d_m * read(last, n, on) * sigmoid_slope(r, TABLE)
        tl.store(d + d_at + R * hidden, d_r, mask=on)
    if ENDS or CLOSES:
        tl.store(d_membrane + n, g, mask=on)
        if LEARNS:
            tl.store(d_threshold + n, d_theta, mask=on)
    tl.store(d_emitted + n, d_e, mask=on)
