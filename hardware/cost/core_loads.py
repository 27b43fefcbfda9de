"""Work of every core at every tick of a trace, for a placed program.

Steps of different layers run at the same time, each level one step behind the one before it; with
both directions a level begins when the one before it has seen all. A row is such a *slot*: the
ticks of one step, in which every layer works on some step of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.cost.host_work import host_operations
from hardware.cost.microcode import step_program
from hardware.cost.model import TRAVEL
from hardware.cost.placement import Placement
from hardware.cost.placement.layers import PlacedLayer
from hardware.cost.placement.mesh import HOST_TILE, Tiles, offsets
from hardware.cost.placement.needs import fan
from hardware.cost.projections import MEMBRANE, Projection, inputs_by_change
from hardware.cost.traffic import AnySent, Sent, Traffic, met, per_source
from hardware.definition.formulation import EMISSION
from hardware.display import number_of
from hardware.program.model import Program
from hardware.runs.given import ProgramLike, TraceLike, trace_and_program
from hardware.runs.trace import Trace

Work = NDArray[np.int32]
"""(slots, cores)"""

BY_SLOT = (
    "active_updates",
    "idle_updates",
    "instructions",
    "readout_updates",
    "waiting_updates",
    "spikes",
    "messages_out",
    "messages_in",
    "payloads",
    "dense_operations",
    "sparse_operations",
)


@dataclass(frozen=True, eq=False)
class Slots:
    """The slots of all sequences, one after another."""

    starts: NDArray[np.int64]  # (sequences,): the first slot of each
    ticks: NDArray[np.int64]  # (slots,)

    def total(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sums over the slots of each sequence."""
        wide = np.int64 if np.issubdtype(values.dtype, np.integer) else np.float64
        return np.add.reduceat(values, self.starts, axis=0, dtype=wide)


@dataclass(frozen=True, eq=False)
class CoreLoads:
    """Each core's work by step, or by sequence where only the sum is used.

    For synapses stored dense an operation is each weight read, zeros included. For synapses stored
    sparse it is each nonzero weight. Hops count with the core that the message goes to.
    """

    placement: Placement
    slots: Slots
    active_updates: Work
    idle_updates: Work
    instructions: Work
    """Instructions of the gated neurons, by their lists (`hardware.cost.microcode`)."""

    readout_updates: Work
    waiting_updates: Work
    """Updates of neurons in ticks in which they have no step."""

    spikes: Work
    """Messages made, however many cores they go to."""

    messages_out: Work
    """Messages sent, one to each core with a synapse for it; the host sends its own."""

    messages_in: Work
    payloads: Work
    """Messages among `messages_in` that carry more than a sign."""

    dense_operations: Work
    sparse_operations: Work
    within_tile: NDArray[np.int64]  # (sequences, cores): messages that leave no tile
    hops_east_west: NDArray[np.int64]  # (sequences, cores)
    hops_north_south: NDArray[np.int64]  # (sequences, cores)
    entering: NDArray[np.int32]  # (slots,): messages that the host sends
    host_operations: NDArray[np.int64]  # (sequences,): `hardware.cost.host_work`

    def __repr__(self) -> str:
        inferences = number_of(len(self.host_operations), "inference")
        cores = number_of(self.placement.total, "core")
        return f"CoreLoads({self.placement.chip.name!r}: {inferences} on {cores})"

    @cached_property
    def ticks(self) -> NDArray[np.int64]:
        """(sequences,)"""
        return self.slots.total(self.slots.ticks)


def slots_of(trace: Trace, program: Program) -> Slots:
    """The slots of a trace; the first and the last of a sequence, or of a level, take one tick."""
    levels = len(program.levels)
    counts = trace.lengths + levels + 1
    if program.bidirectional:
        counts = levels * (trace.lengths + 1) + 1
    starts = np.cumsum(counts) - counts
    ticks = np.full(counts.sum(), program.period, dtype=np.int64)
    if program.bidirectional:
        position = np.arange(len(ticks)) - np.repeat(starts, counts)
        ticks[position % np.repeat(trace.lengths + 1, counts) == 0] = 1
    else:
        ticks[starts] = ticks[starts + counts - 1] = 1
    return Slots(starts, ticks)


