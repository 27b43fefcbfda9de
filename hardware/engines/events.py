"""The `events` engine: the integer step of `hardware.cell`, all sequences abreast, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.cell import step
from hardware.engines.registry import Recording
from hardware.program import Layer, Program, Readout


def execute(
    program: Program,
    events: Integers,
    lengths: NDArray[np.int64],
    deadline: float | None = None,
) -> Recording:
    """Run all sequences layer by layer; nothing can hang here, so the deadline is not needed."""
    spikes, membranes = [], []
    arriving = events
    for layer in program.layers:
        arriving, membrane = run_layer(layer, arriving, lengths)
        spikes.append(arriving.astype(np.uint8))
        membranes.append(membrane)
    scores = accumulate(program.readout, arriving, lengths)
    return Recording(tuple(spikes), tuple(membranes), scores)


def synapses(weights: NDArray[np.int8], events: Integers) -> Integers:
    """`events · weightsᵀ` in integers; float64 holds every partial sum, and has a fast product."""
    return (events.astype(np.float64) @ weights.T.astype(np.float64)).astype(np.int64)


def run_layer(
    layer: Layer, events: Integers, lengths: NDArray[np.int64]
) -> tuple[Integers, Integers]:
    """Spikes and membranes of one layer, each sequence from a clean state."""
    input_current = synapses(layer.input_weights, events)
    spikes = np.zeros((len(events), layer.neurons), dtype=np.int64)
    membranes = np.zeros_like(spikes)
    longest_first = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[longest_first]

    s = np.zeros((len(lengths), layer.neurons), dtype=np.int64)
    h = np.zeros_like(s)
    for t in range(int(lengths.max(initial=0))):
        alive = int((lengths > t).sum())
        rows = starts[:alive] + t
        recurrent_current = synapses(layer.recurrent_weights, s[:alive])
        s, h = step(layer.cell, layer.gate, input_current[rows], recurrent_current, h[:alive])
        spikes[rows], membranes[rows] = s, h
    return spikes, membranes


def accumulate(readout: Readout, spikes: Integers, lengths: NDArray[np.int64]) -> Integers:
    """The scores `Σ_t (V s_t + b)` of each sequence."""
    per_step = synapses(readout.weights, spikes) + readout.bias
    return np.add.reduceat(per_step, np.cumsum(lengths) - lengths, axis=0)
