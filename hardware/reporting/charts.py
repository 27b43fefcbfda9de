"""Charts of a report: accuracy, energy by scope and layer, and how inferences are spread."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from hardware.reporting.figures import ACCENT, INK, SECOND, STYLE, WIDE, svg
from hardware.reporting.schema import Range, Report
from hardware.reporting.units import joules, tick, whole

SCOPES = {
    "core_dynamic": "core, dynamic",
    "core_static": "core, static",
    "host": "host and I/O",
}

Row = tuple[str, Range, str]
"""A title, a figure and the colour it has."""


def energy(report: Report, width: float = WIDE) -> str:
    """Energy by scope with its range, and the dense GRU's arithmetic, on a logarithmic axis."""
    rows: list[Row] = [
        (f"{report.chip}: {title}", getattr(report.energy_j, scope), ACCENT)
        for scope, title in SCOPES.items()
    ]
    for name, value in report.dense_gru.energy_j.items():
        exact = Range(low=value, nominal=value, high=value)
        rows.append((f"dense GRU: {name} arithmetic", exact, SECOND))
    label = "Energy per inference by scope, with its range, beside a dense GRU"
    return _ranges(rows, label, "energy", width)


def by_layer(report: Report, width: float = WIDE) -> str:
    """Core dynamic energy of every layer with its range."""
    rows: list[Row] = [(layer.name, layer.core_dynamic_j, ACCENT) for layer in report.layers]
    label = "Core dynamic energy per inference by layer, with its range"
    return _ranges(rows, label, "by-layer", width)


def _ranges(rows: Sequence[Row], label: str, name: str, width: float) -> str:
    """A bar from low to high and a dot at the nominal figure; what is 0 has neither."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 0.9 + 0.38 * len(rows)), layout="constrained")
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
            _beside(axes, joules(span.nominal), span.high, y)
        if drawn:
            axes.set_xscale("log")
            low, high = axes.get_xlim()
            # What is written beside the last bar has room.
            beside = 0.15 if width == WIDE else 0.45
            axes.set_xlim(low / 1.5, high * max(3, (high / low) ** beside))
            axes.xaxis.set_major_locator(LogLocator(numticks=6 if width == WIDE else 4))
        axes.xaxis.set_major_formatter(lambda value, _: tick(value))
        axes.minorticks_off()
        _name_rows(axes, [title for title, _, _ in rows])
        axes.set_xlabel("energy per inference")
        return svg(figure, label, name)


def accuracy(report: Report, width: float = WIDE) -> str:
    """The networks whose accuracy is known beside each other; empty where none is."""
    shares = report.accuracy
    rows = [
        ("GRU without spikes", shares.baseline_gru, SECOND),
        ("spiking GRU, float", shares.float_, ACCENT),
        ("spiking GRU, quantised", shares.quantised, ACCENT),
        ("deployed program", shares.deployed, ACCENT),
    ]
    known = [(name, share, colour) for name, share, colour in rows if share is not None]
    if not known:
        return ""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 0.8 + 0.38 * len(known)), layout="constrained")
        axes = figure.subplots()
        for y, (_, share, colour) in enumerate(known):
            axes.barh(y, 100 * share, color=colour, height=0.55)
            _beside(axes, f"{100 * share:.2f} %", 100 * share, y)
        _name_rows(axes, [name for name, _, _ in known])
        axes.set_xlim(0, 115)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel("accuracy, %")
        return svg(figure, "Accuracy of the networks beside each other", "accuracy")


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
        for value, name in (
            (found.core_dynamic_j.median, "median"),
            (found.core_dynamic_j.p95, "95 % below"),
        ):
            axes.axvline(value, color=INK, linewidth=1)
            axes.annotate(
                name,
                (value, 1),
                xycoords=("data", "axes fraction"),
                xytext=(5, 0),
                textcoords="offset points",
                va="top",
                fontsize=9,
            )
        axes.set_ylim(bottom=0)
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


def _beside(axes: Axes, text: str, x: float, y: int) -> None:
    axes.annotate(text, (x, y), xytext=(8, 0), textcoords="offset points", va="center")


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
