"""The training run: baseline, float spiking GRU, then the quantised one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.tensorboard.writer import SummaryWriter

from hardware.files.sealed import write_sealed
from spiking_gru.data import Dataset
from spiking_gru.network import Network, save_network
from spiking_gru.replacement import replacing
from spiking_gru.run_folder import RunFolder
from spiking_gru.settings import NetworkSettings, TrainingSettings
from spiking_gru.training.baseline import BaselineGRU
from spiking_gru.training.evaluation import Score
from spiking_gru.training.trainer import EpochReport, Trainer

LOG = logging.getLogger(__name__)


def train(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: str | Path,
    report: Callable[[EpochReport], None] = lambda _: None,
    *,
    force: bool = False,
) -> dict[str, Any]:
    """Train all three, write the network, its settings and `training.json`; return the latter.

    A run in the folder is replaced only with `force`, and only when the new one is complete.
    `tensorboard --logdir FOLDER` shows the curves meanwhile.
    """
    with replacing(RunFolder(Path(folder)), force) as new:
        return _train(settings, dataset, new, report)


def _train(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: RunFolder,
    report: Callable[[EpochReport], None],
) -> dict[str, Any]:
    network, about = fresh_network(settings, dataset)
    baseline = BaselineGRU(about, network.encoder)
    epochs, rate = settings.epochs, settings.learning_rate
    quantised_epochs, quantised_rate = settings.quantised_epochs, settings.quantised_rate
    scores: dict[str, Score] = {}
    with SummaryWriter(str(folder.logs)) as log, threads(settings.threads):
        trainer = Trainer(settings, dataset, report, log)
        trainer.fit("baseline", baseline, epochs or quantised_epochs, rate)
        scores["baseline_gru"] = trainer.test(baseline)
        if epochs:
            trainer.fit("float", network, epochs, rate)
            scores["float"] = trainer.test(network)
        network.quantise()
        trainer.fit(
            "quantised",
            network,
            quantised_epochs,
            quantised_rate if epochs else rate,
            settings.prune,
        )
        scores["quantised"] = trainer.test(network)
    save_network(network, about, folder.path)
    metrics = {
        "settings": settings.model_dump(),
        "dataset": {
            "name": dataset.name,
            "fingerprint": dataset.fingerprint,
            "training_samples": len(dataset.training),
            "validation_samples": len(dataset.validation),
            "test_samples": len(dataset.test),
        },
        "test": {name: score.figures() for name, score in scores.items()},
        "best_epochs": trainer.best_epochs,
        "notes": trainer.notes,
    }
    for note in trainer.notes:
        LOG.warning(note)
    write_sealed(folder.about_training, metrics)
    return metrics


def fresh_network(settings: TrainingSettings, dataset: Dataset) -> tuple[Network, NetworkSettings]:
    """Return the network as training finds it, and its settings."""
    torch.manual_seed(settings.seed)
    about = network_settings(settings, dataset)
    network = Network.build(about)
    network.encoder.fit(dataset.training.sequences.values)
    return network, about


def network_settings(settings: TrainingSettings, dataset: Dataset) -> NetworkSettings:
    """Return the network to train; values are scaled by those of the training part."""
    if dataset.row.names_classes:
        return settings.network(dataset.channels, dataset.classes, dataset.task)
    values = dataset.training.targets
    deviation = np.nanstd(values, axis=0)
    return settings.network(
        dataset.channels,
        task=dataset.task,
        scale=tuple(np.where(deviation > 0, deviation, 1.0).tolist()),
        offset=tuple(np.nanmean(values, axis=0).tolist()),
    )


@contextmanager
def threads(number: int) -> Iterator[None]:
    """So many threads for torch, then as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
