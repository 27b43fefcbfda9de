"""Distillation: the spiking network also learns from a teacher, the ordinary GRU of the same run.

For classes, with the temperature T (Hinton et al. 2015)::

    loss = T² · KL(softmax(teacher / T) ‖ softmax(student / T))

It is the mean over the answers. The alternatives of a label, or of two classes with one output, are
0 and its logit. For values the loss is the squared error between both, in standard deviations of
the targets. Of several heads it is the weighted mean, as that against the targets.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import kl_div, mse_loss

from spiking_gru.batches import Batch
from spiking_gru.heads import ModelHead
from spiking_gru.model import SequenceModel
from spiking_gru.training.losses import alternatives

TEMPERATURE = 2.0
"""Divides the logits, so that the student also learns which classes the teacher finds similar."""


@torch.no_grad()
def taught(teacher: SequenceModel, batch: Batch) -> Tensor:
    """Return the teacher's logits, without dropout."""
    return teacher.eval()(batch.frames, batch.lengths)


def distillation_loss(
    model: SequenceModel, logits: Tensor, taught: Tensor, lengths: Tensor
) -> Tensor:
    """Return the loss of a student's logits against those of its teacher.

    Both have the same readout. Padding has no part in the loss; a missing target does not matter.
    """
    if model.readout.answers_every_step:
        logits, taught = model.of_frames(logits), model.of_frames(taught)
        is_there = torch.arange(len(logits), device=logits.device).unsqueeze(-1) < lengths
        logits, taught = logits[is_there], taught[is_there]
    weighted = [
        weight * _of_head(head, logits[..., head.outputs], taught[..., head.outputs])
        for head, weight in zip(model.heads, model.head_weights, strict=True)
    ]
    return torch.stack(weighted).sum() / sum(model.head_weights)


def _of_head(head: ModelHead, logits: Tensor, taught: Tensor) -> Tensor:
    if not head.row.names_classes:
        return mse_loss(logits, taught)
    student, target = (
        (alternatives(head, x) / TEMPERATURE).log_softmax(-1) for x in (logits, taught)
    )
    divergence = kl_div(student, target, reduction="sum", log_target=True)
    return TEMPERATURE**2 * divergence / max(1, student[..., 0].numel())
