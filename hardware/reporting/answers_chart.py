"""The chart of targets and answers of a program of values."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hardware.reporting.figures import ACCENT, MUTED, SECOND, STYLE, WIDE, svg
from hardware.reporting.study import Study
from hardware.reporting.units import whole

MARKERS = (".", "+", "x", "1")
"""Markers of the outputs whose answers are drawn, the first four."""

MOST_POINTS = 1_000
"""Most answers of an output that are drawn; of more, an even choice."""


def answers(run: Study, width: float = WIDE) -> str:
    """Each known target of a program of values and its answer; empty for any other."""
    if run.targets is None or run.names_classes or np.isnan(run.targets).all():
        return ""
    target, answer = run.targets, run.answers
    known = ~np.isnan(target)
    low, high = (end(target[known].tolist() + answer[known].tolist()) for end in (min, max))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 3.6), layout="constrained")
        axes = figure.subplots()
        axes.plot([low, high], [low, high], color=MUTED, linewidth=1)
        outputs = target.shape[1]
        for i, marker in enumerate(MARKERS[:outputs]):
            there = np.flatnonzero(known[:, i])
            there = there[:: -(-len(there) // MOST_POINTS) or 1]
            axes.plot(
                target[there, i], answer[there, i], marker,
                color=(ACCENT, SECOND)[i % 2], markersize=4, alpha=0.7, label=f"output {i}",
            )  # fmt: skip
        if outputs > 1:
            axes.legend(frameon=False, fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(8 if width == WIDE else 4))
        axes.set_xlabel("target")
        axes.set_ylabel("answer")
        label = (
            f"{whole(int(known.sum()))} targets from {low:.4g} to {high:.4g} with the answers of "
            f"the deployed program; on the line both are equal"
        )
        label = ". ".join(filter(None, (label, outputs_drawn(run)))).removesuffix(".")
        return svg(figure, label, "answers")


def outputs_drawn(run: Study) -> str:
    """Return a sentence about the outputs whose answers are drawn; empty if they all are."""
    outputs = 0 if run.targets is None or run.names_classes else run.targets.shape[1]
    drawn = len(MARKERS)
    return f"The first {drawn} of {outputs} outputs are drawn." if outputs > drawn else ""
