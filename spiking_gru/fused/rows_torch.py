"""The row operations in torch, on all rows at once: any device, any type.

Forward, the cell's own arithmetic rounds. Backward, gradients pass a rounding and stop at a clamp,
as in `spiking_gru.quantise`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from spiking_gru import functional
from spiking_gru.fused.layout import stages_of
from spiking_gru.fused.settings import GRADED, STATE, SUBTRACT, ZERO, Backward, Plan, plan_of
from spiking_gru.quantise import Arithmetic


class Forward(NamedTuple):
    """Settings of the forward phase."""

    plan: Plan
    arithmetic: Arithmetic


def forward_settings(arithmetic: Arithmetic) -> list[Forward]:
    """The settings of each stage of a step."""
    cell = arithmetic.cell
    return [Forward(plan_of(cell, stage), arithmetic) for stage in stages_of(cell.row)]


def step_function(v: Tensor) -> Tensor:
    return (v > 0).to(v.dtype)


def accumulate(p: Tensor, products: Tensor, i: slice, place: int, b: Tensor, k: Forward) -> None:
    state = k.arithmetic.state
    if place < 0:
        p.copy_(state(p) + b)
    else:
        p.copy_(state(p) + b + state(products[i, place]))


def add_product(p: Tensor, r: Tensor, q: Tensor, b: Tensor, k: Forward) -> None:
    p.copy_(k.arithmetic.state(p) + b + k.arithmetic.state(r * q))


def sigmoid(p: Tensor, k: Forward) -> None:
    p.copy_(k.arithmetic.sigmoid(p))


def tanh(p: Tensor, k: Forward) -> None:
    p.copy_(k.arithmetic.tanh(p))


def inside(q: Tensor, u: Tensor, d: Tensor, k: Forward) -> None:
    arithmetic = k.arithmetic
    q.copy_(u + d if arithmetic.cell.spiking else arithmetic.gate(u + d))


def message(m: Tensor, r: Tensor, e: Tensor, k: Forward) -> None:
    m.copy_(k.arithmetic.gate(r * e))


def scale(h: Tensor, o: Tensor, mixed: Tensor, k: Forward) -> None:
    h.copy_(k.arithmetic.state(o * mixed))


def mix(h: Tensor, z: Tensor, was: Tensor, c: Tensor, k: Forward) -> None:
    share = 1 - z if k.arithmetic.cell.row.writes else z
    h.copy_(k.arithmetic.state(share * was + (1 - share) * c))


def emit(e: Tensor, h: Tensor, last: Tensor, theta: Tensor, k: Forward) -> None:
    e.copy_(functional.emit(k.arithmetic, step_function, theta, h, last)[0])


def reset(after: Tensor, h: Tensor, e: Tensor, theta: Tensor, k: Forward) -> None:
    if k.arithmetic.cell.subtracts:
        torch.sub(h, theta * e, out=after)
    elif k.arithmetic.cell.clears:
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
