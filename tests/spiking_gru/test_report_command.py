"""`spiking-gru report`, for one run and for two."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from datasets import small_arrays, small_file

from spiking_gru.host import has_onnx

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs `a` and `b` on the same data, `c` on other data; nobody writes into them."""
    from spiking_gru.cli.console import Voice
    from spiking_gru.cli.convert import convert_run
    from spiking_gru.cli.run import run_program
    from spiking_gru.cli.train import train_network
    from spiking_gru.run_folder import RunFolder

    base, voice = tmp_path_factory.mktemp("runs"), Voice(as_json=True)
    same = small_file(base)
    (base / "other").mkdir()
    np.savez(base / "other" / "small.npz", **small_arrays(seed=5))
    for name, data, hidden in (("a", same, 6), ("b", same, 4), ("c", base / "other/small.npz", 6)):
        folder = RunFolder(base / name)
        settings = {"data": str(data), "hidden": hidden, "epochs": 1, "quantised_epochs": 1}
        train_network(settings, folder, voice)
        convert_run(folder, None, voice)
        run_program(folder.path, None, "events", None, None, voice)
    return base


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of values `run`, whose data has moved to `moved.npz`, and other data `other.npz`."""
    from spiking_gru.cli.console import Voice
    from spiking_gru.cli.convert import convert_run
    from spiking_gru.cli.run import run_program
    from spiking_gru.cli.train import train_network
    from spiking_gru.run_folder import RunFolder

    base, voice = tmp_path_factory.mktemp("values"), Voice(as_json=True)
    for name, seed in (("small", 0), ("other", 1)):
        arrays = small_arrays(seed)
        for part in ("train", "test"):
            labels = arrays.pop(f"{part}_labels")
            arrays[f"{part}_targets"] = 20.0 + 5 * np.stack([labels, -labels], axis=1)
        arrays["test_targets"][0, 1] = np.nan
        np.savez(base / f"{name}.npz", **arrays)
    folder = RunFolder(base / "run")
    settings = {"data": str(base / "small.npz"), "hidden": 6, "epochs": 1, "quantised_epochs": 1}
    train_network(settings, folder, voice)
    convert_run(folder, None, voice)
    run_program(folder.path, None, "events", None, None, voice)
    (base / "small.npz").rename(base / "moved.npz")
    return base


def test_a_run_of_values_whose_data_has_moved_is_reported_as_before(
    moved: Path, tmp_path: Path, call: Call
) -> None:
    folder, data = shutil.copytree(moved / "run", tmp_path / "run"), moved / "moved.npz"
    code, _, err = call("report", folder)
    assert code == 2
    assert "small.npz is missing, the data of this run: put it back, or tell" in err
    code, out, err = call("report", folder, "--data", data, "--no-measure")
    assert code == 0, err
    assert "small: error on 17 targets, 1 missing, of 9 test samples" in " ".join(out.split())
    content = json.loads((folder / "report.json").read_text())
    errors = json.loads((folder / "training.json").read_text())["test"]
    found = {network["name"]: network["metrics"] for network in content["networks"]}
    assert list(found) == ["gru", "float", "quantised", "deployed"]
    for name in ("rmse", "mae", "nrmse", "smape"):
        assert {network: found[network][name] for network in errors} == {
            network: errors[network][name] for network in errors
        }
        assert found["deployed"][name] == errors["quantised"][name]
    gru, *_, deployed = content["networks"]
    assert gru["operations"] == content["dense_gru"]["multiply_accumulates"]
    assert gru["parameters"] > deployed["parameters"], "a program adds up the biases of a gate"
    assert content["dataset"]["name"] == "small"


def test_the_curves_of_the_training_and_the_choices_for_its_task_are_there(
    moved: Path, tmp_path: Path, call: Call
) -> None:
    folder = shutil.copytree(moved / "run", tmp_path / "run")
    training = json.loads((folder / "training.json").read_text())
    assert (training["settings"]["emit"], training["settings"]["threshold"]) == ("graded", 0.05)
    assert {'emit = "graded"', "threshold = 0.05", 'readout = "last"'} <= set(
        (folder / "config.toml").read_text().splitlines()
    )
    curves = []
    for data in ("moved.npz", "other.npz"):
        assert call("run", folder, "--data", moved / data)[0] == 0
        out = tmp_path / data
        code, _, err = call("report", folder, "--data", moved / data, "--no-measure", "--out", out)
        assert code == 0, err
        curves.append(json.loads((out / "report.json").read_text())["curves"])
    assert [curve["phase"] for curve in curves[0]] == ["gru", "float", "quantised"]
    for curve, columns in zip(curves[0], training["history"], strict=True):
        assert curve["metric"] == columns["validation_rmse"]
        assert curve["training_loss"] == columns["training_loss"]
        assert curve["kept_epoch"] == training["best_epochs"][curve["phase"]]
    assert curves[1] == [], "other data has a report without the training"


def test_a_run_with_the_smallest_baselines_is_reported(tmp_path: Path, call: Call) -> None:
    run, data = tmp_path / "run", small_file(tmp_path)
    sizes = ("--baseline", "gru,state", "--baseline-size", "accuracy", "--hidden", 8)
    epochs = ("--epochs", 1, "--quantised-epochs", 1)
    for command in (
        ("train", "--data", data, "--out", run, *sizes, *epochs),
        ("convert", run),
        ("run", run),
        ("report", run, "--no-measure"),
    ):
        code, _, err = call(*command)
        assert code == 0, err
    content = json.loads((run / "report.json").read_text())
    names = [network["name"] for network in content["networks"][:-1]]
    assert {curve["phase"] for curve in content["curves"]} == set(names)
    assert {name.rpartition("-")[0] for name in names} == {"", "gru-accuracy", "state-accuracy"}
    assert content["delta_gru"]["note"].startswith("skips what moves by less than ")


def test_a_run_on_moved_data_gives_the_same_trace_and_that_is_reported_too(
    moved: Path, tmp_path: Path, call: Call
) -> None:
    folder, data = shutil.copytree(moved / "run", tmp_path / "run"), moved / "moved.npz"
    before = (folder / "trace.safetensors").read_bytes()
    (folder / "trace.safetensors").unlink()
    code, out, err = call("run", folder, "--data", data)
    assert code == 0, err
    assert "RMSE " in out
    assert (folder / "moved.trace.safetensors").read_bytes() == before
    assert call("report", folder, "--data", data, "--no-measure")[0] == 0
    assert (folder / "report.json").exists()


def test_other_data_has_a_report_of_its_own_without_the_metrics_of_training(
    moved: Path, tmp_path: Path, call: Call
) -> None:
    folder, data = shutil.copytree(moved / "run", tmp_path / "run"), moved / "other.npz"
    code, _, err = call("report", folder, "--data", data)
    assert code == 2
    assert (
        f"other.trace.safetensors is missing: run `spiking-gru run {folder} --data {data}`" in err
    )
    elsewhere = tmp_path / "elsewhere"
    assert call("run", folder, "--data", data, "--out", elsewhere)[0] == 0
    code, _, err = call("report", folder, "--data", data, "--trace", elsewhere, "--no-measure")
    assert code == 0, err
    content = json.loads((folder / "other.report" / "report.json").read_text())
    assert content["dataset"]["name"] == "other"
    (deployed,) = content["networks"]
    assert deployed["metrics"]["rmse"] > 0
    assert not (folder / "report.json").exists()


def test_a_trace_of_other_data_is_refused(moved: Path, tmp_path: Path, call: Call) -> None:
    trace = moved / "run" / "trace.safetensors"
    code, _, err = call(
        "report", moved / "run", "--data", moved / "other.npz", "--trace", trace, "--out", tmp_path
    )
    assert code == 2
    assert f"{trace} was recorded on other data than other: name that data with --data" in err
    assert list(tmp_path.iterdir()) == []


def test_a_run_with_early_exit_has_a_report_of_the_frames_used(
    runs: Path, tmp_path: Path, call: Call
) -> None:
    folder = shutil.copytree(runs / "a", tmp_path / "a")
    assert call("run", folder, "--early-exit", "0", "--fewest", "2")[0] == 0
    code, text, err = call("report", folder, "--no-measure", "--json")
    assert code == 0, err
    content = json.loads(text)
    assert content["per_inference"]["steps"]["mean"] == 2
    assert content["early_exit"] is None
    assert call("run", folder, "--early-exit", "0", "--data", runs / "other" / "small.npz")[0] == 0
    trace = folder / "small.trace.safetensors"
    code, _, err = call("report", folder, "--trace", trace)
    assert code == 2
    assert f"{trace} was recorded on other data than small" in err


def test_one_trace_is_not_that_of_two_runs(runs: Path, tmp_path: Path, call: Call) -> None:
    trace = runs / "a" / "trace.safetensors"
    code, _, err = call("report", runs / "a", runs / "b", "--trace", trace, "--out", tmp_path)
    assert code == 2
    assert "--trace names one trace, but two runs are compared: leave it out" in err


def test_targets_of_another_kind_are_refused_before_anything_is_written(
    moved: Path, tmp_path: Path, call: Call
) -> None:
    folder = shutil.copytree(moved / "run", tmp_path / "run")
    small_file(tmp_path)
    code, _, err = call("run", folder, "--data", tmp_path / "small.npz")
    assert code == 2
    assert "has targets that are classes, but the program answers with values: give data" in err
    assert not (folder / "small.trace.safetensors").exists()


def test_a_report_times_a_gru_on_this_machine(runs: Path, tmp_path: Path, call: Call) -> None:
    code, out, err = call("report", runs / "a", "--out", tmp_path)
    assert code == 0, err
    measured = json.loads((tmp_path / "report.json").read_text())["measured"]
    names = [found["network"] for found in measured]
    assert names[0] == "torch.nn.GRU"
    assert names[-1] == "the program, events engine"
    assert ("ONNX Runtime's GRU" in names) == has_onnx()
    for found in measured:
        assert 0 < found["least_s"] <= found["median_s"]
        assert found["rounds"] == measured[0]["rounds"], "rounds are interleaved"
    assert f"the least of all rounds, for {measured[0]['frames']} frames" in " ".join(out.split())


def test_a_report_says_what_a_use_asks_of_the_chip(runs: Path, tmp_path: Path, call: Call) -> None:
    options = ("--rate", 50, "--deadline-ms", 1000, "--battery-mwh", 100, "--no-measure")
    code, out, err = call("report", runs / "a", *options, "--out", tmp_path)
    assert code == 0, err
    use = json.loads((tmp_path / "report.json").read_text())["use"]
    assert use["demand"] == {
        "rate_hz": 50.0,
        "frame_rate_hz": None,
        "deadline_s": 1.0,
        "battery_j": 360.0,
    }
    assert use["deadline_met"] is use["deadline_met_at_worst"] is use["keeps_up"] is True
    text = " ".join(out.split())
    assert "Deadline of 1.00 s: met; at worst met" in text
    assert "At 50.0 inferences a second cores and host are busy" in text
    assert "empty the battery in" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--battery-mwh", 1), "depends on the rate: give a rate as well"),
        (("--rate", 1, "--frame-rate", 1), "are given: give one of them"),
        (("--rate", 0), "the rate of inferences per second is 0.0: expected a number from"),
        (("--cost-model", "0.3"), "unknown cost model '0.3'"),
        (("--rival", "digital"), "unknown digital chip 'digital'"),
        (("--objective", "speed"), "unknown objective 'speed'"),
    ],
)
def test_an_option_of_the_cost_that_makes_no_sense_is_refused(
    runs: Path, tmp_path: Path, call: Call, options: tuple[object, ...], message: str
) -> None:
    code, _, err = call("report", runs / "a", "--no-measure", *options, "--out", tmp_path)
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_use_is_asked_of_one_run(runs: Path, tmp_path: Path, call: Call) -> None:
    code, _, err = call("report", runs / "a", runs / "b", "--rate", 5, "--out", tmp_path)
    assert code == 2
    assert "ask about one run, but two are compared: leave them out" in err


def test_the_cost_model_of_version_0_1_prices_the_same_trace(
    runs: Path, tmp_path: Path, call: Call
) -> None:
    found = {}
    for model in ("0.1", "0.2"):
        options = ("--cost-model", model, "--no-measure", "--json", "--out", tmp_path / model)
        code, out, err = call("report", runs / "a", *options)
        assert code == 0, err
        found[model] = json.loads(out)
        assert found[model]["cost_model"] == model
    assert found["0.1"]["per_inference"] == found["0.2"]["per_inference"]
    assert found["0.1"]["energy_j"] != found["0.2"]["energy_j"]


def test_without_a_measurement_a_run_always_gives_the_same_report(
    runs: Path, tmp_path: Path, call: Call
) -> None:
    for name in ("first", "second"):
        code, out, err = call("report", runs / "a", "--no-measure", "--out", tmp_path / name)
        assert code == 0, err
        assert "No network was timed on this machine" in out
    for name in ("report.json", "report.html", "per_inference.csv"):
        first, second = (tmp_path / part / name for part in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_without_torch_there_is_a_report_and_no_measurement(runs: Path, tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as util\n"
        "for name in ('torch', 'snntorch'): sys.modules[name] = None\n"
        "whole = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'torch' else whole(name, *more)\n"
        "from spiking_gru.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", code, "report", str(runs / "a"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "report.json").read_text())["measured"] == []


def test_two_runs_stand_side_by_side(runs: Path, tmp_path: Path, call: Call) -> None:
    code, out, err = call("report", runs / "a", runs / "b", "--out", tmp_path)
    assert code == 0, err
    assert max(map(len, [line for line in out.splitlines() if "│" in line])) <= 80
    assert {path.name for path in tmp_path.iterdir()} == {"compare.json", "compare.html"}
    compared = json.loads((tmp_path / "compare.json").read_text())
    assert (compared["a"]["name"], compared["b"]["name"]) == ("a", "b")
    assert compared["figures"]["synaptic_operations"]["ratio"] < 1
    assert not (runs / "a" / "compare.json").exists()


def test_the_comparison_is_json_where_that_is_asked_for(
    runs: Path, tmp_path: Path, call: Call
) -> None:
    code, out, _ = call("report", runs / "a", runs / "b", "--out", tmp_path, "--json")
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "compare.json").read_text())


def test_runs_of_one_name_are_told_apart_by_their_folders(
    runs: Path, tmp_path: Path, call: Call
) -> None:
    again = shutil.copytree(runs / "a", tmp_path / "again" / "a")
    code, _, err = call("report", runs / "a", again, "--out", tmp_path)
    assert code == 0, err
    compared = json.loads((tmp_path / "compare.json").read_text())
    assert (compared["a"]["name"], compared["b"]["name"]) == (str(runs / "a"), str(again))


def test_runs_on_other_data_are_not_compared(runs: Path, tmp_path: Path, call: Call) -> None:
    code, _, err = call("report", runs / "a", runs / "c", "--out", tmp_path)
    assert code == 2
    assert "the fingerprint of the data set of a is" in err
    assert "only reports of the same data, chip and cost model can be compared" in err
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_that_is_none_is_named(runs: Path, tmp_path: Path, call: Call) -> None:
    code, _, err = call("report", runs / "a", tmp_path)
    assert code == 2
    assert f"{tmp_path} is not the folder of a run" in err


def test_a_trace_of_another_program_is_refused(runs: Path, tmp_path: Path, call: Call) -> None:
    folder = shutil.copytree(runs / "a", tmp_path / "a")
    shutil.copy(runs / "b" / "trace.safetensors", folder)
    code, _, err = call("report", folder)
    assert code == 2
    assert "the trace was recorded with a different program" in err


def test_that_parquet_is_missing_is_said(
    runs: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.reporting.parquet_is_installed", lambda: False)
    monkeypatch.setattr("hardware.reporting.files.parquet_is_installed", lambda: False)
    code, out, err = call("report", runs / "a", "--out", tmp_path)
    assert code == 0, err
    assert 'no per_inference.parquet: it needs pip install "spiking-gru[parquet]"' in out
    assert not (tmp_path / "per_inference.parquet").exists()


def test_a_new_training_forgets_every_report(runs: Path, tmp_path: Path, call: Call) -> None:
    from spiking_gru.run_folder import REPORTS, RunFolder

    folder = shutil.copytree(runs / "a", tmp_path / "a")
    assert call("report", folder)[0] == call("report", folder, runs / "b")[0] == 0
    of_frames = {"predictions.csv", "predictions.parquet"}  # of programs that answer every frame
    for name in of_frames:
        (folder / name).write_bytes(b"")
    written = {path.name for path in folder.glob("*.*")} & set(REPORTS)
    assert written | {"per_inference.parquet"} == set(REPORTS)
    RunFolder(folder).forget_results()
    assert {path.name for path in folder.glob("*.*")} & set(REPORTS) == set()


def test_a_run_whose_data_has_moved_is_converted_to_the_same_program(
    moved: Path, tmp_path: Path, call: Call
) -> None:
    folder = shutil.copytree(moved / "run", tmp_path / "run")
    code, _, err = call("convert", folder, "--out", tmp_path / "new.sgru")
    assert code == 2
    assert "tell `convert`, `run`, `verify` or `report` with --data where it is" in err
    assert not (tmp_path / "new.sgru").exists()
    code, _, err = call(
        "convert", folder, "--out", tmp_path / "new.sgru", "--data", moved / "moved.npz"
    )
    assert code == 0, err
    assert (tmp_path / "new.sgru").read_bytes() == (folder / "program.sgru").read_bytes()
