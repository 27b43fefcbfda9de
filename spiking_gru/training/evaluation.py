"""How a model does on one part of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from hardware.metrics import (
    ClassMetrics,
    Metrics,
    class_metrics,
    label_metrics,
    value_metrics,
    with_perplexity,
)
from spiking_gru.batches import joined, pieces, valid_frames, whole
from spiking_gru.data import Part
from spiking_gru.data.heads import ALONE
from spiking_gru.heads import ModelHead
from spiking_gru.model import SequenceModel
from spiking_gru.training.losses import loss

QUALITIES: dict[str, Callable[[float], str]] = {
    "perplexity": lambda value: f"perplexity {value:.3g}",
    "accuracy": lambda value: f"acc {100 * value:5.1f} %",
    "micro_f1": lambda value: f"F1 {100 * value:5.1f} %",
    "rmse": lambda value: f"rmse {value:.3g}",
}
"""Metrics in the progress of training."""


@dataclass(frozen=True)
class Score:
    """The loss, the share of active neurons, and the metrics of the task."""

    loss: float
    spike_rate: float
    metrics: Metrics
    """Those of the first head where there are several."""

    heads: Mapping[str, Metrics] = field(default_factory=dict)
    """The metrics of each head by its name; empty where there is one target."""

    exact_match: float | None = None
    """The share of right texts that a pair writes by itself; None of any other model."""

    @property
    def by_head(self) -> Mapping[str, Metrics]:
        """The metrics of each head; of one target by no name."""
        return self.heads or {ALONE: self.metrics}

    @property
    def quality(self) -> str:
        """The first metric of the task, in a few characters; of several heads that of each."""
        return " ".join(
            f"{name} {_quality(metrics)}".lstrip() for name, metrics in self.by_head.items()
        )

    def figures(self) -> dict[str, Any]:
        """Return all numbers by name, for `training.json` and TensorBoard.

        Undefined metrics, such as the NRMSE of equal targets, are left out. The name of a metric of
        a head begins with the name of the head: `digit/accuracy`.
        """
        found: dict[str, Any] = {"loss": self.loss, "spike_rate": self.spike_rate}
        if self.exact_match is not None:
            found["exact_match"] = self.exact_match
        for head, metrics in self.by_head.items():
            before = f"{head}/" if self.heads else ""
            found |= {f"{before}{name}": value for name, value in _numbers(metrics).items()}
        return found


def _quality(metrics: Metrics) -> str:
    """Return the first metric of a task in a few characters."""
    found = vars(metrics)
    return next(text(found[name]) for name, text in QUALITIES.items() if name in found)


def _numbers(metrics: Metrics) -> dict[str, Any]:
    """Return the metrics that are one number each, and not NaN."""
    return {
        name: value
        for name, value in vars(metrics).items()
        if isinstance(value, (int, float)) and not isnan(value)
    }


@torch.no_grad()
def evaluate(model: SequenceModel, part: Part) -> Score:
    """Return how a model does on a part of the data."""
    model.eval()
    found = [_found(model, piece) for piece in pieces(part)]
    logits, targets = (joined([f[i] for f in found], part.per_step) for i in range(2))
    lengths, answers = (torch.cat([f[i] for f in found]) for i in range(2, 4))
    of_targets = loss(model, logits, targets, lengths, smoothing=0)
    rate = torch.stack([f.active for f in found]).sum() / torch.stack([f.all for f in found]).sum()
    array = answers.double().numpy() if answers.is_floating_point() else answers.numpy()
    of_heads = _metrics_of_heads(model, array, part)
    heads = of_heads if model.target.heads else {}
    metrics = next(iter(of_heads.values()))
    if model.row.predicts_tokens and isinstance(metrics, ClassMetrics):
        of_frames = valid_frames(logits, lengths).cpu().double().numpy()
        metrics = with_perplexity(metrics, of_frames, part.targets)
    return Score(float(of_targets), float(rate), metrics, heads)


class _Found(NamedTuple):
    """Results of a model on a piece of a part."""

    logits: Tensor
    targets: Tensor
    lengths: Tensor
    answers: Tensor
    """Logits of each sequence, or of each frame within its sequence."""

    active: Tensor
    """Emissions."""

    all: Tensor
    """Emissions that there could be."""


def _found(model: SequenceModel, piece: Part) -> _Found:
    frames, lengths, targets = whole(piece, model.device).to(model.device)
    seen = model.seen(frames, lengths)
    scores = model.readout.scores(seen)
    answers: Tensor = model.answers(scores, lengths).cpu()
    return _Found(
        model.readout.logits(scores, seen.lengths),
        targets,
        lengths,
        valid_frames(answers, lengths.cpu()) if piece.per_step else answers,
        seen.emitted.count_nonzero(),
        seen.lengths.sum() * seen.emitted.shape[-1],
    )


def _metrics_of_heads(
    model: SequenceModel, answers: NDArray[Any], part: Part
) -> dict[str, Metrics]:
    """Return the metrics of each head; answers have the columns of the targets."""
    naive = next(iter(part.naive.values()), None)
    found, known = torch.from_numpy(answers), torch.from_numpy(part.targets)
    return {
        head.name: _metrics(
            head, head.targets_of(found).numpy(), head.targets_of(known).numpy(), naive
        )
        for head in model.heads
    }


def _metrics(
    head: ModelHead, answers: NDArray[Any], targets: NDArray[Any], naive: NDArray[Any] | None
) -> Metrics:
    if head.row.has_labels:
        return label_metrics(answers, targets)
    if head.row.names_classes:
        return class_metrics(answers, targets, len(head.target.classes))
    return value_metrics(answers, targets, naive)


def naive_figures(part: Part) -> dict[str, dict[str, float]]:
    """Return the metrics of each naive forecast of a part, by its name."""
    first = next(iter(part.naive.values()), None)
    return {
        name: _numbers(value_metrics(values, part.targets, first))
        for name, values in part.naive.items()
    }
