"""What every sequence model here is: an encoder, something recurrent, and a readout for a task."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hardware.definition.readout import Target
from hardware.errors import SettingError, choose
from spiking_gru.data.tasks import TASKS, Task
from spiking_gru.encoder import Encoder
from spiking_gru.readout import Readout, Seen


Carried = tuple[Tensor, ...]
"""A state that sequences go on from: tensors (cells, batch, hidden)."""


class SequenceModel(nn.Module):
    """Frames (frames, batch, channels) to what the readout sees, to logits, to answers.

    For values a logit is an answer in units of the target's scale, from its offset.
    """

    def __init__(
        self, encoder: Encoder, readout: Readout, target: Target, task: str, dropout: float
    ) -> None:
        super().__init__()
        self.task = choose("task", task, TASKS)
        if self.row.names_classes != bool(target.classes):
            expected = "names of classes" if self.row.names_classes else "no classes"
            raise SettingError(f"the task is {task!r}, which needs {expected}")
        if target.row.several != self.row.has_labels:
            expected = "any number of classes" if self.row.has_labels else "one class of several"
            raise SettingError(
                f"the task is {task!r}, which asks for {expected}, but the decision is "
                f"{target.decision!r}: leave the decision out, or name one that fits"
            )
        if self.row.per_step and not readout.answers_every_step:
            raise SettingError(
                f"the task is {task!r}, but the readout {readout.kind!r} answers once for each "
                f"sequence: use the readout 'step'"
            )
        target.require_outputs(len(readout.weight))
        self.target = target
        self.encoder = encoder
        self.readout = readout
        self.dropout = nn.Dropout(dropout)
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", None, persistent=False)
        """(classes,): the weights of the classes in the loss; None where all weigh alike."""

    @property
    def row(self) -> Task:
        """The row of the task."""
        return TASKS[self.task]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.readout.weight.device

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; none where answers are values."""
        return self.target.classes

    def seen(self, frames: Tensor, lengths: Tensor, counted: bool = False) -> Seen:
        """What the readout sees of sequences of so many frames; operations only if `counted`."""
        return self.heard(self.encoder(frames), lengths * self.encoder.steps, None, counted)[0]

    def heard(
        self, events: Tensor, steps: Tensor, state: Carried | None, counted: bool = False
    ) -> tuple[Seen, Carried]:
        """What the readout sees of events (steps, batch, sources), and the state after them.

        Sequences go on from a `state` that an earlier call returned.
        """
        raise NotImplementedError

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Logits of each sequence, or of each of its steps."""
        return self.logits(self.seen(frames, lengths))

    def logits(self, seen: Seen) -> Tensor:
        """The logits of what is seen, some of it dropped in training."""
        dropped = self.dropout(seen.emitted), self.dropout(seen.last)
        return self.readout(Seen(*dropped, seen.lengths))

    def of_frames(self, of_steps: Tensor) -> Tensor:
        """What is there at the last step of each frame, of (steps, …)."""
        return of_steps[self.encoder.steps - 1 :: self.encoder.steps]

    def answers(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """Class indices (…), labels or values (…, outputs): of each frame, or of each sequence.

        Classes are decided by scores, as on the chip: scores are exact, logits are not.
        """
        if self.readout.answers_every_step:
            scores = self.of_frames(scores)
            if not self.row.per_step:
                scores = scores[lengths - 1, torch.arange(scores.shape[1], device=scores.device)]
        if self.row.names_classes:
            return self.decided(scores)
        # In float64, as programs compute values.
        return self.in_units(self.readout.logits(scores.double(), lengths * self.encoder.steps))

    def decided(self, scores: Tensor) -> Tensor:
        """The answers to scores of classes, as `hardware.definition.target.Decision.of`."""
        row = self.target.row
        if row.is_largest:
            return scores.argmax(-1)
        above = (scores > 0).long()
        return above[..., 0] if row.shared_output else above

    def in_units(self, logits: Tensor) -> Tensor:
        """Values in the unit of the target."""
        scale, offset = self.scaling(logits)
        return logits * scale + offset

    def scaling(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """The target's scale and offset of each output."""
        return (
            like.new_tensor(self.target.scale or (1.0,)),
            like.new_tensor(self.target.offset or (0.0,)),
        )
