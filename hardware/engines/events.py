"""The `events` engine: the definition itself, run layer by layer in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers
from hardware.engines.reference import run_layer, synapses
from hardware.engines.registry import Recording
from hardware.program import Program, Readout


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


def accumulate(readout: Readout, spikes: Integers, lengths: NDArray[np.int64]) -> Integers:
    """The scores `Σ_t (V s_t + b)` of each sequence."""
    per_step = synapses(readout.weights, spikes) + readout.bias
    return np.add.reduceat(per_step, np.cumsum(lengths) - lengths, axis=0)
