from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

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
