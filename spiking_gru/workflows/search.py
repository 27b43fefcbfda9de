"""`search`: trials of settings on folds of the training part, and the chosen network."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware.errors import (
    PlacementError,
    RangeError,
    SettingError,
    TrainingError,
)
from hardware.files.disk import one_line, write_bytes
from spiking_gru.data import Dataset
from spiking_gru.settings import NetworkSettings, TrainingSettings
from spiking_gru.training.checks import require_trainable
from spiking_gru.training.folds import fold_datasets
from spiking_gru.trials.goal import goal_for
from spiking_gru.trials.halving import goes_on
from spiking_gru.trials.picture import FILE as PICTURE
from spiking_gru.trials.picture import TABLE, csv_of, picture
from spiking_gru.trials.plan import FILE as PLAN_FILE
from spiking_gru.trials.plan import plan_of, require_same_plan
from spiking_gru.trials.result import Search
from spiking_gru.trials.space import Space, settings_of
from spiking_gru.trials.study import FILE as STUDY_FILE
from spiking_gru.trials.study import Study
from spiking_gru.trials.trial import DONE, FAILED, STOPPED, Figures, Goal, Trial, chosen
from spiking_gru.trials.worker import one_at_a_time, working_on
from spiking_gru.workflows.deployed import Deployed, deployed, reported

USUAL_ENCODER = NetworkSettings.model_fields["encoder"].default
"""The encoder of data that ask for none."""

Watch = Callable[[list[Trial], Goal], None]
"""Sees all trials after each fold of one."""

FAULTS = (RangeError, PlacementError, SettingError, TrainingError)
"""Errors of a trial's own settings; the search goes on."""

WAIT_S = 1.0
"""Seconds from one look at the trials of other processes to the next."""

TRIALS = 40
"""Trials of a search where no number is given."""

FRESH = 1
"""The first of the fresh seeds, counted from the seed of the search."""

RUNS, LOCK = "unfinished", ".finishing"


@dataclass(frozen=True)
class Task:
    """All that a process needs to work on a search."""

    folder: Path
    settings: TrainingSettings
    """The settings that are the same in all trials."""

    dataset: Dataset
    space: Space
    goal_names: tuple[str | None, str]
    folds: int
    by: str | None
    trials: int
    until: float | None
    """The time (Unix) after which no trial begins."""

    @property
    def study(self) -> Study:
        """The trials, as this process sees them."""
        goal = goal_for(self.dataset, *self.goal_names)
        return Study(self.folder, self.space, goal, self.settings.seed)

    @property
    def parts(self) -> list[Dataset]:
        """A data set for each fold."""
        parts = (self.dataset.training, self.dataset.validation)
        return fold_datasets(self.dataset, parts, self.folds, self.by, self.settings.seed)


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
    seeds: int = 3,
    force: bool = False,
    watch: Watch = lambda *_: None,
) -> Search:
    """Search for settings, and train the chosen ones with fresh seeds.

    Each trial draws settings from the `space`: a TOML file, its content, or the default space. It
    trains, converts and prices a network on `folds` of the training and validation parts, `by`
    group or class. The test part chooses nothing. After each fold the better half of the trials
    continues. The objectives are a `metric` and a `cost`, `energy` or `operations`.

    The search chooses the cheapest trial within the best one's standard error. With a budget,
    `most_operations`, it chooses the best trial within the budget. It trains these settings with
    that many fresh `seeds` on the whole training part.

    A search that was stopped or killed continues in its folder. Several processes can share a
    folder; `workers` are processes of this call. No trial begins after `minutes`.
    """
    for name, value in (("trials", trials), ("folds", folds - 1), ("workers", workers)):
        if value < 1:
            least = 2 if name == "folds" else 1
            raise SettingError(f"{name} is {value + least - 1}, expected {least} or more")
    if seeds < 0:
        raise SettingError(f"seeds is {seeds}, expected 0 or more")
    if minutes is not None and not minutes > 0:
        raise SettingError(f"minutes is {minutes:g}, expected more than 0")
    folder = Path(folder)
    goal = goal_for(dataset, metric, cost)
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
            "seeds": seeds,
        },
    )
    until = None if minutes is None else time.time() + 60 * minutes
    task = Task(folder, settings, dataset, varied, (metric, cost), folds, by, trials, until)
    _ = task.parts  # refuses folds that cannot be made
    if force:
        _forget(folder)
    require_same_plan(folder, plan)
    with helpers(task, workers - 1) as failures:
        work(task, watch)
        failures()
    return _finished(task, most_operations, seeds)


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


