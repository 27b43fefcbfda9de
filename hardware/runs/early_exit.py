"""Early exit of runs: the frames that each sequence uses, and runs that end there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers, shift
from hardware.definition.early_exit import EarlyExit, why_whole
from hardware.engines.reference import synapses
from hardware.errors import SettingError
from hardware.program.model import Program
from hardware.runs.trace import Trace
from hardware.sequences.dense import Sequences, without_check

STEPS_AT_ONCE = 4096
"""Steps whose messages are widened at a time."""


def why_never(program: Program) -> str | None:
    """Return why no sequence can end early, as the text of an error; None where one can."""
    if program.bidirectional:
        return (
            "early exit needs answers before the last frame, but this program reads from the last "
            "frame to the first: run whole sequences, or train one direction"
        )
    return why_whole(program.readout.target)


def exit_rule(program: Program, margin: float, fewest: int) -> EarlyExit:
    """Return the rule of a program; a SettingError where nothing can end early."""
    refusal = why_never(program)
    if refusal is not None:
        raise SettingError(refusal)
    return EarlyExit(program.readout, margin, fewest, program.encoder.steps)


def scores_of_frames(program: Program, trace: Trace) -> Integers:
    """Return the scores (frames, outputs) after every frame of a causal program's trace."""
    per_frame = program.encoder.steps
    if trace.answers_every_step:
        return trace.scores[per_frame - 1 :: per_frame]
    scores, longest = products(program, trace), int(trace.lengths.max(initial=0))
    tally = program.readout.tally(len(trace.lengths), longest)
    for t in range(longest):
        sequences = np.flatnonzero(trace.lengths > t)
        rows = trace.starts[sequences] + t
        program.readout.step(tally, scores[rows], sequences)
        scores[rows] = tally.score[sequences]
    return scores[per_frame - 1 :: per_frame]


def products(program: Program, trace: Trace) -> Integers:
    """Return the readout's products (steps, outputs) with what it sees at every step."""
    readout, layer = program.readout, program.layers[-1]
    seen = trace.membranes[-1] if readout.sees_membranes else trace.emitted[-1]
    found = np.empty((len(seen), readout.outputs), dtype=np.int64)
    for first in range(0, len(seen), STEPS_AT_ONCE):
        part = slice(first, first + STEPS_AT_ONCE)
        messages = seen[part].astype(np.int64)
        if readout.sees_membranes:
            messages = shift(messages, layer.cell.gate_fraction - layer.cell.state_fraction)
        found[part] = synapses(readout.weights, messages)
    return found


def exits_of(rule: EarlyExit, leads: Integers, frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the frames (sequences,) that each sequence uses of those it has.

    `leads` are those after every frame of all sequences.
    """
    if not len(frames):
        return frames
    starts = np.cumsum(frames) - frames
    place = np.arange(len(leads)) - np.repeat(starts, frames)
    ends = leads >= rule.least(1 + np.arange(frames.max()))[place]
    used: NDArray[np.int64] = np.minimum.reduceat(np.where(ends, 1 + place, frames.max()), starts)
    return np.minimum(used, frames)


def first_rows(lengths: NDArray[np.int64], kept: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows are among the first `kept` of each sequence."""
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return place < np.repeat(kept, lengths)


def shortened(sequences: Sequences, frames: NDArray[np.int64]) -> Sequences:
    """Return the first frames of each sequence."""
    values = sequences.values[first_rows(sequences.lengths, frames)]
    return without_check(Sequences, values=values, lengths=frames)
