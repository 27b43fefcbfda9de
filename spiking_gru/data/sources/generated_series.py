"""Generated series to forecast: Mackey-Glass and an hourly load."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spiking_gru.data.npz import Arrays
from spiking_gru.data.windows import arrays_of_windows, windows_by_time

STEPS = 4000


def mackey_glass() -> Arrays:
    """The chaotic series of Mackey and Glass: 60 values in, the value 84 steps later out."""
    return arrays_of_windows(windows_by_time(mackey_glass_series(), 60, (84,)))


def mackey_glass_series(steps: int = STEPS, dropped: int = 500) -> NDArray[np.float64]:
    """Return dx/dt = 0.2 x(t−17) / (1 + x(t−17)^10) − 0.1 x(t), one sample per unit of time.

    Euler's method with dt = 0.1, x = 1.2 up to t = 0; the first samples are dropped.
    """
    in_a_unit, lag = 10, 170
    x = [1.2] * (lag + 1)
    for _ in range((dropped + steps) * in_a_unit):
        late, now = x[-1 - lag], x[-1]
        # The series is chaotic, and the power function of libraries differs in its last bit.
        fourth = late * late * late * late
        x.append(now + (0.2 * late / (1 + fourth * fourth * late * late) - 0.1 * now) / in_a_unit)
    return np.array(x[lag::in_a_unit])[dropped : dropped + steps]


def load() -> Arrays:
    """A load by the hour: 72 hours in, the next 24 out."""
    return arrays_of_windows(windows_by_time(load_series(), 72, 24, season=24))


def load_series(steps: int = STEPS, seed: int = 0) -> NDArray[np.float64]:
    """Return 3 + w(t) (sin(2π(t−8)/24) + 0.5 sin(4πt/24)) + 0.3 sin(2πt/672) + 0.5 a(t) + 0.1 n(t).

    w = 0.6 on days 5 and 6 of each week, else 1; a(t) = 0.9 a(t−1) + 0.15 n'(t); n and then n' are
    drawn from the standard normal distribution.
    """
    rng = np.random.default_rng(seed)
    noise, drive = rng.standard_normal(steps), rng.standard_normal(steps)
    t = np.arange(steps)
    drift = np.empty(steps)
    before = 0.0
    for i in range(steps):
        before = drift[i] = 0.9 * before + 0.15 * drive[i]
    day = np.sin(2 * np.pi * (t - 8) / 24) + 0.5 * np.sin(4 * np.pi * t / 24)
    weight = np.where(t // 24 % 7 >= 5, 0.6, 1.0)
    return 3 + weight * day + 0.3 * np.sin(2 * np.pi * t / 672) + 0.5 * drift + 0.1 * noise
