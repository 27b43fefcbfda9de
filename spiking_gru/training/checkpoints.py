"""The checkpoint of a training: phases that have ended, and the state of the one in progress.

    plan.json                  settings, data and versions
    ended-PHASE.safetensors    the model of a phase that has ended
    now.safetensors            the phase in progress
    before.safetensors         the phase in progress, one save earlier

A file is written next to its place, synced and renamed. Each holds the SHA-256 of its content.
Nothing is unpickled.
"""

from __future__ import annotations

import errno
import json
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hardware.errors import InputError, LeftoverWarning, TrainingError
from hardware.files.disk import one_line, read_tensors, write_tensors
from hardware.files.sealed import require_checksum, tensors_checksum
from hardware.files.strict_json import parse
from spiking_gru.training.phase import Phase
from spiking_gru.training.phase_state import About, Columns, PhaseState
from spiking_gru.training.plan import Plan

NOW, BEFORE, NEXT = "now.safetensors", "before.safetensors", "next.safetensors"

SHARE = 0.01
"""Most of a training's time that writing checkpoints takes."""

LEAST_S = 1.0
"""Least seconds from one checkpoint to the next."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)
"""Faults of a disk that may be gone when the training goes on."""


@contextmanager
def kept(folder: Path, plan: Plan) -> Iterator[Checkpoints]:
    """Yield the checkpoint of a training; one that fails by its settings leaves none."""
    try:
        folder.mkdir(exist_ok=True)
        for file in folder.glob(".*"):  # a killed command had not finished it
            file.unlink()
        plan.write(folder)
        yield Checkpoints(folder)
    except TrainingError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except (InputError, OSError) as error:
        fault = error if isinstance(error, OSError) else error.__cause__
        if isinstance(fault, OSError) and fault.errno in FULL:
            raise InputError(
                f"cannot write to {folder.parent}: {fault.strerror}: make room, or make the folder "
                f"writable; the same command then goes on from the last checkpoint"
            ) from error
        raise


class Checkpoints:
    """The checkpoint of a training in a folder; without a folder nothing is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.written, self.took_s = time.monotonic(), 0.0

    def find(self, phase: str) -> PhaseState | None:
        """Return the last sound state of a phase; None if it has not begun.

        Warn of a damaged file, and take the one before it.
        """
        if self.folder is None:
            return None
        for name in (_ended(phase), NOW, BEFORE):
            file = self.folder / name
            if not file.exists():
                continue
            try:
                state = _read(file)
            except InputError as error:
                warnings.warn(
                    f"{error}: what was saved before it is taken", LeftoverWarning, stacklevel=3
                )
                continue
            if state.about.phase == phase:
                return state
        return None

    def save_if_due(self, run: Phase, columns: Columns) -> None:
        """Save a phase, but so seldom that it takes `SHARE` of the time."""
        if self.folder is None:
            return
        if time.monotonic() - self.written >= max(LEAST_S, self.took_s / SHARE):
            self.save(run, columns)

    def save(self, run: Phase, columns: Columns) -> None:
        """Save a phase in progress, and keep the state that was saved before."""
        if self.folder is None:
            return
        start = time.monotonic()
        self._write(NEXT, PhaseState.of(run, columns))
        now = self.folder / NOW
        if now.exists():
            now.replace(self.folder / BEFORE)
        (self.folder / NEXT).replace(now)
        self.written = time.monotonic()
        self.took_s = self.written - start

    def save_ended(self, run: Phase, columns: Columns, notes: list[str]) -> None:
        """Save a phase that has ended."""
        self._write(_ended(run.name), PhaseState.of_ended(run, columns, notes))

    @contextmanager
    def saved_if_stopped(self, run: Phase, columns: Columns) -> Iterator[None]:
        """Save a phase that Ctrl-C or a signal stops in the block."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            if run.whole and (run.epoch or run.sums.batches):
                self.save(run, columns)
            raise

    def _write(self, name: str, state: PhaseState) -> None:
        if self.folder is None:
            return
        if not self.folder.is_dir():
            raise InputError(
                f"{self.folder} has vanished during the training: it was removed, moved or "
                f"unmounted: put it back and give the same command again, or choose another --out"
            )
        about = {"state": json.dumps(state.about.model_dump(), allow_nan=False)}
        about["sha256"] = tensors_checksum(state.arrays, about)
        write_tensors(self.folder / name, state.arrays, about)


def _ended(phase: str) -> str:
    return f"ended-{phase}.safetensors"


def _read(file: Path) -> PhaseState:
    """Return the state that a file holds; an InputError if it is damaged."""
    arrays, about = read_tensors(file)
    stated = about.pop("sha256", "none")
    require_checksum(file, stated, tensors_checksum(arrays, about), "it is not used")
    try:
        return PhaseState(arrays, About.model_validate(parse(about["state"].encode())))
    except (KeyError, ValueError) as error:  # pydantic's are ValueErrors
        raise InputError(f"{file}: not a checkpoint: {one_line(error)}") from error
