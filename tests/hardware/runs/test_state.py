"""The state of a session: saved, loaded and continued with the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences
from states import LAVA_STEPPERS, STEPPERS

from hardware import Session
from hardware.errors import EngineError, InputError, RangeError, SettingError
from hardware.files.disk import read_tensors, write_tensors
from hardware.files.sealed import tensors_checksum
from hardware.runs.state import State


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    steps=st.integers(1, 7),
    at=st.integers(0, 7),
    pair=st.permutations(STEPPERS + STEPPERS),
)
def test_a_session_that_loads_a_state_continues_as_if_never_interrupted(
    program: dict, cell: dict, steps: int, at: int, pair: list
) -> None:
    assume(not program["bidirectional"])
    made = random_program(**program, **cell)
    frames = random_sequences(program["seed"], program["channels"], [steps + at]).values
    (first, _), (second, _) = pair[:2]
    with (
        Session(made, first, strict=False) as session,
        Session(made, second, strict=False) as other,
    ):
        for frame in frames[:at]:
            session.step(frame)
            other.step(-frame)
        other.load_state(session.state)
        assert other.state == session.state
        for frame in frames[at:]:
            assert np.array_equal(session.step(frame), other.step(frame))
            assert other.state == session.state
        assert np.array_equal(session.values, other.values)


@pytest.mark.parametrize(("engine", "options"), LAVA_STEPPERS, ids=str)
@pytest.mark.parametrize(
    ("number", "emit", "encoder", "readout"),
    [(0, "graded", "send-on-delta", "mean"), (1, "signed", "rate", "leaky")],
)
def test_lava_takes_a_state_up_and_hands_it_over(
    engine: str, options: dict[str, Any], number: int, emit: str, encoder: str, readout: str
) -> None:
    program = random_program(
        number, hidden=(4, 3), emit=emit, encoder=encoder, readout=readout, formulation="keep"
    )
    frames = random_sequences(number, 3, [6]).values
    with Session(program, strict=False) as session, Session(program, engine, **options) as lava:
        for frame in frames[:2]:
            session.step(frame)
        lava.step(frames[5])
        lava.load_state(session.state)
        assert lava.state == session.state
        for frame in frames[2:4]:
            assert np.array_equal(session.step(frame), lava.step(frame))
        session.load_state(lava.state)
        for frame in frames[4:]:
            assert np.array_equal(session.step(frame), lava.step(frame))


def test_a_reset_after_a_loaded_state_begins_from_the_initial_state() -> None:
    program, frames = random_program(2, hidden=(2,)), random_sequences(2, 3, [4]).values
    for engine, _ in STEPPERS:
        with Session(program, engine, initial_state={"layer 0": [0.5, -0.5]}) as session:
            assert session.state.membranes["layer 0"].tolist() == [2048, -2048]
            expected = session.step(frames[0])
            later = session.state
            session.load_state(later)
            session.reset()
            assert session.elapsed == 0
            assert np.array_equal(session.step(frames[0]), expected)


def test_a_state_of_numpy_names_the_step_of_a_value_beyond_the_word() -> None:
    program = random_program(1)
    program.layers[0].gate.bias[0, 2] = 2**24
    with Session(program, "numpy") as session:
        with pytest.raises(RangeError, match="neuron 2, sequence 0, step 0"):
            session.step(np.ones(3))
        session.reset()
        with pytest.raises(RangeError, match="neuron 2, sequence 0, step 0"):
            session.run([np.ones((2, 3))])


@pytest.fixture
def state() -> State:
    with Session(random_program(3, hidden=(2, 3), emit="graded")) as session:
        session.step(np.ones(3))
        return session.state


def test_a_state_comes_back_from_its_file_as_it_was(state: State, tmp_path: Path) -> None:
    state.save(tmp_path / "state")
    assert State.load(str(tmp_path / "state")) == state
    assert repr(state) == "State(after 1 step; neurons of layer 0: 2, layer 1: 3)"
    assert state != replace(state, steps=2)
    assert state != replace(state, scores=state.scores + 1)
    assert state != "state"


def test_a_state_of_another_program_is_refused_by_name(state: State) -> None:
    other = random_program(4, hidden=(2, 3), emit="graded")
    with Session(other) as session:
        with pytest.raises(InputError, match=f"is of the program {state.program_digest[:12]}…, "):
            session.load_state(state)
        with pytest.raises(InputError, match="the state is a dict, expected a `State`"):
            session.load_state({"layer 0": [0, 0]})
        session.close()
        with pytest.raises(EngineError, match="this session is closed"):
            session.load_state(state)


def with_changed(of: Any, **changed: Any) -> Any:
    return {**of, **changed}


@pytest.mark.parametrize(
    ("field", "value", "error", "message"),
    [
        ("membranes", {"layer 0": [0, 4097], "layer 1": [0, 0, 0]}, RangeError, "within ±1"),
        ("membranes", {"layer 0": [0, 0]}, InputError, "of different layers"),
        ("emissions", {"layer 0": [0, 257], "layer 1": [0, 0, 0]}, RangeError, "-256 to 256"),
        ("emissions", {"layer 0": [0.5, 0], "layer 1": [0, 0, 0]}, InputError, "whole numbers"),
        ("encoder", np.array([0, 0]), InputError, "the encoder's state have shape"),
        ("encoder", np.array([0, 0, 128]), RangeError, "number 2 is 128, expected -127 to 127"),
        ("scores", np.zeros(3, int), InputError, r"the scores have shape \(3,\)"),
        ("steps", -1, InputError, "after -1 steps"),
    ],
)
def test_a_state_that_no_session_can_have_is_refused_and_changes_nothing(
    state: State, field: str, value: Any, error: type[Exception], message: str
) -> None:
    with Session(random_program(3, hidden=(2, 3), emit="graded")) as session:
        session.load_state(state)
        with pytest.raises(error, match=message):
            session.load_state(replace(state, **{field: value}))
        assert session.state == state


def test_layers_of_a_state_are_those_of_its_program(state: State) -> None:
    names = {"layer 0": "layer 0", "layer 1": "other"}
    renamed = {
        field: {names[name]: values for name, values in getattr(state, field).items()}
        for field in ("membranes", "emissions")
    }
    session = Session(random_program(3, hidden=(2, 3), emit="graded"))
    with pytest.raises(SettingError, match="unknown layer of the state 'layer 1'"):
        session.load_state(replace(state, **renamed))


@pytest.mark.parametrize(
    ("tensor", "about", "message"),
    [
        ({}, {"state_schema": "2"}, "not a state of schema 1"),
        ({}, {"program_digest": "abc"}, "program_digest is 'abc'"),
        ({}, {"steps": "-1"}, "steps are '-1'"),
        ({}, {"layers": "{"}, "layers are no list of names"),
        ({}, {"layers": "[1]"}, "layers are no list of names"),
        ({}, {"more": "text"}, "holds more than a state"),
        ({"more": np.zeros(2, np.int64)}, {}, "holds more than a state"),
        ({"scores": np.zeros(2, np.int32)}, {}, r"scores has shape \(2,\) of int32"),
        ({"scores": np.zeros((1, 2), np.int64)}, {}, r"scores has shape \(1, 2\)"),
        ({"scores": None}, {}, "has no 'scores'"),
    ],
)
def test_a_damaged_state_is_refused_by_its_file(
    state: State, tensor: dict, about: dict, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "state"
    state.save(path)
    tensors, described = read_tensors(path)
    tensors = {n: a for n, a in with_changed(tensors, **tensor).items() if a is not None}
    described = with_changed(described, **about)
    del described["sha256"]
    write_tensors(path, tensors, {**described, "sha256": tensors_checksum(tensors, described)})
    with pytest.raises(InputError, match=f"{path}: .*{message}.*: save the state again"):
        State.load(path)


def test_a_changed_state_is_refused_by_its_checksum(state: State, tmp_path: Path) -> None:
    path = tmp_path / "state"
    state.save(path)
    tensors, described = read_tensors(path)
    tensors["scores"][0] += 1
    write_tensors(path, tensors, described)
    with pytest.raises(InputError, match="the checksum is wrong"):
        State.load(path)


def test_a_file_that_is_not_there_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "no.state"
    with pytest.raises(InputError, match=f"^{path}: No such file or directory: save the state"):
        State.load(path)
