"""A program on a chip: its layers cut over cores, the cores on tiles, more chips where needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import Chip, load_chip
from hardware.cost.model import CURRENT, CostModel
from hardware.cost.model import cost_model as model_of
from hardware.cost.placement.layers import PlacedLayer, cut_for, names_of
from hardware.cost.placement.mesh import Tiles, lay_out
from hardware.cost.placement.needs import fan
from hardware.cost.projections import Projection, projections
from hardware.cost.traffic import Traffic
from hardware.definition.arithmetic import WORD_BITS
from hardware.display import number_of
from hardware.errors import PlacementError
from hardware.program.model import Program
from hardware.runs.trace import Trace


@dataclass(frozen=True, repr=False)
class Placement:
    """Every layer of a program on cores of its own, and each core's tile."""

    chip: Chip
    layers: tuple[PlacedLayer, ...]
    sparse: tuple[bool, ...]
    """Whether each of the program's `projections` is stored as a list of its weights."""

    tiles: Tiles

    def __repr__(self) -> str:
        cores = ", ".join(
            f"{layer.name} on {number_of(len(layer.starts), 'core')}" for layer in self.layers
        )
        return f"Placement({self.chip.name!r}: {cores}; {number_of(self.chips, 'chip')})"

    @property
    def total(self) -> int:
        """Cores in use."""
        return len(self.tiles)

    @property
    def cores(self) -> tuple[int, ...]:
        """Cores of each layer."""
        return tuple(len(layer.starts) for layer in self.layers)

    @property
    def chips(self) -> int:
        return len(np.unique(self.tiles[:, 0] // self.chip.mesh.columns))

    @property
    def tiles_in_use(self) -> int:
        return len(np.unique(self.tiles, axis=0))

    def load(self) -> NDArray[np.float64]:
        """(cores,): each core's use of its most used limit, as a share."""
        shares = [
            np.max([layer.needs[name] / getattr(self.chip.limits, name) for name in layer.needs], 0)
            for layer in self.layers
        ]
        return np.concatenate(shares)


def place(
    program: Program,
    chip: str | Path | Chip,
    *,
    profile: Trace | None = None,
    as_reference: bool = False,
    cost_model: str | CostModel = CURRENT,
    objective: str | None = None,
    share: float = 1.0,
) -> Placement:
    """Return cores for every layer within all limits of the chip, and tiles for the cores.

    The objective is the cost model's unless one is given: `cores`, the fewest; or `knee`,
    the fewest with which a step is as short as possible, on as many chips as the fewest cores need.
    `share` takes that share of the knee's cores.

    The chip is given as to `load_chip`. The tiles are chosen for the messages of `profile`, a trace
    of the program; without a trace, as if every source sent equally often. `as_reference` ignores
    limits of the chip's neurons and words, so that a chip on which the program does not run
    can still be a reference for its cost.
    """
    model = model_of(cost_model)
    chip, ways = load_chip(chip, model.name), projections(program)
    if not as_reference:
        _check_kind(program, ways, chip)
    layers, sparse = cut_for(program, ways, chip, model, objective or model.objective, share)
    sent = None if profile is None else sent_in(profile, program)
    traffic, host = expected_traffic(ways, layers, sent)
    chips = -(-len(host) // chip.limits.cores)
    return Placement(chip, layers, sparse, lay_out(traffic, host, chip.mesh, chips))


def _check_kind(program: Program, ways: list[Projection], chip: Chip) -> None:
    """Refuse a program whose neurons, weights or messages the chip does not have."""
    limits, names = chip.limits, names_of(program)
    if not chip.gated_neurons:
        raise PlacementError(
            f"{names[0]} cannot be placed on {chip.name}: {chip.gated_neurons_note}"
        )
    if limits.state_word_bits < WORD_BITS:
        raise PlacementError(
            f"{names[0]}: a state word has {WORD_BITS} bits, but {chip.name} has "
            f"{limits.state_word_bits}: a chip with wider words would help"
        )
    for projection in ways:
        name = names[projection.target]
        if projection.weight_bits > limits.weight_bits:
            raise PlacementError(
                f"{name}: weights have {projection.weight_bits} bits, but {chip.name} has "
                f"{limits.weight_bits}: training with fewer weight bits would help"
            )
        if projection.payload_bits > limits.spike_payload_bits:
            raise PlacementError(
                f"{name}: its messages carry {projection.payload_bits} bits, but a spike of "
                f"{chip.name} carries {limits.spike_payload_bits}: a spiking encoder, binary "
                f"spikes sent as they are (`convert --send values`) or a formulation without "
                f"messages of its own would help"
            )


def sent_in(profile: Trace, program: Program) -> list[NDArray[np.int64]]:
    """Return how often each source of each of the program's `projections` sends in a trace."""
    messages = Traffic(profile, program).messages()
    return [np.count_nonzero(sent, axis=0) for _, sent in messages]


def expected_traffic(
    ways: list[Projection],
    layers: tuple[PlacedLayer, ...],
    sent: list[NDArray[np.int64]] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Messages from core to core, and from the host to each core, if each source sends so often.

    If `sent` is not given, everything sends once.
    """
    total = sum(len(layer.starts) for layer in layers)
    traffic, host = np.zeros((total, total)), np.zeros(total)
    for i, projection in enumerate(ways):
        target = layers[projection.target]
        copies = (fan(projection, target.starts) > 0).astype(np.float64)
        if sent is not None:
            copies *= sent[i][:, np.newaxis]
        if not projection.sources:
            host[target.cores] += copies.sum(axis=0)
            continue
        senders = np.concatenate([layers[source].core_of_neuron for source in projection.sources])
        np.add.at(traffic[:, target.cores], senders, copies)
    return traffic, host
