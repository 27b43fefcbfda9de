"""Which trials are the best, which one is chosen, and which go on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import SettingError
from spiking_gru.trials.goal import goal_for
from spiking_gru.trials.halving import goes_on
from spiking_gru.trials.trial import (
    DONE,
    STOPPED,
    Figures,
    Goal,
    Trial,
    chosen,
    dominates,
    front,
    levels,
)

GOAL = Goal("accuracy", more_is_better=True)


def budget(most: float) -> Goal:
    return GOAL._replace(most_operations=most)


def trial(index: int, metric: float, energy: float, **given: Any) -> Trial:
    folds = given.pop("folds", 1)
    figures = (Figures(metric, 1e9 * energy, energy),) * folds
    return Trial(index, {"hidden": index}, figures, **{"state": DONE, **given})


points = st.lists(
    st.builds(Figures, st.integers(0, 4).map(float), st.just(1.0), st.integers(0, 4).map(float)),
    max_size=12,
)


@given(points, st.booleans())
def test_levels_are_fronts_of_what_is_left(found: list[Figures], more: bool) -> None:
    goal = Goal("any", more)
    losses = [goal.losses(figures) for figures in found]
    of_each = levels(losses)
    for i, own in enumerate(of_each):
        better = [of_each[j] for j in range(len(found)) if dominates(losses[j], losses[i])]
        assert own == (max(better) + 1 if better else 0)


@given(points)
def test_the_front_is_sorted_by_cost_and_no_trial_is_dominated(found: list[Figures]) -> None:
    trials = [Trial(i, {}, (figures,), DONE) for i, figures in enumerate(found)]
    best = front(trials, GOAL)
    costs = [t.mean().energy_j for t in best]

    def beats(a: Trial, b: Trial) -> bool:
        return dominates(GOAL.losses(a.mean()), GOAL.losses(b.mean()))

    assert costs == sorted(costs)
    dominated = [t for t in trials if any(beats(o, t) for o in trials)]
    assert {t.index for t in best} == {t.index for t in trials} - {t.index for t in dominated}


def test_a_trial_that_was_stopped_is_not_in_the_front() -> None:
    assert front([trial(0, 0.9, 1.0), trial(1, 0.99, 0.5, state=STOPPED)], GOAL)[0].index == 0


def test_the_cheapest_trial_within_the_error_of_the_best_is_chosen() -> None:
    best = Trial(2, {}, (Figures(0.98, 1, 9.0), Figures(0.96, 1, 9.0)), DONE)
    trials = [trial(0, 0.90, 1.0), trial(1, 0.961, 2.0), best]
    assert best.error == pytest.approx(0.01)
    assert chosen(trials, GOAL).index == 1
    assert chosen([trial(0, 0.90, 1.0), trial(1, 0.959, 2.0), best], GOAL).index == 2


def test_a_metric_of_which_less_is_better_is_chosen_by_the_same_rule() -> None:
    goal = Goal("rmse", more_is_better=False)
    best = Trial(2, {}, (Figures(0.2, 1, 9.0), Figures(0.4, 1, 9.0)), DONE)
    assert chosen([trial(0, 0.5, 1.0), trial(1, 0.39, 2.0), best], goal).index == 1


def test_the_best_trial_within_a_budget_of_operations_is_chosen() -> None:
    best = Trial(1, {}, (Figures(0.98, 1.4e9, 1.4), Figures(0.90, 1.4e9, 1.4)), DONE)
    trials = [trial(0, 0.93, 1.0), best, trial(2, 0.99, 2.0)]
    assert chosen(trials[:2], GOAL).index == 0
    assert chosen(trials, budget(1.5e9)).index == 1
    with pytest.raises(SettingError, match="no trial has finished all folds with at most 100"):
        chosen(trials, budget(100))
    with pytest.raises(SettingError, match="try more trials"):
        chosen([], GOAL)


def test_the_better_half_goes_on() -> None:
    others = [trial(i, 0.5 + i / 100, 1.0) for i in range(8)]
    assert goes_on(trial(9, 0.99, 1.0), others, GOAL)
    assert goes_on(trial(9, 0.545, 1.0), others, GOAL)
    assert not goes_on(trial(9, 0.525, 1.0), others, GOAL)
    assert goes_on(trial(9, 0.0, 0.5), others, GOAL), "the cheapest is in the first front"
    assert goes_on(trial(9, 0.0, 2.0), others[:3], GOAL), "too few to compare with"


def test_with_a_budget_the_metric_alone_decides_which_trials_go_on() -> None:
    others = [trial(i, 0.5 + i / 100, 1.0) for i in range(8)]
    assert not goes_on(trial(9, 0.0, 0.5), others, budget(1e9)), "to be cheap is no merit"
    assert goes_on(trial(9, 0.99, 1.0), others, budget(1e9))
    assert not goes_on(trial(9, 0.99, 1.1), others, budget(1e9)), "it is above the budget"
    assert not goes_on(trial(9, 0.99, 1.1), [], budget(1e9))


def test_within_a_budget_trials_compete_by_their_metric_and_above_it_by_their_operations() -> None:
    goal = budget(10)
    order = [Figures(0.9, 10, 1.0), Figures(0.1, 1, 1.0), Figures(1.0, 11, 1.0)]
    order += [Figures(1.0, 12, 0.5)]
    aims = [goal.aims(figures) for figures in order]
    assert aims == sorted(aims)
    assert levels(aims) == [0, 1, 2, 3]
    assert goal.aims(order[0]) == goal.aims(Figures(0.9, 1, 9.0)), "cost within it does not count"


def test_a_trial_is_compared_with_others_after_as_many_folds() -> None:
    others = [trial(i, 0.9, 1.0) for i in range(8)]
    assert goes_on(trial(9, 0.1, 2.0, folds=2), others, GOAL), "none has two folds"
    assert not goes_on(trial(9, 0.1, 2.0), others, GOAL)


def dataset(targets: Any, per: int = 1) -> Any:
    from spiking_gru import Dataset

    rng = np.random.default_rng(0)
    return Dataset.from_lists([rng.normal(size=(6, 2)) for _ in range(24)], targets)


def test_the_goal_is_the_metric_of_the_task() -> None:
    classes = dataset([i % 2 for i in range(24)])
    values = dataset([i / 7 for i in range(24)])
    assert goal_for(classes, None, "energy") == Goal("accuracy", True, "energy")
    assert goal_for(values, None, "operations") == Goal("rmse", False, "operations")
    assert goal_for(classes, "macro_f1", "energy").more_is_better
    assert not goal_for(classes, "loss", "energy").more_is_better
    heads = dataset({"a": [i % 2 for i in range(24)], "b": [i / 7 for i in range(24)]})
    assert goal_for(heads, None, "energy") == Goal("loss", False, "energy")
    assert goal_for(heads, "a/accuracy", "energy").more_is_better


def test_an_objective_that_the_task_does_not_have_is_refused() -> None:
    values = dataset([i / 7 for i in range(24)])
    with pytest.raises(SettingError, match="unknown metric of the task 'regress' 'accuracy'"):
        goal_for(values, "accuracy", "energy")
    with pytest.raises(SettingError, match="unknown cost 'time'"):
        goal_for(values, None, "time")
    with pytest.raises(SettingError, match="most_operations is 0, expected more than 0"):
        goal_for(values, None, "energy", 0)
