from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as tensor_bytes

from hardware import files
from hardware.errors import InputError


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept"
    files.write_text(path, "old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="cannot write .*kept: No space left"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_as_needed(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a" / "b" / "c", "text")
    assert (tmp_path / "a" / "b" / "c").read_text() == "text"


def test_a_path_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write .*: choose another --out"):
        files.write_text(tmp_path / "file" / "below", "text")


def test_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    tensors = {"a": np.arange(6, dtype=np.int16).reshape(2, 3).T, "b": np.zeros((0, 4))}
    files.write_tensors(tmp_path / "t", tensors, {"about": "text"})
    found, about = files.read_tensors(tmp_path / "t")
    assert about == {"about": "text"}
    assert all(np.array_equal(found[name], tensors[name]) for name in tensors)


def test_a_file_of_no_tensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a readable safetensors file"):
        files.read_tensors(tmp_path / "t")
    with pytest.raises(InputError, match="no such file"):
        files.read_tensors(tmp_path / "none")


def test_json_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "j").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        files.read_json(tmp_path / "j")


def test_json_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^cannot read .*none\.json: No such file"):
        files.read_json(tmp_path / "none.json")


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "j").write_text("[" * 200_000)
    with pytest.raises(InputError, match="not valid JSON"):
        files.read_json(tmp_path / "j")


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path, there: bool) -> None:
    target, link = tmp_path / "elsewhere" / "target", tmp_path / "link"
    target.parent.mkdir()
    if there:
        target.write_text("old")
    link.symlink_to(target)
    files.write_text(link, "new")
    assert link.is_symlink()
    assert not target.is_symlink()
    assert target.read_text() == "new"
    assert sorted(tmp_path.rglob("*")) == sorted([target.parent, target, link])


def test_what_is_no_regular_file_is_never_replaced(tmp_path: Path) -> None:
    folder, fifo, link = tmp_path / "folder", tmp_path / "fifo", tmp_path / "link"
    folder.mkdir()
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    for path in (folder, fifo, link, Path("/dev/null")):
        with pytest.raises(InputError, match=f"cannot write {path}: .*not a regular file"):
            files.write_text(path, "text")
    assert fifo.is_fifo()
    assert sorted(tmp_path.iterdir()) == sorted([folder, fifo, link])


def test_a_link_to_itself_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="cannot write .*loop: "):
        files.write_text(tmp_path / "loop", "text")


@pytest.mark.parametrize("about", ["[]", "null", '{"a": 1}', "{", "[" * 200_000])
def test_tensors_whose_description_is_no_object_are_refused(tmp_path: Path, about: str) -> None:
    (tmp_path / "t").write_bytes(tensor_bytes({"a": np.zeros(1)}, {"about": about}))
    with pytest.raises(InputError, match="expected an object of strings|not a readable"):
        files.read_tensors(tmp_path / "t")