def slot_of_step(
    trace: Trace, program: Program, slots: Slots, level: int, backward: bool = False
) -> NDArray[np.int64]:
    """The slot in which a level computes each step of the trace; the readout is the last level."""
    step = np.arange(len(trace.events)) - np.repeat(trace.starts, trace.lengths)
    length = np.repeat(trace.lengths, trace.lengths)
    begin = np.repeat(slots.starts, trace.lengths)
    if backward:
        step = length - 1 - step
    if not program.bidirectional:
        return begin + step + level + 1
    of_levels = min(level, len(program.levels) - 1) * (length + 1)
    return begin + of_levels + step + 1 + (level == len(program.levels))


def core_loads(
    trace: TraceLike, program: ProgramLike, placement: Placement, traffic: Traffic | None = None
) -> CoreLoads:
    """Return every core's exact work in every slot; pass the trace's `traffic` if it is known."""
    trace, program = trace_and_program("core_loads", trace, program)
    traffic = Traffic(trace, program) if traffic is None else traffic
    slots = slots_of(trace, program)
    shape = (len(slots.ticks), placement.total)
    own = [
        slot_of_step(trace, program, slots, number, layer.backward)
        for number, level in enumerate(program.levels)
        for layer in level
    ]
    own.append(slot_of_step(trace, program, slots, len(program.levels)))
    work: dict[str, Any] = {name: np.zeros(shape, dtype=np.int32) for name in BY_SLOT}
    for name in TRAVEL:
        work[name] = np.zeros((len(trace.lengths), placement.total), dtype=np.int64)
    entering = np.zeros(len(slots.ticks), dtype=np.int32)
    emitted = [
        by_core(sent, placed)
        for sent, placed in zip(traffic.of_layer, placement.layers, strict=False)
    ]
    for (projection, sent), sparse in zip(traffic.messages(), placement.sparse, strict=True):
        synapses = fan(projection, placement.layers[projection.target].starts)
        # What leads to another level arrives in the slot before that in which it is used.
        arrives = own[projection.target] - (not projection.recurrent)
        received = _receive(work, placement, projection, synapses, sent, arrives, sparse)
        if not projection.sources:
            np.add.at(entering, arrives, received.sum(axis=1, dtype=np.int32))
        _travel(work, placement, projection, synapses > 0, sent, trace)
        at_end = projection.stream == MEMBRANE
        leaves = [arrives if at_end else own[source] for source in projection.sources]
        known = sent is traffic.of_layer[projection.sources[0]] if leaves else False
        made = emitted[projection.sources[0]] if known else None
        _send(work, placement, projection, (synapses > 0).sum(axis=1), sent, leaves, made)
    _compute(work, placement, traffic, own, emitted)
    everyone = np.concatenate([layer.neurons_of_core for layer in placement.layers])
    all_updates = np.outer(slots.ticks, everyone)
    work["idle_updates"] += all_updates - work["active_updates"]
    work["waiting_updates"] += all_updates - work["readout_updates"]
    return CoreLoads(
        placement, slots, **work, entering=entering, host_operations=host_operations(traffic)
    )


def _receive(
    work: dict[str, Any],
    placement: Placement,
    projection: Projection,
    synapses: NDArray[np.int64],
    sent: AnySent,
    arrives: NDArray[np.int64],
    sparse: bool,
) -> NDArray[np.int32]:
    """Count incoming messages, and the operations that they cause; return (steps, cores)."""
    target = placement.layers[projection.target]
    copies = met(sent, synapses > 0)
    work["messages_in"][arrives, target.cores] += copies
    if projection.graded:
        work["payloads"][arrives, target.cores] += copies
    if sparse:
        work["sparse_operations"][arrives, target.cores] += met(sent, synapses)
    else:
        weights_of_source = (target.neurons_of_core * projection.gates).astype(np.int32)
        work["dense_operations"][arrives, target.cores] += copies * weights_of_source
    return copies


def _travel(
    work: dict[str, Any],
    placement: Placement,
    projection: Projection,
    reached: NDArray[np.bool_],
    sent: AnySent,
    trace: Trace,
) -> None:
    """How far all copies of the messages go in each sequence."""
    target = placement.layers[projection.target]
    tiles = placement.tiles[target.cores]
    for some, of_source in per_source(sent, trace):
        for tile, columns in zip(*senders(projection, placement), strict=True):
            copies = of_source[:, columns] @ reached[columns]
            east_west, north_south = offsets(tile[np.newaxis], tiles)[:, 0]
            work["hops_east_west"][some, target.cores] += copies * east_west
            work["hops_north_south"][some, target.cores] += copies * north_south
            work["within_tile"][some, target.cores] += copies * (east_west + north_south == 0)


