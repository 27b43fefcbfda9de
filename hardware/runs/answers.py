"""Answers of a run, and their metrics where the targets are known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from hardware.metrics import ClassMetrics, ValueMetrics, class_metrics, value_metrics
from hardware.program.model import Program
from hardware.runs.trace import Trace


def answers(program: Program, trace: Trace, per_frame: bool = False) -> NDArray[Any]:
    """Return class indices (…,) or values (…, outputs) of each sequence, or of each frame.

    The answer of a frame is that after its last step; a sequence's is that after its last frame.
    """
    if per_frame and not trace.answers_every_step:
        raise InputError(
            f"answers of each frame were asked for, but the readout {program.readout.kind!r} "
            f"answers once for each sequence"
        )
    if program.classes:
        scores = frame_ends(program, trace.scores) if per_frame else trace.final_scores
        found: NDArray[Any] = scores.argmax(axis=1)
        return found
    values = program.values(trace)
    if per_frame:
        return frame_ends(program, values)
    return values[np.cumsum(trace.lengths) - 1] if trace.answers_every_step else values


def frame_ends(program: Program, of_steps: NDArray[Any]) -> NDArray[Any]:
    """Return what is there at the last step of each frame."""
    return of_steps[program.encoder.steps - 1 :: program.encoder.steps]


def metrics_of(
    program: Program, trace: Trace, targets: NDArray[Any]
) -> ClassMetrics | ValueMetrics:
    """Return the metrics of a run whose targets, of each sequence or each frame, are known."""
    frames = int(trace.lengths.sum()) // program.encoder.steps
    if len(targets) not in (len(trace.lengths), frames):
        raise InputError(
            f"{len(targets)} targets for {len(trace.lengths)} sequences of {frames} frames"
        )
    found = answers(program, trace, per_frame=len(targets) != len(trace.lengths))
    if program.classes:
        return class_metrics(found, targets, len(program.classes))
    return value_metrics(found, targets)
