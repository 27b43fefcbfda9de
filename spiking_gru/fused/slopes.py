"""The slopes of spikes, for surrogates whose slope the phases do not compute."""

from __future__ import annotations

import torch
from torch import Tensor

from hardware.definition.cell import Cell
from spiking_gru.functional import Fire
from spiking_gru.surrogate import ATan


def slope_of(fire: Fire, v: Tensor) -> Tensor:
    """The slope that a surrogate has at each v."""
    if isinstance(fire, ATan):
        return fire.slope(v)
    with torch.enable_grad():
        v = v.detach().requires_grad_()
        (slope,) = torch.autograd.grad(fire(v).sum(), v)
    return slope.contiguous()


def slopes_of(cell: Cell, fire: Fire, h: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    """The slopes of the spikes of membranes h, by h and by θ."""
    rising = slope_of(fire, h - theta)
    if not cell.emission.signed:
        return rising, -rising
    falling = slope_of(fire, -h - theta)
    return rising + falling, falling - rising
