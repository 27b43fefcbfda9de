"""Rows are put in the order of their times, as far as these can be told apart."""

from __future__ import annotations

import warnings
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.errors import InputError, UnevenTimesWarning
from spiking_gru.data import Dataset
from spiking_gru.data.tables import table_of_columns
from spiking_gru.data.time_order import in_time_order


def ordered(times: Any) -> list[int]:
    """The rows of a table with these times, in their order."""
    table = table_of_columns("t", [("when", times), ("row", np.arange(len(times)))])
    return in_time_order(table, "when").columns["row"].astype(int).tolist()


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([3.0, 1.0, 2.0], [1, 2, 0]),
        (["10", "9", "1e1", "-1"], [3, 1, 0, 2]),
        (["2026-03-02", "2026-03-01T23:59", "2026-02-28 12:00:01.500"], [2, 1, 0]),
        (["2026-03-01T12:00:00+02:00", "2026-03-01T11:00:00Z"], [0, 1]),
        ([datetime(2026, 1, 2), datetime(2026, 1, 1)], [1, 0]),
        ([date(2026, 1, 2), date(2026, 1, 1)], [1, 0]),
        (np.array(["2026-01-02", "2026-01-01"], "M8[ns]"), [1, 0]),
        ([2, 1, 2, 1], [1, 3, 0, 2]),
        (["tuesday", "monday"], [0, 1]),
        (["3/1/2026", "2/1/2026"], [0, 1]),
        (["2026-03-02", "2026-03-01T11:00:00Z"], [0, 1]),
    ],
)
def test_rows_are_in_the_order_of_time_and_equal_times_stay(
    times: Any, expected: list[int]
) -> None:
    assert ordered(times) == expected


def test_rows_keep_their_numbers_for_errors() -> None:
    table = table_of_columns("t", [("when", [2, 1]), ("x", [0.0, np.nan])])
    with pytest.raises(InputError, match="t: row 2, column 'x' is missing"):
        in_time_order(table, "when").numbers(["x"])


@pytest.mark.parametrize("times", [[1.0, np.nan], ["1", ""], ["a", None]])
def test_a_missing_time_is_refused(times: Any) -> None:
    with pytest.raises(InputError, match="t: row 2, column 'when' is missing: expected a time"):
        ordered(times)


def test_every_form_of_data_is_put_in_the_order_of_its_times(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(n, 1)).astype(np.float32) for n in rng.integers(3, 9, 20)]
    labels = ["ab"[i % 2] for i in range(20)]
    expected = Dataset.from_lists(sequences, labels)
    shuffled = [rng.permutation(len(s)) for s in sequences]
    frames = [{"when": p, "x": s[p, 0]} for s, p in zip(sequences, shuffled, strict=True)]
    assert Dataset.from_frames(frames, labels, time="when").fingerprint == expected.fingerprint
    lengths = [len(s) for s in sequences]
    long = {name: np.concatenate([f[name] for f in frames]) for name in ("when", "x")}
    long |= {"who": np.repeat(np.arange(20), lengths), "label": np.repeat(labels, lengths)}
    found = Dataset.from_frames(long, sequence="who", target="label", time="when")
    assert found.fingerprint == expected.fingerprint
    for i, (frame, label) in enumerate(zip(frames, labels, strict=True)):
        (tmp_path / label).mkdir(exist_ok=True)
        rows = [f"{t},{x:.9g}" for t, x in zip(frame["when"], frame["x"], strict=True)]
        (tmp_path / label / f"{i:02}.csv").write_text("when,x\n" + "\n".join(rows))
    by_label = sorted(range(20), key=lambda i: labels[i])
    found = Dataset.from_folder(tmp_path, time="when")
    listed = Dataset.from_lists([sequences[i] for i in by_label], [labels[i] for i in by_label])
    assert found.fingerprint == listed.fingerprint
    assert found.channel_names == ("x",)


SERIES: dict[str, Any] = {"history": 5, "horizon": 1, "target": "x", "time": "when"}


def series(times: Any) -> Dataset:
    """A series with these times."""
    values = np.random.default_rng(0).normal(size=len(times))
    return Dataset.from_series({"x": values, "when": times}, **SERIES)


def days(*numbers: int) -> list[str]:
    return [str(date(2026, 1, 1) + timedelta(n)) for n in numbers]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (9, 9, "repeats: it is 9, after 9 in row 10, .*: keep one"),
        (10, 4, "goes back: it is 4, after 10 in row 10, .*: sort the rows"),
    ],
)
def test_a_time_of_a_series_that_does_not_come_later_is_refused_with_both_rows(
    first: int, second: int, found: str
) -> None:
    numbers = [*range(9), first, second, *range(11, 90)]
    with pytest.raises(InputError, match=f"^the series: row 11, column 'when' {found}"):
        series(numbers)
    for times in (days(*numbers), [date.fromisoformat(day) for day in days(*numbers)]):
        with pytest.raises(InputError, match=f"row 11, column 'when' {found.split(':')[0]}: it is"):
            series(times)
    with pytest.raises(
        InputError, match=r"it is 2026-01-1\d 00:00:00, after 2026-01-1\d 00:00:00 in"
    ):
        series(np.array(days(*[n + 5 for n in numbers]), "M8[ns]"))
    assert len(series(["monday", "tuesday"] * 45).test)  # cannot be compared


def test_a_file_of_a_series_is_refused_by_line(tmp_path: Path) -> None:
    rows = [f"{i},{i % 7}" for i in (*range(40), 39, *range(41, 90))]
    (tmp_path / "s.csv").write_text("when,x\n" + "\n".join(rows) + "\n")
    message = r"s\.csv: line 42, column 'when' repeats: it is 39, after 39 in line 41, .*: keep one"
    with pytest.raises(InputError, match=message):
        Dataset.from_series(tmp_path / "s.csv", **SERIES)


@pytest.mark.parametrize("times", [days, lambda *numbers: [n / 7 for n in numbers]])
def test_a_gap_between_evenly_spaced_times_is_a_warning_with_both_rows(times: Any) -> None:
    numbers = [*range(30), *range(32, 70), *range(75, 100)]
    shown = [str(time) for time in times(29, 32)]
    message = f"row 31, column 'when' is {shown[1]}, after {shown[0]} in row 30: rows are missing"
    with pytest.warns(UnevenTimesWarning, match=message) as found:
        assert len(series(times(*numbers)).test)
    assert "and 1 more gap: add these rows" in str(found[0].message)
    with pytest.warns(UnevenTimesWarning, match="missing between them: add"):
        series(times(*range(30), *range(31, 90)))
    late = [n / 1000 + 1e-7 * (n % 3) for n in (*range(30), *range(31, 90))]
    with pytest.warns(UnevenTimesWarning, match="missing between them: add"):
        series(late)


def test_times_that_are_never_even_are_no_gaps() -> None:
    months = [f"{2000 + m // 12}-{m % 12 + 1:02}-01" for m in range(90)]
    working = [d for d in range(130) if d % 7 < 5]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        series(months)
        series(days(*working))
        series(days(*range(90)))
        series(np.random.default_rng(0).uniform(0.5, 1.5, 90).cumsum())
        series([n / 1000 + 1e-7 * (n % 3) for n in range(90)])
