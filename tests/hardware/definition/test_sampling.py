"""Sampling in integers: the probabilities it stands for, and the same draws everywhere."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.definition.sampling import Sampler, costs, draw, powers
from hardware.errors import SettingError

SCORES = st.lists(st.integers(-(2**23), 2**23), min_size=1, max_size=20)


def test_draws_are_those_of_splitmix64_as_published():
    assert [draw(1234567, n) for n in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_the_table_holds_the_largest_integers_below_the_powers_of_two():
    for f, power in enumerate(powers().tolist()):
        assert power**256 <= 1 << (8192 - f) < (power + 1) ** 256


@given(SCORES, st.floats(0.05, 4), st.floats(1e-6, 1e-2))
def test_weights_are_the_softmax_of_the_logits_within_their_rounding(scores, temperature, unit):
    weights = Sampler(temperature).weights(scores, unit).astype(float)
    logits = np.array(scores) * unit / temperature
    softmax = np.exp(logits - logits.max())
    # d loses less than one step of 1/256 halving, and rounding k at most distance · 2^-17 steps.
    slack = (1 + (max(scores) - np.array(scores)) * 2.0**-17) * math.log(2) / 256
    assert (weights / 2**32 <= softmax * np.exp(slack) + 2**-31).all()
    assert (weights / 2**32 >= softmax * np.exp(-slack) - 2**-31).all()


@given(SCORES, st.integers(0, 2**64 - 1))
def test_a_temperature_of_zero_takes_the_first_of_the_largest_scores(scores, seed):
    assert Sampler(0, seed).choose(scores, 0.01, 5) == int(np.argmax(scores))


@given(SCORES, st.floats(1e-12, 1e-9), st.integers(0, 2**64 - 1))
def test_a_tiny_temperature_takes_one_of_the_largest_scores(scores, temperature, seed):
    chosen = Sampler(temperature, seed).choose(scores, 0.01, 0)
    assert scores[chosen] == max(scores)


def test_choices_come_as_often_as_their_probabilities():
    sampler, scores, unit = Sampler(0.5, seed=7), np.array([300, 100, 0, -5000]), 0.005
    softmax = np.exp((scores - 300) * unit / 0.5)
    expected = softmax / softmax.sum()
    draws = [sampler.choose(scores, unit, n) for n in range(4000)]
    found = np.bincount(draws, minlength=4) / 4000
    assert np.abs(found - expected).max() < 4 * 0.5 / math.sqrt(4000)


def test_equal_seeds_choose_alike_and_other_seeds_differently():
    scores = np.zeros(50, dtype=int)
    one, same, other = (
        [Sampler(1.0, seed).choose(scores, 0.1, n) for n in range(20)] for seed in (3, 3, 4)
    )
    assert one == same != other


@pytest.mark.parametrize("wrong", [-0.1, math.nan, math.inf])
def test_a_temperature_that_is_no_number_from_zero_is_refused(wrong):
    with pytest.raises(SettingError, match="temperature"):
        Sampler(wrong)


@pytest.mark.parametrize("wrong", [-1, 2**64])
def test_a_seed_beyond_64_bits_is_refused(wrong):
    with pytest.raises(SettingError, match="seed"):
        Sampler(1.0, wrong)


@given(SCORES, st.floats(1e-6, 1e-2))
def test_costs_are_the_bits_of_the_probabilities_within_their_rounding(scores, unit):
    logits = np.array(scores) * unit
    bits = -(logits - logits.max() - math.log(np.exp(logits - logits.max()).sum())) / math.log(2)
    slack = 2 + (max(scores) - np.array(scores)) * 2.0**-17
    assert (np.abs(costs(scores, unit) - 256 * bits) <= slack).all()
