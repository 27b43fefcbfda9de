"""A batch session: each row has the bits of a session of its own, whatever the others do."""

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
from programs import every_cell, every_program, random_program, random_sequences

from hardware import Session
from hardware.errors import EngineError, InputError, RangeError, RowsError, SettingError
from hardware.runs.batch_session import BatchRow, BatchSession

ENGINES = ["events", "numpy"]
ROWS = 5


def singles(batch: BatchSession) -> list[Session]:
    """A session of its own for each row, on the definition's engine."""
    return [Session(batch.program, "numpy", strict=batch.strict) for _ in range(batch.batch)]


moves = st.lists(
    st.tuples(
        st.sampled_from(["step", "reset"]),
        st.lists(st.integers(0, ROWS - 1), unique=True, max_size=ROWS),
    ),
    min_size=1,
    max_size=10,
)
"""Steps and resets of some rows each, in any order."""


@settings(max_examples=60, deadline=None)
@given(program=every_program, cell=every_cell, engine=st.sampled_from(ENGINES), moves=moves)
def test_each_row_has_the_bits_of_its_own_session(
    program: dict, cell: dict, engine: str, moves: list[tuple[str, list[int]]]
) -> None:
    assume(not program["bidirectional"])
    made = random_program(**program, **cell)
    frames = random_sequences(program["seed"], program["channels"], [ROWS * len(moves)]).values
    with Session(made, engine, batch=ROWS, strict=False) as batch:
        alone = singles(batch)
        for number, (move, rows) in enumerate(moves):
            given_frames = frames[number * ROWS :][: len(rows)]
            if move == "reset":
                batch.reset(rows)
                for row in rows:
                    alone[row].reset()
                continue
            found = batch.step(given_frames, rows)
            assert found.shape == (len(rows), made.readout.outputs)
            for row, frame, scores in zip(rows, given_frames, found, strict=True):
                assert np.array_equal(scores, alone[row].step(frame))
        for row, session in zip(batch, alone, strict=True):
            assert row.elapsed == session.elapsed
            assert row.state == session.state
            assert np.array_equal(row.clamped, session.clamped)
            if session.elapsed:
                assert np.array_equal(row.values, session.values)
        assert np.array_equal(batch.clamped, sum(session.clamped for session in alone))


