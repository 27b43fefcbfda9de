"""Answers of a run, and how they do where the targets are known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError
from hardware.metrics import (
    MISSING_CLASS,
    ClassMetrics,
    ValueMetrics,
    class_metrics,
    value_metrics,
)
from hardware.program.model import Program
from hardware.runs.trace import Trace
from hardware.sequences.dense import NO_ARRAY, as_array


def answers(program: Program, trace: Trace, per_frame: bool = False) -> NDArray[Any]:
    """Return class indices (…,) or values (…, outputs) of each sequence, or of each frame.

    The answer of a frame is that after its last step; a sequence's is that after its last frame.
    """
    if per_frame:
        _require_answers_of_frames(program, trace)
    if program.classes:
        scores = frame_ends(program, trace.scores) if per_frame else trace.final_scores
        found: NDArray[Any] = scores.argmax(axis=1)
        return found
    values = program.values(trace)
    if per_frame:
        return frame_ends(program, values)
    return values[np.cumsum(trace.lengths) - 1] if trace.answers_every_step else values


def _require_answers_of_frames(program: Program, trace: Trace) -> None:
    if not trace.answers_every_step:
        raise InputError(
            f"answers of each frame were asked for, but the readout {program.readout.kind!r} "
            f"answers once for each sequence"
        )


def frame_ends(program: Program, of_steps: NDArray[Any]) -> NDArray[Any]:
    """Return what is there at the last step of each frame."""
    return of_steps[program.encoder.steps - 1 :: program.encoder.steps]


def are_of_frames(trace: Trace, targets: NDArray[Any]) -> bool:
    """Return whether targets are of frames; else they are of sequences."""
    return len(targets) != len(trace.lengths)


def known_targets(program: Program, trace: Trace, targets: ArrayLike) -> NDArray[Any]:
    """Return the targets of each sequence or of each frame of a trace as an array.

    They are class indices (items,), -1 where one is missing; or values (items, outputs), NaN where
    one is missing. An InputError for targets of another kind or number.
    """
    try:
        given = as_array(targets)
    except NO_ARRAY as error:
        raise InputError(f"targets: not an array of numbers: {error}") from error
    found = _class_targets(program, given) if program.classes else _value_targets(program, given)
    sequences, frames = len(trace.lengths), int(trace.lengths.sum()) // program.encoder.steps
    if len(found) not in (sequences, frames):
        raise InputError(
            f"{len(found)} targets for a trace of {sequences} sequences and {frames} frames: give "
            f"one for each sequence, or one for each frame"
        )
    if are_of_frames(trace, found):
        _require_answers_of_frames(program, trace)
    return found


def _class_targets(program: Program, given: NDArray[Any]) -> NDArray[np.int64]:
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError(
            f"targets have shape {given.shape} of {given.dtype}, but the program names classes: "
            f"give one whole number for each sequence or frame"
        )
    most = len(program.classes) - 1
    wrong = np.flatnonzero((given < MISSING_CLASS) | (given > most))
    if len(wrong):
        raise InputError(
            f"targets[{wrong[0]}] is {given[wrong[0]]}, expected 0 to {most}, or {MISSING_CLASS} "
            f"where it is missing: the program names {most + 1} classes"
        )
    return given.astype(np.int64)


def _value_targets(program: Program, given: NDArray[Any]) -> NDArray[np.float64]:
    outputs = program.readout.outputs
    found = given[:, np.newaxis] if given.ndim == 1 and outputs == 1 else given
    if not given.size and given.ndim == 1:
        found = given.reshape(0, outputs)
    if found.ndim != 2 or found.shape[1] != outputs or found.dtype.kind not in "fiu":
        raise InputError(
            f"targets have shape {given.shape} of {given.dtype}, but the program answers with "
            f"values: give {outputs} number{'s' if outputs > 1 else ''} for each sequence or frame"
        )
    values: NDArray[np.float64] = found.astype(np.float64)
    if np.isinf(values).any():
        row, output = np.argwhere(np.isinf(values))[0]
        raise InputError(
            f"targets[{row}, {output}] is {values[row, output]}, expected a finite number, or NaN "
            f"where it is missing"
        )
    return values


def metrics_of(program: Program, trace: Trace, targets: ArrayLike) -> ClassMetrics | ValueMetrics:
    """Return the metrics of a run whose targets, of each sequence or each frame, are known."""
    known = known_targets(program, trace, targets)
    found = answers(program, trace, are_of_frames(trace, known))
    if program.classes:
        return class_metrics(found, known, len(program.classes))
    return value_metrics(found, known)


def errors_by_sequence(program: Program, trace: Trace, targets: ArrayLike) -> NDArray[np.float64]:
    """Return the share of wrong classes of each sequence, or its RMSE over values.

    It is NaN for a sequence whose targets are all missing.
    """
    known = known_targets(program, trace, targets)
    per_frame = are_of_frames(trace, known)
    found = answers(program, trace, per_frame)
    if program.classes:
        there = known != MISSING_CLASS
        wrong = np.where(there, found != known, False).astype(np.float64)
    else:
        there = ~np.isnan(known)
        wrong = np.where(there, found - known, 0.0) ** 2
        wrong, there = wrong.sum(axis=1), there.sum(axis=1)
    sequences = len(trace.lengths)
    owners = np.arange(sequences)
    if per_frame:
        owners = np.repeat(owners, trace.lengths // program.encoder.steps)
    total = np.bincount(owners, wrong, sequences)
    items = np.bincount(owners, there, sequences)
    mean = np.divide(total, items, out=np.full(sequences, np.nan), where=items > 0)
    return mean if program.classes else np.sqrt(mean)
