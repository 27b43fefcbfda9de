"""The command line as a user meets it."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from datasets import small_arrays, small_file
from programs import with_readout
from sealing import edit_resealed

from hardware import Program, Trace, run

SMALL = ["--hidden", "6", "--epochs", "2", "--quantised-epochs", "1"]


def spiking_gru(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spiking_gru", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was trained, converted and run; nobody writes into it."""
    base = tmp_path_factory.mktemp("run")
    run = base / "run"
    done = spiking_gru("train", "--data", small_file(base), "--out", run, *SMALL)
    assert done.returncode == 0, done.stderr
    for command in ("convert", "run"):
        done = spiking_gru(command, run)
        assert done.returncode == 0, done.stderr
    return run


def test_the_commands_one_by_one_give_every_file(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    folder = shutil.copytree(folder, tmp_path / "run")
    code, out, err = call("run", folder)
    assert code == 0, err
    assert "9 sequences" in out
    code, out, err = call("verify", folder)
    assert code == 0, err
    assert "torch ↔ lava: 0 of" in out
    code, out, err = call("report", folder)
    assert code == 0, err
    assert "wrote" in out
    names = {path.name for path in folder.iterdir()}
    assert names - {"per_inference.parquet"} == {  # written where pyarrow is installed
        "config.toml",
        "logs",
        "model.json",
        "model.safetensors",
        "per_inference.csv",
        "program.sgru",
        "report.html",
        "report.json",
        "trace.safetensors",
        "training.json",
        "verification.json",
    }
    report = json.loads((folder / "report.json").read_text())
    networks = {network["name"]: network["metrics"] for network in report["networks"]}
    assert networks["quantised"]["accuracy"] == networks["deployed"]["accuracy"]
    assert report["verification"]["mismatches"] == 0
    assert (report["dataset"]["name"], report["dataset"]["test_samples"]) == ("small", 9)


def test_json_is_all_that_is_on_standard_output(folder: Path, tmp_path: Path) -> None:
    done = spiking_gru("run", folder, "--json", "--out", tmp_path / "trace")
    result = json.loads(done.stdout)
    assert result["sequences"] == len(result["predictions"]) == 9
    assert "wrote" in done.stderr
    assert json.loads(spiking_gru("doctor", "--json").stdout)["findings"]


def test_a_program_runs_on_other_data_and_writes_where_it_is_told(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    arrays = small_arrays(seed=5)
    np.savez(tmp_path / "other.npz", values=arrays["test_values"], lengths=arrays["test_lengths"])
    program, out = folder / "program.sgru", tmp_path / "t.safetensors"
    code, _, err = call("run", program, "--data", tmp_path / "other.npz", "--out", out)
    assert code == 0, err
    assert len(Trace.load(out).lengths) == 9


def test_other_data_leaves_the_trace_of_the_run_alone(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    run = shutil.copytree(folder, tmp_path / "run")
    assert call("run", run)[0] == 0
    before = (run / "trace.safetensors").read_bytes()
    arrays = small_arrays(seed=5)
    np.savez(tmp_path / "other.npz", values=arrays["test_values"], lengths=arrays["test_lengths"])
    assert call("run", run, "--data", tmp_path / "other.npz")[0] == 0
    assert (run / "trace.safetensors").read_bytes() == before
    assert (run / "other.trace.safetensors").exists()


def test_labels_in_another_order_than_the_program_names_are_refused(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    data = small_file(tmp_path, classes=np.array(["class 2", "class 1", "class 0"]))
    code, _, err = call("run", folder, "--data", data)
    assert code == 2
    assert "put the labels in the program's order" in err


def test_a_reader_that_leaves_early_still_finds_the_files_written(
    folder: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(folder, tmp_path / "run")
    assert spiking_gru("run", run).returncode == 0
    command = [sys.executable, "-m", "spiking_gru", "report", str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reporting:
        assert reporting.stdout is not None
        assert reporting.stderr is not None
        reporting.stdout.close()
        assert b"Traceback" not in reporting.stderr.read()
    assert (run / "report.html").exists()


def test_a_run_can_be_used_from_another_folder_than_it_was_trained_in(tmp_path: Path) -> None:
    small_file(tmp_path)
    command = [sys.executable, "-m", "spiking_gru"]
    train = [*command, "train", "--data", "small.npz", "--out", "run", *SMALL]
    assert subprocess.run(train, cwd=tmp_path, capture_output=True).returncode == 0
    assert spiking_gru("convert", tmp_path / "run").returncode == 0
    assert spiking_gru("run", tmp_path / "run").returncode == 0
    settings = Program.load(tmp_path / "run" / "program.sgru").provenance["settings"]
    assert settings["data"] == "small"


def test_the_demo_trains_the_baseline_that_its_verdict_needs() -> None:
    from spiking_gru.cli.demo import SETTINGS
    from spiking_gru.settings import TrainingSettings

    assert TrainingSettings(**SETTINGS).baselines == ("gru", "state")


@pytest.mark.parametrize(
    "chosen",
    [
        "--formulation keep --emit signed --bidirectional --learn-threshold "
        "--encoder level-crossing",
        "--formulation torch --emit graded --readout leaky --learn-initial-state "
        "--encoder population --encoder-fields 5",
        "--formulation output-gated --encoder rate --encoder-steps 2 --readout last",
        "--formulation write --emit state --encoder latency --readout step --activation table",
        "--formulation forget --encoder send-on-delta --readout count --bits 4 --layers 2",
    ],
)
def test_every_setting_trains_converts_runs_and_verifies(chosen: str, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    data, run = small_file(tmp_path), tmp_path / "r"
    for command in (
        ["train", "--data", data, "--out", run, *SMALL, *chosen.split()],
        ["convert", run],
        ["run", run],
        ["verify", run, "--engine", "events"],
        ["report", run],
    ):
        code, _, err = call(*command)
        assert code == 0, err
    verified = json.loads((run / "verification.json").read_text())
    assert verified["mismatches"] == 0
    training = json.loads((run / "training.json").read_text())
    *_, deployed = json.loads((run / "report.json").read_text())["networks"]
    assert deployed["metrics"]["accuracy"] == training["test"]["quantised"]["accuracy"]


def test_the_same_seed_gives_the_same_program_file(folder: Path, tmp_path: Path) -> None:
    data = folder.parent / "small.npz"
    assert spiking_gru("train", "--data", data, "--out", tmp_path, *SMALL).returncode == 0
    assert spiking_gru("convert", tmp_path).returncode == 0
    assert (tmp_path / "program.sgru").read_bytes() == (folder / "program.sgru").read_bytes()


def with_nan(folder: Path) -> Path:
    values = small_arrays()["test_values"]
    values[4, 1] = np.nan
    path = folder / "nan"
    path.mkdir()
    return small_file(path, test_values=values)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["train", "--data", "japanese-vowel", "--out", "{tmp}/r"],
            "did you mean 'japanese-vowels'",
        ),
        (["train", "--data", "{tmp}/none.npz"], "none.npz: No such file"),
        (["train", "--bits", "9", "--out", "{tmp}/r"], "'bits' is 9: input should be less than or"),
        (["train", "--activation", "soft", "--out", "{tmp}/r"], "unknown activation 'soft'"),
        (["train", "--epochs", "x"], "Invalid value for '--epochs'"),
        (["train", "--data", "{data}", "--out", "{file}/r"], "choose another --out"),
        (["convert", "{tmp}"], "not the folder of a run (no training.json)"),
        (["run", "{folder}", "--engine", "event"], "did you mean 'events'"),
        (["run", "{file}"], "say what to run it on with --data"),
        (["run", "{file}", "--data", "{data}"], "not a program file"),
        (["run", "{folder}", "--data", "{nan}"], "nan in sequence"),
        (
            ["run", "{folder}", "--data", "japanese-vowels"],
            "japanese-vowels has the classes speaker 1",
        ),
        (["run", "{tmp}/gone"], "gone is not there: expected the folder of a run"),
        (["verify", "{tmp}/gone"], "gone is not there: expected the folder of a run"),
        (["export", "{tmp}/gone"], "gone is not there: expected the folder of a run"),
        (["verify", "{folder}", "--engine", "lav"], "did you mean 'lava'"),
        (["verify", "{file}", "--trace", "{tmp}/r"], "are hashes, without a trace to part from"),
        (["verify", "{file}", "--engine", "torch"], "holds no network of torch: give"),
        (["report", "{folder}", "--chip", "loihi"], "did you mean 'loihi"),
        (["report", "{tmp}"], "not the folder of a run"),
        (["reprot", "{tmp}"], "Did you mean 'report'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    folder: Path, tmp_path: Path, call, arguments: list, expected: str
) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "file.sgru"
    file.write_text("no program")
    places = {
        "tmp": tmp_path,
        "folder": folder,
        "file": file,
        "data": small_file(tmp_path),
        "nan": with_nan(tmp_path),
    }
    before = sorted(folder.rglob("*"))
    code, _, err = call(*(argument.format(**places) for argument in arguments))
    assert code == 2
    assert expected in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert not (tmp_path / "r").exists(), "nothing may be half-written"
    assert sorted(folder.rglob("*")) == before


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = spiking_gru("convert", tmp_path, "--debug")
    assert done.returncode != 0
    assert "Traceback" in done.stderr
    assert "InputError" in done.stderr


def test_a_difference_is_exit_code_1(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    shutil.copytree(folder, tmp_path / "run")
    program = Program.load(folder / "program.sgru")
    readout = replace(program.readout, bias=program.readout.bias + 1)
    with_readout(program, readout).save(tmp_path / "run" / "program.sgru")
    code, out, _ = call("verify", tmp_path / "run", "--engine", "events")
    assert code == 1
    assert "first at sequence 0" in out
    assert "score" in out


def test_engines_are_held_against_each_other_without_torch_on_any_data(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    program, data = folder / "program.sgru", folder.parent / "small.npz"
    code, out, err = call(
        "verify", program, "--data", data, "--engine", "numpy", "--engine", "events"
    )
    assert code == 0, err
    assert "numpy ↔ events: 0 of" in out
    assert "torch" not in out


def test_a_program_file_alone_is_verified_by_its_golden_samples(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    summary = tmp_path / "summary.json"
    code, out, err = call("verify", folder / "program.sgru", "--out", summary)
    assert code == 0, err
    assert "events: 0 of 3 golden samples differ" in out
    assert json.loads(summary.read_text())["differing"] == {"events": []}
    program = Program.load(folder / "program.sgru")
    readout = replace(program.readout, bias=program.readout.bias + 1)
    with_readout(program, readout).save(tmp_path / "other.sgru")
    code, out, _ = call("verify", tmp_path / "other.sgru", "--engine", "numpy")
    assert code == 1
    assert "numpy: 3 of 3 golden samples differ: 0, 1, 2" in out


def streamed(folder: Path, lines: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spiking_gru", "run", str(folder), "--stream", *more]
    return subprocess.run(command, input=lines, capture_output=True, text=True)


def test_a_stream_answers_every_frame_as_a_run_of_all_so_far_does(folder: Path) -> None:
    program = Program.load(folder / "program.sgru")
    frames = program.golden[0].frames
    as_csv = "".join(",".join(map(repr, frame.tolist())) + "\n" for frame in frames)
    as_json = "".join(f"{frame.tolist()}\n" for frame in frames)
    expected = [
        program.classes[int(run(program, [frames[: t + 1]]).predictions[0])]
        for t in range(len(frames))
    ]
    done = streamed(folder, f"{as_csv}\n{as_json}")
    assert done.stdout.split("\n") == [*expected, *expected, ""]
    lines = streamed(folder, as_csv, "--json").stdout.splitlines()
    assert [json.loads(line)["class"] for line in lines] == expected
    assert [json.loads(line)["step"] for line in lines] == list(range(1, len(frames) + 1))


def test_a_stream_answers_at_once_and_ends_quietly_when_nobody_reads_any_more(
    folder: Path,
) -> None:
    command = [sys.executable, "-m", "spiking_gru", "run", str(folder), "--stream"]
    channels = Program.load(folder / "program.sgru").encoder.channels
    frame = ",".join(["0.5"] * channels) + "\n"
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as streaming:
        assert streaming.stdin is not None
        assert streaming.stdout is not None
        assert streaming.stderr is not None
        for _ in range(3):
            streaming.stdin.write(frame)
            assert streaming.stdout.readline().startswith("class")
        streaming.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            for _ in range(3):
                streaming.stdin.write(frame)
            streaming.stdin.close()
        assert "Traceback" not in streaming.stderr.read()
        streaming.wait(timeout=30)


def test_frames_in_another_unit_are_warned_of_in_one_line_and_in_the_result(
    folder: Path, tmp_path: Path
) -> None:
    arrays = small_arrays(seed=5)
    np.savez(
        tmp_path / "other.npz",
        values=10 * arrays["test_values"],
        lengths=arrays["test_lengths"],
        labels=arrays["test_labels"],
    )
    out = tmp_path / "t"
    done = spiking_gru("run", folder, "--data", tmp_path / "other.npz", "--out", out, "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)["clamped_inputs"]
    assert f"spiking-gru: {found['warning']}" in done.stderr.splitlines()
    assert "another unit than the training data's: convert them" in found["warning"]
    assert len(found["by_channel"]) == 3
    assert found["share"] == pytest.approx(np.mean(found["by_channel"]))
    assert found["share"] > 1 / 16


@pytest.mark.filterwarnings("error::hardware.errors.ClampedInputsWarning")
def test_frames_of_the_right_unit_are_not_warned_of(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    code, out, err = call("run", folder, "--json", "--out", tmp_path / "t")
    assert code == 0, err
    found = json.loads(out)["clamped_inputs"]
    assert found["warning"] is None
    assert f", {100 * found['share']:.2f} % of the inputs clamped\n" in err


def test_a_stream_of_another_unit_is_warned_of_once(folder: Path) -> None:
    done = streamed(folder, "1000,1000,1000\n" * 40 + "\n" + "1000,1000,1000\n" * 40)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 80
    (warning,) = done.stderr.splitlines()
    assert warning.startswith("spiking-gru: the encoder clamped 100.0 % of the inputs (")


def test_a_file_without_a_sequence_is_refused_at_the_door(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "none.npz"
    np.savez(file, values=np.zeros((0, 3)), lengths=np.zeros(0, dtype=int))
    for command in ("run", "verify"):
        code, _, err = call(command, folder, "--data", file, "--out", tmp_path / "out")
        assert code == 2
        assert "lengths is empty, expected at least one sequence" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,2,x\n", "line 1: '1,2,x' is not a frame"),
        ("1\n", "line 1: the frame has shape (1,)"),
        ("nan,nan,nan\n", "line 1: nan in channel 0"),
        ('["a"]\n', "is not a frame: expected numbers"),
        (f"[{10**400}]\n", "is not a frame: expected numbers"),
    ],
)
def test_a_line_that_is_no_frame_ends_the_stream_and_names_the_line(
    folder: Path, line: str, message: str
) -> None:
    done = streamed(folder, line)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_difference_can_be_kept_and_looked_at(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    run, kept = shutil.copytree(folder, tmp_path / "run"), tmp_path / "kept"
    program = Program.load(folder / "program.sgru")
    layer = program.layers[0]
    gate = replace(layer.gate, bias=layer.gate.bias + 40)
    replace(program, layers=(replace(layer, gate=gate),)).save(run / "program.sgru")
    code, out, _ = call("verify", run, "--engine", "events", "--trace", kept)
    assert code == 1
    assert "layer 0: " in out
    assert "classes that differ: " in out
    assert {path.name for path in kept.iterdir()} == {
        "torch.safetensors",
        "events.safetensors",
        "events.svg",
    }
    assert Trace.load(kept / "torch.safetensors").engine == "torch"
    assert "membranes of torch and events" in (kept / "events.svg").read_text()


def files_in(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_no_command_replaces_a_run_unasked(
    folder: Path, tmp_path: Path, call, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    for name in ("latest", "demo", "imported"):
        shutil.copytree(folder, tmp_path / "runs" / name)
    before = files_in(tmp_path / "runs")
    data, gru = folder.parent / "small.npz", tmp_path / "gru.npz"
    np.savez(
        gru,
        kernel=np.zeros((3, 6), np.float32),
        recurrent_kernel=np.zeros((2, 6), np.float32),
        bias=np.zeros((2, 6), np.float32),
        head_kernel=np.zeros((2, 3), np.float32),
        head_bias=np.zeros(3, np.float32),
    )
    monkeypatch.chdir(tmp_path)
    for command, name in (
        (["train", "--data", data, *SMALL], "latest"),
        (["demo"], "demo"),
        (["import", gru, "--calibrate", data], "imported"),
    ):
        code, out, err = call(*command)
        assert (code, out) == (2, ""), err
        assert err == (
            f"spiking-gru: runs/{name} holds a run (training.json, model.json, model.safetensors "
            f"and 4 more): replace it with --force (force=True in Python), or choose another "
            f"--out\n"
        )
    assert files_in(tmp_path / "runs") == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_training_that_is_stopped_leaves_the_run_before_as_it_was(
    folder: Path, tmp_path: Path, call, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:  # type: ignore[no-untyped-def]
    run = shutil.copytree(folder, tmp_path / "run")
    before = files_in(run)

    def stopped(*_: object) -> None:
        assert list(run.glob(".unfinished/logs/events*"))
        os.kill(os.getpid(), number)
        time.sleep(5)

    training = importlib.import_module("spiking_gru.training.trainer")
    monkeypatch.setattr(training, "evaluate", stopped)
    data = folder.parent / "small.npz"
    # A background job of a shell ignores SIGINT, and so would this process.
    of_interrupts = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert call("train", "--data", data, "--out", run, "--force")[0] == code
    finally:
        signal.signal(signal.SIGINT, of_interrupts)
    shutil.rmtree(run / ".unfinished")
    assert files_in(run) == before
    assert not list(run.glob(".*"))


def test_a_run_that_a_killed_command_had_completed_is_found(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    shutil.copytree(folder, tmp_path / "run" / ".complete")
    code, _, err = call("run", tmp_path / "run")
    assert code == 0, err
    assert not list((tmp_path / "run").glob(".*"))


def test_convert_counts_on_validation_data_what_each_way_of_sending_takes(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    from conversion.sending import operations_of_both
    from spiking_gru.run_folder import RunFolder

    run = shutil.copytree(folder, tmp_path / "run")
    programs = {}
    for send in ("values", "changes", "auto"):
        code, out, err = call("convert", run, "--send", send, "--json")
        assert code == 0, err
        programs[send] = Program.load(run / "program.sgru")
        [told] = json.loads(out)["sending"]
    changes = [made.layers[0].cell.sends_changes for made in programs.values()]
    assert changes[:2] == [False, True]
    validation = RunFolder(run).dataset().validation.sequences
    of_values, of_changes = operations_of_both(programs["auto"], validation)
    assert (told["values"], told["changes"]) == (of_values[0], of_changes[0])
    assert changes[2] == (of_changes[0] < of_values[0])
    assert programs["auto"].provenance["sending"] == [told]
    code, out, err = call("convert", run)
    assert "layer 0 sends " in out
    assert " synaptic operations a sequence" in " ".join(out.split())


def test_a_network_that_was_damaged_is_not_converted(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    run = shutil.copytree(folder, tmp_path / "run")
    weights = bytearray((run / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (run / "model.safetensors").write_bytes(weights)
    code, out, err = call("convert", run)
    assert (code, out) == (2, "")
    assert "model.safetensors: the checksum of its content is" in err
    assert f"train again with `spiking-gru train --out {run} --force`" in err


@pytest.mark.parametrize(
    ("name", "command"), [("training.json", "convert"), ("verification.json", "report")]
)
def test_what_was_edited_by_hand_is_refused_by_the_next_command(
    folder: Path, tmp_path: Path, call, name: str, command: str
) -> None:  # type: ignore[no-untyped-def]
    run = shutil.copytree(folder, tmp_path / "run")
    assert call("verify", run, "--engine", "events")[0] == 0
    content = json.loads((run / name).read_text())
    number = "mismatches" if name == "verification.json" else "best_epochs"
    (run / name).write_text(json.dumps({**content, number: 7}))
    code, _, err = call(command, run)
    assert code == 2
    assert f"{name}: the checksum of its content is" in err
    assert len(err.splitlines()) == 1


def test_training_again_forgets_what_was_made_from_the_training_before(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    shutil.copytree(folder, tmp_path / "run")
    assert (tmp_path / "run" / "program.sgru").exists()
    data, again = folder.parent / "small.npz", ("--seed", 1, "--force")
    code, _, err = call("train", "--data", data, "--out", tmp_path / "run", *SMALL, *again)
    assert code == 0, err
    assert not (tmp_path / "run" / "program.sgru").exists()
    code, _, err = call("report", tmp_path / "run")
    assert code == 2
    assert "run `spiking-gru convert" in err


def test_data_that_were_made_in_python_are_asked_for(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    shutil.copytree(folder, tmp_path / "run")
    training = json.loads((tmp_path / "run" / "training.json").read_text())
    settings = {**training["settings"], "data": "data"}
    edit_resealed(tmp_path / "run" / "training.json", settings=settings)
    for command in ("convert", "run", "verify"):
        code, _, err = call(command, tmp_path / "run")
        assert code == 2
        assert (
            "the run was trained on data with the name 'data', which is no known data set and no "
            "path: save data that were made in Python to a file, and give it with --data" in err
        )
    data = folder.parent / "small.npz"
    assert call("convert", tmp_path / "run", "--data", data)[0] == 0


def test_data_that_changed_since_training_is_noticed(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    shutil.copytree(folder, tmp_path / "run")
    training = json.loads((tmp_path / "run" / "training.json").read_text())
    other = str(small_file(tmp_path, classes=np.array(["x", "y", "z"])))
    settings = {**training["settings"], "data": other}
    edit_resealed(tmp_path / "run" / "training.json", settings=settings)
    code, _, err = call("run", tmp_path / "run")
    assert code == 2
    assert "fingerprint differs from that of small: put the data back, or tell" in err
    assert "with --data where they are" in err


def test_a_network_too_large_for_the_word_is_refused_before_the_first_epoch(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    data = folder.parent / "small.npz"
    code, out, err = call("train", "--data", data, "--out", tmp_path / "run", "--hidden", 2000)
    assert code == 2
    assert "before the first epoch, layer 0, candidate, neuron" in err
    assert "over 8388607, the limit of 24 bits" in err
    assert "loss" not in out
    assert not (tmp_path / "run").exists()


def test_a_run_is_repeated_by_its_own_settings(folder: Path, tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    code, _, err = call("train", "--config", folder / "config.toml", "--out", tmp_path / "again")
    assert code == 0, err
    for name in ("model.safetensors", "model.json", "config.toml", "training.json"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    options = ("--config", folder / "config.toml", "--epochs", 1, "--out", tmp_path / "shorter")
    assert call("train", *options)[0] == 0
    assert "epochs = 1\n" in (tmp_path / "shorter" / "config.toml").read_text()


def test_a_run_ends_sequences_early_and_says_how_many_frames_it_used(
    folder: Path, tmp_path: Path, call
) -> None:  # type: ignore[no-untyped-def]
    out = ("--json", "--out", tmp_path / "t")
    code, text, err = call("run", folder, "--early-exit", "0", "--fewest", "2", *out)
    assert code == 0, err
    assert json.loads(text)["frames_used"] == [2] * 9
    assert ", 2.0 of " in err
    assert Trace.load(tmp_path / "t").exits.tolist() == [2] * 9
    code, text, _ = call("run", folder, *out)
    assert json.loads(text)["frames_used"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--early-exit", "-1"), "early_exit is -1.0, expected a margin of at least 0"),
        (("--early-exit", "nan"), "early_exit is nan, expected a margin of at least 0"),
        (("--early-exit", "1", "--fewest", "0"), "fewest is 0, expected a whole number"),
        (("--fewest", "2"), "--fewest is of no use without --early-exit"),
        (("--early-exit", "1", "--stream"), "--stream answers every frame"),
    ],
)
def test_what_cannot_end_early_is_one_line_on_the_command_line(
    folder: Path, tmp_path: Path, call, options: tuple[str, ...], message: str
) -> None:  # type: ignore[no-untyped-def]
    code, _, err = call("run", folder, "--out", tmp_path / "t", *options)
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "t").exists()


def test_the_help_names_every_chip() -> None:
    from hardware.cost.chip import CHIPS
    from spiking_gru.cli.options import Chip

    (option,) = Chip.__metadata__
    assert f"{', '.join(CHIPS)} or a .toml file" in option.help
