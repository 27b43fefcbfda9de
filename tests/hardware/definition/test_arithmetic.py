"""The integer arithmetic against exact rational arithmetic, which rounds nowhere by itself."""

from __future__ import annotations

from fractions import Fraction
from math import exp, floor, tanh

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.definition import arithmetic
from hardware.errors import RangeError

words = st.integers(-arithmetic.WORD_LIMIT, arithmetic.WORD_LIMIT)
fractions = st.integers(4, 14)


def array(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def clamp(value: Fraction, low: int, high: int) -> Fraction:
    return max(Fraction(low), min(Fraction(high), value))


@given(words, st.integers(-30, 20))
def test_shift_is_the_floor_of_the_scaled_number(x: int, k: int) -> None:
    assert arithmetic.shift(array(x), k)[0] == floor(x * Fraction(2) ** k)


def test_shift_takes_one_exponent_for_each_number() -> None:
    assert arithmetic.shift(array(-3, -3, 3), array(2, -1, -1)).tolist() == [-12, -2, 1]


@given(words, fractions, st.integers(4, 10))
def test_hard_sigmoid_is_the_clamped_quarter_plus_a_half(p: int, S: int, G: int) -> None:
    quarter = Fraction(floor(Fraction(p, 2**S) / 4 * 2**G), 2**G)
    expected = clamp(quarter + Fraction(1, 2), 0, 1) * 2**G
    assert arithmetic.hard_sigmoid(array(p), S, G)[0] == expected


@given(words, fractions)
def test_hard_tanh_is_the_clamped_number(p: int, S: int) -> None:
    expected = clamp(Fraction(p, 2**S), -1, 1) * 2**S
    assert arithmetic.hard_tanh(array(p), S)[0] == expected


def test_mix_is_exact_at_every_gate_and_every_pair_of_small_states() -> None:
    G, one = 4, 16
    z, kept, written = np.meshgrid(
        np.arange(one + 1), np.arange(-8, 9), np.arange(-8, 9), indexing="ij"
    )
    mixed = arithmetic.mix(z, kept, written, G)
    for index in np.ndindex(z.shape):
        share = Fraction(int(z[index]), one)
        exact = share * int(kept[index]) + (1 - share) * int(written[index])
        assert mixed[index] == floor(exact)


@given(st.integers(0, 256), st.integers(-4096, 4096), st.integers(-4096, 4096))
def test_mix_stays_between_both_states(z: int, kept: int, written: int) -> None:
    mixed = int(arithmetic.mix(array(z), array(kept), array(written), 8)[0])
    assert min(kept, written) <= mixed <= max(kept, written)


def test_fire_needs_more_than_the_threshold() -> None:
    assert arithmetic.fire(array(4, 5, 6), array(5, 5, 5)).tolist() == [0, 0, 1]


def test_table_index_covers_the_range_in_sixteenths_and_saturates_outside() -> None:
    S = 12
    points = array(-9 << S, -8 << S, (-8 << S) + 255, (-8 << S) + 256, 0, (8 << S) - 1, 8 << S)
    assert arithmetic.table_index(points, S).tolist() == [0, 0, 0, 1, 128, 255, 255]


def test_tables_hold_the_functions_at_the_middle_of_each_interval() -> None:
    middles = np.arange(-8, 8, 1 / 16) + 1 / 32
    sigmoids = np.array([1 / (1 + exp(-v)) for v in middles])
    tanhs = np.array([tanh(v) for v in middles])
    assert np.abs(arithmetic.sigmoid_table(8) / 2**8 - sigmoids).max() <= 2**-9
    assert np.abs(arithmetic.tanh_table(12) / 2**12 - tanhs).max() <= 2**-13


@given(
    st.floats(0, 1000, allow_nan=False),
    st.integers(2, 8),
)
def test_weight_exponent_is_the_smallest_that_fits(largest: float, bits: int) -> None:
    limit = 2 ** (bits - 1) - 1
    exponent = arithmetic.weight_exponent(largest, bits)
    assert round(Fraction(largest) / Fraction(2) ** exponent) <= limit
    if exponent > arithmetic.SMALLEST_EXPONENT:
        assert round(Fraction(largest) / Fraction(2) ** (exponent - 1)) > limit


def test_weight_exponent_refuses_what_is_not_a_number() -> None:
    with pytest.raises(RangeError, match="finite"):
        arithmetic.weight_exponent(float("nan"), 8)


@given(st.floats(-100, 100, width=32), st.integers(-12, 3))
def test_quantise_rounds_half_to_even(value: float, exponent: int) -> None:
    exact = Fraction(value) / Fraction(2) ** exponent
    assert arithmetic.quantise(np.array([value], dtype=np.float32), exponent)[0] == round(exact)


@pytest.mark.parametrize("sign", [1, -1])
def test_quantise_takes_what_32_bits_hold_and_no_more(sign: int) -> None:
    largest = sign * (2**31 - 1)
    assert arithmetic.quantise(np.array([largest]), 0).tolist() == [largest]
    assert arithmetic.quantise(np.array([largest / 4]), -2).tolist() == [largest]
    with pytest.raises(
        RangeError, match=r"2147483648\.0 is not .* at most 2147483647 steps of 2\^0"
    ):
        arithmetic.quantise(np.array([0.0, sign * 2.0**31]), 0)
    with pytest.raises(RangeError, match=r"524288\.0 is not .* steps of 2\^-12"):
        arithmetic.quantise(np.array([[0.0], [sign * 2.0**19]]), -12)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e308", "-1e30"])
def test_quantise_refuses_what_is_no_number_or_a_huge_one_by_its_value(value: str) -> None:
    with pytest.raises(
        RangeError, match=rf"{float(value)}".replace("+", r"\+") + " is not a number"
    ):
        arithmetic.quantise(np.array([0.5, float(value)]), -12)