def test_rows_have_the_bits_of_a_session_on_lava() -> None:
    program = random_program(4, hidden=(6, 4), emit="graded", encoder="send-on-delta")
    frames = random_sequences(4, 3, [3 * 6]).values.reshape(6, 3, 3)
    with Session(program, "lava", batch=3) as batch:
        alone = singles(batch)
        for t, of_rows in enumerate(frames):
            rows = [0, 1, 2] if t % 2 else [2, 0]
            found = batch.step(of_rows[rows], rows)
            expected = [alone[row].step(of_rows[row]) for row in rows]
            assert np.array_equal(found, expected)
            if t == 3:
                batch.reset([2])
                alone[2].reset()
        batch[1].load_state(alone[0].state)
        assert np.array_equal(batch[1].step(frames[0, 0]), alone[0].step(frames[0, 0]))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_starts_from_its_own_initial_state(engine: str) -> None:
    program = random_program(2)
    initial = np.linspace(-0.9, 0.9, 15).reshape(3, 5)
    frame = np.ones(3, dtype=np.float32)
    with Session(program, engine, batch=3, initial_state={"layer 0": initial}) as batch:
        for _ in range(2):
            found = batch.step([frame] * 3)
            for row, membranes in enumerate(initial):
                with Session(program, initial_state={"layer 0": membranes}) as alone:
                    assert np.array_equal(found[row], alone.step(frame))
            batch.reset()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_wrong_frame_fails_its_row_and_no_other(engine: str) -> None:
    good = np.ones(3, dtype=np.float32)
    frames = [good, np.zeros(2), good, [0, np.nan, 0], "a text", good, ["a", "b", "c"]]
    wrong = r"4 of 7 rows failed, the first is row 1: the frame has shape \(2,\), expected \(3,\)"
    with Session(random_program(3), engine, batch=7) as batch:
        alone = singles(batch)
        for taken in (1, 2):
            with pytest.raises(RowsError, match=wrong) as caught:
                batch.step(frames)
            faults = caught.value.faults
            assert list(faults) == [1, 3, 4, 6]
            assert all(type(fault) is InputError for fault in faults.values())
            assert "nan in channel 1" in str(faults[3])
            for row, scores in enumerate(caught.value.scores):
                expected = [0, 0] if row in faults else alone[row].step(good)
                assert np.array_equal(scores, expected)
                assert batch[row].elapsed == (0 if row in faults else taken)
        found = batch.step([good] * 7)
        assert np.array_equal(found, [session.step(good) for session in alone])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_that_is_no_number_fails_its_row_of_an_array(engine: str) -> None:
    frames = random_sequences(3, 3, [4]).values
    frames[2, 1] = -np.inf
    with Session(random_program(3), engine, batch=4) as batch:
        alone = singles(batch)
        with pytest.raises(RowsError, match="1 of 4 rows failed, the first is row 2: -inf in cha"):
            batch.step(frames)
        for row in (0, 1, 3):
            alone[row].step(frames[row])
        frames[2, 1] = 0
        expected = [session.step(frame) for session, frame in zip(alone, frames, strict=True)]
        assert np.array_equal(batch.step(frames), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_that_is_no_token_fails_its_row(engine: str) -> None:
    program = random_program(3, channels=1, encoder="tokens")
    with Session(program, engine, batch=3) as batch:
        with pytest.raises(RowsError, match="row 1: 0.5 in frame 0, channel 0: expected a token"):
            batch.step(np.array([[1], [0.5], [2]]))
        assert batch.elapsed.tolist() == [1, 0, 1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_at_the_end_of_the_proof_fails_alone(engine: str) -> None:
    frame = np.ones(3, dtype=np.float32)
    with Session(random_program(0), engine, batch=2) as batch:
        state = batch[1].state
        batch[0].load_state(type(state)(**{**vars(state), "steps": 1000}))
        with pytest.raises(RowsError, match="row 0: the session has gone 1,000 steps, but reado"):
            batch.step([frame] * 2)
        assert batch.elapsed.tolist() == [1000, 1]
        batch.reset([0])
        batch.step([frame] * 2)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_that_leaves_the_word_fails_alone_until_its_reset(engine: str) -> None:
    program = random_program(1)
    program.layers[0].gate.bias[0, 2] = 2**24
    frame = np.ones(3, dtype=np.float32)
    with Session(program, engine, batch=3) as batch:
        with pytest.raises(RowsError) as caught:
            batch.step([frame], [2])
        assert list(caught.value.faults) == [2]
        with pytest.raises(RangeError, match="layer 0, reset, neuron 2, sequence 2, step 0"):
            raise caught.value.faults[2]
        with pytest.raises(RangeError, match="sequence 1, step 0"):
            batch[1].step(frame)
    with Session(program, engine, batch=3, strict=False) as batch:
        batch.step([frame] * 3)


@pytest.mark.parametrize(
    ("frames", "rows", "message"),
    [
        (np.ones((3, 3)), None, r"the frames have shape \(3, 3\), expected \(4, 3\): a frame for"),
        (np.ones((4, 2)), None, r"the frames have shape \(4, 2\), expected \(4, 3\)"),
        (np.ones(3), [0], r"the frames have shape \(3,\), expected \(1, 3\)"),
        ([np.ones(3)] * 2, None, r"there are 2 frames, expected \(4, 3\)"),
        (np.ones((1, 3)), [4], "row 4 is not in the batch: expected 0 to 3"),
        (np.ones((2, 3)), [0, -1], "row -1 is not in the batch: expected 0 to 3"),
        (np.ones((2, 3)), [1, 1], "row 1 is given twice: give each row once"),
        (np.ones((1, 3)), 0, "rows are 0: expected a list of row numbers"),
        (np.ones((1, 3)), [0.5], r"rows are \[0.5\]: expected a list of row numbers"),
        (np.ones((4, 3)), [True] * 4, "expected a list of row numbers"),
    ],
)
def test_a_call_with_a_fault_is_refused_and_changes_nothing(
    frames: object, rows: object, message: str
) -> None:
    with Session(random_program(0), batch=4) as batch:
        with pytest.raises(InputError, match=message):
            batch.step(frames, rows)
        assert not batch.elapsed.any()


@pytest.mark.parametrize("row", [4, -1])
def test_a_row_out_of_range_is_refused(row: int) -> None:
    with Session(random_program(0), batch=4) as batch:
        for call in (lambda: batch[row], lambda: batch.reset([row])):
            with pytest.raises(InputError, match=f"row {row} is not in the batch: expected 0 to 3"):
                call()


@pytest.mark.parametrize("batch", [0, -1, True, 2.0, "2"])
def test_a_batch_that_is_no_number_of_rows_is_refused(batch: object) -> None:
    with pytest.raises(SettingError, match="batch is .*: expected a whole number of at least 1"):
        Session(random_program(0), batch=batch)


def test_a_batch_of_a_layer_that_reads_backward_is_refused() -> None:
    with pytest.raises(SettingError, match="layer 0 backward reads from the last frame"):
        Session(random_program(0, bidirectional=True), batch=2)
    with pytest.raises(SettingError, match="unknown option of events: 'threads'"):
        Session(random_program(0), batch=2, threads=2)
    with pytest.raises(SettingError, match="unknown engine 'event': did you mean 'events'"):
        Session(random_program(0), "event", batch=2)


def test_a_closed_batch_says_so() -> None:
    with Session(random_program(0), batch=2) as batch:
        row, state = batch[1], batch[1].state
    batch.close()
    for call in (
        lambda: batch.step(np.ones((2, 3))),
        batch.reset,
        lambda: row.step(np.ones(3)),
        row.reset,
        lambda: row.state,
        lambda: row.values,
        lambda: row.load_state(state),
    ):
        with pytest.raises(EngineError, match="this session is closed: open a new one"):
            call()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_takes_up_the_state_of_a_session_and_gives_it_back(engine: str) -> None:
    program = random_program(4, hidden=(6, 4), emit="graded", encoder="send-on-delta")
    frames = random_sequences(4, 3, [9]).values
    with Session(program) as session, Session(program, engine, batch=3) as batch:
        session.steps(frames[:4])
        batch[2].load_state(session.state)
        assert batch.elapsed.tolist() == [0, 0, 4]
        for frame in frames[4:]:
            assert np.array_equal(batch[2].step(frame), session.step(frame))
        assert batch[2].state == session.state
        assert batch[0].state == batch[1].state
        with pytest.raises(EngineError, match="no frame has come since the row began"):
            _ = batch[0].values


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda batch: pickle.loads(pickle.dumps(batch))])
def test_a_copy_of_a_batch_goes_on_by_itself(
    copied: Callable[[BatchSession], BatchSession], engine: str
) -> None:
    program = random_program(4, hidden=(6, 4))
    frames = random_sequences(4, 3, [30]).values.reshape(10, 3, 3)
    batch = Session(program, engine, batch=3)
    for of_rows in frames[:5]:
        batch.step(of_rows)
    twin = copied(batch)
    assert np.array_equal(twin.clamped, batch.clamped)
    expected = [batch.step(of_rows) for of_rows in frames[5:]]
    del batch
    gc.collect()
    room = [np.full(4096, 255, dtype=np.uint8) for _ in range(1000)]  # where a stale address leads
    assert np.array_equal([twin.step(of_rows) for of_rows in frames[5:]], expected)
    assert room


