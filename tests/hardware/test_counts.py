from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware.cell import step
from hardware.counts import count
from hardware.engines.reference import product_of
from hardware.errors import InputError
from hardware.inference import run
from hardware.program import Layer


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_synaptic_operations_equal_a_walk_over_every_event_and_weight(seed: int) -> None:
    program = random_program(seed, hidden=(4, 3))
    trace = run(program, random_sequences(seed, 3, [4, 2]))
    counts = count(trace, program)
    for i, rows in enumerate((slice(0, 4), slice(4, 6))):
        arriving = trace.events[rows]
        *of_hidden, of_readout = counts.layers
        for layer, of_layer, spikes in zip(program.layers, of_hidden, trace.emitted, strict=True):
            operations = 0
            for t in range(len(arriving)):
                for source in np.flatnonzero(arriving[t]):
                    operations += np.count_nonzero(layer.input_weights[:, source])
                for source in np.flatnonzero(spikes[rows][t]):
                    operations += np.count_nonzero(layer.recurrent_weights[:, source])
            assert of_layer.synaptic_operations[i] == operations
            assert of_layer.spikes[i] == spikes[rows].sum()
            assert of_layer.neuron_updates[i] == len(arriving) * layer.neurons
            arriving = spikes[rows]
        operations = 0
        for t in range(len(arriving)):
            for source in np.flatnonzero(arriving[t]):
                operations += np.count_nonzero(program.readout.weights[:, source])
        assert of_readout.synaptic_operations[i] == operations
        assert of_readout.spikes[i] == 0
        assert of_readout.neuron_updates[i] == len(arriving) * 2


def messages(layer: Layer, arriving: np.ndarray) -> dict[str, list[np.ndarray]]:
    """What goes over the recurrent synapses of each gate at every step, in the order of reading."""
    sent: dict[str, list[np.ndarray]] = {gate: [] for gate in layer.cell.gates}
    product = product_of(layer)

    def listen(gate: str, message: np.ndarray) -> np.ndarray:
        sent[gate].append(message)
        return product(gate, message)

    e, h = layer.initial_emission, layer.initial_membrane
    for x in arriving[::-1] if layer.backward else arriving:
        e, h = step(layer.cell, layer.gate, layer.input_weights.astype(np.int64) @ x, listen, e, h)
    if layer.cell.products_in_turn == 1:
        # The last step's spikes travel too.
        for gate in sent:
            sent[gate] = [*sent[gate][1:], e]
    return sent


def walk(weights: np.ndarray, values: list[np.ndarray], by_change: bool) -> int:
    """Synaptic operations, one message and one weight at a time."""
    operations, before = 0, np.zeros(weights.shape[1], dtype=np.int64)
    for value in values:
        moved = value - before if by_change else value
        before = value
        for source in np.flatnonzero(moved):
            operations += sum(int(w != 0) for w in weights[:, source])
    return operations


@settings(max_examples=60, deadline=None)
@given(program=every_program, cell=every_cell)
def test_every_kind_of_program_counts_as_a_walk_over_its_messages_does(
    program: dict, cell: dict
) -> None:
    made = random_program(**program, **cell)
    trace = run(made, random_sequences(program["seed"], program["channels"], [5]), engine="numpy")
    *of_layers, of_readout = count(trace, made).layers
    arriving, by_change, number = trace.events, made.encoder.sends_changes, 0
    for level in made.levels:
        outputs = []
        for layer in level:
            seen = list(arriving[::-1] if layer.backward else arriving)
            expected = walk(layer.input_weights, seen, by_change)
            rows = np.split(layer.recurrent_weights, len(layer.cell.gates))
            for weights, sent in zip(rows, messages(layer, arriving).values(), strict=True):
                expected += walk(weights, sent, layer.cell.sends_changes)
            assert of_layers[number].synaptic_operations.tolist() == [expected]
            outputs.append(trace.emitted[number].astype(np.int64))
            number += 1
        arriving, by_change = np.concatenate(outputs, axis=1), level[0].cell.sends_changes
    weights = made.readout.weights
    if made.readout.sees_membranes:
        expected = int((weights != 0).sum())
    else:
        expected = walk(weights, list(arriving), by_change)
    assert of_readout.synaptic_operations.tolist() == [expected]


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_synapses_are_the_weights_that_are_not_zero_each_of_the_weight_bits(bits: int) -> None:
    program = random_program(2, hidden=(4, 3), weight_bits=bits)
    program.readout.weights[:, 0] = 0
    counts = count(run(program, random_sequences(2, 3, [4])), program)
    expected = [
        sum(int(w != 0) for matrix in matrices for w in matrix.flat)
        for matrices in (
            (program.layers[0].input_weights, program.layers[0].recurrent_weights),
            (program.layers[1].input_weights, program.layers[1].recurrent_weights),
            (program.readout.weights,),
        )
    ]
    assert [layer.synapses for layer in counts.layers] == expected
    assert [layer.synapse_bits for layer in counts.layers] == [n * bits for n in expected]
    assert [layer.neurons for layer in counts.layers] == [4, 3, 2]
    assert counts.synapses == sum(expected)


def test_a_sequence_takes_a_tick_for_each_step_and_each_set_of_synapses_on_its_way() -> None:
    program = random_program(2, hidden=(4, 3))
    counts = count(run(program, random_sequences(2, 3, [4, 9])), program)
    assert counts.steps.tolist() == [4, 9]
    assert counts.ticks.tolist() == [4 + 2 + 1, 9 + 2 + 1]


def test_counts_add_up_over_sequences_and_layers() -> None:
    program, sequences = random_program(2, hidden=(4, 3)), random_sequences(2, 3, [4, 2, 7])
    together = count(run(program, sequences), program)
    for i in range(3):
        alone = count(run(program, sequences.take([i])), program)
        assert alone.synaptic_operations[0] == together.synaptic_operations[i]
        assert alone.spikes[0] == together.spikes[i]
    by_layer = sum(layer.neuron_updates for layer in together.layers)
    assert np.array_equal(together.neuron_updates, by_layer)


def test_a_silent_sequence_costs_neuron_updates_only() -> None:
    program = random_program(2)
    trace = run(program, random_sequences(2, 3, [4]))
    silent = replace(
        trace,
        events=np.zeros_like(trace.events),
        emitted=tuple(np.zeros_like(s) for s in trace.emitted),
    )
    counts = count(silent, program)
    assert counts.synaptic_operations.tolist() == counts.spikes.tolist() == [0]
    assert counts.neuron_updates.tolist() == [4 * (5 + 2)]


def test_a_trace_of_another_program_is_refused() -> None:
    trace = run(random_program(1), random_sequences(1, 3, [2]))
    with pytest.raises(InputError, match="trace is of another program"):
        count(trace, random_program(2))
