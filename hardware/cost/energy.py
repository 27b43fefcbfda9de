"""Energy and time of each inference, by a closed form, in three scopes that are never mixed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import Chip, Operations, column, load_chip
from hardware.cost.core_loads import TRAVEL, CoreLoads, core_loads
from hardware.cost.placement import place
from hardware.display import html_table, number_of
from hardware.program.model import Program
from hardware.runs.trace import Trace

RANGE = ("low", "nominal", "high")

PerSequence = NDArray[np.float64]  # (low / nominal / high, sequences)

OPERATIONS = {
    "dense_operations": "synaptic_operation_dense",
    "sparse_operations": "synaptic_operation_sparse",
    "active_updates": "neuron_update_active",
    "idle_updates": "neuron_update_idle",
    "spikes": "spike",
    "messages_out": "message_out",
    "messages_in": "message_in",
    "within_tile": "within_tile",
    "hops_east_west": "hop_east_west",
    "hops_north_south": "hop_north_south",
}
"""Counts of `CoreLoads`, and the constant of each."""

GENERATION = ("active_updates", "idle_updates", "spikes", "messages_out")
PROCESSING = ("messages_in", "dense_operations", "sparse_operations")


SCOPES = {
    "core_dynamic_j": "core dynamic, µJ",
    "core_static_j": "core static, µJ",
    "host_j": "host, µJ",
    "core_s": "time on the cores, µs",
    "host_s": "time that the host adds, µs",
}
"""Titles of a cost's quantities in a table."""


def _micro(values: PerSequence) -> list[str]:
    """Return the means over inferences, low, nominal and high, in millionths."""
    return [f"{1e6 * bound.sum() / max(len(bound), 1):.3g}" for bound in values]


@dataclass(frozen=True, eq=False, repr=False)
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
    core_dynamic_by_operation_j: dict[str, PerSequence]
    """By the names of the chip's constants."""

    core_static_j: PerSequence
    host_j: PerSequence
    core_s: PerSequence
    host_s: PerSequence
    inherited: dict[str, str]
    """Scopes that rest on another chip's figures, with that chip's name."""

    def __repr__(self) -> str:
        return (
            f"Cost({self.chip!r}: {number_of(self.core_s.shape[1], 'inference')} on "
            f"{number_of(self.cores, 'core')}, mean of each {_micro(self.core_dynamic_j)[1]} µJ "
            f"core dynamic, {_micro(self.core_s)[1]} µs on the cores)"
        )

    def _repr_html_(self) -> str:
        rows = [[title, *_micro(getattr(self, name))] for name, title in SCOPES.items()]
        return html_table(repr(self), ["mean of an inference", *RANGE], rows)


def estimate(trace: Trace, program: Program, chip: str | Path | Chip = "loihi2") -> Cost:
    """The cost of each inference of a trace on a chip, or on one that is a reference only."""
    description = load_chip(chip)
    reference = not description.gated_neurons
    return cost(core_loads(trace, program, place(program, description, as_reference=reference)))


def cost(loads: CoreLoads) -> Cost:
    """::

        core dynamic = Σ count × energy of one operation
        slot time    = max(busiest core's generation, busiest core's processing)
        core time    = Σ slot time + ticks × barrier of that many tiles
        core static  = cores in use × static power × core time
        host         = ticks × host time per step × host power

        generation   = updates, spikes and outgoing messages × time of each
        processing   = incoming messages and synaptic operations × time of each

    A tick is one step of the chip, at whose end its cores wait for each other.
    """
    placement, chip = loads.placement, loads.placement.chip
    by_core = {
        name: _by_core(loads, name) * column(getattr(chip.energy_pj, constant))[:, np.newaxis]
        for name, constant in OPERATIONS.items()
    }
    joules = 1e-12 * np.sum(list(by_core.values()), axis=0)
    core_s = _core_time(loads)
    static_w = placement.total * column(chip.static_mw_per_core) * 1e-3
    host_s = loads.ticks * column(chip.host.time_us_per_step) * 1e-6
    return Cost(
        chip=chip.name,
        cores=placement.total,
        core_dynamic_j=joules.sum(axis=2),
        core_dynamic_by_layer_j=tuple(
            joules[:, :, layer.cores].sum(axis=2) for layer in placement.layers
        ),
        core_dynamic_by_operation_j={
            OPERATIONS[name]: 1e-12 * energy.sum(axis=2) for name, energy in by_core.items()
        },
        core_static_j=static_w * core_s,
        host_j=column(chip.host.power_mw) * 1e-3 * host_s,
        core_s=core_s,
        host_s=host_s,
        inherited=chip.inherited,
    )


def _by_core(loads: CoreLoads, name: str) -> NDArray[np.int64]:
    """(sequences, cores): a count over each sequence."""
    counted: NDArray[np.int64] = getattr(loads, name)
    return counted if name in TRAVEL else loads.slots.total(counted)


def _core_time(loads: CoreLoads) -> PerSequence:
    """Cores work at the same time: in each slot the busiest sets the pace, then all wait."""
    chip = loads.placement.chip
    barrier = column(chip.time_ns.barrier.at(loads.placement.tiles_in_use))
    rows = []
    for bound in RANGE:
        generation = _busiest(loads, GENERATION, chip.time_ns, bound)
        processing = _busiest(loads, PROCESSING, chip.time_ns, bound)
        rows.append(loads.slots.total(np.maximum(generation, processing)))
    nanoseconds: PerSequence = np.array(rows) + loads.ticks * barrier
    return nanoseconds * 1e-9


def _busiest(
    loads: CoreLoads, names: tuple[str, ...], times: Operations, bound: str
) -> NDArray[np.float64]:
    """(slots,): nanoseconds of the busiest core."""
    spent = np.zeros(loads.spikes.shape)
    for name in names:
        spent += getattr(loads, name) * getattr(getattr(times, OPERATIONS[name]), bound)
    return spent.max(axis=1)
