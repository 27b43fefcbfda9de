"""Answers of a run, and how they do where the targets are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError
from hardware.metrics import (
    MISSING_CLASS,
    ClassMetrics,
    LabelMetrics,
    Metrics,
    TokenMetrics,
    ValueMetrics,
    class_metrics,
    label_metrics,
    value_metrics,
    with_perplexity,
)
from hardware.program.model import Program
from hardware.runs.given import ProgramLike, TraceLike, program_and_trace
from hardware.runs.trace import Trace, several_heads
from hardware.sequences.dense import NO_ARRAY, as_array


def answers(program: ProgramLike, trace: TraceLike, per_frame: bool = False) -> NDArray[Any]:
    """Return class indices (…,), labels or values (…, outputs) of each sequence, or of each frame.

    Labels are 0 or 1, where any number of classes may be right.

    The answer of a frame is that after its last step; a sequence's is that after its last frame.
    """
    program, trace = program_and_trace("answers", program, trace)
    _require_one_target(program)
    if per_frame:
        _require_answers_of_frames(program)
    if program.classes:
        scores = frame_ends(program, trace.scores) if per_frame else trace.final_scores
        return program.decision.of(scores)
    values = program.values(trace)
    if per_frame:
        return frame_ends(program, values)
    return values[np.cumsum(trace.lengths) - 1] if trace.answers_every_step else values


def _require_one_target(program: Program) -> None:
    if program.heads:
        raise InputError(several_heads(program.heads))


def _require_answers_of_frames(program: Program) -> None:
    if not program.readout.answers_every_step:
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

    They are class indices (items,) or labels (items, classes) of 0 and 1, -1 where one is missing;
    or values (items, outputs), NaN where one is missing. An InputError for targets of another kind
    or number.
    """
    _require_one_target(program)
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
        _require_answers_of_frames(program)
    return found


def _class_targets(program: Program, given: NDArray[Any]) -> NDArray[np.int64]:
    classes, several = len(program.classes), program.decision.several
    if several and not given.size:
        given = given.reshape(0, classes)
    shape = (len(given), classes) if several and given.ndim else given.shape[:1]
    if not given.ndim or given.shape != shape or (given.size and given.dtype.kind not in "iu"):
        each = f"0 or 1 for each of {classes} classes," if several else "one whole number"
        raise InputError(
            f"targets have shape {given.shape} of {given.dtype}, but the program names classes: "
            f"give {each} for each sequence or frame"
        )
    most = 1 if several else classes - 1
    wrong = np.argwhere((given < MISSING_CLASS) | (given > most))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        raise InputError(
            f"targets[{', '.join(map(str, place))}] is {given[place]}, expected 0 to {most}, or "
            f"{MISSING_CLASS} where it is missing: the program names {classes} classes"
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


Forecasts = Mapping[str, ArrayLike]
"""Naive forecasts by name, each like the targets; MASE compares with the first."""


def metrics_type(program: Program) -> type[Metrics]:
    """Return the type of the metrics of a program's answers."""
    _require_one_target(program)
    if not program.classes:
        return ValueMetrics
    if program.predicts_tokens:
        return TokenMetrics
    return LabelMetrics if program.decision.several else ClassMetrics


def metrics_of(
    program: Program, trace: Trace, targets: ArrayLike, naive: Forecasts | None = None
) -> Metrics:
    """Return the metrics of a run whose targets, of each sequence or each frame, are known."""
    known = known_targets(program, trace, targets)
    found = answers(program, trace, are_of_frames(trace, known))
    forecasts = naive_values(program, trace, known, naive or {})
    if program.classes and program.decision.several:
        return label_metrics(found, known)
    if program.classes:
        metrics = class_metrics(found, known, len(program.classes))
        if not (program.predicts_tokens and are_of_frames(trace, known)):
            return metrics
        return with_perplexity(metrics, frame_ends(program, program.values(trace)), known)
    return value_metrics(found, known, next(iter(forecasts.values()), None))


def naive_metrics(
    program: Program, trace: Trace, targets: ArrayLike, naive: Forecasts
) -> dict[str, ValueMetrics]:
    """Return the metrics of naive forecasts by name, next to those of a run of values."""
    known = known_targets(program, trace, targets)
    forecasts = naive_values(program, trace, known, naive)
    first = next(iter(forecasts.values()), None)
    return {name: value_metrics(values, known, first) for name, values in forecasts.items()}


def naive_values(
    program: Program, trace: Trace, targets: NDArray[Any], naive: Forecasts
) -> dict[str, NDArray[np.float64]]:
    """Return naive forecasts as arrays; an InputError for one that is not like the targets."""
    if naive and program.classes:
        raise InputError("naive forecasts are given, but the program names classes: leave them out")
    found = {name: known_targets(program, trace, values) for name, values in naive.items()}
    for name, values in found.items():
        if values.shape != targets.shape:
            raise InputError(
                f"the naive forecast {name!r} has shape {values.shape}, the targets "
                f"{targets.shape}: give one value for each target"
            )
    return found


def errors_by_sequence(program: Program, trace: Trace, targets: ArrayLike) -> NDArray[np.float64]:
    """Return the share of wrong classes or labels of each sequence, or its RMSE over values.

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
    if wrong.ndim > 1:
        wrong, there = wrong.sum(axis=1), there.sum(axis=1)
    sequences = len(trace.lengths)
    owners = np.arange(sequences)
    if per_frame:
        owners = np.repeat(owners, trace.lengths // program.encoder.steps)
    total = np.bincount(owners, wrong, sequences)
    items = np.bincount(owners, there, sequences)
    mean = np.divide(total, items, out=np.full(sequences, np.nan), where=items > 0)
    return mean if program.classes else np.sqrt(mean)
