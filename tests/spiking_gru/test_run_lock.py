"""The lock of a run's folder: who has it, who is refused, and whose is taken over."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from hardware.errors import InputError, LeftoverWarning
from spiking_gru.run_lock import LOCK, locked

HOLDS = """
import sys, time
from pathlib import Path
from spiking_gru.run_lock import locked
with locked(Path(sys.argv[1]), wait=False):
    print("locked", flush=True)
    time.sleep(60)
"""


def holding(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def leave(folder: Path, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / LOCK).write_text(text)


def test_a_second_command_is_refused_with_the_owner(tmp_path: Path) -> None:
    with holding(tmp_path) as owner:
        with pytest.raises(InputError) as found, locked(tmp_path, wait=False):
            pytest.fail("two at once")
        assert str(found.value) == (
            f"process {owner.pid} on {socket.gethostname()} is making a run in {tmp_path}: wait "
            f"until it has finished, or choose another --out"
        )
        assert json.loads((tmp_path / LOCK).read_text())["process"] == owner.pid
        owner.kill()


def test_the_lock_of_a_dead_process_is_taken_over_and_said(tmp_path: Path) -> None:
    with holding(tmp_path) as owner:
        owner.kill()
    with pytest.warns(LeftoverWarning) as said, locked(tmp_path, wait=False):
        assert json.loads((tmp_path / LOCK).read_text())["process"] == os.getpid()
    assert str(said[0].message) == (
        f"process {owner.pid} on {socket.gethostname()} was making a run in {tmp_path} and has "
        f"ended without finishing it: its lock is taken over"
    )
    assert not (tmp_path / LOCK).exists()


def test_the_lock_of_another_host_is_refused_and_stays(tmp_path: Path) -> None:
    leave(tmp_path, {"host": "elsewhere", "process": 7})
    with pytest.raises(InputError) as found, locked(tmp_path, wait=False):
        pytest.fail("its process may be alive")
    assert str(found.value) == (
        f"process 7 on elsewhere is making a run in {tmp_path}, as far as can be seen from "
        f"{socket.gethostname()}: wait until it has finished; if it has ended, remove "
        f"{tmp_path / LOCK}"
    )
    assert json.loads((tmp_path / LOCK).read_text()) == {"host": "elsewhere", "process": 7}
    (tmp_path / LOCK).unlink()
    with locked(tmp_path, wait=False):
        pass


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"host": "a"}', '{"host": 1, "process": "x"}']
)
def test_a_lock_that_names_nobody_is_taken(tmp_path: Path, content: str) -> None:
    leave(tmp_path, content)
    with warnings.catch_warnings(), locked(tmp_path, wait=False):
        assert json.loads((tmp_path / LOCK).read_text())["process"] == os.getpid()


def test_a_lock_without_a_name_yet_refuses_as_well(tmp_path: Path) -> None:
    with locked(tmp_path, wait=False):
        leave(tmp_path, "")
        with pytest.raises(InputError, match="another command is making a run in"):  # noqa: SIM117
            with locked(tmp_path, wait=False):
                pytest.fail("two at once")


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(InputError, match="cannot write .*lock: No space left on device: choose"):  # noqa: SIM117
        with locked(tmp_path, wait=False):
            pytest.fail("nothing may begin")
