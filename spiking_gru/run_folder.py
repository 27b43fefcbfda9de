"""The folder of a run: which file is where, and what must have been done before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware.errors import InputError
from hardware.files import read_json
from spiking_gru.data import Dataset, load


@dataclass(frozen=True)
class RunFolder:
    """Every command reads from the run's folder what the ones before it wrote there."""

    path: Path

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
        """Remove what was made from an earlier training, so that nothing old is taken for new."""
        reports = (self.path / name for name in ("report.json", "report.html", "per_inference.csv"))
        for file in (self.program, self.trace, self.verification, *reports):
            file.unlink(missing_ok=True)

    def training(self) -> dict[str, Any]:
        """What `train` wrote about itself."""
        file = self.path / "training.json"
        if not file.is_file():
            raise InputError(
                f"{self.path} is not the folder of a run (no training.json): make one with "
                f"`spiking-gru train --out {self.path}`"
            )
        content: dict[str, Any] = read_json(file)
        return content

    def require(self, file: Path, command: str) -> Path:
        """`file`, which `command` writes."""
        if not file.is_file():
            raise InputError(f"{file} is missing: run `spiking-gru {command} {self.path}` first")
        return file

    def dataset(self) -> Dataset:
        """The data set that the run was trained on; an error where it has changed since."""
        training = self.training()
        try:
            settings, fingerprint = training["settings"], training["dataset"]["fingerprint"]
            dataset = load(settings["data"], settings["seed"])
        except (KeyError, TypeError) as error:
            raise InputError(f"{self.path / 'training.json'} has no field {error}") from error
        if dataset.fingerprint != fingerprint:
            raise InputError(
                f"the data set {dataset.name} is not the one this run was trained on: its "
                f"fingerprint differs"
            )
        return dataset
