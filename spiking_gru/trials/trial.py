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


class Goal(NamedTuple):
    """The two objectives of a search."""

    metric: str
    more_is_better: bool
    cost: str = "energy"

    def losses(self, figures: Figures) -> tuple[float, float]:
        """Return two numbers of which less is better."""
        sign = -1 if self.more_is_better else 1
        return sign * figures.metric, getattr(figures, COSTS[self.cost])

    def dominates(self, a: Figures, b: Figures) -> bool:
        """Return whether `a` is at least as good as `b` in both, and better in one."""
        of_a, of_b = self.losses(a), self.losses(b)
        return of_a != of_b and all(x <= y for x, y in zip(of_a, of_b, strict=True))


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


def levels(points: Sequence[Figures], goal: Goal) -> list[int]:
    """Return the front of each point: 0 where none dominates it, 1 where only those of 0 do, …."""
    left, found = set(range(len(points))), [0] * len(points)
    level = 0
    while left:
        front = {i for i in left if not any(goal.dominates(points[j], points[i]) for j in left)}
        for i in front:
            found[i] = level
        left, level = left - front, level + 1
    return found


def front(trials: Sequence[Trial], goal: Goal) -> list[Trial]:
    """Return the trials with all folds that no other dominates (the Pareto set), cheapest first."""
    done = [trial for trial in trials if trial.state == DONE]
    of_each = levels([trial.mean() for trial in done], goal)
    best = [trial for trial, level in zip(done, of_each, strict=True) if level == 0]
    return sorted(best, key=lambda trial: goal.losses(trial.mean())[::-1])


def chosen(trials: Sequence[Trial], goal: Goal, most_operations: float | None = None) -> Trial:
    """Return the cheapest trial that is as good as the best, within the best one's standard error.

    With a budget, `most_operations`, return the best trial within the budget instead.
    """
    best = front(within(trials, most_operations), goal)
    if not best:
        raise SettingError(
            "no trial has finished all folds"
            + ("" if most_operations is None else f" with at most {most_operations:,g} operations")
            + ": try more trials, more finalists, or a space with smaller networks"
        )
    top = best[-1]
    if most_operations is not None:
        return top
    limit = goal.losses(top.mean())[0] + top.error
    return next(trial for trial in best if goal.losses(trial.mean())[0] <= limit)


def within(trials: Sequence[Trial], most: float | None) -> list[Trial]:
    """Return the trials with all folds and at most that many operations."""
    done = [trial for trial in trials if trial.state == DONE]
    return [trial for trial in done if most is None or trial.mean().operations <= most]
