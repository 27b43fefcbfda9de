"""The encoder: raw frames to graded input spikes."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from spiking_gru.quantise import round_to

INPUT_BITS = 8
INPUT_FRACTION = 5


class GradedEncoder(nn.Module):
    """`x = clamp((frame − mean) / deviation, ±127/32)`; on a grid of 1/32 when quantised.

    Mean and deviation are training statistics; they convert with the network.
    """

    offset: Tensor
    gain: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fraction = INPUT_FRACTION
        self.limit = (2 ** (INPUT_BITS - 1) - 1) * 2.0**-INPUT_FRACTION
        self.quantised = False
        self.register_buffer("offset", torch.zeros(channels, dtype=torch.float64))
        self.register_buffer("gain", torch.ones(channels, dtype=torch.float64))

    @property
    def channels(self) -> int:
        return len(self.offset)

    def fit(self, frames: NDArray[np.floating]) -> None:
        """Take mean and deviation of each channel; a constant channel keeps a gain of 1."""
        exact = frames.astype(np.float64)
        deviation = exact.std(axis=0)
        self.offset = torch.from_numpy(exact.mean(axis=0))
        self.gain = torch.from_numpy(1 / np.where(deviation > 0, deviation, 1.0))

    def forward(self, frames: Tensor) -> Tensor:
        standard = (frames.double() - self.offset) * self.gain
        if self.quantised:
            standard = round_to(standard, self.fraction)
        return standard.clamp(-self.limit, self.limit).to(torch.get_default_dtype())
