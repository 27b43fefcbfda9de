"""Energy and time of each inference, by a closed form, in three scopes that are never mixed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import Chip, column, load_chip, require_read
from hardware.cost.core_loads import CoreLoads, core_loads
from hardware.cost.model import CURRENT, TRAVEL, CostModel
from hardware.cost.model import cost_model as model_of
from hardware.cost.placement import place
from hardware.cost.step_time import RANGE, core_time
from hardware.display import html_table, number_of
from hardware.runs.given import ProgramLike, TraceLike, trace_and_program

PerSequence = NDArray[np.float64]  # (low / nominal / high, sequences)

SCOPES = {
    "core_dynamic": "core dynamic, µJ",
    "core_static": "static, cores in use, µJ",
    "chip_static": "static, whole chips, µJ",
    "host": "host, µJ",
    "core_time": "time on the cores, µs",
    "host_time": "time that the host adds, µs",
}
"""Titles of a cost's quantities in a table."""


class Bounds(NamedTuple):
    """A figure in joules or seconds, with the range that the chip's constants allow."""

    low: float
    nominal: float
    high: float


def mean_bounds(values: PerSequence) -> Bounds:
    """Return the means over inferences."""
    return Bounds(*(float(bound.sum()) / max(len(bound), 1) for bound in values))


@dataclass(frozen=True, eq=False, repr=False)
class Cost:
    """Joules and seconds of inferences; `core_dynamic.nominal` is the mean of an inference.

    Fields with a unit in their name have a column for each inference, with the rows low, nominal
    and high.

    `core_dynamic` is the energy of operations. Static power is drawn while cores and host work:
    `core_static` is that of the cores in use, `chip_static` that of all cores of the chips in use.
    `host` is the energy of the host for features, encoder and messages, and for the transfer of
    steps to and from the chip. `host_time` is the time that the host adds to `core_time`.
    """

    chip: str
    model: str
    """The name of the cost model."""

    cores: int
    chips: int
    cores_of_chip: int
    core_dynamic_j: PerSequence
    core_dynamic_by_layer_j: tuple[PerSequence, ...]
    core_dynamic_by_operation_j: dict[str, PerSequence]
    """Joules of each operation, by the names of the chip's constants."""

    core_static_j: PerSequence
    chip_static_j: PerSequence
    host_j: PerSequence
    core_s: PerSequence
    bound_s: dict[str, PerSequence]
    """The parts of `core_s` by what bounds their steps."""

    needed_s: dict[str, PerSequence]
    """The seconds that each of these parts needs, whether it bounds a step or not."""

    host_s: PerSequence
    inherited: dict[str, str]
    """Scopes that rest on another chip's figures, with that chip's name."""

    @property
    def core_dynamic(self) -> Bounds:
        """Joules of the operations of the cores, mean of an inference."""
        return mean_bounds(self.core_dynamic_j)

    @property
    def core_static(self) -> Bounds:
        """Joules of static power of the cores in use, mean of an inference."""
        return mean_bounds(self.core_static_j)

    @property
    def chip_static(self) -> Bounds:
        """Joules of static power of the whole chips, mean of an inference."""
        return mean_bounds(self.chip_static_j)

    @property
    def host(self) -> Bounds:
        """Joules of the host, mean of an inference."""
        return mean_bounds(self.host_j)

    @property
    def core_time(self) -> Bounds:
        """Seconds on the cores, mean of an inference."""
        return mean_bounds(self.core_s)

    @property
    def host_time(self) -> Bounds:
        """Seconds that the host adds, mean of an inference."""
        return mean_bounds(self.host_s)

    def __repr__(self) -> str:
        return (
            f"Cost({self.chip!r}: {number_of(self.core_s.shape[1], 'inference')} on "
            f"{number_of(self.cores, 'core')}, mean of each "
            f"{1e6 * self.core_dynamic.nominal:.3g} µJ core dynamic, "
            f"{1e6 * self.core_time.nominal:.3g} µs on the cores)"
        )

    def _repr_html_(self) -> str:
        rows = [
            [title, *(f"{1e6 * bound:.3g}" for bound in getattr(self, name))]
            for name, title in SCOPES.items()
        ]
        return html_table(repr(self), ["mean of an inference", *RANGE], rows)


