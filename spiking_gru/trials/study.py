"""The trials of a search in a file (Optuna, SQLite), which several processes share.

The proposal of trial i follows from the seed, i and the trials that are finished. So a search that
was killed proposes the same trials when it goes on. A trial whose process has died is taken up
again, with its settings and the folds that it had finished.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardware.errors import InputError, MissingPackageError
from hardware.files.disk import one_line
from spiking_gru.trials.parameter import Parameter
from spiking_gru.trials.seeds import seed_for
from spiking_gru.trials.space import Space
from spiking_gru.trials.trial import FAILED, RUNNING, Figures, Goal, Trial
from spiking_gru.trials.worker import Worker, is_alive, one_at_a_time

if TYPE_CHECKING:
    from optuna import Study as OptunaStudy
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial
    from optuna.trial import Trial as OptunaTrial

FILE, LOCK = "trials.db", ".claiming"
TRIALS = "search"
"""Name of the study of the trials; each repeat of the finalists has a study of its own."""

INDEX, WORKER, FOLDS, STATE, REASON = "index", "worker", "folds", "state", "reason"
"""Names of what is kept with a trial."""

PATIENCE_S = 60
"""Seconds that a process waits for another one to finish writing."""


def optuna() -> Any:
    """Return the package; a MissingPackageError where it is not installed."""
    try:
        import optuna as found
    except ImportError as error:
        raise MissingPackageError(
            "a search needs Optuna: pip install 'spiking-gru[search]'"
        ) from error
    found.logging.set_verbosity(found.logging.WARNING)
    return found


class Study:
    """The trials in a folder, or the finalists in one of their repeats."""

    def __init__(
        self, folder: Path, space: Space, goal: Goal, seed: int, name: str = TRIALS
    ) -> None:
        self.folder, self.space, self.goal, self.seed = folder, space, goal, seed
        self._distributions = {
            name: distribution_of(parameter) for name, parameter in space.parameters.items()
        }
        self._study = _opened(folder / FILE, name, 2 if goal.most_operations is None else 1)
        self._claimed: dict[int, OptunaTrial] = {}

    def trials(self) -> list[Trial]:
        """Return all trials in their order."""
        found = {frozen.user_attrs[INDEX]: self._trial(frozen) for frozen in self._counted()}
        return [found[index] for index in sorted(found)]

    @property
    def is_worked_on(self) -> bool:
        """Whether a living process has a trial that is not finished."""
        return any(
            is_alive(self.folder, frozen.user_attrs.get(WORKER, ""))
            for frozen in self._of_state("RUNNING")
        )

    def enter(self, trials: Sequence[Trial]) -> None:
        """Let trials of another study wait here for a worker, without their folds."""
        with one_at_a_time(self.folder / LOCK):
            known = {frozen.user_attrs[INDEX] for frozen in self._counted()}
            for trial in trials:
                if trial.index not in known:
                    self._study.enqueue_trial(trial.values, {INDEX: trial.index})

    def claim(self, worker: Worker, most: int = 0) -> Trial | None:
        """Return the next trial of a worker: one that waits, or a new one up to `most` trials."""
        with one_at_a_time(self.folder / LOCK):
            self._take_up_again()
            waiting = self._of_state("WAITING")
            indices = {frozen.user_attrs[INDEX] for frozen in self._counted()}
            free = next(i for i in range(len(indices) + 1) if i not in indices)
            if free >= most and not waiting:
                return None
            index = waiting[0].user_attrs[INDEX] if waiting else free
            self._study.sampler = self._sampler(index)
            asked = self._study.ask(self._distributions)
            asked.set_user_attr(INDEX, index)
            asked.set_user_attr(WORKER, worker.name)
            self._claimed[index] = asked
            return self._trial(asked)

    def keep(self, trial: Trial, figures: Figures) -> Trial:
        """Return a trial with the figures of one more fold, which are kept."""
        grown = replace(trial, folds=(*trial.folds, figures))
        self._claimed[trial.index].set_user_attr(FOLDS, [list(fold) for fold in grown.folds])
        return grown

    def finish(self, trial: Trial, state: str, reason: str = "") -> Trial:
        """Keep how a trial ended."""
        asked = self._claimed.pop(trial.index)
        asked.set_user_attr(REASON, reason)
        asked.set_user_attr(STATE, state)
        ended = replace(trial, state=state, reason=reason)
        self._tell(asked.number, ended)
        return ended

    def _tell(self, number: int, ended: Trial) -> None:
        """Tell Optuna how a trial ended."""
        if ended.state == FAILED:
            self._study.tell(number, state=self._states.FAIL)
        else:
            self._study.tell(number, list(self.goal.aims(ended.mean())))

    @property
    def _states(self) -> Any:
        return optuna().trial.TrialState

    def _sampler(self, index: int) -> Any:
        """Return the sampler of one trial: equal trials before it give equal proposals."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is experimental in Optuna is tested here
            return optuna().samplers.TPESampler(
                seed=seed_for(self.seed, index), multivariate=True, constant_liar=True
            )

    def _trial(self, frozen: FrozenTrial | OptunaTrial) -> Trial:
        kept = frozen.user_attrs
        return Trial(
            index=kept[INDEX],
            values=self.space.meant(dict(frozen.params)),
            folds=tuple(Figures(*fold) for fold in kept.get(FOLDS, ())),
            state=kept.get(STATE, RUNNING),
            reason=kept.get(REASON, ""),
        )

    def _counts(self, frozen: FrozenTrial) -> bool:
        """Return whether it is a trial, and not the remains of one that was taken up again."""
        return INDEX in frozen.user_attrs and (
            frozen.state != self._states.FAIL or frozen.user_attrs.get(STATE) == FAILED
        )

    def _counted(self) -> list[FrozenTrial]:
        return [frozen for frozen in self._study.get_trials(deepcopy=False) if self._counts(frozen)]

    def _of_state(self, name: str) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=[self._states[name]])

    def _take_up_again(self) -> None:
        """Let trials whose process has died wait for another one; the caller has the lock."""
        waiting = {frozen.user_attrs[INDEX] for frozen in self._of_state("WAITING")}
        for frozen in self._of_state("RUNNING"):
            kept = frozen.user_attrs
            if WORKER in kept and is_alive(self.folder, kept[WORKER]):
                continue
            if STATE in kept:  # it ended, and its process died before Optuna was told
                self._tell(frozen.number, self._trial(frozen))
                continue
            if INDEX in kept and kept[INDEX] not in waiting:
                self._study.enqueue_trial(
                    frozen.params, {name: kept[name] for name in (INDEX, FOLDS) if name in kept}
                )
            self._study.tell(frozen.number, state=self._states.FAIL)


def distribution_of(parameter: Parameter) -> BaseDistribution:
    """Return Optuna's form of a parameter."""
    found = optuna().distributions
    if parameter.choices is not None:
        return found.CategoricalDistribution(tuple(parameter.choices))
    kind = found.IntDistribution if parameter.whole else found.FloatDistribution
    return kind(parameter.low, parameter.high, log=parameter.log)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Give an error of the database the name of its file."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, optuna().exceptions.StorageInternalError, OSError) as error:
        raise InputError(
            f"{path}: not a usable study: {one_line(error)}: remove it, or choose another --out"
        ) from error


def _opened(path: Path, name: str, objectives: int) -> OptunaStudy:
    found = optuna()
    with _named(path):
        storage = found.storages.RDBStorage(
            f"sqlite:///{path.resolve()}",
            engine_kwargs={"connect_args": {"timeout": PATIENCE_S}},
        )
        return found.create_study(
            storage=storage,
            study_name=name,
            directions=["minimize"] * objectives,
            load_if_exists=True,
        )
