"""Needs of any run of neurons on a core: memory, state words and axons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hardware.cost.chip import Limits, Operations
from hardware.cost.model import CostModel
from hardware.cost.projections import Projection
from hardware.definition.cell import Cell
from hardware.definition.readout import Readout

LIMITS = {
    "neurons_per_core": "a smaller layer",
    "synapse_bits_per_core": "fewer weight bits, sparser weights or a smaller layer",
    "state_words_per_core": "a formulation with fewer gates, a smaller layer or a shorter window",
    "fan_in_axons_per_core": "sparser weights, fewer channels or a smaller layer before it",
    "fan_out_axons_per_core": "sparser weights, or smaller layers, here and where it leads to",
}
"""The limits of a core, and what helps where one is too small for a single neuron."""


def readout_words(readout: Readout) -> int:
    """Return the words that a readout neuron keeps besides its accumulators.

    The score and the bias; with a window its words (a ring of W currents where it slides, one sum
    where it tumbles), and the place in the window.
    """
    return 2 + readout.window_words + readout.row.windowed


def state_words(cell: Cell) -> int:
    """Return the words that a neuron keeps from tick to tick, besides its accumulators.

    The membrane, the threshold and a bias of each gate; `d_c` of a reset after the product; the
    last emission where it is more than a spike, its changes are sent or a reset multiplies it; and
    the gates that wait for a candidate that comes a tick later. A change of `r ⊙ e`, or of what h
    would emit, needs the last such message as well.
    """
    row, by_change = cell.row, cell.sends_changes
    words = 2 + len(row.gates) + row.resets_after
    words += row.resets_before or by_change or not cell.spiking
    words += by_change * (row.resets_before + row.output_waits)
    waiting = 1 + (row.has_output and not row.output_waits)
    return words + row.resets_before * waiting


def accumulators(inwards: Sequence[Projection], model: CostModel) -> int:
    """Return the state words of a neuron's accumulators.

    Each gate has a sum for each set of synapses that leads to it, which is cleared in every step.
    Where messages are changes a second word keeps what they add up to. `inwards` are all
    projections that lead to the neuron's layer.
    """
    cleared = sum(projection.gates for projection in inwards) * model.accumulators_take_words
    return cleared + sum(projection.gates for projection in inwards if projection.by_change)


def is_sparse(projection: Projection, limits: Limits) -> bool:
    """Return whether synapses take less memory as a list of nonzero weights.

    Stored dense, every weight takes its bits. Stored sparse, only nonzero weights do, each with an
    index of `synapse_index_bits`.
    """
    bits, weights = projection.weight_bits, projection.weights
    listed = int(np.count_nonzero(weights)) * (bits + limits.synapse_index_bits)
    return listed < weights.size * bits


def is_cheaper_sparse(projection: Projection, energy: Operations) -> bool:
    """Return whether a message costs less energy where synapses are stored sparse.

    A dense set reads every weight, a sparse set nonzero weights only.
    """
    weights = projection.weights
    listed = np.count_nonzero(weights) * energy.synaptic_operation_sparse.nominal
    return bool(listed < weights.size * energy.synaptic_operation_dense.nominal)


def synapse_bits(projection: Projection, sparse: bool, limits: Limits) -> NDArray[np.int64]:
    """(neurons,): synapse memory of each neuron's weights, all gates together."""
    gates, neurons, sources = projection.by_neuron.shape
    if not sparse:
        return np.full(neurons, gates * sources * projection.weight_bits, dtype=np.int64)
    listed = np.count_nonzero(projection.weights, axis=1).reshape(gates, neurons).sum(axis=0)
    return listed * (projection.weight_bits + limits.synapse_index_bits)


def fan(projection: Projection, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(sources, cores): nonzero weights from each source into each core.

    `starts` are the first neurons of the cores.
    """
    return over_cores(connections(projection), starts).T


def connections(projection: Projection) -> NDArray[np.int64]:
    """(neurons, sources): nonzero weights from each source to each neuron."""
    return np.count_nonzero(projection.by_neuron, axis=0)


def even_starts(neurons: int, cores: int) -> NDArray[np.int64]:
    """The first neuron of each core when neurons are cut as evenly as can be."""
    return np.arange(cores, dtype=np.int64) * neurons // cores


def over_cores(values: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of values of each neuron over each core."""
    return np.add.reduceat(values, starts, axis=0)


def needs(
    inwards: Sequence[tuple[NDArray[np.int64], bool]],
    outwards: NDArray[np.int64],
    memory: NDArray[np.int64],
    words: int,
    starts: NDArray[np.int64],
) -> dict[str, NDArray[np.int64]]:
    """Return the needs of every core of a layer for each limit, with neurons cut at `starts`.

    `inwards` are the `connections` that lead to the layer, and whether they are recurrent;
    `outwards` the axons of each neuron to other layers, `memory` its synapse bits. Axons within the
    layer are counted here, because they depend on the cut.
    """
    of_core = np.diff(starts, append=len(outwards))
    fan_in = np.zeros(len(starts), dtype=np.int64)
    axons = outwards.copy()
    for connected, recurrent in inwards:
        reached = over_cores(connected, starts) > 0
        fan_in += reached.sum(axis=1)
        if recurrent:
            axons += reached.sum(axis=0)
    return {
        "neurons_per_core": of_core,
        "synapse_bits_per_core": over_cores(memory, starts),
        "state_words_per_core": of_core * words,
        "fan_in_axons_per_core": fan_in,
        "fan_out_axons_per_core": over_cores(axons, starts),
    }
