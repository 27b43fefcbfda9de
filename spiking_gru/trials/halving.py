"""Successive halving: after each fold, only the better half of the trials goes on.

Trials reach a fold one after another, so a trial is compared with those that reached it before
(asynchronous halving). Of two objectives the better ones are those of the first fronts. With a
budget the metric alone decides, and a trial above the budget is stopped.
"""

from __future__ import annotations

from collections.abc import Sequence

from spiking_gru.trials.trial import Goal, Trial, levels

SHARE = 0.5
"""Share of the trials that go on."""

FEWEST = 4
"""Trials that reached a fold before one is stopped after it."""


def goes_on(trial: Trial, others: Sequence[Trial], goal: Goal) -> bool:
    """Return whether a trial is worth its next fold, compared with others after as many folds."""
    if not goal.allows(trial.mean()):
        return False
    folds = len(trial.folds)
    before = [other.mean(folds) for other in others if len(other.folds) >= folds]
    if len(before) < FEWEST:
        return True
    *of_others, own = levels([goal.aims(mean) for mean in (*before, trial.mean())])
    return sum(level < own for level in of_others) < SHARE * (len(before) + 1)
