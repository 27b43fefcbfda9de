"""Finalists: which trials are measured again, and how their repeats choose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spiking_gru.trials.finalists import REPEATS, finalists_of, with_repeats
from spiking_gru.trials.seeds import seed_for
from spiking_gru.trials.space import Space
from spiking_gru.trials.study import Study
from spiking_gru.trials.trial import DONE, FAILED, STOPPED, Figures, Goal, Trial, chosen
from spiking_gru.trials.worker import working_on

GOAL = Goal("accuracy", more_is_better=True, cost="operations")
BUDGET = GOAL._replace(most_operations=20)
SPACE = Space.of({"hidden": {"low": 8, "high": 64}})
FOLDS = 5


def trial(index: int, metric: float, operations: float = 1.0, state: str = DONE) -> Trial:
    return Trial(index, {"hidden": 8 + index}, (Figures(metric, operations, 1e-6),), state)


def indices(trials: list[Trial]) -> list[int]:
    return [one.index for one in trials]


def test_the_finalists_are_the_best_trials_within_the_budget_that_have_all_folds() -> None:
    trials = [
        trial(0, 0.91, 10),
        trial(1, 0.99, 30),
        trial(2, 0.95, 20),
        trial(3, 0.99, 10, STOPPED),
        trial(4, 0.94, 20),
    ]
    assert indices(finalists_of(trials, BUDGET, 2)) == [2, 4]
    assert indices(finalists_of(trials, BUDGET, 9)) == [2, 4, 0]


def test_without_a_budget_the_finalists_are_the_best_of_the_pareto_set() -> None:
    trials = [trial(0, 0.91, 10), trial(1, 0.99, 30), trial(2, 0.95, 20), trial(3, 0.94, 20)]
    assert indices(finalists_of(trials, GOAL, 3)) == [1, 2, 0]
    assert indices(finalists_of(trials, GOAL, 4)) == [1, 2, 0, 3], "then the next front"


def test_a_metric_of_which_less_is_better_has_the_least_first() -> None:
    goal = Goal("rmse", more_is_better=False, cost="operations", most_operations=9)
    trials = [trial(0, 0.3), trial(1, 0.1), trial(2, 0.2)]
    assert indices(finalists_of(trials, goal, 2)) == [1, 2]


def test_one_finalist_needs_no_repeats() -> None:
    assert finalists_of([trial(0, 0.9), trial(1, 0.8)], GOAL, 1) == []


def test_the_mean_over_all_folds_chooses() -> None:
    lucky, steady = trial(0, 0.99), trial(1, 0.98)
    again = [[trial(0, 0.93), trial(1, 0.97)], [trial(1, 0.99), trial(0, 0.96)]]
    joined = with_repeats([lucky, steady, trial(2, 0.5)], again)
    assert [len(one.repeats) for one in joined] == [2, 2, 0]
    assert joined[0].mean() == lucky.mean(), "the figures of the trial stay"
    assert joined[0].whole.mean().metric == pytest.approx(0.96)
    assert joined[0].whole.spread == pytest.approx(0.03)
    assert chosen([one.whole for one in joined[:2]], BUDGET).index == 1


def test_a_finalist_that_fails_with_another_seed_is_not_chosen() -> None:
    failed = replace(trial(0, 0.0), folds=(), state=FAILED, reason="the loss is not finite")
    joined = with_repeats([trial(0, 0.99), trial(1, 0.98)], [[failed, trial(1, 0.97)]])
    assert joined[0].reason == "the loss is not finite"
    assert chosen([one.whole for one in joined], GOAL).index == 1


def test_repeats_find_better_settings_than_one_lucky_mean() -> None:
    """Searches of 40 trials, whose accuracies differ as much as folds do by chance."""
    rng, alone, repeated = np.random.default_rng(0), [], []
    for _ in range(200):
        true = rng.normal(0.97, 0.005, size=40)

        def measured(index: int, true: np.ndarray = true) -> Trial:
            folds = rng.normal(true[index], 0.012, size=FOLDS)
            return Trial(index, {}, tuple(Figures(x, 1.0, 1e-6) for x in folds), DONE)

        trials = [measured(index) for index in range(len(true))]
        finalists = finalists_of(trials, BUDGET, 5)
        again = [[measured(one.index) for one in finalists] for _ in range(REPEATS)]
        whole = [one.whole for one in with_repeats(finalists, again)]
        alone.append(true[chosen(trials, BUDGET).index])
        repeated.append(true[chosen(whole, BUDGET).index])
    assert np.mean(repeated) > np.mean(alone) + 0.001


def test_seeds_of_other_uses_differ() -> None:
    uses = ["repeat 1 folds", "repeat 1 fold 0", "repeat 1 fold 1", "repeat 2 folds", 0, 1]
    assert len({seed_for(0, use) for use in uses}) == len(uses)
    assert seed_for(0, "repeat 1 folds") != seed_for(1, "repeat 1 folds")
    assert 0 <= seed_for(2**32 - 1, "repeat 1 folds") < 2**32


def test_a_trial_enters_a_repeat_once_and_with_its_settings(tmp_path: Path) -> None:
    study = Study(tmp_path, SPACE, GOAL, 3, "repeat 1")
    finalists = [trial(7, 0.9), trial(3, 0.8)]
    study.enter(finalists[:1])
    study.enter(finalists)
    with working_on(tmp_path) as worker:
        claimed = [study.claim(worker) for _ in range(3)]
    assert claimed == [Trial(7, {"hidden": 15}), Trial(3, {"hidden": 11}), None]
    assert Study(tmp_path, SPACE, GOAL, 3).trials() == [], "the trials are a study of their own"
