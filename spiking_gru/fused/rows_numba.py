"""The row operations for the CPU, in Numba, one thread, float32.

A step is worked on row by row, and a row in short loops of few arrays each: only such loops does
the compiler vectorise, for it must rule out that arrays overlap. One thread, because Numba's
threads and torch's fight for the same cores. No multiplication melts into an addition, so that the
quantised form rounds where it should.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hardware.definition.arithmetic import TABLE_ENTRIES, TABLE_RANGE
from hardware.kernels.parts import inlined
from spiking_gru.fused.settings import BINARY, GRADED, SIGNED, STATE, SUBTRACT, ZERO

F = np.float32
NOTHING, QUARTER, HALF, ONE, TWO = F(0), F(0.25), F(0.5), F(1), F(2)
LOG2_E, LN2_HIGH, LN2_LOW = F(1.44269504), F(0.693359375), F(-2.12194440e-4)
LARGEST_EXPONENT = F(87)
STEPS, MIDDLE, LAST = (
    F(TABLE_ENTRIES // (2 * TABLE_RANGE)),
    F(TABLE_ENTRIES // 2),
    F(TABLE_ENTRIES - 1),
)

row = inlined


@row
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


@row
def entry(p: Any) -> Any:
    """The entry of a table over [−8, 8) that holds p."""
    return np.int32(min(max(np.floor(p * STEPS) + MIDDLE, NOTHING), LAST))


@row
def add(p: Any, u: Any, b: Any, k: Any) -> None:
    """p ← p + b + u, both sums of products brought to the state grid."""
    if k.quantised:
        to, back = F(k.to_state), F(1 / k.to_state)
        for j in range(len(p)):
            p[j] = np.floor(p[j] * to) * back + b[j] + np.floor(u[j] * to) * back
    else:
        for j in range(len(p)):
            p[j] = p[j] + b[j] + u[j]


@row
def add_bias(p: Any, b: Any, k: Any) -> None:
    """p ← p + b, the sum of products brought to the state grid."""
    if k.quantised:
        to, back = F(k.to_state), F(1 / k.to_state)
        for j in range(len(p)):
            p[j] = np.floor(p[j] * to) * back + b[j]
    else:
        for j in range(len(p)):
            p[j] = p[j] + b[j]


@row
def accumulate(p: Any, products: Any, i: Any, place: Any, b: Any, k: Any) -> None:
    """p ← p + b + its recurrent product, if it has one."""
    if place >= 0:
        add(p, products[i, place], b, k)
    else:
        add_bias(p, b, k)


@row
def add_product(p: Any, r: Any, q: Any, b: Any, k: Any) -> None:
    """p ← p + b + r q."""
    if k.quantised:
        to, back = F(k.to_state), F(1 / k.to_state)
        for j in range(len(p)):
            p[j] = np.floor(p[j] * to) * back + b[j] + np.floor(r[j] * q[j] * to) * back
    else:
        for j in range(len(p)):
            p[j] = p[j] + b[j] + r[j] * q[j]


@row
def sigmoid(p: Any, k: Any) -> None:
    """p ← σ(p)."""
    if not k.table:
        if k.quantised:
            to, back = F(k.to_gate), F(1 / k.to_gate)
            for j in range(len(p)):
                quarter = np.floor(p[j] * QUARTER * to) * back
                p[j] = min(max(quarter + HALF, NOTHING), ONE)
        else:
            for j in range(len(p)):
                p[j] = min(max(p[j] * QUARTER + HALF, NOTHING), ONE)
    elif k.quantised:
        for j in range(len(p)):
            p[j] = k.sigmoids[entry(p[j])]
    else:
        for j in range(len(p)):
            p[j] = ONE / (ONE + exponential(-p[j]))


@row
def tanh(p: Any, k: Any) -> None:
    """p ← tanh(p)."""
    if not k.table:
        for j in range(len(p)):
            p[j] = min(max(p[j], -ONE), ONE)
    elif k.quantised:
        for j in range(len(p)):
            p[j] = k.tanhs[entry(p[j])]
    else:
        for j in range(len(p)):
            p[j] = ONE - TWO / (ONE + exponential(TWO * p[j]))


@row
def inside(q: Any, u: Any, d: Any, k: Any) -> None:
    """q ← u + d, on the gate grid where the state is emitted."""
    if k.quantised and k.emission >= GRADED:
        to, back = F(k.to_gate), F(1 / k.to_gate)
        for j in range(len(q)):
            q[j] = np.floor((u[j] + d[j]) * to) * back
    else:
        for j in range(len(q)):
            q[j] = u[j] + d[j]


@row
def message(m: Any, r: Any, e: Any, k: Any) -> None:
    """m ← r e on the gate grid."""
    if k.quantised:
        to, back = F(k.to_gate), F(1 / k.to_gate)
        for j in range(len(m)):
            m[j] = np.floor(r[j] * e[j] * to) * back
    else:
        for j in range(len(m)):
            m[j] = r[j] * e[j]


@row
def scale(h: Any, o: Any, mixed: Any, k: Any) -> None:
    """h ← o h on the state grid."""
    if k.quantised:
        to, back = F(k.to_state), F(1 / k.to_state)
        for j in range(len(h)):
            h[j] = np.floor(o[j] * mixed[j] * to) * back
    else:
        for j in range(len(h)):
            h[j] = o[j] * mixed[j]


@row
def mix(h: Any, z: Any, was: Any, c: Any, k: Any) -> None:
    """h ← z h + (1 − z) c, or (1 − z) h + z c where z writes."""
    kept, put = (c, was) if k.writes else (was, c)
    for j in range(len(h)):
        h[j] = z[j] * kept[j] + (ONE - z[j]) * put[j]
    if k.quantised:
        to, back = F(k.to_state), F(1 / k.to_state)
        for j in range(len(h)):
            h[j] = np.floor(h[j] * to) * back


@row
def emit(e: Any, h: Any, last: Any, theta: Any, k: Any) -> None:
    """e ← the emission of h."""
    if k.emission == BINARY:
        for j in range(len(e)):
            e[j] = ONE if h[j] > theta[j] else NOTHING
        return
    if k.emission == SIGNED:
        for j in range(len(e)):
            rising = ONE if h[j] > theta[j] else NOTHING
            falling = ONE if -h[j] > theta[j] else NOTHING
            e[j] = rising - falling
        return
    to, back = F(k.to_gate), F(1 / k.to_gate)
    if k.emission == STATE:
        for j in range(len(e)):
            e[j] = np.floor(h[j] * to) * back if k.quantised else h[j]
    else:
        for j in range(len(e)):
            sent = np.floor(h[j] * to) * back if k.quantised else h[j]
            e[j] = sent if abs(h[j] - last[j]) > theta[j] else last[j]


@row
def reset(after: Any, h: Any, e: Any, theta: Any, k: Any) -> None:
    """The membrane after its reset; where there is none, `after` is h already."""
    if k.reset == SUBTRACT:
        for j in range(len(h)):
            after[j] = h[j] - theta[j] * e[j]
    elif k.reset == ZERO:
        for j in range(len(h)):
            after[j] = h[j] * (ONE - abs(e[j]))


@row
def take(total: Any, d_e: Any, d_out: Any) -> None:
    """total ← all gradient of what was emitted; d_e ← 0."""
    for j in range(len(total)):
        total[j] = d_e[j] + d_out[j]
    for j in range(len(total)):
        d_e[j] = NOTHING


@row
def reset_back(g: Any, e: Any, d_theta: Any, k: Any) -> None:
    """The spikes of a reset are detached."""
    if k.reset == ZERO:
        for j in range(len(g)):
            g[j] *= ONE - abs(e[j])
    elif k.reset == SUBTRACT and k.learns:
        for j in range(len(g)):
            d_theta[j] -= g[j] * e[j]


@row
def slopes(up: Any, down: Any, h: Any, theta: Any, k: Any) -> None:
    """The slopes of `ATan`: of the spikes by h, and by θ; others are given."""
    if k.alpha == 0 or k.emission >= GRADED:
        return
    half, factor = F(k.alpha / 2), F(np.pi / 2 * k.alpha)
    for j in range(len(up)):
        v = factor * (h[j] - theta[j])
        up[j] = half / (ONE + v * v)
    if k.emission == SIGNED:
        for j in range(len(up)):
            v = factor * (-h[j] - theta[j])
            down[j] = half / (ONE + v * v)
        for j in range(len(up)):
            rising, falling = up[j], down[j]
            up[j] = rising + falling
            down[j] = falling - rising
    elif k.learns:
        for j in range(len(up)):
            down[j] = -up[j]


@row
def emit_back(
    g: Any,
    d_e: Any,
    total: Any,
    up: Any,
    down: Any,
    h: Any,
    last: Any,
    theta: Any,
    d_theta: Any,
    k: Any,
) -> None:
    """g += the gradient by h, d_theta += that by θ, d_e += that by `last`."""
    if k.emission == STATE:
        for j in range(len(g)):
            g[j] += total[j]
    elif k.emission == GRADED:
        for j in range(len(g)):
            moved = abs(h[j] - last[j]) > theta[j]
            g[j] += total[j] if moved else NOTHING
            d_e[j] += NOTHING if moved else total[j]
    else:
        for j in range(len(g)):
            g[j] += total[j] * up[j]
        if k.learns:
            for j in range(len(g)):
                d_theta[j] += total[j] * down[j]


@row
def sigmoid_slope(y: Any, k: Any) -> Any:
    """σ'(p), where σ(p) = y."""
    if k.table:
        return y * (ONE - y)
    return QUARTER if NOTHING < y < ONE else NOTHING


