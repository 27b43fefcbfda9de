"""One phase of training: batches, steps, and the averaged weights of the best epoch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard.writer import SummaryWriter

from spiking_gru.batches import batches
from spiking_gru.data import Dataset
from spiking_gru.model import SequenceModel
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.evaluation import Score, evaluate
from spiking_gru.training.losses import loss as loss_of
from spiking_gru.training.notes import notes_on, notes_on_data, require_finite
from spiking_gru.training.pruning import Pruning
from spiking_gru.training.recipes import OPTIMISERS, SCHEDULES


@dataclass(frozen=True)
class EpochReport:
    """What a progress bar shows after each epoch."""

    phase: str
    epoch: int
    epochs: int
    loss: float
    validation: Score


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
        self.notes = notes_on_data(dataset)

    def fit(
        self,
        phase: str,
        model: SequenceModel,
        epochs: int,
        learning_rate: float,
        prune: float = 0.0,
    ) -> None:
        """Train, and leave the model with the averaged weights of its best epoch.

        With `prune` that share of the layers' weights becomes 0 over the first half of the epochs,
        and only a later one is kept.

        What is validated and kept is a moving average over the steps: on small data its accuracy
        varies much less than that of any one step. Best is the lowest loss on the validation
        part: there the accuracy is soon perfect and tells epochs apart no more.
        """
        settings = self.settings
        generator = torch.Generator().manual_seed(settings.seed)
        optimiser = OPTIMISERS[settings.optimiser](
            model.parameters(), lr=learning_rate, weight_decay=settings.weight_decay
        )
        schedule = SCHEDULES[settings.schedule](optimiser, epochs)
        averaged = AveragedModel(model, multi_avg_fn=warmed_up(settings.averaging))
        smooth = cast(SequenceModel, averaged.module)
        best, best_state = None, model.state_dict()
        pruning = Pruning(model, prune, epochs)
        for epoch in range(1, epochs + 1):
            pruning.choose(model, epoch)
            loss = self._epoch(model, optimiser, averaged, generator, pruning)
            schedule.step()
            score = evaluate(smooth, self.dataset.validation)
            require_finite("the validation loss", score.loss, learning_rate)
            self._log(phase, epoch, epochs, loss, score)
            if not pruning.is_complete(epoch):
                continue
            if best is None or score.loss < best.loss:
                best = score
                best_state = copy.deepcopy(smooth.state_dict())
                self.best_epochs[phase] = epoch
            if settings.patience and epoch - self.best_epochs[phase] >= settings.patience:
                break
        model.load_state_dict(best_state)
        if best is not None:
            targets = self.dataset.validation.targets
            self.notes += notes_on(phase, epochs, self.best_epochs[phase], best.metrics, targets)

    def _epoch(
        self,
        model: SequenceModel,
        optimiser: torch.optim.Optimizer,
        averaged: AveragedModel,
        generator: torch.Generator,
        pruning: Pruning,
    ) -> float:
        settings, total, rate = self.settings, 0.0, optimiser.param_groups[0]["lr"]
        model.train()
        for frames, lengths, targets in batches(self.dataset.training, settings.batch, generator):
            noisy = with_noise(frames, model.encoder.gain, settings.noise, generator)
            seen = model.seen(noisy, lengths, counted=settings.energy_weight > 0)
            loss = loss_of(model, model.logits(seen), targets, lengths, settings.label_smoothing)
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
            pruning.apply([model, averaged.module])
            total += float(loss.detach()) * len(lengths)
        return total / len(self.dataset.training)

    def _log(self, phase: str, epoch: int, epochs: int, loss: float, score: Score) -> None:
        self.log.add_scalar(f"{phase}/training_loss", loss, epoch)
        for name, value in score.figures().items():
            self.log.add_scalar(f"{phase}/validation_{name}", value, epoch)
        self.report(EpochReport(phase, epoch, epochs, loss, score))

    def test(self, model: SequenceModel) -> Score:
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
