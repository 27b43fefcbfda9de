"""Finalists: the best few trials, which are measured again before one is chosen.

The best of many noisy means is high by luck (the winner's curse). So the finalists are trained
again in repeats with other folds and other seeds, and the mean over all folds chooses. All
finalists have the same folds and seeds, so their differences have less noise than their means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spiking_gru.trials.trial import FAILED, Goal, Trial, levels, within_budget

FINALISTS = 5
"""Finalists of a search where no number is given."""

REPEATS = 3
"""Repeats of the folds with which a finalist is measured again."""


def finalists_of(trials: Sequence[Trial], goal: Goal, number: int) -> list[Trial]:
    """Return the trials with the best metric, the best one first; none where `number` is 1.

    With a budget they are the best trials within it. Otherwise they are the best of the Pareto set;
    where the set has too few, the trials follow that only its members dominate, and so on.
    """
    if number == 1:
        return []
    known = within_budget(trials, goal)
    of_each = levels([goal.aims(trial.mean()) for trial in known])
    losses = [goal.losses(trial.mean()) for trial in known]
    order = sorted(range(len(known)), key=lambda i: (of_each[i], losses[i]))
    return [known[i] for i in order[:number]]


def with_repeats(trials: Sequence[Trial], repeats: Sequence[Sequence[Trial]]) -> list[Trial]:
    """Return the trials with the figures of their repeats; one that failed in a repeat failed."""
    return [
        _joined(trial, [t for repeat in repeats for t in repeat if t.index == trial.index])
        for trial in trials
    ]


def _joined(trial: Trial, again: list[Trial]) -> Trial:
    figures = tuple(fold for one in again for fold in one.folds)
    failed = next((one for one in again if one.state == FAILED), trial)
    return replace(trial, repeats=figures, state=failed.state, reason=failed.reason)
