"""The responses of receptive fields against their equation in 40 digits."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardware.definition.receptive_fields import PEAK, responses


def response(limit: int, fields: int, j: int, q: int) -> int:
    """The Gaussian of a distance in standard deviations, rounded half up."""
    apart = Fraction(2 * limit, fields - 1)
    centre = -limit + j * apart
    deviations = (q - centre) / (apart / 2)
    with localcontext() as context:
        context.prec = 40
        square = Decimal(deviations.numerator) / Decimal(deviations.denominator)
        gaussian = (-(square**2) / 2).exp()
        return int(PEAK * gaussian + Decimal("0.5"))


@settings(max_examples=40, deadline=None)
@given(limit=st.integers(1, 32767), fields=st.integers(2, 32), data=st.data())
@example(limit=127, fields=8, data=None)
def test_a_field_responds_by_the_distance_from_its_centre(
    limit: int, fields: int, data: st.DataObject | None
) -> None:
    table = responses(limit, fields)
    assert table.shape == (2 * limit + 1, fields)
    every = range(-limit, limit + 1)
    drawn = every if data is None else [data.draw(st.integers(-limit, limit)) for _ in range(5)]
    for q in drawn:
        expected = [response(limit, fields, j, q) for j in range(fields)]
        assert table[q + limit].tolist() == expected


def test_no_response_is_so_near_to_a_half_that_a_machine_could_round_it_the_other_way() -> None:
    limit = np.arange(1, 2**15, dtype=np.int64)[:, np.newaxis]
    half = np.arange(PEAK) + 0.5
    # Of all n only the two around the place where the response is a half can come near to it.
    place = limit * np.sqrt(2 * np.log(PEAK / half))
    for n in (np.floor(place), np.ceil(place)):
        found = PEAK * np.exp(-(n**2) / (2.0 * limit**2))
        assert np.abs(found - half).min() > 1e-10


@pytest.mark.parametrize("fields", [2, 3, 8, 32])
def test_only_the_fields_near_a_value_respond_and_the_table_is_symmetric(fields: int) -> None:
    limit = 127
    table = responses(limit, fields)
    assert np.array_equal(table, table[::-1, ::-1])
    assert table.min() >= 0
    assert table[0, 0] == table.max() == PEAK
    sending = np.count_nonzero(table, axis=1)
    assert sending.min() >= 1
    assert sending.max() <= 3
    for row in table:
        near = np.flatnonzero(row)
        assert near[-1] - near[0] == len(near) - 1
