"""The encoder: raw frames to what the first layer sees, in the chip's integers.

Frames are data and need no gradient, so that one definition serves training and the chip, in float
and quantised alike.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hardware.definition.encoder import ENCODERS, INPUT_LIMIT, EncoderKind
from hardware.definition.encoder import Encoder as IntegerEncoder
from hardware.definition.tokens import PADDING
from hardware.errors import InputError, SettingError, choose
from hardware.sequences.sparse import AnySequences
from hardware.sequences.statistics import largest, mean_and_deviation
from spiking_gru.eager import eagerly

FRACTION = 5
"""A standardised value is rounded to 1/32 of a standard deviation."""

LIMIT = 127
"""Graded values are clamped at 127/32 deviations: 8 bits."""

AT_ONCE = 16
"""Frames of a batch that are rounded together."""

NEAR_LIMIT = 64
"""Values told by spikes or receptive fields are clamped at two deviations. A value there fires at
every step or at once; the outermost fields have their centres there."""


class Encoder(nn.Module):
    """Standardises by training statistics, rounds and encodes, as the chip does.

    `threshold` (`send-on-delta`, `level-crossing`) is in standard deviations. `steps` (`rate`,
    `latency`) is the number of steps of each frame. `fields` (`population`) is the number of
    receptive fields of each channel. `tokens` (`tokens`) is the number of tokens of each channel,
    from 1 on. `events` and `tokens` take frames as they are; `events` clamps at the largest value
    of the training data.
    """

    offset: Tensor
    gain: Tensor
    most: Tensor
    """(), for `events`: the largest magnitude of the training data."""

    def __init__(
        self,
        channels: int,
        kind: str = "graded",
        *,
        threshold: float = 0.25,
        steps: int = 4,
        fields: int = 8,
        tokens: int = 0,
    ) -> None:
        super().__init__()
        self.kind = choose("encoder", kind, ENCODERS)
        self.threshold = threshold
        self.steps = steps if self.row.spiking else 1
        self.fields = fields if self.row.by_field else tokens if self.row.by_token else 1
        self.register_buffer("offset", torch.zeros(channels, dtype=torch.float64))
        self.register_buffer("gain", torch.ones(channels, dtype=torch.float64))
        if self.row.counts:
            self.register_buffer("most", torch.ones((), dtype=torch.float64))
        least, most = 1 / 2**FRACTION, LIMIT / 2**FRACTION
        if self.row.by_level and not 1 <= round(threshold / least) <= LIMIT:
            raise SettingError(
                f"the encoder's threshold is {threshold:g}: expected {least:g} to {most:g} "
                f"standard deviations for {kind}, the distance between two levels"
            )
        self.integers()  # refuses settings out of range

    @property
    def row(self) -> EncoderKind:
        """The row of the kind."""
        return ENCODERS[self.kind]

    @property
    def channels(self) -> int:
        """The values of a raw frame."""
        return len(self.offset)

    @property
    def sources(self) -> int:
        """Number of sources of the first layer: the channels, or the fields of all channels."""
        return self.channels * self.fields

    def extra_repr(self) -> str:
        return f"{self.channels}, {self.kind}"

    def fit(self, frames: AnySequences | NDArray[np.floating]) -> None:
        """Take mean and deviation of each channel; a constant channel keeps a gain of 1.

        For counts take the largest magnitude that a message can carry; for tokens take nothing.
        """
        if self.row.counts:
            self.most.fill_(min(max(np.rint(largest(frames)), 1), INPUT_LIMIT))
        if not self.row.standardises:
            return
        mean, deviation = mean_and_deviation(frames)
        self.offset = torch.from_numpy(mean)
        self.gain = torch.from_numpy(1 / np.where(deviation > 0, deviation, 1.0))

    @property
    def limit(self) -> int:
        """The largest magnitude of a rounded value."""
        if self.row.counts:
            return int(self.most)
        if self.row.by_token:
            return 1
        return NEAR_LIMIT if self.row.spiking or self.row.by_field else LIMIT

    def integers(self) -> IntegerEncoder:
        """Return the same encoder as a program holds it; its gain includes the rounding grid."""
        row = self.row
        fraction = FRACTION if row.standardises else 0
        return IntegerEncoder(
            offset=self.offset.cpu().numpy().copy(),
            gain=self.gain.cpu().numpy() * 2.0**fraction,
            exponent=0 if row.spiking or row.by_level else -fraction,
            limit=self.limit,
            kind=self.kind,
            threshold=round(self.threshold * 2**FRACTION) if row.has_threshold else 0,
            steps=self.steps,
            fields=self.fields,
        )

    @eagerly
    def forward(self, frames: Tensor) -> Tensor:
        """Return the events of each step of frames (frames, batch, channels).

        Frames are converted to float32, as in programs. Events are (steps, batch, sources). Events
        of tokens are the numbers of the sources that send (steps, batch, channels), from 1 on; 0 is
        padding (`spiking_gru.sources`).
        """
        if frames.shape[-1] != self.channels:
            raise InputError(
                f"frames have shape {tuple(frames.shape)}, expected (frames, batch, "
                f"{self.channels}): give each frame a number of each channel"
            )
        encoder = self.integers()
        array = frames.detach().cpu().float().numpy()
        if self.row.by_token:
            tokens = torch.from_numpy(encoder.rounded(array)).to(frames.device)
            first = self.fields * torch.arange(self.channels, device=frames.device)
            return torch.where(tokens == PADDING, tokens, tokens + first)
        if self.row.direct:
            seen = np.empty(array.shape, dtype=np.float32)
            for i in range(0, len(array), AT_ONCE):  # frames of event cameras are large
                seen[i : i + AT_ONCE] = encoder.rounded(array[i : i + AT_ONCE], np.int16)
        else:
            events, _ = encoder.encode(array, encoder.initial_state(frames.shape[1]))
            seen = events.astype(np.float32)
        seen *= np.float32(2.0**encoder.exponent)
        return torch.from_numpy(seen).to(frames.device, torch.get_default_dtype())
