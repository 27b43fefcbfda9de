"""The trials in their file: the same proposals after a kill, and none lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from hardware.errors import InputError
from spiking_gru.trials.space import Space
from spiking_gru.trials.study import FILE, Study
from spiking_gru.trials.trial import DONE, FAILED, STOPPED, Figures, Goal, Trial
from spiking_gru.trials.worker import Worker, is_alive, working_on

GOAL = Goal("accuracy", more_is_better=True)
SPACE = Space.of(
    {
        "hidden": {"low": 8, "high": 64, "log": True},
        "emit": {"choices": ["graded", "binary"]},
        "threshold": {"low": 0.05, "high": 0.4},
    }
)
TRIALS, FOLDS = 12, 2


class KilledError(Exception):
    """Stands for a process that dies."""


def figures(trial: Trial, fold: int) -> Figures:
    """Figures that depend on settings and fold alone."""
    hidden, threshold = float(trial.values["hidden"]), float(trial.values["threshold"])
    return Figures(1 - 1 / hidden - 0.01 * fold, hidden**1.5, hidden * threshold * 1e-9)


def work(folder: Path) -> None:
    """Work until all trials are finished."""
    study = Study(folder, SPACE, GOAL, seed=3)
    with working_on(folder) as worker:
        while (trial := study.claim(worker, TRIALS)) is not None:
            for fold in range(len(trial.folds), FOLDS):
                trial = study.keep(trial, figures(trial, fold))
            if trial.index % 5 == 3:
                study.finish(trial, FAILED, "does not fit")
            else:
                study.finish(trial, STOPPED if trial.index % 5 == 4 else DONE)


def trials_of(folder: Path) -> list[Trial]:
    return Study(folder, SPACE, GOAL, seed=3).trials()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    folder = tmp_path_factory.mktemp("undisturbed")
    work(folder)
    return trials_of(folder)


def test_every_trial_has_an_index_and_an_end(undisturbed: list[Trial]) -> None:
    assert [trial.index for trial in undisturbed] == list(range(TRIALS))
    assert {trial.state for trial in undisturbed} == {DONE, STOPPED, FAILED}
    assert {t.reason for t in undisturbed if t.state == FAILED} == {"does not fit"}
    assert len({tuple(trial.values.items()) for trial in undisturbed}) == TRIALS


def test_a_search_that_is_killed_at_random_moments_makes_the_same_trials(
    undisturbed: list[Trial], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, kills = random.Random(0), 0

    def dying(write: Callable[..., Any]) -> Callable[..., Any]:
        """Die before or after some writes."""

        def once(*given: Any, **named: Any) -> Any:
            before, after = chance.random() < 0.05, chance.random() < 0.05
            if before:
                raise KilledError
            found = write(*given, **named)
            if after:
                raise KilledError
            return found

        return once

    for kind, name in (
        (optuna.Study, "ask"),
        (optuna.Study, "tell"),
        (optuna.Study, "enqueue_trial"),
        (optuna.Trial, "set_user_attr"),
    ):
        monkeypatch.setattr(kind, name, dying(getattr(kind, name)))
    while True:
        try:
            work(tmp_path)
            break
        except KilledError:
            kills += 1
    assert kills >= 8
    assert trials_of(tmp_path) == undisturbed


def test_two_workers_never_have_the_same_trial(tmp_path: Path) -> None:
    study, other = (Study(tmp_path, SPACE, GOAL, seed=3) for _ in range(2))
    with working_on(tmp_path) as a, working_on(tmp_path) as b:
        mine, theirs = study.claim(a, TRIALS), other.claim(b, TRIALS)
        assert mine is not None
        assert theirs is not None
        assert (mine.index, theirs.index) == (0, 1)
        assert mine.values != theirs.values
        assert study.is_worked_on


def test_the_trial_of_a_dead_worker_is_taken_up_again_with_its_folds(tmp_path: Path) -> None:
    study = Study(tmp_path, SPACE, GOAL, seed=3)
    with working_on(tmp_path) as worker:
        first = study.claim(worker, TRIALS)
        assert first is not None
        first = study.keep(first, figures(first, 0))
    assert not study.is_worked_on
    with working_on(tmp_path) as worker:
        again = Study(tmp_path, SPACE, GOAL, seed=3).claim(worker, TRIALS)
    assert again == first


def test_no_more_trials_are_claimed_than_were_asked_for(tmp_path: Path) -> None:
    study = Study(tmp_path, SPACE, GOAL, seed=3)
    with working_on(tmp_path) as worker:
        assert study.claim(worker, 1) is not None
        assert study.claim(worker, 1) is None
        assert study.claim(worker, 2) is not None


def test_a_worker_is_alive_as_long_as_its_process_has_its_file(tmp_path: Path) -> None:
    with working_on(tmp_path) as worker:
        assert is_alive(tmp_path, worker.name)
    assert not is_alive(tmp_path, worker.name)
    left = tmp_path / "workers" / "host-1-left"
    left.write_text("")
    assert not is_alive(tmp_path, Worker("host-1-left").name)
    assert not left.exists()


def test_a_damaged_file_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 200)
    with pytest.raises(InputError, match=f"{FILE}: not a usable study.*remove it"):
        Study(tmp_path, SPACE, GOAL, seed=3)
