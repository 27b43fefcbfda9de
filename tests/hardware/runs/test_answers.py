from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import random_program, random_sequences, with_classes

from hardware.errors import InputError
from hardware.metrics import ClassMetrics, ValueMetrics
from hardware.program.model import Program
from hardware.runs.answers import answers, errors_by_sequence, known_targets, metrics_of
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
