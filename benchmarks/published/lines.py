"""A figure with its prediction and its measurement, as a line of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardware.cost.held_out import SCOPES, HeldOut
from hardware.reporting.units import span, with_prefix
from published.parts import Range

FITTED = "fitted"
"""The scope of a line whose measurement gave a constant of the chip file."""

ASIDE = ""
"""The scope of a line that is a bound or bookkeeping."""


@dataclass(frozen=True)
class Line:
    """A quantity with its prediction and what was measured."""

    quantity: str
    unit: str
    predicted: Range
    measured: float
    scope: str
    """A scope of held-out errors, `FITTED` or `ASIDE`."""

    assumed: str = "–"
    inherited: bool = False

    @property
    def ratio(self) -> float:
        return self.predicted[1] / self.measured

    @property
    def contained(self) -> bool:
        """Whether the range contains the measurement."""
        low, _, high = self.predicted
        return low <= self.measured <= high

    def __str__(self) -> str:
        low, nominal, high = self.predicted
        marked = span(nominal, low, high, self.unit) + "*" * self.inherited
        shown = ratio(self.ratio) + " †" * (self.scope == FITTED)
        measured = with_prefix(self.measured, self.unit)
        return f"| {self.quantity} | {marked} | {measured} | {shown} | {self.assumed} |"


@dataclass(frozen=True)
class Network:
    """The lines of one published network."""

    name: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        head = "| quantity | predicted (low – high) | measured | predicted / measured | assumed |"
        return "\n".join([head, "|---|---|---|---|---|", *map(str, self.lines)])

    def held_out(self) -> list[HeldOut]:
        """Return the errors of lines that gave no constant."""
        return [
            HeldOut(self.name, line.quantity, line.scope, line.ratio)
            for line in self.lines
            if line.scope in SCOPES
        ]


def ratio(value: float) -> str:
    """Return a ratio; a small one as a fraction."""
    return f"{value:.2f}" if value >= 0.095 else f"1 / {1 / value:.0f}"


def errors_table(errors: Sequence[HeldOut]) -> str:
    """Return a table with a column for each scope."""
    head = "| network | quantity | " + " | ".join(SCOPES) + " |"
    rows = [head, "|---|---|" + "---|" * len(SCOPES)]
    for found in errors:
        cells = [ratio(found.ratio) if found.scope == scope else "" for scope in SCOPES]
        rows.append(f"| {found.network} | {found.quantity} | " + " | ".join(cells) + " |")
    return "\n".join(rows)
