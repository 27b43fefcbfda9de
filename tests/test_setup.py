"""`make setup` installs into the environment that is there, and never clears it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[1] / ".ci" / "setup"
PYTHON = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/../calls"
"""
BROKEN = """#!/bin/sh
exit 1
"""


def environment(folder: Path, python: str) -> Path:
    """An environment with a Python that only notes its calls, and a package of the user's."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text(python)
    (folder / "bin" / "python").chmod(0o755)
    (folder / "package-of-the-user").touch()
    return folder


def setup(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", SETUP, folder, "test"], capture_output=True, text=True)


@pytest.mark.parametrize("stamp", [False, True], ids=["no stamp", "an old stamp"])
def test_an_environment_that_is_there_is_installed_into(tmp_path: Path, stamp: bool) -> None:
    folder = environment(tmp_path / "env", PYTHON)
    if stamp:
        (folder / ".spiking-gru-ready").write_text("made from something else")
    done = setup(folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "package-of-the-user").exists()
    calls = (folder / "calls").read_text()
    assert "--editable .[test]" in calls
    assert "venv" not in calls
    assert (folder / ".spiking-gru-ready").exists()


def test_what_is_ready_is_not_touched_whatever_its_dates(tmp_path: Path) -> None:
    folder = environment(tmp_path / "env", PYTHON)
    assert setup(folder).returncode == 0
    (folder / "calls").unlink()
    os.utime(folder / ".spiking-gru-ready", (0, 0))
    assert setup(folder).stdout == ""
    assert (folder / "calls").read_text() == "-c \n"
    done = subprocess.run(["sh", SETUP, folder, "test,lava"], capture_output=True, text=True)
    assert "--editable .[test,lava]" in (folder / "calls").read_text(), done.stderr


def test_a_folder_without_a_working_python_is_left_as_it_is(tmp_path: Path) -> None:
    folder = environment(tmp_path / "env", BROKEN)
    done = setup(folder)
    assert done.returncode == 1
    assert f"remove it (rm -r {folder}) and try again" in done.stderr
    assert (folder / "package-of-the-user").exists()
