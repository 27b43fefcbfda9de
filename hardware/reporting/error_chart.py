"""The chart of errors by output: how a forecast does at each step ahead."""

from __future__ import annotations

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hardware.metrics import ValueMetrics
from hardware.reporting.figures import ACCENT, MUTED, NARROW, STYLE, WIDE, shortened, svg
from hardware.reporting.study import Study

FEWEST = 3
"""Outputs from which a line says more than a table."""

DASHES = ("--", ":", "-.")
"""Lines of the naive forecasts."""


MOST_CHARACTERS = {WIDE: 80, NARROW: 38}
"""Most characters of the name of a line."""


def by_output(run: Study, width: float = WIDE) -> str:
    """The MAE of each output, of the program and of naive forecasts; empty for few outputs."""
    found = run.metrics
    if not isinstance(found, ValueMetrics) or len(found.mae_by_output) < FEWEST:
        return ""
    with matplotlib.rc_context(STYLE):
        lines = 1 + len(run.naive_metrics) if run.naive_metrics else 0
        figure = Figure(figsize=(width, 2.8 + 0.2 * lines), layout="constrained")
        most = MOST_CHARACTERS[width]
        axes = figure.subplots()
        axes.plot(found.mae_by_output, marker=".", color=ACCENT, label="deployed program")
        for dashes, (name, naive) in zip(DASHES, run.naive_metrics.items(), strict=False):
            axes.plot(
                naive.mae_by_output, dashes, color=MUTED, label=shortened(f"naive: {name}", most)
            )
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(8 if width == WIDE else 4, integer=True))
        axes.set_xlabel("output")
        axes.set_ylabel("MAE")
        if run.naive_metrics:
            figure.legend(loc="outside upper left", frameon=False, fontsize=9)
        label = f"Mean absolute error of each of {len(found.mae_by_output)} outputs"
        return svg(figure, label, "by-output")
