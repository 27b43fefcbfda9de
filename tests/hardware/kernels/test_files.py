"""Files of compiled kernels: kept where it is possible, read only if nobody has changed them."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hardware.errors import KernelCacheWarning
from hardware.kernels import files
from hardware.kernels.files import (
    KernelName,
    damaged_kernels,
    read_kernel,
    temporary_folders,
    usual_folders,
    writable_folder,
    write_kernel,
)

NAME = KernelName("outer.answer-py311", "version", "signature")
KERNEL = b"machine code" * 100


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for kernels, and one for temporary files."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(files, "_warned", False)
    return tmp_path / "kernels"


@pytest.fixture
def unwritable(chosen: Path) -> Path:
    """The folder for kernels cannot be made: a file is in its place."""
    chosen.touch()
    return chosen


def test_a_kernel_is_read_as_it_was_written(chosen: Path) -> None:
    assert read_kernel(NAME) is None
    write_kernel(NAME, KERNEL)
    assert read_kernel(NAME) == KERNEL
    assert [file.name for file in chosen.iterdir()] == [NAME.file]
    assert temporary_folders() == []


def flipped(content: bytes) -> bytes:
    return content[:700] + bytes([content[700] ^ 1]) + content[701:]


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[:-1], lambda content: b"garbage", flipped],
    ids=["empty", "truncated", "garbage", "one bit"],
)
def test_a_damaged_kernel_is_not_read_and_can_be_written_again(
    damage: Callable[[bytes], bytes], chosen: Path
) -> None:
    write_kernel(NAME, KERNEL)
    file = chosen / NAME.file
    file.write_bytes(damage(file.read_bytes()))
    assert read_kernel(NAME) is None
    assert damaged_kernels() == [file]
    write_kernel(NAME, KERNEL)
    assert read_kernel(NAME) == KERNEL
    assert damaged_kernels() == []


def test_a_kernel_that_cannot_be_opened_is_not_read(chosen: Path) -> None:
    (chosen / NAME.file).mkdir(parents=True)
    assert read_kernel(NAME) is None
    os.mkfifo(chosen / KernelName("fifo", "", "").file)
    assert read_kernel(KernelName("fifo", "", "")) is None


def test_kernels_of_older_sources_make_room_for_those_of_the_new_ones(chosen: Path) -> None:
    older = NAME._replace(version="older")
    others = [
        NAME._replace(signature="other"),
        NAME._replace(function="outer.answer-py310", version="older"),
        NAME._replace(function="outer.answer_2-py311", version="older"),
    ]
    for name in (older, *others, NAME):
        write_kernel(name, KERNEL)
    assert read_kernel(older) is None
    assert all(read_kernel(name) == KERNEL for name in (NAME, *others))


def test_without_a_choice_the_installation_comes_before_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    installed, of_user = usual_folders()
    assert installed.parts[-3:] == ("hardware", "__pycache__", "kernels")
    assert of_user == tmp_path / "spiking-gru"


def test_a_user_without_a_home_has_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def no_home(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", no_home)
    assert len(usual_folders()) == 1


def test_the_next_folder_takes_what_the_first_one_refuses(
    chosen: Path, unwritable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "usual_folders", lambda: [unwritable, tmp_path / "next"])
    assert writable_folder() == tmp_path / "next"
    write_kernel(NAME, KERNEL)
    assert [file.name for file in (tmp_path / "next").iterdir()] == [NAME.file]
    assert read_kernel(NAME) == KERNEL


def test_a_private_temporary_folder_takes_what_no_other_does_with_one_warning(
    unwritable: Path,
) -> None:
    assert writable_folder() is None
    with pytest.warns(KernelCacheWarning, match="kernels cannot be kept in .*: they are in") as all:
        write_kernel(NAME, KERNEL)
    write_kernel(NAME._replace(signature="other"), KERNEL)
    assert "set NUMBA_CACHE_DIR to a folder that you can write to" in str(all[0].message)
    assert "\n" not in str(all[0].message)
    (folder,) = temporary_folders()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert read_kernel(NAME) == KERNEL


@pytest.mark.parametrize("foreign", ["open to others", "a link", "of another user"])
def test_a_temporary_folder_that_others_could_fill_is_not_used(
    foreign: str, unwritable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(KernelCacheWarning):
        write_kernel(NAME, KERNEL)
    (folder,) = temporary_folders()
    if foreign == "open to others":
        folder.chmod(0o720)
    elif foreign == "a link":
        folder.rename(tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        mine = os.getuid()
        folder.rename(folder.with_name(f"spiking-gru-kernels-{mine + 1}"))
        monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    assert read_kernel(NAME) is None
    monkeypatch.setattr(files, "_warned", False)
    with pytest.warns(KernelCacheWarning, match="every process compiles them again"):
        write_kernel(NAME, KERNEL)


def test_nothing_that_can_be_written_is_a_warning_and_no_error(
    unwritable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.warns(KernelCacheWarning, match="every process compiles them again"):
        write_kernel(NAME, KERNEL)
    assert read_kernel(NAME) is None


def test_a_disk_that_fills_up_midway_is_a_warning_and_leaves_no_part(
    chosen: Path, tmp_path: Path
) -> None:
    write_kernel(NAME._replace(signature="before"), KERNEL)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.warns(KernelCacheWarning, match="every process compiles them again"):
            write_kernel(NAME, KERNEL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert read_kernel(NAME) is None
    assert read_kernel(NAME._replace(signature="before")) == KERNEL
    assert len(list(chosen.iterdir())) == 1
    assert [list(folder.iterdir()) for folder in temporary_folders()] == [[]]
