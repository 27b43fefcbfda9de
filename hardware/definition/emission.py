"""Tables of emissions and of membrane resets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Emission:
    """One kind of emission; `hardware.definition.cell.emit` is the equation."""

    plural: str
    """The emitted values in a plot's title."""

    spiking: bool = False
    """Whether it emits −1, 0 or 1, not its state."""

    signed: bool = True
    """Whether it emits values below 0."""

    by_change: bool = False
    """Whether it sends only where the value changes, and by how much (send-on-delta)."""

    @property
    def has_threshold(self) -> bool:
        """Whether a threshold decides what is sent; if not, the state is sent at every step."""
        return self.spiking or self.by_change


EMISSIONS = {
    "binary": Emission("spikes", spiking=True, signed=False),
    "signed": Emission("signed spikes", spiking=True),
    "graded": Emission("values sent", by_change=True),
    "state": Emission("state"),
}


@dataclass(frozen=True)
class Reset:
    """The effect of a spike on the membrane."""

    subtracts: bool = False
    """Whether a spike takes the threshold from it."""

    clears: bool = False
    """Whether a spike sets it to 0."""


RESET_MECHANISMS = {
    "subtract": Reset(subtracts=True),
    "zero": Reset(clears=True),
    "none": Reset(),
}
