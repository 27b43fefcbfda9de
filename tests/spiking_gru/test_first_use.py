"""The first command on a machine: it compiles, says so, can be stopped, and needs no own folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from datasets import small_arrays, small_file
from programs import random_program

from hardware.kernels.library import CHOSEN_BY, COMPILE

COMPILES = "compiling kernels for this machine, once: usually less than a minute\n"

CPU_S_TO_END = 5.0
"""The longest part that cannot be interrupted takes 1.5 s, the end of a process as long."""

TICKS = os.sysconf("SC_CLK_TCK")


def started(command: list[object], folder: Path, **environment: object) -> subprocess.Popen[str]:
    """A command without a library of kernels: what it compiles goes to `folder`."""
    own = {CHOSEN_BY: COMPILE, "NUMBA_CACHE_DIR": folder, **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "spiking_gru", *map(str, command)],
        env={**os.environ, **{name: str(value) for name, value in own.items()}},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run_command(folder: Path) -> list[object]:
    arrays = small_arrays()
    np.savez(folder / "data.npz", values=arrays["test_values"], lengths=arrays["test_lengths"])
    random_program(0).save(folder / "program.sgru")
    out = folder / "trace.safetensors"
    return ["run", folder / "program.sgru", "--data", folder / "data.npz", "--out", out]


def train_command(folder: Path) -> list[object]:
    return ["train", "--data", small_file(folder), "--out", folder / "run", "--hidden", "6"]


@pytest.mark.long
@pytest.mark.parametrize("after_cpu_s", [0.5, 2.0, 5.0, 8.0])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("command", [run_command, train_command])
def test_a_command_that_compiles_can_be_stopped(
    command, number: signal.Signals, code: int, after_cpu_s: float, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    with started(command(tmp_path), tmp_path / "kernels") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == COMPILES
        begin = cpu_seconds(process.pid)
        while cpu_seconds(process.pid) < begin + after_cpu_s:
            assert process.poll() is None
            time.sleep(0.05)
        sent = cpu_seconds(process.pid)
        process.send_signal(number)
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == code
    if "the training is saved" in said:  # where a phase had ended before
        assert re.fullmatch("spiking-gru: interrupted; .*\n", said)
    else:
        assert said == ("spiking-gru: interrupted\n" if number == signal.SIGINT else "")
    assert used.ru_utime + used.ru_stime - sent < CPU_S_TO_END


@pytest.mark.long
def test_a_command_runs_on_a_machine_with_nothing_but_a_temporary_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    nowhere, elsewhere = tmp_path / "file" / "kernels", tmp_path / "tmp"

    def said() -> list[str]:
        command = run_command(tmp_path)
        with started(command, nowhere, HOME=nowhere, TMPDIR=elsewhere) as process:
            _, errors = process.communicate()
        assert process.returncode == 0, errors
        return errors.splitlines(keepends=True)

    first, warning = said()
    assert first == COMPILES
    assert warning.startswith("spiking-gru: compiled kernels cannot be kept in")
    assert said() == []