def test_an_error_of_rows_can_be_sent_to_another_process() -> None:
    error = RowsError({1: InputError("why")}, np.arange(2), np.zeros((2, 1)))
    received = pickle.loads(pickle.dumps(error))
    assert str(received) == str(error)
    assert isinstance(received.faults[1], InputError)


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_that_step_rows_of_one_batch_lose_and_mix_none(engine: str) -> None:
    threads, steps = 16, 20
    program = random_program(3, hidden=(9, 5))
    frames = random_sequences(3, 3, [threads * steps]).values.reshape(threads, steps, 3)
    begin = threading.Barrier(threads)
    with Session(program, engine, batch=threads) as batch:

        def work(row: int) -> list[np.ndarray]:
            begin.wait()
            return [batch.step(frame[np.newaxis], [row])[0] for frame in frames[row]]

        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(work, range(threads)))
        assert batch.elapsed.tolist() == [steps] * threads
    for of_row, scores in zip(frames, found, strict=True):
        with Session(program) as alone:
            assert np.array_equal(scores, alone.steps(of_row))


def test_threads_that_step_the_same_rows_lose_and_mix_none() -> None:
    threads, steps, rows = 16, 10, 32
    program = random_program(3, channels=64, hidden=(96,))
    frames = random_sequences(3, 64, [rows], activity=0.5).values
    with Session(program, batch=rows) as alone:
        expected = [alone.step(frames).tolist() for _ in range(threads * steps)]
    begin = threading.Barrier(threads)
    with Session(program, batch=rows) as batch:

        def work(_: int) -> list[list]:
            begin.wait()
            return [batch.step(frames).tolist() for _ in range(steps)]

        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(work, range(threads)))
        assert batch.elapsed.tolist() == [threads * steps] * rows
    assert sorted(scores for of_one in found for scores in of_one) == sorted(expected)


def test_a_batch_and_its_rows_say_what_they_are() -> None:
    with Session(random_program(0), batch=3) as batch:
        batch.step(np.ones((3, 3)))
        assert repr(batch).startswith("Session('events', 3 rows: 3 frames of Program(")
        assert repr(batch[1]).startswith("BatchRow(1 of Session('events', 3 rows")
        assert len(batch) == 3
        assert all(isinstance(row, BatchRow) for row in batch)
    assert repr(batch).endswith(", closed)")
