"""The report's pictures as SVG text, coloured by the page's own style sheet."""

from __future__ import annotations

import io

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hardware.arithmetic import shift
from hardware.engines.reference import synapses
from hardware.program import Program
from hardware.reporting.schema import Report
from hardware.reporting.units import joules
from hardware.trace import Trace

INK, MUTED, ACCENT, SECOND = "#010101", "#020202", "#030303", "#040404"
THEME = {INK: "var(--ink)", MUTED: "var(--muted)", ACCENT: "var(--accent)", SECOND: "var(--second)"}
"""Colours to draw with, and what they become on the page, so that it can be light or dark."""

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


def svg(figure: Figure, label: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    for colour, variable in THEME.items():
        text = text.replace(colour, variable)
    text = text[text.index("<svg") :]
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def raster(program: Program, trace: Trace, sequence: int) -> str:
    """One inference: the input, every spike of every layer, and the scores as they add up."""
    rows = slice(trace.starts[sequence], trace.starts[sequence] + trace.lengths[sequence])
    layers = len(trace.emitted)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 3.2 + 2.4 * layers), layout="constrained")
        axes = figure.subplots(
            layers + 2, 1, sharex=True, squeeze=False, height_ratios=[1, *([2.2] * layers), 1.4]
        )[:, 0]
        _input(axes[0], trace.events[rows])
        for i, spikes in enumerate(trace.emitted):
            _spikes(axes[1 + i], spikes[rows], program.layers[i].name)
        _scores(axes[-1], program, trace, sequence)
        axes[-1].set_xlabel("time step")
        return svg(figure, "Input, spikes and scores of one inference over time")


def _input(axes: Axes, events: NDArray[np.int64]) -> None:
    step, channel = np.nonzero(events)
    values = events[step, channel]
    size = 36 * np.abs(values) / max(1, np.abs(events).max(initial=1))
    colours = np.where(values > 0, ACCENT, SECOND)
    axes.scatter(step, channel, s=size, c=colours, linewidths=0)
    axes.set_ylabel("input\nchannel")


def _spikes(axes: Axes, spikes: NDArray[np.integer], name: str) -> None:
    step, neuron = np.nonzero(spikes)
    axes.scatter(step, neuron, s=6, marker="s", c=INK, linewidths=0)
    axes.set_ylim(-1, spikes.shape[1])
    axes.set_ylabel(f"{name}\nneuron", parse_math=False)


def scores_over_time(program: Program, trace: Trace, sequence: int) -> NDArray[np.int64]:
    """(steps, outputs): the scores as they stand after each step, the answer at the end."""
    start, length = int(trace.starts[sequence]), int(trace.lengths[sequence])
    rows, first = slice(start, start + length), len(trace.emitted) - len(program.levels[-1])
    cell, readout = program.layers[-1].cell, program.readout
    if readout.sees_membranes:
        fraction = cell.gate_fraction - cell.state_fraction
        parts = [shift(membrane[rows], fraction) for membrane in trace.membranes[first:]]
    else:
        parts = [emitted[rows].astype(np.int64) for emitted in trace.emitted[first:]]
    score, scores = np.zeros(readout.outputs, dtype=np.int64), []
    for product in synapses(readout.weights, np.concatenate(parts, axis=1)):
        score = readout.step(score, product)
        scores.append(score)
    # A backward layer's last membrane is that of the first step, so its end is not in this order.
    scores[-1] = trace.final_scores[sequence]
    return np.array(scores)


def _scores(axes: Axes, program: Program, trace: Trace, sequence: int) -> None:
    winner = int(trace.predictions[sequence])
    totals = scores_over_time(program, trace, sequence) * 2.0**program.readout.exponent
    for i in range(totals.shape[1]):
        if i != winner:
            axes.plot(totals[:, i], color=MUTED, linewidth=0.8)
    axes.plot(totals[:, winner], color=ACCENT, linewidth=2)
    axes.annotate(
        program.classes[winner],
        (len(totals) - 1, totals[-1, winner]),
        xytext=(4, 0),
        textcoords="offset points",
        color=ACCENT,
        va="center",
        annotation_clip=False,
        parse_math=False,
    )
    axes.set_ylabel("score")


def energy(report: Report) -> str:
    """Energy by scope with its range, and the dense GRU's arithmetic, on a logarithmic axis."""
    chip = report.chips[next(name for name, c in report.chips.items() if c.name == report.chip)]
    rows: list[tuple[str, float, float, float, str]] = []
    for scope, title in (
        ("core_dynamic", "core, dynamic"),
        ("core_static", "core, static"),
        ("host", "host and I/O"),
    ):
        span = getattr(chip.energy_j, scope)
        rows.append((f"{chip.name}: {title}", span.low, span.nominal, span.high, ACCENT))
    for name, value in report.dense_gru.energy_j.items():
        rows.append((f"dense GRU: {name} arithmetic", value, value, value, SECOND))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 2.8), layout="constrained")
        axes = figure.subplots()
        for y, (_, low, nominal, high, colour) in enumerate(rows):
            axes.plot(
                [low, high], [y, y], color=colour, linewidth=3, solid_capstyle="butt", alpha=0.45
            )
            axes.plot(nominal, y, "o", color=colour)
            axes.annotate(
                joules(nominal), (high, y), xytext=(8, 0), textcoords="offset points", va="center"
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: joules(value))
        axes.set_yticks(range(len(rows)), [row[0] for row in rows], parse_math=False)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        low, high = axes.get_xlim()
        axes.set_xlim(low / 1.5, high * 3)
        axes.set_xlabel("energy per inference")
        return svg(figure, "Energy per inference by scope, with its range, beside a dense GRU")


def accuracy(report: Report) -> str:
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
        figure = Figure(figsize=(8, 0.8 + 0.4 * len(known)), layout="constrained")
        axes = figure.subplots()
        for y, (_, share, colour) in enumerate(known):
            axes.barh(y, 100 * share, color=colour, height=0.6)
            axes.annotate(
                f"{100 * share:.2f} %",
                (100 * share, y),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
            )
        axes.set_yticks(range(len(known)), [name for name, _, _ in known])
        axes.set_ylim(len(known) - 0.5, -0.5)
        axes.set_xlim(0, 115)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel("accuracy, %")
        return svg(figure, "Accuracy of the four networks")
