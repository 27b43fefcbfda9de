"""The worked examples run at a small size, and tell what the program and its baselines do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import hardware
import spiking_gru as sg
from spiking_gru.data import load

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BASELINES = {"gru", "lstm", "state"}

Import = Callable[[str], ModuleType]


def small(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the networks of an example small."""
    monkeypatch.setitem(module.SETTINGS, "hidden", 16)


def test_the_speaker_example_tells_what_the_program_and_three_baselines_do(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    speaker = example("speaker")
    small(speaker, monkeypatch)
    found = speaker.main([1], tmp_path, epochs=2)
    rows = found[1]["tables"]["japanese-vowels"]
    assert set(rows) == {*BASELINES, "deployed"}
    folder = tmp_path / "seed-1" / "vowels"
    trained = json.loads((folder / "training.json").read_text())
    assert rows["deployed"]["figures"]["accuracy"] == trained["test"]["quantised"]["accuracy"]
    for name in BASELINES:
        assert rows[name]["figures"]["accuracy"] == trained["test"][name]["accuracy"]
        assert rows[name]["baseline"]
    program = hardware.Program.load(folder / "program.sgru")
    trace = hardware.Trace.load(folder / "trace.safetensors")
    counted = hardware.count(trace, program).synaptic_operations.mean()
    assert rows["deployed"]["figures"]["operations"] == counted
    assert program.layers[0].cell.sends_changes
    assert "torch.nn.LSTM" in (folder / "report.html").read_text()
    assert json.loads((tmp_path / "seed-1" / "figures.json").read_text()) == found[1]


@pytest.mark.usefixtures("unpainted")
def test_validating_leaves_the_test_part_alone(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digits, worked = example("spoken_digits"), example("worked")
    small(digits, monkeypatch)
    monkeypatch.setattr(worked, "BASELINES", "none")
    tested = []
    monkeypatch.setattr(
        worked, "answers_of", lambda model, part: tested.append(part) or np.zeros(len(part))
    )
    digits.main([3], tmp_path, epochs=1, validate=True)
    validation = load("spoken-digits", 3).validation
    assert tested
    assert all((part.sequences.values == validation.sequences.values).all() for part in tested)


@pytest.mark.usefixtures("unpainted")
def test_the_exercises_example_takes_three_folds_of_unseen_subjects(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    exercises = example("exercises")
    small(exercises, monkeypatch)
    found = exercises.main([0], tmp_path, epochs=1)[0]["tables"]["exercises, mean of three folds"]
    of_folds = []
    for number in (1, 2, 3):
        trained = json.loads((tmp_path / f"seed-0/fold-{number}/training.json").read_text())
        of_folds.append(trained["test"]["lstm"]["accuracy"])
    assert found["lstm"]["figures"]["accuracy"] == pytest.approx(np.mean(of_folds))
    assert 0 <= found["deployed"]["figures"]["vote"] <= 1


def test_figures_of_folds_are_averaged_row_by_row(example: Import) -> None:
    figures = example("figures")

    def table(a: float, b: float) -> dict[str, Any]:
        return {
            "gru": figures.Row("GRU", True, {"accuracy": a, "spikes": None}),
            "deployed": figures.Row("program", False, {"accuracy": b, "spikes": 10 * b}),
        }

    mean = figures.mean_of([table(0.5, 1.0), table(0.6, 3.0)])
    assert mean["gru"] == figures.Row("GRU", True, {"accuracy": 0.55, "spikes": None})
    assert mean["deployed"] == figures.Row("program", False, {"accuracy": 2.0, "spikes": 20.0})


def test_every_fold_has_its_subjects_in_the_test_part_alone(example: Import) -> None:
    exercises = example("exercises")
    whole = load("exercises", 0)
    for subjects in exercises.FOLDS:
        fold = exercises.fold_of(whole, subjects, 0)
        names = {f"subject {number}" for number in subjects}
        assert set(fold.test.groups) == names
        assert not names & {*fold.training.groups, *fold.validation.groups}
        parts = (fold.training, fold.validation, fold.test)
        assert sum(map(len, parts)) == sum(map(len, (whole.training, whole.validation, whole.test)))


def test_a_recording_has_the_class_of_most_of_its_windows(example: Import) -> None:
    exercises = example("exercises")
    a, b = (np.random.default_rng(i).normal(size=(250, 2)) for i in range(2))
    windows = [x[start : start + 100] for x in (a, b) for start in (0, 50, 100, 150)]
    labels = [0] * 4 + [1] * 4
    part = sg.Dataset.from_lists(windows * 2, labels * 2, parts=["train"] * 8 + ["test"] * 8).test
    assert exercises.recordings(list(part.sequences)).tolist() == labels
    assert exercises.vote(np.array([0, 0, 1, 0, 0, 0, 1, 0]), part) == 0.5
    assert exercises.vote(np.array([1, 0, 0, 0, 1, 1, 0, 1]), part) == 1


@pytest.mark.usefixtures("unpainted")
def test_the_forecast_example_compares_with_naive_forecasts(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forecast = example("forecast")
    monkeypatch.setitem(
        forecast.MEASURES,
        "error in ppm",
        lambda answers, part: float(np.sqrt(np.mean((answers - part.targets) ** 2))),
    )
    found = forecast.main([0], tmp_path, only=["co2-12-weeks"], epochs=1)[0]
    rows = found["tables"]["co2-12-weeks"]
    first = rows["naive: 52 steps before"]
    assert first["figures"]["MASE"] == 1
    assert first["figures"]["operations"] is None
    assert not first["baseline"]
    assert set(rows) == {"naive: 52 steps before", "naive: last value", *BASELINES, "deployed"}
    trained = json.loads((tmp_path / "seed-0/co2-12-weeks/training.json").read_text())
    for name, phase in (("deployed", "quantised"), ("gru", "gru")):
        assert rows[name]["figures"]["MASE"] == pytest.approx(trained["test"][phase]["mase"])
        error = rows[name]["figures"]["error in ppm"]
        assert error == pytest.approx(trained["test"][phase]["rmse"])


@pytest.mark.usefixtures("unpainted")
def test_the_forecast_example_takes_a_long_csv(example: Import, tmp_path: Path) -> None:
    t = np.arange(400)
    path = tmp_path / "tides.csv"
    path.write_text("hour,tide\n" + "\n".join(f"{i},{np.sin(i / 4):.4f}" for i in t))
    forecast = example("forecast")
    words = f"{path} --target tide --time hour --history 24 --season 25 --epochs 1 --out {tmp_path}"
    found = forecast.with_options(**vars(forecast.options().parse_args(words.split())))
    assert set(found[0]["tables"]) == {"tides"}
    assert "naive: 25 steps before" in found[0]["tables"]["tides"]


@pytest.mark.usefixtures("unpainted")
def test_the_trajectories_example_has_displacement_errors(
    example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trajectories = example("trajectories")
    small(trajectories, monkeypatch)
    found = trajectories.main([0], tmp_path, epochs=1)[0]["tables"]
    for rows in found.values():
        for name in ("naive: constant velocity", "gru", "deployed"):
            assert 0 < rows[name]["figures"]["ADE"] < rows[name]["figures"]["FDE"]


def test_constant_velocity_is_right_where_nothing_turns(example: Import) -> None:
    trajectories = example("trajectories")
    ahead = np.arange(1, 13)[:, None] * [0.5, -1.0]
    paths = sg.Dataset.from_lists(
        [np.tile([0.5, -1.0], (7, 1))] * 20, [np.add(ahead, [0, 3 * i]).ravel() for i in range(20)]
    )
    part = trajectories.with_constant_velocity(paths.test)
    forecast = part.naive["constant velocity"]
    assert np.allclose(forecast[0], ahead.ravel())
    expected = (part.targets[:, 1] + 1) / 1.0  # each path is that far away at every step
    assert np.allclose(trajectories.distances(forecast, part), expected[:, None])


def test_settings_of_an_example_are_known(example: Import) -> None:
    for name in ("speaker", "spoken_digits", "exercises", "trajectories", "keywords"):
        sg.TrainingSettings(**example(name).SETTINGS)
    for settings in example("forecast").TASKS.values():
        sg.TrainingSettings(**settings)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("{path} --target laod", "unknown column 'laod': did you mean 'load'"),
        ("{path}x --target load", "load.csvx"),
    ],
)
def test_bad_input_of_an_example_is_one_line(tmp_path: Path, words: str, message: str) -> None:
    path = tmp_path / "load.csv"
    path.write_text("load,x\n" + "".join(f"{i},{i % 7}\n" for i in range(90)))
    command = [sys.executable, EXAMPLES / "forecast.py", *words.format(path=path).split()]
    found = subprocess.run([*command, "--out", tmp_path / "runs"], capture_output=True, text=True)
    assert (found.returncode, found.stderr.count("\n")) == (2, 1), found.stderr
    assert message in found.stderr
    assert not (tmp_path / "runs").exists()
