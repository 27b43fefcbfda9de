"""The encoder's inner loops, in Numba: without a pass over memory for each step.

Frames of event data are nearly all 0. Where nothing is sent for a 0, only the rest is rounded.
Every kernel adds the values that it clamps to `clamped` (channels,).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.encoder_kinds import (
    encode_changes,
    encode_crossings,
    encode_fields,
    encode_graded,
    encode_latency,
    encode_rate,
    encode_tokens,
)
from hardware.engines.event_driven.arrays import EncoderState, Encoding, Events, Messages, Part
from hardware.engines.event_driven.arrivals import copy, fill, list_events
from hardware.engines.event_driven.intrinsics import LANES, at, lowest_bit, nonzero, put
from hardware.kernels.calls import Kernel
from hardware.kernels.fields import arguments_at
from hardware.kernels.parts import inlined

KINDS = (
    encode_graded,
    encode_changes,
    encode_rate,
    encode_latency,
    encode_crossings,
    encode_fields,
    encode_tokens,
)
"""The functions of the definition that the kernels compute."""

GRADED, CHANGES, RATE, LATENCY, CROSSINGS, FIELDS, TOKENS = range(7)
"""Places in `KINDS`."""


@inlined
def rounded(value: Any, offset: Any, gain: Any) -> Any:
    """round((value − offset) · gain), in floating point."""
    return np.rint((np.float64(value) - offset) * gain)


@inlined
def clamp(value: Any, limit: int) -> Any:
    """The integer of a rounded value, within ±limit."""
    largest = np.float64(limit)
    return np.int16(np.int32(min(max(value, -largest), largest)))


@inlined
def is_clamped(value: Any, limit: int) -> Any:
    """1 for a rounded value beyond ±limit, else 0."""
    return np.int64(abs(value) > np.float64(limit))


@inlined
def count_clamped(frame: Any, encoding: Encoding, clamped: Any) -> None:
    """Count the values of a frame that are clamped, by channel."""
    for i in range(frame.shape[0]):
        value = rounded(frame[i], encoding.offset[i], encoding.gain[i])
        clamped[i] += is_clamped(value, encoding.limit)


class EncoderConstants(NamedTuple):
    """The arguments of an encoder's kernels that are the same in every call."""

    encoding: Encoding
    state: EncoderState


class EncoderCall(NamedTuple):
    """The other arguments of an encoder's kernels."""

    frames: NDArray[np.float32]
    part: Part
    sent: Messages


