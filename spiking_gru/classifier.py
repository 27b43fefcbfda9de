"""What every sequence classifier here is: an encoder, something recurrent, and a readout."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from spiking_gru.encoder import Encoder
from spiking_gru.readout import Readout, Seen


class SequenceClassifier(nn.Module):
    """Frames (frames, batch, channels) to what the readout sees, to logits."""

    def __init__(self, encoder: Encoder, readout: Readout, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.readout = readout
        self.dropout = nn.Dropout(dropout)

    def seen(self, frames: Tensor, lengths: Tensor, counted: bool = False) -> Seen:
        """What the readout sees of sequences of so many frames; operations only if `counted`."""
        raise NotImplementedError

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Logits of each sequence, or of each of its steps."""
        return self.answer(self.seen(frames, lengths))

    def answer(self, seen: Seen) -> Tensor:
        """The logits of what is seen, some of it dropped in training."""
        dropped = self.dropout(seen.emitted), self.dropout(seen.last)
        return self.readout(Seen(*dropped, seen.lengths))

    def loss(self, logits: Tensor, labels: Tensor, lengths: Tensor, smoothing: float) -> Tensor:
        """Cross entropy of each sequence, or over all steps of each."""
        if not self.readout.answers_every_step:
            return cross_entropy(logits, labels, label_smoothing=smoothing)
        steps = torch.arange(len(logits), device=logits.device).unsqueeze(-1)
        valid = steps < lengths * self.encoder.steps
        return cross_entropy(
            logits[valid], labels.expand(len(logits), -1)[valid], label_smoothing=smoothing
        )

    def decide(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """The class of the largest score, the last step's where every step is answered.

        As on the chip: scores are exact, logits are not.
        """
        if self.readout.answers_every_step:
            last = lengths * self.encoder.steps - 1
            scores = scores[last, torch.arange(scores.shape[1], device=scores.device)]
        return scores.argmax(-1)
