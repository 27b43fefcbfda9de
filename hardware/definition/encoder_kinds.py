"""The kinds of encoders: what each makes of rounded frames, as rows of data.

`hardware.definition.encoder` has their equations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hardware.definition.arithmetic import Integers
from hardware.definition.limits import FEWEST_TOKENS, MOST_TOKENS
from hardware.definition.receptive_fields import FEWEST_FIELDS, MOST_FIELDS, PEAK
from hardware.definition.tokens import one_of_each

if TYPE_CHECKING:
    from hardware.definition.encoder import Encoder


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


def encode_tokens(encoder: Encoder, q: Integers, state: Integers) -> tuple[Integers, Integers]:
    return one_of_each(q, encoder.fields), state


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


def range_of_tokens(encoder: Encoder) -> Range:
    return 0, 1


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
    values at 4. Counts are clamped at the largest of the training data, where most values are 0.
    """

    spiking: bool = False
    """Whether it sends −1, 0 or 1, in several steps of each frame."""

    by_change: bool = False
    """Whether it sends only where a value changes, and by how much."""

    by_level: bool = False
    """Whether events count the levels that a value crosses: they tell a change, not the value."""

    by_field: bool = False
    """Whether each channel has several receptive fields, which send."""

    by_token: bool = False
    """Whether a value is the number of the one source of its channel that sends."""

    counts: bool = False
    """Whether values are counts: taken as they are, up to the largest of the training data."""

    fields: Range = (1, 1)
    """The fewest and the most sources of a channel."""

    source: str = "channel"
    """The word for one of those that send."""

    operations: int = 0
    """Operations of the host for a source and step, after standardising and clamping its value."""

    @property
    def direct(self) -> bool:
        """Whether each step sees the rounded frame itself."""
        return not (self.spiking or self.by_change or self.by_level or self.has_fields)

    @property
    def clamps(self) -> bool:
        """Whether a value out of its range is clamped; else it is refused."""
        return not self.by_token

    @property
    def has_fields(self) -> bool:
        """Whether each channel has several sources."""
        return self.fields[1] > 1

    @property
    def standardises(self) -> bool:
        """Whether frames are standardised by the statistics of the training data."""
        return not (self.counts or self.by_token)

    @property
    def has_threshold(self) -> bool:
        return self.by_change or self.by_level


ENCODERS = {
    "graded": EncoderKind(encode_graded),
    "send-on-delta": EncoderKind(encode_changes, by_change=True, operations=3),
    "rate": EncoderKind(
        encode_rate, range_of_signs, most_clamped=1 / 4, spiking=True, operations=5
    ),
    "latency": EncoderKind(
        encode_latency, range_of_signs, most_clamped=1 / 4, spiking=True, operations=2
    ),
    "level-crossing": EncoderKind(
        encode_crossings, range_of_crossings, by_level=True, operations=5
    ),
    "population": EncoderKind(
        encode_fields,
        range_of_responses,
        most_clamped=1 / 4,
        by_field=True,
        fields=(FEWEST_FIELDS, MOST_FIELDS),
        source="field",
        operations=1,
    ),
    "events": EncoderKind(encode_graded, most_clamped=1 / 1000, counts=True),
    "tokens": EncoderKind(
        encode_tokens,
        range_of_tokens,
        by_token=True,
        fields=(FEWEST_TOKENS, MOST_TOKENS),
        source="token",
    ),
}
