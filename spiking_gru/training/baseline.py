"""The baseline: an ordinary torch.nn.GRU of the same size, with the same encoder and readout."""

from __future__ import annotations

import copy

from torch import Tensor, nn

from spiking_gru.classifier import SequenceClassifier
from spiking_gru.encoder import GradedEncoder
from spiking_gru.network import NetworkSettings
from spiking_gru.readout import MeanReadout


class BaselineGRU(SequenceClassifier):
    """The task without spikes; its hidden states take the place of the spikes."""

    def __init__(self, settings: NetworkSettings, encoder: GradedEncoder) -> None:
        width = settings.hidden * (2 if settings.bidirectional else 1)
        readout = MeanReadout(width, len(settings.classes), weight_bits=settings.weight_bits)
        super().__init__(copy.deepcopy(encoder), readout, settings.dropout)
        self.gru = nn.GRU(
            settings.channels,
            settings.hidden,
            settings.layers,
            bidirectional=settings.bidirectional,
        )

    def features(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """The hidden states of the last layer, zero beyond each length."""
        packed = nn.utils.rnn.pack_padded_sequence(
            self.encoder(frames), lengths, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], total_length=len(frames))
        return states
