"""The folder of a run: which file is where, and what must have been done before."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hardware.errors import InputError
from hardware.files.disk import first_fault
from hardware.files.sealed import read_sealed
from spiking_gru.data import DATASETS, Dataset, load

REPORTS = (
    "report.json",
    "report.html",
    "per_inference.csv",
    "per_inference.parquet",
    "predictions.csv",
    "predictions.parquet",
    "compare.json",
    "compare.html",
)
"""Files that `report` writes."""

HALVES = ("encoder", "decoder")
"""The programs of a pair: folders of their reports, and beginnings of the names of their traces."""

TRANSLATION = (
    *(f"{half}.trace.safetensors" for half in HALVES),
    "translation.safetensors",
    "translations.csv",
    "translations.parquet",
)
"""Files that `run` writes for a pair."""

EXPORTS = ("encoder.nir", "readout.nir")
"""Files that `export` writes."""

ORIGINS = ("training.json", "import.json")
"""Files of which one makes a folder the folder of a run."""

FILES = (
    *ORIGINS,
    "model.json",
    "model.safetensors",
    "config.toml",
    "program.sgru",
    "trace.safetensors",
    *TRANSLATION,
    "verification.json",
    *REPORTS,
    *(f"{half}/{name}" for half in HALVES for name in REPORTS),
    *EXPORTS,
)
"""Files that commands write into the folder of a run, next to its logs."""

UNFINISHED = ".unfinished"
"""The folder, within a run's, of a run that is being made."""

