"""The encoder, defined once: raw frames to the integers that the first layer sees.

Frames are standardised and rounded to `q = clamp(round((frame − offset) · gain), ±limit)`. What
the first layer sees at a step depends on the kind::

    graded         x = q
    send-on-delta  x ← q where |q − x| > θ, else x stays: only changes are sent
    rate           a ← a + q,  x = 1 where 2a > limit, −1 where 2a < −limit,  a ← a − limit · x
    latency        x = sign(q) in step ⌊(limit − |q|) · steps / (limit + 1)⌋ of the frame, else 0
    level-crossing x = sign(q − a) · ⌊|q − a| / θ⌋,  a ← a + θ · x
    population     x = the responses of the receptive fields to q: several sources of each channel

A value is clamped where its rounded value is beyond ±limit. `rate` and `latency` take several
steps for each frame. `rate` carries its remainder `a` on, so that
its spikes come evenly and sum to the value; nothing is drawn at random. `level-crossing` sends
how many levels, θ apart, the value has crossed upwards or downwards: the level `a` that the events
sum to follows the value within θ. `hardware.definition.receptive_fields` has the fields of
`population`. Field j of channel c is source c · K + j, where each channel has K fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.receptive_fields import FEWEST_FIELDS, MOST_FIELDS, PEAK, responses
from hardware.errors import RangeError, SettingError, choose

INPUT_LIMIT = 2**15 - 1
"""The payload of a graded spike has 16 bits."""

MOST_STEPS = 256
"""Steps of a frame."""

VALUES_AT_ONCE = 2**14
"""Values of frames that are rounded at a time."""


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
    """Receptive fields of each channel, for `population`."""

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
        least, most = (FEWEST_FIELDS, MOST_FIELDS) if self.row.by_field else (1, 1)
        if not least <= self.fields <= most:
            raise SettingError(
                f"encoder: {self.fields} fields of each channel, expected {least} to {most} for "
                f"{self.kind}"
            )

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
        """clamp(round((frame − offset) · gain), ±limit), of few frames at a time: in the cache.

        Values that are clamped are added to `clamped` (channels,).
        """
        q = np.empty(np.shape(frames), dtype=number)
        at_once = frames_of(VALUES_AT_ONCE, q)
        room = np.empty((min(at_once, len(q)), *q.shape[1:]))  # once: new memory costs more
        for first in range(0, len(q), at_once):
            part = slice(first, first + at_once)
            scaled = room[: len(q[part])]
            scaled[...] = frames[part]
            scaled -= self.offset
            scaled *= self.gain
            np.rint(scaled, out=scaled)
            q[part] = np.clip(scaled, -self.limit, self.limit, out=scaled)
        if clamped is not None:
            self._count_clamped(frames, q, clamped)
        return q

    def _count_clamped(
        self, frames: NDArray[np.floating], q: NDArray[np.integer], clamped: Integers
    ) -> None:
        """Add the values that q has clamped: some of those, few as a rule, at a limit."""
        at_once = frames_of(8 * VALUES_AT_ONCE, q)
        for first in range(0, len(q), at_once):
            part = slice(first, first + at_once)
            at_limit = places(np.abs(q[part]) == self.limit)
            channel = at_limit % self.channels
            value = np.reshape(frames[part], -1)[at_limit].astype(np.float64)
            beyond = np.abs(np.rint((value - self.offset[channel]) * self.gain[channel]))
            np.add.at(clamped, channel[beyond > self.limit], 1)


def places(true: NDArray[np.bool_]) -> NDArray[np.int64]:
    """As np.flatnonzero, in a third of the time where few are true: eight are looked at as one."""
    padded = np.zeros(-(-true.size // 8) * 8, dtype=np.bool_)
    padded[: true.size] = true.ravel()
    eights = np.flatnonzero(padded.view(np.uint64) != 0)
    found = eights[:, np.newaxis] * 8 + np.arange(8)
    return found[padded[found]]


def frames_of(values: int, frames: NDArray[Any]) -> int:
    """Return how many of these frames hold about that number of values, at least one."""
    return max(values // max(frames[:1].size, 1), 1)


def encode_graded(encoder: Encoder, q: Integers, state: Integers) -> tuple[Integers, Integers]:
    return q, state


def encode_changes(encoder: Encoder, q: Integers, state: Integers) -> tuple[Integers, Integers]:
    events = np.empty_like(q)
    for i, now in enumerate(q):
        state = np.where(np.abs(now - state) > encoder.threshold, now, state)
        events[i] = state
    return events, state


def encode_rate(encoder: Encoder, q: Integers, state: Integers) -> tuple[Integers, Integers]:
    events = np.empty((len(q) * encoder.steps, *q.shape[1:]), dtype=np.int64)
    for i in range(len(events)):
        state = state + q[i // encoder.steps]
        events[i] = (2 * state > encoder.limit).astype(np.int64) - (2 * state < -encoder.limit)
        state = state - encoder.limit * events[i]
    return events, state


def encode_latency(encoder: Encoder, q: Integers, state: Integers) -> tuple[Integers, Integers]:
    fires_at = (encoder.limit - np.abs(q)) * encoder.steps // (encoder.limit + 1)
    step = np.arange(encoder.steps).reshape(-1, *[1] * (q.ndim - 1))
    events = np.where(fires_at[:, np.newaxis] == step, np.sign(q)[:, np.newaxis], 0)
    return events.reshape(len(q) * encoder.steps, *q.shape[1:]), state


def encode_crossings(encoder: Encoder, q: Integers, state: Integers) -> tuple[Integers, Integers]:
    events = np.empty_like(q)
    for i, now in enumerate(q):
        events[i] = np.sign(now - state) * (np.abs(now - state) // encoder.threshold)
        state = state + encoder.threshold * events[i]
    return events, state


def encode_fields(encoder: Encoder, q: Integers, state: Integers) -> tuple[Integers, Integers]:
    return encoder.responses[q + encoder.limit].reshape(*q.shape[:-1], encoder.sources), state


Range = tuple[int, int]


def range_of_values(encoder: Encoder) -> Range:
    return -encoder.limit, encoder.limit


def range_of_signs(encoder: Encoder) -> Range:
    return -1, 1


def range_of_crossings(encoder: Encoder) -> Range:
    """From the lowest level within ±limit to the highest, or back."""
    most = 2 * (encoder.limit // encoder.threshold)
    return -most, most


def range_of_responses(encoder: Encoder) -> Range:
    return 0, PEAK


@dataclass(frozen=True)
class EncoderKind:
    """One kind of encoder."""

    encode: Callable[[Encoder, Integers, Integers], tuple[Integers, Integers]]
    """From rounded frames and a state to events and the next state."""

    range: Callable[[Encoder], Range] = range_of_values
    """The least and the greatest event."""

    most_clamped: float = 1 / 16
    """Largest share of values that data like the training's can have clamped.

    At most 1 / k² of any data are k standard deviations or more from their mean (Chebyshev).
    Encoders that are trained here clamp what spikes or receptive fields tell at 2 deviations, other
    values at 4.
    """

    spiking: bool = False
    """Whether it sends −1, 0 or 1, in several steps of each frame."""

    by_change: bool = False
    """Whether it sends only where a value changes, and by how much."""

    by_level: bool = False
    """Whether events count the levels that a value crosses: they tell a change, not the value."""

    by_field: bool = False
    """Whether each channel has several receptive fields, which send."""

    source: str = "channel"
    """The word for one of those that send."""

    @property
    def direct(self) -> bool:
        """Whether each step sees the rounded frame itself."""
        return not (self.spiking or self.by_change or self.by_level or self.by_field)

    @property
    def has_threshold(self) -> bool:
        return self.by_change or self.by_level


ENCODERS = {
    "graded": EncoderKind(encode_graded),
    "send-on-delta": EncoderKind(encode_changes, by_change=True),
    "rate": EncoderKind(encode_rate, range_of_signs, most_clamped=1 / 4, spiking=True),
    "latency": EncoderKind(encode_latency, range_of_signs, most_clamped=1 / 4, spiking=True),
    "level-crossing": EncoderKind(encode_crossings, range_of_crossings, by_level=True),
    "population": EncoderKind(
        encode_fields, range_of_responses, most_clamped=1 / 4, by_field=True, source="field"
    ),
}
