"""Data sets by path: a `.npz` file, a folder of recordings, or a TOML file that describes one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from hardware.errors import InputError, choose
from hardware.files import strict_toml
from hardware.files.disk import first_fault, one_line, read_bytes
from hardware.sequences.log_mel import LogMel
from spiking_gru.data.dataset import Dataset
from spiking_gru.data.npz import read_arrays
from spiking_gru.data.npz_form import dataset_of
from spiking_gru.data.sound import holds_sound

LARGEST_DESCRIPTION = 2**16
"""Bytes of a description."""

TABLES = (".csv", ".parquet")
DESCRIPTION = ".toml"
FORMS = (".npz", DESCRIPTION, *TABLES)
"""Endings of names that are paths, whether or not anything is there."""

Missing = Literal["interpolate", "hold", "zero"]


class _Description(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    target: str | list[str] | None = None
    time: str | None = None
    missing: Missing | None = None
    test: float | None = None
    validation: float | None = None
    licence: str | None = None


class FolderDescription(_Description):
    """Options of `Dataset.from_folder`."""

    folder: str
    heads: list[str] | None = None
    task: str | dict[str, str] | None = None
    split: str | None = None
    classes: list[str] | dict[str, list[str]] | None = None
    log_mel: dict[str, Any] | None = None
    events: dict[str, Any] | None = None


class SeriesDescription(_Description):
    """Options of `Dataset.from_series`."""

    series: str
    history: int
    horizon: int | list[int]
    known: str | list[str] | None = None
    season: int | None = None


def load_path(path: Path, seed: int = 0, log_mel: LogMel | None = None) -> Dataset:
    """Return the data set at a path; the seed chooses its validation part if none is given.

    `log_mel` makes the features of recordings of sound, unless a description has its own settings.
    """
    if path.is_dir():
        return Dataset.from_folder(path, seed=seed, log_mel=_for_sound(path, log_mel))
    if path.suffix == DESCRIPTION:
        return described(path, seed, log_mel)
    if path.suffix in TABLES:
        raise InputError(
            f"{path} is one table: write a file such as {path.stem}.toml with the lines series = "
            f"{path.name!r}, target, history and horizon, and give that file as the data"
        )
    return dataset_of(path.stem, read_arrays(path), seed)


def is_archive(path: Path) -> bool:
    """Return whether arrays can be read from the path."""
    return path.exists() and not path.is_dir() and path.suffix not in (DESCRIPTION, *TABLES)


def _for_sound(folder: Path, log_mel: LogMel | None) -> LogMel | None:
    """Return these features if the folder holds sound."""
    return log_mel if log_mel is not None and holds_sound(folder) else None


def described(path: Path, seed: int = 0, log_mel: LogMel | None = None) -> Dataset:
    """Return the data set that a TOML file describes: a folder, or a series to forecast.

    Its keys are `folder` or `series`, a path from the file's own folder, and the options of
    `Dataset.from_folder` or `Dataset.from_series`; `[log-mel]` and `[events]` are tables of
    their settings.
    """
    try:
        given = strict_toml.parse(read_bytes(path, LARGEST_DESCRIPTION))
        table = {key.replace("-", "_"): value for key, value in given.items()}
        if len(table) < len(given):
            raise ValueError("a key is written with - and with _: give it once")
        if ("folder" in table) + ("series" in table) != 1:
            raise ValueError("expected one of the keys folder and series, with a path")
        kind = FolderDescription if "folder" in table else SeriesDescription
        options = _checked(kind, table)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: {one_line(error)}") from error
    if "series" in options:
        return Dataset.from_series(path.parent / options.pop("series"), **options, name=path.stem)
    folder = path.parent / options.pop("folder")
    if not options.keys() & {"events"}:
        options.setdefault("log_mel", _for_sound(folder, log_mel))
    return Dataset.from_folder(folder, **options, name=path.stem, seed=seed)


def _checked(kind: type[_Description], table: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are given, once each is known and of its type."""
    for key in table:
        choose("key", key, kind.model_fields)
    try:
        return kind.model_validate(table).model_dump(exclude_none=True)
    except ValidationError as error:
        raise ValueError(first_fault(error)) from error
