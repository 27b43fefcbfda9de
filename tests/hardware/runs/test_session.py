"""A session: frame by frame, the same bits as a whole run."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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
        assert session.elapsed == 0


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


def as_lists(frame: np.ndarray) -> list[float]:
    return frame.tolist()


def as_foreign_bytes(frame: np.ndarray) -> np.ndarray:
    return frame.astype(">f4")


def as_a_column(frame: np.ndarray) -> np.ndarray:
    return np.stack([frame, frame], axis=1)[:, 0]


def only_read(frame: np.ndarray) -> np.ndarray:
    copy = frame.copy()
    copy.setflags(write=False)
    return copy


def as_a_masked_array(frame: np.ndarray) -> np.ndarray:
    return np.ma.masked_array(frame)


@pytest.mark.parametrize(
    "form",
    [as_lists, as_foreign_bytes, as_a_column, only_read, as_a_masked_array, np.float64],
    ids=lambda form: form.__name__,
)
def test_a_frame_means_the_same_in_every_form(form: Callable[[np.ndarray], object]) -> None:
    program, frames = random_program(5, hidden=(6, 4)), random_sequences(5, 3, [9]).values
    with Session(program) as plain, Session(program) as other:
        for frame in frames:
            assert np.array_equal(plain.step(frame), other.step(form(frame)))


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    engine=st.sampled_from(["events", "numpy"]),
    blocks=st.lists(st.integers(0, 6), min_size=1, max_size=4),
)
def test_a_block_gives_the_scores_of_single_steps(
    program: dict, cell: dict, engine: str, blocks: list[int]
) -> None:
    assume(not program["bidirectional"])
    made = random_program(**program, **cell)
    frames = random_sequences(program["seed"], program["channels"], [sum(blocks) + 1]).values
    with Session(made, engine, strict=False) as whole, Session(made, strict=False) as single:
        taken = 0
        for length in blocks:
            block = frames[taken : taken + length]
            taken += length
            found = whole.steps(block)
            assert found.shape == (length, made.readout.outputs)
            assert np.array_equal(found, [single.step(frame) for frame in block] or found)
            assert (whole.elapsed, whole.frames) == (single.elapsed, single.frames)
        assert np.array_equal(whole.step(frames[-1]), single.step(frames[-1]))
        assert np.array_equal(whole.values, single.values)
        assert np.array_equal(whole.clamped, single.clamped)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (np.zeros(3), r"the block has shape \(3,\), expected \(frames, 3\)"),
        (np.zeros((2, 4)), r"the block has shape \(2, 4\), expected \(frames, 3\)"),
        ([[0, 0, 0], [0, 0, np.inf]], "inf in channel 2 of frame 1 of the block: expected a"),
        (np.zeros((1001, 3)), "gone 1 step and would go 1,001 more, .* proven only up to 1000"),
        ([["a", "b", "c"]], "the block is of <U1, expected floating point or whole"),
    ],
)
@pytest.mark.parametrize("engine", ["events", "numpy"])
def test_a_block_with_a_fault_is_refused_and_changes_nothing(
    block: object, message: str, engine: str
) -> None:
    frame = np.ones(3)
    with Session(random_program(0), engine) as session, Session(random_program(0)) as other:
        session.step(frame)
        other.step(frame)
        with pytest.raises(InputError, match=message):
            session.steps(block)
        assert np.array_equal(session.step(frame), other.step(frame))


def test_a_block_names_what_leaves_the_word() -> None:
    program = random_program(1)
    program.layers[0].gate.bias[0, 2] = 2**24
    layer = "layer 0, reset, neuron 2, sequence 0, step 0"
    with Session(program) as session, pytest.raises(RangeError, match=layer):
        session.steps(np.ones((3, 3)))


@pytest.mark.parametrize("engine", ["events", "numpy"])
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda session: pickle.loads(pickle.dumps(session))]
)
def test_a_copy_of_a_session_goes_on_by_itself(
    copied: Callable[[Session], Session], engine: str
) -> None:
    program = random_program(4, hidden=(6, 4), emit="graded", encoder="send-on-delta")
    frames = random_sequences(4, 3, [12]).values
    session = Session(program, engine)
    for frame in frames[:5]:
        session.step(frame)
    twin = copied(session)
    assert (twin.elapsed, twin.frames) == (session.elapsed, session.frames)
    assert np.array_equal(twin.clamped, session.clamped)
    expected = [session.step(frame) for frame in frames[5:]]
    session.close()
    del session
    gc.collect()
    room = [np.full(4096, 255, dtype=np.uint8) for _ in range(1000)]  # where a stale address leads
    assert np.array_equal([twin.step(frame) for frame in frames[5:]], expected)
    assert room


def test_a_session_outlives_what_made_it() -> None:
    frames = random_sequences(2, 3, [6]).values
    expected = run(random_program(2), [frames]).scores[0]
    session = Session(random_program(2))
    gc.collect()
    room = [np.full(4096, 255, dtype=np.uint8) for _ in range(1000)]
    for frame in frames:
        found = session.step(frame)
    assert room
    assert np.array_equal(found, expected)


THREADS = 16


def in_threads(work: Callable[[int], object]) -> list[object]:
    """The results of THREADS threads that begin together."""
    begin = threading.Barrier(THREADS)

    def one(number: int) -> object:
        begin.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


@pytest.mark.parametrize("engine", ["events", "numpy"])
def test_threads_that_share_a_session_lose_no_step(engine: str) -> None:
    program, steps = random_program(3, hidden=(9,)), 20
    frame = random_sequences(3, 3, [1]).values[0]
    with Session(program) as alone:
        expected = [alone.step(frame).tolist() for _ in range(THREADS * steps)]
    with Session(program, engine) as session:
        found = in_threads(lambda _: [session.step(frame).tolist() for _ in range(steps)])
        assert session.elapsed == session.frames == THREADS * steps
    of_threads = [[expected.index(scores) for scores in of_one] for of_one in found]
    assert all(places == sorted(places) for places in of_threads)
    assert sorted(scores for of_one in found for scores in of_one) == sorted(expected)


def test_sessions_of_many_threads_do_not_meet() -> None:
    program = random_program(3, hidden=(9, 5))
    frames = random_sequences(3, 3, [40] * THREADS).values.reshape(THREADS, 40, 3)
    expected = run(program, frames).scores

    def work(number: int) -> np.ndarray:
        with Session(program) as session:
            for frame in frames[number]:
                scores = session.step(frame)
            return scores

    assert np.array_equal(in_threads(work), expected)


def test_a_session_that_a_thread_closes_refuses_the_others() -> None:
    session, frame = Session(random_program(0)), np.ones(3, dtype=np.float32)

    def work(number: int) -> str:
        try:
            for _ in range(50):
                session.step(frame)
            session.close()
            session.step(frame)
        except EngineError as error:
            return str(error)
        return "no error"

    assert set(in_threads(work)) == {"this session is closed: open a new one"}
