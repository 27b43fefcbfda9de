"""Baselines as small as they can be: half the size again and again, while they answer as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from spiking_gru.data import Dataset
from spiking_gru.model import SequenceModel
from spiking_gru.settings import NetworkSettings, PairSettings, TrainingSettings
from spiking_gru.training.as_good import worse
from spiking_gru.training.baseline import BASELINES, Baseline, Chosen
from spiking_gru.training.evaluation import Score, evaluate
from spiking_gru.training.trainer import Trainer

FEWEST = 2
"""Neurons of the smallest baseline that is tried."""


class Smallest(NamedTuple):
    """The smallest baseline that answers the validation part as well as the network does."""

    chosen: Chosen
    model: SequenceModel


def smallest_baselines(
    settings: TrainingSettings,
    about: NetworkSettings | PairSettings,
    network: SequenceModel,
    trainer: Trainer,
    dataset: Dataset,
) -> Iterator[Smallest]:
    """Train every kind of baseline at the network's hidden size, at half of it, and so on.

    Of each kind yield the last before the validation part is answered worse than by the network.
    Where the first is worse already, it is yielded: no smaller one is as good. The trainer forgets
    the others.
    """
    ours = evaluate(network, dataset.validation)
    for kind in settings.baselines:
        yield _smallest(kind, BASELINES[kind], settings, about, network, trainer, ours)


def _smallest(
    kind: str,
    row: Baseline,
    settings: TrainingSettings,
    about: NetworkSettings | PairSettings,
    network: SequenceModel,
    trainer: Trainer,
    ours: Score,
) -> Smallest:
    kept: Smallest | None = None
    hidden, others = about.hidden, len(trainer.notes)
    while True:
        chosen = Chosen(
            f"{kind}-accuracy-{hidden}", f"{row.title}, same accuracy", row, about.sized(hidden)
        )
        model = chosen.build(network.encoders, settings.seed).to(network.device)
        noted = len(trainer.notes)
        trainer.fit(
            chosen.name, model, settings.epochs or settings.quantised_epochs, settings.learning_rate
        )
        if worse(evaluate(model, trainer.dataset.validation), ours):
            if kept is None:
                return Smallest(replace(chosen, title=f"{row.title}, less accurate"), model)
            _forget(chosen, trainer, slice(noted, None))
            return kept
        if kept is not None:
            _forget(kept.chosen, trainer, slice(others, noted))
        kept, hidden = Smallest(chosen, model), hidden // 2
        if hidden < FEWEST:
            return kept


def _forget(rejected: Chosen, trainer: Trainer, notes: slice) -> None:
    """Drop the epochs and the notes of a baseline of which there is no result."""
    trainer.history.phases.pop(rejected.name)
    trainer.best_epochs.pop(rejected.name)
    del trainer.notes[notes]
