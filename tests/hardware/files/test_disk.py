from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as tensor_bytes

from hardware.errors import InputError
from hardware.files import disk


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept"
    disk.write_text(path, "old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="cannot write .*kept: No space left"):
        disk.write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_as_needed(tmp_path: Path) -> None:
    disk.write_text(tmp_path / "a" / "b" / "c", "text")
    assert (tmp_path / "a" / "b" / "c").read_text() == "text"


def test_a_path_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write .*: choose another --out"):
        disk.write_text(tmp_path / "file" / "below", "text")


def test_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    tensors = {
        "a": np.arange(6, dtype=np.int16).reshape(2, 3).T,
        "b": np.zeros((0, 4)),
        "c": np.array(3),
    }
    disk.write_tensors(tmp_path / "t", tensors, {"about": "text"})
    found, about = disk.read_tensors(tmp_path / "t")
    assert about == {"about": "text"}
    for name, tensor in tensors.items():
        assert np.array_equal(found[name], tensor)
        assert found[name].shape == tensor.shape


def test_a_file_of_no_tensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a readable safetensors file"):
        disk.read_tensors(tmp_path / "t")
    with pytest.raises(InputError, match="cannot read .*none: No such file"):
        disk.read_tensors(tmp_path / "none")


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path, there: bool) -> None:
    target, link = tmp_path / "elsewhere" / "target", tmp_path / "link"
    target.parent.mkdir()
    if there:
        target.write_text("old")
    link.symlink_to(target)
    disk.write_text(link, "new")
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
            disk.write_text(path, "text")
    assert fifo.is_fifo()
    assert sorted(tmp_path.iterdir()) == sorted([folder, fifo, link])


def test_a_link_to_itself_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="cannot write .*loop: "):
        disk.write_text(tmp_path / "loop", "text")


def test_a_tensor_that_is_said_to_be_huge_is_refused(tmp_path: Path) -> None:
    header = b'{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,8]}}'
    (tmp_path / "t").write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    with pytest.raises(InputError, match=f"^{tmp_path}/t: not a readable .*takes {2**67} bytes"):
        disk.read_tensors(tmp_path / "t")


def test_tensors_that_memory_does_not_hold_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 8.00 TiB")

    disk.write_tensors(tmp_path / "t", {"a": np.zeros(4)}, {})
    monkeypatch.setattr(np, "empty", full)
    with pytest.raises(InputError, match="not a readable safetensors file: Unable to allocate"):
        disk.read_tensors(tmp_path / "t")


def test_what_a_file_says_of_itself_stays_on_one_line(tmp_path: Path) -> None:
    name = "a\\nb" * 10_000
    header = f'{{"{name}":{{}}}}'.encode()
    (tmp_path / "t").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(InputError) as caught:
        disk.read_tensors(tmp_path / "t")
    assert "\n" not in str(caught.value)
    assert (
        len(str(caught.value)) < 300 + len(f"{tmp_path}/t: not a readable safetensors file: ") + 1
    )


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for read in (disk.read_bytes, disk.read_tensors):
        with pytest.raises(InputError, match="cannot read .*pipe: not a regular file"):
            read(tmp_path / "pipe")


@pytest.mark.parametrize("about", ["[]", "null", '{"a": 1}', "{", "[" * 200_000])
def test_tensors_whose_description_is_no_object_are_refused(tmp_path: Path, about: str) -> None:
    (tmp_path / "t").write_bytes(tensor_bytes({"a": np.zeros(1)}, {"about": about}))
    with pytest.raises(InputError, match="expected an object of strings|not a readable"):
        disk.read_tensors(tmp_path / "t")


def test_the_text_of_a_fault_is_one_line_of_bounded_length() -> None:
    assert disk.one_line("a\nb\x1b[2J") == "a b [2J"
    assert disk.one_line("x" * 300) == "x" * 300
    assert disk.one_line("x" * 301) == "x" * 298 + " …"


def test_a_file_beyond_its_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    disk.write_tensors(tmp_path / "t", {"a": np.zeros(100, np.int8)}, {})
    size = (tmp_path / "t").stat().st_size
    assert disk.read_tensors(tmp_path / "t", size)[0]["a"].size == 100
    for read in (disk.read_bytes, disk.read_tensors):
        with pytest.raises(InputError, match=f"it has {size} bytes, the limit is {size - 1}"):
            read(tmp_path / "t", size - 1)
