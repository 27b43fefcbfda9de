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
        for layer, of_layer, spikes in zip(
            program.layers, counts.layers, trace.spikes, strict=False
        ):
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
        spikes=tuple(np.zeros_like(s) for s in trace.spikes),
    )
    counts = count(silent, program)
    assert counts.synaptic_operations.tolist() == counts.spikes.tolist() == [0]
    assert counts.neuron_updates.tolist() == [4 * (5 + 2)]


def test_a_trace_of_another_program_is_refused() -> None:
    trace = run(random_program(1), random_sequences(1, 3, [2]))
    with pytest.raises(InputError, match="trace is of another program"):
        count(trace, random_program(2))
