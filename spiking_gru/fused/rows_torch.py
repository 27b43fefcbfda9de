"""The row operations in torch, on all rows at once: any device, any type.

What rounds is asked of the cell's own arithmetic, which stands in for the settings going forward;
gradients going back are as `spiking_gru.quantise` lets them through.
"""

from __future__ import annotations

import torch
from torch import Tensor

from spiking_gru import functional
from spiking_gru.fused.settings import GRADED, STATE, SUBTRACT, ZERO, Backward, writes
from spiking_gru.quantise import Arithmetic


def step_function(v: Tensor) -> Tensor:
    return (v > 0).to(v.dtype)


def add(p: Tensor, u: Tensor, b: Tensor, k: Arithmetic) -> None:
    p.copy_(k.state(p) + b + k.state(u))


def add_product(p: Tensor, r: Tensor, q: Tensor, b: Tensor, k: Arithmetic) -> None:
    p.copy_(k.state(p) + b + k.state(r * q))


def sigmoid(p: Tensor, k: Arithmetic) -> None:
    p.copy_(k.sigmoid(p))


def tanh(p: Tensor, k: Arithmetic) -> None:
    p.copy_(k.tanh(p))


def inside(q: Tensor, u: Tensor, d: Tensor, k: Arithmetic) -> None:
    q.copy_(u + d if k.cell.spiking else k.gate(u + d))


def message(m: Tensor, r: Tensor, e: Tensor, k: Arithmetic) -> None:
    m.copy_(k.gate(r * e))


def scale(h: Tensor, o: Tensor, mixed: Tensor, k: Arithmetic) -> None:
    h.copy_(k.state(o * mixed))


def mix(h: Tensor, z: Tensor, was: Tensor, c: Tensor, k: Arithmetic) -> None:
    share = 1 - z if writes(k.cell) else z
    h.copy_(k.state(share * was + (1 - share) * c))


def emit(e: Tensor, h: Tensor, last: Tensor, theta: Tensor, k: Arithmetic) -> None:
    e.copy_(functional.emit(k, step_function, theta, h, last)[0])


def reset(after: Tensor, h: Tensor, e: Tensor, theta: Tensor, k: Arithmetic) -> None:
    if not k.cell.spiking:
        return
    if k.cell.reset_mechanism == "subtract":
        torch.sub(h, theta * e, out=after)
    elif k.cell.reset_mechanism == "zero":
        torch.mul(h, 1 - e.abs(), out=after)


def take(total: Tensor, d_e: Tensor, d_out: Tensor) -> None:
    torch.add(d_e, d_out, out=total)
    d_e.zero_()


def reset_back(g: Tensor, e: Tensor, d_theta: Tensor, k: Backward) -> None:
    if k.reset == ZERO:
        g.mul_(1 - e.abs())
    elif k.reset == SUBTRACT and k.learns:
        d_theta.sub_(g * e)


def slopes(up: Tensor, down: Tensor, h: Tensor, theta: Tensor, k: Backward) -> None:
    """They are given."""


def emit_back(
    g: Tensor,
    d_e: Tensor,
    total: Tensor,
    up: Tensor,
    down: Tensor,
    h: Tensor,
    last: Tensor,
    theta: Tensor,
    d_theta: Tensor,
    k: Backward,
) -> None:
    if k.emission == STATE:
        g.add_(total)
    elif k.emission == GRADED:
        moved = (h - last).abs() > theta
        g.add_(total * moved)
        d_e.add_(total * ~moved)
    else:
        g.add_(total * up)
        if k.learns:
            d_theta.add_(total * down)


def sigmoid_slope(y: Tensor, k: Backward) -> Tensor:
    return y * (1 - y) if k.table else ((y > 0) & (y < 1)) * 0.25


def tanh_slope(y: Tensor, k: Backward) -> Tensor:
    return 1 - y * y if k.table else y.abs() < 1


def mix_back(
    d_z: Tensor, d_c: Tensor, g: Tensor, z: Tensor, was: Tensor, c: Tensor, k: Backward
) -> None:
    share = 1 - z if k.writes else z
    d_share = g * (was - c)
    torch.mul(-d_share if k.writes else d_share, sigmoid_slope(z, k), out=d_z)
    torch.mul(g * (1 - share), tanh_slope(c, k), out=d_c)
    g.mul_(share)


def inside_back(
    d_r: Tensor, d_inside: Tensor, d_c: Tensor, r: Tensor, inside: Tensor, k: Backward
) -> None:
    torch.mul(d_c, r, out=d_inside)
    torch.mul(d_c * inside, sigmoid_slope(r, k), out=d_r)


def message_back(d_r: Tensor, d_e: Tensor, d_m: Tensor, r: Tensor, e: Tensor, k: Backward) -> None:
    d_e.add_(d_m * r)
    torch.mul(d_m * e, sigmoid_slope(r, k), out=d_r)


def scale_back(d_o: Tensor, g: Tensor, o: Tensor, mixed: Tensor, k: Backward) -> None:
    torch.mul(g * mixed, sigmoid_slope(o, k), out=d_o)
    g.mul_(o)