def work(task: Task, watch: Watch = lambda *_: None) -> None:
    """Work on trials until all are finished."""
    study, folds = task.study, task.parts
    with working_on(task.folder) as worker:
        while True:
            late = task.until is not None and time.time() > task.until
            trial = None if late else study.claim(worker, task.trials)
            if trial is not None:
                _try(task, study, trial, folds, watch)
            elif not study.is_worked_on:
                return
            else:
                time.sleep(WAIT_S)


def _try(task: Task, study: Study, trial: Trial, folds: list[Dataset], watch: Watch) -> None:
    """Train a trial on its next folds, as long as it is worth it."""
    place = task.folder / RUNS
    try:
        settings = settings_of(task.settings, {**trial.values, "baseline": "none"}, task.dataset)
        for number in range(len(trial.folds), len(folds)):
            if number and not goes_on(trial, _rivals(study, trial), study.goal):
                study.finish(trial, STOPPED)
                watch(study.trials(), study.goal)
                return
            place = task.folder / RUNS / f"trial-{trial.index}-fold-{number}"
            figures = fold_figures(settings, folds[number], study.goal.metric, place)
            trial = study.keep(trial, figures)
            watch(study.trials(), study.goal)
    except FAULTS as error:
        shutil.rmtree(place, ignore_errors=True)
        study.finish(trial, FAILED, one_line(error))
    else:
        study.finish(trial, DONE)
    watch(study.trials(), study.goal)


def _rivals(study: Study, trial: Trial) -> list[Trial]:
    return [other for other in study.trials() if other.index != trial.index]


def fold_figures(settings: TrainingSettings, fold: Dataset, metric: str, place: Path) -> Figures:
    """Train a network on a fold, and return what its test part gives.

    A training that was stopped goes on in its place, which is removed when it ends.
    """
    with _without_notes():
        made = deployed(settings, fold, place, fold.test)
    shutil.rmtree(place)
    return figures_of(made, metric)


@contextmanager
def _without_notes() -> Iterator[None]:
    """Leave out the notes of trainings: a trial is short, and one of many."""
    log = logging.getLogger("spiking_gru.training")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def figures_of(made: Deployed, metric: str) -> Figures:
    """Return the figures of a network on the part on which it ran."""
    import hardware

    test = made.trained["test"]["quantised"]
    if metric not in test:
        raise SettingError(f"the metric {metric!r} is not defined on these data: choose another")
    cost = hardware.estimate(made.trace, made.program)
    counts = hardware.count(made.trace, made.program)
    return Figures(
        test[metric], float(counts.synaptic_operations.mean()), cost.core_dynamic.nominal
    )


@contextmanager
def helpers(task: Task, number: int) -> Iterator[Callable[[], None]]:
    """Let that many further processes work on a search; the result raises what they raised."""
    if not number:
        yield lambda: None
        return
    from joblib.externals.loky import ProcessPoolExecutor

    pool = ProcessPoolExecutor(number)
    try:
        running = [pool.submit(work, task) for _ in range(number)]

        def failures() -> None:
            for one in running:
                one.result()

        yield failures
    finally:
        pool.shutdown(kill_workers=True)


def _finished(task: Task, most_operations: float | None, seeds: int) -> Search:
    """Choose a trial, train its settings with fresh seeds, and write all files."""
    study, folder = task.study, task.folder
    trials = study.trials()
    best = chosen(trials, study.goal, most_operations)
    write_bytes(folder / TABLE, csv_of(trials))
    write_bytes(folder / PICTURE, picture(trials, study.goal, best))
    settings = settings_of(task.settings, best.values, task.dataset)
    final, reports = {}, {}
    with one_at_a_time(folder / LOCK):
        for seed in range(settings.seed + FRESH, settings.seed + FRESH + seeds):
            of_seed = settings.model_copy(update={"seed": seed})
            place = folder / f"trial-{best.index}" / f"seed-{seed}"
            made = deployed(of_seed, task.dataset, place, task.dataset.test)
            reports[seed] = reported(made, task.dataset, place)
            final[seed] = figures_of(made, study.goal.metric)
    content = picture(trials, study.goal, best, list(final.values()))
    write_bytes(folder / PICTURE, content)
    return Search(folder, study.goal, tuple(trials), best, settings, final, reports)
