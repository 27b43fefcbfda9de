from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import killed_replacement
import pytest

from hardware.errors import InputError
from spiking_gru.replacement import replacing, settle
from spiking_gru.run_folder import RunFolder


@pytest.fixture
def old(tmp_path: Path) -> RunFolder:
    """An old run, with a file of the user's."""
    folder = tmp_path / "run"
    (folder / "logs").mkdir(parents=True)
    for name in ("training.json", "model.json", "program.sgru", "logs/events.out.tfevents.1"):
        (folder / name).write_text("old")
    (folder / "mine.txt").write_text("mine")
    return RunFolder(folder)


def contents(folder: RunFolder) -> dict[str, str]:
    files = (file for file in folder.path.rglob("*") if file.is_file())
    return {str(file.relative_to(folder.path)): file.read_text() for file in files}


def test_a_new_run_takes_the_place_of_the_old_one_and_the_users_files_stay(old: RunFolder) -> None:
    before = contents(old)
    with replacing(old, force=True) as new:
        (new.path / "logs").mkdir()
        for name in ("training.json", "model.json", "logs/events.out.tfevents.2"):
            (new.path / name).write_text("new")
        assert before.items() <= contents(old).items()
    assert contents(old) == {
        "mine.txt": "mine",
        "training.json": "new",
        "model.json": "new",
        "logs/events.out.tfevents.2": "new",
    }
    assert {path.name for path in old.path.iterdir()} == {
        "logs", "mine.txt", "model.json", "training.json",
    }  # fmt: skip


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, InputError, MemoryError])
def test_a_run_that_is_not_finished_leaves_the_old_one_as_it_was(
    old: RunFolder, error: type[BaseException]
) -> None:
    before = contents(old)
    with pytest.raises(error), replacing(old, force=True) as new:
        (new.path / "training.json").write_text("new")
        raise error
    assert contents(old) == before
    assert not [path.name for path in old.path.iterdir() if path.name.startswith(".")]


def test_a_run_is_not_replaced_unasked(old: RunFolder) -> None:
    before = contents(old)
    with pytest.raises(InputError) as found, replacing(old, force=False):
        pytest.fail("nothing may begin")
    assert str(found.value) == (
        f"{old.path} holds a run (training.json, model.json, program.sgru and 1 more): replace it "
        f"with --force (force=True in Python), or choose another --out"
    )
    assert contents(old) == before


@pytest.mark.parametrize("name", ["program.sgru", "report.html", "logs/events.out.tfevents.1"])
def test_any_file_that_would_be_lost_asks_for_force(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("old")
    with pytest.raises(InputError, match=rf"holds a run \({Path(name).name}\)"):
        RunFolder(tmp_path).require_free(force=False)


def test_a_folder_with_the_users_files_only_is_free(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with replacing(RunFolder(tmp_path), force=False) as new:
        (new.path / "training.json").write_text("new")
    assert contents(RunFolder(tmp_path)) == {"mine.txt": "mine", "training.json": "new"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model.json", "model.json is a folder, expected a file: move it away"),
        ("logs", "logs is a file, expected a folder: move it away"),
    ],
)
def test_what_cannot_be_replaced_is_refused_before_the_work(
    tmp_path: Path, name: str, message: str
) -> None:
    if name == "logs":
        (tmp_path / name).write_text("mine")
    else:
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=message):
        RunFolder(tmp_path).require_free(force=True)


@pytest.mark.parametrize(
    ("name", "message"),
    [("file", "is a file, expected a folder"), ("file/below", "cannot write .*below/.lock: Not a")],
)
def test_a_file_in_a_folders_place_is_named(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").write_text("kept")
    folder = RunFolder(tmp_path / name)
    with pytest.raises(InputError, match=f"{message}.*: choose another --out"):  # noqa: SIM117
        with replacing(folder, force=True):
            pytest.fail("nothing may begin")
    assert (tmp_path / "file").read_text() == "kept"


def test_two_commands_do_not_make_a_run_in_one_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with replacing(folder, force=False) as new:
        (new.path / "training.json").write_text("first")
        with (
            pytest.raises(
                InputError, match=rf"process {os.getpid()} on .* is making a run in .*: wait"
            ),
            replacing(folder, force=True),
        ):
            pytest.fail("two at once")
    assert contents(folder) == {"training.json": "first"}


def test_a_folder_that_cannot_be_locked_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", none)
    with pytest.raises(InputError, match="cannot write .*lock: Function not implemented: choose"):  # noqa: SIM117
        with replacing(RunFolder(tmp_path), force=False):
            pytest.fail("nothing may begin")


def test_what_is_complete_is_brought_to_its_place_by_the_next_reader(old: RunFolder) -> None:
    (old.path / ".complete").mkdir()
    (old.path / ".complete" / "import.json").write_text("new")
    settle(old.path)
    assert contents(old) == {"mine.txt": "mine", "import.json": "new"}


def test_a_command_killed_at_any_moment_leaves_the_old_run_or_the_new_one(tmp_path: Path) -> None:
    program = Path(killed_replacement.__file__)
    search = os.pathsep.join(filter(None, (str(program.parent), *sys.path)))
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": search},
    )
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) > 20
    assert {result["found"] for result in results} == {"old", "new"}
    assert all(result["left"] == [] for result in results), results
    assert {result["event"] for result in results} >= {"os.rename", "os.remove", "os.mkdir"}
    changes = [result["found"] for result in results]
    assert changes == sorted(changes, reverse=True), "what was new may not become old again"


def test_a_run_that_is_not_finished_leaves_no_folder_that_was_not_there(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    run = RunFolder(tmp_path / "runs" / "new" / "one")
    with pytest.raises(InputError), replacing(run, force=False) as new:
        (new.path / "training.json").write_text("new")
        raise InputError
    assert not list((tmp_path / "runs").iterdir())


def test_a_file_of_the_users_that_came_meanwhile_stays(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "new" / "one")
    with pytest.raises(InputError), replacing(run, force=False):
        (tmp_path / "new" / "mine.txt").write_text("mine")
        raise InputError
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine.txt"]
