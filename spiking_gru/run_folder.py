"""The folder of a run: which file is where, and what must have been done before."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hardware.errors import InputError
from hardware.files.disk import first_fault, read_json
from spiking_gru.data import Dataset, load

REPORTS = (
    "report.json",
    "report.html",
    "per_inference.csv",
    "per_inference.parquet",
    "compare.json",
    "compare.html",
)
"""What `report` writes."""

EXPORTS = ("encoder.nir", "readout.nir")
"""What `export` writes."""


class _Part(BaseModel):
    """A part of `training.json`: the fields that later commands use; there may be more."""

    model_config = ConfigDict(strict=True, extra="allow")


class _Settings(_Part):
    data: str
    seed: Annotated[int, Field(ge=0)]


class _TrainedOn(_Part):
    name: str
    fingerprint: str


class _Tested(_Part):
    accuracy: Annotated[float, Field(ge=0, le=1)]


class _Origin(_Part):
    settings: _Settings
    dataset: _TrainedOn
    test: dict[str, _Tested]


@dataclass(frozen=True)
class RunFolder:
    """Every command reads from the run's folder what the ones before it wrote there."""

    path: Path

    @property
    def about_training(self) -> Path:
        return self.path / "training.json"

    @property
    def about_import(self) -> Path:
        return self.path / "import.json"

    @property
    def is_imported(self) -> bool:
        """Whether the program was made from somebody's GRU, so that there is no network here."""
        return self.about_import.is_file() and not self.about_training.is_file()

    @property
    def program(self) -> Path:
        return self.path / "program.sgru"

    @property
    def trace(self) -> Path:
        return self.path / "trace.safetensors"

    @property
    def verification(self) -> Path:
        return self.path / "verification.json"

    def forget_results(self) -> None:
        """Remove an earlier run and what was made from it: nothing old is taken for new.

        `training.json` or `import.json` goes first: without it no command takes the folder for a
        run's.
        """
        model = (self.path / name for name in ("model.json", "model.safetensors"))
        reports = (self.path / name for name in (*REPORTS, *EXPORTS))
        results = (self.program, self.trace, self.verification)
        for file in (self.about_training, self.about_import, *model, *results, *reports):
            file.unlink(missing_ok=True)
        self._forget_logs()

    def _forget_logs(self) -> None:
        """Remove TensorBoard's files, and their folder unless it holds something of the user's."""
        logs = self.path / "logs"
        for file in logs.glob("events.out.tfevents.*"):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            logs.rmdir()

    def training(self) -> dict[str, Any]:
        """What `train` wrote about itself; every field that the commands use is there."""
        file = self.about_training
        if not file.is_file():
            raise InputError(
                f"{self.path} is not the folder of a run (no training.json): make one with "
                f"`spiking-gru train --out {self.path}`"
            )
        return self._about(file, f"train anew with `spiking-gru train --out {self.path}`")

    def origin(self) -> dict[str, Any]:
        """What `train` or `import` wrote: the data, and the accuracies that a report shows."""
        if self.is_imported:
            return self._about(self.about_import, "make it anew with `spiking-gru import`")
        return self.training()

    def _about(self, file: Path, remedy: str) -> dict[str, Any]:
        content: dict[str, Any] = read_json(file)
        try:
            _Origin.model_validate(content)
        except ValidationError as error:
            raise InputError(f"{file}: {first_fault(error)}: {remedy}") from error
        return content

    def require(self, file: Path, command: str) -> Path:
        """`file`, which `command` writes."""
        if not file.is_file():
            raise InputError(f"{file} is missing: run `spiking-gru {command} {self.path}` first")
        return file

    def dataset(self) -> Dataset:
        """The data set that the run was made with; an error where it has changed since."""
        origin = self.origin()
        settings = origin["settings"]
        dataset = load(settings["data"], settings["seed"])
        if dataset.fingerprint != origin["dataset"]["fingerprint"]:
            verb = "calibrated" if self.is_imported else "trained"
            raise InputError(
                f"the data set {dataset.name} is not the one this run was {verb} on: its "
                f"fingerprint differs"
            )
        return dataset
