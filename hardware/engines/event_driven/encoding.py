"""The encoder's inner loops, in Numba: without a pass over memory per step.

Frames of event data are nearly all 0: where nothing is sent of that, only the rest is looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import Events, Messages
from hardware.engines.event_driven.arrivals import copy, fill, list_events
from hardware.engines.event_driven.intrinsics import LANES, at, inlined, lowest_bit, not_zero, put
from hardware.files.kernel_cache import compiled

GRADED, SEND_ON_DELTA, RATE, LATENCY = range(4)
"""Places in `hardware.definition.encoder.ENCODERS`."""


@inlined
def quantised(value: Any, offset: Any, gain: Any, limit: int) -> Any:
    """clamp(round((value − offset) · gain), ±limit)."""
    largest = np.float64(limit)
    rounded = np.rint((np.float64(value) - offset) * gain)
    return np.int16(np.int32(min(max(rounded, -largest), largest)))


@compiled
def encode(
    offset: NDArray[np.float64],
    gain: NDArray[np.float64],
    limit: int,
    kind: int,
    threshold: int,
    per_frame: int,
    room: NDArray[np.int16],
    state: NDArray[np.int64],
    frames: NDArray[np.float32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    fresh: bool,
    sent: Messages,
) -> None:
    """Frames of sequences to messages, `per_frame` steps each, as the definition has it.

    The rows of `room` take what a frame is rounded to, and what is sent of it.
    """
    channels, end = frames.shape[1], 0
    listed, kept = len(sent.begin) > 0, len(sent.rows) > 0
    q = room[0]
    for s in range(len(starts)):
        if fresh:
            fill(state, 0)
        for t in range(starts[s], starts[s] + lengths[s]):
            frame = frames[t]
            for i in range(channels):
                put(q, i, quantised(at(frame, i), at(offset, i), at(gain, i), limit))
            for part in range(per_frame):
                row = t * per_frame + part
                x = sent.rows[row] if kept else room[0 if kind == GRADED else 1]
                if kind == SEND_ON_DELTA:
                    for i in range(channels):
                        if abs(q[i] - state[i]) > threshold:
                            state[i] = q[i]
                        x[i] = state[i]
                elif kind == RATE:
                    for i in range(channels):
                        total = state[i] + q[i]
                        spike = np.int64(2 * total > limit) - np.int64(2 * total < -limit)
                        state[i] = total - limit * spike
                        x[i] = spike
                elif kind == LATENCY:
                    for i in range(channels):
                        fires_at = (limit - abs(np.int64(q[i]))) * per_frame // (limit + 1)
                        x[i] = np.sign(q[i]) if fires_at == part else 0
                if listed:
                    sent.begin[row] = end
                    end = list_events(x, 0, sent.events, end)
                    sent.end[row] = end


@compiled
def encode_nonzero(
    offset: NDArray[np.float64],
    gain: NDArray[np.float64],
    limit: int,
    tail: NDArray[np.float32],
    frames: NDArray[np.float32],
    sent: Messages,
) -> None:
    """As `encode`, by a look at what is not 0, where 0 is rounded to 0.

    `tail` takes the last channels of a frame, and zeros behind them.
    """
    channels, end = frames.shape[1], 0
    whole = channels // LANES * LANES
    for t in range(len(frames)):
        frame = frames[t]
        sent.begin[t] = end
        for first in range(0, whole, LANES):
            end = list_quantised(frame[first:], first, offset, gain, limit, sent.events, end)
        if whole < channels:
            copy(tail[: channels - whole], frame[whole:])
            end = list_quantised(tail, whole, offset, gain, limit, sent.events, end)
        sent.end[t] = end


@inlined
def list_quantised(
    values: Any, first: int, offset: Any, gain: Any, limit: int, events: Events, end: int
) -> int:
    """Append the channels that are not 0 of LANES, counted from `first` on; returns the new end."""
    word = not_zero(values, 0)
    while word != 0:
        i = np.intp(lowest_bit(word))
        events.sources[end] = first + i
        events.values[end] = quantised(values[i], offset[first + i], gain[first + i], limit)
        end += 1
        word &= word - np.uint64(1)
    return end


@compiled
def encode_events(
    offset: NDArray[np.float64],
    gain: NDArray[np.float64],
    limit: int,
    values: NDArray[np.float32],
    events: Events,
) -> None:
    """As `encode`, of frames that are 0 but for these values, where 0 is rounded to 0."""
    for i in range(len(values)):
        channel = events.sources[i]
        events.values[i] = quantised(values[i], offset[channel], gain[channel], limit)


@compiled
def list_rows(sent: Messages) -> None:
    """The lists of messages that came as rows."""
    end = 0
    for row in range(len(sent.rows)):
        sent.begin[row] = end
        end = list_events(sent.rows[row], 0, sent.events, end)
        sent.end[row] = end
