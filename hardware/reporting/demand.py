"""Demands of a use on a program: a rate, a deadline, a battery."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.errors import SettingError
from hardware.reporting.schema import DemandFigures

LEAST, MOST = 1e-9, 1e12

TITLES = {
    "rate_hz": "the rate of inferences per second",
    "frame_rate_hz": "the rate of frames per second",
    "deadline_s": "the deadline in seconds",
    "battery_j": "the battery in joules",
}
"""Fields in words."""


@dataclass(frozen=True)
class Demand:
    """The demands of a use on a program; a field that is None asks nothing."""

    rate_hz: float | None = None
    """Inferences per second."""

    frame_rate_hz: float | None = None
    """Frames per second, instead of inferences."""

    deadline_s: float | None = None
    battery_j: float | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is None:
                continue
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not is_number or not LEAST <= value <= MOST:
                raise SettingError(
                    f"{TITLES[name]} is {value!r}: expected a number from {LEAST:g} to {MOST:g}"
                )
        if self.rate_hz is not None and self.frame_rate_hz is not None:
            raise SettingError(
                "a rate of inferences and a rate of frames are given: give one of them"
            )
        if self.battery_j is not None and self.rate_hz is None and self.frame_rate_hz is None:
            raise SettingError("the life of a battery depends on the rate: give a rate as well")

    def rate(self, frames: float) -> float | None:
        """Return the inferences per second, each of that many frames."""
        if self.frame_rate_hz is not None:
            return self.frame_rate_hz / max(frames, 1.0)
        return self.rate_hz

    @property
    def figures(self) -> DemandFigures:
        return DemandFigures(**vars(self))


NO_DEMAND = Demand()
