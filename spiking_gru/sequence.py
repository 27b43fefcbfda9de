"""A cell over a sequence, by the fastest way with the same results."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from spiking_gru import functional, fused
from spiking_gru.functional import CellParameters, Fire
from spiking_gru.fused import scan
from spiking_gru.quantise import Arithmetic, IntegerArithmetic, exactly

PLAIN = {"loop": functional.sequence, "scan": scan.sequence}
"""The ways in which autograd finds the gradients."""


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
    """Every emission and every membrane of (steps, batch, inputs), then the last of each.

    `x` has values, or the numbers of the sources that send (`spiking_gru.sources`).

    With `segment`, only the states between segments of that many steps are kept for the backward
    pass, which computes each segment again. `way` is `numba`, `triton` or `torch`, `scan` for a
    scan over time, or `loop` for the plain definition; by default `fused.way` chooses it.
    """
    with exactly(isinstance(arithmetic, IntegerArithmetic), x):
        way = way or fused.way(membrane, fire)
        compute = PLAIN.get(way) or partial(fused.sequence, way)
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
