"""A session: frame by frame, the same bits as a whole run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import (
    every_cell,
    every_program,
    random_program,
    random_sequences,
    with_classes,
)

from hardware import Session, run
from hardware.engines.registry import ENGINES
from hardware.errors import EngineError, InputError, RangeError, SettingError


@settings(max_examples=100, deadline=None)
@given(program=every_program, cell=every_cell, steps=st.integers(1, 8), between=st.integers(0, 8))
def test_every_step_gives_the_scores_of_the_run_that_ends_there(
    program: dict, cell: dict, steps: int, between: int
) -> None:
    assume(not program["bidirectional"])
    made = random_program(**program, **cell)
    frames = random_sequences(program["seed"], program["channels"], [steps]).values
    with Session(made, strict=False) as session:
        for frame in frames[:between]:
            session.step(frame)
        session.reset()
        for t, frame in enumerate(frames):
            expected = run(made, [frames[: t + 1]], engine="numpy", strict=False)
            assert np.array_equal(session.step(frame), expected.final_scores[0])


@pytest.mark.parametrize("readout", ["mean", "step"])
def test_a_run_of_a_session_is_a_run_and_the_next_step_begins_anew(readout: str) -> None:
    program = random_program(3, readout=readout, emit="graded", encoder="send-on-delta")
    sequences = random_sequences(3, 3, [4, 7, 2])
    expected = run(program, sequences, engine="numpy").scores
    with Session(program) as session:
        first = session.step(sequences.values[0])
        assert np.array_equal(session.run(sequences), expected)
        assert np.array_equal(session.run(list(sequences)), expected)
        assert np.array_equal(session.step(sequences.values[0]), first)


def test_scores_that_were_given_stay_as_they_were() -> None:
    with Session(random_program(0)) as session:
        first = session.step(np.ones(3))
        kept = first.copy()
        session.step(np.ones(3))
        assert np.array_equal(first, kept)


def test_sessions_do_not_meet() -> None:
    program, frames = random_program(2), random_sequences(2, 3, [6]).values
    alone, beside = Session(program), Session(program)
    for frame in frames:
        beside.step(-frame)
        found = alone.step(frame)
    assert np.array_equal(found, run(program, [frames]).scores[0])


def test_a_layer_that_reads_backward_is_refused() -> None:
    with pytest.raises(SettingError, match="layer 0 backward reads from the last frame"):
        Session(random_program(0, bidirectional=True))


def test_an_engine_that_only_runs_whole_sequences_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ENGINES, "whole", "hardware.engines.saturation")
    with pytest.raises(SettingError, match="'whole' cannot go on between calls"):
        Session(random_program(0), engine="whole")
    with pytest.raises(SettingError, match="unknown engine 'event': did you mean 'events'"):
        Session(random_program(0), engine="event")
    with pytest.raises(SettingError, match="unknown option of events: 'threads'"):
        Session(random_program(0), threads=2)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (np.zeros(2), r"the frame has shape \(2,\), expected \(3,\)"),
        (np.zeros((1, 3)), r"the frame has shape \(1, 3\)"),
        ([0, np.nan, 0], "nan in channel 1"),
        ([0, 0, 1e39], "inf in channel 2"),
        (["a", "b", "c"], "the frame is of <U1, expected floating point or whole"),
    ],
)
def test_a_frame_that_is_none_is_refused_and_changes_nothing(frame: object, message: str) -> None:
    with Session(random_program(0)) as session, Session(random_program(0)) as other:
        session.step(np.ones(3))
        other.step(np.ones(3))
        with pytest.raises(InputError, match=message):
            session.step(frame)
        assert np.array_equal(session.step(np.ones(3)), other.step(np.ones(3)))


def test_a_session_goes_no_further_than_scores_are_proven() -> None:
    program = random_program(0, encoder="rate")
    per_frame = program.encoder.steps
    with Session(program) as session:
        for _ in range(1000 // per_frame):
            session.step(np.ones(3))
        with pytest.raises(InputError, match=r"proven only up to 1000: reset\(\) it before"):
            session.step(np.ones(3))
        session.reset()
        session.step(np.ones(3))
        with pytest.raises(InputError, match="a sequence has"):
            session.run([np.ones((1001, 3))])


def test_a_closed_session_says_so() -> None:
    with Session(random_program(0)) as session:
        session.step(np.ones(3))
    session.close()
    for call in (lambda: session.step(np.ones(3)), session.reset, lambda: session.run([[]])):
        with pytest.raises(EngineError, match="this session is closed: open a new one"):
            call()


def test_what_leaves_the_word_is_an_error_until_the_session_is_reset() -> None:
    program = random_program(1)
    program.layers[0].gate.bias[0, 2] = 2**24
    with Session(program) as session:
        for _ in range(2):
            with pytest.raises(RangeError, match="layer 0, reset, neuron 2, sequence 0, step 0"):
                session.step(np.ones(3))
            session.reset()
        with pytest.raises(RangeError, match="neuron 2, sequence 0, step 0"):
            session.run([np.ones((2, 3))])
    with Session(program, strict=False) as session:
        session.step(np.ones(3))


@pytest.mark.parametrize(
    "frame",
    [
        np.ones(3) * 1j,
        np.array(["1", "2", "3"]),
        np.array([1, 2, 3], dtype=object),
        np.array([1, 2, 3], dtype="datetime64[s]"),
    ],
    ids=lambda frame: str(frame.dtype),
)
def test_a_session_refuses_what_a_run_refuses(frame: np.ndarray) -> None:
    program = random_program(0)
    with pytest.raises(InputError, match="sequence 0 is of .*, expected floating point or whole"):
        run(program, [frame[np.newaxis]], "numpy")
    with Session(program) as session:
        with pytest.raises(InputError, match="the frame is of .*, expected floating point or"):
            session.step(frame)
        assert session.steps == 0


@pytest.mark.parametrize("readout", ["mean", "step"])
@pytest.mark.parametrize("encoder", ["graded", "rate"])
def test_the_values_of_a_session_are_those_of_the_run_that_ends_there(
    readout: str, encoder: str
) -> None:
    program = with_classes(random_program(3, readout=readout, encoder=encoder))
    frames = random_sequences(3, 3, [4]).values
    with Session(program) as session:
        session.step(frames[2])
        session.reset()
        with pytest.raises(EngineError, match="no frame has come since the session began or was"):
            _ = session.values
        for t, frame in enumerate(frames):
            session.step(frame)
            assert np.array_equal(session.values, run(program, [frames[: t + 1]]).values[-1])
        session.run([frames])
        with pytest.raises(EngineError, match="no frame has come"):
            _ = session.values
