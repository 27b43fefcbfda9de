"""Golden samples: inputs that a program carries, and the hash of all that they make it compute."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ProgramError


@dataclass(frozen=True, eq=False)
class Golden:
    """One input, and the hash of every number that the definition computes from it."""

    frames: NDArray[np.float32]  # (frames, channels)
    digest: str
    """SHA-256, as `hardware.runs.golden` takes it."""

    def __post_init__(self) -> None:
        if self.frames.ndim != 2 or self.frames.dtype != np.float32 or not len(self.frames):
            raise ProgramError(
                f"golden sample: frames of shape {self.frames.shape} and {self.frames.dtype}, "
                f"expected float32 of (frames, channels), one frame at least"
            )
        if not np.isfinite(self.frames).all():
            raise ProgramError("golden sample: every value must be a finite number")
        if not re.fullmatch("[0-9a-f]{64}", self.digest):
            raise ProgramError(f"golden sample: {self.digest!r} is not a SHA-256")
