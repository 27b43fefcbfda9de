"""Truncated backpropagation: long sequences in pieces, the state carried from each to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from hardware.errors import SettingError
from spiking_gru.batches import Batch
from spiking_gru.data.tasks import TASKS
from spiking_gru.model import Carried, SequenceModel
from spiking_gru.readout import Seen
from spiking_gru.settings import TrainingSettings


class Piece(NamedTuple):
    """Some frames of a batch, and what the readout sees of them."""

    seen: Seen
    targets: Tensor
    lengths: Tensor
    """Frames of each sequence within the piece."""


def pieces(model: SequenceModel, batch: Batch, width: int, counted: bool) -> Iterator[Piece]:
    """Return the batch in pieces of `width` frames; in one piece if `width` is 0.

    A piece is computed when it is asked for, so that the model may learn from those before it. Its
    gradients end at its first frame. A sequence that has ended is in no further piece.
    """
    frames, lengths, targets = batch
    if not width:
        yield Piece(model.seen(frames, lengths, counted), targets, lengths)
        return
    events, steps = model.encoder(frames), model.encoder.steps
    rows, state = torch.arange(len(lengths), device=lengths.device), None
    for first in range(0, len(frames), width):
        goes_on = lengths[rows] > first
        rows = rows[goes_on]
        state = state and _of(state, goes_on)
        left = (lengths[rows] - first).clamp(max=width)
        last = first + int(left.max())
        seen, state = model.heard(
            events[first * steps : last * steps, rows], left * steps, state, counted
        )
        yield Piece(seen, targets[first:last, rows], left)


def _of(state: Carried, goes_on: Tensor) -> Carried:
    """Return the state of the sequences that go on, without its gradients."""
    return tuple(part.detach()[:, goes_on] for part in state)


def require_truncatable(settings: TrainingSettings, task: str) -> None:
    """Refuse to truncate where a target needs the whole sequence."""
    if not settings.truncate:
        return
    reason = None
    if not TASKS[task].per_step:
        reason = f"the task {task!r} has one target of a whole sequence"
    elif TASKS[task].of_pairs:
        reason = "a decoder starts where its source ends"
    elif settings.bidirectional:
        reason = "a bidirectional network reads each sequence from its end as well"
    elif settings.distil:
        reason = "a teacher hears whole sequences"
    if reason:
        raise SettingError(f"truncate is {settings.truncate}, but {reason}: set it to 0")
