"""A session's folder stays while its session lives, and the next session's sweep removes it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hardware.lava.leftovers import LOCK, claim, new_folder, sweep_the_dead


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("files", [[], ["lock"], ["lock", "program.sgru"], ["program.sgru"]])
def test_a_folder_is_swept_at_any_age_whenever_its_session_or_its_sweep_was_killed(
    temporary: Path, files: list[str]
) -> None:
    folder = new_folder()
    folder.mkdir()
    for file in files:
        (folder / file).touch()
    sweep_the_dead()
    assert list(temporary.iterdir()) == []


def test_a_folder_stays_as_long_as_one_process_of_its_session_lives(temporary: Path) -> None:
    folder = new_folder()
    lock = claim(folder)
    ready, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)
        os._exit(0)
    os.close(lock)
    sweep_the_dead()
    assert list(temporary.iterdir()) == [folder]
    os.close(go)
    assert os.waitpid(pid, 0)[1] == 0
    os.close(ready)
    sweep_the_dead()
    assert list(temporary.iterdir()) == []


def test_a_sweep_leaves_the_folders_of_others(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = new_folder()
    folder.mkdir()
    (temporary / "sgru-notes").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    sweep_the_dead()
    assert set(temporary.iterdir()) == {folder, temporary / "sgru-notes"}
    assert list(folder.iterdir()) == []


def before_the_first(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, do: Callable[[], object]
) -> None:
    """Do something before the first call of a function."""
    original, calls = getattr(module, name), []

    def called(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            do()
        return original(*arguments, **named)

    monkeypatch.setattr(module, name, called)


@pytest.mark.parametrize(("module", "name"), [(os, "open"), (fcntl, "flock")])
def test_a_folder_that_is_swept_before_it_is_locked_is_made_again(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    before_the_first(monkeypatch, module, name, sweep_the_dead)
    folder = new_folder()
    lock = claim(folder)
    assert os.path.samestat(os.fstat(lock), (folder / LOCK).stat())
    sweep_the_dead()
    assert list(temporary.iterdir()) == [folder]
    os.close(lock)


def test_a_sweep_that_comes_late_leaves_a_folder_that_is_made_again(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, locks = new_folder(), []
    folder.mkdir()

    def made_again() -> None:
        shutil.rmtree(folder)
        locks.append(claim(folder))

    before_the_first(monkeypatch, fcntl, "flock", made_again)
    sweep_the_dead()
    assert [file.name for file in folder.iterdir()] == ["lock"]
    os.close(*locks)
