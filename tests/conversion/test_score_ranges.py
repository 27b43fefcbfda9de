"""Scores stay within the word for as many steps as the proof says, and not one more."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_program

from conversion.ranges import (
    longest_sequence,
    longest_window,
    prove,
    prove_readout,
    score_bound,
)
from hardware.definition.cell import Cell
from hardware.definition.readout import Readout
from hardware.errors import RangeError

LIMIT = 2**23 - 1
IDLE = (0, 0)


def readout(weights: tuple = ((0, 0), (0, 0)), bias: tuple[int, int] = (0, 0)) -> Readout:
    return Readout(np.array(weights), np.array(bias), exponent=-6, gain=5.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_largest_score_step_is_that_of_the_worst_spikes(seed: int) -> None:
    readout = random_program(seed, hidden=(4,)).readout
    steps = [
        np.abs(readout.current(readout.weights.astype(int) @ np.array(s))).max()
        for s in product((0, 1), repeat=4)
    ]
    assert score_bound(readout, Cell(), 1).max() == max(steps)
    assert longest_sequence(readout, Cell()) * max(steps) <= LIMIT


@pytest.mark.parametrize("leak", [1, 4, 8])
def test_a_leaky_score_stays_within_its_bound_and_comes_close_to_it(leak: int) -> None:
    made_of = replace(readout(((100, -90), (127, 3)), (7, -9)), kind="leaky", leak=leak)
    bound = score_bound(made_of, Cell(), 1)
    for spikes in ((1, 0), (0, 1)):
        tally, largest = made_of.tally(1), np.zeros(2, dtype=np.int64)
        for _ in range(20 << leak):
            [sums] = made_of.step(tally, made_of.weights @ np.array(spikes))
            largest = np.maximum(largest, np.abs(sums))
        assert (largest <= bound).all()
    assert largest[0] > 0.75 * bound[0]


@pytest.mark.parametrize(
    ("quantity", "steps", "fits", "over", "bound"),
    [
        ("bias", 1, readout(bias=(0, LIMIT)), readout(bias=(0, LIMIT + 1)), LIMIT + 1),
        ("bias", 1, readout(bias=(0, -LIMIT)), readout(bias=(0, -(2**63))), 2**63),
        (
            "accumulator",
            1,
            readout((IDLE, (LIMIT, 0)), (0, -9)),
            readout((IDLE, (LIMIT, 1)), (0, -9)),
            LIMIT + 1,
        ),
        ("score", 2**20, readout((IDLE, (5, 2))), readout((IDLE, (5, 3))), 2**23),
        ("score", 2**20, readout((IDLE, (-7, 7))), readout((IDLE, (-8, 7))), 2**23),
        ("score", 2**20, readout((IDLE, (2, 0)), (0, -7)), readout((IDLE, (2, 0)), (0, -8)), 2**23),
        ("score", 2**20, readout((IDLE, (0, 0)), (0, 7)), readout((IDLE, (1, 0)), (0, 7)), 2**23),
    ],
)
def test_the_readout_is_proven_up_to_the_last_number_that_fits(
    quantity: str, steps: int, fits: Readout, over: Readout, bound: int
) -> None:
    prove_readout(fits, Cell(), steps)
    message = f"readout, readout, neuron 1: the {quantity} can reach {bound}, over {LIMIT}"
    with pytest.raises(RangeError, match=message):
        prove_readout(over, Cell(), steps)


@pytest.mark.parametrize("kind", ["sliding", "tumbling"])
def test_a_window_is_proven_for_any_number_of_steps_up_to_the_longest_that_fits(kind: str) -> None:
    made = readout(((0, 0), (127, 100)), (0, 30))
    longest = LIMIT // (127 + 100 + 30)
    for window, steps in ((1, None), (longest, None), (longest + 1, longest)):
        made_of = replace(made, kind=kind, window=window)
        prove_readout(made_of, Cell(), steps)
        assert longest_window(made_of, Cell()) == longest
        assert longest_sequence(made_of, Cell()) is None
    message = f"readout: a window of {longest + 1} steps can leave .*: use .* at most {longest} st"
    with pytest.raises(RangeError, match=message):
        prove_readout(replace(made, kind=kind, window=longest + 1), Cell(), None)
    with pytest.raises(RangeError, match="neuron 1: the bias can reach"):
        prove_readout(replace(made, kind=kind, window=1, bias=made.bias * 10**6), Cell(), None)


@pytest.mark.parametrize("kind", ["sliding", "tumbling"])
@pytest.mark.parametrize("window", [1, 3, 8])
def test_the_bound_of_a_window_is_reached(kind: str, window: int) -> None:
    made_of = replace(readout(((100, -90), (127, 3)), (7, -9)), kind=kind, window=window)
    tally, largest = made_of.tally(1), 0
    for _ in range(3 * window):
        sums = made_of.step(tally, made_of.weights @ np.array([1, 1]))
        largest = max(largest, int(np.abs(sums).max()))
    assert largest == score_bound(made_of, Cell(), 10**9).max() == window * 121


def test_a_sequence_longer_than_its_scores_allow_is_refused() -> None:
    program = random_program(0)
    longest = longest_sequence(program.readout, Cell())
    prove(replace(program, max_steps=longest))
    for steps in (longest + 1, 2**62, 2**70):
        with pytest.raises(RangeError, match="readout, readout, neuron .: the score can reach"):
            prove(replace(program, max_steps=steps))


def test_a_score_that_adds_up_over_any_number_of_steps_is_refused() -> None:
    for readout_kind in ("mean", "count"):
        with pytest.raises(RangeError, match="readout, readout, neuron .: the score can reach"):
            prove(replace(random_program(0, readout=readout_kind), max_steps=None))
    for readout_kind in ("leaky", "sliding", "tumbling", "last", "step"):
        prove(replace(random_program(0, readout=readout_kind), max_steps=None))
    prove_readout(readout(), Cell(), None)
