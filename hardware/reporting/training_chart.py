"""The chart of a training run: loss and first metric by epoch, one network's phases in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hardware.reporting.figures import ACCENT, MUTED, SECOND, STYLE, WIDE, svg
from hardware.reporting.metrics import METRICS
from hardware.reporting.schema import Curve, Networks

DASHES = ("-", "--", ":", "-.")
"""Lines of the baselines."""

STEEP = 30
"""Ratio of the largest to the smallest loss from which the axis is logarithmic."""


class Line(NamedTuple):
    """A curve with its place and its look."""

    curve: Curve
    before: int
    """Epochs of the same network's phases before it."""

    title: str
    colour: str
    dashes: str

    @property
    def epochs(self) -> list[int]:
        return [self.before + epoch for epoch in self.curve.epoch]


def training(report: Networks, width: float = WIDE) -> str:
    """Loss and first metric of every epoch; empty where no training is known.

    The phases of the spiking network follow each other. Every baseline begins at the first epoch.
    """
    if not report.curves:
        return ""
    lines = list(_lines(report))
    row = METRICS[report.headline]
    panels = 1 + any(line.curve.metric is not None for line in lines)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 0.7 + 2.1 * panels), layout="constrained")
        axes = figure.subplots(panels, sharex=True, squeeze=False)[:, 0]
        _losses(axes[0], lines)
        if panels > 1:
            scale = 100 if row.unit == "%" else 1
            for line in lines:
                _draw(axes[1], line, line.curve.metric or [], scale)
            axes[1].set_ylabel(f"{row.title}, %" if row.unit == "%" else row.title)
        for panel in axes:
            _borders(panel, [line for line in lines if line.before])
        columns = 3 if width == WIDE else 1
        figure.legend(loc="outside upper left", frameon=False, fontsize=9, ncols=columns)
        axes[-1].set_xlabel("epoch")
        axes[-1].xaxis.set_major_locator(MaxNLocator(8 if width == WIDE else 4, integer=True))
        label = f"loss and {row.title}" if panels > 1 else "loss"
        return svg(figure, f"Training: {label} by epoch; dots mark the kept epochs", "training")


def _lines(report: Networks) -> Iterator[Line]:
    before, dashes, title = 0, cycle(DASHES), "spiking GRU"
    for curve in report.curves:
        network = report.network(curve.phase)
        if network.dense:
            yield Line(curve, 0, network.title, SECOND, next(dashes))
        else:
            yield Line(curve, before, title if not before else "", ACCENT, "-")
            before += curve.epoch[-1]


def _losses(axes: Axes, lines: Sequence[Line]) -> None:
    for line in lines:
        _draw(axes, line, line.curve.validation_loss, 1, line.title and f"{line.title}, validation")
        if line.colour == ACCENT:
            label = line.title and f"{line.title}, training"
            axes.plot(
                line.epochs, line.curve.training_loss, ":",
                color=MUTED, linewidth=1.2, label=label or None,
            )  # fmt: skip
    drawn = [value for line in lines for value in line.curve.validation_loss]
    if min(drawn) > 0 and max(drawn) > STEEP * min(drawn):
        axes.set_yscale("log")
        axes.minorticks_off()
    axes.set_ylabel("loss")


def _draw(
    axes: Axes, line: Line, column: Sequence[float | None], scale: float, label: str = ""
) -> None:
    """Draw the figures of a column that are known, and mark the epoch that was kept."""
    pairs = zip(line.epochs, column, strict=False)  # no column where a phase has no such metric
    known = [(epoch, scale * value) for epoch, value in pairs if value is not None]
    if not known:
        return
    axes.plot(
        *zip(*known, strict=True), line.dashes, color=line.colour, linewidth=1.6,
        label=label or None,
    )  # fmt: skip
    kept = [pair for pair in known if pair[0] - line.before == line.curve.kept_epoch]
    for epoch, value in kept:
        axes.plot(epoch, value, "o", color=line.colour, markersize=5)


def _borders(axes: Axes, later: Sequence[Line]) -> None:
    """Draw a line where a phase of the spiking network follows another."""
    for line in later:
        axes.axvline(line.before + 0.5, color=MUTED, linewidth=1)
        axes.annotate(
            line.curve.phase, (line.before + 0.5, 1), xycoords=("data", "axes fraction"),
            xytext=(4, 0), textcoords="offset points", va="top", fontsize=9,
        )  # fmt: skip
