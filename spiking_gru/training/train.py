"""The training run: baselines, float spiking GRU, then the quantised one."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hardware.definition.encoder import ENCODERS
from hardware.definition.limits import FEWEST_TOKENS
from hardware.files.sealed import write_sealed
from hardware.sequences.tokens import largest_token
from spiking_gru.config import write_config
from spiking_gru.data import Dataset
from spiking_gru.data.heads import ALONE
from spiking_gru.data.pairs import source_of
from spiking_gru.model import SequenceModel
from spiking_gru.network import Network
from spiking_gru.replacement import replacing
from spiking_gru.run_folder import RunFolder
from spiking_gru.saved import save_network
from spiking_gru.seq2seq import Seq2Seq
from spiking_gru.settings import (
    BASELINE_SIZES,
    TEACHER,
    HeadSettings,
    NetworkSettings,
    PairSettings,
    TrainingSettings,
)
from spiking_gru.training.baseline import BASELINES, Chosen, StateBaseline, chosen_baselines
from spiking_gru.training.callbacks import Watcher
from spiking_gru.training.checkpoints import Checkpoints, kept
from spiking_gru.training.checks import require_trainable
from spiking_gru.training.curves import Curves
from spiking_gru.training.device import chosen_device
from spiking_gru.training.evaluation import naive_figures
from spiking_gru.training.history import log_settings
from spiking_gru.training.plan import Plan, require_unfinished
from spiking_gru.training.progress import shown
from spiking_gru.training.results import Results, parameters_of
from spiking_gru.training.seeds import phase_seed
from spiking_gru.training.skipping import calibrated
from spiking_gru.training.smallest import smallest_baselines
from spiking_gru.training.trainer import Trainer

LOG = logging.getLogger(__name__)


def train(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: str | Path,
    report: Watcher = lambda _: None,
    *,
    force: bool = False,
    resume: bool | None = None,
    callbacks: Iterable[Watcher] = (),
    progress: bool | None = None,
) -> dict[str, Any]:
    """Train all networks, write ours and its settings; write and return `training.json`.

    `spiking_gru.train` says more; it proves the range of the network before.
    """
    require_trainable(settings, dataset)
    settings = settings.resolved(dataset.task, dataset.encoder)
    if "data" not in settings.model_fields_set:
        settings = settings.model_copy(update={"data": dataset.name})
    place, plan = RunFolder(Path(folder)), Plan.of(settings, dataset)
    if resume:
        require_unfinished(place)
    goes_on = partial(plan.goes_on, place, resume, force)
    with (
        replacing(place, force, goes_on) as new,
        kept(place.checkpoint, plan) as checkpoints,
        shown(progress) as show,
    ):
        return _train(settings, dataset, new, report, [show, *callbacks], checkpoints)


def _train(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: RunFolder,
    report: Watcher,
    callbacks: Iterable[Watcher],
    checkpoints: Checkpoints,
) -> dict[str, Any]:
    device = chosen_device(settings.device)
    network, about = fresh_network(settings, dataset)
    epochs, rate = settings.epochs, settings.learning_rate
    quantised_epochs, quantised_rate = settings.quantised_epochs, settings.quantised_rate
    results, teacher = Results(), None
    with Curves(folder.logs) as log, threads(settings.threads):
        trainer = Trainer(settings, dataset, report, log, callbacks, checkpoints)
        for chosen in chosen_baselines(settings, about, parameters_of(network)):
            model, name = chosen.build(network.encoders, settings.seed).to(device), chosen.name
            trainer.fit(name, model, epochs or quantised_epochs, rate)
            _add_baseline(results, chosen, model, trainer)
            if settings.distil and teacher is None and chosen.row is BASELINES[TEACHER]:
                teacher = model
        network.to(device)
        if epochs:
            trainer.fit("float", network, epochs, rate, teacher=teacher)
            results.add("float", "spiking GRU, float", network, about, trainer.test(network))
        network.quantise()
        trainer.fit(
            "quantised",
            network,
            quantised_epochs,
            quantised_rate if epochs else rate,
            settings.prune,
            teacher,
        )
        if "accuracy" in BASELINE_SIZES[settings.baseline_size]:
            for chosen, model in smallest_baselines(settings, about, network, trainer, dataset):
                _add_baseline(results, chosen, model, trainer)
        results.add("quantised", "spiking GRU, quantised", network, about, trainer.test(network))
        log_settings(log, settings.model_dump(), results.test)
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
        "device": str(device),
        "networks": results.networks,
        "test": results.test,
        "skipping": results.skipping,
        "naive": naive_figures(dataset.test),
        "best_epochs": trainer.best_epochs,
        "history": trainer.history.compact(trainer.best_epochs),
        "notes": trainer.notes,
    }
    for note in trainer.notes:
        LOG.warning(note)
    write_config(folder.config, settings)
    write_sealed(folder.about_training, metrics)
    return metrics


def _add_baseline(results: Results, chosen: Chosen, model: SequenceModel, trainer: Trainer) -> None:
    """Test a trained baseline, and one of `state` as a GRU that skips as well."""
    score, about = trainer.test(model), chosen.settings
    results.add(chosen.name, chosen.title, model, about, score, dense=True)
    if isinstance(model, StateBaseline) and isinstance(about, NetworkSettings):
        results.add_skipping(chosen.name, calibrated(model, about, trainer.dataset))


def fresh_network(
    settings: TrainingSettings, dataset: Dataset
) -> tuple[Network | Seq2Seq, NetworkSettings | PairSettings]:
    """Return the network as training finds it, and its settings."""
    torch.manual_seed(phase_seed(settings.seed, "spiking", "weights"))
    if dataset.reads is not None:
        return fresh_pair(settings, dataset)
    about = network_settings(settings, dataset)
    network = Network.build(about)
    network.encoder.fit(dataset.training.sequences)
    return network, about


def fresh_pair(settings: TrainingSettings, dataset: Dataset) -> tuple[Seq2Seq, PairSettings]:
    """Return an encoder and a decoder as training finds them, and their settings."""
    reads, words = dataset.reads, dataset.vocabulary
    assert reads is not None
    assert words is not None
    settings = settings.resolved(dataset.task, dataset.encoder)
    encoder = settings.model_copy(update={"readout": "last"}).network(
        reads.channels,
        task="regress",
        scale=(1.0,),
        offset=(0.0,),
        tokens=0 if reads.vocabulary is None else len(reads.vocabulary),
        vocabulary=None if reads.vocabulary is None else reads.vocabulary.described,
    )
    decoder = settings.model_copy(update={"encoder": "tokens"}).network(
        1,
        dataset.classes,
        dataset.task,
        tokens=len(words),
        vocabulary=words.described,
    )
    about = PairSettings(encoder=encoder, decoder=decoder)
    pair = Seq2Seq(*(Network.build(part) for part in about.parts))
    pair.encoder_half.encoder.fit(
        np.concatenate([source_of(one) for one in dataset.training.sequences])
    )
    return pair, about


def network_settings(settings: TrainingSettings, dataset: Dataset) -> NetworkSettings:
    """Return the network to train; values are scaled by those of the training part."""
    settings = settings.resolved(dataset.task, dataset.encoder)
    tokens = tokens_of(dataset) if ENCODERS[settings.encoder or ""].by_token else 0
    targets = {name: _target(one) for name, one in dataset.by_head.items()}
    target = targets.get(ALONE) or {
        "heads": tuple(
            HeadSettings(name=head.name, decision=head.row.decision, **targets[head.name])
            for head in dataset.heads
        )
    }
    return settings.network(
        dataset.channels,
        task=dataset.task,
        preprocessing=dataset.preprocessing,
        tokens=tokens,
        vocabulary=None if dataset.vocabulary is None else dataset.vocabulary.described,
        **target,
    )


def _target(dataset: Dataset) -> dict[str, Any]:
    """Return the classes of a target, or the scale and the offset of its values."""
    if dataset.row.names_classes:
        return {"classes": dataset.classes}
    values = dataset.training.targets
    deviation = np.nanstd(values, axis=0)
    return {
        "scale": tuple(np.where(deviation > 0, deviation, 1.0).tolist()),
        "offset": tuple(np.nanmean(values, axis=0).tolist()),
    }


def tokens_of(dataset: Dataset) -> int:
    """Return how many tokens a channel has: those of the vocabulary, or the largest."""
    if dataset.vocabulary is not None:
        return len(dataset.vocabulary)
    parts = (dataset.training, dataset.validation, dataset.test)
    return max(FEWEST_TOKENS, *(largest_token(part.sequences) for part in parts if len(part)))


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Give torch this number of threads, then restore the earlier number."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
