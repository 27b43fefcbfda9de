"""Small plots of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: ArrayLike, width: int) -> str:
    """Return one bar for each value, from the lowest to the highest; of more than `width`, means.

    Equal values are a line at the bottom.
    """
    import numpy as np

    series = np.asarray(values, dtype=np.float64)
    if len(series) > width:
        series = np.array([part.mean() for part in np.array_split(series, width)])
    low, high = series.min(), series.max()
    levels = (series - low) / (high - low or 1) * (len(BARS) - 1)
    return "".join(BARS[round(level)] for level in levels.tolist())
