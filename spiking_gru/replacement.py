"""A new run takes the place of an old one when it is complete, and not before.

    .unfinished    a command writes the new run here, and the old one is as it was
    .complete      all files of the new run are here: from now on it is the one that counts
    .moving        the old run's files are gone
    the folder     every file of the new run is at its place

Each step ends with one rename. A command that is killed therefore leaves the old run, or a new one
that the next command brings to its place (`settle`). An unfinished run that has a checkpoint stays
as well: the training goes on from there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from hardware.errors import InputError
from spiking_gru.run_folder import CHECKPOINT, ORIGINS, UNFINISHED, RunFolder
from spiking_gru.run_lock import locked

COMPLETE, MOVING = ".complete", ".moving"


@contextmanager
def replacing(
    folder: RunFolder, force: bool, goes_on: Callable[[], bool] | None = None
) -> Iterator[RunFolder]:
    """Yield a folder to make a new run in; it takes the place of `folder` if the block succeeds.

    Where `folder` has a checkpoint, `goes_on` is asked whether the unfinished run goes on; then the
    folder is yielded as it is. If the block fails, an unfinished run without a checkpoint and
    folders that were made for the run are taken away.
    """
    folder.require_free(force or folder.has_checkpoint)
    unfinished = folder.path / UNFINISHED
    with _taken_away_on_failure(folder.path), locked(folder.path, wait=False):
        _finish(folder)
        if folder.has_checkpoint and (goes_on or partial(_refused, folder, force))():
            _tidy(unfinished)
        else:
            folder.require_free(force)  # again, with what was found complete
            if unfinished.exists():  # a command that was killed has left it
                shutil.rmtree(unfinished)
            unfinished.mkdir()
        try:
            yield RunFolder(unfinished)
            unfinished.rename(folder.path / COMPLETE)
        except BaseException:
            if not folder.has_checkpoint:
                shutil.rmtree(unfinished, ignore_errors=True)
            raise
        _finish(folder)


def _refused(folder: RunFolder, force: bool) -> bool:
    """Refuse to remove an unfinished training unasked."""
    if not force:
        raise InputError(
            f"{folder.path} holds a training that is not finished: go on with `spiking-gru train "
            f"--out {folder.path} --resume`, replace it with --force, or choose another --out"
        )
    return False


def _tidy(unfinished: Path) -> None:
    """Remove files that a killed command may have written in part."""
    for file in unfinished.iterdir():
        if file.is_file():
            file.unlink()


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
        with locked(path, wait=True):
            _finish(RunFolder(path))


def _finish(folder: RunFolder) -> None:
    complete, moving = folder.path / COMPLETE, folder.path / MOVING
    if complete.is_dir():
        if (complete / CHECKPOINT).is_dir():
            shutil.rmtree(complete / CHECKPOINT)
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
