"""The time of each step on the cores, and what bounds it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import Times
from hardware.cost.core_loads import CoreLoads
from hardware.cost.model import CostModel

RANGE = ("low", "nominal", "high")
BOUNDS = ("neurons", "synapses", "messages", "barrier")
"""Bounds of the time of a step."""

PerSequence = NDArray[np.float64]  # (low / nominal / high, sequences)
PerSlot = NDArray[np.float64]  # (slots,)


def core_time(loads: CoreLoads, model: CostModel) -> dict[str, PerSequence]:
    """Return the seconds of each sequence on the cores, by what bounds its steps.

    Cores work at the same time: in each slot the busiest sets the pace, then all wait.
    """
    placement = loads.placement
    times = placement.chip.time_ns
    barriers = times.barrier.at(placement.tiles_in_use)
    rows = [
        _bounded(loads, model, times, bound, barrier)
        for bound, barrier in zip(RANGE, barriers, strict=True)
    ]
    return {name: np.array([row[name] for row in rows]) * 1e-9 for name in BOUNDS}


def _bounded(
    loads: CoreLoads, model: CostModel, times: Times, bound: str, barrier: float
) -> dict[str, NDArray[np.float64]]:
    """(sequences,) of each bound: nanoseconds of the slots that it bounds."""
    waits: PerSlot = (loads.slots.ticks * barrier).astype(np.float64)
    parts = {
        "neurons": _busiest(loads, model.neurons, times, bound),
        "synapses": _busiest(loads, model.synapses, times, bound),
    }
    if model.ports_bound:
        parts["messages"] = _fullest_port(loads, model, times, bound)
    if model.barrier_bounds:
        parts["barrier"] = waits
    spent = np.array(list(parts.values()))
    longest, names = spent.argmax(axis=0), list(parts)
    found: dict[str, NDArray[np.float64]] = {
        name: loads.slots.total(np.where(longest == place, spent[place], 0.0))
        for place, name in enumerate(names)
    }
    if not model.barrier_bounds:
        found["barrier"] = loads.slots.total(waits)
    nothing = np.zeros(len(loads.slots.starts))
    return {name: found.get(name, nothing) for name in BOUNDS}


def _busiest(loads: CoreLoads, counts: Mapping[str, str], times: Times, bound: str) -> PerSlot:
    """Return the nanoseconds of the busiest core."""
    spent = np.zeros(loads.spikes.shape)
    for name, constant in counts.items():
        spent += getattr(loads, name) * getattr(getattr(times, constant), bound)
    busiest: PerSlot = spent.max(axis=1)
    return busiest


def _fullest_port(loads: CoreLoads, model: CostModel, times: Times, bound: str) -> PerSlot:
    """Return the nanoseconds of the messages into the busiest tile, or from the host.

    A message takes the time of a hop, and more for its payload.
    """
    hop = getattr(times.hop_east_west, bound)
    spent = loads.messages_in * hop
    for name, constant in model.payloads.items():
        spent = spent + getattr(loads, name) * getattr(getattr(times, constant), bound)
    _, tile = np.unique(loads.placement.tiles, axis=0, return_inverse=True)
    member = np.eye(tile.max() + 1)[np.ravel(tile)]
    into_tiles: PerSlot = (spent @ member).max(axis=1)
    return np.maximum(into_tiles, loads.entering * hop)
