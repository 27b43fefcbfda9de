"""The scores of windowed readouts, added up again from the emissions of a trace."""

from __future__ import annotations

import numpy as np

from hardware.definition.readout import Readout
from hardware.program.model import Program
from hardware.runs.trace import Trace


def score_of_currents(readout: Readout, currents: np.ndarray) -> np.ndarray:
    """Return the score after these currents (steps, outputs): every window is summed as a whole."""
    steps, window = len(currents), readout.window
    if steps <= window:
        return currents.sum(axis=0)
    if readout.kind == "sliding":
        return currents[steps - window :].sum(axis=0)
    complete = [range(i, i + window) for i in range(0, steps - window + 1, window)]
    return currents[list(complete[-1])].sum(axis=0)


def currents_of(program: Program, trace: Trace, sequence: int) -> np.ndarray:
    """Return the readout's currents (steps, outputs) of a sequence, from its emissions."""
    readout, levels = program.readout, len(program.levels[-1])
    rows = slice(trace.starts[sequence], trace.starts[sequence] + trace.lengths[sequence])
    seen = np.concatenate([e[rows] for e in trace.emitted[-levels:]], axis=1).astype(np.int64)
    products = seen @ readout.weights.T.astype(np.int64)
    k = readout.shift
    shifted = products << k if k > 0 else products >> -k
    return shifted + readout.bias


def scores_of(program: Program, trace: Trace) -> list[np.ndarray]:
    """Return the scores (steps, outputs) of each sequence after every step."""
    found = []
    for sequence, length in enumerate(trace.lengths):
        currents = currents_of(program, trace, sequence)
        found.append(
            np.array([score_of_currents(program.readout, currents[: t + 1]) for t in range(length)])
        )
    return found
