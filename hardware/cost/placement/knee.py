"""As few cores as make a step as short as it can be: more would not make it faster.

::

    step     = max(neurons, synapses, messages, ticks × barrier)
    neurons  = neurons of the fullest core × instructions × time of one, and messages sent
    synapses = weights read on the fullest core × time of one, and messages received
    messages = messages into the fullest tile × time of one

How often sources send is not known before a run. An encoder and a layer that sends its state are
taken to send everything at every step, all others ACTIVITY of it; of a core's neurons at least one
sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil
from typing import NamedTuple

import numpy as np

from hardware.cost.chip import Chip, Times
from hardware.cost.microcode import step_program
from hardware.cost.model import CostModel
from hardware.cost.projections import Projection
from hardware.program.model import Program

ACTIVITY = 0.1
"""Share of neurons that send at a step."""


class Work(NamedTuple):
    """Nanoseconds of a layer's work in a step; the readout is a layer too."""

    neurons: int
    ticks: int
    of_neuron: float
    """A neuron that sends nothing."""

    of_sender: float
    """Extra nanoseconds of a neuron that sends, without its copies."""

    of_copy: float
    """A message sent to one core."""

    sending: float
    """Share of neurons that send."""

    own_messages: int
    """Messages of a sender to each core of its own layer."""

    reads: float
    """All weights that are read."""

    received: float
    """All messages, read on one core."""

    arriving: float
    """All messages, as they enter the tile of one core."""

    def step(self, cores: int, axons: float, chip: Chip, model: CostModel) -> float:
        """Return the nanoseconds of a tick on a number of cores.

        A neuron that sends, sends to `axons` cores of other layers.
        """
        fullest = ceil(self.neurons / cores)
        copies = axons + cores * self.own_messages
        senders = ceil(fullest * self.sending)
        busiest = max(
            fullest * self.of_neuron + senders * (self.of_sender + copies * self.of_copy),
            self.received + self.reads * fullest / self.neurons,
        )
        entering = min(cores, chip.mesh.cores_per_tile) * self.arriving
        work = max(busiest, entering) / self.ticks
        barrier = chip.time_ns.barrier.at(ceil(cores / chip.mesh.cores_per_tile))[1]
        return max(work, barrier) if model.barrier_bounds else work + barrier


def cores_at_the_knee(
    program: Program,
    number: int,
    inwards: Sequence[Projection],
    sparse: Sequence[bool],
    axons: float,
    chip: Chip,
    model: CostModel,
) -> int:
    """Return the cores of a layer, the readout being the last.

    `axons` are the cores of other layers that one of its neurons sends to. The barrier is that of
    the tiles which the layer fills. Where it takes no time, each neuron has a core.
    """
    work = _work(program, number, inwards, sparse, chip, model)
    most = min(work.neurons, chip.limits.cores)
    return min(
        range(1, most + 1),
        key=lambda cores: round(work.step(cores, axons, chip, model), 3),
    )


def _work(
    program: Program,
    number: int,
    inwards: Sequence[Projection],
    sparse: Sequence[bool],
    chip: Chip,
    model: CostModel,
) -> Work:
    times = chip.time_ns
    messages = [
        projection.weights.shape[1] * _share_sent(program, projection) for projection in inwards
    ]
    work = Work(
        neurons=program.readout.outputs,
        ticks=1,
        of_neuron=times.neuron_update_active.nominal,
        of_sender=0.0,
        of_copy=times.message_out.nominal,
        sending=0.0,
        own_messages=sum(projection.recurrent for projection in inwards),
        reads=sum(map(partial(_reads, program, times), inwards, sparse)),
        received=sum(messages) * times.message_in.nominal,
        arriving=sum(
            number * _time_to_enter(projection, times, model)
            for number, projection in zip(messages, inwards, strict=True)
        ),
    )
    if number == len(program.layers):
        return work
    layer = program.layers[number]
    listed = step_program(layer.cell, any(one.by_change for one in inwards if not one.recurrent))
    of_neuron = layer.cell.ticks * times.neuron_update_active.nominal
    of_sender = times.spike.nominal
    if "instructions" in model.neurons:
        of_neuron = listed.always * times.microcode_instruction.nominal
        of_sender += (listed.firing + 1) * times.microcode_instruction.nominal
    return work._replace(
        neurons=layer.neurons,
        ticks=layer.cell.ticks,
        of_neuron=of_neuron,
        of_sender=of_sender,
        sending=_activity(program, number),
    )


def _reads(program: Program, times: Times, projection: Projection, sparse: bool) -> float:
    """Return the nanoseconds in which a step's messages read their weights, on one core."""
    weights = projection.weights
    read, constant = weights.size, times.synaptic_operation_dense
    if sparse:
        read, constant = int(np.count_nonzero(weights)), times.synaptic_operation_sparse
    return read * constant.nominal * _share_sent(program, projection)


def _time_to_enter(projection: Projection, times: Times, model: CostModel) -> float:
    """Return the nanoseconds in which a message enters a tile; 0 where that bounds no step."""
    if not model.ports_bound:
        return 0.0
    payload = times.graded_payload.nominal if projection.graded and model.payloads else 0.0
    return times.hop_east_west.nominal + payload


def _share_sent(program: Program, projection: Projection) -> float:
    """Return the share of the sources that are taken to send at a step."""
    if not projection.sources:
        return 1 / program.encoder.alternatives
    return _activity(program, projection.sources[0])


def _activity(program: Program, number: int) -> float:
    """Return the share of a layer's neurons that are taken to send at a step."""
    return ACTIVITY if program.layers[number].cell.emission.has_threshold else 1.0
