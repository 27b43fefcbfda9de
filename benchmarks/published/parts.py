"""Work of a published network in a step, and its cost by the closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from hardware import Chip, CoreLoads, Cost, Placement
from hardware.cost.chip import Constant, Host
from hardware.cost.core_loads import BY_SLOT, Slots
from hardware.cost.energy import cost
from hardware.cost.model import TRAVEL
from hardware.cost.placement.mesh import places
from hardware.cost.placement.placing import PlacedLayer

Range = tuple[float, float, float]
"""Low, nominal and high."""


@dataclass(frozen=True)
class Part:
    """Work of some cores in one step, all of them together; each does an equal share."""

    cores: int
    synaptic_operations: float = 0.0
    neuron_updates: float = 0.0
    """Updates of hard-wired neurons."""

    messages_in: float = 0.0
    messages_made: float = 0.0
    copies: float = 1.0
    """Cores that a message goes to."""

    instructions: float = 0.0
    """Instructions of microcoded neurons."""

    waiting: float = 0.0
    """Neurons that have no step."""

    graded: bool = False
    """Whether messages carry a number."""

    dense: bool = False
    """Whether every weight is stored."""

    def loads(self) -> dict[str, float]:
        """Return the counts of `CoreLoads` that are not 0."""
        stored = "dense_operations" if self.dense else "sparse_operations"
        return {
            stored: self.synaptic_operations,
            "active_updates": self.neuron_updates,
            "readout_updates": self.neuron_updates,
            "waiting_updates": self.waiting,
            "instructions": self.instructions,
            "spikes": self.messages_made,
            "messages_out": self.messages_made * self.copies,
            "messages_in": self.messages_in,
            "payloads": self.graded * self.messages_in,
        }


def priced(chip: Chip, steps: Sequence[Sequence[Part]], chips: int = 1) -> Cost:
    """Return the cost of these steps, each with the work of the same cores.

    With several chips each has an equal share of the cores.
    """
    shares = [part.cores for part in steps[0]]
    cores = sum(shares)
    work = {name: np.zeros((len(steps), cores)) for name in BY_SLOT}
    for step, parts in enumerate(steps):
        loads = [part.loads() for part in parts]
        for name in {name for found in loads for name in found}:
            each = [found.get(name, 0.0) / n for found, n in zip(loads, shares, strict=True)]
            work[name][step] = np.repeat(each, shares)
    ones = places(chip.mesh, 1)[: cores // chips]
    tiles = np.concatenate([ones + np.array([k * chip.mesh.columns, 0]) for k in range(chips)])
    loads = CoreLoads(
        placement=Placement(
            chip, (PlacedLayer("all", cores, 0, np.arange(cores), {}),), sparse=(), tiles=tiles
        ),
        slots=Slots(np.array([0]), np.ones(len(steps), dtype=np.int64)),
        **work,
        **{name: np.zeros((1, cores)) for name in TRAVEL},
        entering=np.zeros(len(steps)),
        host_operations=np.zeros(1),
    )
    return cost(loads)


def together(*parts: Part) -> Part:
    """Return the same work, shared evenly by all cores."""
    counts = [field.name for field in fields(Part) if field.type in ("int", "float")]
    sums = {name: sum(getattr(part, name) for part in parts) for name in counts}
    return Part(**{**sums, "copies": parts[0].copies})


def on_board(chip: Chip, power_w: float, step_s: float) -> Chip:
    """Return the chip on a board whose host has this power and takes this time for a step."""

    def named(value: float) -> Constant:
        return Constant(low=value, nominal=value, high=value, source="the publication")

    host = Host(
        power_mw=named(1e3 * power_w),
        time_us_per_step=named(1e6 * step_s),
        operation_pj=chip.host.operation_pj,
    )
    return chip.model_copy(update={"host": host})


def without_host(chip: Chip) -> Chip:
    """Return the chip where no host takes part in a step."""
    return on_board(chip, 0.0, 0.0)


def of(values: np.ndarray, divided_by: float = 1.0) -> Range:
    """Return the range of the one sequence."""
    low, nominal, high = (float(value) / divided_by for value in values[:, 0])
    return low, nominal, high


def times(constant: Constant, count: float) -> Range:
    """Return the range of a constant, this many times."""
    low, nominal, high = (count * value for value in constant.range)
    return low, nominal, high


def inherits_energy(chip: Chip, found: Cost) -> bool:
    """Return whether a figure rests on an energy of another chip."""
    charged = found.core_dynamic_by_operation_j.items()
    return any(getattr(chip.energy_pj, name).inherited for name, joules in charged if joules.any())
