"""The chart of early exit: accuracy against operations or energy, a point for each margin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hardware.errors import InputError, choose
from hardware.reporting.early_exit import ExitPoint
from hardware.reporting.figures import ACCENT, MUTED, SECOND, STYLE, WIDE, svg
from hardware.reporting.units import joules, tick, whole

WHOLE = "whole sequences"
"""The label of the point without early exit."""


NARROWEST = 0.25
"""Inches between two points that both have a label."""


class Effort(NamedTuple):
    """An effort of an inference, to draw accuracy against."""

    title: str
    tick: Callable[[float], str]
    """The text of a tick of the axis."""

    written: Callable[[float], str]
    """The text of a figure, with its unit."""


EFFORTS = {
    "operations": Effort("synaptic operations", whole, lambda value: f"{whole(value)} operations"),
    "energy_j": Effort("core dynamic energy", lambda value: tick(value) if value else "0", joules),
}
"""Efforts by the field of `ExitPoint`."""


def early_exit_chart(
    points: Sequence[ExitPoint], width: float = WIDE, effort: str = "operations"
) -> str:
    """Draw what `early_exit_curve` returns, as SVG.

    `effort` is the field of the horizontal axis: `operations` or `energy_j`.
    """
    row = EFFORTS[choose("effort", effort, EFFORTS)]
    figure = early_exit_figure(points, width, effort)
    efforts = [float(getattr(point, effort)) for point in points]
    label = (
        f"Accuracy against {row.title} with early exit at {len(points)} margins, from "
        f"{row.written(min(efforts))} to {row.written(max(efforts))}"
    )
    with matplotlib.rc_context(STYLE):
        return svg(figure, label, "early-exit")


def early_exit_figure(
    points: Sequence[ExitPoint], width: float = WIDE, effort: str = "operations"
) -> Figure:
    """Draw what `early_exit_curve` returns, as a figure; its `savefig` writes a PNG."""
    row = EFFORTS[choose("effort", effort, EFFORTS)]
    if not points:
        raise InputError("no margin to draw: give at least one")
    ordered = sorted(points, key=lambda point: (float(getattr(point, effort)), point.margin))
    efforts = [float(getattr(point, effort)) for point in ordered]
    accuracies = [100 * point.accuracy for point in ordered]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 3.0), layout="constrained")
        axes = figure.subplots()
        axes.plot(efforts, accuracies, "-", color=MUTED, linewidth=1)
        for i in with_room(efforts, accuracies, room=NARROWEST / width):
            is_whole = ordered[i].margin == inf
            axes.annotate(
                WHOLE if is_whole else f"{ordered[i].margin:g}",
                (efforts[i], accuracies[i]),
                xytext=(0, 6) if is_whole else (5, -11),
                textcoords="offset points",
                ha="right" if is_whole else "left",
                fontsize=9,
            )
        for x, y, point in zip(efforts, accuracies, ordered, strict=True):
            is_whole = point.margin == inf
            axes.plot(x, y, "s" if is_whole else "o", color=SECOND if is_whole else ACCENT)
        axes.margins(y=0.12)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(8 if width == WIDE else 4))
        axes.xaxis.set_major_formatter(lambda value, _: row.tick(value))
        axes.set_xlabel(f"{row.title} of an inference")
        axes.set_ylabel("accuracy, %")
        return figure


def with_room(x: Sequence[float], y: Sequence[float], room: float) -> list[int]:
    """Return the points whose labels have room: each is this share of the axes from all before.

    The last point comes first.
    """
    across, along = max(x) or 1.0, (max(y) - min(y)) or 1.0
    chosen: list[int] = []
    for i in reversed(range(len(x))):
        if all(max(abs(x[i] - x[j]) / across, abs(y[i] - y[j]) / along) > room for j in chosen):
            chosen.append(i)
    return chosen
