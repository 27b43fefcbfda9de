"""Streams without an end: memory stays level, counters have room, errors name what goes on."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
from programs import random_program, random_sequences
from states import LAVA_STEPPERS, STEPPERS

from hardware import Session, SparseSequences, run, stream
from hardware.definition.readout import BOUNDED
from hardware.errors import InputError
from hardware.program.model import Program

FAR = 10**15
"""Steps of a session that has listened for thirty years, a step each microsecond."""


def endless(readout: str, **settings: Any) -> Program:
    """Return a program without a longest sequence."""
    return replace(random_program(4, hidden=(3,), readout=readout, **settings), max_steps=None)


def added(steps: int, session: Session, frames: np.ndarray) -> int:
    """Return the blocks of memory that the process has added in that many steps of a session."""
    before = sys.getallocatedblocks()
    for t in range(steps):
        session.step(frames[t % len(frames)])
    gc.collect()
    return sys.getallocatedblocks() - before


def test_readouts_without_an_end_are_those_that_lose_old_steps() -> None:
    assert BOUNDED == ("leaky", "sliding", "tumbling")


@pytest.mark.parametrize("readout", BOUNDED)
@pytest.mark.parametrize(("engine", "steps"), [("numpy", 400), ("events", 2000)])
def test_the_memory_of_a_session_is_level(engine: str, steps: int, readout: str) -> None:
    frames = random_sequences(4, 3, [50]).values
    with Session(endless(readout, window=7), engine, strict=False) as session:
        added(steps // 4, session, frames)
        least = min(added(steps, session, frames) for _ in range(3))
        assert least < steps // 4, "a session that keeps a block a step adds them in every round"
        assert session.elapsed == 3 * steps + steps // 4


@pytest.mark.parametrize("readout", BOUNDED)
def test_a_long_session_ends_as_one_sequence_of_all_its_frames_does(readout: str) -> None:
    program = endless(readout, window=9)
    frames = random_sequences(5, 3, [10_000]).values
    with Session(program, strict=False) as session:
        for frame in frames:
            scores = session.step(frame)
        for given_as in ([frames], SparseSequences.of([frames])):
            [found] = stream(program, given_as, strict=False)
            assert np.array_equal(found, scores)


@pytest.mark.long
@pytest.mark.parametrize("readout", BOUNDED)
def test_the_memory_of_a_session_of_a_million_steps_is_level(readout: str) -> None:
    frames = random_sequences(4, 3, [50]).values
    with Session(endless(readout, window=7), strict=False) as session:
        added(10**5, session, frames)
        assert added(9 * 10**5, session, frames) < 1000


@pytest.mark.parametrize(("engine", "options"), [*STEPPERS, *LAVA_STEPPERS], ids=str)
@pytest.mark.parametrize("readout", BOUNDED)
def test_a_session_goes_on_alike_after_very_many_steps(
    readout: str, engine: str, options: dict[str, Any]
) -> None:
    program = endless(readout, window=5)
    frames = random_sequences(6, 3, [19]).values
    with Session(program, engine, **options) as session, Session(program) as other:
        for frame in frames[:8]:
            other.step(frame)
        state = other.state
        session.load_state(replace(state, steps=state.steps + 5 * FAR))
        for n, frame in enumerate(frames[8:], 1):
            assert np.array_equal(session.step(frame), other.step(frame))
            assert session.elapsed == session.state.steps == state.steps + 5 * FAR + n
            assert np.array_equal(session.state.window, other.state.window)


@pytest.mark.parametrize("readout", ["mean", "count"])
def test_a_sum_over_all_steps_names_the_readouts_that_take_any_number(readout: str) -> None:
    program = replace(random_program(0, readout=readout), max_steps=2)
    remedy = "the readouts leaky, sliding, tumbling take any number of steps"
    with pytest.raises(InputError, match=f"cut it into shorter ones; {remedy}"):
        run(program, [np.ones((3, 3))])
    with pytest.raises(InputError, match=f"cut it into shorter ones; {remedy}"):
        list(stream(program, [np.ones((3, 3))]))
    with Session(program) as session:
        for _ in range(2):
            session.step(np.ones(3))
        with pytest.raises(InputError, match=rf"reset\(\) it before; {remedy}"):
            session.step(np.ones(3))


def test_a_program_of_another_readout_gives_no_advice_about_readouts() -> None:
    program = replace(random_program(0, readout="step"), max_steps=2)
    with pytest.raises(InputError, match="cut it into shorter ones$"):
        run(program, [np.ones((3, 3))])


@pytest.mark.parametrize("readout", BOUNDED)
def test_a_stream_takes_sequences_without_an_end(readout: str) -> None:
    program, frames = endless(readout), random_sequences(7, 3, [4]).values

    def sequences():  # type: ignore[no-untyped-def]
        while True:
            yield frames

    found = list(islice(stream(program, sequences(), threads=1), 300))
    assert all(np.array_equal(scores, found[0]) for scores in found)
