"""The lock of a run's folder: one command at a time makes a run there.

The system releases the lock of a process that has ended. The file names the owner: its host and its
process.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hardware.errors import InputError, LeftoverWarning
from hardware.files.disk import one_line
from hardware.files.strict_json import parse

LOCK = ".lock"

LONGEST = 4096
"""Bytes of a lock's file that are read."""


class Owner(NamedTuple):
    """The process that has a lock."""

    host: str
    process: int

    @property
    def described(self) -> str:
        return f"process {self.process} on {one_line(self.host)}"


@contextmanager
def locked(path: Path, wait: bool) -> Iterator[None]:
    """Be the only command that makes a run in a folder; wait for another one, or refuse."""
    lock = path / LOCK
    handle = _lock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        _take(handle, lock)
        yield
    finally:
        # Another host's file stays: it is what refuses the lock.
        if _owner(handle) in (None, _this_process()) and _is_at(handle, lock):
            lock.unlink(missing_ok=True)
        os.close(handle)


def _this_process() -> Owner:
    return Owner(socket.gethostname(), os.getpid())


def _owner(handle: int) -> Owner | None:
    """Return the owner that a lock's file names; None where it names none."""
    try:
        found = parse(os.pread(handle, LONGEST, 0))
        return Owner(str(found["host"]), int(found["process"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _take(handle: int, lock: Path) -> None:
    """Write this process as the owner; warn of a dead owner, and refuse another host's."""
    left = _owner(handle)
    ours = _this_process()
    if left is not None and left.host != ours.host:
        # Not every shared file system passes locks on to other hosts.
        raise InputError(
            f"{left.described} is making a run in {lock.parent}, as far as can be seen from "
            f"{ours.host}: wait until it has finished; if it has ended, remove {lock}"
        )
    if left is not None and left != ours:
        warnings.warn(
            f"{left.described} was making a run in {lock.parent} and has ended without finishing "
            f"it: its lock is taken over",
            LeftoverWarning,
            stacklevel=4,
        )
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(ours._asdict()).encode(), 0)
    except OSError as error:
        raise _unwritable(lock, error) from error


def _is_at(handle: int, path: Path) -> bool:
    """Return whether an open file is still the one at a path: its last owner removes it."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _lock(lock: Path, how: int) -> int:
    """Return the lock's file, open and locked."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        while True:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(handle, how)
                if _is_at(handle, lock):
                    return handle
            except BlockingIOError:
                owner = _owner(handle)
                os.close(handle)
                raise _busy(lock, owner) from None
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
    except OSError as error:
        raise _unwritable(lock, error) from error


def _busy(lock: Path, owner: Owner | None) -> InputError:
    who = "another command" if owner is None else owner.described
    return InputError(
        f"{who} is making a run in {lock.parent}: wait until it has finished, or choose another "
        f"--out"
    )


def _unwritable(lock: Path, error: OSError) -> InputError:
    return InputError(f"cannot write {lock}: {error.strerror}: choose another --out")
