"""Work of each step, which a run saves if it ends earlier.

A message meets the same synapses and goes the same way at whichever step it is sent. A program that
reads in one direction sends nothing that depends on later steps. A run that ends early therefore
costs as much as the whole run minus the work of the remaining steps. Work that a run does once,
such as reading the last membranes, belongs to no step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.cost.core_loads import BY_SLOT, senders
from hardware.cost.microcode import step_program
from hardware.cost.model import CURRENT, TRAVEL, CostModel
from hardware.cost.model import cost_model as model_of
from hardware.cost.placement import Placement
from hardware.cost.placement.mesh import offsets
from hardware.cost.placement.needs import fan
from hardware.cost.projections import MEMBRANE, Projection, inputs_by_change
from hardware.cost.traffic import Traffic, met
from hardware.definition.formulation import EMISSION

BY_STEP = (*BY_SLOT, *TRAVEL)


class StepWork(NamedTuple):
    """The work of each step of a trace."""

    synaptic_operations: NDArray[np.int64]  # (steps,)
    core_dynamic_j: NDArray[np.float64]  # (steps,), nominal


def step_work(
    traffic: Traffic, placement: Placement, cost_model: str | CostModel = CURRENT
) -> StepWork:
    """Return the work of each step of a program that reads in one direction."""
    model, steps = model_of(cost_model), len(traffic.trace.events)
    operations = np.zeros(steps, dtype=np.int64)
    counts = {name: np.zeros(steps, dtype=np.int64) for name in BY_STEP}
    for (projection, sent), sparse in zip(traffic.messages(), placement.sparse, strict=True):
        if projection.stream == MEMBRANE:
            continue
        synapses = np.count_nonzero(projection.weights, axis=0)
        of_message = message_counts(projection, placement, sparse)
        found = met(sent, np.stack([synapses, *of_message.values()], axis=1))
        operations += found[:, 0]
        for name, column in zip(of_message, found.T[1:], strict=True):
            counts[name] += column
    _count_neurons(counts, traffic, placement)
    energy = placement.chip.energy_pj
    joules = [
        1e-12 * getattr(energy, constant).nominal * counts[name]
        for name, constant in model.energy.items()
    ]
    return StepWork(operations, np.sum(joules, axis=0))


def _count_neurons(
    counts: dict[str, NDArray[np.int64]], traffic: Traffic, placement: Placement
) -> None:
    """Add emissions, instructions and updates; every message made before is in `spikes`."""
    program, in_step = traffic.program, 0
    changes = inputs_by_change(program)
    for number, layer in enumerate(program.layers):
        listed = step_program(layer.cell, changes[number])
        counts["spikes"] += np.count_nonzero(traffic.of_layer[number], axis=1)
        at_work = np.count_nonzero(traffic.at_work(number), axis=1)
        counts["active_updates"] += layer.cell.ticks * at_work
        fired = np.count_nonzero(traffic.trace.emitted[number], axis=1)
        counts["instructions"] += listed.always * layer.neurons + listed.firing * fired
        in_step += layer.cell.ticks * layer.neurons
    counts["instructions"] += counts["spikes"]
    if not program.readout.sees_membranes:
        for name in ("active_updates", "readout_updates"):
            counts[name] += program.readout.outputs
    all_updates = program.period * sum(layer.neurons for layer in placement.layers)
    counts["idle_updates"] += all_updates - counts["active_updates"]
    counts["waiting_updates"] += all_updates - in_step - counts["readout_updates"]


def message_counts(
    projection: Projection, placement: Placement, sparse: bool
) -> dict[str, NDArray[np.int64]]:
    """Return what a message of each source (sources,) asks of all cores, by names of counts.

    The emission itself is counted with the layer that makes it.
    """
    target = placement.layers[projection.target]
    synapses = fan(projection, target.starts)
    reached, tiles = synapses > 0, placement.tiles[target.cores]
    east_west, north_south = np.zeros_like(synapses), np.zeros_like(synapses)
    for tile, columns in zip(*senders(projection, placement), strict=True):
        east_west[columns], north_south[columns] = offsets(tile[np.newaxis], tiles)[:, 0]
    copies = reached.sum(axis=1)
    found = {
        "messages_in": copies,
        "payloads": copies * projection.graded,
        "within_tile": (reached & (east_west + north_south == 0)).sum(axis=1),
        "hops_east_west": (reached * east_west).sum(axis=1),
        "hops_north_south": (reached * north_south).sum(axis=1),
    }
    if sparse:
        found["sparse_operations"] = synapses.sum(axis=1)
    else:
        found["dense_operations"] = reached @ target.neurons_of_core * projection.gates
    if projection.sources:
        found["messages_out"] = copies
    if projection.stream != EMISSION:
        found["spikes"] = np.ones_like(copies)
    return found
