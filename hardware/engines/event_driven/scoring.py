"""The calls that score some sequences, prepared once and made again with other sequences."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.engines.event_driven.arrays import Messages, Part
from hardware.kernels.calls import Call, Calls

FRAMES, ARGUMENTS = 0, 1
"""The encoder's call, and the part of it that begins with the frames."""

Prepare = Callable[[NDArray[np.float32], Part, Integers], list[Call]]
"""Returns the calls that read these frames and write these scores."""


class Scoring:
    """Calls for a number of sequences. Preparing them takes longer than 100 small steps.

    The part and the scores are memory of their own, whose addresses the calls keep.
    """

    def __init__(
        self, prepare: Prepare, channels: int, part: Part, scores: Integers, rooms: list[Messages]
    ) -> None:
        self.part = deepcopy(part)
        self.scores = np.empty_like(scores)
        self.rooms = rooms
        self.calls = Calls(
            prepare(np.empty((0, channels), dtype=np.float32), self.part, self.scores)
        )

    def fits(self, part: Part, scores: Integers, rooms: list[Messages]) -> bool:
        """Return whether the calls are for as many sequences, and send through the same memory."""
        return (
            len(part.lengths) == len(self.part.lengths)
            and scores.shape == self.scores.shape
            and all(a is b for a, b in zip(rooms, self.rooms, strict=True))
        )

    def run(self, frames: NDArray[np.float32], part: Part, scores: Integers) -> None:
        """Score these sequences."""
        for own, given in zip(self.part, part, strict=True):
            own[...] = given
        self.calls.give(FRAMES, ARGUMENTS, frames)
        self.calls.run()
        scores[:] = self.scores
