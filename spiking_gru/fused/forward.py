"""The forward pass of a sequence: the loop over time, and what it keeps."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from hardware.definition.cell import Cell
from spiking_gru.fused.backends import Backend
from spiking_gru.fused.settings import resets
from spiking_gru.quantise import Arithmetic


class Inputs(NamedTuple):
    """What a sequence's results depend on, and which of its steps are not padding."""

    x: Tensor  # (steps, batch, inputs)
    W: Tensor  # (gates · hidden, inputs)
    U: Tensor  # (gates · hidden, hidden)
    bias: Tensor  # (gates · hidden,)
    inside_bias: Tensor  # (hidden,)
    threshold: Tensor  # () or (hidden,)
    emitted: Tensor  # (batch, hidden), before the first step
    membrane: Tensor
    alive: Tensor | None  # (steps, batch); all where it is None

    def living(self, backend: Backend) -> list[Any]:
        """For each step the rows whose sequence goes on, as the backend's phases take them."""
        steps, batch, _ = self.x.shape
        if self.alive is not None:
            return backend.living(self.alive)
        return backend.living(self.x.new_ones((1, batch), dtype=torch.bool)) * steps


class Tape(NamedTuple):
    """What the backward pass needs, (steps, batch, …); empty where a formulation has no such."""

    gates: Tensor  # (steps, batch, gates, hidden)
    inside: Tensor  # what r multiplies, of formulation `torch`
    messages: Tensor  # r ⊙ e where the reset stands before the product
    mixed: Tensor  # of `output-gated`: h before its output gate, and what it would emit
    would: Tensor
    before: Tensor  # membranes before their reset; the membranes themselves where there is none
    emitted: Tensor
    membranes: Tensor


def seen(cell: Cell, W: Tensor) -> Tensor:
    """The input weights without those that the formulation does not look at."""
    if cell.formulation != "output-gated":
        return W
    W, hidden = W.clone(), len(W) // 4
    W[2 * hidden : 3 * hidden] = 0  # the candidate of `output-gated` sees no input
    return W


def allocate(cell: Cell, inputs: Inputs) -> Tape:
    """Room for a tape, the gates filled with W x. What padding leaves unwritten is zero."""
    steps, batch, width = inputs.x.shape
    hidden, gates = inputs.U.shape[1], len(cell.gates)

    def room(kept: bool = True) -> Tensor:
        shape = (steps if kept else 0, batch, hidden)
        return inputs.x.new_empty(shape) if inputs.alive is None else inputs.x.new_zeros(shape)

    output = cell.formulation == "output-gated"
    membranes = room()
    return Tape(
        gates=(inputs.x.reshape(-1, width) @ seen(cell, inputs.W).T).view(
            steps, batch, gates, hidden
        ),
        inside=room(cell.formulation == "torch"),
        messages=room(cell.formulation in ("keep", "write", "output-gated")),
        mixed=room(output),
        would=room(output),
        before=room() if resets(cell) else membranes,
        emitted=room(),
        membranes=membranes,
    )


def forward(backend: Backend, arithmetic: Arithmetic, inputs: Inputs) -> Tape:
    """All steps of a sequence."""
    cell = arithmetic.cell
    tape = allocate(cell, inputs)
    steps, batch, count, hidden = tape.gates.shape
    phases, k = backend.phases, backend.forward_settings(arithmetic, inputs.x.device)
    living = inputs.living(backend)
    gates, inside, messages, mixed, would, before, emitted, membranes = map(backend.steps, tape)
    b = backend.array(inputs.bias.contiguous().view(count, hidden))
    d = backend.array(inputs.inside_bias.contiguous())
    theta = backend.array(inputs.threshold.expand(hidden).contiguous())

    # The gates whose recurrent product is of the same numbers: of e, of r ⊙ e, of e'.
    if cell.formulation in ("torch", "forget"):
        parts = [slice(0, count)]
    else:
        parts = [slice(0, 2), slice(2, 3), slice(3, 4)][: count - 1]
    by_gate = inputs.U.reshape(count, hidden, hidden)
    U = [by_gate[part].reshape(-1, hidden).T.contiguous() for part in parts]
    times = [backend.product(matrix, sparse=cell.spiking) for matrix in U]
    products = [inputs.x.new_empty(batch, matrix.shape[1]) for matrix in U]
    flat = [backend.array(product) for product in products]
    Up = [backend.array(product.view(batch, -1, hidden)) for product in products]

    e, h = inputs.emitted.contiguous(), inputs.membrane.contiguous()
    last, was = backend.array(e), backend.array(h)
    for t in range(steps):
        rows, after = living[t], membranes[t]
        times[0](e, last, products[0], flat[0])
        if cell.formulation == "torch":
            phases.torch_step(
                rows, gates[t], Up[0], b, d, theta, last, was,
                inside[t], before[t], emitted[t], after, k,
            )  # fmt: skip
        elif cell.formulation == "forget":
            phases.forget_step(
                rows, gates[t], Up[0], b, theta, last, was, before[t], emitted[t], after, k
            )
        else:
            phases.open(rows, gates[t], Up[0], b, last, messages[t], k)
            times[1](tape.messages[t], messages[t], products[1], flat[1])
            if cell.formulation == "output-gated":
                phases.close_unseen(
                    rows, gates[t], Up[1], b, theta, last, was, mixed[t], would[t], k
                )
                times[2](tape.would[t], would[t], products[2], flat[2])
                phases.output(
                    rows, gates[t], Up[2], b, theta, last,
                    mixed[t], before[t], emitted[t], after, k,
                )  # fmt: skip
            else:
                phases.close(
                    rows, gates[t], Up[1], b, theta, last, was, before[t], emitted[t], after, k
                )
        if inputs.alive is not None:
            # Where a sequence has ended its state stays and all is silent.
            on = inputs.alive[t].unsqueeze(-1)
            if not backend.skips:
                tape.emitted[t].mul_(on)
            torch.where(on, tape.membranes[t], h, out=tape.membranes[t])
        e, h = tape.emitted[t], tape.membranes[t]
        last, was = emitted[t], after
    return tape
