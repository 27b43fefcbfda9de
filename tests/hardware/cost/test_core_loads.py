from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from chips import small_chip
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware.cost.core_loads import BY_SLOT, TRAVEL, core_loads, slot_of_step, slots_of
from hardware.cost.counts import count
from hardware.cost.microcode import step_program
from hardware.cost.placement import Placement, place
from hardware.cost.projections import EMISSION, MEMBRANE, inputs_by_change
from hardware.cost.traffic import Traffic
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.runs.run import run
from hardware.runs.trace import Trace

LENGTHS = [5, 1, 3]


def traced(program: dict, cell: dict) -> tuple[Program, Trace]:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], LENGTHS)
    return made, run(made, sequences, engine="numpy")


def step_slots(trace: Trace, program: Program) -> list[np.ndarray]:
    """Of every layer and the readout the slot of each step."""
    slots = slots_of(trace, program)
    own = [
        slot_of_step(trace, program, slots, number, layer.backward)
        for number, level in enumerate(program.levels)
        for layer in level
    ]
    return [*own, slot_of_step(trace, program, slots, len(program.levels))]


def walked(trace: Trace, program: Program, placement: Placement) -> dict[str, Counter]:
    """Messages and operations of each slot (or sequence) and core, one message at a time."""
    found: dict[str, Counter] = {name: Counter() for name in (*BY_SLOT, *TRAVEL)}
    own = step_slots(trace, program)
    sequence = np.repeat(np.arange(len(trace.lengths)), trace.lengths)
    core_of = [layer.core_of_neuron for layer in placement.layers]
    for (projection, sent), sparse in zip(
        Traffic(trace, program).messages(), placement.sparse, strict=True
    ):
        target, weights = projection.target, projection.by_neuron
        owners = [(i, n) for i in projection.sources for n in range(len(core_of[i]))]
        for step, source in np.argwhere(sent):
            slot = own[target][step] - (0 if projection.recurrent else 1)
            tile, leaves = (0, 0), None
            if owners:
                layer, neuron = owners[source]
                home = core_of[layer][neuron]
                tile = placement.tiles[home]
                leaves = slot if projection.stream == MEMBRANE else own[layer][step]
                if projection.stream != EMISSION:
                    found["spikes"][leaves, home] += 1
            for core in np.unique(core_of[target]):
                there = weights[:, core_of[target] == core, source]
                if not there.any():
                    continue
                if leaves is not None:
                    found["messages_out"][leaves, home] += 1
                found["messages_in"][slot, core] += 1
                found["payloads"][slot, core] += projection.payload_bits > 1
                kind = "sparse_operations" if sparse else "dense_operations"
                found[kind][slot, core] += np.count_nonzero(there) if sparse else there.size
                east, north = np.abs(placement.tiles[core] - tile)
                found["hops_east_west"][sequence[step], core] += east
                found["hops_north_south"][sequence[step], core] += north
                found["within_tile"][sequence[step], core] += east + north == 0
    return found


def add_neurons(
    found: dict[str, Counter], trace: Trace, program: Program, placement: Placement
) -> None:
    """Instructions and updates, one neuron and step at a time; all spikes are known."""
    own, changes = step_slots(trace, program), inputs_by_change(program)
    ticks = slots_of(trace, program).ticks
    for layer in placement.layers:
        for home in layer.core_of_neuron:
            found["waiting_updates"].update({(s, home): int(n) for s, n in enumerate(ticks)})
    for number, layer in enumerate(program.layers):
        listed = step_program(layer.cell, changes[number])
        firsts = np.cumsum(trace.lengths) - 1 if layer.backward else trace.starts
        for row, slot in enumerate(own[number]):
            for neuron, home in enumerate(placement.layers[number].core_of_neuron):
                fired = trace.emitted[number][row, neuron] != 0
                found["instructions"][slot, home] += (
                    listed.always + listed.firing * bool(fired) + listed.starting * (row in firsts)
                )
                found["waiting_updates"][slot, home] -= layer.cell.ticks
    for (slot, home), made in list(found["spikes"].items()):
        found["instructions"][slot, home] += made
    ends = np.cumsum(trace.lengths) - 1
    for row, slot in enumerate(own[-1]):
        if row in ends or not program.readout.sees_membranes:
            for home in placement.layers[-1].core_of_neuron:
                found["readout_updates"][slot, home] += 1
                found["waiting_updates"][slot, home] -= 1


@settings(max_examples=40, deadline=None)
@given(program=every_program, cell=every_cell)
def test_the_host_sends_a_message_to_each_core_that_listens(program: dict, cell: dict) -> None:
    made, trace = traced(program, cell)
    placement = place(made, small_chip(neurons_per_core=3))
    loads = core_loads(trace, made, placement)
    expected = np.zeros(len(loads.entering), dtype=np.int64)
    own = step_slots(trace, made)
    for projection, sent in Traffic(trace, made).messages():
        if projection.sources:
            continue
        core_of = placement.layers[projection.target].core_of_neuron
        for step, source in np.argwhere(sent):
            reached = core_of[projection.by_neuron[:, :, source].any(axis=0)]
            expected[own[projection.target][step] - 1] += len(np.unique(reached))
    assert loads.entering.tolist() == expected.tolist()


