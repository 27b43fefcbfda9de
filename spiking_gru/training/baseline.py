"""The baseline: an ordinary torch.nn.GRU of the same size, with the same encoder and readout."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spiking_gru.classifier import SequenceClassifier
from spiking_gru.encoder import GradedEncoder
from spiking_gru.readout import MeanReadout


class BaselineGRU(SequenceClassifier):
    """The task without spikes; its hidden states take the place of the spikes."""

    def __init__(
        self, encoder: GradedEncoder, hidden: int, layers: int, readout: MeanReadout, dropout: float
    ) -> None:
        super().__init__(encoder, readout, dropout)
        self.gru = nn.GRU(encoder.channels, hidden, layers)

    def features(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """The hidden states of the last layer."""
        states, _ = self.gru(self.encoder(frames))
        valid = torch.arange(len(frames)).unsqueeze(-1) < lengths
        return states * valid.unsqueeze(-1)
