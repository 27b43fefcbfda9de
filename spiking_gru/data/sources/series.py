"""Series to forecast: files of the packages statsmodels and vega_datasets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from spiking_gru.data.npz import Arrays
from spiking_gru.data.sources.package import Package, data_only
from spiking_gru.data.table_files import read_csv
from spiking_gru.data.tables import Table
from spiking_gru.data.windows import (
    Windows,
    arrays_of_windows,
    from_last_known,
    joined,
    windows_by_time,
)

STATSMODELS = data_only("statsmodels", "statsmodels")
VEGA = data_only("vega_datasets", "vega_datasets")

STOCK_TEST, STOCK_VALIDATION = 24, 12
"""Months of the test part and of the validation part."""


def co2() -> Arrays:
    """Weekly CO2 at Mauna Loa (ppm, from the last known week): 52 weeks in, the next one out."""
    return arrays_of_windows(from_last_known(windows_by_time(_co2(), 52, 1)))


def co2_12_weeks() -> Arrays:
    """Weekly CO2 at Mauna Loa (ppm, from the last known week): 104 weeks in, the next 12 out."""
    return arrays_of_windows(from_last_known(windows_by_time(_co2(), 104, 12, season=52)))


def sunspots() -> Arrays:
    """Yearly sunspots: 33 years in (three solar cycles), the next one out."""
    series = _column(_table(STATSMODELS, "datasets/sunspots/sunspots.csv"), "SUNACTIVITY")
    return arrays_of_windows(windows_by_time(series, 33, 1))


def weather(horizon: int = 1, season: int | None = None) -> Arrays:
    """Seattle's daily maximum temperature (°C): 60 days in, the one `horizon` days later out."""
    table = _table(VEGA, "_data/seattle-weather.csv", "date", "weather")
    highest = _column(table, "temp_max")
    return arrays_of_windows(windows_by_time(highest, 60, (horizon,), test=0.25, season=season))


def weather_7_days() -> Arrays:
    """Seattle's daily maximum temperature (°C), one week ahead."""
    return weather(horizon=7, season=365)


def stocks() -> Arrays:
    """Monthly prices of five shares: 12 months in, the next one out, as logarithms.

    Both are counted from the last known month. All shares have the same months in the test part.
    """
    table = _table(VEGA, "_data/stocks.csv", "symbol", "date")
    prices, symbols = np.log(_column(table, "price")), table.columns[table.require("symbol")]
    return arrays_of_windows(
        joined([_share(table, prices[symbols == symbol]) for symbol in np.unique(symbols)])
    )


def _share(table: Table, prices: NDArray[np.float64]) -> dict[str, Windows]:
    """Return the windows of one share, counted from the last known month of each."""
    months, rest = len(prices), len(prices) - STOCK_TEST
    if rest <= STOCK_VALIDATION:
        raise InputError(
            f"{table.source}: a share has {months} months, expected more than "
            f"{STOCK_TEST + STOCK_VALIDATION}: install the package again"
        )
    test, validation = STOCK_TEST / months, STOCK_VALIDATION / rest
    return from_last_known(windows_by_time(prices, 12, 1, test=test, validation=validation))


def _co2() -> NDArray[np.float64]:
    """Return the weekly series with its gaps filled by straight lines."""
    return _column(_table(STATSMODELS, "datasets/co2/co2.csv"), "co2", missing="interpolate")


def _table(package: Package, path: str, *texts: str) -> Table:
    return read_csv(package.file(path), texts)


def _column(table: Table, name: str, missing: str | None = None) -> NDArray[np.float64]:
    return table.numbers([table.require(name)], missing)[:, 0]
