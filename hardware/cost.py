"""Energy and time of each inference, by a closed form, in three scopes that are never mixed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.chip import Chip, Constant, load_chip
from hardware.counts import Counts, LayerCounts, count
from hardware.placement import Placement, place
from hardware.program import Program
from hardware.trace import Trace

RANGE = ("low", "nominal", "high")

PerSequence = NDArray[np.float64]  # (low / nominal / high, sequences)


@dataclass(frozen=True)
class Cost:
    """Joules and seconds of each inference; rows are low, nominal and high.

    `core_dynamic` is what operations cost, `core_static` the leakage of the cores in use while they
    compute, `host` the host's share for carrying steps to and from the chip. `host_s` is the time
    that the host adds to `core_s`.
    """

    chip: str
    cores: int
    core_dynamic_j: PerSequence
    core_dynamic_by_layer_j: tuple[PerSequence, ...]
    core_static_j: PerSequence
    host_j: PerSequence
    core_s: PerSequence
    host_s: PerSequence


def estimate(trace: Trace, program: Program, chip: str | Chip = "loihi2") -> Cost:
    """The cost of each inference of a trace on a chip."""
    description = load_chip(chip) if isinstance(chip, str) else chip
    return cost(count(trace, program), description)


def cost(counts: Counts, chip: Chip) -> Cost:
    """::

    core dynamic = Σ count × energy of one operation
    core time    = ticks × barrier + the busiest core's operations × time of one operation
    core static  = cores in use × static power × core time
    host         = ticks × host time per step × host power

    A tick is one step of the chip, at whose end its cores wait for each other. An inference of T
    steps takes T + layers + 1 ticks, for each set of synapses delays by one.
    """
    placement = place(counts, chip)
    by_layer = tuple(_dynamic(layer, chip) for layer in counts.layers)
    core_s = _core_time(counts, chip, placement)
    static_w = placement.total * _column(chip.static_mw_per_core) * 1e-3
    host_s = counts.ticks * _column(chip.host.time_us_per_step) * 1e-6
    return Cost(
        chip=chip.name,
        cores=placement.total,
        core_dynamic_j=np.sum(by_layer, axis=0),
        core_dynamic_by_layer_j=by_layer,
        core_static_j=static_w * core_s,
        host_j=_column(chip.host.power_mw) * 1e-3 * host_s,
        core_s=core_s,
        host_s=host_s,
    )


def _column(constant: Constant) -> NDArray[np.float64]:
    return np.array(constant.range)[:, np.newaxis]


def _dynamic(layer: LayerCounts, chip: Chip) -> PerSequence:
    energy = chip.energy_pj
    picojoules: PerSequence = (
        layer.synaptic_operations * _column(energy.synaptic_operation)
        + layer.neuron_updates * _column(energy.neuron_update)
        + layer.spikes * _column(energy.spike)
    )
    return picojoules * 1e-12


def _core_time(counts: Counts, chip: Chip, placement: Placement) -> PerSequence:
    """Layers work at the same time: the busiest core of all sets the pace, and a barrier."""
    times = chip.time_ns
    busiest = np.zeros((len(RANGE), len(counts.steps)))
    for layer, cores in zip(counts.layers, placement.cores, strict=True):
        processing = layer.synaptic_operations * _column(times.synaptic_operation)
        generation = layer.neuron_updates * _column(times.neuron_update) + layer.spikes * _column(
            times.spike
        )
        busiest = np.maximum(busiest, (processing + generation) / cores)
    nanoseconds: PerSequence = busiest + counts.ticks * _column(times.barrier)
    return nanoseconds * 1e-9
