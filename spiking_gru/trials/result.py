"""The result of a search: its trials, the best of them, and the chosen network on fresh seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from hardware.display import html_table, number_of
from spiking_gru.settings import TrainingSettings
from spiking_gru.trials.parameter import shown
from spiking_gru.trials.trial import Figures, Goal, Trial, front

if TYPE_CHECKING:
    from hardware.reporting import Report

COLUMNS = ("trial", "metric", "operations", "energy, µJ", "settings")


@dataclass(frozen=True, repr=False)
class Search:
    """Result of a search."""

    folder: Path
    goal: Goal
    trials: tuple[Trial, ...]
    finalists: tuple[Trial, ...]
    """The trials that were measured again; all folds of these choose. Empty for 1 finalist."""

    chosen: Trial
    settings: TrainingSettings
    """Settings of the chosen trial."""

    final: dict[int, Figures] = field(default_factory=dict)
    """Figures of the chosen settings on the test part, by seed."""

    reports: dict[int, Report] = field(default_factory=dict)
    """The reports of these runs, by seed."""

    @property
    def front(self) -> list[Trial]:
        """The trials that no other dominates (the Pareto set), cheapest first."""
        return front(self.trials, self.goal)

    @property
    def mean(self) -> Figures:
        """The mean figures of the fresh seeds on the test part."""
        return Figures(*map(fmean, zip(*self.final.values(), strict=True)))

    @property
    def spread(self) -> float:
        """The standard deviation of the metric between fresh seeds; 0 of one."""
        values = [figures.metric for figures in self.final.values()]
        return stdev(values) if len(values) > 1 else 0.0

    def __repr__(self) -> str:
        found = f"{number_of(len(self.trials), 'trial')}, trial {self.chosen.index} chosen"
        if self.final:
            mean = self.mean
            found += (
                f": {self.goal.metric} {mean.metric:.4g} ± {self.spread:.2g} at "
                f"{mean.operations:,.0f} operations on {number_of(len(self.final), 'fresh seed')}"
            )
        return f"Search({found})"

    def _repr_html_(self) -> str:
        table = html_table(repr(self), COLUMNS, [row_of(trial) for trial in self.front])
        if self.finalists:
            rows = [row_of(trial.whole) for trial in self.finalists]
            table += html_table("Finalists, means of all folds", COLUMNS, rows)
        return table


def row_of(trial: Trial) -> list[str]:
    """Return the cells of a trial in a table."""
    if not trial.folds:
        return [str(trial.index), trial.state, "", "", shown(trial.values)]
    mean = trial.mean()
    return [
        str(trial.index),
        f"{mean.metric:.4g}",
        f"{mean.operations:,.0f}",
        f"{1e6 * mean.energy_j:.3g}",
        shown(trial.values),
    ]


def rows_of(trials: Sequence[Trial]) -> list[dict[str, object]]:
    """Return a row for each trial, for a CSV file."""
    rows = []
    for trial in trials:
        mean = trial.mean() if trial.folds else None
        figures = dict.fromkeys(Figures._fields) if mean is None else mean._asdict()
        about = {"trial": trial.index, "state": trial.state, "folds": len(trial.folds)}
        spread = {"spread": trial.spread if trial.folds else None, **whole_of(trial)}
        rows.append({**about, **figures, **spread, "reason": trial.reason, **trial.values})
    return rows


def whole_of(trial: Trial) -> dict[str, object]:
    """Return the cells of a finalist over all its folds, those of the repeats too."""
    names = ("all_folds", "all_metric", "all_operations", "all_spread")
    if not trial.repeats:
        return dict.fromkeys(names)
    whole, mean = trial.whole, trial.whole.mean()
    cells = (len(whole.folds), mean.metric, mean.operations, whole.spread)
    return dict(zip(names, cells, strict=True))
