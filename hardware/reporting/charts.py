"""Charts of a report: metrics, answers, energy, and how inferences are spread."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from hardware.reporting.figures import (
    ACCENT,
    INK,
    MUTED,
    NARROW,
    SECOND,
    STYLE,
    WIDE,
    shortened,
    svg,
)
from hardware.reporting.markup import SHOWN
from hardware.reporting.metrics import METRICS
from hardware.reporting.schema import Networks, Range, Report, RivalFigures
from hardware.reporting.units import joules, tick, whole

SCOPES = {
    "core_dynamic": "core, dynamic",
    "core_static": "static, cores in use",
    "chip_static": "static, whole chip",
    "host": "host and I/O",
}

COLOURS = {"naive": MUTED, "dense": SECOND, "spiking": ACCENT}
"""Colours of the kinds of networks."""

ROW_HEIGHT = {WIDE: 0.38, NARROW: 0.56}
"""Inches of a row: in a narrow picture its name is above its bar, which needs the whole width."""

MOST_CHARACTERS = {WIDE: 30, NARROW: 44}
"""Most characters of the name of a row."""

ROOM_FOR_NAMES = 1.35
"""Height of the spread's axis, by that of its highest bar: two lines of text are above it."""

Row = tuple[str, Range, str]
"""A title, a figure and the colour it has."""


def energy(report: Report, width: float = WIDE) -> str:
    """Energy by scope with its range, and a dense GRU's, on a logarithmic axis."""
    rows: list[Row] = [
        (f"{report.chip}: {title}", getattr(report.energy_j, scope), ACCENT)
        for scope, title in SCOPES.items()
    ]
    rows += of_rival(report.dense_gru)
    label = "Energy per inference by scope, with its range, next to a dense GRU"
    return ranges(rows, label, "energy", width)


def of_rival(rival: RivalFigures) -> list[Row]:
    """Return the energy of a dense network in each number format, with and without memory."""
    rows: list[Row] = []
    for name, found in rival.formats.items():
        rows.append((f"{rival.title}: {name} with memory", found.with_memory_j, SECOND))
        rows.append((f"{rival.title}: {name} arithmetic", found.arithmetic_j, SECOND))
    return rows


def by_layer(report: Report, width: float = WIDE) -> str:
    """Core dynamic energy of every layer with its range."""
    rows: list[Row] = [(layer.name, layer.core_dynamic_j, ACCENT) for layer in report.layers]
    label = "Core dynamic energy per inference by layer, with its range"
    return ranges(rows, label, "by-layer", width)


def ranges(rows: Sequence[Row], label: str, name: str, width: float) -> str:
    """A bar from low to high and a dot at the nominal figure; what is 0 has neither."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 0.9 + ROW_HEIGHT[width] * len(rows)), layout="constrained")
        axes = figure.subplots()
        drawn = [y for y, (_, span, _) in enumerate(rows) if span.nominal > 0]
        for y in drawn:
            _, span, colour = rows[y]
            low = span.low if span.low > 0 else span.nominal
            axes.plot(
                [low, span.high], [y, y],
                color=colour, linewidth=5, solid_capstyle="butt", alpha=0.4,
            )  # fmt: skip
            axes.plot(span.nominal, y, "o", color=colour, markersize=6)
            _next_to(axes, joules(span.nominal), span.high, y)
        if drawn:
            axes.set_xscale("log")
            low, high = axes.get_xlim()
            # The text next to the last bar has room.
            room = 0.15 if width == WIDE else 0.45
            axes.set_xlim(low / 1.5, high * max(3, (high / low) ** room))
            axes.xaxis.set_major_locator(LogLocator(numticks=6 if width == WIDE else 4))
        axes.xaxis.set_major_formatter(lambda value, _: tick(value))
        axes.minorticks_off()
        _name_rows(axes, [title for title, _, _ in rows], width)
        axes.set_xlabel("energy per inference")
        return svg(figure, label, name)


def metric(report: Networks, width: float = WIDE) -> str:
    """The first metric of the task for each network that it is known of; empty for none."""
    name = report.headline
    row = METRICS[name]
    known = [(n, value) for n in report.networks if (value := n.metrics[name]) is not None]
    if not known:
        return ""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 0.8 + ROW_HEIGHT[width] * len(known)), layout="constrained")
        axes = figure.subplots()
        scale = 100 if row.unit == "%" else 1
        for y, (network, value) in enumerate(known):
            height = 0.55 if width == WIDE else 0.35
            axes.barh(y, scale * value, color=COLOURS[network.kind], height=height)
            _next_to(axes, SHOWN[row.unit](value), scale * value, y)
        _name_rows(axes, [network.title for network, _ in known], width)
        if row.unit == "%":
            axes.set_xlim(0, 115)
            axes.set_xticks(range(0, 101, 20))
        else:
            largest = max(value for _, value in known)
            axes.set_xlim(0, (largest or 1) * (1.2 if width == WIDE else 1.5))
            axes.xaxis.set_major_locator(MaxNLocator(8 if width == WIDE else 4))
        axes.set_xlabel(f"{row.title}, {'%' if row.unit == '%' else 'unit of the target'}")
        return svg(figure, f"{row.title} of each network", "metric")


def spread(report: Report, width: float = WIDE) -> str:
    """How many inferences cost how much."""
    found = report.distribution
    edges = found.bin_edges_j
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 2.4), layout="constrained")
        axes = figure.subplots()
        if found.least_j < found.most_j:
            axes.stairs(found.inferences, edges, fill=True, color=ACCENT, alpha=0.55)
        else:
            axes.plot(found.most_j, found.inferences[0], "o", color=ACCENT)
        for value, name, line in (
            (found.core_dynamic_j.median, "median", 0),
            (found.core_dynamic_j.p95, "95 % below", 1),
        ):
            axes.axvline(value, color=INK, linewidth=1)
            axes.annotate(
                name,
                (value, 1),
                xycoords=("data", "axes fraction"),
                xytext=(5, -12 * line),
                textcoords="offset points",
                va="top",
                fontsize=9,
            )
        axes.set_ylim(0, ROOM_FOR_NAMES * max(found.inferences))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.xaxis.set_major_locator(MaxNLocator(8 if width == WIDE else 4))
        axes.xaxis.set_major_formatter(lambda value, _: tick(value))
        axes.set_xlabel("core dynamic energy of an inference")
        axes.set_ylabel("inferences")
        label = (
            f"{whole(sum(found.inferences))} inferences by core dynamic energy, from "
            f"{joules(found.least_j)} to {joules(found.most_j)}"
        )
        return svg(figure, label, "spread")


def _next_to(axes: Axes, text: str, x: float, y: int) -> None:
    axes.annotate(text, (x, y), xytext=(8, 0), textcoords="offset points", va="center")


def _name_rows(axes: Axes, names: Sequence[str], width: float) -> None:
    """Name each row: next to the axis, or above its bar in a narrow picture."""
    shown = [shortened(name, MOST_CHARACTERS[width]) for name in names]
    axes.set_ylim(len(names) - 0.5, -0.5 if width == WIDE else -0.75)
    axes.tick_params(axis="y", length=0)
    if width == WIDE:
        axes.set_yticks(range(len(names)), shown, parse_math=False)
        return
    axes.set_yticks([])
    for y, name in enumerate(shown):
        axes.annotate(
            name,
            (0, y),
            xycoords=axes.get_yaxis_transform(),
            xytext=(3, 8),
            textcoords="offset points",
            va="bottom",
            fontsize=9,
            annotation_clip=False,
            parse_math=False,
        )
