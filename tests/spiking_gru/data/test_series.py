"""One long series becomes windows of the past with the values that follow, split by time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware.errors import InputError
from spiking_gru.data import Dataset

ROWS = 100
DAYS = np.arange(ROWS)
LOAD = np.arange(ROWS) * 1.0
HOLIDAY = (DAYS % 7 == 6) * 1.0


def table(path: Path, load: list[str] | None = None) -> Path:
    cells = load or [str(value) for value in LOAD]
    rows = [f"day {d},{c},{h}" for d, c, h in zip(DAYS, cells, HOLIDAY, strict=True)]
    path.write_text("\n".join(["when,load,holiday", *rows]) + "\n")
    return path


def answered(part: object, first: int = 0) -> set[float]:
    return set(part.targets[:, first:].ravel().tolist())  # type: ignore[attr-defined]


def test_a_long_csv_becomes_windows_of_the_past_and_the_values_that_follow(tmp_path: Path) -> None:
    path = table(tmp_path / "load.csv")
    dataset = Dataset.from_series(path, history=10, horizon=3, target="load", time="when")
    assert (dataset.name, dataset.task, dataset.channels, dataset.outputs) == (
        "load",
        "regress",
        2,
        3,
    )
    for part in (dataset.training, dataset.validation, dataset.test):
        for window, targets in zip(part.sequences, part.targets, strict=True):
            assert window[:, 0].tolist() == [targets[0] - 10 + i for i in range(10)]
            assert targets.tolist() == [targets[0] + i for i in range(3)]


def test_no_part_forecasts_a_value_of_another(tmp_path: Path) -> None:
    dataset = Dataset.from_series(LOAD, history=5, horizon=4, test=0.25, validation=0.2)
    parts = (dataset.training, dataset.validation, dataset.test)
    assert [(min(answered(part)), max(answered(part))) for part in parts] == [
        (5, 59),
        (60, 74),
        (75, 99),
    ]
    assert dataset.training.sequences.values.max() < 59


def test_a_column_that_is_known_shows_its_value_at_the_last_step_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path / "load.csv")
    dataset = Dataset.from_series(
        path, history=10, horizon=3, target="load", known="holiday", time="when"
    )
    for part in (dataset.training, dataset.validation, dataset.test):
        for window, targets in zip(part.sequences, part.targets, strict=True):
            days = np.arange(targets[-1] - 9, targets[-1] + 1)
            assert window[:, 1].tolist() == HOLIDAY[days.astype(int)].tolist()


def test_single_steps_ahead_can_be_named() -> None:
    dataset = Dataset.from_series(LOAD, history=2, horizon=[1, 7])
    window, targets = next(iter(dataset.test.sequences)), dataset.test.targets[0]
    assert targets.tolist() == [window[-1, 0] + 1, window[-1, 0] + 7]


def test_a_frame_and_an_array_are_series_too() -> None:
    whole = np.stack([LOAD, HOLIDAY], axis=1)
    one = Dataset.from_series(whole, history=3, horizon=1, target="1")
    two = Dataset.from_series({"a": LOAD, "b": HOLIDAY}, history=3, horizon=1, target=["a"])
    assert one.fingerprint == two.fingerprint
    assert one.name == "series"


def test_gaps_are_refused_by_line_or_filled_as_told(tmp_path: Path) -> None:
    path = table(tmp_path / "load.csv", ["" if d == 50 else str(d) for d in DAYS])
    how = {"history": 5, "horizon": 1, "target": "load", "time": "when"}
    with pytest.raises(InputError, match=r"load\.csv: line 52, column 'load' is missing"):
        Dataset.from_series(path, **how)
    dataset = Dataset.from_series(path, missing="hold", **how)
    assert dataset.training.targets[44:47, 0].tolist() == [49, 49, 51]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": None}, r"load\.csv: line 2, column 'when' is 'day 0': expected a number"),
        ({"target": "laod"}, r"load\.csv: unknown column 'laod': did you mean 'load'"),
        ({"target": ()}, r"load\.csv has the columns load, holiday: give target='NAME'"),
        ({"known": "holyday"}, "unknown column 'holyday': did you mean 'holiday'"),
        ({"history": 0}, r"load\.csv: the history is 0 steps, expected at least 1"),
        ({"horizon": 0}, r"load\.csv: the horizon is 0, expected"),
        ({"history": 99}, r"load\.csv: steps 0 to \d+ of 100 hold no window of 99 steps"),
        ({"test": 1.5}, r"load\.csv: the test share is 1\.5"),
        ({"history": 2**30}, r"load\.csv: windows of 1073741824 steps over 100 rows"),
        ({"missing": "holt"}, "'holt': did you mean 'hold'"),
    ],
)
def test_a_series_that_cannot_be_forecast_is_refused(
    tmp_path: Path, changes: dict, message: str
) -> None:
    how = {"history": 5, "horizon": 2, "target": "load", "time": "when", **changes}
    with pytest.raises(ValueError, match=message):
        Dataset.from_series(table(tmp_path / "load.csv"), **how)


def test_a_target_cannot_be_known_in_advance() -> None:
    rows = {"load": np.arange(200.0), "night": np.arange(200.0) % 2}
    with pytest.raises(InputError, match="'load' is a target, so it is not known in advance"):
        Dataset.from_series(rows, target="load", known=["night", "load"], history=5, horizon=1)


def test_a_stated_season_gives_the_forecast_that_mase_compares_with() -> None:
    series = np.sin(np.arange(300) * 2 * np.pi / 12)
    dataset = Dataset.from_series(series, history=6, horizon=3, season=12)
    names = ["12 steps before", "last value"]
    for part in (dataset.training, dataset.validation, dataset.test):
        assert list(part.naive) == names
    assert np.allclose(dataset.test.naive[names[0]], dataset.test.targets)
    last = np.stack([window[-1] for window in dataset.test.sequences])
    assert np.allclose(dataset.test.naive[names[1]], np.tile(last, 3))
