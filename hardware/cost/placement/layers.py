"""Layers cut over cores for an objective, and the way their synapses are stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import Chip
from hardware.cost.model import CostModel
from hardware.cost.placement.cut import cut
from hardware.cost.placement.knee import cores_at_the_knee
from hardware.cost.placement.needs import (
    accumulators,
    connections,
    fan,
    is_cheaper_sparse,
    is_sparse,
    needs,
    readout_words,
    state_words,
    synapse_bits,
)
from hardware.cost.projections import Projection
from hardware.errors import PlacementError, choose
from hardware.program.model import Program

OBJECTIVES = ("knee", "cores")
"""Objectives of a placement that need no trace."""


@dataclass(frozen=True)
class PlacedLayer:
    """A layer's cores, whose numbers follow one another; the readout is one too."""

    name: str
    neurons: int
    first_core: int
    starts: NDArray[np.int64]  # (cores,): the first neuron of each core
    needs: dict[str, NDArray[np.int64]]
    """Needs of each core, by the limits of the chip."""

    @property
    def cores(self) -> slice:
        return slice(self.first_core, self.first_core + len(self.starts))

    @property
    def neurons_of_core(self) -> NDArray[np.int64]:
        return np.diff(self.starts, append=self.neurons)

    @property
    def core_of_neuron(self) -> NDArray[np.int64]:
        return self.first_core + np.repeat(np.arange(len(self.starts)), self.neurons_of_core)

    @property
    def members(self) -> NDArray[np.bool_]:
        """(neurons, cores): which neuron is on which of the layer's cores."""
        return self.core_of_neuron[:, np.newaxis] == np.arange(self.cores.start, self.cores.stop)


def names_of(program: Program) -> list[str]:
    return [*(layer.name for layer in program.layers), "readout"]


Layers = tuple[tuple[PlacedLayer, ...], tuple[bool, ...]]
"""The layers on their cores, and of each projection whether it is stored sparse."""


def cut_for(
    program: Program,
    ways: list[Projection],
    chip: Chip,
    model: CostModel,
    objective: str,
    share: float = 1.0,
) -> Layers:
    """Cut for an objective; of a share of the cores at the knee as many as the chips hold.

    A layer on its fewest cores may ask for more of the layer before it, because its axons grow. So
    the fewest of all may be those at the knee.
    """
    fewest = _cut_layers(program, ways, chip, model)
    if choose("objective", objective, OBJECTIVES) == "cores":
        if not model.cuts_to_fewest:
            return fewest
        return min(fewest, _cut_layers(program, ways, chip, model, share=1.0), key=_total)
    room = chip.limits.cores * -(-_total(fewest) // chip.limits.cores)
    while share > 1 / chip.limits.cores:
        found = _cut_layers(program, ways, chip, model, share)
        if _total(found) <= room:
            return found
        share /= 2
    return fewest


def _total(found: Layers) -> int:
    """Return the cores of all layers."""
    return sum(len(layer.starts) for layer in found[0])


def _cut_layers(
    program: Program, ways: list[Projection], chip: Chip, model: CostModel, share: float = 0.0
) -> Layers:
    """Cut the last layer first, because axons depend on the cores of the layers that they reach.

    A layer takes at least this share of its cores at the knee.
    """
    names = names_of(program)
    words = [*(state_words(layer.cell) for layer in program.layers)]
    words.append(readout_words(program.readout))
    neurons = [*(layer.neurons for layer in program.layers), program.readout.outputs]
    outwards = [np.zeros(n, dtype=np.int64) for n in neurons]
    found, sparse = [], [False] * len(ways)
    for i in reversed(range(len(neurons))):
        numbers = [number for number, projection in enumerate(ways) if projection.target == i]
        inwards = [ways[number] for number in numbers]
        kept = words[i] + accumulators(inwards, model)
        least = partial(_least_cores, program, i, inwards, outwards[i], chip, model, share)
        cut_as = partial(_cut_stored, names[i], inwards, outwards[i], kept, chip, model, least)
        starts, needed, stored = _fewest_cores(cut_as, _storages(inwards, chip, model))
        found.append((starts, needed))
        for number, projection, is_list in zip(numbers, inwards, stored, strict=True):
            sparse[number] = is_list
            if projection.sources and not projection.recurrent:
                axons = (fan(projection, starts) > 0).sum(axis=1)
                ends = np.cumsum([neurons[source] for source in projection.sources])
                parts = np.split(axons, ends[:-1])
                for source, part in zip(projection.sources, parts, strict=True):
                    outwards[source] += part
    layers, first = [], 0
    for name, width, (starts, needed) in zip(names, neurons, reversed(found), strict=True):
        layers.append(PlacedLayer(name, width, first, starts, needed))
        first += len(starts)
    return tuple(layers), tuple(sparse)


Storage = tuple[bool, ...]
"""Whether each set of synapses that leads to a layer is stored sparse."""


class Cut(NamedTuple):
    """A layer cut over cores with one way to store its synapses."""

    starts: NDArray[np.int64]
    needs: dict[str, NDArray[np.int64]]
    sparse: Storage


def _storages(inwards: list[Projection], chip: Chip, model: CostModel) -> list[Storage]:
    """Return the ways to store synapses, the most sparse first and the smallest last.

    A set is sparse where that is smaller. Where it is only cheaper, it may be sparse or dense.
    """
    smallest = tuple(is_sparse(projection, chip.limits) for projection in inwards)
    if not model.sparse_where_free:
        return [smallest]
    choices = [
        (True, small) if is_cheaper_sparse(projection, chip.energy_pj) else (small,)
        for small, projection in zip(smallest, inwards, strict=True)
    ]
    return sorted({*product(*choices)}, key=lambda storage: (-sum(storage), storage))


def _fewest_cores(cut_as: Callable[[Storage], Cut], storages: list[Storage]) -> Cut:
    """Return the cut with the fewest cores; of several the most sparse."""
    *cheaper, smallest = storages
    fewest = cut_as(smallest)
    for storage in cheaper:
        try:
            found = cut_as(storage)
        except PlacementError:  # one neuron's synapses fill a core
            continue
        if len(found.starts) <= len(fewest.starts):
            return found
    return fewest


def _cut_stored(
    name: str,
    inwards: list[Projection],
    outwards: NDArray[np.int64],
    words: int,
    chip: Chip,
    model: CostModel,
    least: Callable[[Storage], int],
    sparse: Storage,
) -> Cut:
    pairs = zip(inwards, sparse, strict=True)
    memory = np.sum([synapse_bits(p, is_list, chip.limits) for p, is_list in pairs], axis=0)
    connected = [(connections(projection), projection.recurrent) for projection in inwards]
    needs_of = partial(needs, connected, outwards, memory, words)
    found = cut(name, len(outwards), needs_of, chip, least(sparse), back=model.cuts_to_fewest)
    return Cut(*found, sparse)


def _least_cores(
    program: Program,
    number: int,
    inwards: list[Projection],
    outwards: NDArray[np.int64],
    chip: Chip,
    model: CostModel,
    share: float,
    sparse: Storage,
) -> int:
    if not share:
        return 1
    axons = float(outwards.mean())
    knee = cores_at_the_knee(program, number, inwards, sparse, axons, chip, model)
    return max(1, int(share * knee))
