"""Cross-validation: every sequence is tested once, by a network that was trained without it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.display import number_of
from hardware.errors import InputError, choose
from hardware.sequences.dense import Sequences
from spiking_gru.data import Dataset, Part, splits
from spiking_gru.data.dataset import assembled
from spiking_gru.data.heads import Head
from spiking_gru.data.part import labels_of
from spiking_gru.data.targets import Targets
from spiking_gru.run_folder import RunFolder
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.callbacks import Watcher
from spiking_gru.training.plan import finished
from spiking_gru.training.train import train

WAYS = ("class", "group")

Figures = dict[str, dict[str, float]]
"""Metrics of each network, by the name of the network."""


@dataclass(frozen=True)
class CrossValidation:
    """The folds of a cross-validation, and their mean and spread."""

    folds: tuple[dict[str, Any], ...]
    """Result of `train` for each fold."""

    @property
    def mean(self) -> Figures:
        """The mean of each metric over the folds."""
        return self._of_columns(fmean)

    @property
    def spread(self) -> Figures:
        """The standard deviation of each metric between the folds (n − 1)."""
        return self._of_columns(stdev)

    def _of_columns(self, function: Any) -> Figures:
        """A function of each metric that every fold has."""
        tests = [fold["test"] for fold in self.folds]
        return {
            network: {
                name: function([test[network][name] for test in tests])
                for name in metrics
                if all(name in test[network] for test in tests)
            }
            for network, metrics in tests[0].items()
        }

    def __repr__(self) -> str:
        mean, spread = self.mean["quantised"], self.spread["quantised"]
        figures = ", ".join(f"{name} {mean[name]:.4g} ± {spread[name]:.2g}" for name in mean)
        return f"CrossValidation({number_of(len(self.folds), 'fold')}, quantised: {figures})"


def cross_validate(
    settings: TrainingSettings,
    dataset: Dataset,
    folds: int = 5,
    *,
    by: str | None = None,
    include_test: bool = False,
    folder: str | Path | None = None,
    force: bool = False,
    callbacks: Iterable[Watcher] = (),
    progress: bool | None = None,
) -> CrossValidation:
    """Train once for each fold, with the fold as the test part.

    Folds are of the training and validation parts, and of the test part only with `include_test`:
    the test part must not choose settings. `by` is `group` (every group in one fold; the default
    where there are groups) or `class` (as many of each class in every fold). The seed of the
    settings chooses the folds. The validation part of each fold is held out of the rest, in the
    same way. Runs are written to `folder`/fold-1, … and kept; without a folder they are removed.
    In a folder a stopped cross-validation goes on: finished folds of the same settings and data are
    read, unless `force` is given. `force`, `callbacks` and `progress` are as for `train`.
    """
    parts = (dataset.training, dataset.validation, *([dataset.test] if include_test else []))
    watchers = tuple(callbacks)
    made = fold_datasets(dataset, parts, folds, by, settings.seed)
    with _folder(folder) as place:
        found = []
        for number, fold in enumerate(made, 1):
            run = place / f"fold-{number}"
            kept = None if force else finished(settings, fold, RunFolder(run))
            found.append(
                kept
                or train(settings, fold, run, force=force, callbacks=watchers, progress=progress)
            )
    return CrossValidation(tuple(found))


def fold_datasets(
    dataset: Dataset, parts: Iterable[Part], folds: int, by: str | None, seed: int
) -> list[Dataset]:
    """Return a data set for each fold; all are made before the first is trained on."""
    whole = joined(list(parts))
    how = choose("way to fold", by or ("class" if whole.groups is None else "group"), WAYS)
    targets = Targets(dataset.task, whole.targets, dataset.classes, heads=dataset.heads)
    made = []
    for held in splits.folds(len(whole), folds, seed, **_alike(whole, how, dataset.heads)):
        rest = whole.take(np.setdiff1d(np.arange(len(whole)), held))
        test = whole.take(held)
        fold = assembled(dataset.name, rest, test, targets, how, seed=seed, licence=dataset.licence)
        of_fold = ("training", "validation", "test", "fingerprint")
        made.append(replace(dataset, **{name: getattr(fold, name) for name in of_fold}))
    return made


def _alike(part: Part, how: str, heads: Sequence[Head] = ()) -> dict[str, Any]:
    """Return the arguments of `splits.folds` for a way to fold."""
    if how == "group":
        if part.groups is None:
            raise InputError(
                "the folds are by group, but there are no groups: give one of each sequence, or "
                "by='class'"
            )
        return {"like": part.groups, "whole": True}
    return {"like": labels_of(part, heads)[0]}


def joined(parts: list[Part]) -> Part:
    """Return the sequences of several parts as one part.

    Groups and naive forecasts are there only if every part has them.
    """
    groups: list[NDArray[Any]] = [part.groups for part in parts if part.groups is not None]
    shared = [name for name in parts[0].naive if all(name in part.naive for part in parts)]
    return Part(
        Sequences.of([sequence for part in parts for sequence in part.sequences]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate(groups) if len(groups) == len(parts) else None,
        parts[0].per_step,
        {name: np.concatenate([part.naive[name] for part in parts]) for name in shared},
    )


@contextmanager
def _folder(path: str | Path | None) -> Iterator[Path]:
    """The folder of the runs; a temporary one where none is named."""
    if path is not None:
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)
