"""Work on a search: trials on folds, then repeats of the finalists; several processes share it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hardware.errors import PlacementError, RangeError, SettingError, TrainingError
from hardware.files.disk import one_line
from spiking_gru.data import Dataset
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.folds import fold_datasets
from spiking_gru.trials.finalists import REPEATS, finalists_of, with_repeats
from spiking_gru.trials.halving import goes_on
from spiking_gru.trials.seeds import seed_for
from spiking_gru.trials.space import Space, settings_of
from spiking_gru.trials.study import TRIALS, Study
from spiking_gru.trials.trial import DONE, FAILED, STOPPED, Goal, Trial
from spiking_gru.trials.worker import Worker, working_on
from spiking_gru.workflows.fold_figures import fold_figures

Watch = Callable[[list[Trial], Goal], None]
"""Sees all trials after each fold of one."""

FAULTS = (RangeError, PlacementError, SettingError, TrainingError)
"""Errors of a trial's own settings; the search goes on."""

WAIT_S = 1.0
"""Seconds from one look at the trials of other processes to the next."""

RUNS = "unfinished"
"""Folder of the trainings that go on."""


@dataclass(frozen=True)
class Task:
    """All that a process needs to work on a search."""

    folder: Path
    settings: TrainingSettings
    """The settings that are the same in all trials."""

    dataset: Dataset
    space: Space
    goal: Goal
    folds: int
    by: str | None
    trials: int
    finalists: int
    until: float | None
    """The time (Unix) after which no trial begins."""

    def finalists_of(self, trials: Sequence[Trial]) -> list[Trial]:
        """Return the trials that are measured again."""
        return finalists_of(trials, self.goal, self.finalists)

    def parts(self, seed: int) -> list[Dataset]:
        """Return a data set for each fold."""
        parts = (self.dataset.training, self.dataset.validation)
        return fold_datasets(self.dataset, parts, self.folds, self.by, seed)


class Round:
    """The trials on their folds (round 0), or the finalists on those of a repeat (1, 2, …)."""

    def __init__(self, task: Task, number: int = 0) -> None:
        self.task, self.number = task, number
        self.name = f"repeat {number}" if number else TRIALS
        self.study = Study(task.folder, task.space, task.goal, task.settings.seed, self.name)

    def seed(self, use: str) -> int:
        """Return the seed for one use; trials have the seed of the search in all their folds."""
        seed = self.task.settings.seed
        return seed_for(seed, f"{self.name} {use}") if self.number else seed

    def claim(self, worker: Worker) -> Trial | None:
        """Return the next trial of a worker, if there is one; no trial begins late."""
        task = self.task
        if self.number:
            return self.study.claim(worker)
        late = task.until is not None and time.time() > task.until
        return None if late else self.study.claim(worker, task.trials)

    def stops(self, trial: Trial) -> bool:
        """Return whether a trial is not worth its next fold; finalists get all folds."""
        if self.number or not trial.folds:
            return False
        rivals = [other for other in self.study.trials() if other.index != trial.index]
        return not goes_on(trial, rivals, self.study.goal)


def rounds_of(task: Task) -> list[Round]:
    """Return the round of the trials, and that of each repeat."""
    return [Round(task, number) for number in range(REPEATS + 1)]


def trials_of(rounds: Sequence[Round]) -> list[Trial]:
    """Return all trials, the finalists with their repeats."""
    trials, *repeats = [one.study.trials() for one in rounds]
    return with_repeats(trials, repeats)


def work(task: Task, watch: Watch = lambda *_: None) -> None:
    """Work until all trials are finished, and the finalists have their repeats."""
    rounds, entered = rounds_of(task), set[int]()

    def seen() -> None:
        watch(trials_of(rounds), task.goal)

    with working_on(task.folder) as worker:
        while True:
            _work_on(rounds, worker, seen)
            finalists = task.finalists_of(rounds[0].study.trials())
            if entered.issuperset(trial.index for trial in finalists):
                return
            for repeat in rounds[1:]:
                repeat.study.enter(finalists)
            entered.update(trial.index for trial in finalists)


def _work_on(rounds: Sequence[Round], worker: Worker, seen: Callable[[], None]) -> None:
    """Try what can be claimed, until nothing is left and no other process is at work."""
    while True:
        for one in rounds:
            trial = one.claim(worker)
            if trial is not None:
                _try(one, trial, seen)
                break
        else:
            if not any(one.study.is_worked_on for one in rounds):
                return
            time.sleep(WAIT_S)


def _try(one: Round, trial: Trial, seen: Callable[[], None]) -> None:
    """Train a trial on its next folds, as long as it is worth it."""
    task, place, state, reason = one.task, one.task.folder / RUNS, DONE, ""
    try:
        settings = settings_of(task.settings, {**trial.values, "baseline": "none"}, task.dataset)
        parts = task.parts(one.seed("folds"))
        for number in range(len(trial.folds), task.folds):
            if one.stops(trial):
                state = STOPPED
                break
            name = f"trial-{trial.index}-round-{one.number}-fold-{number}"
            place = task.folder / RUNS / name
            seeded = settings.model_copy(update={"seed": one.seed(f"fold {number}")})
            figures = fold_figures(seeded, parts[number], task.goal.metric, place)
            trial = one.study.keep(trial, figures)
            seen()
    except FAULTS as error:
        shutil.rmtree(place, ignore_errors=True)
        state, reason = FAILED, one_line(error)
    one.study.finish(trial, state, reason)
    seen()


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
