"""Savings of early exit: accuracy, frames, operations and energy at each margin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hardware.cost.chip import Chip
from hardware.cost.step_time import RANGE
from hardware.cost.step_work import step_work
from hardware.definition.early_exit import EarlyExit
from hardware.errors import InputError
from hardware.metrics import class_metrics
from hardware.reporting.schema import ExitFigures, Report
from hardware.reporting.study import Study, study
from hardware.runs.early_exit import exit_rule, exits_of, first_rows, scores_of_frames, why_never
from hardware.runs.given import ProgramLike, program_of
from hardware.runs.run import run
from hardware.runs.trace import Trace
from hardware.sequences.dense import Inputs

MARGINS = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Margins of the curve in a report, in the unit of logits."""


class ExitPoint(NamedTuple):
    """The result of one margin. Figures are means of one inference."""

    margin: float
    """In the unit of logits; infinity for whole sequences."""

    accuracy: float
    frames: float
    operations: float
    """Synaptic operations."""

    energy_j: float
    """Core dynamic energy, nominal."""


def early_exit_curve(
    program: ProgramLike,
    run_or_inputs: Trace | Inputs,
    labels: ArrayLike,
    margins: Iterable[float],
    *,
    fewest: int = 1,
    chip: str | Path | Chip = "loihi2",
) -> list[ExitPoint]:
    """Return a row for each margin, and a last row for whole sequences.

    The program runs once, unless the trace of a whole run is given: networks are causal, so a
    sequence that ends early is the beginning of the whole one. `labels` has a class index for each
    sequence.
    """
    program = program_of(program)
    rules = [exit_rule(program, margin, fewest) for margin in (*margins, inf)]
    trace = run_or_inputs if isinstance(run_or_inputs, Trace) else run(program, run_or_inputs)
    if trace.exits is not None:
        raise InputError("the trace has ended early itself: give one of whole sequences")
    if not len(trace.lengths):
        raise InputError("no sequence has no accuracy: give at least one")
    studied = study(program, trace, labels, chip)
    if studied.per_frame:
        raise InputError(
            f"{len(np.asarray(labels))} labels for {len(trace.lengths)} sequences: give one for "
            f"each sequence"
        )
    return points_of(studied, rules)


def points_of(studied: Study, rules: Iterable[EarlyExit]) -> list[ExitPoint]:
    """Return the result of each rule, from a study of whole sequences with a class for each."""
    program, trace, targets = studied.program, studied.trace, studied.targets
    assert targets is not None
    per_frame, sequences = program.encoder.steps, len(trace.lengths)
    frames = trace.lengths // per_frame
    scores = scores_of_frames(program, trace)
    work = step_work(studied.traffic, studied.placements[studied.charged], studied.model)
    operations = studied.counts.synaptic_operations.sum()
    joules = studied.cost.core_dynamic_j[RANGE.index("nominal")].sum()
    leads, points = None, []
    for rule in rules:
        leads = rule.lead(scores) if leads is None else leads
        exits = exits_of(rule, leads, frames)
        left_out = ~first_rows(trace.lengths, exits * per_frame)
        answers = program.decision.of(scores[np.cumsum(frames) - frames + exits - 1])
        points.append(
            ExitPoint(
                margin=rule.margin,
                accuracy=class_metrics(answers, targets, len(program.classes)).accuracy,
                frames=float(exits.mean()),
                operations=float(operations - work.synaptic_operations[left_out].sum()) / sequences,
                energy_j=float(joules - work.core_dynamic_j[left_out].sum()) / sequences,
            )
        )
    return points


def exits_in_report(studied: Study) -> list[ExitFigures] | None:
    """Return the curve of a report; None where no sequence ends early, or no class is known.

    Margins that no sequence reaches before its last frame are left out.
    """
    program, trace = studied.program, studied.trace
    if trace.exits is not None or why_never(program) is not None:
        return None
    if studied.targets is None or studied.per_frame or not (studied.targets >= 0).any():
        return None
    whole, *others = points_of(studied, [exit_rule(program, m, 1) for m in (inf, *MARGINS)])
    points = [point for point in others if point.frames < whole.frames]
    if not points:
        return None
    return [
        ExitFigures(
            margin=None if point.margin == inf else point.margin,
            accuracy=point.accuracy,
            frames=point.frames,
            synaptic_operations=point.operations,
            core_dynamic_j=point.energy_j,
        )
        for point in (*points, whole)
    ]


def points_in(report: Report) -> Sequence[ExitPoint]:
    """Return the curve of a report as `early_exit_curve` returns it; empty where there is none."""
    return [
        ExitPoint(
            margin=inf if found.margin is None else found.margin,
            accuracy=found.accuracy,
            frames=found.frames,
            operations=found.synaptic_operations,
            energy_j=found.core_dynamic_j,
        )
        for found in report.early_exit or ()
    ]
