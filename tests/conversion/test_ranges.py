"""The range proof is a bound, and where it can be searched exhaustively, it is reached."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_program

from conversion.ranges import largest_score_step, longest_sequence, product_bounds, prove
from hardware.errors import RangeError


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 5))
def test_product_bounds_are_reached_by_some_input_and_passed_by_none(seed: int, width: int) -> None:
    weights = np.random.default_rng(seed).integers(-127, 128, (3, width)).astype(np.int8)
    low, high = product_bounds(weights, -2, 2)
    sums = [weights.astype(int) @ np.array(x) for x in product((-2, -1, 0, 1, 2), repeat=width)]
    assert np.array_equal(np.min(sums, axis=0), low)
    assert np.array_equal(np.max(sums, axis=0), high)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_largest_score_step_is_that_of_the_worst_spikes(seed: int) -> None:
    readout = random_program(seed, hidden=(4,)).readout
    steps = [
        np.abs(readout.weights.astype(int) @ np.array(s) + readout.bias).max()
        for s in product((0, 1), repeat=4)
    ]
    assert largest_score_step(readout) == max(steps)
    assert longest_sequence(readout) * max(steps) <= 2**23 - 1


def test_an_accumulator_over_the_word_names_its_neuron_and_bound() -> None:
    program = random_program(0, channels=3)
    layer = program.layers[0]
    bias = layer.gate.bias.copy()
    bias[1, 3] = 2**23
    broken = replace(layer, gate=replace(layer.gate, bias=bias))
    message = r"layer 0, update, neuron 3: the pre-activation can reach \d+, over 8388607.*help"
    with pytest.raises(RangeError, match=message):
        prove(replace(program, layers=(broken,)))


def test_a_reset_product_over_the_word_is_refused() -> None:
    program = random_program(0)
    layer = program.layers[0]
    heavy = replace(layer, gate=replace(layer.gate, recurrent_bias=np.full(5, 40_000)))
    with pytest.raises(RangeError, match="candidate, neuron . ?: the reset product|reset product"):
        prove(replace(program, layers=(heavy,)))


def test_a_score_over_the_word_is_refused() -> None:
    program = random_program(0)
    with pytest.raises(RangeError, match="readout, readout, neuron 0: the score"):
        prove(replace(program, max_steps=10**6))
