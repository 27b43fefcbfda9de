"""Labels, one output for two classes, and forecasts: from the data to the report."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.program.model import Program
from spiking_gru.cli.console import Voice
from spiking_gru.cli.convert import convert_run
from spiking_gru.cli.report import report_run
from spiking_gru.cli.reported import Asked
from spiking_gru.cli.run import run_program
from spiking_gru.cli.stream import answer
from spiking_gru.cli.train import train_network
from spiking_gru.run_folder import RunFolder

VOICE = Voice(as_json=True)
NAMES = ("hum", "hiss", "click")


def labels_file(folder: Path, per_frame: bool) -> Path:
    """Write sounds in which each of three channels may be loud, some or none of them."""
    rng, arrays = np.random.default_rng(0), {"classes": np.array(NAMES)}
    for part, samples in (("train", 60), ("test", 12)):
        lengths = rng.integers(3, 7, samples)
        labels = rng.integers(0, 2, (samples, 3))
        of_frames = np.repeat(labels, lengths, axis=0)
        values = rng.normal(size=of_frames.shape) + 3 * of_frames
        given = (of_frames if per_frame else labels).astype(float)
        given[0, 1] = np.nan
        arrays |= {
            f"{part}_values": values.astype(np.float32),
            f"{part}_lengths": lengths,
            f"{part}_labels": given,
        }
    np.savez(folder / "sounds.npz", **arrays)
    return folder / "sounds.npz"


def done(folder: Path, data: object, **settings: Any) -> tuple[dict, dict, Path]:
    """Train, convert, run and report; what was trained, and what the run says."""
    run = RunFolder(folder / "run")
    chosen = {"hidden": 8, "epochs": 2, "quantised_epochs": 1, "baseline": "none", **settings}
    train_network({"data": str(data), **chosen}, run, VOICE)
    convert_run(run, None, VOICE)
    result = run_program(run.path, None, "events", None, None, VOICE)
    report_run(run, Asked(measure=False), VOICE)
    trained = json.loads((run.path / "training.json").read_text())
    json.dumps(result, allow_nan=False)
    return trained, result, run.path


def same_figures(trained: dict, result: dict) -> None:
    """Compare every metric of the quantised network with that of the deployed program."""
    expected = trained["test"]["quantised"]
    assert result["metrics"] == {name: expected[name] for name in result["metrics"]}
    assert result["metrics"]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict, Path]:
    folder = tmp_path_factory.mktemp("labels")
    return done(folder, labels_file(folder, per_frame=False))


def test_labels_are_trained_deployed_and_reported_with_the_same_figures(
    labelled: tuple[dict, dict, Path],
) -> None:
    trained, result, folder = labelled
    same_figures(trained, result)
    assert set(result["metrics"]) == {"micro_f1", "macro_f1", "exact_match", "hamming_loss"}
    assert len(result["predictions"]) == 12
    assert all(set(names) <= set(NAMES) for names in result["predictions"])
    report = json.loads((folder / "report.json").read_text())
    assert report["networks"][-1]["metrics"] == result["metrics"]
    assert (report["decision"], report["confusion"]) == ("any-of", None)
    assert report["targets"] == {"known": 35, "missing": 1, "per_frame": False}
    assert [row["name"] for row in report["by_class"]] == list(NAMES)


def test_the_page_and_the_table_of_inferences_have_the_labels(
    labelled: tuple[dict, dict, Path],
) -> None:
    _, result, folder = labelled
    page = (folder / "report.html").read_text()
    assert "micro F1 of the deployed program" in page
    assert "Each class, samples" in page
    assert "Hamming loss" in page
    with (folder / "per_inference.csv").open() as file:
        rows = list(csv.DictReader(file))
    shown = [" | ".join(names) or "none of them" for names in result["predictions"]]
    assert [row["predicted"] for row in rows] == shown
    assert rows[0]["actual"] == ""  # one of its labels is not known


def test_a_stream_names_all_labels_of_a_frame(labelled: tuple[dict, dict, Path]) -> None:
    program = Program.load(labelled[2] / "program.sgru")
    scores = np.array([5, -1, 1])
    assert answer(program, 1, scores, as_json=False) == "hum,click"
    assert json.loads(answer(program, 1, scores, as_json=True))["class"] == ["hum", "click"]
    assert answer(program, 1, -scores * 0, as_json=False) == ""


def test_labels_of_frames_are_answered_frame_by_frame(tmp_path: Path) -> None:
    data = labels_file(tmp_path, per_frame=True)
    trained, result, _ = done(tmp_path, data)
    same_figures(trained, result)
    assert result["of_frames"]
    lengths = np.load(data)["test_lengths"].tolist()
    assert [len(frames) for frames in result["predictions"]] == lengths


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_two_classes_can_have_one_output(tmp_path: Path, weights: str) -> None:
    arrays = dict(np.load(labels_file(tmp_path, per_frame=False)))
    for part in ("train", "test"):
        arrays[f"{part}_labels"] = arrays[f"{part}_labels"][:, 0].astype(int)
    np.savez(tmp_path / "two.npz", **{**arrays, "classes": np.array(["no", "yes"])})
    trained, result, folder = done(
        tmp_path, tmp_path / "two.npz", decision="sign", class_weights=weights
    )
    same_figures(trained, result)
    assert Program.load(folder / "program.sgru").readout.outputs == 1
    assert set(result["predictions"]) <= {"no", "yes"}
    report = json.loads((folder / "report.json").read_text())
    assert np.sum(report["confusion"]) == 12
    assert "the second class where the score is above 0" in (folder / "report.html").read_text()


def test_a_forecast_is_compared_with_the_naive_one(tmp_path: Path) -> None:
    steps = np.arange(200)
    load = np.sin(2 * np.pi * steps / 6) + np.random.default_rng(0).normal(size=200) / 9
    (tmp_path / "load.csv").write_text("\n".join(["load", *map(str, load)]))
    (tmp_path / "load.toml").write_text(
        'series = "load.csv"\nhistory = 6\nhorizon = 3\nseason = 6\n'
    )
    trained, result, folder = done(tmp_path, tmp_path / "load.toml")
    same_figures(trained, result)
    naive = trained["naive"]
    assert set(naive) == {"6 steps before", "last value"}
    assert naive["6 steps before"]["mase"] == 1
    assert naive["last value"]["mase"] > 2
    mae = trained["test"]["quantised"]["mae"]
    assert result["metrics"]["mase"] == pytest.approx(mae / naive["6 steps before"]["mae"])
    report = json.loads((folder / "report.json").read_text())
    titles = [network["title"] for network in report["networks"]]
    assert titles[:2] == ["naive: 6 steps before", "naive: last value"]
    assert len(report["by_output"]) == 3
    assert report["networks"][-1]["metrics"]["mase"] == result["metrics"]["mase"]
    assert "Error of each output" in (folder / "report.html").read_text()
