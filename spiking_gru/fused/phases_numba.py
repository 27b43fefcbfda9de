"""The phases compiled by Numba, once for all settings, and kept on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hardware.definition import arithmetic
from hardware.files.kernel_cache import compiled
from spiking_gru.fused import rows_numba
from spiking_gru.fused.phases import Constants, Gradients, Phases, Saved, compositions
from spiking_gru.fused.rows_numba import row
from spiking_gru.fused.settings import Backward, Forward, Plan

_forward, _backward = (row(phase) for phase in compositions(rows_numba))


def plain(values: Any) -> Any:
    """A named tuple as a plain one: Numba takes it in a third of the time, at every call."""
    return tuple(map(plain, values)) if isinstance(values, tuple) else values


def forward(living, t, constants, saved, products, k):
    settings = Forward(Plan(*k[0]), *k[1:])
    _forward(living, t, Constants(*constants), Saved(*saved), products, settings)


def backward(living, t, constants, saved, gradients, k):
    settings = Backward(Plan(*k[0]), *k[1:])
    _backward(living, t, Constants(*constants), Saved(*saved), Gradients(*gradients), settings)


PHASES = Phases(*(compiled(phase, Path(arithmetic.__file__)) for phase in (forward, backward)))
