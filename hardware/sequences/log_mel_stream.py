"""Log-mel features of sound that arrives in pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.sequences.log_mel import LogMel
from hardware.sequences.samples import Samples, mono


class LogMelStream:
    """Log-mel features of sound that arrives in pieces, with the bits of the whole recording."""

    def __init__(self, log_mel: LogMel) -> None:
        self.log_mel = log_mel
        self.reset()

    def reset(self) -> None:
        """Forget the samples of the recording so far."""
        self._held: Samples = np.empty(0)
        self._skipped = 0

    def push(self, samples: ArrayLike) -> NDArray[np.float32]:
        """Return the frames that these samples complete, (frames, mels); there may be none."""
        new = mono(samples, self.log_mel.mix)
        left = min(self._skipped, len(new))
        self._skipped -= left
        sound = np.concatenate([self._held, new[left:]])
        frames = self.log_mel.frames(sound)
        used = len(frames) * self.log_mel.hop
        self._skipped += max(0, used - len(sound))
        self._held = sound[used:].copy()
        return frames
