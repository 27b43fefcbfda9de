"""The chip's arithmetic inside torch: the values of `hardware.definition`, and gradients.

Numbers stay real-valued here: an integer n with f fraction bits is the float n · 2^-f. Every value
is a multiple of a power of two with fewer than 24 significant bits, so float32 holds it exactly in
any order of summation. Gradients pass straight through a rounding, and stop where a clamp holds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import torch
from torch import Tensor

from hardware.definition.arithmetic import (
    TABLE_ENTRIES,
    TABLE_RANGE,
    Integers,
    sigmoid_table,
    tanh_table,
    weight_exponent,
)
from hardware.definition.cell import Cell

EXACT = (torch.float32, torch.float64)
"""Types that hold every integer of the quantised form."""


class _Floor(torch.autograd.Function):
    """⌊x · 2^f⌋ · 2^-f, straight through."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, fraction: int) -> Tensor:
        return torch.floor(x * 2.0**fraction) * 2.0**-fraction

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


class _Round(torch.autograd.Function):
    """round(x · 2^f) · 2^-f, half to even, straight through."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, fraction: int) -> Tensor:
        return torch.round(x * 2.0**fraction) * 2.0**-fraction

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


class _Clamp(torch.autograd.Function):
    """clamp(x, low, 1); the gradient stops where the number saturates."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float) -> Tensor:
        y = x.clamp(low, 1.0)
        ctx.save_for_backward(y)
        ctx.low = low
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (y,) = ctx.saved_tensors
        return gradients[0] * ((y > ctx.low) & (y < 1.0)), None


class _LookUp(torch.autograd.Function):
    """A value y from a table over [−8, 8), with the slope that the smooth function has at y."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, table: Tensor, sigmoid: bool) -> Tensor:
        steps_per_one = TABLE_ENTRIES // (2 * TABLE_RANGE)
        index = torch.floor(p * steps_per_one) + TABLE_ENTRIES // 2
        y = table[index.clamp(0, TABLE_ENTRIES - 1).long()]
        ctx.save_for_backward(y)
        ctx.sigmoid = sigmoid
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (y,) = ctx.saved_tensors
        slope = y * (1 - y) if ctx.sigmoid else 1 - y * y
        return gradients[0] * slope, None, None


def clamp(x: Tensor, low: float) -> Tensor:
    """clamp(x, low, 1)."""
    return _Clamp.apply(x, low)  # type: ignore[no-untyped-call]


def floor_to(x: Tensor, fraction: int) -> Tensor:
    """⌊x⌋ on the grid of `fraction` bits."""
    return _Floor.apply(x, fraction)  # type: ignore[no-untyped-call]


def round_to(x: Tensor, fraction: int) -> Tensor:
    """x rounded to the grid of `fraction` bits."""
    return _Round.apply(x, fraction)  # type: ignore[no-untyped-call]


def exponent_of(weights: Tensor, bits: int) -> int:
    """Return the power of two on which `bits`-bit integers hold these weights, if there are any."""
    largest = float(weights.detach().abs().max()) if weights.numel() else 0.0
    return weight_exponent(largest, bits)


@cache
def table_of(
    table: Callable[[int], Integers], fraction: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Return a table of integers as real numbers."""
    return torch.from_numpy(table(fraction) * 2.0**-fraction).to(device, dtype)


def exactly(quantised: bool, like: Tensor) -> AbstractContextManager[object]:
    """A context in which a quantised computation keeps its types: autocast is off."""
    return torch.autocast(like.device.type, enabled=False) if quantised else nullcontext()


class Arithmetic(Protocol):
    """The places of the cell's equation at which integers round; floats do nothing there."""

    @property
    def cell(self) -> Cell: ...
    def state(self, x: Tensor) -> Tensor: ...
    def gate(self, x: Tensor) -> Tensor: ...
    def sigmoid(self, p: Tensor) -> Tensor: ...
    def tanh(self, p: Tensor) -> Tensor: ...
    def weights(self, w: Tensor) -> Tensor: ...
    def weight_grid(self, b: Tensor, w: Tensor) -> Tensor: ...
    def parameter(self, b: Tensor) -> Tensor: ...
    def event(self, factor: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class FloatArithmetic:
    """Nothing rounds. Clamped lines stay as they are; tables become the smooth functions."""

    cell: Cell

    def state(self, x: Tensor) -> Tensor:
        return x

    def gate(self, x: Tensor) -> Tensor:
        return x

    def sigmoid(self, p: Tensor) -> Tensor:
        if self.cell.functions.table:
            return torch.sigmoid(p)
        return clamp(p / 4 + 0.5, 0.0)

    def tanh(self, p: Tensor) -> Tensor:
        return torch.tanh(p) if self.cell.functions.table else clamp(p, -1.0)

    def weights(self, w: Tensor) -> Tensor:
        return w

    def weight_grid(self, b: Tensor, w: Tensor) -> Tensor:
        return b

    def parameter(self, b: Tensor) -> Tensor:
        return b

    def event(self, factor: Tensor) -> Tensor:
        return factor


@dataclass(frozen=True)
class IntegerArithmetic:
    """Every value on the grid that `hardware.definition.arithmetic` gives it."""

    cell: Cell

    def state(self, x: Tensor) -> Tensor:
        return floor_to(x, self.cell.state_fraction)

    def gate(self, x: Tensor) -> Tensor:
        return floor_to(x, self.cell.gate_fraction)

    def sigmoid(self, p: Tensor) -> Tensor:
        if not self.cell.functions.table:
            return clamp(floor_to(p / 4, self.cell.gate_fraction) + 0.5, 0.0)
        table = table_of(sigmoid_table, self.cell.gate_fraction, p.dtype, p.device)
        return _LookUp.apply(p, table, True)  # type: ignore[no-untyped-call]

    def tanh(self, p: Tensor) -> Tensor:
        if not self.cell.functions.table:
            return clamp(p, -1.0)
        table = table_of(tanh_table, self.cell.state_fraction, p.dtype, p.device)
        return _LookUp.apply(p, table, False)  # type: ignore[no-untyped-call]

    def weights(self, w: Tensor) -> Tensor:
        """One gate's matrix as integers of `weight_bits` times one power of two."""
        return round_to(w, -exponent_of(w, self.cell.weight_bits))

    def weight_grid(self, b: Tensor, w: Tensor) -> Tensor:
        """A bias on the grid of the matrix to whose product it is added."""
        return round_to(b, -exponent_of(w, self.cell.weight_bits))

    def parameter(self, b: Tensor) -> Tensor:
        """A bias or threshold on the state grid."""
        return round_to(b, self.cell.state_fraction)

    def event(self, factor: Tensor) -> Tensor:
        """The payload of a spike, on the gate grid."""
        return round_to(factor, self.cell.gate_fraction)
