"""Frames become events: docs/format.md, "Running a program" and "Encoder"."""

import math
import struct
from collections.abc import Sequence

from independent.arithmetic import clamp
from independent.container import RefusedError
from independent.program import Encoder


def encode(encoder: Encoder, frames: Sequence[Sequence[float]]) -> list[list[int]]:
    """Return the events of every step."""
    channels = [
        encode_channel(encoder, channel, [frame[channel] for frame in frames])
        for channel in range(len(encoder.offset))
    ]
    return [list(step) for step in zip(*channels, strict=True)]


def encode_channel(encoder: Encoder, channel: int, values: Sequence[float]) -> list[int]:
    """Return one channel's events."""
    limit = encoder.limit
    events: list[int] = []
    held = 0  # x of send-on-delta, a of rate
    for value in values:
        q = clamp(round(standardised(encoder, channel, value)), -limit, limit)
        if encoder.kind == "graded":
            events.append(q)
        elif encoder.kind == "send-on-delta":
            held = q if abs(q - held) > encoder.threshold else held
            events.append(held)
        elif encoder.kind == "rate":
            for _ in range(encoder.steps):
                held += q
                x = int(2 * held > limit) - int(2 * held < -limit)
                held -= limit * x
                events.append(x)
        else:
            at = (limit - abs(q)) * encoder.steps // (limit + 1)
            events.extend(sign(q) if s == at else 0 for s in range(encoder.steps))
    return events


def standardised(encoder: Encoder, channel: int, value: float) -> float:
    """Return (value - offset) · gain of a float32, in float64."""
    return (float32(value) - encoder.offset[channel]) * encoder.gain[channel]


def sign(n: int) -> int:
    """Return -1, 0 or 1."""
    return int(n > 0) - int(n < 0)


def float32(value: float) -> float:
    """Return the nearest float32, ties to even; refuse what is not finite."""
    try:
        near = float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError as error:
        raise RefusedError(f"{value} is infinite as a float32") from error
    if not math.isfinite(near):
        raise RefusedError(f"{value} is not finite")
    return near
