"""The Lava processes against the definition: every kind of program, in threads instead of Lava."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formulations import ROWS, with_row
from hypothesis import given, settings
from hypothesis import strategies as st
from lava_threads import Network, ThreadedSession
from programs import every_cell, every_program, random_program, random_sequences

from hardware.definition.formulation import Formulation
from hardware.engines.reference import execute
from hardware.errors import SettingError
from hardware.lava.processes.frame_source import FrameSource
from hardware.lava.processes.model import TickError
from hardware.lava.processes.readout_layer import ReadoutLayer
from hardware.lava.processes.recorder import Recorder
from hardware.lava.processes.sequence_buffer import SequenceBuffer
from hardware.lava.processes.spiking_gru_layer import SpikingGRULayer
from hardware.lava.scores import FusedReadout
from hardware.program.model import Program
from hardware.sequences.dense import Sequences

mappings = st.sampled_from([("structural", 1), ("fused", 1), ("fused", 2), ("fused", 5)])
lengths = st.lists(st.integers(1, 6), min_size=1, max_size=6)


def assert_runs_as_defined(
    program: Program, sequences: Sequences, mapping: str, batch: int
) -> None:
    events, steps = program.encode(sequences)
    expected = execute(program, events, steps)
    with ThreadedSession(program, mapping, batch, ("emitted", "membranes")) as session:
        found = session.run(events, steps)
    for i, (emitted, membranes) in enumerate(
        zip(expected.emitted, expected.membranes, strict=True)
    ):
        np.testing.assert_array_equal(found[f"emitted.{i}"], emitted)
        np.testing.assert_array_equal(found[f"membranes.{i}"], membranes)
    np.testing.assert_array_equal(found["scores"], expected.scores)


@settings(max_examples=60, deadline=None)
@given(every_program, every_cell, lengths, mappings)
def test_every_program_runs_as_defined_in_every_model(
    program: dict[str, Any], cell: dict[str, Any], lengths: list[int], how: tuple[str, int]
) -> None:
    sequences = random_sequences(program["seed"], program["channels"], lengths)
    assert_runs_as_defined(random_program(**program, **cell), sequences, *how)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ROWS), every_program, every_cell, lengths, mappings)
def test_every_valid_formulation_runs_as_defined_in_every_model(
    row: Formulation,
    program: dict[str, Any],
    cell: dict[str, Any],
    lengths: list[int],
    how: tuple[str, int],
) -> None:
    sequences = random_sequences(program["seed"], program["channels"], lengths)
    with with_row(row) as name:
        made = random_program(**program, **{**cell, "formulation": name})
        assert_runs_as_defined(made, sequences, *how)


@settings(max_examples=20, deadline=None)
@given(every_cell, st.sampled_from([-1, 1]), mappings)
def test_weights_at_their_limit_run_as_defined(
    cell: dict[str, Any], sign: int, how: tuple[str, int]
) -> None:
    program = random_program(0, hidden=(6, 6), **cell)
    limit = 2 ** (cell["weight_bits"] - 1) - 1
    for layer in program.layers:
        layer.input_weights[:] = sign * limit
        layer.recurrent_weights[:] = sign * limit
    program.readout.weights[:] = -sign * 127
    assert_runs_as_defined(program, random_sequences(0, 3, [5, 1, 3]), *how)


def layers_that_differ() -> Program:
    """A slow layer between quick ones, with different emissions."""
    parts = [
        random_program(1, channels=3, hidden=(4,)),
        random_program(2, channels=4, hidden=(5,), formulation="output-gated", emit="graded"),
        random_program(3, channels=5, hidden=(3,), formulation="keep", emit="signed"),
    ]
    layers = tuple(replace(part.layers[0], name=f"layer {i}") for i, part in enumerate(parts))
    return Program(parts[0].encoder, layers, parts[2].readouts, 1000)


@pytest.mark.parametrize("how", [("structural", 1), ("fused", 1), ("fused", 3)])
def test_layers_of_different_kinds_run_together(how: tuple[str, int]) -> None:
    assert_runs_as_defined(layers_that_differ(), random_sequences(1, 3, [4, 1, 3]), *how)


@settings(max_examples=25, deadline=None)
@given(every_program, every_cell, st.lists(st.integers(1, 5), min_size=1, max_size=3), st.data())
def test_a_stream_answers_as_the_whole_sequence_does(
    program: dict[str, Any], cell: dict[str, Any], lengths: list[int], data: st.DataObject
) -> None:
    program = random_program(**{**program, "bidirectional": False}, **cell)
    events, steps = program.encode(random_sequences(7, program.encoder.channels, lengths))
    with ThreadedSession(program, data.draw(st.sampled_from(["structural", "fused"]))) as session:
        for sequence in np.split(events, np.cumsum(steps)[:-1]):
            session.reset()
            for t, frame in enumerate(sequence):
                expected = execute(program, sequence[: t + 1], np.array([t + 1])).scores[-1]
                np.testing.assert_array_equal(session.step(frame), expected)


def test_runs_and_steps_of_one_session_do_not_see_each_other() -> None:
    program = random_program(5, hidden=(5, 4), emit="graded", encoder="send-on-delta", initial=True)
    events, steps = program.encode(random_sequences(5, 3, [4, 3]))
    expected = execute(program, events, steps).scores
    with ThreadedSession(program, "fused") as session:
        for _ in range(2):
            for frame in events[:4]:
                last = session.step(frame)
            np.testing.assert_array_equal(last, expected[0])
            np.testing.assert_array_equal(session.run(events, steps)["scores"], expected)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ROWS), every_cell, st.integers(0, 100), st.booleans(), st.booleans())
def test_without_a_clock_both_models_answer_alike_in_every_tick(
    row: Formulation, cell: dict[str, Any], seed: int, changes: bool, graded: bool
) -> None:
    with with_row(row) as name:
        cell = {**cell, "formulation": name}
        layer = random_program(seed, channels=3, hidden=(4,), initial=True, **cell).layers[0]
        frames = np.random.default_rng(seed).integers(-2, 3, (12, 3)).astype(np.int32)
        sent = []
        for structural in (True, False):
            process = SpikingGRULayer(layer=layer, input_changes=changes, graded_input=graded)
            network = Network(process, structural)
            sent.append(network.run_with(process, frames))
    for name in sent[0]:
        np.testing.assert_array_equal(sent[0][name], sent[1][name], err_msg=name)


def test_a_layer_without_recurrent_synapses_has_no_such_process_port_or_var() -> None:
    layer = random_program(0, hidden=(4,), formulation="minimal").layers[0]
    process = SpikingGRULayer(layer=layer)
    network = Network(process, structural=True)
    assert sorted(network.models) == ["layer 0.W", "layer 0.neurons"]
    ports = [port.name for part in process.procs for port in (*part.in_ports, *part.out_ports)]
    variables = [var.name for part in (process, *process.procs) for var in part.vars]
    assert not [name for name in (*ports, *variables) if "recurrent" in name]


@pytest.mark.parametrize("emit", ["binary", "state"])
def test_without_a_clock_a_step_sees_all_that_came_before_it(emit: str) -> None:
    program = random_program(4, hidden=(4,), formulation="keep", emit=emit, initial=True)
    frames = np.random.default_rng(4).integers(-2, 3, (9, 3)).astype(np.int32)
    process = SpikingGRULayer(layer=program.layers[0])
    sent = Network(process, structural=True).run_with(process, frames)
    # A step of `keep` takes two ticks, and sees what has come in those before it.
    seen = np.concatenate([frames[:1], frames[1:7].reshape(3, 2, 3).sum(axis=1)])
    expected = execute(program, seen, np.array([4]))
    np.testing.assert_array_equal(sent["s_out"][2::2], expected.emitted[0])
    np.testing.assert_array_equal(sent["membrane_out"][2::2], expected.membranes[0])
    assert not sent["s_out"][1::2].any()


def test_a_clock_that_comes_too_early_is_an_error_that_names_process_and_tick() -> None:
    program = random_program(0, formulation="keep")
    layer = program.layers[0]
    process = SpikingGRULayer(layer=layer, clocked=True)
    network = Network(process, structural=True)
    with pytest.raises(TickError, match=r"'layer 0.neurons' failed in tick 2.*a step takes 2"):
        network.run_with(
            process, np.zeros((4, 3), dtype=np.int32), clock=np.ones((4, 1), dtype=int)
        )


@pytest.mark.parametrize(
    "process", [FrameSource, Recorder, ReadoutLayer, SequenceBuffer, SpikingGRULayer]
)
def test_an_unknown_argument_is_an_error(process: type) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'thresold'"):
        process(thresold=1)


@pytest.mark.parametrize("what", ["layer", "readout"])
def test_a_batch_of_the_structural_model_is_refused(what: str) -> None:
    program = random_program(0)
    if what == "layer":
        process = SpikingGRULayer(layer=program.layers[0], batch=4)
    else:
        process = ReadoutLayer(readout=program.readout, batch=4)
    with pytest.raises(SettingError, match="batch is 4.*use the fused model, or no batch"):
        Network(process, structural=True)


def test_a_readout_in_the_structural_model_of_a_layer_is_refused(tmp_path: Path) -> None:
    program = random_program(0)
    readout = FusedReadout(program.readout, tmp_path)
    process = SpikingGRULayer(layer=program.layers[0], readout=readout)
    with pytest.raises(SettingError, match="only the fused model steps a readout.*a ReadoutLayer"):
        Network(process, structural=True)


@pytest.mark.parametrize("batch", [0, -1])
def test_a_batch_of_nothing_is_refused(batch: int) -> None:
    with pytest.raises(SettingError, match=f"batch is {batch}"):
        SpikingGRULayer(layer=random_program(0).layers[0], batch=batch)


def test_weights_that_are_set_are_used() -> None:
    layer = random_program(3, hidden=(4,)).layers[0]
    frames = np.random.default_rng(0).integers(-9, 9, (6, 3)).astype(np.int32)

    def membranes(weights: int | None) -> np.ndarray:
        process = SpikingGRULayer(layer=layer)
        network = Network(process, structural=False)
        network.models[layer.name].on_var_update()
        if weights is not None:
            network.models[layer.name].input_weights[:] = weights
            network.models[layer.name].on_var_update()
        return network.run_with(process, frames)["membrane_out"]

    assert (membranes(None) != membranes(0)).any()
    layer.input_weights[:] = 0
    np.testing.assert_array_equal(membranes(None), membranes(0))
