from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from programs import random_program, random_sequences, with_classes, with_readout

from hardware.definition.target import DECISIONS, Target
from hardware.errors import InputError
from hardware.metrics import ClassMetrics, LabelMetrics, ValueMetrics
from hardware.program.model import Program
from hardware.runs.answers import (
    answers,
    errors_by_sequence,
    known_targets,
    metrics_of,
    naive_metrics,
)
from hardware.runs.run import run
from hardware.runs.trace import Trace

LENGTHS = [4, 1, 6]
SEQUENCES = random_sequences(3, 3, LENGTHS)


def ran(readout: str, values: bool = False, outputs: int = 3) -> tuple[Program, Trace]:
    """A program that takes several steps for each frame, and its trace."""
    program = random_program(3, outputs=outputs, readout=readout, encoder="rate")
    program = with_classes(program) if values else program
    assert program.encoder.steps > 1
    return program, run(program, SEQUENCES)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([0, 1, 3], r"targets\[2\] is 3, expected 0 to 2, or -1 where it is missing"),
        ([0, -2, 1], r"targets\[1\] is -2"),
        ([0.0, 1.0, 2.0], r"shape \(3,\) of float64, but the program names classes: give one"),
        ([[0, 1, 2]] * 3, r"shape \(3, 3\) of int64"),
        (["a", "b", "c"], "of <U1, but the program names classes"),
        ([[0], [1, 2], [0]], "targets: not an array of numbers"),
        ([0, 1], "2 targets for a trace of 3 sequences and 11 frames: give one for each"),
    ],
)
def test_targets_that_are_no_classes_of_the_program_are_refused(targets: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        known_targets(*ran("step"), targets)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([1.0, 2.0, 3.0], r"shape \(3,\) of float64, .*: give 2 numbers for each sequence"),
        ([[1.0, 2.0, 3.0]] * 3, "give 2 numbers for each sequence or frame"),
        ([["a", "b"]] * 3, "but the program answers with values"),
        ([[1.0, 2.0], [3.0, np.inf], [1.0, 2.0]], r"targets\[1, 1\] is inf, expected a finite"),
        ([[1.0, 2.0]] * 4, "4 targets for a trace of 3 sequences and 11 frames"),
    ],
)
def test_targets_that_are_no_values_of_the_program_are_refused(targets: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        known_targets(*ran("step", values=True, outputs=2), targets)


@pytest.mark.parametrize("values", [True, False])
def test_targets_of_frames_need_answers_of_frames(values: bool) -> None:
    targets = [0] * sum(LENGTHS)
    with pytest.raises(InputError, match="the readout 'mean' answers once for each sequence"):
        known_targets(*ran("mean", values, outputs=1), targets)


def test_one_value_of_each_sequence_may_be_a_plain_list() -> None:
    found = known_targets(*ran("last", values=True, outputs=1), [1, 2, 3])
    assert found.tolist() == [[1.0], [2.0], [3.0]]


def test_missing_classes_count_nowhere() -> None:
    program, trace = ran("step")
    found = answers(program, trace, per_frame=True)
    assert len(found) == sum(LENGTHS)
    targets = np.where(np.arange(11) % 2 == 0, found, -1)
    targets[2] = (found[2] + 1) % 3
    metrics = metrics_of(program, trace, targets)
    assert isinstance(metrics, ClassMetrics)
    assert (metrics.items, metrics.accuracy) == (6, 5 / 6)
    # Frames 0 and 2 of the first sequence are known, and one of them is wrong; 4 is the second's.
    assert errors_by_sequence(program, trace, targets).tolist() == [0.5, 0.0, 0.0]
    targets[4] = -1
    assert np.isnan(errors_by_sequence(program, trace, targets)).tolist() == [False, True, False]


def test_missing_values_count_nowhere() -> None:
    program, trace = ran("step", values=True, outputs=2)
    targets = answers(program, trace, per_frame=True) + np.array([3.0, 4.0])
    targets[:4, 1] = np.nan
    targets[4] = np.nan
    metrics = metrics_of(program, trace, targets)
    assert isinstance(metrics, ValueMetrics)
    assert metrics.items == 16
    assert metrics.rmse == pytest.approx(np.sqrt((10 * 9 + 6 * 16) / 16))
    of_sequences = errors_by_sequence(program, trace, targets)
    assert of_sequences[[0, 2]] == pytest.approx([3.0, np.sqrt(12.5)])
    assert np.isnan(of_sequences[1])


def test_the_error_of_a_sequence_is_that_of_its_answer() -> None:
    program, trace = ran("mean", values=True, outputs=2)
    targets = answers(program, trace) + np.array([[3.0, 4.0], [0.0, 0.0], [-1.0, 1.0]])
    assert errors_by_sequence(program, trace, targets) == pytest.approx([np.sqrt(12.5), 0.0, 1.0])


def decided(readout: str, decision: str, *classes: str) -> tuple[Program, Trace]:
    """A program with this decision, and its trace."""
    outputs = DECISIONS[decision].outputs(len(classes))
    program = random_program(3, outputs=outputs, readout=readout, encoder="rate")
    target = Target(classes, decision=decision)
    program = with_readout(program, replace(program.readout, target=target))
    return program, run(program, SEQUENCES)


@pytest.mark.parametrize("readout", ["mean", "step"])
def test_any_number_of_classes_is_named_by_scores_above_0(readout: str) -> None:
    program, trace = decided(readout, "any-of", "a", "b", "c")
    assert np.array_equal(answers(program, trace), (trace.final_scores > 0).astype(int))
    assert np.array_equal(trace.predictions, answers(program, trace))


def test_two_classes_of_one_score_are_named_by_its_sign() -> None:
    program, trace = decided("step", "sign", "no", "yes")
    assert answers(program, trace).tolist() == (trace.final_scores[:, 0] > 0).astype(int).tolist()
    found = answers(program, trace, per_frame=True)
    assert isinstance(metrics_of(program, trace, found), ClassMetrics)
    assert set(found.tolist()) <= {0, 1}
    assert len(found) == sum(LENGTHS)


def test_labels_that_are_missing_count_nowhere() -> None:
    program, trace = decided("mean", "any-of", "a", "b", "c")
    targets = answers(program, trace).copy()
    targets[0] = [1 - targets[0, 0], targets[0, 1], -1]
    targets[1] = -1
    metrics = metrics_of(program, trace, targets)
    assert isinstance(metrics, LabelMetrics)
    assert (metrics.items, metrics.hamming_loss, metrics.exact_match) == (5, 1 / 5, 1.0)
    errors = errors_by_sequence(program, trace, targets)
    assert errors[[0, 2]].tolist() == [0.5, 0.0]
    assert np.isnan(errors[1])


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([0, 1, 1], r"shape \(3,\) of int64, .* give 0 or 1 for each of 3 classes"),
        ([[0, 1]] * 3, r"shape \(3, 2\)"),
        ([[0.0, 1.0, 1.0]] * 3, "of float64"),
        ([[0, 1, 2]] * 3, r"targets\[0, 2\] is 2, expected 0 to 1, or -1 where it is missing"),
    ],
)
def test_targets_that_are_no_labels_of_the_program_are_refused(targets: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        known_targets(*decided("mean", "any-of", "a", "b", "c"), targets)


def test_the_error_is_compared_with_that_of_the_first_naive_forecast() -> None:
    program, trace = ran("mean", values=True, outputs=2)
    targets = answers(program, trace) + np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    naive = {"a": targets + 4, "b": targets - 1}
    metrics = metrics_of(program, trace, targets, naive)
    assert isinstance(metrics, ValueMetrics)
    assert metrics.mase == pytest.approx(1 / 4)
    found = naive_metrics(program, trace, targets, naive)
    assert {name: m.mase for name, m in found.items()} == pytest.approx({"a": 1.0, "b": 0.25})
    assert {name: m.mae for name, m in found.items()} == pytest.approx({"a": 4.0, "b": 1.0})


def test_a_naive_forecast_that_is_not_like_the_targets_is_refused() -> None:
    program, trace = ran("step", values=True, outputs=2)
    with pytest.raises(InputError, match=r"'a' has shape \(11, 2\), the targets \(3, 2\)"):
        metrics_of(program, trace, np.zeros((3, 2)), {"a": np.zeros((11, 2))})
    with pytest.raises(InputError, match="but the program names classes: leave them out"):
        metrics_of(*decided("mean", "one-of", "a", "b"), [0, 1, 1], {"a": [0, 1, 1]})
