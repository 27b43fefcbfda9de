"""Which tick belongs to which frame when sequences run one after another in one Lava session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Schedule:
    """A sequence of T frames takes T + delay ticks: every set of synapses adds one tick.

    Its first tick carries a reset. A layer that is d synapses away from the input stays in reset
    for its first d ticks, which also drains what the sequence before left in the synapses: nothing
    can leak from one sequence into the next.
    """

    def __init__(self, lengths: NDArray[np.int64], delay: int) -> None:
        self.lengths = lengths
        spans = lengths + delay
        self.starts = np.cumsum(spans) - spans
        self.ticks = int(spans.sum())
        self.resets = np.zeros((self.ticks, 1), dtype=np.int32)
        self.resets[self.starts] = 1

    def rows(self, delay: int) -> NDArray[np.int64]:
        """The tick at which each frame takes effect `delay` sets of synapses downstream."""
        frame_starts = np.cumsum(self.lengths) - self.lengths
        step_of_frame = np.arange(self.lengths.sum()) - np.repeat(frame_starts, self.lengths)
        return np.repeat(self.starts, self.lengths) + step_of_frame + delay

    def last_rows(self, delay: int) -> NDArray[np.int64]:
        """The tick at which each sequence's last frame takes effect `delay` synapses downstream."""
        return self.starts + self.lengths - 1 + delay

    def frames(self, events: NDArray[np.int64]) -> NDArray[np.int32]:
        """What the source sends at every tick: the frames, and nothing while a sequence drains."""
        sent = np.zeros((self.ticks, events.shape[1]), dtype=np.int32)
        sent[self.rows(0)] = events
        return sent
