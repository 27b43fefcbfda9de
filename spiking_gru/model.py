"""The base of every sequence model: an encoder, recurrent layers, and a readout for a task."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hardware.definition.readout import Target
from hardware.errors import SettingError, choose
from spiking_gru.data.tasks import OF_HEADS, TASKS, Task, row_of
from spiking_gru.encoder import Encoder
from spiking_gru.heads import ModelHead, heads_of, side_by_side
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
        self.task = choose("task", task, (*TASKS, *OF_HEADS))
        self.heads = heads_of(target, task)
        """The heads that are answered at once; one without a name where there is one target."""

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
        """(classes,): the weights of the classes in the loss; None where all weigh alike.

        Those of several heads follow each other.
        """

        self.head_weights = (1.0,) * len(self.heads)
        """The weight of each head in the loss."""

    @property
    def row(self) -> Task:
        """The row of the task."""
        return row_of(self.task)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.readout.weight.device

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; none where answers are values."""
        return self.target.classes

    def seen(self, frames: Tensor, lengths: Tensor, counted: bool = False) -> Seen:
        """Return what the readout sees of sequences; operations only if `counted`."""
        return self.heard(self.encoder(frames), lengths * self.encoder.steps, None, counted)[0]

    def heard(
        self, events: Tensor, steps: Tensor, state: Carried | None, counted: bool = False
    ) -> tuple[Seen, Carried]:
        """Return what the readout sees of events (steps, batch, sources), and the state after them.

        Sequences go on from a `state` that an earlier call returned.
        """
        raise NotImplementedError

    def starting_from(self, state: Carried) -> Carried:
        """The state of sequences that start where others have ended."""
        return state

    @property
    def encoders(self) -> tuple[Encoder, ...]:
        """The encoder of frames; of a Seq2Seq those of both halves."""
        return (self.encoder,)

    @property
    def state_shape(self) -> tuple[int, int]:
        """The number of states that are carried from step to step, and their width."""
        raise NotImplementedError

    @property
    def is_bidirectional(self) -> bool:
        """Whether sequences are read from their end as well."""
        raise NotImplementedError

    def quantise(self, on: bool = True) -> SequenceModel:
        """Switch to integers where the model has them, or back to floats."""
        return self

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits of each sequence, or of each of its steps; without lengths of all frames."""
        if lengths is None:
            lengths = torch.full((frames.shape[1],), len(frames), device=frames.device)
        return self.logits(self.seen(frames, lengths))

    def logits(self, seen: Seen) -> Tensor:
        """The logits of what is seen, some of it dropped in training."""
        dropped = self.dropout(seen.emitted), self.dropout(seen.last)
        return self.readout(Seen(*dropped, seen.lengths))

    def of_frames(self, of_steps: Tensor) -> Tensor:
        """Return the rows of (steps, …) at the last step of each frame."""
        return of_steps[self.encoder.steps - 1 :: self.encoder.steps]

    def answers(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """Class indices (…), labels or values (…, outputs): of each frame, or of each sequence.

        Of several heads they are a table with the columns of the targets, as float64.
        Classes are decided by scores, as on the chip: scores are exact, logits are not.
        """
        if self.readout.answers_every_step:
            scores = self.of_frames(scores)
            if not self.row.per_step:
                scores = scores[lengths - 1, torch.arange(scores.shape[1], device=scores.device)]
        if self.target.heads:
            return side_by_side([(h, self._answer(h, scores, lengths)) for h in self.heads])
        return self._answer(self.heads[0], scores, lengths)

    def _answer(self, head: ModelHead, scores: Tensor, lengths: Tensor) -> Tensor:
        if head.row.names_classes:
            return head.decided(scores[..., head.outputs])
        # In float64, as programs compute values.
        values = self.readout.logits(scores.double(), lengths * self.encoder.steps)
        return head.in_units(values[..., head.outputs])

    def in_units(self, logits: Tensor) -> Tensor:
        """Values in the unit of the target; each head has its own."""
        (head,) = self.heads
        return head.in_units(logits)
