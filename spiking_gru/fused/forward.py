"""The forward pass of a sequence: the loop over time, and the values it saves."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from hardware.definition.cell import Cell
from hardware.definition.formulation import EMISSION, OUTPUT, RESET
from spiking_gru.fused.backends import Backend
from spiking_gru.fused.layout import layout_of, reordered, stages_of
from spiking_gru.fused.phases import Constants, Saved
from spiking_gru.quantise import Arithmetic
from spiking_gru.sources import are_sources, product


class Inputs(NamedTuple):
    """The tensors that a sequence's results depend on, and which of its steps are not padding."""

    x: Tensor  # (steps, batch, inputs), or the numbers of the sources that send
    W: Tensor  # (input gates · hidden, inputs)
    U: Tensor  # (recurrent gates · hidden, hidden)
    bias: Tensor  # (gates · hidden,)
    inside_bias: Tensor  # (hidden,)
    threshold: Tensor  # () or (hidden,)
    emitted: Tensor  # (batch, hidden), before the first step
    membrane: Tensor
    alive: Tensor | None  # (steps, batch); all where it is None

    @property
    def hidden(self) -> int:
        return self.U.shape[1]

    def living(self, backend: Backend) -> list[Any]:
        """For each step the rows whose sequence goes on, as the backend's phases take them."""
        steps, batch, _ = self.x.shape
        if self.alive is not None:
            return backend.living(self.alive)
        return backend.living(self.x.new_ones((1, batch), dtype=torch.bool)) * steps

    def constants(self, backend: Backend, cell: Cell) -> Any:
        """The arrays that are the same at every step."""
        hidden, gates = self.hidden, layout_of(cell.row).gates
        bias = reordered(self.bias, cell.gates, gates).view(len(gates), hidden)
        threshold = self.threshold.expand(hidden)
        tensors = (bias, self.inside_bias, threshold, self.emitted, self.membrane)
        arrays = Constants(*(backend.array(tensor.contiguous()) for tensor in tensors))
        return backend.packed(arrays)


def saved_values(cell: Cell, inputs: Inputs) -> Saved:
    """Room for the values of all steps, the gates filled with W x. Padding is 0 until written."""
    steps, batch, width = inputs.x.shape
    new_empty, new_zeros = inputs.U.new_empty, inputs.U.new_zeros
    row, layout, hidden = cell.row, layout_of(cell.row), inputs.hidden

    def room(kept: bool = True) -> Tensor:
        shape = (steps if kept else 0, batch, hidden)
        return new_empty(shape) if inputs.alive is None else new_zeros(shape)

    gates = new_empty((steps, batch, len(layout.gates), hidden))
    seen, unseen = layout.seen, set(row.gates) - set(layout.input_gates)
    W = reordered(inputs.W, row.input_gates, layout.input_gates)
    columns = gates.view(steps * batch, len(layout.gates) * hidden)[
        :, seen.start * hidden : seen.stop * hidden
    ]
    if are_sources(inputs.x):
        columns.copy_(product(inputs.x.reshape(-1, width), W))
    else:
        torch.mm(inputs.x.reshape(-1, width), W.T, out=columns)
    for gate in unseen:
        gates[:, :, layout.gates.index(gate)] = 0
    membranes = room()
    return Saved(
        gates=gates,
        inside=room(row.resets_after),
        messages=room(row.resets_before),
        mixed=room(row.has_output),
        would=room(row.output_waits),
        before=room() if cell.subtracts or cell.clears else membranes,
        emitted=room(),
        membranes=membranes,
    )


class Recurrence:
    """The product of U with one recurrent message, step by step."""

    def __init__(self, backend: Backend, U: Tensor, messages: list[Tensor], sparse: bool) -> None:
        count, hidden = len(U), U.shape[-1]
        self.times = backend.product(U.reshape(-1, hidden).T.contiguous(), sparse)
        # Every step of `messages` in turn; arrays are cut cheaper than they are converted.
        self.messages = [step for part in messages for step in part.unbind(0)]
        self.arrays = [step for part in messages for step in backend.array(part)]
        self.products = U.new_empty(messages[0].shape[1], count * hidden)
        self.flat = backend.array(self.products)
        self.by_gate = backend.array(self.products.view(-1, count, hidden))

    def at(self, t: int) -> None:
        """Compute the products of step t, in arrays that every step reuses."""
        self.times(self.messages[t], self.arrays[t], self.products, self.flat)


def recurrences(
    backend: Backend, cell: Cell, inputs: Inputs, saved: Saved
) -> dict[str, Recurrence]:
    """The recurrent product of each message of a step."""
    gates, hidden = cell.row.recurrent_gates, inputs.hidden
    sources = {
        EMISSION: [inputs.emitted.contiguous().unsqueeze(0), saved.emitted],
        RESET: [saved.messages],
        OUTPUT: [saved.would],
    }
    by_gate = inputs.U.view(len(gates), hidden, hidden)
    found = {}
    for stream, received, _ in cell.row.messages:
        # The gates of a message are adjacent in U: those that wait for another are the last.
        start = gates.index(received[0])
        U = by_gate[start : start + len(received)]
        found[stream] = Recurrence(backend, U, sources[stream], cell.spiking)
    return found


def forward(backend: Backend, arithmetic: Arithmetic, inputs: Inputs) -> Saved:
    """All steps of a sequence."""
    cell = arithmetic.cell
    saved = saved_values(cell, inputs)
    steps, batch = saved.emitted.shape[:2]
    living, constants = inputs.living(backend), inputs.constants(backend, cell)
    arrays = backend.packed(Saved(*map(backend.array, saved)))
    nothing = backend.array(inputs.U.new_empty(batch, 0, inputs.hidden))
    products = recurrences(backend, cell, inputs, saved)
    stages = []
    for k, stage in zip(
        backend.forward_settings(arithmetic, inputs.x.device), stages_of(cell.row), strict=True
    ):
        recurrence = products[stage.message.stream] if stage.message else None
        received = recurrence.by_gate if recurrence else nothing
        phase = backend.phases.forward(constants, arrays, received, backend.packed(k))
        stages.append((phase, recurrence))
    h = inputs.membrane
    for t in range(steps):
        for phase, recurrence in stages:
            if recurrence:
                recurrence.at(t)
            phase(living[t], t)
        if inputs.alive is not None:
            # Where a sequence has ended its state stays and nothing is emitted.
            on = inputs.alive[t].unsqueeze(-1)
            if not backend.skips:
                saved.emitted[t].mul_(on)
            torch.where(on, saved.membranes[t], h, out=saved.membranes[t])
        h = saved.membranes[t]
    return saved
