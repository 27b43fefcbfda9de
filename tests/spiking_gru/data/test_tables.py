"""Tables of numbers: gaps, kinds of columns."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.errors import InputError, SettingError
from spiking_gru.data.tables import table_of_array, table_of_frame

NAN = np.nan


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("interpolate", [2, 2, 3, 4, 4]),
        ("hold", [2, 2, 2, 4, 4]),
        ("zero", [0, 2, 0, 4, 0]),
    ],
)
def test_gaps_are_filled_as_they_are_told(missing: str, expected: list[float]) -> None:
    given = np.array([NAN, 2, NAN, 4, NAN])
    table = table_of_frame("t", {"a": given, "b": np.arange(5)})
    assert table.numbers(["a", "b"], missing).T.tolist() == [expected, [0, 1, 2, 3, 4]]
    assert np.array_equal(table.columns["a"], given, equal_nan=True)


def test_a_column_without_a_value_is_not_filled() -> None:
    table = table_of_frame("t", {"a": [NAN, None], "b": [1, NAN]})
    with pytest.raises(InputError, match="t: every value of the column 'a' is missing"):
        table.numbers(["a", "b"], "zero")
    with pytest.raises(SettingError, match="'holt': did you mean 'hold'"):
        table.numbers(["a", "b"], "holt")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "t: no columns"),
        ({"a": []}, "t: no rows"),
        ({"a": [1], "b": [1, 2]}, "its columns have different lengths"),
        ({"a": ["x", "y"]}, "t: row 1, column 'a' is 'x': expected a number"),
        ({"a": [1, np.inf]}, "t: row 2, column 'a' is inf: expected a finite number"),
    ],
)
def test_columns_that_are_no_frames_are_refused(columns: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table_of_frame("t", columns).numbers(["a"])


def test_an_array_is_a_table_whose_columns_are_counted_from_1() -> None:
    assert list(table_of_array("t", [[1, 2, 3]]).columns) == ["1", "2", "3"]
    assert len(table_of_array("t", [1, 2, 3])) == 3
    with pytest.raises(InputError, match=r"t has shape \(1, 1, 1\), expected"):
        table_of_array("t", [[[1]]])