@Kernel
def encode(form: Any, address: int) -> int:
    """Encode frames of sequences as messages, `steps` of each frame."""
    (encoding, state), (frames, part, sent) = arguments_at(form, address)
    channels, end = frames.shape[1], 0
    kind, per_frame, limit, held = encoding.kind, encoding.steps, encoding.limit, state.held
    listed, kept = len(sent.begin) > 0, len(sent.rows) > 0
    q, offset, gain = state.rounded[0], encoding.offset, encoding.gain
    for s in range(len(part.starts)):
        if part.begins[s]:
            fill(held, 0)
        for t in range(part.starts[s], part.starts[s] + part.lengths[s]):
            frame, beyond = frames[t], np.int64(0)
            for i in range(channels):
                value = rounded(at(frame, i), at(offset, i), at(gain, i))
                put(q, i, clamp(value, limit))
                beyond |= is_clamped(value, limit)
            if beyond:  # seldom: a loop that counts by channel would not be vectorised
                count_clamped(frame, encoding, state.clamped)
            for step in range(per_frame):
                row = t * per_frame + step
                x = sent.rows[row] if kept else state.rounded[0 if kind == GRADED else 1]
                if kind == GRADED and kept:
                    copy(x[:channels], q)
                elif kind == CHANGES:
                    for i in range(channels):
                        if abs(q[i] - held[i]) > encoding.threshold:
                            held[i] = q[i]
                        x[i] = held[i]
                elif kind == RATE:
                    for i in range(channels):
                        total = held[i] + q[i]
                        spike = np.int64(2 * total > limit) - np.int64(2 * total < -limit)
                        held[i] = total - limit * spike
                        x[i] = spike
                elif kind == LATENCY:
                    for i in range(channels):
                        fires_at = (limit - abs(np.int64(q[i]))) * per_frame // (limit + 1)
                        x[i] = np.sign(q[i]) if fires_at == step else 0
                elif kind == CROSSINGS:
                    for i in range(channels):
                        moved = q[i] - held[i]
                        levels = np.sign(moved) * (abs(moved) // encoding.threshold)
                        held[i] += encoding.threshold * levels
                        x[i] = levels
                elif kind == FIELDS:
                    fields = encoding.responses.shape[1]
                    for i in range(channels):
                        for j in range(fields):
                            x[i * fields + j] = encoding.responses[limit + q[i], j]
                if listed:
                    sent.begin[row] = end
                    end = list_events(x, 0, sent.events, end)
                    sent.end[row] = end
    return 0


@Kernel
def encode_nonzero(form: Any, address: int) -> int:
    """As `encode`, from the nonzero values only, for encoders that round 0 to 0."""
    (encoding, state), (frames, _, sent) = arguments_at(form, address)
    channels, tail, clamped, end = frames.shape[1], state.tail, state.clamped, 0
    whole, scale = channels // LANES * LANES, (encoding.offset, encoding.gain, encoding.limit)
    for t in range(len(frames)):
        frame = frames[t]
        sent.begin[t] = end
        for first in range(0, whole, LANES):
            end = list_encoded(frame[first:], first, scale, clamped, sent.events, end)
        if whole < channels:
            copy(tail[: channels - whole], frame[whole:])
            end = list_encoded(tail, whole, scale, clamped, sent.events, end)
        sent.end[t] = end
    return 0


@inlined
def list_encoded(
    values: Any, first: int, scale: Any, clamped: Any, events: Events, end: int
) -> int:
    """Append the nonzero channels of LANES, numbered from `first` on; return the new end."""
    word = nonzero(values, 0)
    offset, gain, limit = scale
    while word != 0:
        i = np.intp(lowest_bit(word))
        c = first + i
        events.sources[end] = c
        value = rounded(values[i], offset[c], gain[c])
        events.values[end] = clamp(value, limit)
        if is_clamped(value, limit):
            clamped[c] += 1
        end += 1
        word &= word - np.uint64(1)
    return end


@Kernel
def encode_events(form: Any, address: int) -> int:
    """As `encode_nonzero`, from the nonzero values and their channels in `events.sources`."""
    (encoding, state), values, events = arguments_at(form, address)
    offset, gain, limit, clamped = encoding.offset, encoding.gain, encoding.limit, state.clamped
    for i in range(len(values)):
        c = events.sources[i]
        value = rounded(values[i], offset[c], gain[c])
        events.values[i] = clamp(value, limit)
        if is_clamped(value, limit):
            clamped[c] += 1
    return 0


@Kernel
def list_tokens(form: Any, address: int) -> int:
    """Make lists of frames of tokens that have been checked: one message for each token."""
    (encoding, _), (frames, _, sent) = arguments_at(form, address)
    tokens, end = encoding.fields, 0
    for t in range(len(frames)):
        sent.begin[t] = end
        for c in range(frames.shape[1]):
            token = np.int64(frames[t, c])
            if token != 0:
                sent.events.sources[end] = c * tokens + token - 1
                sent.events.values[end] = 1
                end += 1
        sent.end[t] = end
    return 0


@Kernel
def list_rows(form: Any, address: int) -> int:
    """Make lists of messages that came as rows."""
    (sent,), end = arguments_at(form, address), 0
    for row in range(len(sent.rows)):
        sent.begin[row] = end
        end = list_events(sent.rows[row], 0, sent.events, end)
        sent.end[row] = end
    return 0


LARGEST = np.finfo(np.float32).max
"""The largest finite value of a frame."""


@Kernel
def refuse_infinite(form: Any, address: int) -> int:
    """Return 1 where a value of the frames is not a finite number, else 0."""
    _, (frames, _, _) = arguments_at(form, address)
    found = np.int32(0)
    for t in range(len(frames)):
        frame = frames[t]
        for i in range(frame.shape[0]):
            found = np.int32(found | np.int32(not abs(frame[i]) <= LARGEST))
    return int(found)


@Kernel
def refuse_no_tokens(form: Any, address: int) -> int:
    """Return 1 where a value of the frames is not a token, else 0."""
    (encoding, _), (frames, _, _) = arguments_at(form, address)
    most = np.float32(encoding.fields)
    for t in range(len(frames)):
        for i in range(frames.shape[1]):
            value = frames[t, i]
            if not (0 <= value <= most and value == np.rint(value)):
                return 1
    return 0


@Kernel
def go_on(form: Any, address: int) -> int:
    """Let the next call continue the sequence, after the frames of this one."""
    (encoding, _), (frames, part, _) = arguments_at(form, address)
    part.order[0] += len(frames) * encoding.steps
    part.begins[0] = False
    return 0
