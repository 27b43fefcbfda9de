"""A cell over a sequence, by the fastest way that computes the same."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from spiking_gru import functional, fused
from spiking_gru.functional import CellParameters, Fire
from spiking_gru.quantise import Arithmetic


def sequence(
    arithmetic: Arithmetic,
    parameters: CellParameters,
    fire: Fire,
    x: Tensor,
    emitted: Tensor,
    membrane: Tensor,
    lengths: Tensor | None,
    segment: int | None = None,
    way: str | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """All that was emitted and every membrane of (steps, batch, inputs), then the last of each.

    With `segment`, only the states between segments of so many steps are kept for the backward
    pass, and each segment is computed again when its turn comes. `way` is that of `fused.way`
    unless it is given: `numba`, `triton` or `torch`, or `loop` for the plain definition.
    """
    way = way or fused.way(x, fire)
    compute = functional.sequence if way == "loop" else partial(fused.sequence, way)
    if segment is None or segment >= len(x):
        return compute(arithmetic, parameters, fire, x, emitted, membrane, lengths)
    parts: list[tuple[Tensor, Tensor]] = []
    for start in range(0, len(x), segment):
        left = None if lengths is None else (lengths - start).clamp(min=0)
        all_emitted, all_membranes, emitted, membrane = checkpoint(
            compute,
            arithmetic,
            parameters,
            fire,
            x[start : start + segment],
            emitted,
            membrane,
            left,
            use_reentrant=False,
        )
        parts.append((all_emitted, all_membranes))
    return (
        torch.cat([part[0] for part in parts]),
        torch.cat([part[1] for part in parts]),
        emitted,
        membrane,
    )
