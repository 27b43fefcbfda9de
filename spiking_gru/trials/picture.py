"""Pictures and files of a search: the Pareto picture, and a CSV file of all trials."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from spiking_gru.trials.result import rows_of
from spiking_gru.trials.trial import DONE, Figures, Goal, Trial, front

FILE, TABLE = "pareto.png", "trials.csv"
"""Names of the files."""

AXES = {
    "energy": (1e6, "core dynamic energy of an inference, µJ"),
    "operations": (1.0, "synaptic operations of an inference"),
}
"""Factor and title of a cost."""


FEW = 200
"""Least ratio of costs at which only powers of ten are written on the axis."""


def picture(
    trials: Sequence[Trial],
    goal: Goal,
    chosen: Trial,
    finalists: Sequence[Trial] = (),
    final: Sequence[Figures] = (),
) -> bytes:
    """Return a PNG: all trials, the Pareto set, the finalists, and the chosen settings."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, ScalarFormatter

    factor, title = AXES[goal.cost]
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()

    def draw(points: Sequence[Figures], form: str, **given: Any) -> None:
        costs = [factor * goal.losses(point)[1] for point in points]
        axes.plot(costs, [point.metric for point in points], form, **given)

    others = [trial for trial in trials if trial.folds and trial.state != DONE]
    done = [trial for trial in trials if trial.state == DONE]
    draw([t.mean() for t in others], ".", color="#b9b9b9", label="stopped early")
    draw([t.mean() for t in done], "o", color="#0b6a95", alpha=0.5, label="all folds")
    draw([t.mean() for t in front(trials, goal)], "-", color="#0b6a95", label="Pareto set")
    whole = [one.whole for one in finalists if one.repeats]
    if whole:
        draw([one.mean() for one in whole], "o", color="#2d7d46", label="finalists, with repeats")
        costs = [factor * goal.losses(one.mean())[1] for one in whole]
        means, errors = [one.mean().metric for one in whole], [one.error for one in whole]
        axes.errorbar(costs, means, errors, fmt="none", color="#2d7d46", lw=1)
    draw([chosen.whole.mean()], "D", color="#c8501e", ms=9, label=f"chosen: trial {chosen.index}")
    if final:
        draw(final, "x", color="#c8501e", label="chosen, fresh seeds, test part")
    axes.set_xscale("log")
    for formatter in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        formatter(ScalarFormatter() if factor > 1 else "{x:,.0f}")
    low, high = axes.get_xlim()
    between = (2, 5) if high < FEW * low else ()
    axes.xaxis.set_minor_locator(LogLocator(subs=between))
    axes.set_xlabel(title)
    axes.set_ylabel(goal.metric.replace("_", " "))
    axes.legend(loc="lower right" if goal.more_is_better else "upper right", fontsize=8)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    return file.getvalue()


def csv_of(trials: Sequence[Trial]) -> bytes:
    """Return a CSV file with a row for each trial."""
    rows = rows_of(trials)
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()
