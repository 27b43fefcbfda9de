"""The time of each step on the cores, what bounds it, and what each part of it would take alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

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


class CoreTime(NamedTuple):
    """Seconds of each sequence on the cores, by the names of `BOUNDS`."""

    bound_s: dict[str, PerSequence]
    """The time of the steps that each part bounds; together they are the time on the cores."""

    needed_s: dict[str, PerSequence]
    """The time that each part needs in all steps, whether it bounds them or not."""


def core_time(loads: CoreLoads, model: CostModel) -> CoreTime:
    """Return the seconds of each sequence on the cores.

    Cores work at the same time: in each slot the busiest sets the pace, then all wait.
    """
    placement = loads.placement
    times = placement.chip.time_ns
    barriers = times.barrier.at(placement.tiles_in_use)
    rows = [
        _slots_of(loads, model, times, bound, barrier)
        for bound, barrier in zip(RANGE, barriers, strict=True)
    ]

    def in_all(found: Sequence[dict[str, PerSlot]]) -> dict[str, PerSequence]:
        sums = {name: [loads.slots.total(row[name]) for row in found] for name in BOUNDS}
        return {name: np.array(of_bounds) * 1e-9 for name, of_bounds in sums.items()}

    return CoreTime(in_all([_won(row, model) for row in rows]), in_all(rows))


def _slots_of(
    loads: CoreLoads, model: CostModel, times: Times, bound: str, barrier: float
) -> dict[str, PerSlot]:
    """Return the nanoseconds that each part needs in each slot; 0 where a model leaves it out."""
    waits: PerSlot = (loads.slots.ticks * barrier).astype(np.float64)
    return {
        "neurons": _busiest(loads, model.neurons, times, bound),
        "synapses": _busiest(loads, model.synapses, times, bound),
        "messages": _fullest_port(loads, model, times, bound)
        if model.ports_bound
        else np.zeros_like(waits),
        "barrier": waits,
    }


def _won(needed: dict[str, PerSlot], model: CostModel) -> dict[str, PerSlot]:
    """Return the nanoseconds of the slots that each part bounds; a barrier may be added to them."""
    names = [name for name in BOUNDS if name != "barrier" or model.barrier_bounds]
    spent = np.array([needed[name] for name in names])
    longest = spent.argmax(axis=0)
    found = {name: np.where(longest == i, spent[i], 0.0) for i, name in enumerate(names)}
    return {"barrier": needed["barrier"], **found}


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
