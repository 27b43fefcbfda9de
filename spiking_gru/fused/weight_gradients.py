"""The gradients of weights and input, summed over one chunk of steps after another."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from hardware.definition.cell import Cell
from hardware.definition.formulation import EMISSION, OUTPUT, RESET
from spiking_gru.fused.backends import Backend
from spiking_gru.fused.forward import Inputs
from spiking_gru.fused.layout import layout_of, reordered
from spiking_gru.fused.phases import Saved
from spiking_gru.sources import add_gradient, are_sources


class Receiver(NamedTuple):
    """The gates that receive one recurrent message."""

    columns: slice  # of the gradients of a step, in numbers
    gates: tuple[str, ...]  # in the order of these columns
    U: Tensor  # their rows of U, in that order
    gradient: Tensor  # of these rows, transposed
    messages: Tensor  # (steps, batch, hidden)
    late: bool  # whether a step receives the message of the step before


class WeightGradients:
    """The gradients of x, W, U and both biases, from those of the pre-activations.

    The latter are columns in the order of the layout.
    """

    def __init__(
        self, backend: Backend, cell: Cell, inputs: Inputs, saved: Saved, needs_x: bool
    ) -> None:
        self.row, self.layout, self.inputs = cell.row, layout_of(cell.row), inputs
        self.add_by_events = backend.add_by_events if cell.spiking else None
        self.hidden, self.columns = inputs.hidden, len(self.layout.gates) + self.layout.extra
        # In bfloat16 the sum of many small numbers would lose most of them.
        self.dtype = torch.promote_types(inputs.U.dtype, torch.float32)
        self.W = reordered(inputs.W, self.row.input_gates, self.layout.input_gates)
        self.d_x = torch.empty_like(inputs.x) if needs_x else None
        inputs_of_W, outputs = self.W.T.shape
        self.by_source = are_sources(inputs.x)
        self.d_W = self.zeros(inputs_of_W + self.by_source, outputs)  # a row of no source first
        self.d_pre = self.zeros(self.columns * self.hidden)
        self.d_theta = self.zeros(len(inputs.emitted), self.hidden)
        sources = {EMISSION: saved.emitted, RESET: saved.messages, OUTPUT: saved.would}
        self.receivers = {}
        for message, columns, gates in self.layout.blocks:
            U = reordered(inputs.U, self.row.recurrent_gates, gates)
            gradient, late = self.zeros(*U.T.shape), message.stream == EMISSION
            self.receivers[message.stream] = Receiver(
                self.numbers(columns), gates, U, gradient, sources[message.stream], late
            )

    def zeros(self, *shape: int) -> Tensor:
        return self.inputs.U.new_zeros(shape, dtype=self.dtype)

    def numbers(self, columns: slice) -> slice:
        """Columns of gates as columns of numbers."""
        return slice(columns.start * self.hidden, columns.stop * self.hidden)

    def add(self, start: int, d: Tensor) -> None:
        """Add those of the steps from `start`, (steps, batch, columns · hidden)."""
        end, x = start + len(d), self.inputs.x[start : start + len(d)]
        d_W = d[..., self.numbers(self.layout.input_columns)]
        if self.by_source:
            add_gradient(self.d_W, d_W, x)
        else:
            self.product(self.d_W, d_W, x)
        self.d_pre += d.flatten(0, 1).sum(0, dtype=self.dtype)
        for receiver in self.receivers.values():
            if not receiver.late:
                self.recurrent(receiver, d, receiver.messages[start:end])
            elif start:
                self.recurrent(receiver, d, receiver.messages[start - 1 : end - 1])
            else:
                self.recurrent(receiver, d[:1], self.inputs.emitted.unsqueeze(0))
                self.recurrent(receiver, d[1:], receiver.messages[: end - 1])
        if self.d_x is not None:
            self.d_x[start:end] = (d_W.flatten(0, 1) @ self.W).view_as(x)

    def recurrent(self, receiver: Receiver, d: Tensor, messages: Tensor) -> None:
        """Add the gradient of a message's rows of U, by events where that is quicker."""
        first, total = receiver.columns.start, receiver.gradient
        rows, events = d.flatten(0, 1), messages.flatten(0, 1)
        if not (self.add_by_events and self.add_by_events(total, rows, first, events)):
            self.product(total, d[..., receiver.columns], messages)

    def product(self, total: Tensor, d: Tensor, source: Tensor) -> None:
        """total += sourceᵀ d, over all steps and sequences."""
        d, source = d.flatten(0, 1), source.flatten(0, 1)
        if d.dtype == self.dtype:
            total.addmm_(source.T, d)
        else:
            total.add_(source.T @ d)

    def gradients(self, emitted: Tensor, membrane: Tensor) -> tuple[Tensor | None, ...]:
        """All gradients in the order of the inputs, given those of the first state."""
        row, layout, dtype = self.row, self.layout, emitted.dtype
        d_W = reordered(self.d_W[self.by_source :].T, layout.input_gates, row.input_gates)
        d_U = self.inputs.U.new_zeros((0, self.hidden), dtype=self.dtype)
        if self.receivers:
            receivers = self.receivers.values()
            given = [gate for receiver in receivers for gate in receiver.gates]
            d_U = torch.cat([receiver.gradient.T for receiver in receivers])
            d_U = reordered(d_U, given, row.recurrent_gates)
        inside = self.d_pre[: self.hidden] if layout.extra else None
        bias = reordered(self.d_pre[layout.extra * self.hidden :], layout.gates, row.gates)
        d_theta = self.d_theta.sum(0).sum_to_size(self.inputs.threshold.shape)
        weights = (d_W, d_U, bias, inside, d_theta)
        narrow = (None if d is None else d.to(dtype) for d in weights)
        return self.d_x, *narrow, emitted, membrane
