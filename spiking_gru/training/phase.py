"""A phase in progress: its model, everything that learns with it, and how far it has come."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from spiking_gru.model import SequenceModel
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.evaluation import Score
from spiking_gru.training.pruning import Pruning
from spiking_gru.training.recipes import OPTIMISERS, SCHEDULES
from spiking_gru.training.seeds import phase_seed


@dataclass
class Sums:
    """Sums over the batches of an epoch so far."""

    batches: int = 0
    sequences: int = 0
    losses: float = 0.0
    norms: float = 0.0

    def add(self, sequences: int, loss: float, norm: float) -> None:
        """Add a batch."""
        self.batches += 1
        self.sequences += sequences
        self.losses += loss * sequences
        self.norms += norm


@dataclass
class Phase:
    """A phase in progress."""

    name: str
    epochs: int
    model: SequenceModel
    teacher: SequenceModel | None
    optimiser: Optimizer
    schedule: LRScheduler
    averaged: AveragedModel
    pruning: Pruning
    generator: torch.Generator
    """Chooses batches and augments them."""

    epoch_start: Tensor
    """State of the generator at the beginning of the epoch."""

    epoch: int = 0
    """Epochs that have ended."""

    sums: Sums = field(default_factory=Sums)
    best: Score | None = None
    """The score of the best epoch on the validation part; None before the first that may be it."""

    best_epoch: int = 0
    best_state: dict[str, Any] = field(default_factory=dict)
    """The averaged weights of the best epoch."""

    whole: bool = True
    """Whether no step is half done, so that the phase can be saved."""

    is_warm: bool = False
    """Whether this process has taken a step of it, so that its kernels are compiled."""

    @property
    def smooth(self) -> SequenceModel:
        """The model with the averaged weights."""
        return cast(SequenceModel, self.averaged.module)

    @property
    def rate(self) -> float:
        """The learning rate of the present epoch."""
        return float(self.optimiser.param_groups[0]["lr"])

    def is_over(self, patience: int) -> bool:
        """Return whether all epochs have ended, or too many without improvement (0: never)."""
        late = self.best is not None and self.epoch - self.best_epoch >= patience
        return self.epoch >= self.epochs or bool(patience and late)

    def end_epoch(self, score: Score) -> None:
        """End the epoch, with the score of the averaged weights on the validation part.

        Only an epoch whose weights have all been pruned can be the best one.
        """
        with warnings.catch_warnings():
            # A phase that goes on after the last batch of an epoch has taken no step here.
            warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step")
            self.schedule.step()
        self.epoch += 1
        self.sums, self.epoch_start = Sums(), self.generator.get_state()
        complete = self.pruning.is_complete(self.epoch)
        if complete and (self.best is None or score.loss < self.best.loss):
            self.best, self.best_epoch = score, self.epoch
            self.best_state = copy.deepcopy(self.smooth.state_dict())


def begun(
    settings: TrainingSettings,
    name: str,
    model: SequenceModel,
    epochs: int,
    learning_rate: float,
    prune: float,
    teacher: SequenceModel | None,
) -> Phase:
    """Return a phase before its first epoch; its random numbers begin."""
    torch.manual_seed(phase_seed(settings.seed, name, "dropout"))
    generator = torch.Generator().manual_seed(phase_seed(settings.seed, name, "batches"))
    optimiser = OPTIMISERS[settings.optimiser](
        model.parameters(), lr=learning_rate, weight_decay=settings.weight_decay
    )
    return Phase(
        name,
        epochs,
        model,
        teacher,
        optimiser,
        SCHEDULES[settings.schedule](optimiser, epochs),
        AveragedModel(model, multi_avg_fn=warmed_up(settings.averaging)),
        Pruning(model, prune, epochs),
        generator,
        generator.get_state(),
    )


Weights = tuple[Tensor, ...] | list[Tensor]


def warmed_up(decay: float) -> Callable[[Weights, Weights, Tensor | int], None]:
    """Return an average that moves by min(decay, (1 + n) / (10 + n)) at its nth update.

    With the full decay from the start, a short training would keep the weights of its first steps.
    """

    def update(average: Weights, current: Weights, updates: Tensor | int) -> None:
        n = int(updates)
        get_ema_multi_avg_fn(min(decay, (1 + n) / (10 + n)))(average, current, updates)

    return update
