"""The encoder, defined once: raw frames to the integers that the first layer sees.

Frames are standardised and rounded to `q = clamp(round((frame − offset) · gain), ±limit)`. What
the first layer sees at a step depends on the kind::

    graded         x = q
    events         x = q, with offset 0 and gain 1: counts are not standardised
    send-on-delta  x ← q where |q − x| > θ, else x stays: only changes are sent
    rate           a ← a + q,  x = 1 where 2a > limit, −1 where 2a < −limit,  a ← a − limit · x
    latency        x = sign(q) in step ⌊(limit − |q|) · steps / (limit + 1)⌋ of the frame, else 0
    level-crossing x = sign(q − a) · ⌊|q − a| / θ⌋,  a ← a + θ · x
    population     x = the responses of the receptive fields to q: several sources of each channel
    tokens         x = 1 of the source of token q, else 0: several sources of each channel

A value is clamped where its rounded value is beyond ±limit; a value that is no token is refused.
`rate` and `latency` take several steps for each frame. `rate` carries its remainder `a` on, so that
its spikes come evenly and sum to the value; nothing is drawn at random. `level-crossing` sends
how many levels, θ apart, the value has crossed upwards or downwards: the level `a` that the events
sum to follows the value within θ. `hardware.definition.receptive_fields` has the fields of
`population`, `hardware.definition.tokens` the sources of `tokens`. Field j of channel c is source
c · K + j, where each channel has K fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.encoder_kinds import ENCODERS as ENCODERS
from hardware.definition.encoder_kinds import EncoderKind as EncoderKind
from hardware.definition.receptive_fields import responses
from hardware.definition.rounding import Grid, rounded
from hardware.definition.tokens import first_wrong, require_tokens
from hardware.display import number_of
from hardware.errors import RangeError, SettingError, choose

INPUT_LIMIT = 2**15 - 1
"""The payload of a graded spike has 16 bits."""

MOST_STEPS = 256
"""Steps of a frame."""


@dataclass(frozen=True)
class Encoder:
    """How raw frames become input events; an event of x stands for `x · 2^exponent`.

    `offset` and `gain` hold the standardisation by training statistics.
    """

    offset: NDArray[np.float64]  # (channels,)
    gain: NDArray[np.float64]  # (channels,)
    exponent: int
    limit: int
    kind: str = "graded"
    threshold: int = 0
    """On the grid of the encoder: the largest change that `send-on-delta` does not send, or the
    distance between two levels of `level-crossing`."""

    steps: int = 1
    """Steps of each frame, for `rate` and `latency`."""

    fields: int = 1
    """Sources of each channel: the receptive fields of `population`, the V tokens of `tokens`."""

    def __repr__(self) -> str:
        return f"Encoder({self.kind!r}: {number_of(len(self.offset), 'channel')})"

    def __post_init__(self) -> None:
        choose("encoder", self.kind, ENCODERS)
        if self.offset.ndim != 1 or self.gain.shape != self.offset.shape:
            raise SettingError(
                f"encoder: offset and gain have shapes {self.offset.shape} and {self.gain.shape}, "
                f"expected one value of each for each channel"
            )
        if not (np.isfinite(self.offset).all() and np.isfinite(self.gain).all()):
            raise SettingError("encoder: every offset and gain must be a finite number")
        if not 1 <= self.limit <= INPUT_LIMIT:
            raise SettingError(f"encoder: limit is {self.limit}, expected 1 to {INPUT_LIMIT}")
        if self.row.by_change and 2 * self.limit > INPUT_LIMIT:
            raise RangeError(
                f"encoder: a change can reach {2 * self.limit}, over {INPUT_LIMIT}, the limit of a "
                f"message: choose a limit of at most {INPUT_LIMIT // 2}"
            )
        least, most = (1, self.limit) if self.row.by_level else (0, 2 * self.limit)
        if not least <= self.threshold <= most:
            raise SettingError(
                f"encoder: threshold is {self.threshold}, expected {least} to {most}"
                f"{f' for {self.kind}' if self.row.by_level else ''}"
            )
        if self.range[1] > INPUT_LIMIT:
            raise RangeError(
                f"encoder: a value can cross {self.range[1]} levels at once, over {INPUT_LIMIT}, "
                f"the limit of a message: choose a larger threshold"
            )
        most = MOST_STEPS if self.row.spiking else 1
        if not 1 <= self.steps <= most:
            raise SettingError(
                f"encoder: {self.steps} steps of each frame, expected 1 to {most} for {self.kind}"
            )
        least, most = self.row.fields
        if not least <= self.fields <= most:
            raise SettingError(
                f"encoder: {self.fields} fields of each channel, expected {least} to {most} for "
                f"{self.kind}"
            )
        self._require_plain()

    def _require_plain(self) -> None:
        """Refuse a standardisation, and a limit of tokens, where the kind has none."""
        if not self.row.standardises and (self.offset.any() or (self.gain != 1).any()):
            raise SettingError(
                f"encoder: {self.kind} takes frames as they are: expected offsets of 0 and gains "
                f"of 1"
            )
        if self.row.by_token and self.limit != 1:
            raise SettingError(f"encoder: limit is {self.limit}, expected 1 for {self.kind}")

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

    @property
    def alternatives(self) -> int:
        """Adjacent sources of which at most one sends at a step: the tokens of a channel."""
        return self.fields if self.row.by_token else 1

    @property
    def most_events(self) -> int:
        """The most sources that send at a step."""
        return self.sources // self.alternatives

    @cached_property
    def responses(self) -> Integers:
        """(2 · limit + 1, fields): the response of each receptive field to q = −limit … limit."""
        return responses(self.limit, self.fields)

    @property
    def sends_changes(self) -> bool:
        """Whether a message is sent only where a value changes, and says by how much."""
        return self.row.by_change

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest value that the first layer can see."""
        return self.row.range(self)

    def takes(self, frames: NDArray[np.floating]) -> bool:
        """Return whether every value of frames (…, channels) is finite, and a token where asked."""
        if self.row.by_token:
            return first_wrong(frames, self.fields) is None
        return bool(np.isfinite(frames).all())

    def initial_state(self, *shape: int) -> Integers:
        """Return the state at the start of a sequence: held values x, remainders or levels a."""
        return np.zeros((*shape, self.channels), dtype=np.int64)

    def encode(
        self, frames: NDArray[np.floating], state: Integers, clamped: Integers | None = None
    ) -> tuple[Integers, Integers]:
        """Frames (frames, …, channels) to events (frames · steps, …, sources), and the state.

        Values that are clamped are added to `clamped` (channels,).
        """
        return self.row.encode(self, self.rounded(frames, clamped=clamped), state)

    def rounded(
        self,
        frames: NDArray[np.floating],
        number: type[np.signedinteger[Any]] = np.int64,
        clamped: Integers | None = None,
    ) -> NDArray[Any]:
        """Return clamp(round((frame − offset) · gain), ±limit); tokens as they are.

        Values that are clamped are added to `clamped` (channels,). An InputError for a value that
        is no token.
        """
        if self.row.by_token:
            require_tokens(np.asarray(frames), self.fields)
            return np.asarray(frames).astype(number)
        return rounded(Grid(self.offset, self.gain, self.limit), frames, number, clamped)
