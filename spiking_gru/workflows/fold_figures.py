"""Figures of a trial on a fold: its network is trained, converted, run and priced."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hardware.errors import SettingError
from spiking_gru.data import Dataset
from spiking_gru.settings import TrainingSettings
from spiking_gru.trials.trial import Figures
from spiking_gru.workflows.deployed import Deployed, deployed


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
