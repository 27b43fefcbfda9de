"""How a model does on one part of the data."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any

import torch
from torch import Tensor

from hardware.metrics import ClassMetrics, ValueMetrics, class_metrics, value_metrics
from spiking_gru.batches import padded, padded_targets, valid_frames
from spiking_gru.data import Part
from spiking_gru.model import SequenceModel
from spiking_gru.training.losses import loss


@dataclass(frozen=True)
class Score:
    """The loss, the share of active neurons, and the metrics of the task."""

    loss: float
    spike_rate: float
    metrics: ClassMetrics | ValueMetrics

    def figures(self) -> dict[str, Any]:
        """Return all that is a number, by name, for `training.json` and TensorBoard.

        What nothing defines, such as the NRMSE of equal targets, is left out.
        """
        found = {"loss": self.loss, "spike_rate": self.spike_rate, **vars(self.metrics)}
        return {
            name: value
            for name, value in found.items()
            if isinstance(value, (int, float)) and not isnan(value)
        }


@torch.no_grad()
def evaluate(model: SequenceModel, part: Part) -> Score:
    """Return how a model does on a part of the data."""
    model.eval()
    frames, lengths = padded(part.sequences)
    seen = model.seen(frames, lengths)
    scores = model.readout.scores(seen)
    logits, targets = model.readout.logits(scores, seen.lengths), padded_targets(part)
    of_targets = loss(model, logits, targets, lengths, smoothing=0)
    rate = seen.emitted.count_nonzero() / (seen.lengths.sum() * seen.emitted.shape[-1])
    answers: Tensor = model.answers(scores, lengths)
    if part.per_step:
        answers = valid_frames(answers, lengths)
    found = answers.double().numpy() if answers.is_floating_point() else answers.numpy()
    metrics: ClassMetrics | ValueMetrics
    if model.row.names_classes:
        metrics = class_metrics(found, part.targets, len(model.classes))
    else:
        metrics = value_metrics(found, part.targets)
    return Score(float(of_targets), float(rate), metrics)
