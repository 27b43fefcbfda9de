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

    by_delta: bool = False
    """Whether the emitted state stays until the state has moved by more than the threshold."""

    by_change: bool = False
    """Whether a message goes out only where the emitted value changes, and says by how much."""

    twin: str | None = None
    """The row that emits the same values and sends them the other way; None where none does."""

    @property
    def has_threshold(self) -> bool:
        """Whether a threshold decides what is emitted; if not, the state is, at every step."""
        return self.spiking or self.by_delta


EMISSIONS = {
    "binary": Emission("spikes", spiking=True, signed=False, twin="binary-on-change"),
    "signed": Emission("signed spikes", spiking=True, twin="signed-on-change"),
    "binary-on-change": Emission(
        "changes of spikes", spiking=True, signed=False, by_change=True, twin="binary"
    ),
    "signed-on-change": Emission(
        "changes of signed spikes", spiking=True, by_change=True, twin="signed"
    ),
    "graded": Emission("values sent", by_delta=True, by_change=True),
    "state": Emission("state"),
}


def sent(emit: str, *, by_change: bool) -> str:
    """Return the emission of the same values that sends changes, or the values; else `emit`."""
    row = EMISSIONS[emit]
    return row.twin if row.twin is not None and row.by_change != by_change else emit


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
