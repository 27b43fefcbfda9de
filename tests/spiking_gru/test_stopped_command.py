"""Commands that train: stopped by a signal, killed, and gone on with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasets import small_file
from stopped_training import results_of

from spiking_gru.training import checkpoints
from spiking_gru.training.trainer import Trainer

SMALL = ("--hidden", 5, "--epochs", 3, "--quantised-epochs", 2, "--batch", 8)


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """Ctrl-C as in a terminal: a background job of a shell ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return small_file(tmp_path)


@pytest.fixture
def whole(call: Any, data: Path, tmp_path: Path) -> dict[str, bytes]:
    """The files of an undisturbed training."""
    assert call("train", "--data", data, "--out", tmp_path / "whole", *SMALL)[0] == 0
    return results_of(tmp_path / "whole")


def signal_in_step(monkeypatch: pytest.MonkeyPatch, number: signal.Signals, step: int) -> None:
    """Send a signal to this process within a step."""
    step_of, seen = Trainer._step, [0]

    def watched(*arguments: Any) -> Any:
        seen[0] += 1
        if seen[0] == step:
            os.kill(os.getpid(), number)
        return step_of(*arguments)

    monkeypatch.setattr(Trainer, "_step", watched)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_stopped_training_is_saved_and_says_on_one_line_how_to_go_on(
    call: Any,
    data: Path,
    tmp_path: Path,
    whole: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    code: int,
) -> None:
    run = tmp_path / "run"
    with monkeypatch.context() as context:
        signal_in_step(context, number, step=18)  # of four an epoch, twelve a phase
        found, out, err = call("train", "--data", data, "--out", run, *SMALL)
    assert (found, err) == (
        code,
        f"spiking-gru: interrupted; the training is saved: go on with `spiking-gru train --out "
        f"{run} --resume`, or with the same command\n",
    )
    assert "float     1/3" in out
    found, out, _ = call("train", "--out", run, "--resume")
    assert found == 0
    assert "gru: 3 of 3 epochs were trained before\n" in out
    assert "float: 1 of 3 epochs were trained before\n" in out
    assert re.findall(r"^(\w+) +(\d)/", out, re.M) == [
        ("float", "2"), ("float", "3"), ("quantised", "1"), ("quantised", "2"),
    ]  # fmt: skip
    assert results_of(run) == whole


def test_the_same_command_goes_on(
    call: Any,
    data: Path,
    tmp_path: Path,
    whole: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = ("train", "--data", data, "--out", tmp_path / "run", *SMALL)
    for step in (5, 12):
        with monkeypatch.context() as context:
            signal_in_step(context, signal.SIGTERM, step)
            assert call(*command)[0] == 143
    found, out, _ = call(*command)
    assert found == 0
    assert "float: 1 of 3 epochs were trained before\n" in out
    assert results_of(tmp_path / "run") == whole


def test_other_settings_are_refused_on_one_line(
    call: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    with monkeypatch.context() as context:
        signal_in_step(context, signal.SIGTERM, 5)
        call("train", "--data", data, "--out", run, *SMALL)
    for more in ((), ("--resume",)):
        code, out, err = call("train", "--data", data, "--out", run, *SMALL, "--seed", 1, *more)
        assert code == 2
        assert err == (
            f"spiking-gru: the unfinished training in {run} has other settings: seed 0, now seed "
            f"1: go on with its own by `spiking-gru train --out {run} --resume`, or start over "
            f"with --force (force=True in Python)\n"
        )
    code, out, _ = call("train", "--data", data, "--out", run, *SMALL, "--seed", 1, "--no-resume")
    assert code == 0
    assert "trained before" not in out


def test_resume_without_an_unfinished_training_is_refused(call: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert call("train", "--out", run, "--resume") == (
        2,
        "",
        f"spiking-gru: {run} holds no unfinished training: leave --resume (resume=True in Python) "
        f"out to begin one\n",
    )
    assert not run.exists()


def test_an_import_does_not_remove_an_unfinished_training_unasked(
    call: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spiking_gru.replacement import replacing
    from spiking_gru.run_folder import RunFolder

    run = RunFolder(tmp_path / "run")
    with monkeypatch.context() as context:
        signal_in_step(context, signal.SIGTERM, 5)
        call("train", "--data", data, "--out", run.path, *SMALL)
    with pytest.raises(ValueError, match=r"holds a training that is not finished: go on with"):  # noqa: SIM117
        with replacing(run, force=False):
            pytest.fail("nothing may begin")
    assert run.has_checkpoint
    with replacing(run, force=True):
        assert not run.has_checkpoint


def test_a_full_disk_is_one_line_and_exit_2(
    call: Any,
    data: Path,
    tmp_path: Path,
    whole: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = tmp_path / "run"
    with monkeypatch.context() as context:
        context.setattr(checkpoints, "LEAST_S", 0.0)
        context.setattr(checkpoints, "SHARE", 1e9)
        write, seen = checkpoints.write_tensors, [0]

        def full(*arguments: Any) -> None:
            seen[0] += 1
            if seen[0] == 20:
                error = OSError(28, "No space left on device")
                raise checkpoints.InputError("cannot write") from error
            write(*arguments)

        context.setattr(checkpoints, "write_tensors", full)
        code, _, err = call("train", "--data", data, "--out", run, *SMALL)
    assert (code, err) == (
        2,
        f"spiking-gru: cannot write to {run / '.unfinished'}: No space left on device: make room, "
        f"or make the folder writable; the same command then goes on from the last checkpoint\n",
    )
    assert call("train", "--out", run, "--resume")[0] == 0
    assert results_of(run) == whole


@pytest.mark.timeout(120)
def test_a_command_killed_within_its_training_goes_on_and_says_whose_lock_it_takes(
    data: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "spiking_gru", "train", "--data", data, "--out", run, *SMALL]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("float     1/3"):
                process.kill()
    again = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert again.returncode == 0
    assert re.match(
        rf"spiking-gru: process {process.pid} on .* was making a run in {run} and has ended "
        rf"without finishing it: its lock is taken over\n",
        again.stderr,
    )
    assert "gru: 3 of 3 epochs were trained before\n" in again.stdout
    assert results_of(run) == whole
