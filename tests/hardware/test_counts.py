from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_program, random_sequences

from hardware.counts import count
from hardware.errors import InputError
from hardware.inference import run


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
            for step in range(len(arriving)):
                for source in np.flatnonzero(arriving[step]):
                    operations += np.count_nonzero(layer.input_weights[:, source])
                for source in np.flatnonzero(spikes[rows][step]):
                    operations += np.count_nonzero(layer.recurrent_weights[:, source])
            assert of_layer.synaptic_operations[i] == operations
            assert of_layer.spikes[i] == spikes[rows].sum()
            assert of_layer.neuron_updates[i] == len(arriving) * layer.neurons
            arriving = spikes[rows]
        operations = 0
        for step in range(len(arriving)):
            for source in np.flatnonzero(arriving[step]):
                operations += np.count_nonzero(program.readout.weights[:, source])
        assert of_readout.synaptic_operations[i] == operations
        assert of_readout.spikes[i] == 0
        assert of_readout.neuron_updates[i] == len(arriving) * 2


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
