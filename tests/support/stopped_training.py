"""Trainings that end at any moment, as a killed process does, and go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spiking_gru.run_folder import CHECKPOINT
from spiking_gru.training import checkpoints, trainer
from spiking_gru.training.phase import Phase

RESULTS = ("model.safetensors", "model.json", "training.json", "config.toml")


class KilledError(BaseException):
    """Takes the place of SIGKILL: nothing in the training handles it."""


class Moments:
    """Counts the moments of a training, and ends it at a chosen one.

    They are before and after each step, each evaluation, each end of an epoch and each change of
    the checkpoint's files, and within each write.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen, self.last = 0, 0
        monkeypatch.setattr(checkpoints, "LEAST_S", 0.0)
        monkeypatch.setattr(checkpoints, "SHARE", 1e9)
        for owner, name in (
            (trainer.Trainer, "_step"),
            (trainer, "evaluate"),
            (Phase, "end_epoch"),
            (Path, "replace"),
        ):
            monkeypatch.setattr(owner, name, self.around(getattr(owner, name)))
        monkeypatch.setattr(checkpoints, "write_tensors", self.writing(checkpoints.write_tensors))

    def end_at(self, moment: int) -> None:
        """End the training at a moment from now; 0 never does."""
        self.seen, self.last = 0, moment

    def pass_one(self) -> None:
        self.seen += 1
        if self.seen == self.last:
            raise KilledError

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            if isinstance(arguments[0], Path) and arguments[0].parent.name != CHECKPOINT:
                return function(*arguments, **named)
            self.pass_one()
            found = function(*arguments, **named)
            self.pass_one()
            return found

        return watched

    def writing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(path: Path, *rest: Any) -> None:
            part = path.with_name(f".{path.name}.part")
            part.write_bytes(b"half")
            self.pass_one()
            part.unlink()
            function(path, *rest)
            self.pass_one()

        return watched


def results_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a run that has ended."""
    return {name: (folder / name).read_bytes() for name in RESULTS}
