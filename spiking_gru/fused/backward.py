"""The backward pass of a sequence: the loop back in time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hardware.definition.cell import Cell
from hardware.definition.formulation import EMISSION
from spiking_gru.functional import Fire
from spiking_gru.fused.backends import Backend
from spiking_gru.fused.forward import Inputs
from spiking_gru.fused.layout import stages_of
from spiking_gru.fused.phases import Gradients, Saved
from spiking_gru.fused.settings import backward_settings
from spiking_gru.fused.slopes import slopes_of
from spiking_gru.fused.weight_gradients import WeightGradients

CHUNK = 10
"""Steps whose gradients are kept at once: few enough to stay in the cache, enough for a product."""


class Backward:
    """The gradients of a sequence's inputs, from its last step to its first."""

    def __init__(
        self, backend: Backend, cell: Cell, fire: Fire, inputs: Inputs, saved: Saved, needs: Any
    ) -> None:
        self.backend, self.cell, self.fire = backend, cell, fire
        self.inputs, self.saved = inputs, saved
        wanted = Inputs(*needs)
        self.weights = WeightGradients(backend, cell, inputs, saved, bool(wanted.x))
        settings = backward_settings(cell, bool(wanted.threshold), fire, backend.in_passing)
        packed = map(backend.packed, settings)
        self.settings = list(zip(packed, stages_of(cell.row), strict=True))[::-1]
        self.slopes_given = cell.spiking and not settings[0].alpha
        # Past the recurrent products the last emission is reached by r ⊙ e, and where it is emitted
        # again; else the product with the emission itself gives its whole gradient.
        self.passes_by = cell.row.resets_before or cell.emission.by_delta
        self.alive = None if backend.skips else inputs.alive

    def run(
        self, d_emitted: Tensor | None, d_membranes: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        """All gradients in the order of the inputs, from those of the two results."""
        array, steps = self.backend.array, len(self.saved.emitted)
        self.living = self.inputs.living(self.backend)
        constants = self.inputs.constants(self.backend, self.cell)
        arrays = self.backend.packed(Saved(*map(array, self.saved)))
        at_once, direct = self.allocate(d_emitted)
        given = constants, arrays, self.gradient_arrays
        self.stages = [
            (self.backend.phases.backward(*given, k), stage) for k, stage in self.settings
        ]
        d, gradients = self.gradients.d, self.gradients

        for start in reversed(range(0, steps, at_once)):
            end = min(start + at_once, steps)
            if self.slopes_given:
                self.give_slopes(start, end)
            if d_emitted is not None and not direct:
                self.give_emitted(d_emitted, start, end)
            for t in reversed(range(start, end)):
                if d_membranes is not None:
                    gradients.g.add_(d_membranes[t])
                if self.alive is None:
                    self.step(t)
                else:
                    # Gradients pass a sequence's padding by.
                    on = self.alive[t].unsqueeze(-1)
                    passing = gradients.g * ~on
                    gradients.g.mul_(on)
                    self.step(t)
                    gradients.g.add_(passing)
            self.weights.add(start, d[: end - start].flatten(2))
        return self.weights.gradients(gradients.d_e, gradients.g)

    def allocate(self, d_emitted: Tensor | None) -> tuple[int, bool]:
        """Room for gradients and slopes; the steps of a chunk, and whether `d_emitted` is used."""
        new, (steps, batch, hidden) = self.inputs.U.new_zeros, self.saved.emitted.shape
        at_once = min(CHUNK, steps)
        direct = d_emitted is not None and d_emitted.is_contiguous() and self.alive is None
        # A slope that is not given is only read in the phase that computes it.
        kept = at_once if self.slopes_given else 1
        d_out = new(1 if d_emitted is None or direct else at_once, batch, hidden)
        # Phases that skip the rows of ended sequences leave their gradients zero.
        d = new(at_once, batch, self.weights.columns, hidden)
        self.gradients = Gradients(
            d,
            d_emitted if d_emitted is not None and direct else d_out,
            up=new(kept, batch, hidden),
            down=new(kept, batch, hidden),
            up_would=new(kept, batch, hidden),
            down_would=new(kept, batch, hidden),
            d_e=new(batch, hidden),
            g=new(batch, hidden),
            total=new(batch, hidden),
            d_theta=self.weights.d_theta,
        )
        arrays = Gradients(*map(self.backend.array, self.gradients))
        self.gradient_arrays = self.backend.packed(arrays)
        receivers = self.weights.receivers.items()
        self.d_received = {
            stream: d.flatten(2)[..., receiver.columns].unbind(0) for stream, receiver in receivers
        }
        return at_once, direct

    def step(self, t: int) -> None:
        """One step, from its last stage to its first."""
        for phase, stage in self.stages:
            phase(self.living[t], t)
            if stage.message:
                self.through(stage.message.stream, t)

    def through(self, stream: str, t: int) -> None:
        """Back through the recurrent product of a message."""
        received, U = self.d_received[stream], self.weights.receivers[stream].U
        d = received[t % len(received)]
        if stream != EMISSION:
            torch.mm(d, U, out=self.gradients.total)
        elif self.passes_by:
            self.gradients.d_e.addmm_(d, U)
        else:
            torch.mm(d, U, out=self.gradients.d_e)

    def give_emitted(self, d_emitted: Tensor, start: int, end: int) -> None:
        """The gradients of a chunk's emissions, nothing in padding."""
        d_out = self.gradients.d_out[: end - start]
        d_out.copy_(d_emitted[start:end])
        if self.alive is not None:
            d_out.mul_(self.alive[start:end].unsqueeze(-1))

    def give_slopes(self, start: int, end: int) -> None:
        """The slopes of a chunk's steps, of surrogates whose slope no phase computes."""
        gradients, theta = self.gradients, self.inputs.threshold
        given = [(gradients.up, gradients.down, self.saved.before)]
        if self.cell.row.output_waits:
            given.append((gradients.up_would, gradients.down_would, self.saved.mixed))
        for up, down, h in given:
            by_h, by_theta = slopes_of(self.cell, self.fire, h[start:end], theta)
            up[: end - start], down[: end - start] = by_h, by_theta