def estimate(
    trace: TraceLike,
    program: ProgramLike,
    chip: str | Path | Chip = "loihi2",
    cost_model: str | CostModel = CURRENT,
) -> Cost:
    """Return the cost of each inference of a trace on a chip.

    A chip that cannot run gated neurons is priced as a reference.
    `cost_model` names the version of the model whose constants and closed form are used.
    """
    trace, program = trace_and_program("estimate", trace, program)
    model = model_of(cost_model)
    description = load_chip(chip, model.name)
    reference = not description.gated_neurons
    placement = place(program, description, as_reference=reference, cost_model=model)
    return cost(core_loads(trace, program, placement), model)


def cost(loads: CoreLoads, cost_model: str | CostModel = CURRENT) -> Cost:
    """::

        core dynamic = Σ count × energy of one operation
        core time    = Σ over steps of max(neurons, synapses, messages, ticks × barrier)
        core static  = cores in use × static power × (core time + host time)
        chip static  = all cores of the chips in use × the same
        host         = ticks × host time per step × host power + operations × energy of one
        host time    = ticks × host time per step

        neurons      = instructions, updates, messages sent × time of each, on the busiest core
        synapses     = messages received, weights read × time of each, on the busiest core
        messages     = messages × time of a hop, into the busiest tile or from the host
        barrier      = the shortest tick of that many tiles

    A tick is one step of the chip, at whose end its cores wait for each other.
    """
    model = model_of(cost_model)
    placement, chip = loads.placement, loads.placement.chip
    require_read(chip, model)
    by_core = {
        name: _by_core(loads, name) * column(getattr(chip.energy_pj, constant))[:, np.newaxis]
        for name, constant in model.energy.items()
    }
    joules = 1e-12 * np.sum(list(by_core.values()), axis=0)
    bound_s, needed_s = core_time(loads, model)
    core_s = np.sum(list(bound_s.values()), axis=0)
    host_s = loads.ticks * column(chip.host.time_us_per_step) * 1e-6
    static_w = column(chip.static_mw_per_core) * 1e-3
    static_j = static_w * (core_s + host_s if model.static_with_host else core_s)
    host_j = column(chip.host.power_mw) * 1e-3 * host_s
    if model.prices_operations:
        host_j = host_j + loads.host_operations * column(chip.host.operation_pj) * 1e-12
    return Cost(
        chip=chip.name,
        model=model.name,
        cores=placement.total,
        chips=placement.chips,
        cores_of_chip=chip.limits.cores,
        core_dynamic_j=joules.sum(axis=2),
        core_dynamic_by_layer_j=tuple(
            joules[:, :, layer.cores].sum(axis=2) for layer in placement.layers
        ),
        core_dynamic_by_operation_j={
            model.energy[name]: 1e-12 * energy.sum(axis=2) for name, energy in by_core.items()
        },
        core_static_j=placement.total * static_j,
        chip_static_j=placement.chips * chip.limits.cores * static_j,
        host_j=host_j,
        core_s=core_s,
        bound_s=bound_s,
        needed_s=needed_s,
        host_s=host_s,
        inherited=inherited(chip, model),
    )


def inherited(chip: Chip, model: CostModel) -> dict[str, str]:
    """Return the scopes that rest on another chip's figures, with that chip's name."""
    dynamic = {*model.energy.values()}
    timed = {*model.neurons.values(), *model.synapses.values()}
    if model.ports_bound:
        timed |= {"hop_east_west", *model.payloads.values()}
    host = chip.host
    static, host_time = chip.static_mw_per_core.inherited, host.time_us_per_step.inherited
    core_time = {found for name, found in chip.time_ns.inherited() if name in timed}
    core_time.add(chip.time_ns.barrier.inherited)
    parts = {
        "core_dynamic": {found for name, found in chip.energy_pj.inherited() if name in dynamic},
        "core_static": {static, host_time, *core_time} if model.static_with_host else {static},
        "chip_static": {static, host_time, *core_time} if model.static_with_host else {static},
        "core_time": core_time,
        "host": {host.power_mw.inherited, host_time, host.operation_pj.inherited},
        "host_time": {host_time},
    }
    named = {scope: " and ".join(sorted(chips - {""})) for scope, chips in parts.items()}
    return {scope: chips for scope, chips in named.items() if chips}


def _by_core(loads: CoreLoads, name: str) -> NDArray[np.int64]:
    """(sequences, cores): a count over each sequence."""
    counted: NDArray[np.int64] = getattr(loads, name)
    return counted if name in TRAVEL else loads.slots.total(counted)
