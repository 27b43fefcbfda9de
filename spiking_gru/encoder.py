"""The encoder: raw frames to what the first layer sees, in the chip's integers.

Frames are data and need no gradient, so that one definition serves training and the chip, in float
and quantised alike.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hardware.definition.encoder import ENCODERS, EncoderKind
from hardware.definition.encoder import Encoder as IntegerEncoder
from hardware.errors import choose
from spiking_gru.eager import eagerly

FRACTION = 5
"""A standardised value is rounded to 1/32 of a standard deviation."""

LIMIT = 127
"""Graded values are clamped at 127/32 deviations: 8 bits."""

FULL_RATE = 64
"""A value of two deviations fires at every step, or at once."""


class Encoder(nn.Module):
    """Standardises by training statistics, rounds and encodes, as the chip does.

    `threshold` of `send-on-delta` is in standard deviations, `steps` of `rate` and `latency` counts
    the steps that each frame takes.
    """

    offset: Tensor
    gain: Tensor

    def __init__(
        self, channels: int, kind: str = "graded", *, threshold: float = 0.25, steps: int = 4
    ) -> None:
        super().__init__()
        self.kind = choose("encoder", kind, ENCODERS)
        self.threshold = threshold
        self.steps = steps if self.row.spiking else 1
        self.register_buffer("offset", torch.zeros(channels, dtype=torch.float64))
        self.register_buffer("gain", torch.ones(channels, dtype=torch.float64))
        self.integers()  # refuses settings out of range

    @property
    def row(self) -> EncoderKind:
        """The row of the kind."""
        return ENCODERS[self.kind]

    @property
    def channels(self) -> int:
        return len(self.offset)

    def extra_repr(self) -> str:
        return f"{self.channels}, {self.kind}"

    def fit(self, frames: NDArray[np.floating]) -> None:
        """Take mean and deviation of each channel; a constant channel keeps a gain of 1."""
        exact = frames.astype(np.float64)
        deviation = exact.std(axis=0)
        self.offset = torch.from_numpy(exact.mean(axis=0))
        self.gain = torch.from_numpy(1 / np.where(deviation > 0, deviation, 1.0))

    def integers(self) -> IntegerEncoder:
        """The same encoder as a program holds it; its gain takes the rounding's grid in."""
        spiking, by_change = self.row.spiking, self.row.by_change
        return IntegerEncoder(
            offset=self.offset.cpu().numpy().copy(),
            gain=self.gain.cpu().numpy() * 2.0**FRACTION,
            exponent=0 if spiking else -FRACTION,
            limit=FULL_RATE if spiking else LIMIT,
            kind=self.kind,
            threshold=round(self.threshold * 2**FRACTION) if by_change else 0,
            steps=self.steps,
        )

    @eagerly
    def forward(self, frames: Tensor) -> Tensor:
        """Frames (frames, batch, channels) to the events of each of their steps.

        Frames are taken as float32, as programs take them.
        """
        encoder = self.integers()
        array = frames.detach().cpu().float().numpy()
        events, _ = encoder.encode(array, encoder.initial_state(frames.shape[1]))
        seen = events.astype(np.float32) * np.float32(2.0**encoder.exponent)
        return torch.from_numpy(seen).to(frames.device, torch.get_default_dtype())
