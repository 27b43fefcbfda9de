"""A whole sequence as one autograd function: forward in phases, backward by hand.

One product for the input of all steps; for each step its recurrent products and the phases between
them; one product for each weight gradient and chunk of steps.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from spiking_gru.functional import CellParameters, Fire
from spiking_gru.fused import backends
from spiking_gru.fused.backward import Backward
from spiking_gru.fused.forward import Inputs, Tape, forward
from spiking_gru.quantise import Arithmetic


def sequence(
    way: str,
    arithmetic: Arithmetic,
    parameters: CellParameters,
    fire: Fire,
    x: Tensor,
    emitted: Tensor,
    membrane: Tensor,
    lengths: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What `spiking_gru.functional.sequence` computes, by the backend of that name."""
    steps, batch, _ = x.shape
    alive = None
    if lengths is not None:
        alive = torch.arange(steps, device=x.device).unsqueeze(-1) < lengths
    all_emitted, all_membranes = _Sequence.apply(  # type: ignore[no-untyped-call]
        x, *parameters, emitted, membrane, alive, arithmetic, fire, backends.backend(way)
    )
    last = all_emitted[-1]
    if lengths is not None:
        end = lengths.clamp(max=steps) - 1
        at_end = all_emitted[end.clamp(min=0), torch.arange(batch, device=x.device)]
        last = torch.where((lengths > 0).unsqueeze(-1), at_end, emitted)
    return all_emitted, all_membranes, last, all_membranes[-1]


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, Tensor]:
        *tensors, arithmetic, fire, backend = arguments
        inputs = Inputs(*tensors)
        tape = forward(backend, arithmetic, inputs)
        ctx.save_for_backward(*inputs, *tape)
        ctx.arithmetic, ctx.fire, ctx.backend = arithmetic, fire, backend
        ctx.set_materialize_grads(False)
        return tape.emitted, tape.membranes

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *d_outputs: Tensor | None) -> tuple[Tensor | None, ...]:
        saved = ctx.saved_tensors
        inputs, tape = Inputs(*saved[: len(Inputs._fields)]), Tape(*saved[len(Inputs._fields) :])
        needs = ctx.needs_input_grad[: len(Inputs._fields)]
        run = Backward(ctx.backend, ctx.arithmetic.cell, ctx.fire, inputs, tape, needs).run
        found = zip(run(*d_outputs), needs, strict=False)
        return *(gradient if need else None for gradient, need in found), None, None, None, None
