"""As many cores as bring a step's work down to the barrier: more would not make it faster.

::

    max(neurons × instructions × time of one, weights read × time of one) / cores <= barrier

How often sources send is not known before a run. An encoder and a layer that sends its state are
taken to send everything at every step, all others ACTIVITY of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from hardware.cost.chip import Chip, Times
from hardware.cost.microcode import step_program
from hardware.cost.projections import Projection
from hardware.program.model import Program

ACTIVITY = 0.1
"""Share of neurons that send at a step."""


def cores_at_the_knee(
    program: Program, number: int, inwards: Sequence[Projection], sparse: Sequence[bool], chip: Chip
) -> int:
    """Return the cores of a layer, the readout being the last.

    The barrier is that of the tiles which these cores fill. Where it takes no time, every further
    core saves some.
    """
    work, per_tile = _work(program, number, inwards, sparse, chip.time_ns), chip.mesh.cores_per_tile
    for cores in range(1, chip.limits.cores):
        barrier = chip.time_ns.barrier.at(ceil(cores / per_tile))[1]
        if work <= cores * barrier:
            return cores
    return chip.limits.cores


def _work(
    program: Program,
    number: int,
    inwards: Sequence[Projection],
    sparse: Sequence[bool],
    times: Times,
) -> float:
    """Return the nanoseconds of a layer in each tick of a step, on one core."""
    if number == len(program.layers):
        ticks, of_neurons = 1, program.readout.outputs * times.neuron_update_active.nominal
    else:
        layer = program.layers[number]
        by_change = any(one.by_change for one in inwards if not one.recurrent)
        listed = step_program(layer.cell, by_change)
        ticks = layer.cell.ticks
        of_neurons = layer.neurons * listed.always * times.microcode_instruction.nominal
    reads = sum(
        _reads(program, projection, is_list, times)
        for projection, is_list in zip(inwards, sparse, strict=True)
    )
    return max(of_neurons, reads) / ticks


def _reads(program: Program, projection: Projection, sparse: bool, times: Times) -> float:
    """Return the nanoseconds in which a step's messages read their weights, on one core."""
    weights = projection.weights
    read, constant = weights.size, times.synaptic_operation_dense
    if sparse:
        read, constant = int(np.count_nonzero(weights)), times.synaptic_operation_sparse
    return read * constant.nominal * _share_sent(program, projection)


def _share_sent(program: Program, projection: Projection) -> float:
    """Return the share of the sources that are taken to send at a step."""
    if not projection.sources:
        return 1 / program.encoder.alternatives
    cell = program.layers[projection.sources[0]].cell
    return ACTIVITY if cell.emission.has_threshold else 1.0
