"""A picture of where two traces part: one layer's differences, and the first neuron's values."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from hardware.files.disk import write_bytes
from hardware.runs.comparison import Divergence
from hardware.runs.trace import Trace

STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "spiking-gru",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_divergence(a: Trace, b: Trace, first: Divergence, path: Path) -> Path:
    """Write the figure of a divergence as an SVG."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure = divergence_figure(a, b, first)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    write_bytes(path, buffer.getvalue())
    return path


def divergence_figure(a: Trace, b: Trace, first: Divergence) -> Figure:
    """Above, by how much every neuron differs at every step; below, the first one's values."""
    of_a, of_b = (_values(trace, first) for trace in (a, b))
    distance = np.abs(of_a.astype(np.int64) - of_b).T
    # A score that is given once is given at the last step.
    steps = np.arange(len(of_a)) + (first.step if len(of_a) == 1 else 0)
    extent = (steps[0] - 0.5, steps[-1] + 0.5, len(distance) - 0.5, -0.5)
    figure = Figure(figsize=(8, 5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    # What is equal stays empty.
    shown = np.where(distance == 0, np.nan, distance)
    image = above.imshow(shown, extent=extent, aspect="auto", interpolation="none", cmap="viridis")
    figure.colorbar(image, ax=above, label="difference")
    above.plot(first.step, first.neuron, "o", ms=10, mfc="none", mec="crimson")
    above.set_ylabel(f"neuron of {first.layer}")
    above.set_title(f"{first.quantity}s of {a.engine} and {b.engine}, sequence {first.sequence}")
    marker = "o" if len(steps) == 1 else ""
    for trace, values, style in ((a, of_a, "-"), (b, of_b, "--")):
        below.plot(
            steps, values[:, first.neuron], style, marker=marker, drawstyle="steps-mid",
            label=trace.engine,
        )  # fmt: skip
    below.axvline(first.step, color="crimson", linewidth=1)
    below.set_ylabel(f"neuron {first.neuron}")
    below.set_xlabel("step")
    for axis in (above.yaxis, below.xaxis):
        axis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    below.legend(frameon=False)
    return figure


def _values(trace: Trace, first: Divergence) -> np.ndarray:
    """(steps, neurons) of the quantity that parts first, in its sequence."""
    for quantity, layer, values in trace.quantities():
        if (quantity, layer) == (first.quantity, first.layer):
            if quantity == "score" and not trace.answers_every_step:
                return np.asarray(values[first.sequence : first.sequence + 1])
            start = int(trace.starts[first.sequence])
            return np.asarray(values[start : start + int(trace.lengths[first.sequence])])
    raise KeyError(first.layer)
