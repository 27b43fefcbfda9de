"""The backward pass of a sequence: the loop back in time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hardware.definition.cell import Cell
from spiking_gru.functional import Fire
from spiking_gru.fused.backends import Backend
from spiking_gru.fused.forward import Inputs, Tape
from spiking_gru.fused.settings import backward_settings
from spiking_gru.fused.slopes import slopes_of
from spiking_gru.fused.sums import Sums

CHUNK = 10
"""Steps whose gradients are kept at once: few enough to stay in the cache, enough for a product."""


class Backward:
    """The gradients of a sequence's inputs, from its last step to its first."""

    def __init__(
        self, backend: Backend, cell: Cell, fire: Fire, inputs: Inputs, tape: Tape, needs: Any
    ) -> None:
        self.backend, self.cell, self.fire = backend, cell, fire
        self.inputs, self.tape = inputs, tape
        wanted = Inputs(*needs)
        self.k = backward_settings(cell, bool(wanted.threshold), fire, backend.in_passing)
        self.sums = Sums(backend, cell, inputs, tape, bool(wanted.x))
        self.steps, batch, _, hidden = tape.gates.shape
        self.slopes_given = cell.spiking and not self.k.alpha
        self.theta = inputs.threshold.expand(hidden).contiguous()

        new = inputs.x.new_zeros
        # Phases that skip the rows of ended sequences leave their gradients zero.
        self.d = new(min(CHUNK, self.steps), batch, self.sums.columns * hidden)
        self.d_parts = [self.d[..., part.columns].unbind(0) for part in self.sums.parts]
        self.g, self.d_e, self.total, self.d_out = (new(batch, hidden) for _ in range(4))
        self.slopes = [[new(batch, hidden)] * len(self.d) for _ in range(4)]

    def run(
        self, d_emitted: Tensor | None, d_membranes: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        """All gradients in the order of the inputs, from those of the two results."""
        array, listed, inputs = self.backend.array, self.backend.steps, self.inputs
        hidden = inputs.U.shape[1]
        self.tape_ = Tape(*map(listed, self.tape))  # type: ignore[arg-type]
        self.first_ = array(inputs.emitted.contiguous()), array(inputs.membrane.contiguous())
        self.theta_, self.d_theta_ = array(self.theta), array(self.sums.d_theta)
        self.d_ = listed(self.d.unflatten(-1, (-1, hidden)))
        self.g_, self.d_e_, self.total_ = map(array, (self.g, self.d_e, self.total))
        self.slopes_ = [[array(slope) for slope in slopes] for slopes in self.slopes]
        self.living = inputs.living(self.backend)
        alive = None if self.backend.skips else inputs.alive
        d_out_, direct = array(self.d_out), d_emitted is not None and d_emitted.is_contiguous()
        d_outs = listed(d_emitted) if d_emitted is not None and direct else ()

        for start in reversed(range(0, self.steps, CHUNK)):
            end = min(start + CHUNK, self.steps)
            if self.slopes_given:
                self.give_slopes(start, end)
            for t in reversed(range(start, end)):
                if d_membranes is not None:
                    self.g += d_membranes[t]
                if direct:
                    d_out_ = d_outs[t]
                elif d_emitted is not None:
                    self.d_out.copy_(d_emitted[t])
                if alive is None:
                    self.step(t, t - start, d_out_)
                else:
                    # Gradients pass a sequence's padding by.
                    on = alive[t].unsqueeze(-1)
                    passing = self.g * ~on
                    self.g *= on
                    self.step(t, t - start, d_out_ * on)
                    self.g += passing
            self.sums.add(start, self.d[: end - start])
        return self.sums.gradients(self.d_e, self.g)

    def step(self, t: int, i: int, d_out: Any) -> None:
        """One step; `i` is its place in the chunk."""
        phases, k, rows, d = self.backend.phases, self.k, self.living[t], self.d_[i]
        gates, inside, _, mixed, _, before, emitted, membranes = self.tape_
        theta, g, d_e, total, d_theta = self.theta_, self.g_, self.d_e_, self.total_, self.d_theta_
        up, down, up_mixed, down_mixed = (slopes[i] for slopes in self.slopes_)
        last, was = (emitted[t - 1], membranes[t - 1]) if t else self.first_
        formulation = self.cell.formulation

        if formulation == "torch":
            phases.torch_back(
                rows, gates[t], inside[t], last, was, before[t], emitted[t], theta, up, down,
                d_out, d_e, g, total, d_theta, d, k,
            )  # fmt: skip
        elif formulation == "output-gated":
            phases.output_back(
                rows, gates[t], mixed[t], last, before[t], emitted[t], theta, up, down,
                d_out, d_e, g, total, d_theta, d, k,
            )  # fmt: skip
            self.through(2, i, self.total)
            phases.close_unseen_back(
                rows, gates[t], last, was, mixed[t], theta, up_mixed, down_mixed,
                total, d_e, g, d_theta, d, k,
            )  # fmt: skip
        else:
            phases.close_back(
                rows, gates[t], last, was, before[t], emitted[t], theta, up, down,
                d_out, d_e, g, total, d_theta, d, k,
            )  # fmt: skip
        if len(self.d_parts) > 1:
            self.through(1, i, self.total)
            phases.open_back(rows, gates[t], last, total, d_e, d, k)
        # What was emitted one step earlier reached this one past its products as well, or not.
        self.through(0, i, self.d_e, added=len(self.d_parts) > 1 or self.cell.emit == "graded")

    def through(self, part: int, i: int, out: Tensor, added: bool = False) -> None:
        """Back through a recurrent product."""
        d, U = self.d_parts[part][i], self.sums.parts[part].U
        if added:
            out.addmm_(d, U)
        else:
            torch.mm(d, U, out=out)

    def give_slopes(self, start: int, end: int) -> None:
        """The slopes of a chunk's steps, of surrogates whose slope no phase computes."""
        theta = self.theta
        slopes = [*slopes_of(self.cell, self.fire, self.tape.before[start:end], theta)]
        if self.cell.formulation == "output-gated":
            slopes += slopes_of(self.cell, self.fire, self.tape.mixed[start:end], theta)
        for i, slope in enumerate(slopes):
            self.slopes_[i] = [*self.backend.steps(slope)]