CHECKPOINT = "checkpoint"
"""The folder, within an unfinished run's, that a killed training goes on from."""


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
    accuracy: Annotated[float, Field(ge=0, le=1)] | None = None
    macro_f1: Annotated[float, Field(ge=0, le=1)] | None = None
    rmse: Annotated[float, Field(ge=0)] | None = None
    mae: Annotated[float, Field(ge=0)] | None = None
    nrmse: Annotated[float, Field(ge=0)] | None = None
    smape: Annotated[float, Field(ge=0, le=200)] | None = None
    mase: Annotated[float, Field(ge=0)] | None = None
    micro_f1: Annotated[float, Field(ge=0, le=1)] | None = None
    exact_match: Annotated[float, Field(ge=0, le=1)] | None = None
    hamming_loss: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _heads_are_known(self) -> _Tested:
        """Check the metrics of heads, which are called `HEAD/METRIC`."""
        for head, metrics in self.of_heads.items():
            _Tested.model_validate(metrics, strict=True).require_tested(head)
        return self

    @property
    def of_heads(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for name, value in (self.model_extra or {}).items():
            head, between, metric = name.rpartition("/")
            if between:
                found.setdefault(head, {})[metric] = value
        return found

    def require_tested(self, name: str) -> None:
        """Refuse metrics without a first one, of no head and of no target alone."""
        first = (self.accuracy, self.rmse, self.hamming_loss)
        if first == (None, None, None) and not self.of_heads:
            raise ValueError(f"{name} has neither accuracy nor rmse nor hamming_loss")


class _Network(_Part):
    """The size of a network, as a report shows it next to its metrics."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    title: str
    dense: bool
    hidden: Annotated[int, Field(ge=1)]
    parameters: Annotated[int, Field(ge=1)]
    layer_weights: Annotated[int, Field(ge=1)]
    readout_weights: Annotated[int, Field(ge=1)]
    encoder_weights: Annotated[int, Field(ge=1)] | None = None
    """Weights of a pair's encoder, which `layer_weights` includes; None for one network."""


class _Origin(_Part):
    settings: _Settings
    dataset: _TrainedOn
    networks: list[_Network]
    best_epochs: dict[str, int] = {}
    history: list[dict[str, Any]] = []
    test: dict[str, _Tested]

    @model_validator(mode="after")
    def _every_network_was_tested(self) -> _Origin:
        names = [network.name for network in self.networks]
        if sorted(names) != sorted(self.test):
            raise ValueError(f"networks names {sorted(names)}, but test {sorted(self.test)}")
        for name, part in self.test.items():
            part.require_tested(name)
        return self


@dataclass(frozen=True)
class RunFolder:
    """Every command reads from the run's folder what the ones before it wrote there."""

    path: Path

    @property
    def about_training(self) -> Path:
        return self.path / "training.json"

    @property
    def config(self) -> Path:
        """The settings of training, as `train --config` takes them."""
        return self.path / "config.toml"

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

    def trace_on(self, data: str) -> Path:
        """The trace of a run on other data than the run's test part."""
        return self.path / f"{Path(data).stem}.trace.safetensors"

    def report_on(self, data: str) -> Path:
        """The folder of a report on other data than the run's test part."""
        return self.path / f"{Path(data).stem}.report"

    def translation_on(self, data: str | None) -> Path:
        """The folder of a translation of the run's test part, or of other data."""
        return self.path if data is None else self.path / f"{Path(data).stem}.translation"

    @property
    def verification(self) -> Path:
        return self.path / "verification.json"

    @property
    def logs(self) -> Path:
        """TensorBoard's folder."""
        return self.path / "logs"

    @property
    def checkpoint(self) -> Path:
        """The folder that a killed training of the unfinished run goes on from."""
        return self.path / UNFINISHED / CHECKPOINT

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is an unfinished training here that can go on."""
        return any(self.checkpoint.glob("*.safetensors"))

    def files(self) -> list[Path]:
        """The files of a run that are here; first the one that makes the folder a run's."""
        named = [self.path / name for name in FILES]
        return [file for file in named if os.path.lexists(file)] + sorted(
            self.logs.glob("events.out.tfevents.*")
        )

    def require_free(self, force: bool) -> None:
        """Refuse to replace a run unless that is asked for; what is no file is never replaced."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is a file, expected a folder: choose another --out")
        found = self.files()
        if found and not force:
            names = ", ".join(file.name for file in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            raise InputError(
                f"{self.path} holds a run ({names}{more}): replace it with --force (force=True in "
                f"Python), or choose another --out"
            )
        for file in found:
            if file.is_dir():
                raise InputError(f"{file} is a folder, expected a file: move it away")
        if self.logs.exists() and not self.logs.is_dir():
            raise InputError(f"{self.logs} is a file, expected a folder: move it away")

    def require_free_to_train(self, force: bool, resume: bool | None) -> None:
        """Refuse to replace a run unless that is asked for, or an unfinished training may go on."""
        self.require_free(force or (resume is not False and self.has_checkpoint))

    def forget_results(self) -> None:
        """Remove a run and what was made from it, so that nothing old is taken for new.

        The files that make the folder a run go first. Files of the user stay.
        """
        for file in self.files():
            file.unlink()
        for folder in (self.logs, *(self.path / half for half in HALVES)):
            with suppress(OSError):  # it holds something of the user's
                folder.rmdir()

    def training(self) -> dict[str, Any]:
        """Return the record of `train`, with every field that the commands use."""
        file = self.about_training
        if not file.is_file():
            raise InputError(
                f"{self.path} is not the folder of a run (no training.json): make one with "
                f"`spiking-gru train --out {self.path}`"
            )
        return self._about(file, f"train again with `spiking-gru train --out {self.path} --force`")

    def origin(self) -> dict[str, Any]:
        """Return the record of `train` or `import`: the data, and the accuracies of a report."""
        if self.is_imported:
            return self._about(
                self.about_import,
                f"import again with `spiking-gru import … --out {self.path} --force`",
            )
        return self.training()

    def _about(self, file: Path, remedy: str) -> dict[str, Any]:
        content = read_sealed(file, remedy)
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
        file = Path(settings["data"])
        if file.is_absolute() and not file.exists():
            raise InputError(
                f"{file} is missing, the data of this run: put it back, or tell `convert`, `run`, "
                f"`verify` or `report` with --data where it is"
            )
        verb = "calibrated" if self.is_imported else "trained"
        if settings["data"] not in DATASETS and not file.exists():
            raise InputError(
                f"the run was {verb} on data with the name {settings['data']!r}, which is no known "
                f"data set and no path: save data that were made in Python to a file, and give it "
                f"with --data"
            )
        dataset = load(settings["data"], settings["seed"])
        if dataset.fingerprint != origin["dataset"]["fingerprint"]:
            raise InputError(
                f"the data set {dataset.name} is not the one this run was {verb} on: its "
                f"fingerprint differs from that of {origin['dataset']['name']}: put the data back, "
                f"or tell `convert`, `run`, `verify` or `report` with --data where they are. "
                f"Commands do not find data that were made in Python: save them to a file"
            )
        return dataset
