from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from programs import every_cell, every_program, random_program, random_sequences

from hardware.cost.counts import count
from hardware.cost.dense_gru import (
    DEVICES,
    DenseWork,
    Measured,
    Size,
    delta_gru,
    dense_gru,
    events_per_use,
    skipping_network,
)
from hardware.definition.arithmetic import shift
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.runs.run import run
from hardware.runs.trace import Trace


def test_the_dense_gru_multiplies_every_weight_at_every_step() -> None:
    program = random_program(2, channels=3, hidden=(4,), outputs=2)
    counts = count(run(program, random_sequences(2, 3, [5])), program)
    dense = dense_gru(program, counts)
    assert dense.multiply_accumulates.tolist() == [5 * (3 * 4 * 3 + 3 * 4 * 4 + 4 * 2)]
    assert dense.weights_read.tolist() == [460]
    # Each frame reads 3 inputs and 4 states, writes 4 states; the readout reads 4, writes 2.
    assert dense.values_read.tolist() == [5 * (3 + 4 + 4)]
    assert dense.values_written.tolist() == [5 * (4 + 2)]
    assert dense.stored == 3 * 4 * 3 + 3 * 4 * 4 + 4 * 2 + 4
    assert dense.on(DEVICES["CPU"]).tolist() == pytest.approx([460 * 8.6e-9])


def test_a_gpu_reads_each_weight_from_its_memory_unless_its_batch_is_full() -> None:
    # H100 SXM: 3.35 TB/s, 989 TFLOP/s of two operations each, 700 W.
    assert DEVICES["GPU, batch 1, at least"].joules == pytest.approx(2 * 700 / 3.35e12, rel=0.01)
    assert DEVICES["GPU, full batch"].joules == pytest.approx(2 * 700 / 989e12, rel=0.02)
    assert DEVICES["GPU, full batch"].least_batch > 1
    assert [name for name, device in DEVICES.items() if device.is_bound] == [
        "GPU, batch 1, at least",
        "GPU, full batch",
    ]


def test_a_gru_that_skips_at_a_threshold_has_the_values_of_one_that_skips_no_change() -> None:
    program = random_program(2, channels=3, hidden=(4,), outputs=2)
    delta = delta_gru(program, run(program, random_sequences(2, 3, [5, 9])))
    found = skipping_network(delta, program, float(delta.multiply_accumulates.mean()) / 2)
    halves = delta.multiply_accumulates / 2
    assert found.multiply_accumulates.tolist() == pytest.approx(halves.tolist(), abs=1)
    assert found.weights_read.tolist() == found.multiply_accumulates.tolist()
    assert found.values_read is delta.values_read


def test_a_gru_that_skips_of_another_width_has_its_own_values_and_weights() -> None:
    program = random_program(2, channels=3, hidden=(4, 4), outputs=2)
    delta = delta_gru(program, run(program, random_sequences(2, 3, [5, 9])))
    found = skipping_network(delta, program, 100.0, Size(hidden=2, weights=70))
    # Of each neuron a state, the state that was last read and three sums; and three inputs.
    kept = 3 + 2 * (2 * 5)
    assert found.values_read.tolist() == [5 * kept, 9 * kept]
    assert found.values_written.tolist() == found.values_read.tolist()
    assert found.stored == kept + 70
    weights = delta.stored - (3 + 2 * (4 * 5))
    assert skipping_network(delta, program, 100.0, Size(4, weights)).stored == delta.stored


def test_the_work_of_two_networks_adds_up() -> None:
    one, other = (
        DenseWork(*(np.array([k * n, n]) for n in (2, 3, 5, 7)), stored=k * 11) for k in (1, 10)
    )
    both = one.then(other)
    assert both.multiply_accumulates.tolist() == [22, 4]
    assert both.weights_read.tolist() == [33, 6]
    assert both.values_read.tolist() == [55, 10]
    assert both.values_written.tolist() == [77, 14]
    assert both.stored == 121


def test_both_directions_read_the_input_twice() -> None:
    program = random_program(5, channels=3, hidden=(4,), bidirectional=True)
    counts = count(run(program, random_sequences(5, 3, [5])), program)
    assert dense_gru(program, counts).values_read.tolist() == [5 * (2 * 3 + 8 + 8)]


def test_the_dense_gru_counts_every_layer_of_every_sequence() -> None:
    program = random_program(2, channels=3, hidden=(4, 5), outputs=2)
    counts = count(run(program, random_sequences(2, 3, [5, 7])), program)
    per_step = 3 * 4 * (3 + 4) + 3 * 5 * (4 + 5) + 5 * 2
    assert dense_gru(program, counts).multiply_accumulates.tolist() == [5 * per_step, 7 * per_step]


