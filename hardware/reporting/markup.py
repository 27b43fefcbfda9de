"""Figures as HTML: each says its place in the JSON, so that both can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from hardware.reporting import units

SHOWN: dict[str, Callable[[float], str]] = {
    "J": units.joules,
    "s": units.seconds,
    "W": units.watts,
    "%": units.percent,
    "count": units.whole,
    "value": units.value,
    "ratio": units.ratio,
}
"""How a number of each unit is written."""


class Figures:
    """Numbers of a report's JSON, named by their JSON pointer."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content

    def at(self, pointer: str) -> Any:
        """Return the value at a JSON pointer."""
        found: Any = self.content
        for part in pointer.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found[int(name)] if isinstance(found, list) else found[name]
        return found

    def __call__(self, pointer: str, unit: str) -> Markup:
        """A `data` element: a number, or a figure with its range."""
        value = self.at(pointer)
        if value is None:
            return Markup("–")
        if not isinstance(value, Mapping):
            return _data(pointer, value, SHOWN[unit](value))
        low, nominal, high = value["low"], value["nominal"], value["high"]
        shown, ends = units.span(nominal, low, high, unit).split(" ", 1)
        text = Markup('{} <span class="ends">{}</span>').format(shown, ends)
        return _data(f"{pointer}/nominal", nominal, text)

    def short(self, pointer: str, unit: str) -> Markup:
        """The nominal figure alone."""
        return self(f"{pointer}/nominal", unit)

    def ends(self, pointer: str, unit: str) -> Markup:
        """The range alone: `3.82 µJ – 5.79 µJ`."""
        low, high = self(f"{pointer}/low", unit), self(f"{pointer}/high", unit)
        return low + Markup(" – ") + high


def _data(pointer: str, value: float, text: str) -> Markup:
    return Markup('<data data-path="{}" value="{}">{}</data>').format(pointer, repr(value), text)