@row
def tanh_slope(y: Any, k: Any) -> Any:
    """tanh'(p), where tanh(p) = y."""
    if k.table:
        return ONE - y * y
    return ONE if abs(y) < ONE else NOTHING


@row
def mix_back(d_z: Any, d_c: Any, g: Any, z: Any, was: Any, c: Any, k: Any) -> None:
    """The gradients of both pre-activations; g ← that of `was`."""
    kept, put = (c, was) if k.writes else (was, c)
    for j in range(len(g)):
        d_z[j] = g[j] * (kept[j] - put[j]) * sigmoid_slope(z[j], k)
    if k.writes:
        for j in range(len(g)):
            d_c[j] = g[j] * z[j] * tanh_slope(c[j], k)
        for j in range(len(g)):
            g[j] *= ONE - z[j]
    else:
        for j in range(len(g)):
            d_c[j] = g[j] * (ONE - z[j]) * tanh_slope(c[j], k)
        for j in range(len(g)):
            g[j] *= z[j]


@row
def inside_back(d_r: Any, d_inside: Any, d_c: Any, r: Any, inside: Any, k: Any) -> None:
    """Through r ⊙ inside."""
    for j in range(len(r)):
        d_inside[j] = d_c[j] * r[j]
    for j in range(len(r)):
        d_r[j] = d_c[j] * inside[j] * sigmoid_slope(r[j], k)


@row
def message_back(d_r: Any, d_e: Any, d_m: Any, r: Any, e: Any, k: Any) -> None:
    """Through r ⊙ e."""
    for j in range(len(r)):
        d_e[j] += d_m[j] * r[j]
    for j in range(len(r)):
        d_r[j] = d_m[j] * e[j] * sigmoid_slope(r[j], k)


@row
def scale_back(d_o: Any, g: Any, o: Any, mixed: Any, k: Any) -> None:
    """Through o ⊙ h."""
    for j in range(len(g)):
        d_o[j] = g[j] * mixed[j] * sigmoid_slope(o[j], k)
    for j in range(len(g)):
        g[j] *= o[j]
