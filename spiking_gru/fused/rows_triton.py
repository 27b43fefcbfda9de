"""The operations of the phases on each number, in Triton, float32: values in, values out.

The settings are compile-time constants, so each kernel holds only the code that its cell needs.
"""

from __future__ import annotations

import triton
import triton.language as tl

from hardware.definition.arithmetic import TABLE_ENTRIES, TABLE_RANGE
from spiking_gru.fused import settings

BINARY = tl.constexpr(settings.BINARY)
SIGNED = tl.constexpr(settings.SIGNED)
GRADED = tl.constexpr(settings.GRADED)
STATE = tl.constexpr(settings.STATE)
SUBTRACT = tl.constexpr(settings.SUBTRACT)
ZERO = tl.constexpr(settings.ZERO)
STEPS = tl.constexpr(TABLE_ENTRIES // (2 * TABLE_RANGE))
MIDDLE = tl.constexpr(TABLE_ENTRIES // 2)
LAST = tl.constexpr(TABLE_ENTRIES - 1)
HALF_PI = tl.constexpr(1.5707963267948966)


@triton.jit
def floor_to(x, TO: tl.constexpr, QUANTISED: tl.constexpr):
    """⌊x⌋ on the grid of 1 / TO."""
    return tl.floor(x * TO) * (1.0 / TO) if QUANTISED else x


@triton.jit
def look_up(table, p):
    """The value of a table over [−8, 8) at p."""
    entry = tl.minimum(tl.maximum(tl.floor(p * STEPS) + MIDDLE, 0.0), LAST)
    return tl.load(table + entry.to(tl.int32))


@triton.jit
def sigmoid(p, table, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, TABLE: tl.constexpr):
    if TABLE:
        y = look_up(table, p) if QUANTISED else 1.0 / (1.0 + tl.exp(-p))
    else:
        y = tl.minimum(tl.maximum(floor_to(p * 0.25, TO_GATE, QUANTISED) + 0.5, 0.0), 1.0)
    return y


@triton.jit
def tanh(p, table, QUANTISED: tl.constexpr, TABLE: tl.constexpr):
    if TABLE:
        y = look_up(table, p) if QUANTISED else 1.0 - 2.0 / (1.0 + tl.exp(2.0 * p))
    else:
        y = tl.minimum(tl.maximum(p, -1.0), 1.0)
    return y


@triton.jit
def mix(z, was, c, TO_STATE: tl.constexpr, QUANTISED: tl.constexpr, WRITES: tl.constexpr):
    """z h + (1 − z) c, or (1 − z) h + z c where z writes."""
    h = (1.0 - z) * was + z * c if WRITES else z * was + (1.0 - z) * c
    return floor_to(h, TO_STATE, QUANTISED)


@triton.jit
def emit(h, last, theta, TO_GATE: tl.constexpr, QUANTISED: tl.constexpr, EMISSION: tl.constexpr):
    """The emission of h."""
    if EMISSION == BINARY:
        e = tl.where(h > theta, 1.0, 0.0)
    elif EMISSION == SIGNED:
        e = tl.where(h > theta, 1.0, 0.0) - tl.where(-h > theta, 1.0, 0.0)
    elif EMISSION == GRADED:
        e = tl.where(tl.abs(h - last) > theta, floor_to(h, TO_GATE, QUANTISED), last)
    else:
        e = floor_to(h, TO_GATE, QUANTISED)
    return e


@triton.jit
def reset(h, e, theta, RESET: tl.constexpr):
    """The membrane after its reset."""
    if RESET == SUBTRACT:
        h = h - theta * e
    elif RESET == ZERO:
        h = h * (1.0 - tl.abs(e))
    return h


@triton.jit
def reset_back(g, e, d_theta, RESET: tl.constexpr):
    """The gradients by h before its reset and by θ, whose spikes are detached."""
    if RESET == SUBTRACT:
        d_theta = d_theta - g * e
    elif RESET == ZERO:
        g = g * (1.0 - tl.abs(e))
    return g, d_theta


@triton.jit
def atan_slope(v, ALPHA: tl.constexpr):
    v = HALF_PI * ALPHA * v
    return ALPHA / 2 / (1.0 + v * v)


@triton.jit
def slopes(h, theta, up, down, EMISSION: tl.constexpr, ALPHA: tl.constexpr):
    """The slopes of the spikes by h and by θ: those of `ATan`, others are given."""
    if ALPHA > 0:
        rising = atan_slope(h - theta, ALPHA)
        if EMISSION == SIGNED:
            falling = atan_slope(-h - theta, ALPHA)
            up, down = rising + falling, falling - rising
        else:
            up, down = rising, -rising
    return up, down


@triton.jit
def emit_back(
    g, d_last, d_theta, total, h, last, theta, up, down, EMISSION: tl.constexpr, ALPHA: tl.constexpr
):
    """The gradients by h, by `last` and by θ."""
    if EMISSION == STATE:
        g = g + total
    elif EMISSION == GRADED:
        moved = tl.abs(h - last) > theta
        g = g + tl.where(moved, total, 0.0)
        d_last = d_last + tl.where(moved, 0.0, total)
    else:
        up, down = slopes(h, theta, up, down, EMISSION, ALPHA)
        g = g + total * up
        d_theta = d_theta + total * down
    return g, d_last, d_theta


@triton.jit
def sigmoid_slope(y, TABLE: tl.constexpr):
    return y * (1.0 - y) if TABLE else tl.where((y > 0.0) & (y < 1.0), 0.25, 0.0)


@triton.jit
def tanh_slope(y, TABLE: tl.constexpr):
    return 1.0 - y * y if TABLE else tl.where(tl.abs(y) < 1.0, 1.0, 0.0)


@triton.jit
def mix_back(g, z, was, c, TABLE: tl.constexpr, WRITES: tl.constexpr):
    """The gradients of the pre-activations of z and c, and of `was`."""
    keep = 1.0 - z if WRITES else z
    d_keep = g * (was - c)
    d_z = (-d_keep if WRITES else d_keep) * sigmoid_slope(z, TABLE)
    return d_z, g * (1.0 - keep) * tanh_slope(c, TABLE), g * keep
