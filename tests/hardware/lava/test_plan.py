from __future__ import annotations

import unittest.mock
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from lava_threads import ThreadedSession
from programs import every_cell, every_program, random_program, random_sequences

from hardware.lava.clock import FIRST, LAST, STEP
from hardware.lava.plan import NONE, changes, one_step, plan, reversed_rows, ticks

lengths = st.lists(st.integers(1, 9), min_size=1, max_size=9).map(np.array)


@given(lengths, st.integers(1, 5))
def test_every_frame_is_sent_once_and_every_sequence_in_order(
    lengths: np.ndarray, lanes: int
) -> None:
    made = plan(lengths, lanes)
    assert sorted(made.rows[made.rows != NONE]) == list(range(lengths.sum()))
    starts = np.cumsum(lengths) - lengths
    for lane in range(lanes):
        rows, clock = made.rows[:, lane], made.clock[:, lane]
        playing = rows != NONE
        assert (np.diff(playing.astype(int)) <= 0).all(), "a lane never pauses"
        begins = np.isin(rows, starts)
        ends = np.isin(rows, starts + lengths - 1)
        assert (clock == playing * (STEP + FIRST * begins + LAST * ends)).all()
        assert ((made.ends[:, lane] != NONE) == ends).all()
        assert (np.diff(rows)[playing[1:] & ~begins[1:]] == 1).all()
        np.testing.assert_array_equal(
            starts[made.ends[ends, lane]] + lengths[made.ends[ends, lane]] - 1, rows[ends]
        )


@given(lengths)
def test_one_lane_keeps_the_order_of_the_sequences(lengths: np.ndarray) -> None:
    assert plan(lengths, 1).rows.ravel().tolist() == list(range(lengths.sum()))


@given(lengths, st.integers(1, 5))
def test_no_lane_is_longer_than_it_must_be(lengths: np.ndarray, lanes: int) -> None:
    # Longest first is at most a third longer than the best (Graham 1969).
    best = max(-(-lengths.sum() // lanes), lengths.max())
    assert len(plan(lengths, lanes).rows) <= best * 4 / 3 + lengths.max()


@given(lengths)
def test_rows_reversed_twice_are_as_before(lengths: np.ndarray) -> None:
    frames = np.arange(lengths.sum())
    back = reversed_rows(lengths)
    assert (frames[back][back] == frames).all()
    for start, end in zip(np.cumsum(lengths) - lengths, np.cumsum(lengths), strict=True):
        assert back[start:end].tolist() == list(range(end - 1, start - 1, -1))


@given(lengths, st.integers(0, 99))
def test_changes_add_up_to_the_values(lengths: np.ndarray, seed: int) -> None:
    values = np.random.default_rng(seed).integers(-9, 9, (lengths.sum(), 2))
    parts = np.split(changes(values, lengths), np.cumsum(lengths)[:-1])
    np.testing.assert_array_equal(np.concatenate([np.cumsum(p, axis=0) for p in parts]), values)


@settings(max_examples=40, deadline=None)
@given(every_program, every_cell, st.integers(1, 6))
def test_a_sequence_alone_takes_the_ticks_that_the_program_says(
    program: dict[str, Any], cell: dict[str, Any], length: int
) -> None:
    made = random_program(**{**program, "bidirectional": False}, **cell)
    steps = np.array([length])
    assert ticks(made, plan(steps, 1)) == made.ticks(steps)[0]


@settings(max_examples=15, deadline=None)
@given(every_program, every_cell, st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_a_tick_less_would_be_too_few(
    program: dict[str, Any], cell: dict[str, Any], lengths: list[int]
) -> None:
    made = random_program(**program, **cell)
    events, steps = made.encode(random_sequences(0, made.encoder.channels, lengths))
    with ThreadedSession(made) as session:
        session.run(events, steps)
        needed = session.ticks
    with ThreadedSession(made) as session:
        with unittest.mock.patch("hardware.lava.session.ticks", return_value=needed - 1):
            session.run(events, steps)
        rows = session.arrays.arrays["scores"]
        last = session.supervisor.network.models["readout.scores"].scores.writer.step[0]
        assert last == steps.sum() - 1 < len(events)
        assert len(rows) == (len(events) if made.readout.answers_every_step else len(steps))


def test_a_step_of_a_stream_begins_a_sequence_or_goes_on_with_it() -> None:
    assert one_step(first=True).clock.tolist() == [[STEP | FIRST | LAST]]
    assert one_step(first=False).clock.tolist() == [[STEP | LAST]]
