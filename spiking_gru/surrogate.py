"""The default surrogate, with its slope in the open so that the kernels can compute it in passing.

Every surrogate of `snntorch.surrogate` works in its place.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


class ATan:
    """snnTorch's `atan(alpha)`: a step, whose slope is taken as (α/2) / (1 + (π/2 · α v)²)."""

    def __init__(self, alpha: float = 2.0) -> None:
        self.alpha = alpha

    def __call__(self, v: Tensor) -> Tensor:
        return _ATanStep.apply(v, self.alpha)  # type: ignore[no-untyped-call]

    def slope(self, v: Tensor) -> Tensor:
        return self.alpha / 2 / (1 + (math.pi / 2 * self.alpha * v) ** 2)

    def __repr__(self) -> str:
        return f"ATan(alpha={self.alpha:g})"


class _ATanStep(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, v: Tensor, alpha: float) -> Tensor:
        ctx.save_for_backward(v)
        ctx.alpha = alpha
        return (v > 0).to(v.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (v,) = ctx.saved_tensors
        return gradients[0] * ATan(ctx.alpha).slope(v), None
