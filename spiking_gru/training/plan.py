"""The plan of a training: settings, data and versions. Only the same training goes on."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, ValidationError

from hardware.errors import InputError, LeftoverWarning, SettingError
from hardware.files.disk import first_fault, one_line
from hardware.files.sealed import read_sealed, write_sealed
from spiking_gru.data import Dataset
from spiking_gru.run_folder import RunFolder
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.device import chosen_device

PLAN = "plan.json"

FORMAT = 1
"""Number of the form of checkpoints."""

ELSEWHERE = ("data", "device")
"""Settings of which a plan compares what they lead to: the data, and the device."""

START_OVER = "or start over with --force (force=True in Python)"


class _Written(BaseModel):
    """The content of `plan.json`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    settings: dict[str, Any]
    data: str
    fingerprint: str
    device: str
    versions: dict[str, str]


@dataclass(frozen=True)
class Plan:
    """A training that is to be done, or one that a checkpoint is of."""

    settings: dict[str, Any]
    data: str
    """Name of the data set."""

    fingerprint: str
    device: str
    versions: dict[str, str]

    @classmethod
    def of(cls, settings: TrainingSettings, dataset: Dataset) -> Plan:
        """Return the plan of a training with these settings and data."""
        return cls(
            settings.model_dump(mode="json"),
            dataset.name,
            fingerprint_of(dataset),
            chosen_device(settings.device).type,
            {"checkpoint": str(FORMAT), "spiking-gru": _package(), "torch": torch.__version__},
        )

    @classmethod
    def read(cls, folder: RunFolder) -> Plan:
        """Return the plan of the unfinished training in a folder."""
        file = folder.checkpoint / PLAN
        remedy = f"start over with `spiking-gru train --out {folder.path} --force`"
        content = read_sealed(file, remedy)
        try:
            return cls(**_Written.model_validate(content).model_dump())
        except ValidationError as error:
            raise InputError(f"{file}: {first_fault(error)}: {remedy}") from error

    def write(self, folder: Path) -> None:
        write_sealed(folder / PLAN, asdict(self))

    def goes_on(self, folder: RunFolder, resume: bool | None, force: bool) -> bool:
        """Return whether this training goes on with the unfinished one in a folder.

        It does so if they are the same, unless `resume` is False. An unfinished training that is
        another one is given up with `force`, and refused without.
        """
        if resume is False:
            return False
        try:
            self._require_same(Plan.read(folder), folder)
        except (InputError, SettingError):
            if resume or not force:
                raise
            warnings.warn(
                f"the unfinished training in {folder.path} is another one, or damaged: it is "
                f"removed, because force is given",
                LeftoverWarning,
                stacklevel=2,
            )
            return False
        return True

    def _require_same(self, found: Plan, folder: RunFolder) -> None:
        """Refuse to go on with a training of another version, other settings or other data.

        Data come last, because the seed of the settings splits them.
        """
        start = f"the unfinished training in {folder.path}"
        if found.versions != self.versions:
            raise InputError(
                f"{start} was begun with {_listed(found.versions)}, but this is "
                f"{_listed(self.versions)}: go on with those versions, {START_OVER}"
            )
        if found.device != self.device:
            raise SettingError(
                f"{start} was begun on the device {one_line(found.device)}, but this is "
                f"{self.device}: choose the same with --device, {START_OVER}"
            )
        others = [
            name
            for name in sorted({*self.settings, *found.settings} - {*ELSEWHERE})
            if self.settings.get(name) != found.settings.get(name)
        ]
        if others:
            then = ", ".join(f"{n} {one_line(found.settings.get(n))}" for n in others[:3])
            now = ", ".join(f"{n} {one_line(self.settings.get(n))}" for n in others[:3])
            more = f" (and {len(others) - 3} more)" if len(others) > 3 else ""
            raise SettingError(
                f"{start} has other settings: {then}, now {now}{more}: go on with its own by "
                f"`spiking-gru train --out {folder.path} --resume`, {START_OVER}"
            )
        if found.fingerprint != self.fingerprint:
            raise InputError(
                f"{start} is of other data: {one_line(found.data)} with the fingerprint "
                f"{one_line(found.fingerprint)[:12]}…, now {self.data} with "
                f"{self.fingerprint[:12]}…: put the data back, {START_OVER}"
            )


def require_unfinished(folder: RunFolder) -> None:
    """Refuse to go on where there is nothing to go on with."""
    if not folder.has_checkpoint:
        raise InputError(
            f"{folder.path} holds no unfinished training: leave --resume (resume=True in Python) "
            f"out to begin one"
        )


def finished(settings: TrainingSettings, dataset: Dataset, run: RunFolder) -> dict[str, Any] | None:
    """Return what a training wrote in a folder, if it was of these settings and data."""
    if not run.about_training.is_file():
        return None
    trained = run.training()
    same = trained["dataset"]["fingerprint"] == dataset.fingerprint
    resolved = settings.resolved(dataset.task, dataset.encoder)
    wanted = {**resolved.model_dump(mode="json"), "data": dataset.name}
    return trained if same and trained["settings"] == wanted else None


def fingerprint_of(dataset: Dataset) -> str:
    """Return a hash of a data set, and of how it is split."""
    total = hashlib.sha256(dataset.fingerprint.encode())
    for part in (dataset.training, dataset.validation, dataset.test):
        for array in (part.sequences.lengths, part.targets):
            array = np.ascontiguousarray(array)
            total.update(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return total.hexdigest()


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{one_line(name)} {one_line(text)}" for name, text in versions.items())


def _package() -> str:
    try:
        return version("spiking-gru")
    except PackageNotFoundError:
        return "unknown"
