"""Pictures as SVG text, coloured by the page's own style sheet."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape

from matplotlib.figure import Figure

INK, MUTED, ACCENT, SECOND = "#010101", "#020202", "#030303", "#040404"
THEME = {INK: "var(--ink)", MUTED: "var(--muted)", ACCENT: "var(--accent)", SECOND: "var(--second)"}
"""Colours to draw with, and what they become on the page, so that it can be light or dark."""

WIDE, NARROW = 8.0, 3.9
"""Inches: a picture for a desk or for paper, and the same one for a phone. A page shows one."""

REFERENCE = re.compile(r'\bid="|href="#|url\(#')
"""The text before the name of a part of a picture."""

OUTLINE, TAIL = re.compile(r' d="[^"]*"'), re.compile(r"(\.\d\d)\d+")
"""A path, and what of a coordinate is finer than a hundredth of a point."""

STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "spiking-gru",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


def shortened(name: str, most: int) -> str:
    """Return a name as a picture shows it: a longer one would leave no room for its bar."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def svg(figure: Figure, label: str, name: str) -> str:
    """Return the picture as text for a page; `name` makes its ids unique."""
    kind = "wide" if figure.get_figwidth() == WIDE else "narrow"
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    for colour, variable in THEME.items():
        text = text.replace(colour, variable)
    text = OUTLINE.sub(lambda path: TAIL.sub(r"\1", path[0]), text)
    text = REFERENCE.sub(rf"\g<0>{name}-{kind}-", text[text.index("<svg") :])
    tag = f'<svg class="{kind}" role="img" aria-label="{escape(label)}" '
    return text.replace("<svg ", tag, 1)


def for_both(draw: Callable[[float], str]) -> str:
    """A picture drawn for either width."""
    return draw(WIDE) + draw(NARROW)
