"""Frames become events: docs/format.md, "Running a program" and "Encoder"."""

import math
import struct
from collections.abc import Sequence

from independent.arithmetic import clamp
from independent.container import RefusedError
from independent.program import Encoder


def encode(encoder: Encoder, frames: Sequence[Sequence[float]]) -> list[list[int]]:
    """Return the events of every step, in the order of their sources."""
    channels = [
        encode_channel(encoder, channel, [frame[channel] for frame in frames])
        for channel in range(len(encoder.offset))
    ]
    return [[x for of_channel in step for x in of_channel] for step in zip(*channels, strict=True)]


def encode_channel(encoder: Encoder, channel: int, values: Sequence[float]) -> list[list[int]]:
    """Return the events of one channel's sources at every step."""
    limit = encoder.limit
    if encoder.kind == "tokens":
        return [token_events(encoder, v) for v in values]
    if encoder.kind == "population":
        rounded = (clamp(round(standardised(encoder, channel, v)), -limit, limit) for v in values)
        return [[response(encoder, q, j) for j in range(encoder.fields)] for q in rounded]
    events: list[int] = []
    held = 0  # x of send-on-delta, a of rate and level-crossing
    for value in values:
        q = clamp(round(standardised(encoder, channel, value)), -limit, limit)
        if encoder.kind in ("graded", "events"):
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
        elif encoder.kind == "level-crossing":
            x = sign(q - held) * (abs(q - held) // encoder.threshold)
            held += encoder.threshold * x
            events.append(x)
        else:
            at = (limit - abs(q)) * encoder.steps // (limit + 1)
            events.extend(sign(q) if s == at else 0 for s in range(encoder.steps))
    return [[x] for x in events]


def token_events(encoder: Encoder, value: float) -> list[int]:
    """Return the events of one channel's tokens; refuse a value that is no token."""
    if value not in range(encoder.fields + 1):
        raise RefusedError(f"{value} is no token")
    return [int(value == token) for token in range(1, encoder.fields + 1)]


def response(encoder: Encoder, q: int, j: int) -> int:
    """Return the response of field `j` to a rounded value."""
    n = (q + encoder.limit) * (encoder.fields - 1) - 2 * encoder.limit * j
    return round(32 * math.exp(-(n**2) / (2 * encoder.limit**2)))


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
