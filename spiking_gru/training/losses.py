"""The loss of a task: cross entropy for classes and labels, squared error for values.

A class that shares its output, and a label, has the logit z, so its alternatives are (0, z): their
cross entropy is the binary one, −log σ(z) where the target is 1, and −log(1 − σ(z)) where it is 0.
With weights w of the classes, the loss of n targets y is Σ w(y) loss(y) / Σ w(y). Of a label only
the positive targets have its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from hardware.errors import SettingError, choose
from hardware.metrics import MISSING_CLASS
from spiking_gru.data import Dataset
from spiking_gru.heads import ModelHead
from spiking_gru.model import SequenceModel
from spiking_gru.settings import TrainingSettings


def loss(
    model: SequenceModel, logits: Tensor, targets: Tensor, lengths: Tensor, smoothing: float
) -> Tensor:
    """Return the mean loss of all targets that are there; of heads the weighted mean of theirs.

    `targets` are those of each sequence, or padded ones of each frame (frames, sequences, …). A
    readout that answers at every step is to give the answer of a sequence at each of its frames.
    """
    if model.readout.answers_every_step:
        logits = model.of_frames(logits)
        if not model.row.per_step:
            targets = targets.expand(len(logits), *targets.shape)
        frames = torch.arange(len(logits), device=logits.device).unsqueeze(-1)
        is_there = frames < lengths
        logits, targets = logits[is_there], targets[is_there]
    weighted = [
        weight * _of_head(model, head, logits[..., head.outputs], targets, smoothing)
        for head, weight in zip(model.heads, model.head_weights, strict=True)
    ]
    return torch.stack(weighted).sum() / sum(model.head_weights)


def _of_head(
    model: SequenceModel, head: ModelHead, logits: Tensor, table: Tensor, smoothing: float
) -> Tensor:
    """Return the mean loss of the targets of one head."""
    targets = head.targets_of(table)
    if head.row.names_classes:
        return _of_classes(model, head, logits, targets, smoothing)
    scale, offset = head.scaling(targets)
    known = ~targets.isnan()
    # In the targets' float64: next to a large offset float32 would round them away.
    error = (logits - ((targets - offset) / scale).to(logits.dtype))[known]
    return error.square().sum() / max(1, error.numel())


def alternatives(head: ModelHead, logits: Tensor) -> Tensor:
    """Return logits of classes that exclude each other, in the last dimension.

    Of labels there are two alternatives each (…, labels, 2), of classes all (…, classes).
    """
    row = head.target.row
    if row.is_largest:
        return logits
    pairs = torch.stack([torch.zeros_like(logits), logits], dim=-1)
    return pairs[..., 0, :] if row.shared_output else pairs


def _of_classes(
    model: SequenceModel, head: ModelHead, logits: Tensor, targets: Tensor, smoothing: float
) -> Tensor:
    known = targets != MISSING_CLASS
    if not known.any():
        return logits.sum() * 0.0
    votes, right = alternatives(head, logits)[known], targets[known]
    if model.class_weights is None:
        return cross_entropy(votes, right, label_smoothing=smoothing)
    each = cross_entropy(votes, right, label_smoothing=smoothing, reduction="none")
    weights = _weights_of(head, targets, model.class_weights[head.classes])[known]
    return (weights * each).sum() / weights.sum()


def _weights_of(head: ModelHead, targets: Tensor, of_classes: Tensor) -> Tensor:
    """Return the weight of each target; a missing one has any."""
    if head.row.has_labels:
        return torch.where(targets == 1, of_classes, torch.ones_like(of_classes))
    return of_classes[targets]


def class_weights(settings: TrainingSettings, dataset: Dataset) -> Tensor | None:
    """Return the weights of the classes (classes,) that the settings ask for; None for none.

    Balanced ones are by the n_k training targets of each of K classes: Σ n / (K n_k), so that every
    class weighs alike. A label's is negative targets / positive targets.
    """
    chosen = settings.weights_of_classes
    found = BY_NAME[chosen](dataset) if isinstance(chosen, str) else _given(dataset, chosen)
    return None if found is None else torch.from_numpy(found).float()


def head_weights(settings: TrainingSettings, dataset: Dataset) -> tuple[float, ...]:
    """Return the weight of each head in the loss: 1 unless told otherwise."""
    given = settings.weights_of_heads
    if given and not dataset.heads:
        raise SettingError(
            f"head weights are given, but {dataset.name} has one target: leave them out"
        )
    for name in given:
        choose("head in the head weights", name, dataset.by_head)
    return tuple(given.get(name, 1.0) for name in dataset.by_head)


def _require_classes(dataset: Dataset) -> None:
    if not any(alone.row.names_classes for alone in dataset.by_head.values()):
        raise SettingError(
            f"class weights are given, but the targets of {dataset.name} are values: leave them out"
        )


def _given(dataset: Dataset, weights: Sequence[float]) -> NDArray[np.float64]:
    _require_classes(dataset)
    if dataset.heads:
        raise SettingError(
            f"{len(weights)} class weights are given, but {dataset.name} has several heads: give "
            f"balanced or none"
        )
    if len(weights) != len(dataset.classes):
        raise SettingError(
            f"{len(weights)} class weights for the {len(dataset.classes)} classes of "
            f"{dataset.name}: expected one for each"
        )
    return np.array(weights)


def _balanced(dataset: Dataset) -> NDArray[np.float64]:
    _require_classes(dataset)
    return np.concatenate(
        [_balanced_of(one) for one in dataset.by_head.values() if one.row.names_classes]
    )


def _balanced_of(dataset: Dataset) -> NDArray[np.float64]:
    """Return the balanced weights of the classes of one target."""
    targets, classes = dataset.training.targets, len(dataset.classes)
    if dataset.row.has_labels:
        return (targets == 0).sum(axis=0) / (targets == 1).sum(axis=0)
    counts = np.bincount(targets[targets != MISSING_CLASS], minlength=classes)
    return counts.sum() / (classes * counts)


BY_NAME: dict[str, Callable[[Dataset], NDArray[np.float64] | None]] = {
    "none": lambda _: None,
    "balanced": _balanced,
}
"""Weights that have a name, those of `CLASS_WEIGHTS`."""
