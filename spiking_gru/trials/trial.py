"""Trials of a search: figures of each fold, which of them are the best, and which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import NamedTuple

from hardware.errors import SettingError
from spiking_gru.trials.parameter import Value

RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"


class Figures(NamedTuple):
    """Figures of an inference on a fold's test part."""

    metric: float
    operations: float
    """Synaptic operations."""

    energy_j: float
    """Nominal core dynamic energy, in joules."""


COSTS = {"energy": "energy_j", "operations": "operations"}
"""Fields of `Figures` that a search can minimise, by the name of the objective."""


ABOVE = 1e30
"""Loss per operation above a budget: more than any metric has."""

Losses = tuple[float, ...]
"""Numbers of which less is better."""


class Goal(NamedTuple):
    """The two objectives of a search, and its budget."""

    metric: str
    more_is_better: bool
    cost: str = "energy"
    most_operations: float | None = None
    """The budget: most synaptic operations of an inference."""

    def losses(self, figures: Figures) -> tuple[float, float]:
        """Return two numbers of which less is better."""
        sign = -1 if self.more_is_better else 1
        return sign * figures.metric, getattr(figures, COSTS[self.cost])

    def aims(self, figures: Figures) -> Losses:
        """Return the numbers that trials compete in: both losses, or with a budget one number.

        This number is the loss of the metric. Above the budget it is larger than any such loss.
        """
        if self.most_operations is None:
            return self.losses(figures)
        return (self.losses(figures)[0] if self.allows(figures) else ABOVE * figures.operations,)

    def allows(self, figures: Figures) -> bool:
        """Return whether an inference is within the budget."""
        return self.most_operations is None or figures.operations <= self.most_operations


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, and the figures of the folds that are finished."""

    index: int
    values: dict[str, Value]
    """The settings of the space, those that have a meaning."""

    folds: tuple[Figures, ...] = ()
    state: str = RUNNING
    reason: str = ""
    """Why it failed."""

    repeats: tuple[Figures, ...] = ()
    """Figures of the folds that measured a finalist again, with other seeds."""

    def mean(self, folds: int | None = None) -> Figures:
        """Return the means over the first folds, or over all that are finished."""
        return Figures(*map(fmean, zip(*self.folds[:folds], strict=True)))

    @property
    def spread(self) -> float:
        """Standard deviation of the metric between folds; 0 of one fold."""
        values = [fold.metric for fold in self.folds]
        return stdev(values) if len(values) > 1 else 0.0

    @property
    def error(self) -> float:
        """Standard error of the mean metric between folds; 0 of one fold."""
        return self.spread / max(len(self.folds), 1) ** 0.5

    @property
    def whole(self) -> Trial:
        """The trial with its repeats among its folds."""
        return replace(self, folds=self.folds + self.repeats, repeats=())


def dominates(a: Losses, b: Losses) -> bool:
    """Return whether `a` is at least as good as `b` in all losses, and better in one."""
    return a != b and all(x <= y for x, y in zip(a, b, strict=True))


def levels(points: Sequence[Losses]) -> list[int]:
    """Return the front of each point: 0 where none dominates it, 1 where only those of 0 do, …."""
    found: dict[int, int] = {}
    for i in sorted(range(len(points)), key=points.__getitem__):  # after all that dominate it
        better = [level for j, level in found.items() if dominates(points[j], points[i])]
        found[i] = max(better, default=-1) + 1
    return [found[i] for i in range(len(points))]


def front(trials: Sequence[Trial], goal: Goal) -> list[Trial]:
    """Return the trials with all folds that no other dominates (the Pareto set), cheapest first."""
    done = [trial for trial in trials if trial.state == DONE]
    of_each = levels([goal.losses(trial.mean()) for trial in done])
    best = [trial for trial, level in zip(done, of_each, strict=True) if level == 0]
    return sorted(best, key=lambda trial: goal.losses(trial.mean())[::-1])


def chosen(trials: Sequence[Trial], goal: Goal) -> Trial:
    """Return the cheapest trial that is as good as the best, within the best one's standard error.

    With a budget, return the best trial within the budget instead.
    """
    best, most = front(within_budget(trials, goal), goal), goal.most_operations
    if not best:
        raise SettingError(
            "no trial has finished all folds"
            + ("" if most is None else f" with at most {most:,g} operations")
            + ": try more trials, more finalists, or a space with smaller networks"
        )
    top = best[-1]
    if most is not None:
        return top
    limit = goal.losses(top.mean())[0] + top.error
    return next(trial for trial in best if goal.losses(trial.mean())[0] <= limit)


def within_budget(trials: Sequence[Trial], goal: Goal) -> list[Trial]:
    """Return the trials with all folds that are within the budget, if there is one."""
    return [trial for trial in trials if trial.state == DONE and goal.allows(trial.mean())]
