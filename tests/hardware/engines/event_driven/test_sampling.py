"""Live sequences follow their density: calls change between frames, the bits stay."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware import Session, run
from hardware.engines.event_driven import sampling
from hardware.engines.event_driven.density import DENSE, ENTER, LEAVE
from hardware.engines.event_driven.live import LiveSequence

BUSY, QUIET = 1.0, 0.02


@pytest.fixture(autouse=True, scope="module")
def often() -> Iterator[None]:
    """Take samples often: sessions of random programs go no further than 1,000 steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "FRAMES_BETWEEN", 64)
        yield


def waves(seed: int, channels: int, length: int) -> np.ndarray:
    """Frames (4 · length, channels) that are dense, then nearly silent, twice."""
    return np.concatenate(
        [
            random_sequences(seed + i, channels, [length], activity=activity).values
            for i, activity in enumerate([BUSY, QUIET, BUSY, QUIET])
        ]
    )


def live_of(session: Session) -> LiveSequence:
    return session._stepper.live  # type: ignore[attr-defined, no-any-return]


@settings(max_examples=40, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    between=st.integers(1, 3),
    cut=st.integers(0, 40),
)
def test_every_setting_gives_the_bits_of_the_definition(
    program: dict, cell: dict, between: int, cut: int
) -> None:
    made = random_program(**{**program, "bidirectional": False}, **cell)
    frames = waves(program["seed"], program["channels"], 10)
    with Session(made, "numpy", strict=False) as definition, pytest.MonkeyPatch.context() as patch:
        expected = definition.steps(frames)
        patch.setattr(sampling, "FRAMES_BETWEEN", between)
        patch.setattr(sampling, "NEW", 1)
        for dense in DENSE:
            with Session(made, strict=False, dense=dense) as session:
                alone = [session.step(frame) for frame in frames[:cut]]
                block = session.steps(frames[cut:])
                assert np.array_equal(np.array([*alone, *block]), expected)
                assert session.state == definition.state
            with Session(made, strict=False, dense=dense, batch=3) as batch:
                for t, frame in enumerate(frames):
                    rows = [0, 1, 2] if t % 3 else [1, 2, 0]
                    found = batch.step([frame] * 3, rows)
                    assert (found == expected[t]).all()


@pytest.mark.parametrize("emit", ["binary", "state", "signed-on-change"])
def test_a_session_follows_its_frames(emit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "NEW", 1)
    program = random_program(2, channels=40, hidden=(30,), emit=emit)
    busy, quiet, *_ = np.split(waves(2, 40, 2 * sampling.FRAMES_BETWEEN), 4)
    quiet[:] = program.encoder.offset  # a value for which nothing is sent
    with Session(program, strict=False) as session:
        for frames, dense in ((busy, True), (quiet, False), (busy, True)):
            session.steps(frames)
            assert live_of(session).dense[0] is dense
    with Session(program, strict=False, batch=2) as batch:
        for frames, dense in ((busy, True), (quiet, False), (busy, True)):
            for frame in frames:
                batch.step([frame] * 2)
            assert [live.dense[0] for live in batch._rows.live] == [dense] * 2  # type: ignore[attr-defined]


def test_a_forced_setting_is_never_left() -> None:
    program = random_program(2, channels=40, hidden=(30,))
    for dense, expected in (("always", True), ("never", False)):
        with Session(program, strict=False, dense=dense) as session:
            session.steps(waves(2, 40, 3 * sampling.FRAMES_BETWEEN))
            assert live_of(session).dense == [expected] * 2


def test_changes_are_measured_as_changes() -> None:
    program = random_program(1, channels=50, hidden=(20,), encoder="send-on-delta")
    same = np.ones((4 * sampling.FRAMES_BETWEEN, 50), dtype=np.float32)
    with Session(program, strict=False) as session:
        session.steps(same)
        assert live_of(session).dense[0] is False


@pytest.mark.parametrize("again", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
@pytest.mark.parametrize("dense", DENSE)
def test_states_resets_and_copies_go_on_while_the_choice_changes(
    again: object, dense: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "FRAMES_BETWEEN", 2)
    monkeypatch.setattr(sampling, "NEW", 1)
    program = random_program(
        3, channels=20, hidden=(12, 9), emit="signed-on-change", encoder="send-on-delta"
    )
    frames = waves(3, 20, 9)
    expected = run(program, [frames], engine="numpy", strict=False).final_scores[0]
    with Session(program, strict=False, dense=dense) as session:
        session.steps(frames[:13])
        session.reset()
        session.steps(frames[:15])
        state, twin = session.state, again(session)  # type: ignore[operator]
        session.run([frames, frames[:3]])
        session.steps(frames[::-1])
        session.load_state(state)
        assert np.array_equal(session.steps(frames[15:])[-1], expected)
        assert np.array_equal(twin.steps(frames[15:])[-1], expected)


def test_a_mean_between_the_two_shares_changes_nothing() -> None:
    program = random_program(2, channels=40, hidden=(30,), emit="state")
    with Session(program, strict=False) as session:
        followed = session._stepper.sampling  # type: ignore[attr-defined]
        before = list(followed.density.dense)
        assert followed.density.chosen([(ENTER + LEAVE) / 2] * len(before)) == before
