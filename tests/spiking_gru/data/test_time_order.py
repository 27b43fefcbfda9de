"""Rows are put in the order of their times, as far as these can be told apart."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.errors import InputError
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


def test_a_series_is_put_in_the_order_of_its_times(tmp_path: Path) -> None:
    values, order = np.random.default_rng(0).normal(size=90), np.random.default_rng(1)
    shuffled = order.permutation(90)
    options: dict[str, Any] = {"history": 5, "horizon": 1, "target": "x"}
    expected = Dataset.from_series({"x": values}, **options)
    mixed = {"x": values[shuffled], "when": shuffled}
    found = Dataset.from_series(mixed, time="when", **options)
    assert found.fingerprint == expected.fingerprint
