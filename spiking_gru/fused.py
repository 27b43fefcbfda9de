"""A whole sequence as one autograd function: forward by the kernels, backward by hand.

One product for the input of all steps, one recurrent product and one kernel for each step, one
product for each weight gradient and chunk of steps. The slope of the default surrogate is computed
in passing; any other is asked for its own, for all steps at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hardware.cell import Cell
from spiking_gru import kernels
from spiking_gru.functional import CellParameters, Fire
from spiking_gru.quantise import Arithmetic, IntegerArithmetic
from spiking_gru.surrogate import ATan

CHUNK = 50
"""Steps whose gradients are kept at once in the backward pass."""


def covers(cell: Cell, x: Tensor) -> bool:
    """Whether the kernels compute this cell on this tensor."""
    return (
        cell.formulation == "torch"
        and cell.emit != "graded"
        and x.dtype == torch.float32
        and x.device.type == "cpu"
    )


def sequence(
    arithmetic: Arithmetic,
    parameters: CellParameters,
    fire: Fire,
    x: Tensor,
    emitted: Tensor,
    membrane: Tensor,
    lengths: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What `spiking_gru.functional.sequence` computes."""
    steps, batch, _ = x.shape
    if lengths is None:
        alive = torch.ones(steps, batch, dtype=torch.bool)
    else:
        alive = torch.arange(steps).unsqueeze(-1) < lengths
    all_emitted, all_membranes = _Sequence.apply(  # type: ignore[no-untyped-call]
        x, *parameters, emitted, membrane, alive, arithmetic, fire
    )
    last = all_emitted[-1]
    if lengths is not None:
        end = lengths.clamp(max=steps) - 1
        at_end = all_emitted[end.clamp(min=0), torch.arange(batch)]
        last = torch.where((lengths > 0).unsqueeze(-1), at_end, emitted)
    return all_emitted, all_membranes, last, all_membranes[-1]


def arrays(*tensors: Tensor) -> Iterator[Any]:
    """Tensors as arrays on the same memory, made once: a step then costs little but its work."""
    return (tensor.contiguous().numpy() for tensor in tensors)


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        W: Tensor,
        U: Tensor,
        bias: Tensor,
        recurrent_bias: Tensor,
        threshold: Tensor,
        emitted: Tensor,
        membrane: Tensor,
        alive: Tensor,
        arithmetic: Arithmetic,
        fire: Fire,
    ) -> tuple[Tensor, Tensor]:
        cell, quantised = arithmetic.cell, isinstance(arithmetic, IntegerArithmetic)
        steps, batch, inputs = x.shape
        hidden = U.shape[1]
        gates = (x.reshape(-1, inputs) @ W.T).view(steps, batch, -1)
        theta = threshold.expand(hidden).contiguous()

        inside, before, all_emitted, all_membranes = (
            x.new_empty(steps, batch, hidden) for _ in range(4)
        )
        Us, transposed = x.new_empty(batch, 3 * hidden), U.T.contiguous()
        gates_, inside_, before_, emitted_, membranes_, alive_ = arrays(
            gates, inside, before, all_emitted, all_membranes, alive
        )
        Us_, b_, d_, theta_, h_ = arrays(Us, bias, recurrent_bias, theta, membrane)
        forward = kernels.forward_kernel(cell, quantised)
        e = emitted
        for t in range(steps):
            torch.mm(e, transposed, out=Us)
            forward(
                gates_[t], Us_, b_, d_, theta_, alive_[t], h_,
                inside_[t], before_[t], emitted_[t], membranes_[t],
            )  # fmt: skip
            # Where a sequence has ended, silence stands here; what comes of it is not used.
            e, h_ = all_emitted[t], membranes_[t]
        ctx.save_for_backward(
            x, W, U, theta, emitted, membrane, alive,
            gates, inside, before, all_emitted, all_membranes,
        )  # fmt: skip
        ctx.cell, ctx.fire, ctx.threshold_shape = cell, fire, threshold.shape
        ctx.set_materialize_grads(False)
        return all_emitted, all_membranes

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        (
            x, W, U, theta, emitted, membrane, alive,
            gates, inside, before, all_emitted, all_membranes,
        ) = ctx.saved_tensors  # fmt: skip
        cell: Cell = ctx.cell
        needs = ctx.needs_input_grad
        steps, batch, _ = x.shape
        hidden = U.shape[1]
        d_out, d_membranes = gradients
        d_out = torch.zeros_like(all_emitted) if d_out is None else d_out
        chunk = min(CHUNK, steps)
        d_Us, dp = gates.new_empty(chunk, batch, 3 * hidden), gates.new_empty(chunk, batch, hidden)
        d_e, dh, d_theta = (x.new_zeros(batch, hidden) for _ in range(3))
        wants_theta = needs[5] and cell.spiking
        slopes = _Slopes(cell, ctx.fire, before, theta)
        sums = _WeightGradients(x, W, U)
        gates_, inside_, emitted_, membranes_, alive_, d_out_, d_Us_, dp_ = arrays(
            gates, inside, all_emitted, all_membranes, alive, d_out, d_Us, dp
        )
        d_e_, dh_, first_ = arrays(d_e, dh, membrane)
        backward = kernels.backward_kernel(cell)
        for t in reversed(range(steps)):
            if d_membranes is not None:
                dh += d_membranes[t]
            if wants_theta and cell.reset_mechanism == "subtract":
                d_theta -= dh * all_emitted[t]
            k = t % chunk
            backward(
                gates_[t], inside_[t], membranes_[t - 1] if t else first_, emitted_[t],
                slopes.by_membrane(t), alive_[t], d_e_, d_out_[t], dh_, d_Us_[k], dp_[k],
            )  # fmt: skip
            if wants_theta:
                d_theta += d_e * slopes.by_threshold
            torch.mm(d_Us[k], U, out=d_e)
            if k == 0:
                # These steps' part of the weight gradients, while their numbers are in the cache.
                end = min(t + chunk, steps)
                last = emitted if t == 0 else all_emitted[t - 1]
                sums.add(
                    t, d_Us[: end - t], dp[: end - t], last, all_emitted[t : end - 1], needs[0]
                )
        return (
            sums.dx if needs[0] else None,
            sums.dW if needs[1] else None,
            sums.dU if needs[2] else None,
            sums.db if needs[3] else None,
            sums.dd if needs[4] else None,
            d_theta.sum(0).sum_to_size(ctx.threshold_shape) if needs[5] else None,
            d_e if needs[6] else None,
            dh if needs[7] else None,
            None,
            None,
            None,
        )


