"""The encoder's inner loop, in Numba: `hardware.encoding` without a pass over memory per operation.

It stands in a file of its own beside `kernels`, with which it shares nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])

compiled: Callable[[F], F] = numba.njit(cache=True, nogil=True, error_model="numpy")

GRADED, SEND_ON_DELTA, RATE, LATENCY = range(4)
"""Places in `hardware.encoding.ENCODERS`."""


@compiled
def encode(
    offset: NDArray[np.float64],
    gain: NDArray[np.float64],
    limit: int,
    kind: int,
    threshold: int,
    per_frame: int,
    state: NDArray[np.int64],
    frames: NDArray[np.float32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    fresh: bool,
    events: NDArray[np.int16],
) -> None:
    """Frames of sequences to events, `per_frame` steps each, as `hardware.encoding` has it."""
    channels = frames.shape[1]
    q = np.empty(channels, np.int16)
    largest = np.float64(limit)
    for s in range(len(starts)):
        if fresh:
            state[:] = 0
        for t in range(starts[s], starts[s] + lengths[s]):
            frame = frames[t]
            for i in range(channels):
                value = np.rint((np.float64(frame[i]) - offset[i]) * gain[i])
                q[i] = np.int16(np.int32(min(max(value, -largest), largest)))
            for part in range(per_frame):
                x = events[t * per_frame + part]
                if kind == GRADED:
                    for i in range(channels):
                        x[i] = q[i]
                elif kind == SEND_ON_DELTA:
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
                else:
                    for i in range(channels):
                        fires_at = (limit - abs(np.int64(q[i]))) * per_frame // (limit + 1)
                        x[i] = np.sign(q[i]) if fires_at == part else 0
