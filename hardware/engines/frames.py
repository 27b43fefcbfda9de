"""The encoder's inner loop, in Numba: `hardware.encoding` without a pass over memory per operation.

Frames of event data are nearly all 0: where a block of channels is, what 0 becomes is copied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.compiling import compiled
from hardware.engines.arrivals import fill
from hardware.engines.bits import BLOCK, at, inlined, put, silent

GRADED, SEND_ON_DELTA, RATE, LATENCY = range(4)
"""Places in `hardware.encoding.ENCODERS`."""


@inlined
def rounded(q: Any, frame: Any, offset: Any, gain: Any, limit: int, first: int, end: int) -> None:
    """q = clamp(round((frame − offset) · gain), ±limit) of these channels."""
    largest = np.float64(limit)
    for i in range(first, end):
        value = np.rint((np.float64(at(frame, i)) - at(offset, i)) * at(gain, i))
        put(q, i, np.int16(np.int32(min(max(value, -largest), largest))))


@compiled
def encode(
    offset: NDArray[np.float64],
    gain: NDArray[np.float64],
    limit: int,
    kind: int,
    threshold: int,
    per_frame: int,
    of_silence: NDArray[np.int16],
    room: NDArray[np.int16],
    state: NDArray[np.int64],
    frames: NDArray[np.float32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    fresh: bool,
    events: NDArray[np.int16],
) -> None:
    """Frames of sequences to events, `per_frame` steps each, as `hardware.encoding` has it.

    `of_silence` is what a frame of zeros is rounded to, `room` takes what one is.
    """
    channels = frames.shape[1]
    blocks = channels // BLOCK * BLOCK
    for s in range(len(starts)):
        if fresh:
            fill(state, 0)
        for t in range(starts[s], starts[s] + lengths[s]):
            frame, q = frames[t], events[t] if kind == GRADED else room
            for i in range(channels):
                put(q, i, at(of_silence, i))
            for first in range(0, blocks, BLOCK):
                if not silent(frame, first):
                    rounded(q, frame, offset, gain, limit, first, first + BLOCK)
            rounded(q, frame, offset, gain, limit, blocks, channels)
            for part in range(per_frame):
                x = events[t * per_frame + part]
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
