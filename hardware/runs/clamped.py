"""Clamped inputs: how many are too many, and the words that say so.

Frames in another unit than the training data's are clamped by the encoder, and the answers are
wrong. Of the built-in data sets at most 0.3 % of graded values are clamped, and 3.7 % where spikes
or receptive fields tell them; 10 times too large it is 44 % or more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.encoder import Encoder
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.runs.trace import Trace

LEAST = 16
"""Clamped inputs of all channels: fewer say nothing."""

LEAST_OF_CHANNEL = 64
"""Clamped inputs of one channel: a single word of speech can have half as many."""

MOST_OF_CHANNEL = 1 / 2
"""Largest share of one channel: a single speaker's loudest channel reaches 40 % for long."""

NAMED = 3
"""Channels that a warning names."""


class Clamped(NamedTuple):
    """Clamped inputs of each channel, among this number of frames."""

    counts: NDArray[np.int64]  # (channels,)
    frames: int

    @classmethod
    def none(cls, channels: int) -> Clamped:
        """Return the count before the first frame."""
        return cls(np.zeros(channels, dtype=np.int64), 0)

    def and_then(self, others: Clamped) -> Clamped:
        """Return the count of these frames and of others."""
        return Clamped(self.counts + others.counts, self.frames + others.frames)

    @property
    def share(self) -> float:
        """Share of all inputs; 0 where there is none."""
        return float(self.counts.sum() / max(self.counts.size * self.frames, 1))

    @property
    def by_channel(self) -> NDArray[np.float64]:
        return self.counts / max(self.frames, 1)

    def warning(self, encoder: Encoder) -> str | None:
        """Return the text of a warning; None for as many as such an encoder usually clamps."""
        most = encoder.row.most_clamped
        total = int(self.counts.sum())
        if total >= LEAST and total > most * self.counts.size * self.frames:
            channels = self.by_channel > most
        elif self.counts.max(initial=0) >= LEAST_OF_CHANNEL:
            channels = (self.counts >= LEAST_OF_CHANNEL) & (self.by_channel > MOST_OF_CHANNEL)
        else:
            return None
        if not channels.any():
            return None
        of_channel = self.by_channel
        worst = np.argsort(-of_channel * channels, kind="stable")[: int(channels.sum())]
        named = [f"{100 * of_channel[c]:.0f} % of channel {c}" for c in worst[:NAMED]]
        more = f", much of {len(worst) - NAMED} more" if len(worst) > NAMED else ""
        return (
            f"the encoder clamped {100 * self.share:.1f} % of the inputs ({', '.join(named)}{more}"
            f"): these frames look like another unit than the training data's: convert them to "
            f"that unit, or train on such frames"
        )


def clamped_inputs(trace: Trace, program: Program) -> Clamped | None:
    """Return the clamped inputs of a run.

    None of a trace that has not counted them, and where the encoder clamps nothing.
    """
    if trace.clamped is None or not program.encoder.row.clamps:
        return None
    if len(trace.clamped) != program.encoder.channels:
        raise InputError(
            f"the trace counts clamped inputs of {len(trace.clamped)} channels, but the program "
            f"has {program.encoder.channels}: run the program again"
        )
    return Clamped(trace.clamped, int(trace.lengths.sum()) // program.encoder.steps)
