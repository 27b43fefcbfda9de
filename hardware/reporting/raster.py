"""One inference drawn over time: the input, what every layer sends, and the scores."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from hardware.cost.traffic import emissions, sent_by_encoder
from hardware.definition.arithmetic import shift
from hardware.engines.reference import synapses
from hardware.program.model import Program
from hardware.reporting.figures import ACCENT, INK, MUTED, SECOND, STYLE, WIDE, shortened, svg
from hardware.runs.trace import Trace

MOST_MARKS = 20_000
"""Most marks in one panel of a wide picture; a narrow one has fewer. If more is sent, only every
n-th neuron is drawn, and the picture says so."""

MOST_CHARACTERS = 16
"""Most characters of the name of a class next to its score."""

MOST_SCORES = 64
"""Outputs whose scores are drawn: the largest at the end."""


def raster(
    program: Program,
    trace: Trace,
    sequence: int,
    width: float = WIDE,
    *,
    targets: NDArray[np.float64] | None = None,
) -> str:
    """The input, every message of every layer, and the scores as they stand after each step.

    `targets` are the values that the sequence, or each of its frames, should be answered with.
    """
    layers = len(trace.emitted)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, 3.2 + 2.0 * layers), layout="constrained")
        axes = figure.subplots(
            layers + 2, 1, sharex=True, squeeze=False, height_ratios=[1, *([2.2] * layers), 1.6]
        )[:, 0]
        alone = _alone(trace, sequence)
        events, arriving = map(np.asarray, (alone.events, sent_by_encoder(alone, program)))
        most = int(MOST_MARKS * width / WIDE)
        _messages(axes[0], events, arriving, "input", program.encoder.row.source, most)
        for i, layer in enumerate(program.layers):
            sent = emissions(alone, layer, i)
            kind = layer.cell.emission.plural
            _messages(axes[1 + i], alone.emitted[i], sent, f"{layer.name}: {kind}", "neuron", most)
        _scores(axes[-1], program, trace, sequence)
        if targets is not None:
            _targets(axes[-1], program.encoder.steps, int(trace.lengths[sequence]), targets)
        axes[-1].set_xlim(-0.8, int(trace.lengths[sequence]) - 0.2)
        axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
        axes[-1].set_xlabel("time step")
        return svg(figure, _label(program, trace, sequence), f"sample-{sequence}-raster")


def _alone(trace: Trace, sequence: int) -> Trace:
    """The trace of one sequence."""
    start, length = int(trace.starts[sequence]), int(trace.lengths[sequence])
    rows = slice(start, start + length)
    answers = rows if trace.answers_every_step else slice(sequence, sequence + 1)
    return Trace(
        engine=trace.engine,
        program_digest=trace.program_digest,
        lengths=trace.lengths[sequence : sequence + 1],
        events=trace.events[rows],
        emitted=tuple(values[rows] for values in trace.emitted),
        membranes=tuple(values[rows] for values in trace.membranes),
        scores=trace.scores[answers],
    )


def _label(program: Program, trace: Trace, sequence: int) -> str:
    sent = "; ".join(
        f"{layer.name} sends {int(emissions(_alone(trace, sequence), layer, i).sum())} times"
        for i, layer in enumerate(program.layers)
    )
    return f"Sample {sequence} over {trace.lengths[sequence]} steps: {sent}; below, the scores"


def _messages(
    axes: Axes,
    values: NDArray[np.integer],
    sent: NDArray[np.bool_],
    title: str,
    sender: str,
    most: int,
) -> None:
    """A bar for each message in its sender's row, as high as its value is large.

    Positive values have the first colour, negative ones the second; where all are 0 or 1 they are
    ink.
    """
    senders = values.shape[1]
    every = -(-int(sent.sum()) // most) if sent.any() else 1
    shown = sent.copy()
    shown[:, np.arange(senders) % every != 0] = False
    step, row = np.nonzero(shown)
    value = values[step, row].astype(np.float64)
    height = 0.9 * np.abs(value) / max(1, np.abs(values).max(initial=1))
    # A value of 0 that is sent is a message too: it stays visible.
    height = every * np.maximum(height, 0.06)
    plain = bool((value == 1).all())
    for chosen, colour in ((value >= 0, INK if plain else ACCENT), (value < 0, SECOND)):
        if chosen.any():
            _bars(axes, step[chosen], row[chosen], height[chosen], colour)
    axes.set_ylim(-0.6, senders - 0.4)
    of_all = "" if every == 1 else f", one {sender} of {every} drawn"
    axes.set_title(f"{title}{of_all}", loc="left", fontsize=9, parse_math=False)
    axes.set_ylabel(sender, fontsize=9)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _bars(
    axes: Axes,
    step: NDArray[np.integer],
    row: NDArray[np.integer],
    height: NDArray[np.float64],
    colour: str,
) -> None:
    """All bars as one path, which keeps the page small."""
    left, right, middle = step - 0.36, step + 0.36, row.astype(np.float64)
    low, high = middle - height / 2, middle + height / 2
    corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
    vertices = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1).reshape(-1, 2)
    one = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    path = Path(vertices, np.tile(one, len(step)))
    axes.add_patch(PathPatch(path, facecolor=colour, linewidth=0))


def scores_over_time(program: Program, trace: Trace, sequence: int) -> NDArray[np.int64]:
    """(steps, outputs): the scores as they stand after each step, the answer at the end."""
    start, length = int(trace.starts[sequence]), int(trace.lengths[sequence])
    rows, first = slice(start, start + length), len(trace.emitted) - len(program.levels[-1])
    if trace.answers_every_step:
        return trace.scores[rows]
    cell, readout = program.layers[-1].cell, program.readout
    if readout.sees_membranes:
        fraction = cell.gate_fraction - cell.state_fraction
        last = [membranes[rows].astype(np.int64) for membranes in trace.membranes[first:]]
        parts = [shift(membranes, fraction) for membranes in last]
    else:
        parts = [emitted[rows].astype(np.int64) for emitted in trace.emitted[first:]]
    tally, scores = readout.tally(1, length), []
    for product in synapses(readout.weights, np.concatenate(parts, axis=1)):
        readout.step(tally, product)
        scores.append(tally.score[0].copy())
    # A backward layer's last membrane is that of the first step, so its end is not in this order.
    scores[-1] = trace.final_scores[sequence]
    return np.array(scores)


def _scores(axes: Axes, program: Program, trace: Trace, sequence: int) -> None:
    """The scores of all classes, those of the answer in colour; or values, all alike."""
    found, readout = scores_over_time(program, trace, sequence), program.readout
    target, votes = readout.target, bool(program.classes)
    winners: dict[int, str] = {}
    if votes:
        answer = target.row.of(trace.final_scores[sequence])
        winners = dict(zip(target.row.outputs_of(answer), target.named(answer), strict=True))
        totals = found * 2.0**readout.exponent
    else:
        totals = readout.values(found, np.arange(1, len(found) + 1))
    marker = "." if len(totals) == 1 else ""
    for i in np.argsort(-totals[-1], kind="stable")[:MOST_SCORES]:
        if i in winners:
            continue
        colour = MUTED if votes else ACCENT
        axes.plot(totals[:, i], marker=marker, color=colour, linewidth=0.8 if votes else 1.4)
    for winner, name in winners.items():
        axes.plot(totals[:, winner], marker=marker, color=ACCENT, linewidth=2)
        axes.annotate(
            shortened(name, MOST_CHARACTERS),
            (len(totals) - 1, totals[-1, winner]),
            xytext=(4, 0),
            textcoords="offset points",
            color=ACCENT,
            va="center",
            annotation_clip=False,
            parse_math=False,
        )
    axes.set_title("scores" if votes else "values", loc="left", fontsize=9)
    axes.set_ylabel("score" if votes else "value", fontsize=9)


def _targets(axes: Axes, steps_of_a_frame: int, steps: int, targets: NDArray[np.float64]) -> None:
    """The target values, each at the step at whose end it should be answered."""
    ends = steps - 1 - steps_of_a_frame * np.arange(len(targets))[::-1]
    marker = "o" if len(targets) == 1 else ""
    for target in targets[:, :MOST_SCORES].T:
        axes.plot(
            ends, target, linestyle="--", marker=marker, markersize=5, color=SECOND, linewidth=1.2
        )
    axes.set_title("values, and targets in the second colour", loc="left", fontsize=9)
