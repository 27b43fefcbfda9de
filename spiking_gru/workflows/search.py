"""`search`: trials of settings on folds of the training part, and the chosen network."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from hardware.errors import SettingError
from hardware.files.disk import write_bytes
from spiking_gru.data import Dataset
from spiking_gru.settings import NetworkSettings, TrainingSettings
from spiking_gru.training.checks import require_trainable
from spiking_gru.trials.finalists import FINALISTS
from spiking_gru.trials.goal import goal_for
from spiking_gru.trials.picture import FILE as PICTURE
from spiking_gru.trials.picture import TABLE, csv_of, picture
from spiking_gru.trials.plan import FILE as PLAN_FILE
from spiking_gru.trials.plan import plan_of, require_same_plan
from spiking_gru.trials.result import Search
from spiking_gru.trials.space import Space, settings_of
from spiking_gru.trials.study import FILE as STUDY_FILE
from spiking_gru.trials.trial import chosen
from spiking_gru.trials.worker import one_at_a_time
from spiking_gru.workflows.deployed import deployed, reported
from spiking_gru.workflows.fold_figures import figures_of
from spiking_gru.workflows.trying import Task, Watch, helpers, rounds_of, trials_of, work

USUAL_ENCODER = NetworkSettings.model_fields["encoder"].default
"""The encoder of data that ask for none."""

TRIALS = 40
"""Trials of a search where no number is given."""

FRESH = 1
"""The first of the fresh seeds, counted from the seed of the search."""

LOCK = ".finishing"


def search(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: str | Path,
    *,
    space: Space | str | Path | dict[str, Any] | None = None,
    trials: int = TRIALS,
    folds: int = 3,
    by: str | None = None,
    metric: str | None = None,
    cost: str = "energy",
    most_operations: float | None = None,
    minutes: float | None = None,
    workers: int = 1,
    finalists: int = FINALISTS,
    seeds: int = 3,
    force: bool = False,
    watch: Watch = lambda *_: None,
) -> Search:
    """Search for settings, and train the chosen ones with fresh seeds.

    Each trial draws settings from the `space`: a TOML file, its content, or the default space. It
    trains, converts and prices a network on `folds` of the training and validation parts, `by`
    group or class. The test part chooses nothing. After each fold the better half of the trials
    continues. The objectives are a `metric` and a `cost`, `energy` or `operations`.

    The `finalists` are the best few trials. They are trained again in three repeats of the folds,
    with other folds and seeds, and the mean over all folds chooses. With 1 finalist the trials
    choose alone. The choice is the cheapest finalist within the best one's standard error. With a
    budget, `most_operations`, the choice is the best finalist within the budget. The search trains
    these settings with that many fresh `seeds` on the whole training part.

    A search that was stopped or killed continues in its folder. Several processes can share a
    folder; `workers` are processes of this call. No trial begins after `minutes`.
    """
    for name, value, least in (
        ("trials", trials, 1),
        ("folds", folds, 2),
        ("finalists", finalists, 1),
        ("workers", workers, 1),
        ("seeds", seeds, 0),
    ):
        if value < least:
            raise SettingError(f"{name} is {value}, expected {least} or more")
    if minutes is not None and not minutes > 0:
        raise SettingError(f"minutes is {minutes:g}, expected more than 0")
    folder = Path(folder)
    goal = goal_for(dataset, metric, cost, most_operations)
    given = settings.model_copy(update={"data": dataset.name})
    fixed = given.model_dump(exclude_unset=True)
    varied = Space.of(space).of_task(dataset.task).without(_given(settings, dataset, space))
    require_trainable(settings, dataset)
    varied.require_usable(settings, dataset)
    plan = plan_of(
        settings=fixed,
        space=varied.described,
        dataset={"name": dataset.name, "fingerprint": dataset.fingerprint},
        folds=[folds, by],
        goal=list(goal),
        call={
            "data": str(settings.data),
            "trials": trials,
            "folds": folds,
            "by": by,
            "metric": metric,
            "cost": cost,
            "most_operations": most_operations,
            "finalists": finalists,
            "seeds": seeds,
        },
    )
    until = None if minutes is None else time.time() + 60 * minutes
    task = Task(
        folder,
        settings,
        dataset,
        space=varied,
        goal=goal,
        folds=folds,
        by=by,
        trials=trials,
        finalists=finalists,
        until=until,
    )
    task.parts(settings.seed)  # refuses folds that cannot be made
    if force:
        _forget(folder)
    require_same_plan(folder, plan)
    with helpers(task, workers - 1) as failures:
        work(task, watch)
        failures()
    return _finished(task, seeds)


def _given(
    settings: TrainingSettings, dataset: Dataset, space: Space | str | Path | dict[str, Any] | None
) -> set[str]:
    """Return the settings that are no part of the usual space for a call.

    They are those that were given by name, and the encoder where the data ask for one.
    """
    if space is not None:
        return set()
    asked = set() if dataset.encoder == USUAL_ENCODER else {"encoder", "encoder_threshold"}
    return {*settings.model_fields_set, *asked}


def _forget(folder: Path) -> None:
    """Remove the trials of an earlier search; its finished runs are replaced later."""
    for name in (STUDY_FILE, PLAN_FILE, PICTURE, TABLE):
        (folder / name).unlink(missing_ok=True)


def _finished(task: Task, seeds: int) -> Search:
    """Choose a trial, train its settings with fresh seeds, and write all files."""
    folder, goal = task.folder, task.goal
    rounds = rounds_of(task)
    trials = trials_of(rounds)
    named = {trial.index for trial in task.finalists_of(rounds[0].study.trials())}
    finalists = [trial for trial in trials if trial.index in named]
    write_bytes(folder / TABLE, csv_of(trials))
    whole = chosen([one.whole for one in finalists] or trials, goal)
    best = next(trial for trial in trials if trial.index == whole.index)
    write_bytes(folder / PICTURE, picture(trials, goal, best, finalists))
    settings = settings_of(task.settings, best.values, task.dataset)
    final, reports = {}, {}
    with one_at_a_time(folder / LOCK):
        for seed in range(settings.seed + FRESH, settings.seed + FRESH + seeds):
            of_seed = settings.model_copy(update={"seed": seed})
            place = folder / f"trial-{best.index}" / f"seed-{seed}"
            made = deployed(of_seed, task.dataset, place, task.dataset.test)
            reports[seed] = reported(made, task.dataset, place)
            final[seed] = figures_of(made, goal.metric)
    write_bytes(folder / PICTURE, picture(trials, goal, best, finalists, list(final.values())))
    return Search(folder, goal, tuple(trials), tuple(finalists), best, settings, final, reports)
