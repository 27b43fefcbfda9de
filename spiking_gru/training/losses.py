"""The loss of a task: cross entropy for classes, squared error for values."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from hardware.metrics import MISSING_CLASS
from spiking_gru.model import SequenceModel


def loss(
    model: SequenceModel, logits: Tensor, targets: Tensor, lengths: Tensor, smoothing: float
) -> Tensor:
    """Return the mean loss of all targets that are there.

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
    if model.row.names_classes:
        return _of_classes(logits, targets, smoothing)
    scale, offset = model.scaling(targets)
    known = ~targets.isnan()
    # In the targets' float64: next to a large offset float32 would round them away.
    error = (logits - ((targets - offset) / scale).to(logits.dtype))[known]
    return error.square().sum() / max(1, error.numel())


def _of_classes(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    known = targets != MISSING_CLASS
    if not known.any():
        return logits.sum() * 0.0
    return cross_entropy(logits[known], targets[known], label_smoothing=smoothing)
