"""Small plots of text."""

from __future__ import annotations

import pytest

from spiking_gru.cli.sparkline import sparkline


@pytest.mark.parametrize(
    ("values", "width", "bars"),
    [
        (range(8), 20, "▁▂▃▄▅▆▇█"),
        ([1, 0, 1], 20, "█▁█"),
        ([5.0], 20, "▁"),
        ([2, 2, 2], 20, "▁▁▁"),
        ([0, 0, 0, 6, 7, 7], 3, "▁▄█"),
        ([-1e30, 1e30], 20, "▁█"),
    ],
)
def test_the_lowest_value_is_the_lowest_bar_and_the_highest_the_highest(
    values: list[float], width: int, bars: str
) -> None:
    assert sparkline(values, width) == bars
