"""The chart of early exit: accuracy against operations, a point for each margin."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hardware.errors import InputError
from hardware.reporting.early_exit import ExitPoint
from hardware.reporting.figures import ACCENT, MUTED, STYLE, WIDE, svg
from hardware.reporting.units import whole


def early_exit_chart(points: Sequence[ExitPoint], width: float = WIDE) -> str:
    """Draw what `early_exit_curve` returns, as SVG."""
    if not points:
        raise InputError("no margin to draw: give at least one")
    ordered = sorted(points, key=lambda point: point.operations)
    operations = [point.operations for point in ordered]
    accuracies = [100 * point.accuracy for point in ordered]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 3.0), layout="constrained")
        axes = figure.subplots()
        axes.plot(operations, accuracies, "-", color=MUTED, linewidth=1)
        axes.plot(operations, accuracies, "o", color=ACCENT, markersize=5)
        for x, y, point in zip(operations, accuracies, ordered, strict=True):
            axes.annotate(
                f"{point.margin:g}", (x, y), xytext=(5, -11), textcoords="offset points", fontsize=9
            )
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(8 if width == WIDE else 4))
        axes.xaxis.set_major_formatter(lambda value, _: whole(int(value)))
        axes.set_xlabel("synaptic operations of an inference")
        axes.set_ylabel("accuracy, %")
        label = (
            f"Accuracy against synaptic operations with early exit at {len(points)} margins, from "
            f"{whole(round(operations[0]))} to {whole(round(operations[-1]))} operations"
        )
        return svg(figure, label, "early-exit")