@settings(max_examples=40, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    neurons=st.integers(1, 4),
    index_bits=st.sampled_from([0, 13]),
)
def test_every_core_does_what_a_walk_over_all_messages_says(
    program: dict, cell: dict, neurons: int, index_bits: int
) -> None:
    made, trace = traced(program, cell)
    chip = small_chip(neurons_per_core=neurons, synapse_index_bits=index_bits)
    placement = place(made, chip)
    loads, expected = core_loads(trace, made, placement), walked(trace, made, placement)
    for number, layer in enumerate(made.layers):
        sends_changes = layer.cell.sends_changes
        emitted = trace.emitted[number].astype(np.int64)
        for start, length in zip(trace.starts, trace.lengths, strict=True):
            rows = np.arange(start, start + length)
            last = np.zeros(layer.neurons, dtype=np.int64)
            for row in rows[::-1] if layer.backward else rows:
                moved = emitted[row] != (last if sends_changes else 0)
                last = emitted[row]
                slot = step_slots(trace, made)[number][row]
                for neuron in np.flatnonzero(moved):
                    home = placement.layers[number].core_of_neuron[neuron]
                    expected["spikes"][slot, home] += 1
    add_neurons(expected, trace, made, placement)
    for name in (*BY_SLOT[2:], *TRAVEL):
        found = getattr(loads, name)
        nonzero = {key: int(n) for key, n in expected[name].items() if n}
        assert {(int(a), int(b)): int(found[a, b]) for a, b in np.argwhere(found)} == nonzero, name


@settings(max_examples=40, deadline=None)
@given(program=every_program, cell=every_cell, neurons=st.integers(1, 4))
def test_cores_and_slots_sum_to_the_counts(program: dict, cell: dict, neurons: int) -> None:
    made, trace = traced(program, cell)
    placement = place(made, small_chip(neurons_per_core=neurons, synapse_index_bits=0))
    loads, counts = core_loads(trace, made, placement), count(trace, made)
    assert loads.ticks.tolist() == counts.ticks.tolist()
    assert (loads.idle_updates >= 0).all()
    assert (loads.waiting_updates >= 0).all()
    pairs = {
        "spikes": "messages",
        "active_updates": "active_updates",
        "idle_updates": "idle_updates",
    }
    for layer, cores in zip(counts.layers, placement.layers, strict=True):
        for of_loads, of_counts in pairs.items():
            summed = loads.slots.total(getattr(loads, of_loads))[:, cores.cores].sum(axis=1)
            assert summed.tolist() == getattr(layer, of_counts).tolist(), of_loads
        # With no index to pay for, whatever has a zero is stored sparse, so nothing else is read.
        operations = loads.slots.total(loads.dense_operations + loads.sparse_operations)
        assert operations[:, cores.cores].sum(axis=1).tolist() == layer.synaptic_operations.tolist()


@settings(max_examples=40, deadline=None)
@given(program=every_program, cell=every_cell)
def test_a_message_never_arrives_before_it_is_sent_and_every_step_has_a_slot_of_its_own(
    program: dict, cell: dict
) -> None:
    made, trace = traced(program, cell)
    own, slots, number = step_slots(trace, made), slots_of(trace, made), 0
    assert slots.total(slots.ticks).tolist() == made.ticks(trace.lengths).tolist()
    sources: list[int] = []
    for level in made.levels:
        here = list(range(number, number + len(level)))
        for i in here:
            assert len(np.unique(own[i])) == len(own[i])
            assert (slots.ticks[own[i]] >= made.layers[i].cell.ticks).all()
            for source in sources:
                assert (own[source] <= own[i] - 1).all()
        sources, number = here, number + len(level)
    assert own[-1].max() == len(slots.ticks) - 1
    if not made.bidirectional:
        for source in sources:
            assert (own[source] == own[-1] - 1).all()


def test_the_slots_of_two_levels_follow_each_other() -> None:
    program = random_program(1, hidden=(2, 2))
    trace = run(program, random_sequences(1, 3, [3]))
    first, second, readout = step_slots(trace, program)
    assert slots_of(trace, program).ticks.tolist() == [1] * 6
    assert [first.tolist(), second.tolist(), readout.tolist()] == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]


def test_a_level_of_both_directions_begins_when_the_one_before_has_seen_all() -> None:
    program = random_program(1, hidden=(2, 2), bidirectional=True, formulation="keep")
    trace = run(program, random_sequences(1, 3, [3]), engine="numpy")
    forward, backward, second, _, readout = step_slots(trace, program)
    assert slots_of(trace, program).ticks.tolist() == [1, 2, 2, 2, 1, 2, 2, 2, 1]
    assert [forward.tolist(), backward.tolist()] == [[1, 2, 3], [3, 2, 1]]
    assert [second.tolist(), readout.tolist()] == [[5, 6, 7], [6, 7, 8]]


def test_a_trace_of_another_program_is_refused() -> None:
    trace, other = run(random_program(1), random_sequences(1, 3, [2])), random_program(2)
    with pytest.raises(InputError, match="trace was recorded with a different program"):
        core_loads(trace, other, place(other, small_chip()))
