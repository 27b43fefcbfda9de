"""The baseline: an ordinary torch.nn.GRU of the same size, with the same encoder and readout."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from spiking_gru.encoder import Encoder
from spiking_gru.model import SequenceModel
from spiking_gru.network import make_readout
from spiking_gru.readout import Seen
from spiking_gru.settings import NetworkSettings


class BaselineGRU(SequenceModel):
    """The task without spikes; its hidden states take the place of the spikes."""

    def __init__(self, settings: NetworkSettings, encoder: Encoder) -> None:
        readout = make_readout(settings, event_fraction=0)
        super().__init__(
            copy.deepcopy(encoder), readout, settings.target, settings.task, settings.dropout
        )
        self.last = 2 if settings.bidirectional else 1
        self.gru = nn.GRU(
            settings.channels,
            settings.hidden,
            settings.layers,
            bidirectional=settings.bidirectional,
        )

    def seen(self, frames: Tensor, lengths: Tensor, counted: bool = False) -> Seen:
        """The hidden states of the last layer, zero beyond each length, and its last ones."""
        x, steps = self.encoder(frames), lengths * self.encoder.steps
        packed = nn.utils.rnn.pack_padded_sequence(x, steps, enforce_sorted=False)
        states, ends = self.gru(packed)
        emitted, _ = nn.utils.rnn.pad_packed_sequence(states, total_length=len(x))
        return Seen(emitted, torch.cat(list(ends[-self.last :]), dim=-1), steps)
