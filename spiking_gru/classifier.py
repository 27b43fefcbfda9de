"""What every sequence classifier here is: an encoder, something recurrent, and a readout."""

from __future__ import annotations

from torch import Tensor, nn

from spiking_gru.encoder import GradedEncoder
from spiking_gru.readout import MeanReadout


class SequenceClassifier(nn.Module):
    """Frames (steps, batch, channels) to features (steps, batch, hidden) to logits."""

    def __init__(self, encoder: GradedEncoder, readout: MeanReadout, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.readout = readout
        self.dropout = nn.Dropout(dropout)

    def features(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """What the readout sees at every step, zero beyond each length."""
        raise NotImplementedError

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Logits of each sequence."""
        features = self.dropout(self.features(frames, lengths))
        return self.readout(features, lengths)
