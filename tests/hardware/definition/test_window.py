"""Windows of a readout against sums that are added up again at every step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from windows import score_of_currents

from hardware.definition.readout import READOUTS, Readout

WINDOWED = [kind for kind, row in READOUTS.items() if row.windowed]


def readout(kind: str, window: int, outputs: int = 2) -> Readout:
    weights, bias = np.eye(outputs, dtype=np.int8), np.zeros(outputs, np.int64)
    return Readout(weights, bias, exponent=-6, gain=5.0, kind=kind, window=window)


def test_sliding_and_tumbling_are_windowed() -> None:
    assert WINDOWED == ["sliding", "tumbling"]


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(WINDOWED),
    window=st.integers(1, 12),
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_every_score_is_the_sum_of_its_window(
    kind: str, window: int, lengths: list[int], seed: int
) -> None:
    made, longest = readout(kind, window), max(lengths)
    currents = np.random.default_rng(seed).integers(-1000, 1000, (longest, len(lengths), 2))
    tally = made.tally(len(lengths), longest)
    for t in range(longest):
        alive = np.flatnonzero(np.array(lengths) > t)
        before = tally.score.copy()
        sums = made.step(tally, currents[t, alive], alive)
        for number, so_far in zip(alive, sums, strict=True):
            own = currents[: t + 1, number]
            assert np.array_equal(tally.score[number], score_of_currents(made, own))
            begin = t - t % window if kind == "tumbling" else max(0, t + 1 - window)
            assert np.array_equal(so_far, own[begin:].sum(axis=0))
        ended = np.delete(np.arange(len(lengths)), alive)
        assert np.array_equal(tally.score[ended], before[ended])
    assert tally.steps.tolist() == lengths


@pytest.mark.parametrize("kind", WINDOWED)
def test_a_score_of_fewer_steps_than_a_window_is_that_of_mean(kind: str) -> None:
    windowed, mean = readout(kind, 9), Readout(np.eye(2, dtype=np.int8), np.zeros(2), -6, 5.0)
    a, b = windowed.tally(1), mean.tally(1)
    for t, current in enumerate(np.random.default_rng(0).integers(-9, 9, (9, 2))):
        windowed.step(a, current)
        mean.step(b, current)
        assert np.array_equal(a.score, b.score)
        assert np.array_equal(windowed.values(a.score, t + 1), mean.values(b.score, t + 1))


def test_a_window_of_one_step_has_the_score_of_that_step() -> None:
    for kind in WINDOWED:
        made = readout(kind, 1)
        tally = made.tally(1)
        for current in np.random.default_rng(1).integers(-9, 9, (5, 2)):
            made.step(tally, current)
            assert np.array_equal(tally.score[0], current)


@pytest.mark.parametrize(("kind", "words"), [("sliding", 7), ("tumbling", 1), ("mean", 0)])
def test_the_words_of_a_window_are_a_ring_or_one_sum(kind: str, words: int) -> None:
    made = readout(kind, 7 * READOUTS[kind].windowed)
    assert made.window_words == words
    assert made.tally(3).window.shape == (3, words, 2)
    assert made.tally(3, 4).window.shape == (3, min(words, 4), 2)
