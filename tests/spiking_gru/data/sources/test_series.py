"""Forecasting sets from files of the form that statsmodels and vega_datasets hold.

That of CO2 has gaps, which straight lines fill, and is counted from the last known week.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from packages_of_data import CO2, MONTHS, put, put_series

from hardware.errors import InputError, SettingError
from spiking_gru import data


@pytest.mark.parametrize(
    ("name", "series", "history", "ahead", "first_validation", "first_test"),
    [
        ("co2", CO2, 52, [1], 504, 560),
        ("co2-12-weeks", CO2, 104, list(range(1, 13)), 504, 560),
        ("sunspots", np.arange(200), 33, [1], 144, 160),
        ("weather", np.arange(700), 60, [1], 473, 525),
        ("weather-7-days", np.arange(700), 60, [7], 473, 525),
    ],
)
def test_windows_show_the_past_and_targets_come_later(
    site: Path,
    name: str,
    series: np.ndarray,
    history: int,
    ahead: list[int],
    first_validation: int,
    first_test: int,
) -> None:
    put_series(site)
    dataset = data.load(name)
    edges = (history - 1 + ahead[0], first_validation, first_test, len(series))
    parts = (dataset.training, dataset.validation, dataset.test)
    for part, begin, end in zip(parts, edges[:-1], edges[1:], strict=True):
        last_known = range(begin - ahead[0], end - ahead[-1])
        zero = series if name.startswith("co2") else np.zeros(len(series))
        for now, frames, target in zip(last_known, part.sequences, part.targets, strict=True):
            seen = series[now - history + 1 : now + 1]
            assert np.array_equal(frames[:, 0], seen - zero[now])
            assert np.array_equal(target, series[now + np.array(ahead)] - zero[now])


def test_shares_are_relative_to_the_last_known_month_and_have_the_same_test_months(
    site: Path,
) -> None:
    put_series(site)
    dataset = data.load("stocks")
    assert len(dataset.test) == 24 * len(MONTHS)
    assert len(dataset.validation) == 12 * len(MONTHS)
    for frames, target in zip(dataset.test.sequences, dataset.test.targets, strict=True):
        assert frames[:, 0] == pytest.approx(np.arange(-11, 1) / 10, abs=1e-5)
        assert target == pytest.approx([0.1], abs=1e-5)


def test_a_share_of_a_few_months_is_refused(site: Path) -> None:
    rows = "".join(f"A,x,{i}\n" for i in range(1, 30))
    put(site, "vega_datasets/_data/stocks.csv", "symbol,date,price\n" + rows)
    with pytest.raises(InputError, match=r"stocks\.csv: a share has 29 months, expected more"):
        data.load("stocks")


def test_a_file_without_the_column_is_named(site: Path) -> None:
    put(site, "statsmodels/datasets/co2/co2.csv", "date,ppm\n1,2\n")
    with pytest.raises((InputError, SettingError), match=r"co2\.csv: .*'co2'"):
        data.load("co2")