def _send(
    work: dict[str, Any],
    placement: Placement,
    projection: Projection,
    axons: NDArray[np.int64],
    sent: AnySent,
    leaves: list[NDArray[np.int64]],
    emitted: NDArray[np.int32] | None,
) -> None:
    """Outgoing messages, and the making of those that are no emissions.

    `emitted` is how many each core sends, where that is known.
    """
    first = 0
    for number, when in zip(projection.sources, leaves, strict=True):
        source = placement.layers[number]
        columns = slice(first, first + source.neurons)
        of_source = np.asarray(sent)[:, columns]
        made = by_core(of_source, source) if emitted is None else emitted
        first_axons = axons[columns][source.starts]
        if np.array_equal(np.repeat(first_axons, source.neurons_of_core), axons[columns]):
            work["messages_out"][when, source.cores] += made * first_axons.astype(np.int32)
        else:
            out = met(of_source, source.members * axons[columns, np.newaxis])
            work["messages_out"][when, source.cores] += out
        if projection.stream != EMISSION:
            work["spikes"][when, source.cores] += made
        first += source.neurons


def _compute(
    work: dict[str, Any],
    placement: Placement,
    traffic: Traffic,
    own: list[NDArray[np.int64]],
    emitted: list[NDArray[np.int32]],
) -> None:
    """Count emissions, updates and instructions; every message made before is in `spikes`."""
    trace, program = traffic.trace, traffic.program
    for number, layer in enumerate(program.layers):
        placed, when = placement.layers[number], own[number]
        work["spikes"][when, placed.cores] += emitted[number]
        active = by_core(traffic.at_work(number), placed)
        work["active_updates"][when, placed.cores] += layer.cell.ticks * active
        in_step = (layer.cell.ticks * placed.neurons_of_core).astype(np.int32)
        work["waiting_updates"][when, placed.cores] -= in_step
        _instruct(work["instructions"], placed, traffic, number, when)
        work["instructions"][:, placed.cores] += work["spikes"][:, placed.cores]
    readout, answering = placement.layers[-1], own[-1]
    if program.readout.sees_membranes:
        answering = answering[np.cumsum(trace.lengths) - 1]
    for name in ("active_updates", "readout_updates"):
        work[name][answering, readout.cores] += readout.neurons_of_core


def _instruct(
    instructions: Work, placed: PlacedLayer, traffic: Traffic, number: int, when: NDArray[np.int64]
) -> None:
    """Add the instructions of a layer's steps, all but those that send a message."""
    trace, layer = traffic.trace, traffic.program.layers[number]
    listed = step_program(layer.cell, inputs_by_change(traffic.program)[number])
    neurons = placed.neurons_of_core.astype(np.int32)
    instructions[when, placed.cores] += listed.always * neurons
    if listed.firing:
        instructions[when, placed.cores] += listed.firing * by_core(
            trace.emitted[number] != 0, placed
        )
    first = np.cumsum(trace.lengths) - 1 if layer.backward else trace.starts
    instructions[when[first], placed.cores] += listed.starting * neurons


def by_core(sent: Sent, layer: PlacedLayer) -> NDArray[np.int32]:
    """(steps, cores): how many of each core's neurons are marked."""
    narrow = np.uint8 if layer.neurons_of_core.max() < 2**8 else np.uint32
    return np.add.reduceat(sent.view(np.uint8), layer.starts, axis=1, dtype=narrow).astype(np.int32)


def senders(projection: Projection, placement: Placement) -> tuple[Tiles, list[slice]]:
    """The tile of each core that sends over a projection, and its columns; or the host's."""
    if not projection.sources:
        return HOST_TILE, [slice(None)]
    layers = [placement.layers[number] for number in projection.sources]
    sizes = np.concatenate([layer.neurons_of_core for layer in layers])
    ends = np.cumsum(sizes)
    columns = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    return np.concatenate([placement.tiles[layer.cores] for layer in layers]), columns
