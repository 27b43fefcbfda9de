"""Generated series, compared with their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spiking_gru import data
from spiking_gru.data.sources.generated_series import load_series, mackey_glass_series


def test_mackey_glass_follows_its_equation() -> None:
    x = [1.2]
    for k in range(3000):
        late = x[k - 170] if k >= 170 else 1.2
        x.append(x[k] + 0.1 * (0.2 * late / (1 + late**10) - 0.1 * x[k]))
    assert mackey_glass_series(steps=290, dropped=10) == pytest.approx(x[100:3000:10], rel=1e-9)


def test_the_last_value_forecasts_mackey_glass_worse_than_the_mean_does() -> None:
    test = data.load("mackey-glass").test
    assert (len(test), test.sequences.channels) == (800, 1)
    last = np.array([frames[-1] for frames in test.sequences])
    error = np.sqrt(np.mean((test.targets - last) ** 2)) / test.targets.std()
    assert error == pytest.approx(1.44, abs=0.005)


def test_a_load_follows_its_formula() -> None:
    rng = np.random.default_rng(0)
    n, drive = rng.standard_normal(4000), rng.standard_normal(4000)
    found, drift = load_series(), 0.0
    for t in range(4000):
        drift = 0.9 * drift + 0.15 * drive[t]
        weight = 0.6 if (t // 24) % 7 in (5, 6) else 1
        day = math.sin(2 * math.pi * (t - 8) / 24) + 0.5 * math.sin(4 * math.pi * t / 24)
        month = 0.3 * math.sin(2 * math.pi * t / 672)
        assert found[t] == pytest.approx(3 + weight * day + month + 0.5 * drift + 0.1 * n[t])


def test_a_load_is_forecast_by_the_hour_for_a_day() -> None:
    dataset, series = data.load("load"), load_series().astype(np.float32)
    first = next(iter(dataset.test.sequences))
    assert np.array_equal(first[:, 0], series[3128:3200])
    assert np.array_equal(dataset.test.targets[0], series[3200:3224])
    assert np.array_equal(dataset.test.targets[-1], series[-24:])
