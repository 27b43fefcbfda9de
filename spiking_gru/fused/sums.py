"""The gradients of weights and input, added up from one chunk of steps after another."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from hardware.definition.cell import Cell
from spiking_gru.fused.backends import Backend
from spiking_gru.fused.forward import Inputs, Tape, seen


class Part(NamedTuple):
    """Gates whose recurrent product is of the same numbers."""

    columns: slice  # their place among the gradients of a step
    U: Tensor  # their rows of U, in that order
    gradient: Tensor  # theirs, transposed
    source: Tensor  # what U is multiplied with at each step


class Sums:
    """The gradients of x, W, U and both biases, from those of the pre-activations.

    The latter stand side by side, gate by gate. For formulation `torch` that of U_c e + d_c comes
    first, then those of r, z, c: what belongs to U is one block, and what belongs to W.
    """

    def __init__(
        self, backend: Backend, cell: Cell, inputs: Inputs, tape: Tape, needs_x: bool
    ) -> None:
        self.cell, self.inputs = cell, inputs
        self.add_by_events = backend.add_by_events if cell.spiking else None
        count, hidden = tape.gates.shape[2:]
        self.first = int(cell.formulation == "torch")
        self.columns = count + self.first
        # Many small numbers are added up: bfloat16 would lose them.
        self.dtype = torch.promote_types(inputs.x.dtype, torch.float32)
        self.W = seen(cell, inputs.W)
        self.d_x = torch.empty_like(inputs.x) if needs_x else None
        self.d_W = self.zeros(*self.W.T.shape)
        self.d_pre = self.zeros(self.columns * hidden)
        self.d_theta = self.zeros(len(inputs.emitted), hidden)
        U, emitted = inputs.U.reshape(count, hidden, hidden), tape.emitted
        self.parts: list[Part] = []
        if cell.formulation == "torch":
            self.part(slice(0, 3), U.roll(1, 0), emitted)
        elif cell.formulation == "forget":
            self.part(slice(0, 2), U, emitted)
        else:
            self.part(slice(0, 2), U[:2], emitted)
            self.part(slice(2, 3), U[2:3], tape.messages)
        if cell.formulation == "output-gated":
            self.part(slice(3, 4), U[3:], tape.would)

    def zeros(self, *shape: int) -> Tensor:
        return self.inputs.x.new_zeros(shape, dtype=self.dtype)

    def part(self, gates: slice, U: Tensor, source: Tensor) -> None:
        hidden = U.shape[-1]
        columns = slice(gates.start * hidden, gates.stop * hidden)
        U = U.reshape(-1, hidden)
        self.parts.append(Part(columns, U, self.zeros(*U.T.shape), source))

    def add(self, start: int, d: Tensor) -> None:
        """Those of the steps from `start`, (steps, batch, columns · hidden)."""
        end, hidden = start + len(d), self.inputs.U.shape[1]
        x = self.inputs.x[start:end]
        d_W = d[..., self.first * hidden :]
        self.product(self.d_W, d_W, x)
        self.d_pre += d.flatten(0, 1).sum(0, dtype=self.dtype)
        for part in self.parts:
            if part.source is not self.parts[0].source:
                self.recurrent(part, d, part.source[start:end])
            elif start:  # what was emitted one step earlier
                self.recurrent(part, d, part.source[start - 1 : end - 1])
            else:
                self.recurrent(part, d[:1], self.inputs.emitted.unsqueeze(0))
                self.recurrent(part, d[1:], part.source[: end - 1])
        if self.d_x is not None:
            self.d_x[start:end] = (d_W.flatten(0, 1) @ self.W).view_as(x)

    def recurrent(self, part: Part, d: Tensor, source: Tensor) -> None:
        """A part's gradient, by events where that is quicker."""
        first = part.columns.start
        rows, events = d.flatten(0, 1), source.flatten(0, 1)
        if not (self.add_by_events and self.add_by_events(part.gradient, rows, first, events)):
            self.product(part.gradient, d[..., part.columns], source)

    def product(self, total: Tensor, d: Tensor, source: Tensor) -> None:
        """total += sourceᵀ d, over all steps and sequences."""
        d, source = d.flatten(0, 1), source.flatten(0, 1)
        if d.dtype == self.dtype:
            total.addmm_(source.T, d)
        else:
            total.add_(source.T @ d)

    def gradients(self, emitted: Tensor, membrane: Tensor) -> tuple[Tensor | None, ...]:
        """All gradients in the order of the inputs, given those of the first state."""
        hidden, dtype = self.inputs.U.shape[1], emitted.dtype
        d_U = torch.cat([part.gradient.T for part in self.parts])
        if self.cell.formulation == "torch":
            d_U = d_U.roll(-hidden, 0)
        if self.cell.formulation == "output-gated":
            self.d_W[:, 2 * hidden : 3 * hidden] = 0  # the candidate sees no input
        inside, bias = self.d_pre.split([self.first * hidden, len(d_U)])
        d_theta = self.d_theta.sum(0).sum_to_size(self.inputs.threshold.shape)
        weights = (self.d_W.T, d_U, bias, inside if self.first else None, d_theta)
        narrow = (None if d is None else d.to(dtype) for d in weights)
        return self.d_x, *narrow, emitted, membrane