class _WeightGradients:
    """The gradients of W, U, b, d and x, added up from one chunk of steps after another."""

    def __init__(self, x: Tensor, W: Tensor, U: Tensor) -> None:
        self.x, self.W = x, W
        self.dW, self.dU = torch.zeros_like(W), torch.zeros_like(U)
        self.db, self.dd = W.new_zeros(len(W)), W.new_zeros(U.shape[1])
        self.dx = torch.empty_like(x)

    def add(
        self, start: int, d_Us: Tensor, dp: Tensor, last: Tensor, emitted: Tensor, wants_x: bool
    ) -> None:
        """Steps from `start`; `last` was emitted before the first of them, `emitted` in between.

        W x + b has the gradient of U e in the rows of r and z, and dp in those of c.
        """
        hidden, steps = dp.shape[-1], len(dp)
        x = self.x[start : start + steps].reshape(-1, self.x.shape[-1])
        flat_Us, flat_p = d_Us.flatten(0, 1), dp.flatten(0, 1)
        reset_update = flat_Us[:, : 2 * hidden]
        self.dW[: 2 * hidden].addmm_(reset_update.T, x)
        self.dW[2 * hidden :].addmm_(flat_p.T, x)
        self.db[: 2 * hidden] += reset_update.sum(0)
        self.db[2 * hidden :] += flat_p.sum(0)
        self.dd += flat_Us[:, 2 * hidden :].sum(0)
        self.dU.addmm_(d_Us[0].T, last)
        self.dU.addmm_(d_Us[1:].flatten(0, 1).T, emitted.flatten(0, 1))
        if wants_x:
            dx = torch.addmm(flat_p @ self.W[2 * hidden :], reset_update, self.W[: 2 * hidden])
            self.dx[start : start + steps] = dx.view_as(self.x[start : start + steps])


class _Slopes:
    """The surrogate's slope of the spikes, step by step, by the membrane and by the threshold."""

    def __init__(self, cell: Cell, fire: Fire, before: Tensor, theta: Tensor) -> None:
        self.signed = cell.emit == "signed"
        self.spiking = cell.spiking
        self.fire = fire
        self.by_threshold = torch.empty_like(before[0])
        self.threshold_, self.slope_, self.theta_, self.before_ = arrays(
            self.by_threshold, torch.empty_like(before[0]), theta, before
        )
        if cell.spiking and not isinstance(fire, ATan):
            self.up = slope_of(fire, before - theta)
            self.down = slope_of(fire, -before - theta) if self.signed else None

    def by_membrane(self, t: int) -> Any:
        """The slope at step t as an array; `by_threshold` then holds that by the threshold."""
        if not self.spiking:
            return self.slope_
        if isinstance(self.fire, ATan):
            half, factor = self.fire.alpha / 2, math.pi / 2 * self.fire.alpha
            kernels.atan_slopes(
                self.before_[t], self.theta_, np.float32(half), np.float32(factor),
                self.signed, self.slope_, self.threshold_,
            )  # fmt: skip
            return self.slope_
        up = self.up[t]
        if self.down is None:
            torch.neg(up, out=self.by_threshold)
            return up.numpy()
        torch.sub(self.down[t], up, out=self.by_threshold)
        return (up + self.down[t]).numpy()


def slope_of(fire: Fire, v: Tensor) -> Tensor:
    """The slope that a surrogate has at each v."""
    with torch.enable_grad():
        v = v.detach().requires_grad_()
        (slope,) = torch.autograd.grad(fire(v).sum(), v)
    return slope.contiguous()
