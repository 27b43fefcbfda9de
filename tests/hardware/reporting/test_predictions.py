"""`predictions.csv` has a row for each frame, where a program answers each frame."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import random_program, random_sequences, with_classes, with_readout

import hardware
from hardware.definition.readout import READOUTS
from hardware.definition.target import Head, Target
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.reporting import report, study
from hardware.reporting.per_inference import as_parquet
from hardware.reporting.predictions import predictions
from hardware.runs.run import run

LENGTHS = [4, 1, 3]
SEQUENCES = random_sequences(3, 3, LENGTHS)
SAMPLES = [0, 0, 0, 0, 1, 2, 2, 2]
FRAMES = [0, 1, 2, 3, 0, 0, 1, 2]


def of_classes(**given: str) -> Program:
    program = random_program(3, outputs=2, readout="step", **given)
    return with_classes(program, "walk", "run")


def of_values() -> Program:
    program = random_program(3, outputs=2, readout="step")
    return with_readout(program, replace(program.readout, target=Target(scale=(2.0, -3.0))))


@pytest.mark.parametrize("encoder", ["graded", "rate"])
def test_every_frame_has_its_class_and_that_which_was_asked(encoder: str) -> None:
    program = of_classes(encoder=encoder)
    trace = run(program, SEQUENCES)
    targets = np.array([0, 1, 1, -1, 0, 1, 0, 1])
    found = predictions(study(program, trace, targets))
    assert found is not None
    assert list(found) == ["sample", "frame", "predicted", "actual"]
    assert (found["sample"], found["frame"]) == (SAMPLES, FRAMES)
    names = np.array(["walk", "run"])
    ends = np.arange(len(FRAMES)) * program.encoder.steps + program.encoder.steps - 1
    assert found["predicted"] == names[trace.scores[ends].argmax(axis=1)].tolist()
    assert found["actual"] == [None if target < 0 else names[target] for target in targets]


def test_every_frame_has_its_values_and_targets() -> None:
    program = of_values()
    trace = run(program, SEQUENCES)
    targets = np.arange(16.0).reshape(8, 2)
    targets[2, 1] = np.nan
    found = predictions(study(program, trace, targets))
    assert found is not None
    values = np.transpose([found["value_0"], found["value_1"]])
    assert np.array_equal(values, program.values(trace))
    assert found["target_0"] == targets[:, 0].tolist()
    assert found["target_1"] == [None if np.isnan(t) else t for t in targets[:, 1].tolist()]


def test_without_targets_or_with_those_of_sequences_only_answers_are_there() -> None:
    program = of_classes()
    trace = run(program, SEQUENCES)
    for targets in (None, np.array([0, 1, 0])):
        found = predictions(study(program, trace, targets))
        assert found is not None
        assert list(found) == ["sample", "frame", "predicted"]


def test_sequences_of_one_frame_have_their_answers_too() -> None:
    program = of_classes()
    trace = run(program, random_sequences(3, 3, [1, 1]))
    found = predictions(study(program, trace, np.array([1, 0])))
    assert found is not None
    assert (found["sample"], found["frame"]) == ([0, 1], [0, 0])
    assert found["actual"] == ["run", "walk"]
    assert hardware.answers(program, trace, per_frame=True).shape == (2,)


def test_heads_have_columns_of_their_own() -> None:
    program = random_program(3, outputs=3, readout="step")
    target = Target(heads=(Head("gait", Target(("walk", "run")), 2), Head("speed", Target(), 1)))
    program = with_readout(program, replace(program.readout, target=target))
    trace = run(program, SEQUENCES)
    targets = {"speed": np.arange(8.0)}
    found = predictions(study(program, trace, targets))
    assert found is not None
    assert list(found) == ["sample", "frame", "gait_predicted", "speed_value_0", "speed_target_0"]
    assert found["speed_target_0"] == list(range(8))
    alone = program.head("gait"), trace.head(program, "gait")
    named = np.array(["walk", "run"])[hardware.answers(*alone, per_frame=True)]
    assert found["gait_predicted"] == named.tolist()


def test_the_files_hold_the_same_rows(tmp_path: Path) -> None:
    program = of_classes()
    trace = run(program, SEQUENCES)
    targets = np.array([0, 1, 1, -1, 0, 1, 0, 1])
    report(program, trace, tmp_path, targets=targets)
    found = predictions(study(program, trace, targets))
    assert found is not None
    with (tmp_path / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["predicted"] for row in rows] == found["predicted"]
    assert [int(row["frame"]) for row in rows] == FRAMES
    assert "every frame one of <code>predictions.csv" in (tmp_path / "report.html").read_text()
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(tmp_path / "predictions.parquet").to_pydict() == found
    assert parquet.read_table(io.BytesIO(as_parquet(found))).to_pydict() == found


@pytest.mark.parametrize("readout", sorted(set(READOUTS) - {"step"}))
def test_a_program_of_one_answer_has_no_such_file_and_no_old_one_stays(
    readout: str, tmp_path: Path
) -> None:
    program = with_classes(random_program(3, outputs=2, readout=readout), "walk", "run")
    trace = run(program, SEQUENCES)
    for name in ("predictions.csv", "predictions.parquet"):
        (tmp_path / name).write_bytes(b"old")
    report(program, trace, tmp_path, targets=np.array([0, 1, 0]))
    assert not list(tmp_path.glob("predictions.*"))
    assert "predictions.csv" not in (tmp_path / "report.html").read_text()
    with pytest.raises(InputError, match="answers once for each sequence"):
        hardware.answers(program, trace, per_frame=True)
