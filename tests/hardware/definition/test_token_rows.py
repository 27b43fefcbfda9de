"""Rows of tokens against the array that they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.definition import token_rows
from hardware.definition.token_rows import TokenRows, narrowed, parts, same_rows
from hardware.errors import InputError

every_rows = st.builds(
    lambda numbers, tokens: TokenRows(np.array(numbers, int).reshape(-1, 2) % (tokens + 1), tokens),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=6),
    st.integers(2, 9),
)


def expected(rows: TokenRows) -> np.ndarray:
    found = np.zeros((len(rows.numbers), 2 * rows.tokens), dtype=np.int16)
    for step, numbers in enumerate(rows.numbers):
        for channel, number in enumerate(numbers):
            if number:
                found[step, channel * rows.tokens + number - 1] = 1
    return found


@settings(deadline=None)
@given(rows=every_rows, data=st.data())
def test_every_operation_is_that_of_the_array(rows: TokenRows, data: st.DataObject) -> None:
    array = expected(rows)
    assert (rows.shape, rows.size, len(rows), rows.ndim) == (array.shape, array.size, len(array), 2)
    assert rows.dtype == np.asarray(rows).dtype == np.int16
    assert np.array_equal(rows, array)
    assert np.array_equal(rows == array, np.ones_like(array, bool))
    assert np.array_equal(rows != 0, array != 0)
    assert rows.sum() == array.sum()
    marks = rows.astype(np.bool_)
    assert np.asarray(marks).dtype == np.bool_
    assert np.array_equal(marks, array != 0)
    mask = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), bool
    )
    for some in (mask, slice(1, 3), np.arange(len(rows))[::-1]):
        assert isinstance(rows[some], TokenRows)
        assert np.array_equal(rows[some], array[some])
    assert np.array_equal(TokenRows.of(array, rows.tokens).numbers, rows.numbers)


@settings(deadline=None)
@given(rows=every_rows, seed=st.integers(0, 99), columns=st.integers(0, 3))
def test_a_product_is_that_of_the_array(rows: TokenRows, seed: int, columns: int) -> None:
    weights = np.random.default_rng(seed).integers(-127, 128, (rows.shape[1], columns))
    for number in (np.float32, np.int64):
        product = rows.astype(number) @ weights.astype(number)
        assert product.dtype == number
        assert np.array_equal(product, expected(rows).astype(np.int64) @ weights)
    narrow = weights.astype(np.int8)
    assert np.array_equal(rows @ narrow, expected(rows) @ narrow), "sums leave eight bits"


@settings(deadline=None)
@given(rows=every_rows)
def test_parts_are_all_rows_in_order_and_none_is_larger_than_said(rows: TokenRows) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_rows, "AT_ONCE", 2 * rows.shape[1])
        found = [rows[part] for part in parts(rows)]
    assert all(1 <= len(part) <= 2 for part in found)
    assert sum(map(len, found)) == len(rows)
    assert [n for part in found for n in part.numbers.tolist()] == rows.numbers.tolist()


@settings(deadline=None)
@given(rows=every_rows, other=every_rows)
def test_rows_are_the_same_as_their_array_and_narrowed_rows_differ_where_rows_do(
    rows: TokenRows, other: TokenRows
) -> None:
    for a, b in ((rows, other), (rows, expected(other)), (expected(rows), expected(other))):
        assert same_rows(a, b) == np.array_equal(expected(rows), expected(other))
    assert same_rows(rows, expected(rows))
    assert np.array_equal(
        (narrowed(rows)[1:] != narrowed(rows)[:-1]).any(axis=1),
        (expected(rows)[1:] != expected(rows)[:-1]).any(axis=1),
    )
    assert narrowed(expected(rows)).shape == rows.shape


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (np.array([[4]]), "numbers of tokens are 0 to 4, expected 0 to 3"),
        (np.array([[-1]]), "numbers of tokens are -1 to 0, expected 0 to 3"),
        (np.array([1]), r"have shape \(1,\) of int64, expected whole numbers \(steps, channels\)"),
        (np.array([[1.0]]), r"have shape \(1, 1\) of float64, expected whole numbers"),
    ],
)
def test_numbers_that_are_no_tokens_are_refused(numbers: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TokenRows(numbers, 3)


@pytest.mark.parametrize("row", [[1, 1, 0, 0], [2, 0, 0, 0], [0, 0, -1, 0]])
def test_an_array_whose_rows_are_no_tokens_is_refused(row: list[int]) -> None:
    with pytest.raises(InputError, match="events are no tokens: expected a 1 of at most one token"):
        TokenRows.of(np.array([[0, 1, 1, 0], row]), 2)


def test_an_array_is_made_only_where_one_is_asked_for() -> None:
    rows = TokenRows(np.zeros((3, 1), dtype=np.uint8), 60_000)
    assert repr(rows) == "TokenRows(3 steps, 60000 sources)"
    if int(np.__version__.split(".")[0]) >= 2:  # NumPy 1 copies where it has to
        with pytest.raises(ValueError, match="no array yet"):
            np.array(rows, copy=False)
    with pytest.raises(TypeError, match="unhashable"):
        hash(rows)
