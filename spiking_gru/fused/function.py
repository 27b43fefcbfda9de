"""A whole sequence as one autograd function: forward in stages, backward by hand.

There is one product for the input of all steps; for each step its recurrent products and the stages
between them; one product for each weight gradient and chunk of steps.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from spiking_gru.functional import CellParameters, Fire
from spiking_gru.fused import backends
from spiking_gru.fused.backward import Backward
from spiking_gru.fused.forward import Inputs, forward
from spiking_gru.fused.padding import alive_steps, last_emitted
from spiking_gru.fused.phases import Saved
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
    """Compute `spiking_gru.functional.sequence` by the backend of that name."""
    alive = alive_steps(x, lengths)
    all_emitted, all_membranes = _Sequence.apply(  # type: ignore[no-untyped-call]
        x, *parameters, emitted, membrane, alive, arithmetic, fire, backends.backend(way)
    )
    last = last_emitted(all_emitted, emitted, lengths)
    return all_emitted, all_membranes, last, all_membranes[-1]


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, Tensor]:
        *tensors, arithmetic, fire, backend = arguments
        inputs = Inputs(*tensors)
        saved = forward(backend, arithmetic, inputs)
        ctx.save_for_backward(*inputs, *saved)
        ctx.arithmetic, ctx.fire, ctx.backend = arithmetic, fire, backend
        ctx.set_materialize_grads(False)
        return saved.emitted, saved.membranes

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *d_outputs: Tensor | None) -> tuple[Tensor | None, ...]:
        count, tensors = len(Inputs._fields), ctx.saved_tensors
        inputs, saved = Inputs(*tensors[:count]), Saved(*tensors[count:])
        needs = ctx.needs_input_grad[:count]
        run = Backward(ctx.backend, ctx.arithmetic.cell, ctx.fire, inputs, saved, needs).run
        found = zip(run(*d_outputs), needs, strict=False)
        return *(gradient if need else None for gradient, need in found), None, None, None, None