def test_the_dense_gru_sees_a_frame_once_and_answers_as_often_as_the_program() -> None:
    program = random_program(5, channels=3, hidden=(4,), encoder="rate", readout="last")
    assert program.encoder.steps > 1
    counts = count(run(program, random_sequences(5, 3, [5])), program)
    expected = 5 * 3 * 4 * (3 + 4) + 4 * 2
    assert dense_gru(program, counts).multiply_accumulates.tolist() == [expected]


def test_the_dense_gru_sees_values_and_not_their_receptive_fields() -> None:
    program = random_program(5, channels=3, hidden=(4,), encoder="population", bidirectional=True)
    assert program.encoder.sources > 3
    counts = count(run(program, random_sequences(5, 3, [5])), program)
    expected = 5 * (2 * 3 * 4 * (3 + 4) + 8 * 2)
    assert dense_gru(program, counts).multiply_accumulates.tolist() == [expected]


def skipped(trace: Trace, program: Program) -> int:
    """Multiplications of one sequence, one changed value at a time."""
    steps, operations = program.encoder.steps, 0
    frames = len(trace.events) // steps

    def changes(value: list[np.ndarray]) -> int:
        last, found = np.zeros_like(value[0]), 0
        for now in value:
            found += int(np.count_nonzero((now != last).reshape(len(now), -1).any(axis=1)))
            last = now
        return found

    # (channels, …) of each frame: an input has changed if any of its steps or fields has.
    by_channel = trace.events.reshape(frames, steps, program.encoder.channels, -1)
    if program.encoder.kind == "level-crossing":
        inputs = np.count_nonzero(by_channel)
    else:
        inputs = changes(list(by_channel.swapaxes(1, 2)))
    number = 0
    for level in program.levels:
        states = 0
        for layer in level:
            cell, membranes = layer.cell, trace.membranes[number]
            ends = range(frames * steps)[(0 if layer.backward else steps - 1) :: steps]
            order = reversed(ends) if layer.backward else ends
            fraction = cell.gate_fraction - cell.state_fraction
            own = changes([shift(membranes[row], fraction) for row in order])
            operations += inputs * len(cell.row.input_gates) * layer.neurons
            operations += own * len(cell.row.recurrent_gates) * layer.neurons
            states, number = states + own, number + 1
        inputs = states
    if program.readout.sees_membranes:
        return operations + program.readout.weights.size
    return operations + inputs * program.readout.outputs


@settings(max_examples=60, deadline=None)
@given(program=every_program, cell=every_cell)
def test_delta_skipping_multiplies_only_what_has_changed(program: dict, cell: dict) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], [5, 3])
    trace = run(made, sequences, engine="numpy")
    found = delta_gru(made, trace)
    for i in range(2):
        alone = run(made, sequences.take([i]), engine="numpy")
        assert found.multiply_accumulates[i] == skipped(alone, made)
    dense = dense_gru(made, count(trace, made))
    assert (found.multiply_accumulates <= dense.multiply_accumulates).all()


def test_a_constant_input_without_state_changes_is_skipped_after_its_first_frame() -> None:
    program = random_program(1, channels=3, hidden=(4,))
    program.layers[0].input_weights[:] = 0
    program.layers[0].gate.bias[:] = 0
    program.layers[0].gate.recurrent_bias[:] = 0
    frames = np.tile(program.encoder.offset + 1, (6, 1)).astype(np.float32)
    trace = run(program, [frames])
    assert np.count_nonzero(trace.events[0]) == 3
    assert delta_gru(program, trace).multiply_accumulates.tolist() == [3 * 3 * 4]


@pytest.mark.parametrize("encoder", ["graded", "rate"])
def test_events_per_use_are_those_of_a_synapse_at_a_frame(encoder: str) -> None:
    program = random_program(5, hidden=(4, 3), encoder=encoder)
    counts = count(run(program, random_sequences(2, 3, [4, 9])), program)
    synapses = sum(layer.synapses for layer in counts.layers)
    expected = counts.synaptic_operations / synapses / np.array([4, 9])
    assert events_per_use(program, counts) == pytest.approx(expected)


def test_a_measured_time_has_an_energy_only_where_the_power_is_known() -> None:
    measured = Measured("a GRU", "a machine", "torch", 1, 1, 20, 5, least_s=1e-3, median_s=2e-3)
    assert measured.energy_j is None
    assert replace(measured, power_w=10.0).energy_j == pytest.approx(0.02)


@pytest.mark.parametrize(
    "times", [(0.0, 1.0), (2.0, 1.0), (float("nan"), 1.0), (1.0, float("inf"))]
)
def test_a_measured_time_that_is_none_is_refused(times: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="a GRU was measured to take .*: expected 0 < least"):
        Measured("a GRU", "a machine", "torch", 1, 1, 20, 5, *times)
