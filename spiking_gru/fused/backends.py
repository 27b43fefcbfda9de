"""The backends that compute the phases of a step, and the choice among them.

A backend turns tensors into the arrays of its phases. It also says how it treats the rows of a
batch whose sequence has ended: its phases skip them, or they compute all rows and the sequence
function takes the ended ones out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from hardware.errors import choose
from spiking_gru.functional import Fire
from spiking_gru.fused import settings
from spiking_gru.fused.phases import Phases, by_call, by_step, compositions
from spiking_gru.quantise import Arithmetic
from spiking_gru.surrogate import ATan

Product = Callable[[Tensor, Any, Tensor, Any], object]


class Backend(NamedTuple):
    phases: Phases
    array: Callable[[Tensor], Any]
    """A contiguous tensor as the phases take it, on the same memory."""
    living: Callable[[Tensor], list[Any]]
    """For each step the rows to work on, of (steps, batch) whether a sequence still goes on."""
    skips: bool
    """Whether the phases leave the other rows as they are."""
    forward_settings: Callable[[Arithmetic, torch.device], list[Any]]
    """Settings of each stage of a step."""
    packed: Callable[[Any], Any]
    """A named tuple as the phases take it."""
    in_passing: bool
    """Whether the phases compute the slope of `ATan`."""
    event_product: Callable[[Tensor], Product] | None = None
    """The product of a matrix with the spikes of few neurons, where that is quicker."""
    add_by_events: Callable[[Tensor, Tensor, int, Tensor], bool] | None = None
    """The sum of such a matrix's gradient; False where that is not quicker."""

    def product(self, U: Tensor, sparse: bool) -> Product:
        """A function for out ← a U, given both as tensors and as arrays; `sparse`: a has zeros."""
        if sparse and self.event_product:
            return self.event_product(U)
        return lambda a, a_, out, out_: torch.mm(a, U, out=out)


def way(x: Tensor, fire: Fire) -> str:
    """How a sequence is computed: a backend's name, or `loop`, the plain definition.

    The sequence function excludes two cases, left to the plain loop: autocast, which changes types
    underway, and a `fire` that is no step function. A `scan` must be asked for: on the CPU Numba
    takes less than half of its time, on other devices it has not been measured.
    """
    if torch.is_autocast_enabled(x.device.type) or not is_step(fire, x):
        return "loop"
    if x.dtype == torch.float32 and x.device.type == "cpu" and find_spec("numba"):
        return "numba"
    if x.dtype == torch.float32 and x.device.type == "cuda" and find_spec("triton"):
        return "triton"
    return "torch"


def is_step(fire: Fire, like: Tensor) -> bool:
    """Whether `fire` answers 1 above 0, and 0 elsewhere."""
    if isinstance(fire, ATan):
        return True
    with torch.no_grad():
        return fire(like.new_tensor([-0.5, 0.0, 0.5])).tolist() == [0, 0, 1]


def backend(name: str) -> Backend:
    """The backend of a name."""
    return BACKENDS[choose("way", name, BACKENDS)]()


@cache
def torch_backend() -> Backend:
    from spiking_gru.fused import rows_torch

    everything = (slice(None),)
    return Backend(
        phases=Phases(*map(by_call, compositions(rows_torch))),
        array=Tensor.detach,
        living=lambda alive: [everything] * len(alive),
        skips=False,
        forward_settings=lambda arithmetic, _: rows_torch.forward_settings(arithmetic),
        packed=by_step,
        in_passing=False,
    )


@cache
def numba_backend() -> Backend:
    from spiking_gru.fused import events_numba, phases_numba

    return Backend(
        phases=phases_numba.PHASES,
        array=lambda tensor: tensor.detach().numpy(),
        living=lambda alive: [np.flatnonzero(rows) for rows in alive.numpy()],
        skips=True,
        forward_settings=lambda arithmetic, _: settings.forward_settings(arithmetic),
        packed=lambda values: values,
        in_passing=True,
        event_product=events_numba.product,
        add_by_events=events_numba.add_product,
    )


@cache
def triton_backend() -> Backend:
    from spiking_gru.fused import phases_triton

    return Backend(
        phases=phases_triton.PHASES,
        array=Tensor.detach,
        living=lambda alive: list(alive.to(torch.int8)),
        skips=True,
        forward_settings=phases_triton.forward_settings,
        packed=phases_triton.packed,
        in_passing=True,
    )


BACKENDS = {"numba": numba_backend, "torch": torch_backend, "triton": triton_backend}
