"""The training run: baseline, float spiking GRU, then the quantised one."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard.writer import SummaryWriter

from hardware.files.sealed import write_sealed
from spiking_gru.batches import batches, padded
from spiking_gru.classifier import SequenceClassifier
from spiking_gru.data import Dataset, Labelled
from spiking_gru.network import Network, save_network
from spiking_gru.replacement import replacing
from spiking_gru.run_folder import RunFolder
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.baseline import BaselineGRU
from spiking_gru.training.notes import notes_on, require_finite

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class EpochReport:
    """What a progress bar shows after each epoch."""

    phase: str
    epoch: int
    epochs: int
    loss: float
    validation_accuracy: float
    spike_rate: float


@dataclass(frozen=True)
class Score:
    """How a model does on one part of the data."""

    accuracy: float
    loss: float
    spike_rate: float


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
    torch.manual_seed(settings.seed)
    about = settings.network(dataset.channels, dataset.classes)
    network = Network.build(about)
    network.encoder.fit(dataset.training.sequences.values)
    baseline = BaselineGRU(about, network.encoder)
    epochs, rate = settings.epochs, settings.learning_rate
    quantised_epochs, quantised_rate = settings.quantised_epochs, settings.quantised_learning_rate
    scores: dict[str, Score] = {}
    with SummaryWriter(str(folder.logs)) as log, threads(settings.threads):
        trainer = Trainer(settings, dataset, report, log)
        trainer.fit("baseline", baseline, epochs or quantised_epochs, rate)
        scores["baseline_gru"] = trainer.test(baseline)
        if epochs:
            trainer.fit("float", network, epochs, rate)
            scores["float"] = trainer.test(network)
        network.quantise()
        trainer.fit("quantised", network, quantised_epochs, quantised_rate if epochs else rate)
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
        "test": {name: asdict(score) for name, score in scores.items()},
        "best_epochs": trainer.best_epochs,
        "notes": trainer.notes,
    }
    for note in trainer.notes:
        LOG.warning(note)
    write_sealed(folder.about_training, metrics)
    return metrics


@contextmanager
def threads(number: int) -> Iterator[None]:
    """So many threads for torch, then as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Trainer:
    """One data set and one set of settings, for several models in turn."""

    def __init__(
        self,
        settings: TrainingSettings,
        dataset: Dataset,
        report: Callable[[EpochReport], None],
        log: SummaryWriter,
    ) -> None:
        self.settings = settings
        self.dataset = dataset
        self.report = report
        self.log = log
        self.best_epochs: dict[str, int] = {}
        self.notes: list[str] = []

    def fit(self, phase: str, model: SequenceClassifier, epochs: int, learning_rate: float) -> None:
        """Train, and leave the model with the averaged weights of its best epoch.

        What is validated and kept is a moving average over the steps: on small data its accuracy
        varies much less than that of any one step. Best is the lowest loss on the validation
        part: there the accuracy is soon perfect and tells epochs apart no more.
        """
        settings = self.settings
        generator = torch.Generator().manual_seed(settings.seed)
        optimiser = torch.optim.AdamW(
            model.parameters(), learning_rate, weight_decay=settings.weight_decay
        )
        schedule = CosineAnnealingLR(optimiser, epochs)
        averaged = AveragedModel(model, multi_avg_fn=warmed_up(settings.averaging))
        smooth = cast(SequenceClassifier, averaged.module)
        best, best_state = Score(0.0, math.inf, 0.0), model.state_dict()
        for epoch in range(1, epochs + 1):
            loss = self._epoch(model, optimiser, averaged, generator)
            schedule.step()
            score = evaluate(smooth, self.dataset.validation)
            require_finite("the validation loss", score.loss, learning_rate)
            self._log(phase, epoch, epochs, loss, score)
            if score.loss < best.loss:
                best = score
                best_state = copy.deepcopy(smooth.state_dict())
                self.best_epochs[phase] = epoch
        model.load_state_dict(best_state)
        labels = self.dataset.validation.labels
        self.notes += notes_on(phase, epochs, self.best_epochs[phase], best.accuracy, labels)

    def _epoch(
        self,
        model: SequenceClassifier,
        optimiser: torch.optim.Optimizer,
        averaged: AveragedModel,
        generator: torch.Generator,
    ) -> float:
        settings, total, rate = self.settings, 0.0, optimiser.param_groups[0]["lr"]
        model.train()
        for frames, lengths, labels in batches(self.dataset.training, settings.batch, generator):
            noisy = with_noise(frames, model.encoder.gain, settings.noise, generator)
            seen = model.seen(noisy, lengths, counted=settings.energy_weight > 0)
            loss = model.loss(model.answer(seen), labels, lengths, settings.label_smoothing)
            if seen.operations is not None:
                energy_uj = seen.operations.mean() * settings.synaptic_operation_pj * 1e-6
                loss = loss + settings.energy_weight * energy_uj
            require_finite("the training loss", float(loss.detach()), rate)
            optimiser.zero_grad()
            loss.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), settings.gradient_norm)
            require_finite("the gradient's norm", float(norm), rate)
            optimiser.step()
            averaged.update_parameters(model)
            total += float(loss.detach()) * len(labels)
        return total / len(self.dataset.training)

    def _log(self, phase: str, epoch: int, epochs: int, loss: float, score: Score) -> None:
        for name, value in (
            ("training_loss", loss),
            ("validation_loss", score.loss),
            ("validation_accuracy", score.accuracy),
            ("spike_rate", score.spike_rate),
        ):
            self.log.add_scalar(f"{phase}/{name}", value, epoch)
        self.report(EpochReport(phase, epoch, epochs, loss, score.accuracy, score.spike_rate))

    def test(self, model: SequenceClassifier) -> Score:
        return evaluate(model, self.dataset.test)


Weights = tuple[Tensor, ...] | list[Tensor]


def warmed_up(decay: float) -> Callable[[Weights, Weights, Tensor | int], None]:
    """Return an average that moves by min(decay, (1 + n) / (10 + n)) at its nth update.

    With the full decay from the start, a short training would keep the weights of its first steps.
    """

    def update(average: Weights, current: Weights, updates: Tensor | int) -> None:
        n = int(updates)
        get_ema_multi_avg_fn(min(decay, (1 + n) / (10 + n)))(average, current, updates)

    return update


def with_noise(frames: Tensor, gain: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """Frames with Gaussian noise of `noise` standard deviations of each channel."""
    return frames + noise * torch.randn(frames.shape, generator=generator) / gain.float()


@torch.no_grad()
def evaluate(model: SequenceClassifier, part: Labelled) -> Score:
    """Accuracy, loss and share of active neurons over one part of the data."""
    model.eval()
    frames, lengths = padded(part.sequences)
    labels = torch.from_numpy(part.labels)
    seen = model.seen(frames, lengths)
    scores = model.readout.scores(seen)
    loss = model.loss(model.readout.logits(scores, seen.lengths), labels, lengths, smoothing=0)
    accuracy = (model.decide(scores, lengths) == labels).double().mean()
    rate = seen.emitted.count_nonzero() / (seen.lengths.sum() * seen.emitted.shape[-1])
    return Score(float(accuracy), float(loss), float(rate))
