"""The checks of tensors that a layer or a cell is called with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from hardware.errors import InputError
from spiking_gru.quantise import EXACT

Lengths = Tensor | ArrayLike | Sequence[int]
"""Steps of each sequence, as a tensor, an array or a list."""


def check_values(name: str, x: object, weights: Tensor, quantised: bool) -> None:
    """Refuse a tensor of another type than the weights, or with NaN or infinity."""
    if not isinstance(x, Tensor):
        raise InputError(f"{name} is a {type(x).__name__}: expected a torch.Tensor")
    if x.dtype != weights.dtype and not torch.is_autocast_enabled(x.device.type):
        raise InputError(
            f"{name} is {x.dtype}, but the weights are {weights.dtype}: convert one of them "
            f"with .to()"
        )
    if not x.is_floating_point():
        raise InputError(f"{name} is {x.dtype}: expected floating-point numbers")
    if quantised and x.dtype not in EXACT:
        raise InputError(
            f"{name} is {x.dtype}: the quantised form is exact in float32 and float64 only"
        )
    if x.numel() and not all(map(math.isfinite, torch.stack(x.aminmax()).tolist())):
        raise InputError(f"{name} holds NaN or infinity: every value must be a finite number")


def lengths_of(lengths: Lengths, steps: int, batch: int, device: torch.device) -> Tensor:
    """Return the steps of each sequence as integers on `device`."""
    try:
        found = torch.as_tensor(lengths, device=device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"lengths is {lengths!r:.60}: expected whole numbers") from error
    if not found.numel():
        found = found.long()  # an empty list holds no integers either
    if found.is_floating_point() or found.is_complex() or found.dtype == torch.bool:
        raise InputError(f"lengths is {found.dtype}: expected whole numbers")
    if found.shape != (batch,):
        raise InputError(
            f"lengths has shape {tuple(found.shape)}, expected one for each of the "
            f"{batch} sequences"
        )
    if batch and (int(found.min()) < 1 or int(found.max()) > steps):
        raise InputError(
            f"lengths run from {int(found.min())} to {int(found.max())}, expected 1 to "
            f"{steps}, the steps of x"
        )
    return found.long()
