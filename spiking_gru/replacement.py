"""A new run takes the place of an old one when it is complete, and not before.

    .unfinished    a command writes the new run here, and the old one is as it was
    .complete      all files of the new run are here: from now on it is the one that counts
    .moving        the old run's files are gone
    the folder     every file of the new run is at its place

Each step ends with one rename. A command that is killed therefore leaves the old run, or a new one
that the next command brings to its place (`settle`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hardware.errors import InputError
from spiking_gru.run_folder import ORIGINS, RunFolder

UNFINISHED, COMPLETE, MOVING, LOCK = ".unfinished", ".complete", ".moving", ".lock"


@contextmanager
def replacing(folder: RunFolder, force: bool) -> Iterator[RunFolder]:
    """Yield a folder to make a new run in; it takes the place of `folder` if the block succeeds.

    If the block fails, folders that were made for the run are taken away.
    """
    folder.require_free(force)
    unfinished = folder.path / UNFINISHED
    with _taken_away_on_failure(folder.path), _locked(folder.path, wait=False):
        _finish(folder)
        folder.require_free(force)  # again, with what was found complete
        if unfinished.exists():  # a command that was killed has left it
            shutil.rmtree(unfinished)
        unfinished.mkdir()
        try:
            yield RunFolder(unfinished)
            unfinished.rename(folder.path / COMPLETE)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        _finish(folder)


@contextmanager
def _taken_away_on_failure(path: Path) -> Iterator[None]:
    """Remove the folders of a path that were not there before, if the block fails."""
    exists = os.path.exists  # Path.exists may raise
    made = [place for place in (path, *path.parents) if not exists(place)]
    try:
        yield
    except BaseException:
        with suppress(OSError):  # something else is in one of them by now, or none was made
            for place in made:
                place.rmdir()
        raise


def settle(path: Path) -> None:
    """Bring a complete run to its place where the command that made it was killed."""
    if any((path / name).is_dir() for name in (COMPLETE, MOVING)):
        with _locked(path, wait=True):
            _finish(RunFolder(path))


def _finish(folder: RunFolder) -> None:
    complete, moving = folder.path / COMPLETE, folder.path / MOVING
    if complete.is_dir():
        folder.forget_results()
        complete.rename(moving)
    if moving.is_dir():
        files = (file for file in moving.rglob("*") if file.is_file())
        # Last the file that makes the folder a run's.
        for file in sorted(files, key=lambda file: file.name in ORIGINS):
            target = folder.path / file.relative_to(moving)
            target.parent.mkdir(exist_ok=True)
            file.replace(target)
        shutil.rmtree(moving)


@contextmanager
def _locked(path: Path, wait: bool) -> Iterator[None]:
    """Be the only command that makes a run in a folder."""
    lock = path / LOCK
    handle = _lock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    """Whether an open file is still the one at a path: who had a lock before removes the file."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _lock(lock: Path, how: int) -> int:
    """The lock's file, open and locked."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        while True:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(handle, how)
                if _is_at(handle, lock):
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
    except BlockingIOError:
        raise InputError(
            f"another command is making a run in {lock.parent}: wait until it has finished, or "
            f"choose another --out"
        ) from None
    except OSError as error:
        raise InputError(f"cannot write {lock}: {error.strerror}: choose another --out") from error
