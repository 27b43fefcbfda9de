"""Windowed readouts: every engine and every way to run has the sums of a trace's emissions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences
from states import LAVA, LAVA_STEPPERS, STEPPERS
from windows import scores_of

from hardware import Session, SparseSequences, run, stream
from hardware.errors import InputError, RangeError, SettingError
from hardware.program.model import Program
from hardware.runs.early_exit import scores_of_frames
from hardware.runs.state import State

KINDS = ["sliding", "tumbling"]
STEPS = 6
WINDOWS = [1, 2, STEPS - 1, STEPS, STEPS + 1, 4 * STEPS]

windowed_program = every_program.flatmap(
    lambda program: st.sampled_from(KINDS).map(lambda kind: {**program, "readout": kind})
)


def with_window(program: Program, window: int) -> Program:
    return replace(program, readouts=(replace(program.readout, window=window),))


@settings(max_examples=150, deadline=None)
@given(
    program=windowed_program,
    cell=every_cell,
    lengths=st.lists(st.integers(1, 25), min_size=1, max_size=4),
    threads=st.sampled_from([1, 2]),
)
def test_every_run_has_the_sums_of_its_windows(
    program: dict, cell: dict, lengths: list[int], threads: int
) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], lengths)
    trace = run(made, sequences, "numpy", strict=False)
    expected = scores_of(made, trace)
    last = np.array([scores[-1] for scores in expected])
    assert np.array_equal(trace.scores, last)
    assert np.array_equal(run(made, sequences, strict=False, threads=threads).scores, last)
    for given_as in (list(sequences), SparseSequences.of(sequences)):
        found = list(stream(made, given_as, strict=False, threads=threads))
        assert np.array_equal(found, last)
    if not made.bidirectional:
        per_frame = made.encoder.steps
        of_frames = [scores[per_frame - 1 :: per_frame] for scores in expected]
        assert np.array_equal(scores_of_frames(made, trace), np.concatenate(of_frames))


@settings(max_examples=60, deadline=None)
@given(program=windowed_program, cell=every_cell, engine=st.sampled_from(STEPPERS))
def test_every_step_of_a_session_has_the_sums_of_its_window(
    program: dict, cell: dict, engine: tuple[str, dict[str, Any]]
) -> None:
    assume(not program["bidirectional"])
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], [12, 5])
    expected = scores_of(made, run(made, sequences, "numpy", strict=False))
    per_frame, (name, options) = made.encoder.steps, engine
    with Session(made, name, strict=False, **options) as session:
        for frames, scores in zip(sequences, expected, strict=True):
            session.reset()
            for frame, after in zip(frames, scores[per_frame - 1 :: per_frame], strict=True):
                assert np.array_equal(session.step(frame), after)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_window_may_be_shorter_or_longer_than_its_sequence(kind: str, window: int) -> None:
    program = random_program(window, hidden=(4, 3), readout=kind, window=window)
    sequences = random_sequences(window, 3, [STEPS, 1, 3 * STEPS])
    for engine in ("numpy", "events"):
        trace = run(program, sequences, engine)
        expected = [scores[-1] for scores in scores_of(program, trace)]
        assert np.array_equal(trace.scores, expected)


@pytest.mark.parametrize("options", LAVA, ids=str)
@pytest.mark.parametrize(
    ("kind", "window", "more"),
    [
        ("sliding", 3, {"encoder": "rate", "hidden": (4, 3)}),
        ("sliding", 60, {"emit": "graded", "encoder": "send-on-delta"}),
        ("tumbling", 4, {"formulation": "keep", "emit": "signed"}),
        ("tumbling", 2, {"emit": "state", "bidirectional": True}),
    ],
)
def test_lava_has_the_sums_of_the_windows_of_sequences_of_unequal_length(
    options: dict[str, Any], kind: str, window: int, more: dict[str, Any]
) -> None:
    program = random_program(3, readout=kind, window=window, **more)
    sequences = random_sequences(3, 3, [7, 1, 12, 4])
    trace = run(program, sequences, "lava", **options)
    assert np.array_equal(trace.scores, [scores[-1] for scores in scores_of(program, trace)])


@pytest.mark.parametrize(("engine", "options"), [*STEPPERS, *LAVA_STEPPERS], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_state_carries_the_window_from_engine_to_engine(
    kind: str, engine: str, options: dict[str, Any], tmp_path: Path
) -> None:
    program = random_program(2, hidden=(4,), readout=kind, window=4)
    frames = random_sequences(2, 3, [15]).values
    expected = scores_of(program, run(program, [frames]))[0]
    for at in (1, 6):
        with Session(program) as session, Session(program, engine, **options) as other:
            for frame in frames[:at]:
                session.step(frame)
            other.step(-frames[0])
            session.state.save(tmp_path / "state")
            state = State.load(tmp_path / "state")
            assert state == session.state
            other.load_state(state)
            assert other.state == state
            for t in range(at, len(frames)):
                assert np.array_equal(other.step(frames[t]), expected[t])
                assert np.array_equal(session.step(frames[t]), expected[t])
                assert other.state == session.state


def test_a_state_without_its_window_is_refused() -> None:
    program = random_program(2, readout="sliding", window=4)
    with Session(program) as session:
        session.step(np.ones(3))
        state = session.state
        assert state.window.shape == (4, 2)
        for window in (np.zeros((0, 2), np.int64), state.window[:3], state.window.T):
            with pytest.raises(InputError, match=r"the window's words have shape .*expected \(4,"):
                session.load_state(replace(state, window=window))
        assert state != replace(state, window=state.window + 1)
        with pytest.raises(InputError, match="the window has words of more than 1 step: give"):
            session.load_state(replace(state, window=state.window + 1))
    with Session(random_program(2)) as session:
        assert session.state.window.shape == (0, 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["numpy", "events"])
def test_a_sum_that_leaves_the_word_is_found_before_its_window_is_complete(
    kind: str, engine: str
) -> None:
    program = random_program(1, readout=kind, window=3, outputs=1)
    readout = replace(
        program.readout, bias=np.array([3 * 2**21]), weights=program.readout.weights * 0
    )
    program = replace(program, readouts=(readout,))
    frames = np.ones((3, 3))
    run(program, [frames[:1]], engine)
    with pytest.raises(RangeError, match="readout, neuron 0, .*step 1: the score is"):
        run(program, [frames], engine)
    trace = run(program, [np.ones((7, 3))], engine, strict=False)
    assert trace.saturations is not None
    assert trace.saturations[-1, 2] == (4 if kind == "tumbling" else 6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("window", [1, 4, 9, 40])
def test_a_run_with_early_exit_reads_the_windows_so_far(kind: str, window: int) -> None:
    program = random_program(5, hidden=(6,), outputs=3, readout=kind, window=window)
    sequences = random_sequences(5, 3, [30, 8, 1, 17])
    expected = scores_of(program, run(program, sequences))
    values = [program.readout.values(scores, 1 + np.arange(len(scores))) for scores in expected]
    leads = [np.diff(np.sort(of_one, axis=1))[:, -1] for of_one in values]
    margin = float(np.median(np.concatenate(leads)))
    exits = [
        int(np.argmax(lead >= margin)) + 1 if (lead >= margin).any() else len(lead)
        for lead in leads
    ]
    for engine in ("numpy", "events"):
        trace = run(program, sequences, engine, early_exit=margin)
        assert trace.exits.tolist() == exits
        assert np.array_equal(
            trace.scores, [scores[n - 1] for scores, n in zip(expected, exits, strict=True)]
        )
    found = stream(program, sequences, early_exit=margin, exits=True)
    for each, scores, n in zip(found, expected, exits, strict=True):
        assert each.frames == n
        assert np.array_equal(each.scores, scores[n - 1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_of_both_directions_is_refused_as_with_any_readout(kind: str) -> None:
    with pytest.raises(SettingError, match="reads from the last frame to the first"):
        Session(random_program(0, bidirectional=True, readout=kind))
