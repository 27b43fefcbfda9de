"""Live sequences are measured at one frame of many: their next calls follow the mean."""

from __future__ import annotations

from sys import maxsize
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.density import Density, share_of
from hardware.engines.event_driven.live import LiveSequence
from hardware.engines.event_driven.machine import Machine

FRAMES_BETWEEN = 256
"""Frames from one sample to the next: a sample takes as long as some frames."""

NEW = 1 / 8
"""Share of a new sample in the mean."""


class Sampling:
    """Follows the share of sources that send, over the frames of live sequences."""

    def __init__(self, density: Density) -> None:
        self.density = density
        self.shares: NDArray[np.float64] | None = None
        """The mean for the encoder and for each level; None before the first sample."""

        self.left = FRAMES_BETWEEN if density.measures and any(density.possible) else maxsize
        """Frames to the next sample; each step counts down. Below 1 if a sample was interrupted."""

    def until_next(self, frames: int) -> int:
        """Return how many of the next frames come before that of a sample."""
        return min(max(self.left - 1, 0), frames)

    def step(self, live: LiveSequence) -> int:
        """Make a step of a live sequence, take a sample of it, and let it follow."""
        before = values_in_force(live.machine)
        status = live.step()
        live.follow(self.take(live, before, status))
        return status

    def take(self, live: LiveSequence, before: list[NDArray[Any]], status: int) -> list[bool]:
        """Return the choice after a step with this status; a frame that was refused is no sample.

        `before` are the values in force before the step.
        """
        self.left = FRAMES_BETWEEN
        if status:
            return self.density.dense
        found = np.array(shares_of_step(live, before))
        mean = found if self.shares is None else self.shares
        self.shares = mean + NEW * (found - mean)
        return self.density.chosen(self.shares.tolist())


def values_in_force(machine: Machine) -> list[NDArray[Any]]:
    """Return what the encoder holds, and the last messages of each level."""
    of_levels = [
        np.concatenate([state.e[0, : state.h.shape[1]] for state in states])
        for states in machine.layers
    ]
    return [machine.encoder.held.copy(), *of_levels]


def shares_of_step(live: LiveSequence, before: list[NDArray[Any]]) -> list[float]:
    """Return the share of sources that sent in the last step, for the encoder and each level."""
    machine, layout = live.machine, live.machine.layout
    shares: list[float] = [
        np.count_nonzero(now != last if by_change else now) / now.size
        for now, last, by_change in zip(
            values_in_force(machine), before, layout.by_change, strict=True
        )
    ]
    if not layout.by_change[0]:
        sources = layout.program.encoder.sources
        shares[0] = share_of(live.encoded, machine.per_frame, sources, False)
    return shares
