"""Early exit of runs: the frames that each sequence uses, and runs that end there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers, shift
from hardware.definition.early_exit import EarlyExit
from hardware.engines.reference import synapses
from hardware.errors import SettingError
from hardware.program.model import Program
from hardware.runs.trace import Trace
from hardware.sequences.dense import Sequences, without_check


def exit_rule(program: Program, margin: float, fewest: int) -> EarlyExit:
    """Return the rule of a program; a SettingError where nothing can end early."""
    if program.bidirectional:
        raise SettingError(
            "early exit needs answers before the last frame, but this program reads from the last "
            "frame to the first: run whole sequences, or train one direction"
        )
    return EarlyExit(program.readout, margin, fewest, program.encoder.steps)


def scores_of_steps(program: Program, trace: Trace) -> Integers:
    """Return the scores (steps, outputs) after every step of a causal program's trace."""
    if trace.answers_every_step:
        return trace.scores
    readout, layer = program.readout, program.layers[-1]
    messages = trace.emitted[-1].astype(np.int64)
    if readout.sees_membranes:
        to_gate_grid = layer.cell.gate_fraction - layer.cell.state_fraction
        messages = shift(trace.membranes[-1].astype(np.int64), to_gate_grid)
    scores = synapses(readout.weights, messages)
    for t in range(int(trace.lengths.max(initial=0))):
        rows = trace.starts[trace.lengths > t] + t
        before = scores[rows - 1] if t else np.zeros_like(scores[rows])
        scores[rows] = readout.step(before, scores[rows])
    return scores


def exits_of(program: Program, trace: Trace, rule: EarlyExit) -> NDArray[np.int64]:
    """Return the frames (sequences,) that each sequence of a whole run uses."""
    per_frame = rule.per_frame
    scores = scores_of_steps(program, trace)[per_frame - 1 :: per_frame]
    frames = trace.lengths // per_frame
    exits = frames.copy()
    for i, of_sequence in enumerate(np.split(scores, np.cumsum(frames))[:-1]):
        found = rule.first(of_sequence)
        if found is not None:
            exits[i] = found + 1
    return exits


def first_rows(lengths: NDArray[np.int64], kept: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows are among the first `kept` of each sequence."""
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return place < np.repeat(kept, lengths)


def shortened(sequences: Sequences, frames: NDArray[np.int64]) -> Sequences:
    """Return the first frames of each sequence."""
    values = sequences.values[first_rows(sequences.lengths, frames)]
    return without_check(Sequences, values=values, lengths=frames)


def cut(program: Program, trace: Trace, frames: NDArray[np.int64]) -> Trace:
    """Return the trace of a run of the first frames of each sequence, of a causal program.

    Saturations and clamped inputs are not counted: a trace does not tell when they occurred.
    """
    steps = frames * program.encoder.steps
    rows = first_rows(trace.lengths, steps)
    scores = scores_of_steps(program, trace)
    scores = scores[rows] if trace.answers_every_step else scores[trace.starts + steps - 1]
    return replace(
        trace,
        lengths=steps,
        events=trace.events[rows],
        emitted=tuple(emitted[rows] for emitted in trace.emitted),
        membranes=tuple(membranes[rows] for membranes in trace.membranes),
        scores=scores,
        saturations=None,
        clamped=None,
        values=program.answered_values(scores, steps),
        exits=frames,
    )
