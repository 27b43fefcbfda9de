"""Settings of a training run in a TOML file: every option of `spiking-gru train`, by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hardware.errors import InputError, SettingError, choose
from hardware.files import strict_toml
from hardware.files.disk import first_fault, one_line, read_bytes, write_text
from spiking_gru.data.registry import data_near
from spiking_gru.settings import TrainingSettings

LIMIT = 2**16
"""Bytes of a file of settings."""


class Place(BaseModel):
    """Where a run is written to, and whether it may replace one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    out: str | None = None
    force: bool = False


def read_config(path: Path) -> dict[str, Any]:
    """Return the settings that a file holds, with the names of `TrainingSettings`' fields."""
    return read_run(path)[0]


def read_run(path: Path) -> tuple[dict[str, Any], Place]:
    """Return the settings that a file holds, and where it says that the run is written to.

    Paths are taken from the folder of the file.
    """
    try:
        given = strict_toml.parse(read_bytes(path, LIMIT))
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not valid TOML: {one_line(error)}") from error
    settings = {name.replace("-", "_"): value for name, value in given.items()}
    try:
        for name in settings:
            choose("setting", name, (*TrainingSettings.model_fields, *Place.model_fields))
        given = {name: settings.pop(name) for name in Place.model_fields if name in settings}
        place = Place.model_validate(given)
        TrainingSettings.model_validate(settings, strict=True)
    except ValidationError as error:
        raise InputError(f"{path}: {first_fault(error)}") from error
    except SettingError as error:
        raise SettingError(f"{path}: {error}") from error
    if "data" in settings:
        settings["data"] = data_near(settings["data"], path.parent)
    if place.out is not None:
        place.out = str(path.parent / place.out)
    return settings, place


def write_config(path: Path, settings: TrainingSettings) -> None:
    """Write all settings, so that `train --config` repeats the run."""
    content = settings.model_dump(exclude_none=True)
    lines = (f"{name} = {strict_toml.value(value)}\n" for name, value in content.items())
    write_text(path, "".join(lines))
