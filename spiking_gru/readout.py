"""The readout: scores that add up over a sequence."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from spiking_gru.quantise import exponent_of, round_to


class MeanReadout(nn.Module):
    """`logits = gain · mean_t(V s_t + b)` over the steps of each sequence.

    On the chip the sum alone is kept, an integer score; dividing it and scaling it change no class.
    """

    def __init__(
        self, hidden_size: int, outputs: int, *, weight_bits: int, gain: float = 5.0
    ) -> None:
        super().__init__()
        self.weight_bits = weight_bits
        self.gain = gain
        self.quantised = False
        bound = 1 / math.sqrt(hidden_size)
        self.weight = nn.Parameter(torch.empty(outputs, hidden_size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound))

    def scores(self, spikes: Tensor, lengths: Tensor) -> Tensor:
        """Σ_t (V s_t + b) over the valid steps of (steps, batch, hidden)."""
        weight: Tensor = self.weight
        bias: Tensor = self.bias
        if self.quantised:
            fraction = -exponent_of(weight, self.weight_bits)
            weight, bias = round_to(weight, fraction), round_to(bias, fraction)
        # Beyond its length a sequence has no spikes, so they need no mask here.
        return spikes.sum(0) @ weight.mT + bias * lengths.unsqueeze(-1)

    def logits(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """The scores of each step on average, scaled for the loss."""
        return self.gain * scores / lengths.unsqueeze(-1)

    def forward(self, spikes: Tensor, lengths: Tensor) -> Tensor:
        return self.logits(self.scores(spikes, lengths), lengths)
