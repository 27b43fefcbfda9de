"""The files of compiled kernels: each has a checksum, and a new one goes where it can be written.

A kernel is code that will run. No file is read from a temporary folder that others can write to.
"""

from __future__ import annotations

import os
import stat
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from hardware.errors import InputError, KernelCacheWarning
from hardware.files.disk import read_bytes, write_bytes

CHOSEN_BY = "NUMBA_CACHE_DIR"
"""Environment variable: the folder to use instead of the usual ones."""

SUFFIX = ".kernel"

PROBE = "probe"

CHECKSUM_BYTES = sha256().digest_size

_warned = False


class KernelName(NamedTuple):
    """The name of a file."""

    function: str
    version: str
    """Hash of the sources."""
    signature: str
    """Hash of the argument types, the processor and the compiler."""

    @property
    def file(self) -> str:
        return f"{self.function}-{self.version}-{self.signature}{SUFFIX}"

    def replaces(self, file: str) -> bool:
        """Return whether a file is of the same function, but from other sources."""
        same = f"{self.function}-"
        return file.startswith(same) and not file.startswith(f"{same}{self.version}-")


def usual_folders() -> list[Path]:
    """Return the chosen folder; without a choice those of the installation and of the user."""
    if chosen := os.environ.get(CHOSEN_BY):
        return [Path(chosen)]
    usual = [Path(__file__).parents[1] / "__pycache__" / "kernels"]
    with suppress(RuntimeError):  # a user without a home
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        usual.append(cache / "spiking-gru")
    return usual


def temporary_folders(make: bool = False) -> list[Path]:
    """Return this user's folder for temporary kernels; none if others can write to it."""
    with suppress(OSError):
        folder = Path(tempfile.gettempdir(), f"spiking-gru-kernels-{os.getuid()}")
        if make:
            folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
        others = about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not others:
            return [folder]
    return []


def folders(make: bool = False) -> Iterator[Path]:
    """Yield the folders to read from; new kernels go to the first that takes them."""
    yield from usual_folders()
    yield from temporary_folders(make)


def read_kernel(name: KernelName) -> bytes | None:
    """Return the content of a file; None if no folder has it undamaged."""
    for folder in folders():
        with suppress(InputError):
            return checked(folder / name.file)
    return None


def checked(file: Path) -> bytes:
    """Return a file's content without its checksum."""
    content = read_bytes(file)
    checksum, kernel = content[:CHECKSUM_BYTES], content[CHECKSUM_BYTES:]
    if sha256(kernel).digest() != checksum:
        raise InputError(f"{file} is damaged: remove it")
    return kernel


def write_kernel(name: KernelName, kernel: bytes) -> None:
    """Keep a kernel in the first folder that takes it, in place of those from older sources.

    Warn if no usual folder takes it. A kernel that cannot be kept runs all the same.
    """
    for folder in folders(make=True):
        with suppress(InputError):
            write_bytes(folder / name.file, sha256(kernel).digest() + kernel)
            forget_replaced(name, folder)
            if folder not in usual_folders():
                warn_once(f"they are in {folder}, and are compiled again when that is cleared")
            return
    warn_once("every process compiles them again")


def forget_replaced(name: KernelName, folder: Path) -> None:
    with suppress(OSError):
        for file in folder.iterdir():
            if name.replaces(file.name):
                file.unlink(missing_ok=True)


def warn_once(consequence: str) -> None:
    """Warn, once in a process, that kernels cannot be kept where they belong."""
    global _warned
    if _warned:
        return
    _warned = True
    tried = " or ".join(map(str, usual_folders()))
    warnings.warn(
        f"compiled kernels cannot be kept in {tried}: {consequence}; set {CHOSEN_BY} to a folder "
        f"that you can write to",
        KernelCacheWarning,
        stacklevel=2,
    )


def damaged_kernels() -> list[Path]:
    """Return the files that would be read but are damaged."""
    found = []
    for folder in folders():
        with suppress(OSError):
            for file in sorted(folder.glob(f"*{SUFFIX}")):
                try:
                    checked(file)
                except InputError:
                    found.append(file)
    return found


def writable_folder() -> Path | None:
    """Return the first usual folder that takes files; None if none does."""
    for folder in usual_folders():
        with suppress(InputError):
            write_bytes(folder / PROBE, b"")
            (folder / PROBE).unlink(missing_ok=True)
            return folder
    return None
